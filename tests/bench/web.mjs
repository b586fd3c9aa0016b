// What the web application costs its readers, in a real Chromium before a real server with a made-up
// term in it:
//
//   node tests/bench/web.mjs [--json] [--runs N] [--frames N] [--only javascript|views|frames]
//
// javascript: the bodies of all scripts that the page asks for, as the server sends them to who takes
//   brotli. "first view" is the role's home with an empty cache; "every place" opens each place of
//   web/app/places.js that the role may open, with what is loaded late (plots). The kiosk has one page.
//   Beside them stands what their words in one language (Spanish) take, which are no code.
// views: an empty cache, a phone of 360×800, its processor slowed four times, a line of 150 ms, 1.6
//   Mbit/s down and 0.75 up; from the server itself, and through nginx with TLS and HTTP/2 as phones
//   get it, since they have no camera otherwise (docs/https.md). The browser makes every answer wait
//   for the line; it does not make opening a connection wait. Milliseconds from the start of the
//   navigation to the first contentful paint, and to the frame after which the page's own content
//   stands in it: the heading and the camera's frame, or the form. Medians.
// frames: photographs before the fake camera, one machine, no throttling. From the drawing of the
//   last frame that is sent (what follows: encoding, sending, recognising, drawing) to the frame after
//   which the card with the name stands in the page. Each reload of the page gives one.
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { PLACES, homeOf } from '../../web/app/places.js';
import { launchBrowser, LAPTOP } from '../browser/browser.mjs';
import { cutPicture, PEOPLE, POSES, writeCamera } from '../browser/camera.mjs';
import { Client } from '../helpers/client.mjs';
import { noProxy, startProxy } from '../helpers/proxy.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const PROMISED = { javascript: 120, views: 1000, frames: 400 }; // KB, ms, ms
const PASSWORD = 'la sombra de la ceiba';
const READY_MS = 30_000;
const QUIET_MS = 400; // nothing was asked for this long: what the place needs is there
const CALM = 2.5; // a load above it means that others use the machine too
const PHONE = { viewport: { width: 360, height: 800 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true };
const PROCESSOR_SLOWED = 4;
const LINE = {
    offline: false,
    latency: 150,
    downloadThroughput: 1.6e6 / 8,
    uploadThroughput: 0.75e6 / 8,
    connectionType: 'cellular4g',
};
const VIEWS = [
    { name: 'mark, signed out', address: '', content: 'main h1, .lens' },
    { name: 'mark, signed in', role: 'student', address: '', content: 'main h1, .lens' },
    { name: 'sign-in', address: '#/sign-in', content: 'main h1, form input' },
];

const { values: options } = parseArgs({
    options: {
        json: { type: 'boolean' },
        runs: { type: 'string', default: '7' },
        frames: { type: 'string', default: '12' },
        only: { type: 'string' },
    },
});

const at = (numbers, share) => {
    const sorted = [...numbers].sort((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
};
const kilobytes = (bytes) => Math.round(bytes / 102.4) / 10;

/** A server with a term, the cookies of each role, and the student whom the camera shows. */
async function openUniversity(server, browser) {
    const words = ['demo-data', '--json', '--password', PASSWORD];
    const made = JSON.parse((await server.presente(...words)).stdout);
    const { student, teacher, admin } = made.accounts;
    const sign = ({ email, password }) => new Client(server.url).signIn(email, password);
    const clients = { student: await sign(student), teacher: await sign(teacher), admin: await sign(admin) };
    const photos = [];
    for (const pose of POSES) photos.push(await cutPicture(browser, PEOPLE.officer, pose));
    const enrolled = await clients.admin.submit(`/users/${clients.student.user.id}/faces`, {}, photos);
    if (enrolled.status >= 300) throw new Error(`the photos: ${JSON.stringify(enrolled.body)}`);
    const now = new Date().toISOString();
    const sessions = (await clients.teacher.get('/sessions/now?limit=200')).body.items;
    const live = sessions.find((item) => item.starts_at <= now && item.ends_at > now);
    const terms = (await clients.admin.get('/terms')).body.items;
    return {
        made,
        values: { sessions: live.id, courses: live.course_id, people: clients.student.user.id, terms: terms[0].id },
        picture: photos[0],
    };
}

class Visitors {
    /** `url`: where the pages of `server` are asked for. */
    constructor(browser, server, university, url = server.url) {
        Object.assign(this, { browser, server, university, url, states: new Map() });
    }

    async signIn(role) {
        const account = this.university.made.accounts[role];
        const [route, data] = account
            ? ['login', { email: account.email, password: account.password }]
            : ['devices/pair', { code: this.university.made.kiosk_code }];
        const context = await this.browser.newContext();
        const answer = await context.request.post(`${this.server.url}/${route}`, { data });
        if (!answer.ok()) throw new Error(`${role} is not let in: ${answer.status()}`);
        const { cookies } = await context.storageState();
        await context.close();
        // Without these notes the pages ask nobody who they are.
        const localStorage = ['signed-in', 'kiosk'].map((name) => ({ name: `presente.${name}`, value: 'yes' }));
        return { cookies, origins: [{ origin: this.url, localStorage }] };
    }

    /** A browser of its own, with nothing kept but who is signed in. */
    async open(role, choices = {}) {
        if (role && !this.states.has(role)) this.states.set(role, await this.signIn(role));
        return this.browser.newContext({
            locale: 'es-MX',
            viewport: LAPTOP,
            permissions: ['camera'],
            storageState: role && this.states.get(role),
            ...choices,
        });
    }
}

/** Bytes of a file's body as it comes to who takes brotli. */
const sizes = new Map();
function sizeOf(url) {
    if (!sizes.has(url))
        sizes.set(url, new Promise((resolve, reject) => {
            const headers = { 'Accept-Encoding': 'br', Accept: '*/*' };
            http.get(url, { headers }, (answer) => {
                let bytes = 0;
                answer.on('data', (piece) => (bytes += piece.length));
                answer.on('end', () => resolve(answer.statusCode === 200 ? bytes : 0));
            }).on('error', reject);
        }));
    return sizes.get(url);
}

async function sumOf(urls) {
    const all = await Promise.all([...urls].map(sizeOf));
    return { modules: all.length, kilobytes: kilobytes(all.reduce((sum, bytes) => sum + bytes, 0)) };
}

// Runs in the browser.
const isReady = () =>
    document.querySelector('main, .kiosk') !== null &&
    document.body.innerText.trim() !== '' &&
    document.querySelector('[aria-busy=true]') === null;

/** What a context asks for: scripts, words, and a wait until nothing is under way any more. */
class Requests {
    constructor(context) {
        this.scripts = new Set();
        this.words = new Set();
        this.open = new Set();
        this.last = 0;
        const ended = (request) => {
            this.open.delete(request);
            this.last = Date.now();
        };
        context.on('request', (request) => {
            if (request.resourceType() === 'script') this.scripts.add(request.url());
            if (request.url().includes('/texts/')) this.words.add(request.url());
            // Events of a session never end.
            if (request.resourceType() !== 'eventsource') this.open.add(request);
        });
        context.on('requestfinished', ended);
        context.on('requestfailed', ended);
    }

    async sums() {
        const { modules, kilobytes: code } = await sumOf(this.scripts);
        return { modules, kilobytes: code, words_kilobytes: (await sumOf(this.words)).kilobytes };
    }

    async settled(page) {
        await page.waitForFunction(isReady, null, { timeout: READY_MS });
        while (this.open.size > 0 || Date.now() - this.last < QUIET_MS) await page.waitForTimeout(QUIET_MS / 4);
    }
}

const addressOf = (place, values) => {
    const [kind] = place.path.split('/');
    return place.path.replace(':id', values[kind]);
};

async function javascriptOf(visitors, role) {
    const context = await visitors.open(role);
    const requests = new Requests(context);
    try {
        const page = await context.newPage();
        if (role === 'kiosk') {
            await page.goto(`${visitors.url}/kiosk`);
            await requests.settled(page);
            for (const worker of context.serviceWorkers()) requests.scripts.add(worker.url());
            return { role, first: await requests.sums(), every: await requests.sums() };
        }
        const user = role ? { role } : null;
        const home = role === 'student' ? '' : user ? homeOf(user) : 'sign-in';
        await page.goto(`${visitors.url}/#/${home}`);
        await requests.settled(page);
        const first = await requests.sums();
        for (const place of PLACES.filter((one) => one.for(user))) {
            await page.evaluate((hash) => (location.hash = hash), `#/${addressOf(place, visitors.university.values)}`);
            await requests.settled(page);
        }
        return { role: role ?? 'signed out', first, every: await requests.sums() };
    } finally {
        await context.close();
    }
}

// Runs in the page before its own scripts: when does the content of `selectors` stand in it?
function watchContent(selectors) {
    const wanted = selectors.split(', ');
    // A message is the first thing that runs once the frame is drawn; timers wait longer.
    function afterFrame(act) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = act;
        requestAnimationFrame(() => port2.postMessage(null));
    }
    const look = () => {
        if (!wanted.every((one) => document.querySelector(one))) return;
        watch.disconnect();
        afterFrame(() => (globalThis.contentAt = performance.now()));
    };
    const watch = new MutationObserver(look);
    watch.observe(document, { childList: true, subtree: true });
}

async function viewOnce(visitors, { role, address, content }) {
    const context = await visitors.open(role, PHONE);
    try {
        const page = await context.newPage();
        await page.addInitScript(watchContent, content);
        const tools = await context.newCDPSession(page);
        await tools.send('Network.enable');
        await tools.send('Network.emulateNetworkConditions', LINE);
        await tools.send('Emulation.setCPUThrottlingRate', { rate: PROCESSOR_SLOWED });
        await page.goto(`${visitors.url}/${address}`, { waitUntil: 'commit' });
        await page.waitForFunction(() => globalThis.contentAt, null, { timeout: READY_MS });
        return await page.evaluate(() => ({
            paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
            content: globalThis.contentAt,
            asked: performance.getEntriesByType('resource').length,
        }));
    } finally {
        await context.close();
    }
}

async function view(visitors, line, wanted) {
    const runs = [];
    for (let i = 0; i < Number(options.runs); i++) runs.push(await viewOnce(visitors, wanted));
    const all = (name) => runs.map((run) => run[name]);
    return {
        view: wanted.name,
        line,
        first_paint_ms: at(all('paint'), 0.5),
        content_ms: at(all('content'), 0.5),
        content_worst_ms: Math.round(Math.max(...all('content'))),
    };
}

// Runs in the page before its own scripts: from the last frame drawn of the camera before a card
// with a name to that card.
function watchCards(selector) {
    const draw = CanvasRenderingContext2D.prototype.drawImage;
    const ask = globalThis.fetch;
    let drawn = 0;
    let sent = 0;
    CanvasRenderingContext2D.prototype.drawImage = function (source, ...rest) {
        // Small copies are only for noticing that something moved.
        const isFrame = source instanceof HTMLVideoElement && this.canvas.width > 320;
        if (isFrame) drawn = performance.now();
        return draw.call(this, source, ...rest);
    };
    globalThis.fetch = (address, choices) => {
        if (/marks?$/.test(String(address)) && choices?.body instanceof FormData) {
            sent = performance.now();
            globalThis.frameAt = drawn;
        }
        return ask(address, choices);
    };
    const watch = new MutationObserver(() => {
        if (!document.querySelector(selector)) return;
        watch.disconnect();
        const begun = globalThis.frameAt;
        const wire = performance.getEntriesByType('resource').filter(({ name }) => /marks?$/.test(name)).at(-1);
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
            globalThis.cardTook = { whole: performance.now() - begun, encode: sent - begun, wire: wire?.duration };
        };
        requestAnimationFrame(() => port2.postMessage(null));
    });
    watch.observe(document, { childList: true, subtree: true });
}

async function frames(visitors, { name, role, address, card }) {
    const context = await visitors.open(role);
    const took = [];
    try {
        const page = await context.newPage();
        await page.addInitScript(watchCards, card);
        for (let i = 0; i < Number(options.frames); i++) {
            await page.goto('about:blank');
            await page.goto(`${visitors.url}/${address}`);
            const handle = await page.waitForFunction(() => globalThis.cardTook, null, { timeout: READY_MS });
            took.push(await handle.jsonValue());
        }
    } finally {
        await context.close();
    }
    const all = (part) => took.map((one) => one[part] ?? 0);
    return {
        page: name,
        frames: took.length,
        median_ms: at(all('whole'), 0.5),
        p95_ms: at(all('whole'), 0.95),
        encoding_ms: at(all('encode'), 0.5),
        asking_ms: at(all('wire'), 0.5),
    };
}

const CARDS = [
    { name: 'mark page', role: 'student', address: '', card: '[data-result="match"]' },
    { name: 'kiosk', role: 'kiosk', address: 'kiosk', card: '[data-card="mark"]' },
];

async function inTurn(list, work) {
    const all = [];
    for (const one of list) all.push(await work(one));
    return all;
}

const PARTS = {
    javascript: (visitors) =>
        inTurn([undefined, 'student', 'teacher', 'admin', 'kiosk'], (role) => javascriptOf(visitors, role)),
    views: async (visitors, proxied) => [
        ...(await inTurn(VIEWS, (one) => view(visitors, 'HTTP/1.1', one))),
        ...(proxied ? await inTurn(VIEWS, (one) => view(proxied, 'HTTP/2', one)) : []),
    ],
    frames: (visitors) => inTurn(CARDS, (one) => frames(visitors, one)),
};

const kept = (value, limit) => (value <= limit ? 'kept' : 'MISSED');
const LINES = {
    javascript: ({ role, first, every }) =>
        `${role.padEnd(18)} first view ${first.kilobytes} KB in ${first.modules}, every place ${every.kilobytes} KB in ` +
        `${every.modules} (promised ${PROMISED.javascript}: ${kept(every.kilobytes, PROMISED.javascript)}); ` +
        `words ${first.words_kilobytes} and ${every.words_kilobytes} KB`,
    views: ({ view: name, line, first_paint_ms: paint, content_ms: content, content_worst_ms: worst }) =>
        `${name.padEnd(18)} ${line.padEnd(8)} first paint ${paint} ms, content ${content} ms, slowest ${worst} ms ` +
        `(promised ${PROMISED.views}: ${kept(content, PROMISED.views)})`,
    frames: ({ page, frames: n, median_ms: median, p95_ms: p95, encoding_ms: encoding, asking_ms: asking }) =>
        `${page.padEnd(18)} median ${median} ms, p95 ${p95} ms of ${n} frames; encoding ${encoding}, asking ${asking} ` +
        `(promised ${PROMISED.frames}: ${kept(median, PROMISED.frames)})`,
};

async function measure(server, folder) {
    const plain = await launchBrowser();
    const figures = { machine: cpus()[0].model, processors: cpus().length };
    let university;
    try {
        university = await openUniversity(server, plain);
    } finally {
        await plain.close();
    }
    const camera = await writeCamera(path.join(folder, 'student.mjpeg'), [university.picture]);
    const noHttp2 = noProxy();
    if (noHttp2) console.error(`HTTP/2 is skipped: ${noHttp2}`);
    const proxy = noHttp2 ? null : await startProxy(server.url, path.join(folder, 'proxy'));
    const browser = await launchBrowser({ camera, more: proxy?.flags });
    try {
        const visitors = new Visitors(browser, server, university);
        const proxied = proxy && new Visitors(browser, server, university, proxy.url);
        for (const name of Object.keys(PARTS).filter((one) => !options.only || one === options.only)) {
            const [load] = loadavg();
            const found = await PARTS[name](visitors, proxied);
            figures[name] = found;
            figures[`${name}_load`] = load;
            if (options.json) continue;
            console.log(`${name}${load > CALM ? `, while the machine was busy (load ${load.toFixed(1)})` : ''}`);
            for (const one of found) console.log(`  ${LINES[name](one)}`);
        }
    } finally {
        await browser.close();
        await proxy?.stop();
    }
    return figures;
}

const missing = missingParts({ faces: true, samples: true, web: true });
if (missing) throw new Error(missing);
if (options.only && !PARTS[options.only]) throw new Error(`nothing here is called ${options.only}`);
const folder = await mkdtemp(path.join(tmpdir(), 'presente-web-'));
const server = await startServer();
try {
    const figures = await measure(server, folder);
    if (options.json) console.log(JSON.stringify(figures));
} finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
}
