// Pictures of single faces, cut out of the sample photographs by the program itself.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';

import { samplesDir } from './server.mjs';

/** One picture (Buffer) a face of a sample photograph, from left to right. */
export async function cutFaces(server, sample) {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-faces-'));
    try {
        await server.presente('detect', path.join(samplesDir, sample), '--size', '640', '--crop', dir);
        const names = (await readdir(dir)).sort();
        return await Promise.all(names.map((name) => readFile(path.join(dir, name))));
    } finally {
        await rm(dir, { recursive: true, force: true });
    }
}

/* PNG as the program writes it: 8 bits a channel, RGB, one pass. */
function* chunks(png) {
    for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
        yield {
            type: png.toString('latin1', at + 4, at + 8),
            data: png.subarray(at + 8, at + 8 + png.readUInt32BE(at)),
        };
}

const PREDICTORS = [
    () => 0,
    (left) => left,
    (left, up) => up,
    (left, up) => (left + up) >> 1,
    (left, up, corner) => {
        const guess = left + up - corner;
        const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
        if (a <= b && a <= c) return left;
        return b <= c ? up : corner;
    },
];

function readRows(png) {
    const all = [...chunks(png)];
    const head = all.find(({ type }) => type === 'IHDR').data;
    const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
    const raw = inflateSync(Buffer.concat(all.filter((c) => c.type === 'IDAT').map((c) => c.data)));
    const size = width * 3;
    const rows = [];
    let above = Buffer.alloc(size);
    for (let y = 0; y < height; y++) {
        const predict = PREDICTORS[raw[y * (size + 1)]];
        const row = Buffer.from(raw.subarray(y * (size + 1) + 1, (y + 1) * (size + 1)));
        for (let i = 0; i < size; i++)
            row[i] += predict(row[i - 3] ?? 0, above[i], above[i - 3] ?? 0);
        rows.push(row);
        above = row;
    }
    return { width, height, rows };
}

function crc(bytes) {
    let value = 0xffffffff;
    for (const byte of bytes) {
        value ^= byte;
        for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ~value >>> 0;
}

function chunk(type, data) {
    const whole = Buffer.alloc(12 + data.length);
    whole.writeUInt32BE(data.length, 0);
    whole.write(type, 4, 'latin1');
    data.copy(whole, 8);
    whole.writeUInt32BE(crc(whole.subarray(4, 8 + data.length)), 8 + data.length);
    return whole;
}

function writePng(width, rows) {
    const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(rows.length, 4);
    const raw = Buffer.concat(rows.flatMap((row) => [Buffer.alloc(1), row]));
    return Buffer.concat([
        Buffer.from('89504e470d0a1a0a', 'hex'),
        chunk('IHDR', head),
        chunk('IDAT', deflateSync(raw, { level: 1 })),
        chunk('IEND', Buffer.alloc(0)),
    ]);
}

const STRETCH = 1.1;
const share = (from, to, part) => Math.round(from + (to - from) * part);

// With linear interpolation along the rows.
function wider({ width, rows }) {
    const to = Math.round(width * STRETCH);
    const stretched = rows.map((row) => {
        const made = Buffer.alloc(to * 3);
        for (let x = 0; x < to; x++) {
            const at = Math.min(x / STRETCH, width - 1.001);
            const left = Math.floor(at) * 3;
            for (let c = 0; c < 3; c++)
                made[x * 3 + c] = share(row[left + c], row[left + 3 + c], at % 1);
        }
        return made;
    });
    return writePng(to, stretched);
}

function taller({ width, height, rows }) {
    const stretched = Array.from({ length: Math.round(height * STRETCH) }, (_, y) => {
        const at = Math.min(y / STRETCH, height - 1.001);
        const [above, below] = [rows[Math.floor(at)], rows[Math.floor(at) + 1]];
        return above.map((value, i) => share(value, below[i], at % 1));
    });
    return writePng(width, stretched);
}

/**
 * Three photos of one person out of one (a PNG of cutFaces): one made wider and one made taller are
 * not taken for copies, as a head that turns or nods a little is not.
 */
export function threePhotos(face) {
    const picture = readRows(face);
    return [face, wider(picture), taller(picture)];
}
