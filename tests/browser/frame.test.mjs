// What is round every page, and the pages of who is signed in: languages, colours,
// sessions that the server does not answer for, and the register of a busy day.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, visitPage } from './browser.mjs';

const skip = missingParts({ web: true }) || noBrowser();

const BUSY = { status: 503, json: { error: { code: 'unavailable', message: 'Busy.' } } };

// More than the register shows on one page.
const DAY = '2026-03-12';
const MARKS = { present: 38, late: 12, absent: 4, excused: 1 };

async function fillRegister(admin) {
    let n = 0;
    for (const [status, count] of Object.entries(MARKS))
        for (let i = 0; i < count; i++) {
            const name = `Alumna ${String(++n).padStart(2, '0')}`;
            const email = `alumna${n}@uni.mx`;
            const { body } = await admin.post('/signup', { name, email, role: 'student' });
            const mark = { user_id: body.id, status, day: DAY, reason: 'paper list' };
            assert.equal((await admin.post('/attendance', mark)).status, 200);
        }
}

describe('round the pages', { skip, timeout: 120_000 }, () => {
    let server, browser;
    const textOf = (page, selector) => page.locator(selector).innerText();
    const visit = (place, check, options) =>
        visitPage(browser, server.url + place, check, options);

    async function signIn(page) {
        await page.fill('#email', server.admin.email);
        await page.fill('#password', server.admin.password);
        await page.keyboard.press('Enter');
        await page.waitForSelector('a[href="#/me"]');
    }

    before(async () => {
        server = await startServer();
        browser = await launchBrowser();
        const { email, password } = server.admin;
        await fillRegister(await new Client(server.url).signIn(email, password));
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
    });

    it('speaks the language of the browser, and the other one when asked', async () => {
        await visit('/', async (page) => {
            assert.equal(await textOf(page, 'h1'), 'Marca tu asistencia');
            await page.getByRole('button', { name: /^English/ }).click();
            await page.getByRole('heading', { name: 'Mark attendance' }).waitFor();
            await page.reload();
            assert.equal(await textOf(page, 'h1'), 'Mark attendance');
            assert.equal(await page.getAttribute('html', 'lang'), 'en');
        });
        await visit(
            '/',
            async (page) => assert.equal(await textOf(page, 'h1'), 'Mark attendance'),
            { locale: 'en-GB' },
        );
    });

    it('is dark for who prefers that, and keeps a choice', async () => {
        const theme = (page) => page.getAttribute('html', 'data-theme');
        const check = async (page) => {
            assert.equal(await theme(page), 'dark');
            await page.getByRole('button', { name: 'Usar colores claros' }).click();
            await page.reload();
            assert.equal(await theme(page), 'light');
        };
        await visit('/', check, { colorScheme: 'dark' });
    });

    it('says that somebody is still signed in when signing out did not work', async () => {
        await visit('/#/sign-in', async (page, context) => {
            await signIn(page);
            await page.click('a[href="#/me"]');
            const leave = page.getByRole('button', { name: 'Salir' });
            await page.route('**/logout', (route) => route.fulfill(BUSY));
            await leave.click();
            assert.match(await textOf(page, '[role=alert]'), /sesión sigue abierta.*mucha gente/);
            await page.unroute('**/logout');
            await context.setOffline(true);
            await leave.click();
            await page.getByText(/sesión sigue abierta.*No hay conexión/).waitFor();
            assert.equal(await page.locator('a[href="#/sign-in"]').count(), 0);
            await context.setOffline(false);
            await leave.click();
            await page.waitForSelector('a[href="#/sign-in"]');
            assert.deepEqual(await context.cookies(), []);
        });
    });

    it('leaves without a fuss when the session had ended already', async () => {
        await visit('/#/sign-in', async (page, context) => {
            await signIn(page);
            await page.click('a[href="#/me"]');
            // A call on its way would find out first, and ask them to sign in again.
            await page.waitForLoadState('networkidle');
            await context.clearCookies();
            await page.getByRole('button', { name: 'Salir' }).click();
            await page.waitForSelector('a[href="#/sign-in"]');
        });
    });

    it('does not forget who is signed in when the server is too busy to tell', async () => {
        await visit('/#/sign-in', async (page) => {
            await signIn(page);
            await page.click('a[href="#/me"]');
            await page.waitForSelector('.facts-list');
            await page.route('**/me', (route) => route.fulfill(BUSY));
            await page.reload();
            await page.getByText('Hay mucha gente a la vez').waitFor();
            await page.unroute('**/me');
            await page.getByRole('button', { name: 'Intentar de nuevo' }).click();
            await page.waitForSelector('.facts-list');
            assert.equal(await page.locator('.notice').count(), 0);
        });
    });

    it('says beside the field that the address cannot be one', async () => {
        await visit('/#/sign-in', async (page) => {
            await page.fill('#email', `${'a'.repeat(2000)}@uni.mx`);
            await page.fill('#password', 'anything at all');
            await page.keyboard.press('Enter');
            await page.waitForSelector('#email-wrong');
            assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
            assert.equal(await page.locator('[role=alert]').count(), 0);
        });
    });

    it('counts and sorts all of a busy day, not only the page that is shown', async () => {
        await visit('/#/sign-in', async (page) => {
            await signIn(page);
            await page.click('a[href="#/live"]');
            await page.click('a[href="#/today"]');
            await page.fill('input[type=date]', DAY);
            await page.waitForSelector('tbody tr');
            assert.equal(await textOf(page, '.counts h2'), '55 personas marcadas');
            const chips = await page.locator('.counts .chip').allInnerTexts();
            assert.deepEqual(
                chips.map((chip) => chip.trim()),
                ['38 presentes', '12 retardos', '4 faltas', '1 justificada'],
            );
            const first = page.locator('tbody tr').first();
            const byName = page.getByRole('button', { name: 'Nombre' });
            await byName.click();
            await first.getByText('Alumna 01').waitFor();
            await byName.click();
            await first.getByText('Alumna 55').waitFor();
            assert.equal(await page.getAttribute('th[aria-sort]', 'aria-sort'), 'descending');
            await page.getByRole('button', { name: 'Página siguiente' }).click();
            await first.getByText('Alumna 05').waitFor();
            assert.equal(await page.locator('.counts .chip').count(), 4);
        });
    });
});
