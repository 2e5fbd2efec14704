-- Sends the requests of a file in turn: a line each, "METHOD<tab>path<tab>body".
local requests, count, last = {}, 0, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json", ["Host"] = "bench" }
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%u+)\t([^\t]*)\t(.*)$")
    count = count + 1
    if method == "GET" then
      requests[count] = wrk.format(method, path, { ["Host"] = "bench" })
    else
      requests[count] = wrk.format(method, path, headers, body)
    end
  end
  math.randomseed(tonumber(args[2]))
  last = math.random(count)
end

function request()
  last = last % count + 1
  return requests[last]
end

function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %f %f\n", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
