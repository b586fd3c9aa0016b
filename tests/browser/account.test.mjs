// What people do with their own account, and what the administrator's pages of the system do, on a
// small term of demonstration data: every button is pressed, and the server is asked what it did.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, openPage, PHONE } from './browser.mjs';

const skip = missingParts({ web: true }) || noBrowser();
const PASSWORD = 'cenote azul';
const STUDENT = 'estudiante@ceiba.example';
const TEACHER = 'docente@ceiba.example';
const ADMIN = 'direccion@ceiba.example';

describe('accounts and the system', { skip, timeout: 180_000 }, () => {
    let server, browser, student, admin;
    const opened = {};

    async function submitSignIn(page, email) {
        await page.fill('#email', email);
        await page.fill('#password', PASSWORD);
        await page.keyboard.press('Enter');
        await page.waitForSelector('a[href="#/me"]', { state: 'attached' });
    }

    async function signIn(email, options) {
        const found = await openPage(browser, `${server.url}/#/sign-in`, options);
        await submitSignIn(found.page, email);
        return found;
    }

    /** `check` is given the page of somebody at a place. */
    async function visit(who, place, check) {
        const { page, context, complaints } = opened[who];
        await page.goto(`${server.url}/#/${place}`);
        await check(page, context);
        assert.deepEqual(complaints, []);
    }

    const said = (page, text) => page.locator('.toast').getByText(text).waitFor();
    const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
    const send = (page) => page.locator('dialog [type=submit]').click();
    const closed = (page) => page.waitForFunction(() => !document.querySelector('dialog'));
    const answer = async (client, path) => {
        const { status, body } = await client.get(path);
        assert.equal(status, 200, path);
        return body;
    };

    before(async () => {
        server = await startServer();
        await server.kill('SIGTERM');
        await server.presente('demo-data', '--weeks', '2', '--password', PASSWORD);
        await server.start();
        browser = await launchBrowser();
        student = await new Client(server.url).signIn(STUDENT, PASSWORD);
        admin = await new Client(server.url).signIn(ADMIN, PASSWORD);
        opened.student = await signIn(STUDENT, { viewport: PHONE });
        opened.admin = await signIn(ADMIN);
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
    });

    it('takes who follows a link to its page once they have signed in', async () => {
        const [course] = (await answer(admin, '/courses')).items;
        const place = `${server.url}/#/courses/${course.id}`;
        const { page, context, complaints } = await openPage(browser, place);
        await submitSignIn(page, TEACHER);
        await page.getByRole('heading', { level: 1, name: course.name }).waitFor();
        assert.equal(page.url(), place);
        // Nobody else's places: who goes there is at home instead, and no page breaks.
        await page.goto(`${server.url}/#/people/%E0`);
        await page.getByRole('heading', { level: 1, name: /^Hola/ }).waitFor();
        assert.deepEqual(complaints, []);
        await context.close();
    });

    it('signs in again over what was being written when the session ended', async () => {
        const before = (await answer(student, '/disputes')).total;
        await visit('student', 'history', async (page, context) => {
            await page.getByRole('button', { name: '¿Está mal?' }).first().click();
            await page.fill('#message', 'Llegué con Ana.');
            await context.clearCookies();
            await send(page);
            const again = page.getByRole('dialog', { name: 'Tu sesión terminó' });
            await again.waitFor();
            await again.locator('#password').fill('otra');
            await again.locator('[type=submit]').click();
            await again.getByText('Esa no es tu contraseña.').waitFor();
            await again.locator('#password').fill(PASSWORD);
            await again.locator('[type=submit]').click();
            await said(page, 'Enviado.');
        });
        const { items, total } = await answer(student, '/disputes');
        assert.equal(total, before + 1);
        const open = items.find(({ message }) => message === 'Llegué con Ana.');
        assert.equal(open.state, 'open');
        await visit('student', 'history', async (page) => {
            await page.getByRole('button', { name: 'Retirar', exact: true }).first().click();
            await said(page, 'Retirado.');
        });
        const isOpen = ({ state }) => state === 'open';
        const after = (await answer(student, '/disputes')).items.filter(isOpen).length;
        assert.equal(after, items.filter(isOpen).length - 1);
    });

    it('gives a calendar address, a PIN that can be given up, and another password', async () => {
        await visit('student', 'me', async (page) => {
            await press(page, 'Calendario');
            await press(page, 'Crear una dirección');
            const feed = await fetch(await page.inputValue('#calendar'));
            assert.match(await feed.text(), /^BEGIN:VCALENDAR/);
            await page.keyboard.press('Escape');
            await press(page, 'PIN para quioscos');
            await press(page, 'No tener PIN');
            await said(page, 'Ya no tienes PIN.');
            assert.equal((await answer(student, '/me/pin')).set, false);
            await press(page, 'PIN para quioscos');
            await page.fill('#pin', '123456');
            await send(page);
            await page.getByText('Muy fácil de adivinar.').waitFor();
            assert.equal(await page.getByRole('button', { name: 'No tener PIN' }).count(), 0);
            await page.fill('#pin', '739164');
            await send(page);
            await said(page, 'Tu PIN está listo.');
            assert.equal((await answer(student, '/me/pin')).set, true);
            await press(page, 'Cambiar contraseña');
            await page.fill('#current_password', 'no la sé');
            await page.fill('#password', PASSWORD);
            await send(page);
            await page.getByText('Esa no es tu contraseña actual.').waitFor();
            // A tap beside the dialog takes nothing away that was typed.
            await page.mouse.click(5, 5);
            await page.fill('#current_password', PASSWORD);
            await send(page);
            await closed(page);
        });
        // Every other session ended with it, this page's did not.
        assert.equal((await student.get('/me')).status, 401);
        student = await new Client(server.url).signIn(STUDENT, PASSWORD);
    });

    it('speaks to the reader of their own attendance, in the language of the moment', async () => {
        await visit('student', 'day', async (page) => {
            await page.getByText(/puedes faltar|Alcanzas|Ya no puedes/).first().waitFor();
            await page.getByRole('button', { name: /English/ }).click();
            await page.getByText(/You can|You reach/).first().waitFor();
            const isEnglish = () => !/ de \d+ = /.test(document.querySelector('main').innerText);
            await page.waitForFunction(isEnglish);
            await page.getByRole('button', { name: /Español/ }).click();
            await page.getByText(/puedes faltar|Alcanzas|Ya no puedes/).first().waitFor();
        });
    });

    it('erases the face of who takes the consent back, and shows the receipt', async () => {
        const { version } = await answer(student, '/consent');
        assert.equal((await student.post('/me/consent', { version })).status, 200);
        await visit('student', 'me', async (page) => {
            await press(page, 'Borrar mi rostro');
            await page.locator('dialog .button.danger').click();
            await page.getByText(/^Borrado el/).waitFor();
        });
        assert.equal((await answer(student, '/me/consent')).state, 'withdrawn');
    });

    it('tells the log in words, and checks it', async () => {
        await visit('admin', 'audit', async (page) => {
            await page.waitForSelector('tbody tr');
            const { items } = await answer(admin, '/audit?limit=1');
            assert.equal(items[0].action, 'consent.withdraw');
            const row = page.locator('tbody tr').first();
            await row.getByText('Consentimiento: se retiró').waitFor();
            await row.getByText(student.user.name).waitFor();
            const words = await page.locator('tbody').innerText();
            assert.doesNotMatch(words, /[0-9a-f]{8}-[0-9a-f]{4}|session:|_/);
            await press(page, 'Revisar la bitácora');
            await page.locator('.notice.good').waitFor();
        });
    });

    it('sends again what was given up, from where the overview counts it', async () => {
        const before = (await answer(admin, '/system/status')).mail.failed;
        await visit('admin', 'overview', async (page) => {
            await page.getByRole('link', { name: `${before} correos quedaron sin entregar` }).click();
            await page.getByRole('tab', { name: 'Sin entregar', selected: true }).waitFor();
            await page.getByText('El otro servidor de correo no lo acepta').first().waitFor();
            await page.getByRole('button', { name: 'Enviar de nuevo' }).first().click();
            await page.waitForFunction(
                (n) => document.querySelectorAll('tbody tr').length === n, before - 1);
        });
        assert.equal((await answer(admin, '/system/status')).mail.failed, before - 1);
    });

    it('makes rules the usual ones, with a status whose points are typed as people do', async () => {
        await visit('admin', 'policies', async (page) => {
            await press(page, 'Reglas nuevas');
            await page.fill('#name', 'Taller');
            await press(page, 'Agregar un estado');
            const row = page.locator('dialog fieldset li').last();
            await row.locator('input').nth(0).fill('Comisión');
            await row.locator('input').nth(1).fill('comision');
            await row.locator('[inputmode=decimal]').pressSequentially('0,5');
            await send(page);
            await closed(page);
            const card = page.locator('li.card').filter({ hasText: 'Taller' });
            await press(card, 'Usar por omisión');
            await card.getByText('Por omisión', { exact: true }).waitFor();
        });
        const policy = (await answer(admin, '/policies')).items.find(({ name }) => name === 'Taller');
        assert.equal(policy.default, true);
        assert.equal(policy.rules.statuses.find(({ code }) => code === 'comision').points, 0.5);
    });

    it('calls nobody "not yet" once a class is over', async () => {
        const { items } = await answer(admin, '/sessions?state=planned&limit=500');
        const over = items.find(({ closes_at: at, ends_at: end }) => Date.parse(at ?? end) < Date.now());
        const { items: lines } = await answer(admin, `/sessions/${over.id}/register`);
        const missing = lines.filter(({ attendance }) => !attendance).length;
        await visit('admin', `sessions/${over.id}`, async (page) => {
            await page.waitForSelector('.people');
            assert.equal(await page.getByText(/Aún no|aún no/).count(), 0);
            assert.equal(await page.getByText('Sin marca', { exact: true }).count(), missing);
        });
    });
});
