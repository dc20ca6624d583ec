-- One body over and over, read from a file; prints one line of JSON at the end.
--   wrk … -s post.lua URL -- BODY_FILE CONTENT_TYPE [NAME:VALUE …] [delay=MS]
-- With a delay every connection waits between questions, at random around that long: an offered rate, whatever the server does.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = args[2]
  for i = 3, #args do
    local wait = args[i]:match("^delay=(%d+)$")
    if wait then
      delay = function() return math.random(0, 2 * tonumber(wait)) end
    else
      local name, value = args[i]:match("^([^:]+):(.*)$")
      wrk.headers[name] = value
    end
  end
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.4f,"p90":%.4f,"p99":%.4f,"max":%.4f,"status":%d,"socket":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, e.status, e.connect + e.read + e.write + e.timeout))
end
