// Writes FILE.br beside every text file of a page that was put together: the server sends it to who
// takes it. Brotli at its best takes seconds for megabytes, too long for a server that starts.
// Usage: node compress.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const TEXT = /\.(?:html|css|js|mjs|json|svg|txt|webmanifest)$/;
const LARGE = 256 * 1024; // bytes: less effort from here on, which costs a few hundredths
const [folder] = process.argv.slice(2);

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
    if (packed.length < bytes.length * 0.9) writeFileSync(path.join(folder, `${name}.br`), packed);
}
