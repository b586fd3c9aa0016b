// Makes the first view of each page come in few round trips, as a browser has few connections to a
// server and a phone's line is slow to answer. The style sheets of a page become one file; the page
// names the modules that its first one imports and those of the place that most come for, so that
// none waits for another to be read; and app/first-paint.js gets a list of what other places need.
// Usage: node first-view.mjs FOLDER
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder] = process.argv.slice(2);
const STATIC = /(?:^|[;}])(?:import|export)\b[\w$\s{},*]*?\bfrom\s*["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(["']([^"']+)["']\)/;
const SHEET = /<link rel="stylesheet" href="(styles\/[^"]+)">\n/g;
const ENTRY = /<script type="module" src="([^"]+)"><\/script>\n/;

const read = (name) => readFileSync(path.join(folder, name), 'utf8');
const write = (name, text) => writeFileSync(path.join(folder, name), text);

/** The module and all that it imports, and they, before anything of it runs. */
function modulesOf(name, found = new Set()) {
    if (found.has(name)) return found;
    found.add(name);
    for (const [, from] of read(name).matchAll(STATIC)) modulesOf(path.join(path.dirname(name), from), found);
    return found;
}

// What branding.css changes are the tokens: it stays behind them.
function joinSheets(page, html) {
    const names = [...html.matchAll(SHEET)].map(([, name]) => name);
    const joined = `styles/${page}-page.css`;
    const withoutNotes = (css) => css.replace(/\/\*[^]*?\*\//g, '').replace(/\n\s*/g, '\n');
    write(joined, names.map((name) => withoutNotes(read(name))).join('\n').replace(/\n{2,}/g, '\n'));
    let first = true;
    return html.replace(SHEET, () => {
        const link = first ? `<link rel="stylesheet" href="${joined}">\n` : '';
        first = false;
        return link;
    });
}

/** The page with a line for each module that its own one and `others` import, and what these are. */
function nameModules(html, others) {
    const [script, entry] = ENTRY.exec(html);
    const modules = modulesOf(entry);
    for (const one of others) modulesOf(one, modules);
    const links = [...modules].filter((name) => name !== entry).sort();
    const lines = links.map((name) => `<link rel="modulepreload" href="${name}">\n`).join('');
    return { html: html.replace(script, () => script + lines), modules };
}

const { PLACES } = await import(pathToFileURL(path.join(folder, 'app/places.js')));
const moduleOf = ({ load }) => path.join('app', DYNAMIC.exec(String(load))[1]);

/** {address: [area, modules…]} of the places that are opened by their address alone. */
function listPlaces(known) {
    const list = {};
    for (const place of PLACES.filter(({ path: address }) => !address.includes(':'))) {
        const needed = [...modulesOf(moduleOf(place))].filter((name) => !known.has(name));
        list[place.path] = [place.area, ...needed];
    }
    return list;
}

const home = PLACES.find(({ path: address }) => address === '');
const PAGES = { index: [moduleOf(home)], kiosk: [] };
const modules = {};
const single = new Set();
for (const [page, others] of Object.entries(PAGES)) {
    const html = read(`${page}.html`);
    for (const [, name] of html.matchAll(SHEET)) single.add(name);
    const named = nameModules(joinSheets(page, html), others);
    write(`${page}.html`, named.html);
    modules[page] = named.modules;
}
for (const name of single) rmSync(path.join(folder, name));
const FIRST = 'app/first-paint.js';
write(FIRST, `const FILES = ${JSON.stringify(listPlaces(modules.index))};\n${read(FIRST)}`);
