// Makes the PNG of a browser small: at most 256 colours, one byte a pixel (PNG, third edition,
// sections 9 and 11). Pictures of pages are flat, and the few shades that go are those between two
// that stay.
import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const COLOURS_MAX = 256;

function* chunksOf(png) {
    for (let at = SIGNATURE.length; at < png.length; ) {
        const length = png.readUInt32BE(at);
        const type = png.toString('latin1', at + 4, at + 8);
        yield { type, data: png.subarray(at + 8, at + 8 + length) };
        at += length + 12;
    }
}

function paeth(a, b, c) {
    const p = a + b - c;
    const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
    if (pa <= pb && pa <= pc) return a;
    return pb <= pc ? b : c;
}

const FILTERS = [
    () => 0,
    (left) => left,
    (left, up) => up,
    (left, up) => (left + up) >> 1,
    (left, up, corner) => paeth(left, up, corner),
];

/** The rows of filtered bytes as they were. */
function unfilter(data, height, stride, step) {
    const rows = Buffer.alloc(height * stride);
    for (let y = 0; y < height; y++) {
        const predict = FILTERS[data[y * (stride + 1)]];
        for (let x = 0; x < stride; x++) {
            const at = y * stride + x;
            const left = x >= step ? rows[at - step] : 0;
            const up = y > 0 ? rows[at - stride] : 0;
            const corner = x >= step && y > 0 ? rows[at - stride - step] : 0;
            rows[at] = data[y * (stride + 1) + 1 + x] + predict(left, up, corner);
        }
    }
    return rows;
}

/** {width, height, pixels}: each pixel 0xRRGGBB. */
export function readPng(png) {
    let header;
    const pieces = [];
    for (const { type, data } of chunksOf(png)) {
        if (type === 'IHDR') header = data;
        if (type === 'IDAT') pieces.push(data);
    }
    const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
    const channels = { 2: 3, 6: 4 }[header[9]];
    if (header[8] !== 8 || !channels || header[12] !== 0) throw new Error('not a PNG of a browser');
    const rows = unfilter(inflateSync(Buffer.concat(pieces)), height, width * channels, channels);
    const pixels = new Uint32Array(width * height);
    for (let i = 0; i < pixels.length; i++) pixels[i] = rows.readUIntBE(i * channels, 3);
    return { width, height, pixels };
}

const distance = (a, b) =>
    2 * ((a >> 16) - (b >> 16)) ** 2 +
    4 * (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 +
    3 * ((a & 255) - (b & 255)) ** 2;

function nearest(colour, palette) {
    let best = 0;
    for (let i = 1; i < palette.length; i++)
        if (distance(colour, palette[i]) < distance(colour, palette[best])) best = i;
    return best;
}

/** The colours that stay: by how many pixels they have, none too close to one that stays already. */
function choosePalette(counts) {
    const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
    if (ranked.length <= COLOURS_MAX) return ranked;
    const palette = [];
    for (let apart = 200; palette.length < COLOURS_MAX && apart >= 1; apart /= 2)
        for (const colour of ranked) {
            if (palette.length === COLOURS_MAX) break;
            if (!palette.length || distance(colour, palette[nearest(colour, palette)]) >= apart)
                palette.push(colour);
        }
    return palette;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
});

function crc32(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
}

function chunk(type, data) {
    const whole = Buffer.alloc(data.length + 12);
    whole.writeUInt32BE(data.length, 0);
    whole.write(type, 4, 'latin1');
    data.copy(whole, 8);
    whole.writeUInt32BE(crc32(whole.subarray(4, data.length + 8)), data.length + 8);
    return whole;
}

function writePng(width, height, palette, indices) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 3, 0, 0, 0], 8);
    const colours = Buffer.alloc(palette.length * 3);
    palette.forEach((colour, i) => colours.writeUIntBE(colour, i * 3, 3));
    const rows = Buffer.alloc(height * (width + 1));
    for (let y = 0; y < height; y++)
        rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
    return Buffer.concat([
        SIGNATURE,
        chunk('IHDR', header),
        chunk('PLTE', colours),
        chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
        chunk('IEND', Buffer.alloc(0)),
    ]);
}

/** The same picture in at most 256 colours; the one given where that would be no smaller. */
export function shrinkPng(png) {
    const { width, height, pixels } = readPng(png);
    const counts = new Map();
    for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
    const palette = choosePalette(counts);
    const index = new Map(palette.map((colour, i) => [colour, i]));
    for (const colour of counts.keys())
        if (!index.has(colour)) index.set(colour, nearest(colour, palette));
    const small = writePng(width, height, palette, Uint8Array.from(pixels, (colour) => index.get(colour)));
    return small.length < png.length ? small : png;
}
