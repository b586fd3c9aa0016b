// Cameras for tests: Motion JPEG over HTTP and H.264 over RTSP (RFC 2326, RFC 6184), which wave
// through who knows their name and password and can be cut off in the middle.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

export const CREDENTIALS = 'watcher:s%40cret';
const AUTHORIZATION = `Basic ${Buffer.from('watcher:s@cret').toString('base64')}`;
const RATE = 10;

function listening(server, sockets, scheme, path) {
    server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    });
    return new Promise((resolve) =>
        server.listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            const cut = () => sockets.forEach((socket) => socket.destroy());
            resolve({
                address: `${scheme}://${CREDENTIALS}@127.0.0.1:${port}${path}`,
                cut,
                close: () => new Promise((closed) => (cut(), server.close(closed))),
            });
        }),
    );
}

/** Shows one JPEG (Buffer) over and over. `connections()` counts those who were let in. */
export async function mjpegCamera(picture) {
    let connections = 0;
    const server = createHttpServer((request, response) => {
        if (request.headers.authorization !== AUTHORIZATION) {
            response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="camera"' }).end();
            return;
        }
        connections++;
        response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=frame' });
        const timer = setInterval(() => {
            response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
            response.write(picture);
            response.write('\r\n');
        }, 1000 / RATE);
        response.on('close', () => clearInterval(timer));
    });
    const camera = await listening(server, new Set(), 'http', '/video.mjpg');
    return { ...camera, connections: () => connections };
}

/** The NAL units of an Annex B stream, without their start codes. */
function nalUnits(stream) {
    const units = [];
    let from = -1;
    for (let i = 0; i + 3 <= stream.length; i++) {
        if (stream[i] !== 0 || stream[i + 1] !== 0 || stream[i + 2] !== 1) continue;
        if (from >= 0) units.push(stream.subarray(from, stream[i - 1] === 0 ? i - 1 : i));
        from = i + 3;
    }
    if (from >= 0) units.push(stream.subarray(from));
    return units;
}

/** One frame is what ends with a slice. */
function frames(stream) {
    const all = [[]];
    for (const unit of nalUnits(stream)) {
        all.at(-1).push(unit);
        if ([1, 5].includes(unit[0] & 31)) all.push([]);
    }
    return all.filter((frame) => frame.length > 0);
}

const PACKET = 1400;

function payloads(unit) {
    if (unit.length <= PACKET) return [unit];
    const pieces = [];
    for (let at = 1; at < unit.length; at += PACKET) {
        const start = at === 1 ? 0x80 : 0;
        const end = at + PACKET >= unit.length ? 0x40 : 0;
        const head = Buffer.from([(unit[0] & 0xe0) | 28, start | end | (unit[0] & 31)]);
        pieces.push(Buffer.concat([head, unit.subarray(at, at + PACKET)]));
    }
    return pieces;
}

function play(socket, film) {
    let sequence = 0;
    let shown = 0;
    const timer = setInterval(() => {
        const packets = film[shown % film.length].flatMap(payloads);
        packets.forEach((payload, i) => {
            const head = Buffer.alloc(16);
            head.write('$');
            head.writeUInt16BE(payload.length + 12, 2);
            head[4] = 0x80;
            head[5] = 96 | (i === packets.length - 1 ? 0x80 : 0);
            head.writeUInt16BE(sequence++ & 0xffff, 6);
            head.writeUInt32BE((shown * 90000) / RATE, 8);
            socket.write(Buffer.concat([head, payload]));
        });
        shown++;
    }, 1000 / RATE);
    socket.on('close', () => clearInterval(timer));
}

/** Shows an H.264 stream (Annex B) over and over. */
export async function rtspCamera(stream) {
    const film = frames(stream);
    const answer = (socket, request) => {
        const [method] = request.split(' ');
        const sequence = /^cseq: *(\d+)/im.exec(request)?.[1] ?? 0;
        const reply = (status, headers = [], body = '') =>
            socket.write([`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...headers,
                `Content-Length: ${body.length}`, '', body].join('\r\n'));
        if (method === 'OPTIONS')
            return reply('200 OK', ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN']);
        if (!request.includes(`Authorization: ${AUTHORIZATION}`))
            return reply('401 Unauthorized', ['WWW-Authenticate: Basic realm="camera"']);
        if (method === 'DESCRIBE')
            return reply('200 OK', ['Content-Type: application/sdp'],
                ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=camera', 't=0 0', 'm=video 0 RTP/AVP 96',
                    'c=IN IP4 0.0.0.0', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1',
                    'a=control:track', ''].join('\r\n'));
        if (method === 'SETUP')
            return reply('200 OK', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1', 'Session: 1']);
        reply('200 OK', ['Session: 1']);
        if (method === 'PLAY') play(socket, film);
    };
    const server = createServer((socket) => {
        let text = '';
        socket.on('data', (data) => {
            text += data.toString('latin1');
            for (let end; (end = text.indexOf('\r\n\r\n')) >= 0; text = text.slice(end + 4))
                // What a player reports by RTCP is passed over.
                answer(socket, text.slice(Math.max(text.slice(0, end).search(/[A-Z]{4,} rtsp:/), 0), end));
        });
    });
    return listening(server, new Set(), 'rtsp', '/live');
}
