// What teachers and administrators see of a term: reports, courses, the timetable, who is at risk.
// The pages' numbers are those of the API, on a whole term of demonstration data.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { LAPTOP, launchBrowser, noBrowser, openPage, PHONE } from './browser.mjs';

const skip = missingParts({ web: true }) || noBrowser();
const PASSWORD = 'cenote azul';
const TEACHER = 'docente@ceiba.example';
const ADMIN = 'direccion@ceiba.example';

const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)}\u00a0%`;
const count = (report, status) =>
    report.rows.flatMap((row) => Object.values(row)).filter((value) => value === status).length;

describe('reports and courses', { skip, timeout: 180_000 }, () => {
    let server, browser, teacher, admin, course, term;
    const pages = {};

    /** A signed-in page in a window of its own; `check` is given it at a place. */
    async function visit(who, place, check) {
        const { page, complaints } = pages[who];
        await page.goto(`${server.url}/#/${place}`);
        await check(page);
        assert.deepEqual(complaints, []);
    }

    async function signIn(email, viewport) {
        const opened = await openPage(browser, `${server.url}/#/sign-in`, { viewport });
        await opened.page.fill('#email', email);
        await opened.page.fill('#password', PASSWORD);
        await opened.page.keyboard.press('Enter');
        await opened.page.waitForSelector('a[href="#/me"]', { state: 'attached' });
        return opened;
    }

    const get = async (client, path) => {
        const { status, body } = await client.get(path);
        assert.equal(status, 200, path);
        return body;
    };
    const report = (name, values = '') =>
        get(teacher, `/reports/${name}?course=${course.id}&language=es${values}`);
    const period = () => `&from=${term.first_day}&to=${term.last_day}`;
    const shown = () => `reports?course=${course.id}${period()}`;

    before(async () => {
        server = await startServer();
        // Its upkeep would settle sessions that are still being written.
        await server.kill('SIGTERM');
        await server.presente('demo-data', '--weeks', '11', '--password', PASSWORD);
        await server.start();
        browser = await launchBrowser();
        teacher = await new Client(server.url).signIn(TEACHER, PASSWORD);
        admin = await new Client(server.url).signIn(ADMIN, PASSWORD);
        [course] = (await get(teacher, '/courses')).items;
        [term] = (await get(teacher, '/terms')).items;
        pages.teacher = await signIn(TEACHER, LAPTOP);
        pages.phone = await signIn(TEACHER, PHONE);
        pages.admin = await signIn(ADMIN, LAPTOP);
    });
    after(async () => {
        await browser?.close();
        await server?.stop();
    });

    it('leads with the numbers that the API gives, and shows every mark in the grid', async () => {
        const [register, summary, trends, risk, corrections] = await Promise.all([
            report('register', period()),
            report('summary', period()),
            report('trends', period()),
            report('at-risk'),
            report('corrections', period()),
        ]);
        const weeks = trends.rows.filter(({ label }) => label.includes('-W'));
        const sum = (name) => weeks.reduce((all, week) => all + week[name], 0);
        const onTime = sum('present') / (sum('present') + sum('late') + sum('absent'));
        await visit('teacher', shown(), async (page) => {
            await page.waitForSelector('.register-grid');
            const numbers = await page.locator('.numbers dd.figures').allInnerTexts();
            assert.deepEqual(numbers, [
                percent(summary.summary[0].share),
                percent(onTime),
                String(risk.rows.length),
                String(corrections.rows.length),
            ]);
            for (const status of ['present', 'late', 'absent', 'excused']) {
                const cells = await page.locator(`.register-grid td.${status}`).count();
                assert.equal(cells, count(register, status), status);
            }
            const names = await page.locator('.register-grid tbody th').allInnerTexts();
            assert.deepEqual(new Set(names), new Set(register.rows.map(({ name }) => name)));
            const heard = await page.locator('.register-grid td.late').first().textContent();
            assert.equal(heard, 'Retardo');
        });
    });

    it('keeps in the address what is shown', async () => {
        await visit('teacher', 'reports', async (page) => {
            await page.waitForSelector('.numbers');
            const { items } = await get(teacher, '/courses');
            const other = items.at(-1);
            await page.selectOption('#what', `course:${other.id}`);
            await page.getByRole('button', { name: 'Este mes' }).click();
            await page.waitForFunction((id) => location.hash.includes(id), other.id);
            await page.waitForFunction(() => /from=\d{4}-\d\d-01/.test(location.hash));
            await page.getByText(other.name, { exact: false }).first().waitFor();
            const address = page.url();
            await page.reload();
            await page.waitForSelector('.numbers, .empty');
            assert.equal(page.url(), address);
            assert.equal(await page.inputValue('#what'), `course:${other.id}`);
            assert.equal(await page.getAttribute('.presets button:nth-child(2)', 'aria-pressed'), 'true');
        });
    });

    it('gives the file that the API gives, with the keyboard alone', async () => {
        await visit('teacher', shown(), async (page) => {
            // The page may still show the course that was looked at before.
            const { columns } = await report('register', period());
            const keys = columns.map(({ key }) => key);
            const isShown = (known) => {
                const heads = [...document.querySelectorAll('.day-head a')];
                const ids = heads.map((head) => head.hash.split('/').at(-1));
                return ids.length > 0 && ids.every((id) => known.some((key) => key.includes(id)));
            };
            await page.waitForFunction(isShown, keys);
            const csv = page.getByRole('button', { name: 'CSV' });
            for (let i = 0; i < 40; i++) {
                if (await csv.evaluate((one) => one === document.activeElement)) break;
                await page.keyboard.press('Tab');
            }
            const [file] = await Promise.all([
                page.waitForEvent('download'),
                page.keyboard.press('Enter'),
            ]);
            const query = `course=${course.id}${period()}&format=csv&language=es&bom=true`;
            const answer = await fetch(`${server.url}/reports/register?${query}`, {
                headers: { Authorization: `Bearer ${teacher.token}` },
            });
            const expected = Buffer.from(await answer.arrayBuffer());
            assert.deepEqual(await readFile(await file.path()), expected);
            assert.match(file.suggestedFilename(), /^register-.*\.csv$/);
            await page.locator('.day-head a').first().focus();
            await page.keyboard.press('ArrowRight');
            const second = '.day-head:nth-child(2) a';
            await page.waitForFunction((one) => document.querySelector(one) === document.activeElement, second);
            await page.keyboard.press('Enter');
            await page.waitForFunction(() => location.hash.startsWith('#/sessions/'));
        });
    });

    it('writes a long report in the background and says when it is ready', async () => {
        const { total } = (await get(admin, '/attendance/all?limit=1'));
        assert.ok(total > 20_000, `only ${total} marks`);
        await visit('admin', 'reports', async (page) => {
            await page.getByRole('button', { name: 'Más', exact: true }).last().click();
            const row = page.locator('dialog li', { hasText: 'Registro de asistencia' });
            await row.getByRole('button', { name: 'Excel' }).click();
            const ready = page.locator('dialog .files').getByRole('link', { name: 'Descargar' });
            const [file] = await Promise.all([
                page.waitForEvent('download', { timeout: 60_000 }),
                ready.click({ timeout: 60_000 }),
            ]);
            assert.equal((await readFile(await file.path())).subarray(0, 2).toString(), 'PK');
            await page.locator('dialog .files').getByRole('button', { name: 'Quitar' }).click();
            await page.locator('dialog .files').waitFor({ state: 'detached' });
            assert.equal((await get(admin, '/jobs')).total, 0);
        });
    });

    it('mails a report now and regularly, until one stops it', async () => {
        const before = (await get(teacher, '/report-schedules')).total;
        await visit('teacher', shown(), async (page) => {
            await page.getByRole('button', { name: 'Enviar por correo' }).click();
            await page.getByRole('button', { name: 'Enviarlo así' }).click();
            await page.getByText('Desde ahora te llega así.').waitFor();
            const rules = page.locator('dialog .each li');
            await page.waitForFunction((n) => document.querySelectorAll('dialog .each li').length > n, before);
            assert.equal(await rules.count(), before + 1);
            await rules.filter({ hasText: course.name }).getByRole('button', { name: 'Dejar de enviar' }).click();
            await page.getByText('Ya no se envía.').waitFor();
            assert.equal((await get(teacher, '/report-schedules')).total, before);
            await page.getByRole('button', { name: 'Enviar ahora' }).click();
            await page.locator('.toast', { hasText: TEACHER }).waitFor();
            assert.equal(await page.locator('dialog').count(), 0);
        });
    });

    it('shows who is in a course and where each stands, and adds a session', async () => {
        const { items } = await get(teacher, `/courses/${course.id}/roster`);
        const standing = await get(teacher, `/courses/${course.id}/standing?limit=200&language=es`);
        const first = standing.items.find(({ user_id: id }) => id === items[0].id);
        await visit('teacher', `courses/${course.id}`, async (page) => {
            await page.waitForSelector('tbody tr');
            assert.equal(await page.locator('tbody tr').count(), items.length);
            const row = page.locator('tbody tr', { hasText: first.user_name });
            assert.ok((await row.innerText()).includes(first.arithmetic));
            await row.getByRole('button').click();
            await page.waitForSelector('dialog .each li');
            assert.equal(await page.locator('dialog .each li').count(), first.sessions);
            await page.keyboard.press('Escape');

            await page.getByRole('button', { name: 'Agregar sesión' }).click();
            await page.fill('#day', term.last_day);
            await page.fill('#start_time', '20:00');
            await page.fill('#end_time', '19:00');
            await page.locator('dialog form').getByRole('button', { name: 'Agregar sesión' }).click();
            await page.waitForSelector('#end_time-wrong');
            await page.fill('#end_time', '21:30');
            await page.locator('dialog form').getByRole('button', { name: 'Agregar sesión' }).click();
            await page.getByText('20:00 – 21:30').waitFor();
        });
    });

    it('has the timetable of a group as the API has it, week by week', async () => {
        const { items: groups } = await get(admin, '/groups?limit=1');
        const { items } = await get(admin, `/timetable?group=${groups[0].id}`);
        await visit('admin', `timetable?group=${groups[0].id}`, async (page) => {
            await page.waitForSelector('.week, .empty');
            assert.equal(await page.locator('.slot').count(), items.length);
            await page.getByRole('button', { name: 'Semana siguiente' }).first().click();
            await page.waitForFunction(() => location.hash.includes('week='));
            await page.getByRole('button', { name: 'Esta semana' }).click();
            await page.waitForFunction(() => !location.hash.includes('week='));
        });
    });

    it('lists who is at risk with what is wrong, and sends a report of one of them', async () => {
        const { items } = await get(teacher, `/courses/${course.id}/standing?at_risk=true&language=es`);
        await visit('teacher', `risk?course=${course.id}`, async (page) => {
            await page.waitForSelector('tbody tr');
            assert.equal(await page.locator('tbody tr').count(), items.length);
            const [{ warning }] = items[0].warnings;
            await page.selectOption('#what', warning);
            const such = items.filter((one) => one.warnings.some((each) => each.warning === warning));
            await page.waitForFunction(
                (n) => document.querySelectorAll('tbody tr').length === n,
                such.length,
            );
            await page.locator('tbody tr').first().getByRole('button', { name: /^Enviarme/ }).click();
            await page.locator('.toast', { hasText: 'va en camino' }).waitFor();
        });
    });

    it('shows an administrator the day in numbers and what waits', async () => {
        const board = await get(admin, '/dashboard');
        const { counts } = await get(admin, '/system/status');
        await visit('admin', 'overview', async (page) => {
            await page.waitForSelector('.numbers');
            const numbers = await page.locator('.numbers dd.figures').allInnerTexts();
            assert.equal(numbers[1], String(board.marks.total));
            assert.equal(numbers[3], String(board.at_risk));
            await page.getByText(`${counts.disputes_open} aclaraciones por responder`).waitFor();
        });
    });

    it('lets the grid scroll alone on a phone, the names staying', async () => {
        await visit('phone', shown(), async (page) => {
            const wrap = page.locator('.grid-wrap');
            await wrap.waitFor();
            const left = () => page.locator('.register-grid tbody th').first().evaluate((one) => one.getBoundingClientRect().left);
            const before = await left();
            await wrap.evaluate((one) => (one.scrollLeft = 200));
            assert.equal(await left(), before);
        });
    });
});
