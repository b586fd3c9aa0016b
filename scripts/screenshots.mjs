// Pictures of the application, full: a server in a temporary folder with a made-up term, and each
// place of the table below as its people see it. Nobody's photograph is in them, unless --photos
// names some; then the pictures are for looking at and never go to docs/.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { launchBrowser } from '../tests/browser/browser.mjs';
import { Client } from '../tests/helpers/client.mjs';
import { projectDir, startServer } from '../tests/helpers/server.mjs';
import { shrinkPng } from './screenshots-png.mjs';

const PHONE = { width: 390, height: 844 };
const TABLET = { width: 820, height: 1180 };
const LAPTOP = { width: 1440, height: 900 };
const PROJECTOR = { width: 1920, height: 1080 };

// Who sees it, where, on what, in which theme and language. {session}, {course} and {person} stand
// for the class that is going on, its course, and the student who is shown.
const SHOTS = [
    ['sign-in', null, '#/sign-in', PHONE, 'light', 'es'],
    ['register', null, '#/register', PHONE, 'light', 'en'],
    ['student-mark', 'student', '#/', PHONE, 'light', 'es'],
    ['student-day', 'student', '#/day', PHONE, 'light', 'es'],
    ['student-history', 'student', '#/history', PHONE, 'dark', 'en'],
    ['student-me', 'student', '#/me', PHONE, 'light', 'es'],
    ['teacher-live', 'teacher', '#/live', LAPTOP, 'light', 'es'],
    ['teacher-session', 'teacher', '#/sessions/{session}', LAPTOP, 'light', 'es'],
    ['teacher-session-tablet', 'teacher', '#/sessions/{session}', TABLET, 'dark', 'es'],
    ['teacher-projector', 'teacher', '#/sessions/{session}/projector', PROJECTOR, 'dark', 'es'],
    ['teacher-courses', 'teacher', '#/courses', LAPTOP, 'light', 'en'],
    ['teacher-course', 'teacher', '#/courses/{course}', LAPTOP, 'light', 'es'],
    ['teacher-report', 'teacher', '#/reports?course={course}', LAPTOP, 'dark', 'en'],
    ['teacher-risk', 'teacher', '#/risk', LAPTOP, 'light', 'es'],
    ['teacher-disputes', 'teacher', '#/disputes', LAPTOP, 'light', 'es'],
    ['teacher-timetable', 'teacher', '#/timetable', LAPTOP, 'light', 'es'],
    ['admin-overview', 'admin', '#/overview', LAPTOP, 'light', 'es'],
    ['admin-people', 'admin', '#/people', LAPTOP, 'light', 'en'],
    ['admin-person', 'admin', '#/people/{person}', LAPTOP, 'light', 'es'],
    ['admin-devices', 'admin', '#/devices', LAPTOP, 'light', 'es'],
    ['admin-mail', 'admin', '#/mail', LAPTOP, 'light', 'es'],
    ['admin-audit', 'admin', '#/audit', LAPTOP, 'dark', 'en'],
    ['admin-settings', 'admin', '#/settings', LAPTOP, 'light', 'es'],
    ['admin-health', 'admin', '#/health', LAPTOP, 'light', 'es'],
    ['admin-policies', 'admin', '#/policies', LAPTOP, 'light', 'es'],
    ['kiosk', 'kiosk', 'kiosk', LAPTOP, 'dark', 'es'],
].map(([name, role, address, size, theme, language]) => ({ name, role, address, size, theme, language }));

const PASSWORD = 'la sombra de la ceiba';
const SETTLED_MS = 900; // after the last sign of work: pictures fade in, plots are drawn
const READY_MS = 10_000;

function readArguments() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: { only: { type: 'string' }, photos: { type: 'string' }, full: { type: 'boolean' } },
    });
    if (positionals.length > 1) throw new Error('one folder at most may be named');
    if (values.photos && !positionals.length)
        throw new Error('with --photos name a folder: pictures with faces do not belong into docs/');
    return { ...values, folder: positionals[0] ?? path.join(projectDir, 'docs/screenshots') };
}

// Runs in the browser: somebody who is nobody, as a camera would see them.
function drawNobody() {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [640, 480];
    const context = canvas.getContext('2d');
    const wall = context.createLinearGradient(0, 0, 640, 480);
    wall.addColorStop(0, '#4b566d');
    wall.addColorStop(1, '#242b3a');
    context.fillStyle = wall;
    context.fillRect(0, 0, 640, 480);
    context.fillStyle = '#8b97ae';
    context.beginPath();
    context.ellipse(320, 205, 82, 108, 0, 0, 7);
    context.fill();
    context.beginPath();
    context.ellipse(320, 500, 210, 170, 0, 0, 7);
    context.fill();
    return canvas.toDataURL('image/jpeg', 0.92).split(',')[1];
}

