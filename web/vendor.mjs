// Puts the libraries that the page uses into FOLDER: Preact, its hooks and htm as one module, since
// the page can do nothing without any of them, and uPlot. Exports of Preact that the page never asks
// for are left out; what only they need goes with them when minify.mjs comes. Where a release does not
// look as expected any more, the assembly stops.
// Usage: node vendor.mjs NODE_MODULES FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [modules, folder] = process.argv.slice(2);
const WANTED = {
    preact: ['h', 'options', 'render'],
    hooks: ['useEffect', 'useMemo', 'useRef', 'useState'],
};

const read = (name) => readFileSync(path.join(modules, name), 'utf8').replace(/^\/\/# source.*$/m, '').trim();

function part(code, pattern, instead) {
    if (code.search(pattern) < 0) throw new Error(`this release has no ${pattern}`);
    return code.replace(pattern, instead);
}

/** A module's code as that of a function that returns what is wanted of its exports. */
function inFunction(code, wanted, given = '') {
    const body = part(code, /export\{([^}]*)\};?$/, (_, list) => {
        const names = new Map(list.split(',').map((one) => one.split(' as ').reverse()));
        return `return{${wanted.map((name) => `${name}:${names.get(name)}`)}}`;
    });
    return `(${given}=>{${body}})`;
}

function joinPreact() {
    const preact = inFunction(read('preact/dist/preact.mjs'), WANTED.preact, '()');
    const hooks = part(read('preact/hooks/dist/hooks.mjs'), /^import\{options as n\}from"preact";/, '');
    const htm = part(read('htm/dist/htm.mjs'), /export default /, 'return ');
    return `const preact=${preact}();
const hooks=${inFunction(hooks, WANTED.hooks, 'n')}(preact.options);
export const{h,render}=preact;
export const{${WANTED.hooks}}=hooks;
export const htm=(()=>{${htm}})();
`;
}

writeFileSync(path.join(folder, 'preact.js'), joinPreact());
writeFileSync(path.join(folder, 'uplot.js'), read('uplot/dist/uPlot.esm.js'));
