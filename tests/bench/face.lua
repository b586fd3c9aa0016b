-- For wrk: marks by face, the picture that BENCH_PHOTO names over and over.
local file = assert(io.open(os.getenv("BENCH_PHOTO"), "rb"))
local edge = "frame-of-a-camera"
local head = '--%s\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
    .. "Content-Type: image/png\r\n\r\n"

wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. edge
wrk.body = head:format(edge) .. file:read("*a") .. "\r\n--" .. edge .. "--\r\n"
file:close()
