// Every place of the application as those see it whom it is for, in both languages and both themes,
// on a laptop and a narrow phone. A place that is added to the table is looked at by itself.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { PLACES } from '../../web/app/places.js';
import { Client } from '../helpers/client.mjs';
import { cutFaces, threePhotos } from '../helpers/faces.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import {
    axeFindings, frameFindings, NARROW, otherThemeFindings, settled, watchedPage, widthFindings,
} from './access.mjs';
import { LAPTOP, launchBrowser, noBrowser, readTexts } from './browser.mjs';
import { cutPicture, WALL, writeCamera } from './camera.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const PASSWORD = 'la sombra de la ceiba';
const ROLES = [null, 'student', 'teacher', 'admin'];

// Names and structure do not depend on colours: of the second theme only those are looked at. Spanish
// (the longer words) is on a laptop and fitted to a phone, English on the phone, where those who share
// a place with others leave it to them.
const READERS = [
    { language: 'es', locale: 'es-MX', viewport: LAPTOP, colorScheme: 'light' },
    { language: 'en', locale: 'en-GB', viewport: NARROW, colorScheme: 'dark' },
];

describe('every page', { skip, timeout: 240_000 }, () => {
    let dir, server, browser, made;
    const ids = {};
    const states = {};

    const get = async (client, where) => {
        const { status, body } = await client.get(where);
        assert.equal(status, 200, where);
        return body;
    };
    const signIn = (role) => new Client(server.url).signIn(made.accounts[role].email, PASSWORD);

    /** Four people who were enrolled: there are faces, pairs that are alike, and faces in doubt. */
    async function writePhotos() {
        for (const [i, face] of (await cutFaces(server, 'sample6.jpg')).entries()) {
            const folder = path.join(dir, 'people', String(i));
            await mkdir(folder, { recursive: true });
            for (const [n, photo] of threePhotos(face).entries())
                await writeFile(path.join(folder, `${n}.png`), photo);
        }
        return path.join(dir, 'people');
    }

    /** What stands for the parameter of a place, by the word before it. */
    async function findIds() {
        const teacher = await signIn('teacher');
        const now = new Date().toISOString();
        const { items } = await get(teacher, '/sessions/now?limit=200');
        const live = items.find(({ starts_at: from, ends_at: to }) => from <= now && to > now);
        ids.sessions = live.id;
        ids.courses = live.course_id;
        ids.people = (await signIn('student')).user.id;
        ids.terms = (await get(teacher, '/terms')).items[0].id;
    }

    function addressOf({ path: pattern }) {
        const words = pattern.split('/');
        const filled = words.map((word, i) => (word.startsWith(':') ? ids[words[i - 1]] : word));
        assert.ok(!filled.includes(undefined), `findIds() has nothing to fill ${pattern} with`);
        const query = { 'reports/student': `?student=${ids.people}` }[pattern] ?? '';
        return `#/${filled.join('/')}${query}`;
    }

    async function stateOf(role) {
        const { token } = await signIn(role);
        return {
            cookies: [{
                name: 'presente_session', value: token, domain: '127.0.0.1', path: '/', expires: -1,
                httpOnly: true, secure: false, sameSite: 'Strict',
            }],
            origins: [{ origin: server.url, localStorage: [{ name: 'presente.signed-in', value: 'yes' }] }],
        };
    }

    /** Opens a page for that reader; `check` of it gives {place: what is wrong there}. */
    async function read({ locale, viewport, colorScheme }, where, check, storageState) {
        const context = await browser.newContext({
            locale, viewport, colorScheme, storageState, reducedMotion: 'reduce',
        });
        const watched = await watchedPage(context, server.url);
        await watched.page.goto(server.url + where);
        try {
            const wrong = Object.entries(await check(watched)).filter(([, found]) => found.length > 0);
            assert.deepEqual(Object.fromEntries(wrong), {});
        } finally {
            await context.close();
        }
    }

    /** All that is wrong with what is shown. */
    async function findingsOf(watched, { language, viewport, colorScheme }, title) {
        const { page } = watched;
        const found = [...(await frameFindings(page, language, title)), ...(await axeFindings(page))];
        found.push(...(await widthFindings(page)));
        found.push(...(await otherThemeFindings(page)));
        if (viewport !== NARROW) {
            await page.setViewportSize(NARROW);
            found.push(...(await widthFindings(page)));
            await page.setViewportSize(viewport);
        }
        await page.evaluate((theme) => (document.documentElement.dataset.theme = theme), colorScheme);
        return [...found, ...watched.taken()];
    }

    // Another address of the application is not another document.
    const go = ({ page }, address) =>
        page.evaluate(
            (hash) =>
                new Promise((arrived) => {
                    if (location.hash === hash) arrived();
                    addEventListener('hashchange', () => requestAnimationFrame(arrived), { once: true });
                    location.hash = hash;
                }),
            address,
        );

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-access-'));
        server = await startServer();
        const photos = await writePhotos();
        const words = ['--students', '20', '--weeks', '3', '--photos', photos, '--password', PASSWORD];
        made = JSON.parse((await server.presente('demo-data', '--json', ...words)).stdout);
        await findIds();
        for (const role of ROLES.filter(Boolean)) states[role] = await stateOf(role);
        const camera = path.join(dir, 'wall.mjpeg');
        browser = await launchBrowser({ camera });
        await writeCamera(camera, [await cutPicture(browser, WALL)]);
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    const isFor = (place, role) => place.for(role && { role });
    const placesOf = (role, language) =>
        PLACES.filter((place) =>
            language === 'es' ? isFor(place, role) : ROLES.find((one) => isFor(place, one)) === role,
        );

    it('has somebody whom it is for', () => {
        for (const place of PLACES) assert.ok(ROLES.some((role) => isFor(place, role)), place.path);
    });

    for (const role of ROLES)
        for (const reader of READERS)
            it(`is fit for everybody: ${role ?? 'signed out'}, ${reader.language}`, async () => {
                const check = async (watched) => {
                    const words = await readTexts(reader.language, 'common');
                    const wrong = {};
                    await settled(watched);
                    for (const place of placesOf(role, reader.language)) {
                        const address = addressOf(place);
                        await go(watched, address);
                        await settled(watched);
                        wrong[address] = await findingsOf(watched, reader, words[`place.${place.name}`]);
                    }
                    return wrong;
                };
                await read(reader, '/', check, states[role]);
            });

    for (const reader of READERS)
        it(`is fit for everybody: kiosk, ${reader.language}`, async () => {
            const admin = await signIn('admin');
            const [device] = (await get(admin, '/devices')).items;
            const { code } = (await admin.post(`/devices/${device.id}/code`)).body;
            await read(reader, '/kiosk', async (watched) => {
                await settled(watched, '#code');
                const unpaired = await findingsOf(watched, reader);
                await watched.page.fill('#code', code);
                await settled(watched, '.kiosk');
                return { unpaired, paired: await findingsOf(watched, reader) };
            });
        });

    it('is fit for everybody: the description of the API', async () => {
        const reader = READERS[1];
        await read(reader, '/docs', async (watched) => {
            await settled(watched, '.opblock-tag');
            await watched.page.getByText('Marking and the register').click();
            await watched.page.locator('.opblock-summary-control').first().click();
            await settled(watched, '.responses-table');
            await watched.page.getByText('/attendance/mark').first().waitFor();
            return { docs: await findingsOf(watched, reader) };
        });
    });
});
