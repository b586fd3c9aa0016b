// A teacher's class as it happens, on a real server: the register that fills in two browsers, marks
// by hand and with the keyboard alone, the class in a picture, the laptop as a kiosk, faces in doubt.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, samplesDir, startServer } from '../helpers/server.mjs';
import { TIME_ZONE, wall } from '../helpers/wall.mjs';
import { launchBrowser, noBrowser, visitPage } from './browser.mjs';
import { cutPicture, PEOPLE, POSES, writeCamera } from './camera.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const ANSWER_MS = 20_000;
const BEAMER = { width: 1920, height: 1080 };

describe('a class as it happens', { skip, timeout: 240_000 }, () => {
    let server, dir, browser, camera, admin, teacher, other, iris, session, courseId, twin;
    const people = {};

    const made = async (place, body) => {
        const answer = await admin.post(place, body);
        assert.equal(answer.status, 201, `${place}: ${JSON.stringify(answer.body)}`);
        return answer.body;
    };
    const meeting = (minutes) =>
        made('/sessions', {
            course_id: courseId, day: wall(minutes)[0], start_time: wall(minutes)[1],
            end_time: wall(minutes + 60)[1],
        });

    async function enrol(name, picture) {
        const email = `${name.split(' ')[0].toLowerCase()}@uni.mx`;
        const client = await createPerson(admin, { email, role: 'student', name });
        if (picture) {
            const { status, body } = await admin.submit(`/users/${client.user.id}/faces`, {}, [picture]);
            assert.equal(status, 201, JSON.stringify(body));
        }
        await made('/enrolments', {
            user_id: client.user.id, course_id: courseId, first_day: wall(-1440 * 7)[0],
        });
        people[name] = client.user.id;
        return client;
    }

    /** A browser's context in which somebody is signed in. */
    const signedIn = ({ token }) => ({
        storageState: {
            cookies: [{
                name: 'presente_session', value: token, domain: '127.0.0.1', path: '/', expires: -1,
                httpOnly: true, secure: false, sameSite: 'Strict',
            }],
            origins: [{ origin: server.url, localStorage: [{ name: 'presente.signed-in', value: 'yes' }] }],
        },
    });
    const visit = (place, check, { who = teacher, ...options } = {}) =>
        visitPage(browser, `${server.url}/#/${place}`, check, { ...signedIn(who), ...options });

    const card = (page, name) => page.locator(`[data-person="${people[name]}"]`);
    const shows = (page, name, status) =>
        card(page, name).locator(`.chip.${status}`).waitFor({ timeout: ANSWER_MS });
    const here = (page, n) => page.getByText(`${n} de 5 aquí`).first().waitFor({ timeout: ANSWER_MS });
    const markOf = async (name) => {
        const { body } = await admin.get(`/sessions/${session.id}/register`);
        return body.items.find(({ user }) => user.id === people[name]).attendance;
    };

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-live-'));
        server = await startServer({
            env: {
                PRESENTE_LIVENESS: 'off', PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_WORKERS: '1',
                PRESENTE_TIME_ZONE: TIME_ZONE,
            },
        });
        // There is a camera as soon as there is the file that it shows.
        camera = path.join(dir, 'rosa.mjpeg');
        browser = await launchBrowser({ camera });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        teacher = await createPerson(admin, { email: 'maestra@uni.mx', role: 'teacher', name: 'Leticia Canché' });
        other = await createPerson(admin, { email: 'otra@uni.mx', role: 'teacher', name: 'Otra Maestra' });
        const term = await made('/terms', {
            name: '2026', first_day: wall(-1440 * 30)[0], last_day: wall(1440 * 60)[0],
        });
        const subject = await made('/subjects', { name: 'Álgebra lineal' });
        courseId = (await made('/courses', { term_id: term.id, subject_id: subject.id })).id;
        await admin.put(`/courses/${courseId}/teachers/${teacher.user.id}`);
        const rosa = await cutPicture(browser, PEOPLE.officer);
        [twin] = await cutFaces(server, 'sample4.jpg');
        await enrol('Rosa Dzul', rosa);
        await enrol('Ana Cauich', twin);
        await enrol('Eva Cauich', twin);
        for (const { id } of (await admin.get('/duplicates?state=open')).body.items)
            await admin.post(`/duplicates/${id}`, { decision: 'different' });
        iris = await enrol('Iris Uc');
        await enrol('Omar Puc');
        session = await meeting(-5);
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    it('stands first and large on the page that teachers begin with', async () => {
        await visit('live', async (page) => {
            const now = page.locator('.now');
            await now.getByText('Álgebra lineal').first().waitFor();
            assert.match(await now.innerText(), /0 de 5 aquí/);
            await now.getByText('Abrir la lista').click();
            await card(page, 'Iris Uc').waitFor();
            assert.equal(await page.locator('.people li').count(), 5);
        });
    });

    it('says what to do where there is no class', async () => {
        await visit('live', async (page) => {
            await page.locator('.empty').getByText('Hoy no hay clases').waitFor();
            assert.equal(await page.locator('.empty .button').count(), 1);
        }, { who: other });
    });

    it('is marked and corrected with the keyboard alone, and another browser sees it', async () => {
        await visit(`sessions/${session.id}`, async (page) => {
            await visit(`sessions/${session.id}`, async (second) => {
                await card(second, 'Iris Uc').waitFor();
                await card(page, 'Iris Uc').focus();
                await page.keyboard.press('Enter');
                await page.locator('dialog[open]').waitFor();
                for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
                assert.equal(await page.evaluate(() => document.activeElement.dataset.status), 'late');
                await page.keyboard.press('Enter');
                await shows(second, 'Iris Uc', 'late');
                await here(second, 1);
                assert.match(await second.locator('.arrivals').innerText(), /Iris Uc/);
                await shows(page, 'Iris Uc', 'late');

                // Focus is where it was: Enter opens the same person, now to be corrected.
                await page.waitForFunction((id) => document.activeElement.dataset.person === id, people['Iris Uc']);
                await page.keyboard.press('Enter');
                await page.locator('dialog[open]').waitFor();
                for (let i = 0; i < 2; i++) await page.keyboard.press('Tab');
                await page.keyboard.press('Enter');
                await page.waitForFunction(() => document.activeElement.id === 'reason');
                for (let i = 0; i < 5; i++) await page.keyboard.press('Tab');
                await page.keyboard.press('Enter');
                await page.locator('#reason-wrong').waitFor();
                await page.waitForFunction(() => document.activeElement.id === 'reason');
                await page.keyboard.type('Estaba desde el principio');
                for (let i = 0; i < 5; i++) await page.keyboard.press('Tab');
                await page.keyboard.press('Enter');
                await shows(second, 'Iris Uc', 'present');
                await card(second, 'Iris Uc').click();
                await second.getByText('Qué era antes').click();
                await second.getByText('Estaba desde el principio').last().waitFor();
                assert.equal(await second.locator('.history .chip').count(), 2);
            });
        });
    });

    it('loses nothing that was typed when the server is away, and goes on when it is back', async () => {
        await visit(`sessions/${session.id}`, async (page) => {
            await card(page, 'Iris Uc').click();
            await page.locator('[data-status="excused"]').click();
            await page.fill('#reason', 'Cita médica');
            await server.kill();
            await page.getByRole('button', { name: 'Guardar el cambio' }).click();
            await page.locator('dialog [role=alert]').getByText('Lo que escribiste').waitFor();
            assert.equal(await page.inputValue('#reason'), 'Cita médica');
            await page.locator('.page > .notice').waitFor();
            await server.start();
            await page.getByRole('button', { name: 'Guardar el cambio' }).click();
            await shows(page, 'Iris Uc', 'excused');
            await page.locator('.page > .notice').waitFor({ state: 'detached', timeout: ANSWER_MS });
        });
    });

    it('asks about a face in doubt, and is answered with one key', async () => {
        const answer = await new Client(server.url).submit('/attendance/mark', { session_id: session.id }, [twin]);
        assert.equal(answer.body.result, 'needs_review', JSON.stringify(answer.body));
        await visit(`sessions/${session.id}`, async (page) => {
            await page.locator('.needs-you [data-review]').waitFor();
            assert.match(await page.locator('.needs-you').innerText(), /También se parece a (Ana|Eva) Cauich/);
            const count = page.locator('a[href="#/reviews"] .count').first();
            assert.equal(await count.innerText(), '1');
            await page.locator('a[href="#/reviews"]').first().click();
            const second = page.locator('.candidate').nth(1);
            await second.waitFor();
            const name = (await second.innerText()).match(/Es (.+)/)[1];
            assert.ok(await page.locator('.face.large img').evaluate((img) => img.decode().then(() => true)));
            await page.keyboard.press('s');
            await page.keyboard.press('2');
            await page.locator('.empty').waitFor();
            assert.equal(await page.locator('a[href="#/reviews"] .count').count(), 0);
            await page.goto(`${server.url}/#/sessions/${session.id}`);
            await shows(page, name, 'present');
        });
    });

    it('greets at the laptop who comes, and takes back a mark that is somebody else’s', async () => {
        await writeCamera(camera, [await cutPicture(browser, PEOPLE.officer, POSES[1])]);
        await visit(`sessions/${session.id}`, async (second) => {
            await visit(`sessions/${session.id}/camera`, async (page) => {
                const greeting = page.locator('[data-greeted="Rosa Dzul"]');
                await greeting.waitFor({ timeout: ANSWER_MS });
                await page.locator('.face-box.good').first().waitFor();
                await shows(second, 'Rosa Dzul', 'present');
                await greeting.getByRole('button', { name: 'No soy yo' }).click();
                await page.locator('.toast').waitFor();
                await page.getByText('Detener').click();
                await page.locator('.people').waitFor();
            });
        });
    });

    it('is marked from one picture, with nobody’s name on a stranger', async () => {
        const before = await markOf('Rosa Dzul');
        await visit(`sessions/${session.id}/photo`, async (page) => {
            await page.setInputFiles('[data-choose="class"]', path.join(samplesDir, 'sample3.jpg'));
            await page.getByRole('button', { name: 'Marcar a la clase' }).click();
            await page.locator('[data-answer="class"]').waitFor({ timeout: ANSWER_MS });
            const group = before ? 'already' : 'marked';
            assert.match(await page.locator(`[data-group="${group}"]`).innerText(), /Rosa Dzul/);
            assert.match(await page.locator('[data-group="not-seen"]').innerText(), /Omar Puc\s+Aún sin fotos/);
            assert.match(await page.locator('[data-answer]').innerText(), /2 caras no son de nadie/);
            const drawn = page.locator('figure img');
            assert.ok(await drawn.evaluate((img) => img.decode().then(() => img.naturalWidth > 0)));
        });
    });

    it('shows on the beamer how many are here, the code, and names only when asked', async () => {
        const code = (await teacher.get(`/sessions/${session.id}/code`)).body;
        await visit(`sessions/${session.id}/projector`, async (page) => {
            await page.locator('.digits').waitFor();
            const shown = (await page.locator('.digits').innerText()).replace(/\D/g, '');
            const now = (await teacher.get(`/sessions/${session.id}/code`)).body.code;
            assert.ok([code.code, now].includes(shown));
            const count = Number(await page.locator('.beam-count b').innerText());
            assert.doesNotMatch(await page.locator('.beam').innerText(), /Rosa Dzul/);
            const marks = [{ user_id: people['Omar Puc'], status: 'present' }];
            await admin.put(`/sessions/${session.id}/marks`, { marks });
            await page.locator('.beam-count b', { hasText: String(count + 1) }).waitFor();
            await page.getByRole('button', { name: 'Nombres' }).click();
            await page.locator('.beam-names').getByText('Omar Puc').waitFor();
            await page.getByRole('button', { name: 'Código' }).click();
            assert.equal(await page.locator('.digits').count(), 0);
        }, { viewport: BEAMER });
    });

    it('answers a student who says that a mark is wrong', async () => {
        const mark = await markOf('Iris Uc');
        await iris.post(`/attendance/marks/${mark.id}/dispute`, { message: 'Llegué a tiempo' });
        await visit('disputes', async (page) => {
            await page.getByText('Llegué a tiempo').waitFor();
            await page.getByRole('button', { name: 'Responder' }).click();
            await page.getByRole('button', { name: 'Aceptar' }).click();
            await page.locator('#answer-wrong').waitFor();
            await page.fill('#answer', 'Tienes razón');
            await page.getByRole('button', { name: 'Aceptar' }).click();
            await page.locator('.empty').waitFor();
            await page.getByRole('tab', { name: 'Corregidas' }).click();
            await page.getByText('Tienes razón').waitFor();
        });
        assert.equal((await markOf('Iris Uc')).status, 'present');
    });

    it('is searched, filtered, moved and cancelled; everybody left is marked at once', async () => {
        const later = await meeting(1440);
        await visit(`sessions/${session.id}`, async (page) => {
            await page.getByLabel('Nombre o matrícula').fill('cauich');
            await page.waitForFunction(() => document.querySelectorAll('.people li').length === 2);
            await page.getByLabel('Nombre o matrícula').fill('');
            await page.locator('.filters .chip.unmarked').click();
            const left = await page.locator('.people li').count();
            await page.getByRole('button', { name: /^Quien(es)? aún no/ }).click();
            await page.locator('dialog [data-status="absent"]').click();
            await page.locator('.toast').waitFor();
            const { body } = await admin.get(`/sessions/${session.id}/register`);
            assert.equal(body.counts.unmarked, 0);
            assert.equal(body.counts.absent, left);
        });
        await visit(`sessions/${later.id}`, async (page) => {
            await page.getByRole('button', { name: 'Cambiar esta clase' }).click();
            await page.fill('#note', 'Traigan calculadora');
            await page.getByRole('button', { name: 'Guardar', exact: true }).click();
            await page.locator('dialog').waitFor({ state: 'detached' });
            await page.getByRole('button', { name: 'Cambiar esta clase' }).click();
            assert.equal(await page.inputValue('#note'), 'Traigan calculadora');
            await page.getByRole('button', { name: 'Cancelar esta clase' }).click();
            await page.getByRole('button', { name: 'Cancelar la clase' }).click();
            await page.getByText('Esta clase está cancelada').waitFor();
        });
        assert.equal((await admin.get(`/sessions/${later.id}`)).body.state, 'cancelled');
        const over = await meeting(-300);
        await visit(`sessions/${over.id}`, async (page) => {
            await page.getByRole('button', { name: 'Cambiar esta clase' }).click();
            await page.getByRole('button', { name: 'Cerrar la lista' }).click();
            await page.locator('dialog .actions').getByRole('button', { name: 'Cerrar', exact: true }).click();
            await shows(page, 'Omar Puc', 'absent');
        });
    });

    it('fits the beamer without scrolling sideways', async () => {
        const pages = ['', '/photo', '/camera', '/projector'].map((end) => `sessions/${session.id}${end}`);
        await visit('live', async (page) => {
            for (const place of ['live', 'reviews', 'disputes', ...pages]) {
                await page.goto(`${server.url}/#/${place}`);
                await page.locator('h1').waitFor();
                const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
                assert.ok(over <= 0, `${place}: ${over} px over`);
            }
        }, { viewport: BEAMER });
    });
});
