// The kiosk's page on a real server, with real photographs before the fake camera: paired once, it
// greets whoever it marks, takes marks back, takes PINs, and while the server is away keeps what it
// sees sealed until each is handed in exactly once.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startClass } from '../helpers/class-now.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { TIME_ZONE } from '../helpers/wall.mjs';
import { launchBrowser, noBrowser, openPage, PHONE } from './browser.mjs';
import { cutPicture, writeCamera } from './camera.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const ANSWER_MS = 30_000;
const QUIET_MS = 3000;
const PIN = '483920';
const SIZE = { width: 1280, height: 720 };
// Four people, of whom two are known at first; and a wall without anybody.
const FOUR = { file: 'sample6.jpg', region: [0, 130, 1920, 1080] };
const WALL = { file: 'sample1.jpg', region: [640, 60, 320, 180] };

const STUDENTS = [
    { name: 'Sofía Chan Pech', student_number: 'A01' },
    { name: 'Ana Cauich', student_number: 'A02' },
    { name: 'Luis Canul', student_number: 'A03' },
    { name: 'Elena Cob', student_number: 'A04' },
];

describe('the kiosk', { skip, timeout: 300_000 }, () => {
    let server, place, browser, camera, kiosk, dir, faces;

    const card = (kind) => kiosk.page.waitForSelector(`[data-card="${kind}"]`, { timeout: ANSWER_MS });
    const greeted = (name) =>
        kiosk.page.waitForSelector(`[data-card="mark"][data-name="${name}"]`, { timeout: ANSWER_MS });
    const gone = (selector) =>
        kiosk.page.waitForSelector(selector, { state: 'detached', timeout: ANSWER_MS });
    /** What the register says of a student. */
    async function markOf({ user }) {
        const { body } = await place.admin.get(`/sessions/${place.session.id}/register`);
        return body.items.find((item) => (item.user_id ?? item.user?.id) === user.id)?.attendance;
    }
    async function enrol({ user }, face) {
        const { status } = await place.admin.submit(`/users/${user.id}/faces`, { allow_copies: 'true' }, [face]);
        assert.ok(status < 300, `${user.name}: ${status}`);
    }
    // Kiosks say what they keep; the bytes themselves are looked at here.
    const keptHere = () =>
        kiosk.page.evaluate(async () => {
            const base = await new Promise((resolve) => {
                const request = indexedDB.open('presente-kiosk');
                request.onsuccess = () => resolve(request.result);
            });
            const all = await new Promise((resolve) => {
                const request = base.transaction('entries').objectStore('entries').getAll();
                request.onsuccess = () => resolve(request.result);
            });
            base.close();
            const text = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
            return all.map(({ sealed, ...rest }) => ({ ...rest, sealed: text(sealed) }));
        });
    async function typePin(number, pin) {
        await kiosk.page.click('.kiosk-tool >> nth=0');
        // By the keys on the screen.
        for (const sign of number) await kiosk.page.click(`.key[aria-label="${sign}"]`);
        await kiosk.page.keyboard.press('Enter');
        await kiosk.page.waitForSelector('#pin');
        for (const sign of pin) await kiosk.page.click(`.key[aria-label="${sign}"]`);
        await kiosk.page.click('.pin-pad [type=submit]');
    }

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-kiosk-'));
        server = await startServer({
            env: { PRESENTE_LIVENESS: 'off', PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_TIME_ZONE: TIME_ZONE },
        });
        place = await startClass(server, STUDENTS);
        faces = await cutFaces(server, 'sample6.jpg');
        await enrol(place.people[0], faces[0]);
        await enrol(place.people[1], faces[1]);
        await place.people[2].put('/me/pin', { pin: PIN });
        camera = path.join(dir, 'camera.mjpeg');
        browser = await launchBrowser({ camera });
        await writeCamera(camera, [await cutPicture(browser, FOUR, {}, SIZE)]);
        kiosk = await openPage(browser, `${server.url}/kiosk`, { locale: 'es-MX' });
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    it('is paired by a code, typed on the screen; another code is refused with a word', async () => {
        const { page } = kiosk;
        await page.waitForSelector('#code');
        for (const sign of '34679ACE') await page.click(`.key[aria-label="${sign}"]`);
        await page.waitForSelector('#code-wrong');
        assert.match(await page.innerText('#code-wrong'), /ya no sirve/);
        for (const sign of place.code.replace('-', '')) await page.click(`.key[aria-label="${sign}"]`);
        await page.waitForSelector('.kiosk', { timeout: ANSWER_MS });
        assert.match(await page.innerText('.kiosk-clock'), /Álgebra lineal · B-204/);
    });

    it('greets those whom it knows, several at once, and names nobody else', async () => {
        await greeted('Sofía Chan Pech');
        await greeted('Ana Cauich');
        const { page } = kiosk;
        await page.waitForFunction(() => document.querySelectorAll('.seen-face').length === 4);
        const names = await page.locator('.seen-face span').allInnerTexts();
        assert.deepEqual(names.sort(), ['Ana', 'Sofía']);
        assert.match(await page.innerText('[data-name="Sofía Chan Pech"]'), /Buenos días, Sofía[^]*Presente[^]*No soy yo/);
        await page.waitForSelector('[data-advice="kiosk.unknown"]', { timeout: ANSWER_MS });
        assert.equal((await markOf(place.people[0])).method, 'face');
        assert.equal((await markOf(place.people[1])).status, 'present');
    });

    it('takes a mark back when it was somebody else', async () => {
        await kiosk.page.reload();
        // Reloaded, it does not know the token any more, and says who can put it right.
        await greeted('Ana Cauich');
        await kiosk.page.click('[data-name="Ana Cauich"] button');
        await card('tell');
        assert.ok(await markOf(place.people[1]));
        // A mark of now can be taken back here.
        await typePin('A03', PIN);
        await greeted('Luis Canul');
        await kiosk.page.click('[data-name="Luis Canul"] button');
        await card('back');
        assert.equal((await markOf(place.people[2])) ?? null, null);
    });

    it('says when number and PIN do not go together', async () => {
        await typePin('A03', '111222');
        await kiosk.page.waitForSelector('#pin-wrong');
        assert.match(await kiosk.page.innerText('#pin-wrong'), /No coinciden/);
        await kiosk.page.keyboard.press('Escape');
    });

    it('speaks the language of whoever stands there', async () => {
        await kiosk.page.click('.kiosk-tool[lang=en]');
        await kiosk.page.waitForSelector('.kiosk-tool[lang=es]');
        assert.match(await kiosk.page.innerText('.kiosk-tools'), /Use my PIN/);
        assert.equal(await kiosk.page.evaluate(() => localStorage.getItem('presente.language')), 'es');
        await kiosk.page.click('.kiosk-tool[lang=es]');
        await kiosk.page.waitForSelector('.kiosk-tool[lang=en]');
    });

    it('keeps sealed what it sees while the server is away, reloads without it, hands in once', async () => {
        const { page } = kiosk;
        const [, , luis, elena] = place.people;
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
        // While somebody types it looks at nobody: Elena becomes known, and is not marked yet.
        await page.click('.kiosk-tool >> nth=0');
        await page.waitForTimeout(1500);
        await enrol(elena, faces[3]);
        assert.equal((await markOf(elena)) ?? null, null);
        const awayFrom = Date.now();
        await server.kill('SIGKILL');
        await page.keyboard.press('Escape');
        await page.waitForSelector('[data-away]', { timeout: ANSWER_MS });
        await card('kept');
        await typePin('A03', PIN);
        await page.waitForSelector('[data-away="2"]', { timeout: ANSWER_MS });
        const first = await keptHere();
        await page.reload();
        await page.waitForSelector('.kiosk [data-away]', { timeout: ANSWER_MS });
        await page.waitForSelector('[data-camera="live"]');
        await page.waitForSelector('[data-away="3"]', { timeout: ANSWER_MS });
        const entries = await keptHere();
        assert.deepEqual(entries.slice(0, 2), first);
        assert.equal(new Set(entries.map(({ counter }) => counter)).size, 3);
        for (const { sealed, captured_at: at, ...rest } of entries) {
            assert.ok(Date.parse(at) > awayFrom, at);
            assert.deepEqual(Object.keys(rest).sort(), ['counter', 'device']);
            // Neither a picture, in bytes or in base64, nor a word of what was typed.
            for (const word of ['JFIF\0\x01', '/9j/4AAQ', '"images"', '"pin"', PIN, '"A03"'])
                assert.ok(!sealed.includes(word), word);
        }
        const awayUntil = Date.now();
        await server.start();
        await gone('[data-away]');
        await gone('[data-waiting]');
        assert.deepEqual(await keptHere(), []);
        for (const [student, method] of [[luis, 'code'], [elena, 'face']]) {
            const mark = await markOf(student);
            assert.equal(mark.method, method);
            assert.ok(Date.parse(mark.marked_at) > awayFrom, mark.marked_at);
            assert.ok(Date.parse(mark.marked_at) < awayUntil, mark.marked_at);
        }
        const { body } = await place.admin.get('/devices');
        assert.deepEqual(body.items[0].entries, { accepted: 3, refused: 0, waiting: 0 });
        assert.deepEqual(kiosk.complaints, []);
    });

    it('asks nothing of the server while nobody is there', async () => {
        await kiosk.page.goto('about:blank');
        await writeCamera(camera, [await cutPicture(browser, WALL, {}, SIZE)]);
        const { device, code } = (await place.admin.post('/devices', { name: 'Entrada' })).body;
        const { page, context, complaints } = await openPage(browser, `${server.url}/kiosk`, { viewport: PHONE });
        try {
            let asked = 0;
            let answered = 0;
            let last = Date.now();
            const isMark = (request) => request.url().endsWith('/kiosk/marks');
            page.on('request', (request) => isMark(request) && asked++);
            page.on('requestfinished', (request) => {
                if (!isMark(request)) return;
                answered++;
                last = Date.now();
            });
            await page.fill('#code', code);
            // The first answers teach it what empty looks like; then it is quiet.
            const isQuiet = () => asked > 0 && asked === answered && Date.now() - last > QUIET_MS;
            for (const end = Date.now() + ANSWER_MS; !isQuiet(); await page.waitForTimeout(200))
                assert.ok(Date.now() < end, `asked ${asked} times`);
            await place.admin.delete(`/devices/${device.id}`);
            assert.deepEqual(complaints, []);
        } finally {
            await context.close();
        }
    });

    it('says in its own words that there is no camera, and is opened by its PIN', async () => {
        const { code } = (await place.admin.post(`/devices/${place.device.id}/code`)).body;
        await rm(camera);
        const { page, context } = await openPage(browser, `${server.url}/kiosk`, { viewport: PHONE, locale: 'en-GB' });
        await page.fill('#code', code);
        await page.waitForSelector('[data-camera="missing"]', { timeout: ANSWER_MS });
        assert.match(await page.innerText('.lens-empty'), /Look at its cable/);
        await context.close();
        // The screen that was this kiosk before is none any more, and says what to do.
        await kiosk.page.goto(`${server.url}/kiosk`);
        await kiosk.page.waitForSelector('#code', { timeout: ANSWER_MS });
    });

    it('is added, shown its code, renamed and deleted by an administrator', async () => {
        const { page, context, complaints } = await openPage(browser, `${server.url}/#/sign-in`, { locale: 'en-GB' });
        await page.fill('#email', server.admin.email);
        await page.fill('#password', server.admin.password);
        await page.keyboard.press('Enter');
        await page.waitForURL(/#\/overview$/);
        await page.goto(`${server.url}/#/devices`);
        await page.getByRole('button', { name: 'New kiosk' }).click();
        await page.fill('#name', 'Library');
        await page.selectOption('#place', { label: 'B-204' });
        await page.click('dialog [type=submit]');
        const code = await page.getAttribute('[data-code]', 'data-code');
        assert.match(code, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
        await page.getByRole('button', { name: 'Close' }).last().click();
        await page.getByRole('button', { name: 'Change Library' }).click();
        await page.fill('#name', 'Reading room');
        await page.click('dialog [type=submit]');
        await page.getByRole('button', { name: 'Delete Reading room' }).click();
        assert.match(await page.innerText('dialog'), /what it has not handed in yet is lost/);
        await page.getByRole('button', { name: 'Delete', exact: true }).click();
        await page.waitForFunction(() => !document.querySelector('table')?.innerText.includes('Reading room'));
        assert.deepEqual(complaints, []);
        await context.close();
    });
});
