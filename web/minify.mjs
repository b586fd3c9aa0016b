// Makes every module in the folders given smaller in place: names, comments and white space, each
// module by itself, so that what the browser loads is still what the folders say. Of files of words
// the white space goes.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { minify } from 'terser';

const OPTIONS = { module: true, ecma: 2020, compress: { passes: 2 }, format: { comments: false } };

/** White space of markup in templates: htm takes none that has a line break beside a tag. */
const withoutSpace = (code) =>
    code
        .replace(/\n\s+/g, '\n')
        .replace(/\n(?=<)/g, '')
        .replace(/^(?!.*\/\/)(.*>)\n/gm, '$1');

async function shrinkWords(file) {
    await writeFile(file, JSON.stringify(JSON.parse(await readFile(file, 'utf8'))));
}

async function shrink(file) {
    const { code } = await minify(withoutSpace(await readFile(file, 'utf8')), OPTIONS);
    await writeFile(file, code);
}

for (const folder of process.argv.slice(2)) {
    const names = await readdir(folder, { recursive: true });
    for (const name of names) {
        if (name.endsWith('.js')) await shrink(path.join(folder, name));
        if (name.endsWith('.json')) await shrinkWords(path.join(folder, name));
    }
}
