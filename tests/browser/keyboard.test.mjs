// The keyboard alone: registering, marking, correcting a mark and making a report, without a pointer
// once. Where the focus is can always be seen, and a dialog keeps it and gives it back.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, visitPage } from './browser.mjs';
import { cutPicture, PEOPLE, POSES, writeCamera } from './camera.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const ANSWER_MS = 20_000;
const PASSWORD = 'la sombra de la ceiba';
const STOPS = 120;

// Runs in the browser: why the focus cannot be seen, or "".
function unseen() {
    const here = document.activeElement;
    if (here === document.body) return '';
    const { outlineStyle, outlineWidth } = getComputedStyle(here);
    const box = here.getBoundingClientRect();
    const name = here.outerHTML.slice(0, 120);
    if (!here.matches(':focus-visible')) return `not :focus-visible: ${name}`;
    if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return `no outline: ${name}`;
    const isSeen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    if (!isSeen || box.width < 2) return `off the screen: ${name}`;
    const there = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2);
    const isOwn = there && (here.contains(there) || there.contains(here) || [...(here.labels ?? [])].some((one) => one.contains(there)));
    return isOwn || box.height > innerHeight ? '' : `behind ${there?.outerHTML.slice(0, 80)}: ${name}`;
}

/** Hands on a keyboard. */
class Keyboard {
    constructor(page) {
        this.page = page;
    }

    is(selector) {
        return this.page.locator(selector).evaluateAll((all) => all.includes(document.activeElement));
    }

    async tab(key = 'Tab') {
        await this.page.keyboard.press(key);
        assert.equal(await this.page.evaluate(unseen), '');
    }

    /** Goes on until what the selector names has the focus. */
    async to(selector, key = 'Tab') {
        await this.page.waitForSelector(selector, { state: 'attached', timeout: ANSWER_MS });
        for (let i = 0; i < STOPS; i++) {
            if (await this.is(selector)) return;
            await this.tab(key);
        }
        assert.fail(`${key} does not reach ${selector}`);
    }

    async press(selector, key = 'Enter') {
        await this.to(selector);
        await this.page.keyboard.press(key);
    }

    async type(selector, text) {
        await this.to(selector);
        await this.page.keyboard.type(text);
    }
}

const button = (text) => `button:has-text("${text}")`;

describe('with the keyboard alone', { skip, timeout: 180_000 }, () => {
    let dir, server, browser, camera, made;

    const visit = (place, check) =>
        visitPage(browser, server.url + place, (page) => check(page, new Keyboard(page)), {
            reducedMotion: 'reduce',
        });
    const cut = (person, pose) => cutPicture(browser, person, pose);

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-keyboard-'));
        server = await startServer();
        const words = ['--students', '12', '--weeks', '2', '--password', PASSWORD, '--json'];
        made = JSON.parse((await server.presente('demo-data', ...words)).stdout);
        camera = path.join(dir, 'camera.mjpeg');
        browser = await launchBrowser({ camera });
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    it('skips what stands round every page', async () => {
        await visit('/#/sign-in', async (page, keyboard) => {
            await page.waitForSelector('h1');
            await keyboard.tab();
            assert.ok(await keyboard.is('.skip'));
            await page.keyboard.press('Enter');
            assert.ok(await keyboard.is('main'));
            await keyboard.tab();
            assert.ok(await keyboard.is('main *'));
            await keyboard.to('.skip', 'Shift+Tab');
        });
    });

    it('registers, marks, and takes the mark back', async () => {
        const photos = [];
        for (const [i, pose] of POSES.entries()) {
            photos.push(path.join(dir, `${i}.jpg`));
            await writeFile(photos[i], await cut(PEOPLE.officerElsewhere, pose));
        }
        await writeCamera(camera, [await cut(PEOPLE.officer, POSES[0])]);
        await visit('/#/sign-in', async (page, keyboard) => {
            await keyboard.press('a[href="#/register"]');
            await page.waitForSelector('#name');
            assert.ok(await keyboard.is('h1'));
            await keyboard.type('#name', 'Sofía Chan');
            await keyboard.type('#email', 'sofia@ceiba.example');
            await keyboard.type('#password', 'tres tristes tigres');
            await keyboard.to('#group_id');
            await page.keyboard.press('ArrowDown');
            const [chooser] = await Promise.all([
                page.waitForEvent('filechooser'),
                keyboard.press(button('Elegir')),
            ]);
            await chooser.setFiles(photos);
            await page.waitForSelector('[data-photo="2"][data-note]');
            await keyboard.press('#agreed', 'Space');
            await keyboard.press('[type=submit]');
            await page.waitForSelector('[data-registered="done"]', { timeout: ANSWER_MS });
            await keyboard.press('main a[href="#/"]');
            await page.waitForSelector('[data-result="match"]', { timeout: ANSWER_MS });
            assert.equal(await page.innerText('.result h2'), 'Sofía Chan');
            await keyboard.press(button('No soy yo'));
            await page.waitForSelector('[data-result="taken-back"]', { timeout: ANSWER_MS });
            await keyboard.press(button('Reintentar'));
            await page.waitForSelector('[data-result="match"]', { timeout: ANSWER_MS });
        });
    });

    it('signs in, corrects a mark with a reason, and downloads a report', async () => {
        const teacher = await new Client(server.url).signIn(made.accounts.teacher.email, PASSWORD);
        const now = new Date().toISOString();
        const { items } = (await teacher.get('/sessions/now?limit=200')).body;
        const { id } = items.find(({ starts_at: from, ends_at: to }) => from <= now && to > now);
        const register = async () => (await teacher.get(`/sessions/${id}/register`)).body.items;
        const { user } = (await register()).find(({ attendance }) => attendance?.status === 'present');
        const person = `[data-person="${user.id}"]`;
        await visit('/#/sign-in', async (page, keyboard) => {
            await keyboard.type('#email', made.accounts.teacher.email);
            await keyboard.type('#password', PASSWORD);
            await page.keyboard.press('Enter');
            await keyboard.press(`main a[href="#/sessions/${id}"]`);
            await keyboard.press(person);
            await page.waitForSelector('dialog[open]');
            const places = await page.locator('dialog :is(button, textarea, summary)').count();
            for (const key of ['Tab', 'Shift+Tab'])
                for (let i = 0; i < places + 2; i++) {
                    await keyboard.tab(key);
                    assert.ok(await keyboard.is('dialog *, body'), 'the focus left the dialog');
                }
            await page.keyboard.press('Escape');
            await page.waitForSelector('dialog', { state: 'detached' });
            assert.ok(await keyboard.is(person), 'the focus did not come back');
            await page.keyboard.press('Enter');
            await keyboard.press('dialog [data-status="late"]');
            await keyboard.type('#reason', 'Llegó a las nueve y media');
            await keyboard.press('dialog [type=submit]');
            await page.waitForSelector('dialog', { state: 'detached' });
            await page.waitForSelector(`${person} .chip.late`, { timeout: ANSWER_MS });
            const { attendance } = (await register()).find((line) => line.user.id === user.id);
            assert.equal(attendance.status, 'late');
            const { body } = await teacher.get(`/attendance/marks/${attendance.id}/changes`);
            assert.equal(body.items.at(-1).reason, 'Llegó a las nueve y media');

            await keyboard.press('nav a[href="#/reports"]');
            await page.waitForSelector('.numbers', { timeout: ANSWER_MS });
            await keyboard.to(button('CSV'));
            const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
            assert.match(file.suggestedFilename(), /^register-.*\.csv$/);
            assert.ok((await readFile(await file.path(), 'utf8')).includes(user.name));
        });
    });
});
