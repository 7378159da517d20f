-- Sends each token of a file in turn, from where the last run stopped: wrk … -- <file> <first> [<suffix file>]
local requests = {}
local last = 0

function init(args)
  local count = 0
  for line in io.lines(args[1]) do
    count = count + 1
    requests[count] = wrk.format('GET', '/orders', { ['Authorization'] = 'Bearer ' .. line })
  end
  last = tonumber(args[2]) % count
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50Ms":%.4f,"p99Ms":%.4f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
