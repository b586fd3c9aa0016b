// Writes FILE.br and FILE.gz beside every text file of a page that was put together: the server sends
// them to who takes them. At their best both take long, which a server that starts need not wait for.
// Usage: node compress.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXT = /\.(?:html|css|js|mjs|json|svg|txt|webmanifest)$/;
const LARGE = 256 * 1024; // bytes: less effort from here on, which costs a few hundredths
const [folder] = process.argv.slice(2);

function write(name, suffix, bytes, packed) {
    if (packed.length < bytes.length * 0.9) writeFileSync(path.join(folder, name + suffix), packed);
}

for (const name of readdirSync(folder, { recursive: true })) {
    if (!TEXT.test(name)) continue;
    const bytes = readFileSync(path.join(folder, name));
    const packed = brotliCompressSync(bytes, {
        params: {
            [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
            [constants.BROTLI_PARAM_QUALITY]: bytes.length < LARGE ? 11 : 9,
            [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
    });
    write(name, '.br', bytes, packed);
    write(name, '.gz', bytes, gzipSync(bytes, { level: 9 }));
}
