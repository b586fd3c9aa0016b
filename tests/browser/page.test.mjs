// The page as people use it, on a real server: registering, marking, one's own attendance.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, PASSWORD } from '../helpers/client.mjs';
import { missingParts, projectDir, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, PHONE, visitPage } from './browser.mjs';
import { cutPicture, PEOPLE, POSES, WALL, writeCamera } from './camera.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const ANSWER_MS = 20_000;

const sharedDir = process.env.PRESENTE_SHARED_DIR ?? path.join(projectDir, '../shared');
const PRINT = path.join(sharedDir, 'faces/webcam/spoof/0001/0001_00_00_01_256.jpg');
const noPrint = () => (existsSync(PRINT) ? false : `no research pictures at ${sharedDir}`);

describe('the page', { skip, timeout: 300_000 }, () => {
    let server, dir, admin, browser, group;

    const file = (name) => path.join(dir, name);
    const result = (page, kind) =>
        page.waitForSelector(`[data-result="${kind}"]`, { timeout: ANSWER_MS });
    const textOf = (page, selector) => page.locator(selector).innerText();

    const visit = (place, check, options) => visitPage(browser, server.url + place, check, options);

    async function picture(name, person, pose) {
        await writeFile(file(name), await cutPicture(browser, person, pose));
        return file(name);
    }

    // Chromium looks for the file whenever a page asks for the camera: without it there is none.
    const camera = () => file('camera.mjpeg');
    async function stand(person, poses = [POSES[0]]) {
        const shown = [];
        for (const pose of poses) shown.push(await cutPicture(browser, person, pose));
        await writeCamera(camera(), shown);
    }

    // The fake camera goes from pose to pose by itself; a photo like the one before is taken again.
    async function takePhotos(page) {
        const shutter = page.getByRole('button', { name: /^Tomar la foto/ });
        await shutter.waitFor();
        await page.waitForSelector('[data-tip="coach.ready"]', { timeout: ANSWER_MS });
        const end = Date.now() + ANSWER_MS;
        while (Date.now() < end && (await shutter.count()) > 0) {
            await shutter.click();
            await page.waitForTimeout(300);
        }
        assert.equal(await page.locator('[data-note="photo.ready"]').count(), 3);
    }

    async function fillIn(page, { name, email }) {
        await page.fill('#name', name);
        await page.fill('#email', email);
        await page.fill('#password', PASSWORD);
        await page.selectOption('#group_id', group.id);
        await page.check('#agreed');
    }

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-page-'));
        server = await startServer();
        const { email, password } = server.admin;
        admin = await new Client(server.url).signIn(email, password);
        group = (await admin.post('/groups', { name: '4B' })).body;
        browser = await launchBrowser({ camera: camera() });
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    it('says so when there is no camera, and takes a photo instead', async () => {
        const photo = await picture('stranger.jpg', PEOPLE.stranger, POSES[0]);
        await visit('/', async (page) => {
            await page.waitForSelector('[data-camera="missing"]');
            assert.match(await textOf(page, '.lens-empty'), /Aquí no hay cámara/);
            await page.setInputFiles('[data-choose="mark"]', photo);
            await page.waitForSelector('.result', { timeout: ANSWER_MS });
        });
    });

    it('says so when the camera is refused', async () => {
        const refusing = await launchBrowser({ refused: true });
        try {
            await visitPage(refusing, server.url, async (page) => {
                await page.waitForSelector('[data-camera="refused"]');
                assert.match(await textOf(page, '.lens-empty'), /apagada para esta página/);
            });
        } finally {
            await refusing.close();
        }
    });

    // Runs in the browser, before the page: what a camera in use, or no secure address, looks like.
    const inUse = () => {
        const taken = new DOMException('in use', 'NotReadableError');
        navigator.mediaDevices.getUserMedia = () => Promise.reject(taken);
    };
    const insecure = () => Object.defineProperty(navigator, 'mediaDevices', { value: undefined });

    it('says so when another program has the camera, and when the address is not secure', async () => {
        for (const [reason, script, words] of [
            ['taken', inUse, /Otro programa está usando la cámara/],
            ['insecure', insecure, /La cámara necesita una dirección segura/],
        ])
            await visit('/#/sign-in', async (page) => {
                await page.addInitScript(script);
                await page.goto(server.url);
                await page.waitForSelector(`[data-camera="${reason}"]`);
                assert.match(await textOf(page, '.lens-empty'), words);
            });
    });

    it('switches the camera off when it is left', async () => {
        await stand(PEOPLE.stranger);
        await visit('/#/sign-in', async (page) => {
            await page.evaluate(() => {
                const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
                navigator.mediaDevices.getUserMedia = async (wanted) => (window.camera = await open(wanted));
            });
            await page.getByRole('link', { name: 'Marcar' }).first().click();
            await page.waitForSelector('[data-camera="live"]');
            await page.getByRole('link', { name: 'Entrar' }).first().click();
            await page.waitForFunction(() => window.camera.getTracks()[0].readyState === 'ended');
        });
    });

    it('does not know a stranger, and gives no name', async () => {
        await stand(PEOPLE.stranger);
        await visit('/', async (page) => {
            await result(page, 'unknown');
            assert.match(await textOf(page, '.result'), /No conocemos esta cara/);
            assert.equal(await page.locator('.result .avatar').count(), 0);
        });
    });

    it('says beside each field what is missing', async () => {
        await visit('/#/register', async (page) => {
            await page.click('button[type=submit]');
            for (const field of ['name', 'email', 'password', 'group_id', 'photos', 'agreed'])
                assert.ok(await page.locator(`#${field}-wrong`).isVisible(), field);
            assert.equal(await page.evaluate(() => document.activeElement.id), 'name');
            const described = await page.getAttribute('#name', 'aria-describedby');
            assert.match(described, /name-wrong/);
        });
    });

    it('explains beside the photo that there is no face in it', async () => {
        const photos = [
            await picture('a0.jpg', PEOPLE.officerElsewhere, POSES[0]),
            await picture('wall.jpg', WALL),
            await picture('a2.jpg', PEOPLE.officerElsewhere, POSES[2]),
        ];
        await visit('/#/register', async (page) => {
            await fillIn(page, { name: 'Ana Cauich', email: 'ana@uni.mx' });
            await page.setInputFiles('[data-choose="register"]', photos);
            await page.waitForSelector('[data-photo="2"][data-note]');
            await page.click('button[type=submit]');
            await page.waitForSelector('[data-photo="1"][data-note="photo.no_face"]', {
                timeout: ANSWER_MS,
            });
            assert.match(await textOf(page, '[data-photo="1"]'), /No se ve ninguna cara/);
            assert.ok(await page.locator('#photos-wrong').isVisible());
        });
    });

    it('notices a photo that was chosen twice, and a file that is no picture', async () => {
        const photo = await picture('twice.jpg', PEOPLE.stranger, POSES[0]);
        await writeFile(file('no-picture.jpg'), 'not a picture');
        await visit('/#/register', async (page) => {
            await page.setInputFiles('[data-choose="register"]', [photo, photo]);
            await page.waitForSelector('[data-photo="1"][data-note="photo.repeated"]');
            await page.setInputFiles('[data-choose="register"]', file('no-picture.jpg'));
            await page.waitForSelector('[data-photo="1"][data-note="photo.unreadable"]');
        });
    });

    it('says beside the field what the server refuses', async () => {
        const photos = [];
        for (const [i, pose] of POSES.entries())
            photos.push(await picture(`f${i}.jpg`, PEOPLE.officerElsewhere, pose));
        await visit('/#/register', async (page) => {
            await fillIn(page, { name: 'Ana Cauich', email: server.admin.email });
            await page.setInputFiles('[data-choose="register"]', photos);
            await page.waitForSelector('[data-photo="2"][data-note]');
            await page.fill('#password', 'password2026');
            await page.click('button[type=submit]');
            await page.waitForSelector('#password-wrong', { timeout: ANSWER_MS });
            assert.match(await textOf(page, '#password-wrong'), /fácil de adivinar/);
            assert.equal(await page.locator('#email-wrong').count(), 0);
            await page.fill('#password', PASSWORD);
            await page.click('button[type=submit]');
            await page.waitForSelector('#email-wrong', { timeout: ANSWER_MS });
            assert.match(await textOf(page, '#email-wrong'), /¿Ya tienes cuenta\?/);
            assert.equal(await page.locator('#password-wrong').count(), 0);
        });
    });

    it('registers with three photos from files, and welcomes', async () => {
        const photos = [];
        for (const [i, pose] of POSES.entries())
            photos.push(await picture(`b${i}.jpg`, PEOPLE.officerElsewhere, pose));
        await visit('/#/register', async (page) => {
            await fillIn(page, { name: 'Sofía Chan', email: 'sofia@uni.mx' });
            await page.setInputFiles('[data-choose="register"]', photos);
            await page.waitForSelector('[data-photo="2"][data-note]');
            await page.click('button[type=submit]');
            await page.waitForSelector('[data-registered]', { timeout: ANSWER_MS });
            assert.match(await textOf(page, 'h1'), /Sofía/);
        });
        const { version } = (await admin.get('/consent')).body;
        const [{ id }] = (await admin.get('/users?q=sofia@uni.mx')).body.items;
        const consent = (await admin.get(`/users/${id}/consent`)).body;
        assert.equal(consent.version, version, JSON.stringify(consent));
    });

    it('tells photos of another person, and that a face it knows waits for a check', async () => {
        const officer = await picture('c0.jpg', PEOPLE.officerElsewhere, POSES[0]);
        const turned = await picture('c1.jpg', PEOPLE.officerElsewhere, POSES[1]);
        const third = await picture('c2.jpg', PEOPLE.officerElsewhere, POSES[2]);
        const stranger = await picture('c3.jpg', PEOPLE.stranger, POSES[0]);
        const refused = async (photos, note, sentence) =>
            visit('/#/register', async (page) => {
                await fillIn(page, { name: 'Ana Cauich', email: 'ana@uni.mx' });
                await page.setInputFiles('[data-choose="register"]', photos);
                await page.waitForSelector('[data-photo="2"][data-note]');
                await page.click('button[type=submit]');
                const photo = page.locator(`[data-note="${note}"]`).first();
                await photo.waitFor({ timeout: ANSWER_MS });
                assert.match(await photo.innerText(), sentence);
            });
        await refused([officer, turned, stranger], 'photo.other_person', /Elige una tuya/);
        await visit('/#/register', async (page) => {
            await fillIn(page, { name: 'Ana Cauich', email: 'ana@uni.mx' });
            await page.setInputFiles('[data-choose="register"]', [officer, turned, third]);
            await page.waitForSelector('[data-photo="2"][data-note]');
            await page.click('button[type=submit]');
            await page.waitForSelector('[data-registered="waits"]', { timeout: ANSWER_MS });
            assert.match(await textOf(page, '[data-registered] p'), /revisa antes tus fotos/);
            assert.doesNotMatch(await textOf(page, 'main'), /Sofía/);
        });
    });

    it('marks who stands before the camera, from another photograph of her', async () => {
        await stand(PEOPLE.officer);
        await visit(
            '/',
            async (page) => {
                await result(page, 'match');
                assert.match(await textOf(page, '.result h2'), /^Sofía Chan$/);
                assert.match(await textOf(page, '.result .chip'), /^(Presente|Retardo|Falta)$/);
                assert.match(await textOf(page, '.result .facts'), /\d\d:\d\d/);
                assert.match(await page.getByRole('status').last().innerText(), /Sofía Chan/);
                await page.getByRole('button', { name: 'No soy yo' }).click();
                await result(page, 'taken-back');
                await page.getByRole('button', { name: 'Reintentar' }).click();
                await result(page, 'match');
                assert.doesNotMatch(await textOf(page, '.result .facts'), /ya desde las/);
                await page.getByRole('button', { name: 'Otra persona' }).click();
                await result(page, 'match');
                assert.match(await textOf(page, '.result .facts'), /ya desde las/);
            },
            { viewport: PHONE },
        );
    });

    it('shows the student her attendance and her account, and signs out', async () => {
        await visit('/#/sign-in', async (page) => {
            await page.fill('#email', 'sofia@uni.mx');
            await page.fill('#password', 'not the password');
            await page.keyboard.press('Enter');
            await page.waitForSelector('[role=alert]');
            assert.match(await textOf(page, '[role=alert]'), /no coinciden/);
            await page.fill('#password', PASSWORD);
            await page.keyboard.press('Enter');
            await page.click('a[href="#/history"]');
            await page.waitForSelector('tbody tr');
            assert.equal(await page.locator('tbody tr').count(), 1);
            await page.click('a[href="#/me"]');
            assert.match(await textOf(page, '.facts-list'), /sofia@uni\.mx/);
            assert.match(await textOf(page, '.facts-list'), /4B/);
            await page.getByRole('button', { name: 'Salir' }).click();
            await page.waitForSelector('a[href="#/sign-in"]');
        });
    });

    it('shows the administrator who is here today', async () => {
        await visit(
            '/#/sign-in',
            async (page) => {
                await page.fill('#email', server.admin.email);
                await page.fill('#password', server.admin.password);
                await page.keyboard.press('Enter');
                await page.click('a[href="#/live"]');
                await page.click('a[href="#/today"]');
                await page.waitForSelector('tbody tr');
                assert.equal(await textOf(page, 'h1'), 'Today’s register');
                assert.match(await textOf(page, 'tbody tr'), /Sofía Chan/);
                await page.getByRole('button', { name: 'Name' }).click();
                assert.equal(await page.getAttribute('th[aria-sort]', 'aria-sort'), 'ascending');
            },
            { locale: 'en-US' },
        );
    });

    it('registers with three photos from the camera, and marks at once', async () => {
        await stand(PEOPLE.stranger, POSES);
        await visit('/#/register', async (page) => {
            await fillIn(page, { name: 'Rosa Dzul', email: 'rosa@uni.mx' });
            await page.getByRole('button', { name: 'Usar la cámara' }).click();
            await takePhotos(page);
            await page.click('button[type=submit]');
            await page.waitForSelector('[data-registered]', { timeout: ANSWER_MS });
            await page.getByRole('link', { name: 'Marcar asistencia' }).click();
            await result(page, 'match');
            assert.equal(await textOf(page, '.result h2'), 'Rosa Dzul');
        });
    });

    it('is not deceived by a print held to the camera', { skip: noPrint() }, async () => {
        await writeCamera(camera(), [await readFile(PRINT)]);
        await visit('/', async (page) => {
            await result(page, 'presentation_attack');
            assert.match(await textOf(page, '.result'), /parece la foto de una cara/);
        });
    });

    it('asks for one person when there are two', async () => {
        await stand(PEOPLE.two);
        await visit('/', async (page) => {
            await page.getByText('Una persona a la vez').first().waitFor({ timeout: ANSWER_MS });
        });
    });

    it('waits by itself when there is no connection, and goes on afterwards', async () => {
        await stand(PEOPLE.officer);
        await visit('/', async (page, context) => {
            await result(page, 'match');
            await context.setOffline(true);
            await page.getByRole('button', { name: 'Otra persona' }).click();
            await page.getByText('No hay conexión').first().waitFor({ timeout: ANSWER_MS });
            await context.setOffline(false);
            await result(page, 'match');
        });
    });
});
