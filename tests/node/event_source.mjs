// Node's own EventSource, which reconnects by itself; prints what it heard once it gives up.
const heard = [];
const source = new EventSource(process.argv[2]);
const alive = setInterval(() => {}, 1000); // its own timers do not keep Node running
source.onmessage = (event) => heard.push({ id: event.lastEventId, data: JSON.parse(event.data) });
source.onerror = (event) => {
  if (event.data) heard.push({ error: JSON.parse(event.data).code });
  if (source.readyState !== EventSource.CLOSED) return;
  console.log(JSON.stringify(heard));
  clearInterval(alive);
};
