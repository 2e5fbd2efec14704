// Subscribes by graphql-ws and graphql-sse at the first argument; writes what came as JSON.
import { createClient as createEvents } from 'graphql-sse';
import { createClient as createSocket } from 'graphql-ws';

const [url, query, subscription] = process.argv.slice(2);
const clients = {
  ws: createSocket({ url: url.replace(/^http/, 'ws'), retryAttempts: 0 }),
  sse: createEvents({ url, retryAttempts: 0 }),
};

async function all(client, text) {
  const found = [];
  for await (const result of client.iterate({ query: text })) found.push(result);
  return found;
}

const results = {};
for (const [name, client] of Object.entries(clients)) {
  results[name] = [
    await all(client, query),
    await all(client, subscription),
    await all(client, '{ nothing }').catch((errors) => ({ refused: errors })),
  ];
  await client.dispose();
}
console.log(JSON.stringify(results));
