// Makes every module in the folders given smaller in place: names, comments and white space, each
// module by itself, so that what the browser loads is still what the folders say.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { minify } from 'terser';

const OPTIONS = { module: true, ecma: 2020, compress: { passes: 2 }, format: { comments: false } };

/** Indentation inside templates; htm takes white space with a line break for nothing. */
const withoutIndent = (code) => code.replace(/\n\s+/g, '\n');

async function shrink(file) {
    const { code } = await minify(withoutIndent(await readFile(file, 'utf8')), OPTIONS);
    await writeFile(file, code);
}

for (const folder of process.argv.slice(2)) {
    const names = await readdir(folder, { recursive: true });
    for (const name of names.filter((one) => one.endsWith('.js')))
        await shrink(path.join(folder, name));
}
