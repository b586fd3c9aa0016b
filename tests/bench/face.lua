-- For wrk: marks by face, the pictures that BENCH_PHOTOS names (separated by colons) in turn.
local edge = "frame-of-a-camera"
local head = '--%s\r\nContent-Disposition: form-data; name="image"; filename="frame"\r\n'
    .. "Content-Type: %s\r\n\r\n"
local headers = { ["Content-Type"] = "multipart/form-data; boundary=" .. edge }
local requests = {}
local turn = 0

for path in os.getenv("BENCH_PHOTOS"):gmatch("[^:]+") do
    local file = assert(io.open(path, "rb"))
    local kind = path:match("%.png$") and "image/png" or "image/jpeg"
    local body = head:format(edge, kind) .. file:read("*a") .. "\r\n--" .. edge .. "--\r\n"
    file:close()
    requests[#requests + 1] = body
end

-- Made once, or the making would count on the processors that the server needs.
function init()
    for i, body in ipairs(requests) do
        requests[i] = wrk.format("POST", nil, headers, body)
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency)
    io.write(("p50 %.1f p99 %.1f\n"):format(latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3))
end
