// An administrator's people, lists, photos and courses, as somebody at a desk uses the pages.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, PHONE, visitPage } from './browser.mjs';
import { cutPicture, PEOPLE, POSES, WALL } from './camera.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const PHOTOS_MS = 30_000;

/** A ZIP file of {name: bytes}, every entry compressed; its readers here need no checksums. */
function zipOf(files) {
    const parts = [];
    const contents = [];
    let at = 0;
    for (const [name, bytes] of Object.entries(files)) {
        const data = deflateRawSync(bytes);
        const path = Buffer.from(name);
        const header = Buffer.alloc(30);
        header.writeUInt32LE(0x04034b50, 0);
        header.writeUInt16LE(8, 8);
        header.writeUInt32LE(data.length, 18);
        header.writeUInt32LE(bytes.length, 22);
        header.writeUInt16LE(path.length, 26);
        const entry = Buffer.alloc(46);
        entry.writeUInt32LE(0x02014b50, 0);
        header.copy(entry, 6, 4, 30);
        entry.writeUInt32LE(at, 42);
        parts.push(header, path, data);
        contents.push(entry, path);
        at += header.length + path.length + data.length;
    }
    const table = Buffer.concat(contents);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(Object.keys(files).length, 10);
    end.writeUInt32LE(table.length, 12);
    end.writeUInt32LE(at, 16);
    return Buffer.concat([...parts, table, end]);
}