async function makeCamera(folder) {
    const browser = await launchBrowser();
    try {
        const page = await browser.newPage();
        const picture = Buffer.from(await page.evaluate(drawNobody), 'base64');
        const file = path.join(folder, 'camera.mjpeg');
        await writeFile(file, Buffer.concat(Array(24).fill(picture)));
        return file;
    } finally {
        await browser.close();
    }
}

/** What the placeholders of the table stand for. */
async function findPlaces(server, made) {
    const sign = ({ email, password }) => new Client(server.url).signIn(email, password);
    const teacher = await sign(made.accounts.teacher);
    const student = await sign(made.accounts.student);
    const now = new Date().toISOString();
    const { status, body } = await teacher.get('/sessions/now?limit=200');
    if (status !== 200) throw new Error(`the sessions of now: ${status}`);
    const live = body.items.find((item) => item.starts_at <= now && item.ends_at > now);
    return { session: live.id, course: live.course_id, person: student.user.id };
}

// Runs in the browser.
const isReady = () =>
    document.fonts.status === 'loaded' &&
    document.body.innerText.trim() !== '' &&
    document.querySelector('[aria-busy=true]') === null;

class Photographer {
    constructor(browser, server, made, places) {
        Object.assign(this, { browser, server, made, places, states: new Map() });
    }

    /** The cookies of a role, which it gets once. */
    async stateOf(role) {
        if (!role) return undefined;
        if (this.states.has(role)) return this.states.get(role);
        const context = await this.browser.newContext();
        const account = this.made.accounts[role];
        const answer = account
            ? await context.request.post(`${this.server.url}/login`, {
                  data: { email: account.email, password: account.password },
              })
            : await context.request.post(`${this.server.url}/devices/pair`, {
                  data: { code: this.made.kiosk_code },
              });
        if (!answer.ok()) throw new Error(`${role} is not let in: ${answer.status()}`);
        const { cookies } = await context.storageState();
        await context.close();
        // Without these notes the page asks nobody whether somebody is signed in, or it is a kiosk.
        const localStorage = ['signed-in', 'kiosk'].map((name) => ({ name: `presente.${name}`, value: 'yes' }));
        const state = { cookies, origins: [{ origin: this.server.url, localStorage }] };
        this.states.set(role, state);
        return state;
    }

    async take({ role, address, size, theme, language }, fullPage) {
        const context = await this.browser.newContext({
            viewport: size,
            locale: language === 'es' ? 'es-MX' : 'en-GB',
            colorScheme: theme,
            reducedMotion: 'reduce',
            permissions: ['camera'],
            storageState: await this.stateOf(role),
        });
        try {
            const page = await context.newPage();
            const where = address.replace(/\{(\w+)\}/g, (_, name) => this.places[name]);
            const answer = await page.goto(`${this.server.url}/${where}`);
            if (!answer.ok() || !answer.headers()['content-type'].startsWith('text/html'))
                throw new Error(`the server has no page at ${where}: was the page put together?`);
            await page.waitForFunction(isReady, null, { timeout: READY_MS });
            await page.waitForTimeout(SETTLED_MS);
            return await page.screenshot({ fullPage });
        } finally {
            await context.close();
        }
    }
}

async function takeAll({ folder, only, full, photos }, server, camera) {
    const words = ['demo-data', '--json', '--password', PASSWORD];
    if (photos) words.push('--photos', path.resolve(photos));
    const made = JSON.parse((await server.presente(...words)).stdout);
    const browser = await launchBrowser({ camera });
    let failed = 0;
    try {
        const photographer = new Photographer(browser, server, made, await findPlaces(server, made));
        await mkdir(folder, { recursive: true });
        for (const shot of SHOTS.filter(({ name }) => !only || name.includes(only))) {
            try {
                const png = shrinkPng(await photographer.take(shot, full ?? false));
                await writeFile(path.join(folder, `${shot.name}.png`), png);
                console.log(`${shot.name}.png  ${Math.ceil(png.length / 1024)} KB`);
            } catch (problem) {
                failed++;
                console.error(`${shot.name}: ${problem.message.split('\n')[0]}`);
            }
        }
    } finally {
        await browser.close();
    }
    return failed;
}

const given = readArguments();
const work = await mkdtemp(path.join(tmpdir(), 'presente-pictures-'));
const server = await startServer();
try {
    process.exitCode = (await takeAll(given, server, await makeCamera(work))) ? 1 : 0;
} finally {
    await server.stop();
    await rm(work, { recursive: true, force: true });
}
