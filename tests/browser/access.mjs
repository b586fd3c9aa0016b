// What every page owes everybody: nothing that axe calls serious, its words in the reader's language,
// a title, one heading of the first rank, nothing wider than a narrow phone, no complaint of the
// browser, and not one request to anybody else.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// The rules whose answer another theme can change.
const COLOURS = ['color-contrast', 'link-in-text-block'];
// Of long lists and tables the first lines are looked at: the others are made as they are.
const ALIKE = ['tbody tr:nth-child(n+7)', 'li:nth-child(n+13)'];
const READY_MS = 15_000;
const QUIET_MS = 60;
const STEP_MS = 15;

export const NARROW = { width: 320, height: 740 };

// Leaving a page ends what it still waited for.
const LEFT = 'net::ERR_ABORTED';

/** A page of a context; taken() gives what should not have happened since it was last called. */
export async function watchedPage(context, origin) {
    await context.addInitScript(AXE);
    const page = await context.newPage();
    const complaints = [];
    const waited = new Set();
    const note = (text) => complaints.push(text);
    page.on('pageerror', (problem) => note(String(problem)));
    page.on('console', (line) => {
        if (['error', 'warning'].includes(line.type())) note(`${line.type()}: ${line.text()}`);
    });
    page.on('request', (request) => {
        if (request.resourceType() !== 'eventsource') waited.add(request);
        if (/^(http|ws)/.test(request.url()) && new URL(request.url()).origin !== origin)
            note(`asked somebody else: ${request.url()}`);
    });
    page.on('requestfinished', (request) => waited.delete(request));
    page.on('requestfailed', (request) => {
        waited.delete(request);
        const { errorText } = request.failure();
        if (errorText !== LEFT) note(`${errorText}: ${request.url()}`);
    });
    page.on('response', (answer) => {
        if (answer.status() >= 400) note(`${answer.status()}: ${answer.url()}`);
    });
    return { page, waited, taken: () => complaints.splice(0) };
}

/** Waits until the page shows `selector` and asks for nothing more. */
export async function settled({ page, waited }, selector = 'h1') {
    await page.waitForSelector(selector, { timeout: READY_MS });
    const end = Date.now() + READY_MS;
    for (let quiet = 0; quiet < QUIET_MS; quiet = waited.size > 0 ? 0 : quiet + STEP_MS) {
        if (Date.now() > end) throw new Error(`still waits for ${[...waited].map((one) => one.url())}`);
        await page.waitForTimeout(STEP_MS);
    }
    await page.evaluate(() => document.fonts.ready.then(() => {}));
}

// Runs in the browser.
async function runAxe({ values, type, exclude }) {
    const { violations } = await globalThis.axe.run(
        { include: [['html']], exclude: exclude.map((selector) => [selector]) },
        { runOnly: { type, values }, resultTypes: ['violations'] },
    );
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    return grave.flatMap(({ id, nodes }) =>
        nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ''}`),
    );
}

/** What axe finds that is serious. */
export const axeFindings = (page) =>
    page.evaluate(runAxe, { type: 'tag', values: TAGS, exclude: ALIKE });

/** What it finds in the other theme, as far as that can differ; the page stays in it. */
export async function otherThemeFindings(page) {
    const theme = await page.evaluate(() => {
        const { dataset } = document.documentElement;
        return (dataset.theme = dataset.theme === 'dark' ? 'light' : 'dark');
    });
    const found = await page.evaluate(runAxe, { type: 'rule', values: COLOURS, exclude: ALIKE });
    return found.map((text) => `${theme}: ${text}`);
}

/** Language, title (it begins with `name`) and heading. */
export async function frameFindings(page, language, name = '') {
    const { lang, title, headings } = await page.evaluate(() => ({
        lang: document.documentElement.lang,
        title: document.title,
        headings: document.querySelectorAll('h1').length,
    }));
    return [
        lang !== language && `the language is ${lang}`,
        (!/^(?!Presente$)\S/.test(title) || !title.startsWith(name)) && `the title is “${title}”`,
        headings !== 1 && `${headings} h1`,
    ].filter(Boolean);
}

// Runs in the browser.
function tooWide() {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')]
        .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1)
        .slice(0, 3)
        .map((one) => one.outerHTML.slice(0, 100));
    return [`${root.scrollWidth} px wide on ${root.clientWidth} px: ${wide.join(' … ')}`];
}

/** What one would have to scroll sideways for. */
export const widthFindings = (page) => page.evaluate(tooWide);