describe('people, for administrators', { skip, timeout: 120_000 }, () => {
    let dir, server, admin, browser, signedIn;
    const pictures = {};

    const file = (name) => path.join(dir, name);
    const visit = (place, check, options) =>
        visitPage(browser, `${server.url}/#/${place}`, check, { storageState: signedIn, ...options });
    const button = (page, name) => page.getByRole('button', { name, exact: true });
    const make = async (where, value) => (await admin.post(where, value)).body;
    const person = (name, rest = {}) =>
        make('/user/create', { name, email: `${name.toLowerCase().split(' ')[0]}@uni.mx`, role: 'student', ...rest });
    const told = (page, text) => page.locator('.toast', { hasText: text }).waitFor();

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-people-'));
        server = await startServer();
        const { email, password } = server.admin;
        admin = await new Client(server.url).signIn(email, password);
        browser = await launchBrowser();
        const named = { ana: PEOPLE.officer, elsewhere: PEOPLE.officerElsewhere, stranger: PEOPLE.stranger, wall: WALL };
        for (const [name, who] of Object.entries(named)) pictures[name] = await cutPicture(browser, who, POSES[0]);
        pictures.pale = await cutPicture(browser, PEOPLE.two, { share: 0.4, brightness: 0.2 });
        await visitPage(browser, `${server.url}/#/sign-in`, async (page, context) => {
            await page.fill('#email', email);
            await page.fill('#password', password);
            await page.keyboard.press('Enter');
            await page.waitForURL(/#\/overview/);
            signedIn = await context.storageState();
        });
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    it('adds and invites somebody, changes them, and moves them without losing the past', async () => {
        const [first, second] = [await make('/groups', { name: '4A' }), await make('/groups', { name: '4B' })];
        await visit('people', async (page) => {
            await button(page, 'Nueva persona').click();
            await button(page, 'Agregar a esta persona').click();
            await page.locator('#name-wrong').waitFor();
            assert.ok(await page.locator('#email-wrong').isVisible());
            await page.fill('#name', 'Zoë Uc');
            await page.fill('#email', admin.user.email);
            await page.selectOption('#group_id', first.id);
            await button(page, 'Agregar a esta persona').click();
            await page.getByText('Alguien ya tiene este correo').waitFor();
            assert.equal(await page.inputValue('#name'), 'Zoë Uc');
            await page.fill('#email', 'zoe@uni.mx');
            await button(page, 'Agregar a esta persona').click();
            await page.waitForURL(/#\/people\/[0-9a-f-]+$/);
            await page.getByRole('heading', { name: 'Zoë Uc' }).waitFor();
            const id = page.url().split('/').pop();
            const { items } = (await admin.get(`/outbox?user_id=${id}`)).body;
            assert.deepEqual(items.map(({ kind }) => kind), ['invitation']);

            await button(page, 'Editar').click();
            await page.fill('#student_number', '21000123');
            await button(page, 'Guardar').click();
            await page.getByText('21000123').waitFor();

            await button(page, 'Agregar').click();
            await page.selectOption('#group_id', second.id);
            const today = await page.inputValue('#first_day');
            const later = new Date(Date.parse(today) + 7 * 86_400_000).toISOString().slice(0, 10);
            await page.fill('#first_day', later);
            await button(page, 'Agregar el lugar').click();
            await page.locator('.enrolments li').nth(1).waitFor();
            const places = (await admin.get(`/users/${id}/enrolments`)).body.items;
            const of = (group) => places.find((one) => one.group_id === group.id);
            assert.equal(of(second).first_day, later);
            assert.ok(of(first).last_day < later && of(first).last_day >= today);
        });
    });

    it('erases somebody only when the name is written, and gives a receipt', async () => {
        const { id } = await person('Rosa Dzul');
        await visit(`people/${id}`, async (page) => {
            await button(page, 'Borrar').click();
            await page.fill('dialog #name', 'Rosa');
            await button(page, 'Borrar para siempre').click();
            await page.locator('#name-wrong').waitFor();
            assert.equal((await admin.get(`/users/${id}`)).status, 200);
            await page.fill('dialog #name', 'rosa dzul');
            await button(page, 'Borrar para siempre').click();
            await page.locator('[data-receipt="erase"]').getByText(id).waitFor();
            assert.equal((await admin.get(`/users/${id}`)).status, 404);
        });
    });

    it('finds people by filters and invites those who are chosen', async () => {
        await person('Iris Tun');
        await person('Iker Tun');
        await visit('people?show=no-face', async (page) => {
            await page.getByPlaceholder('Nombre, correo o matrícula').fill('tun');
            await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 2);
            await page.getByLabel('Elegir a todos los de esta página').check();
            await button(page, 'Invitar por correo').click();
            await told(page, '2 invitaciones van en camino');
            assert.equal(await page.locator('.chosen').count(), 0);
            await page.selectOption('#filter-show', 'inactive');
            await page.getByText('No hay nadie así').waitFor();
            assert.match(page.url(), /show=inactive/);
        }, { viewport: PHONE });
    });

    it('tries a list first, shows each line to change, then stores it', async () => {
        await writeFile(file('bad.csv'), 'nombre,correo,grupo\nEva Ek,eva@uni.mx,5A\nRob,sin-arroba,5A\n,,5A\n');
        // As a spreadsheet of Windows writes it.
        await writeFile(file('good.csv'), Buffer.from('nombre,correo,grupo\nEva Nuñez,eva@uni.mx,5A\nRob Ku,rob@uni.mx,5A\n', 'latin1'));
        await visit('import', async (page) => {
            await page.setInputFiles('input[type=file]', file('bad.csv'));
            const lines = page.locator('tbody tr td:first-child');
            await lines.nth(1).waitFor();
            assert.deepEqual(await lines.allInnerTexts(), ['3', '4']);
            await page.getByText('«sin-arroba» no es un correo.').waitFor();
            assert.equal(await button(page, 'Guardar ahora').count(), 0);

            await page.setInputFiles('input[type=file]', file('good.csv'));
            await page.locator('[data-thing="person"] [data-action="create"]', { hasText: '2' }).waitFor();
            assert.equal((await admin.get('/users?q=eva')).body.total, 0);
            await button(page, 'Guardar ahora').click();
            await told(page, 'Guardado');
            assert.equal((await admin.get('/users?q=eva')).body.items[0].name, 'Eva Nuñez');
        });
    });

    it('sends photos in parts through a lost connection, and says which need another try', async () => {
        for (const name of ['Ana Cauich', 'Luis Canul', 'Eli Poot', 'Omar Puc']) await person(name);
        await writeFile(file('ana@uni.mx.jpg'), pictures.ana);
        await writeFile(file('luis@uni.mx.jpg'), pictures.wall);
        await writeFile(file('omar@uni.mx.jpg'), pictures.pale);
        await writeFile(file('nadie.jpg'), pictures.stranger);
        await writeFile(file('more.zip'), zipOf({ 'eli@uni.mx/1.jpg': pictures.stranger, 'notes.txt': Buffer.from('x') }));
        await visit('import?part=photos', async (page, context) => {
            const input = page.locator('input[type=file]').first();
            const n = (name) => page.locator(`[data-outcome="${name}"] dd`).innerText();
            await page.getByRole('tab', { name: 'Fotos', selected: true }).waitFor();
            await context.setOffline(true);
            await input.setInputFiles(['ana@uni.mx.jpg', 'luis@uni.mx.jpg', 'omar@uni.mx.jpg', 'nadie.jpg'].map(file));
            await page.locator('[data-state="waiting"]').waitFor();
            await context.setOffline(false);
            await page.locator('[data-state="done"]').waitFor({ timeout: PHOTOS_MS });
            assert.deepEqual([await n('enrolled'), await n('refused'), await n('nobody')], ['1', '2', '1']);
            await page.getByRole('row', { name: /luis@uni\.mx\.jpg.*No se ve ninguna cara/ }).waitFor();
            await page.getByRole('row', { name: /omar@uni\.mx\.jpg.*La imagen está apagada/ }).waitFor();

            await button(page, 'Mirarlas otra vez').click();
            await page.locator('[data-state="done"]').waitFor({ timeout: PHOTOS_MS });
            assert.deepEqual([await n('enrolled'), await n('refused'), await n('nobody')], ['0', '2', '1']);
            await input.setInputFiles([file('more.zip'), file('ana@uni.mx.jpg')]);
            await page.locator('[data-outcome="done_before"] dd', { hasText: '1' }).waitFor({ timeout: PHOTOS_MS });
            assert.equal(await n('enrolled'), '1');
            const eli = (await admin.get('/users?q=eli')).body.items[0];
            assert.equal(eli.face_count, 1);
        });
    });

    it('settles who is held as a duplicate, saying before what happens', async () => {
        const photos = (id, picture) => admin.submit(`/users/${id}/faces`, {}, [picture]);
        const [ana] = (await admin.get('/users?q=ana@uni.mx')).body.items;
        if (ana.face_count === 0) await photos(ana.id, pictures.ana);
        const { id } = await person('Nadia Chan');
        const answer = await photos(id, pictures.elsewhere);
        assert.equal(answer.body.held, true, JSON.stringify(answer.body));
        await visit('duplicates', async (page) => {
            await page.locator('[data-pair="open"]').getByText('Nadia Chan').waitFor();
            await button(page, 'La misma persona').click();
            await page.getByText(/Nadia Chan \(nadia@uni\.mx\) se cierra/).waitFor();
            await page.keyboard.press('Escape');
            await button(page, 'Dos personas').click();
            await button(page, 'Son dos').click();
            await page.getByText('Nada por decidir').waitFor();
            assert.equal((await admin.get(`/users/${id}`)).body.face_count, 1);
        });
        await visit('lookalikes', async (page) => {
            await page.locator('[data-pair="lookalike"]').getByText('Nadia Chan').waitFor();
            await button(page, 'Visto').click();
            await page.getByText('No hay pares nuevos').waitFor();
        });
    });

    it('shows at once what a weekly time is in the way of', async () => {
        const term = await make('/terms', { name: 'Otoño', first_day: '2031-09-01', last_day: '2031-12-05' });
        const subject = await make('/subjects', { name: 'Álgebra' });
        const room = await make('/rooms', { name: 'B-204' });
        const other = await make('/courses', { term_id: term.id, subject_id: subject.id, name: 'Física' });
        await make(`/courses/${other.id}/slots`, { weekday: 1, start_time: '09:30', end_time: '11:00', room_id: room.id });
        await visit(`new-course?term=${term.id}`, async (page) => {
            await page.selectOption('#subject_id', { label: 'Álgebra' });
            await button(page, 'Crear el curso').click();
            await page.waitForURL(/courses\/.*\/edit/);
            await page.selectOption('#add-group', { label: '4A' });
            await page.locator('.named-list', { hasText: '4A' }).waitFor();
            await button(page, 'Agregar una hora').click();
            await page.selectOption('#room_id', { label: 'B-204' });
            await button(page.locator('dialog'), 'Guardar').click();
            await page.locator('[data-conflict="room"]', { hasText: 'B-204 se usa para Física' }).waitFor();
            await page.locator('[data-slot="1"]', { hasText: '09:00 – 10:30' }).waitFor();
        });
        await visit('rooms', async (page) => {
            await button(page, 'Quitar B-204').click();
            await page.locator('dialog li', { hasText: 'Física' }).waitFor();
            assert.equal(await page.locator('dialog .danger').count(), 0);
        });
        await visit(`terms/${term.id}`, async (page) => {
            await button(page, 'Nuevo día sin clases').click();
            await page.fill('#name', 'Descanso');
            await page.fill('#first_day', '2031-09-08');
            await page.fill('#last_day', '2031-09-07');
            await button(page, 'Guardar').click();
            await page.locator('#last_day-wrong').waitFor();
            await page.fill('#last_day', '2031-09-08');
            await button(page, 'Guardar').click();
            await told(page, /Se quitaron 2 clases/);
        });
    });

    it('makes, renames and deletes a subject with the keyboard alone', async () => {
        const tabTo = async (page, name) => {
            for (let i = 0; i < 60; i++) {
                await page.keyboard.press('Tab');
                const now = await page.evaluate(() => {
                    const here = document.activeElement;
                    return here.getAttribute('aria-label') ?? here.textContent.trim();
                });
                if (now === name) return;
            }
            assert.fail(`the keyboard does not reach “${name}”`);
        };
        const focused = (page) => page.evaluate(() => document.activeElement.id);
        await visit('subjects', async (page) => {
            await page.getByRole('row', { name: /Álgebra/ }).waitFor();
            await tabTo(page, 'Nueva materia');
            await page.keyboard.press('Enter');
            await page.locator('dialog').waitFor();
            await page.keyboard.press('Escape');
            await page.waitForFunction(() => document.activeElement.textContent.trim() === 'Nueva materia');
            await page.keyboard.press('Enter');
            await page.locator('dialog').waitFor();
            for (let i = 0; i < 5 && (await focused(page)) !== 'name'; i++) await page.keyboard.press('Tab');
            await page.keyboard.type('Química');
            await page.keyboard.press('Enter');
            await page.getByRole('row', { name: /Química/ }).waitFor();
            await tabTo(page, 'Quitar Química');
            await page.keyboard.press('Enter');
            await tabTo(page, 'Quitar');
            await page.keyboard.press('Enter');
            await page.getByRole('row', { name: /Química/ }).waitFor({ state: 'detached' });
        });
    });

    it('says what was refused of what is no field, and that an answer was cut off', async () => {
        await visit('settings?tab=consent', async (page) => {
            await page.fill('#es', ' ');
            await button(page, 'Guardar').click();
            await page.getByText('Así como está escrito no se puede').waitFor();
            assert.equal(await page.inputValue('#es'), ' ');
            const part = { status: 200, contentType: 'application/json', body: '{"items":[{"id"' };
            await page.route('**/rooms?*', (route) => route.fulfill(part));
            await page.goto(`${server.url}/#/rooms`);
            await page.getByText('No hay conexión').waitFor();
        });
    });
});
