// Where students stand, the reports, and the lists of marks as files.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, program, startServer } from '../helpers/server.mjs';

const run = promisify(execFile);
const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

describe('reports', { skip: missingParts() }, () => {
    let server, admin, teacher, other, ana, bruno, group, subject, term, course;

    const made = async (path, json) => {
        const { status, body } = await admin.post(path, json);
        assert.equal(status, 201, JSON.stringify(body));
        return body;
    };
    const got = async (client, path) => {
        const { status, body } = await client.get(path);
        assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
        return body;
    };
    const bytes = async (client, path) => {
        const answer = await fetch(server.url + path, {
            headers: { Authorization: `Bearer ${client.token}` },
        });
        return { answer, data: Buffer.from(await answer.arrayBuffer()) };
    };

    // Ana: present, late, absent: 1.5 of 3. Bruno: present, excused, present: 2 of 2.
    before(async () => {
        server = await startServer({ env: { PRESENTE_EMAIL_DOMAIN: 'uni.mx' } });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        group = await made('/groups', { name: '1A' });
        term = await made('/terms', { name: 'Otoño', first_day: day(-60), last_day: day(60) });
        subject = await made('/subjects', { name: 'Álgebra' });
        course = await made('/courses', { term_id: term.id, subject_id: subject.id });
        teacher = await createPerson(admin, { email: 'tina@uni.mx', role: 'teacher' });
        other = await createPerson(admin, { email: 'omar@uni.mx', role: 'teacher' });
        ana = await createPerson(admin, { email: 'ana@uni.mx', name: 'Ana', role: 'student' });
        bruno = await createPerson(admin, { email: 'b@uni.mx', name: '=Bruno', role: 'student' });
        await admin.put(`/courses/${course.id}/groups/${group.id}`);
        await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`);
        for (const who of [ana, bruno])
            await made('/enrolments', { user_id: who.user.id, group_id: group.id, first_day: day(-50) });
        const marks = [['present', 'present'], ['late', 'excused'], ['absent', 'present']];
        for (let i = 0; i < marks.length; i++) {
            const session = await made('/sessions', {
                course_id: course.id, day: day(-20 + 7 * i), start_time: '08:00', end_time: '10:00',
            });
            const { status, body } = await teacher.put(`/sessions/${session.id}/marks`, {
                marks: [ana, bruno].map((who, n) => ({ user_id: who.user.id, status: marks[i][n] })),
            });
            assert.equal(status, 200, JSON.stringify(body));
        }
    });
    after(() => server?.stop());

    it('shows the arithmetic of a course, sorted, paged and by warning', async () => {
        const path = `/courses/${course.id}/standing`;
        const { items, total } = await got(teacher, `${path}?language=en&detail=true`);
        assert.equal(total, 2);
        const [second, first] = items; // "=Bruno" comes before "Ana"
        assert.equal(first.user_name, 'Ana');
        assert.equal(first.arithmetic, '(1 + 1 × 0.5) of 3 = 50.0 %');
        assert.deepEqual(first.detail.map(({ points }) => points), [1, 0.5, 0]);
        assert.equal(first.warnings[1].text, '50.0 % is below the 80 % required');
        assert.equal(second.share, 1);
        assert.equal(second.left_out, 1);
        const worst = await got(admin, `${path}?sort=share&limit=1`);
        assert.equal(worst.total, 2);
        assert.deepEqual(worst.items.map(({ user_name }) => user_name), ['Ana']);
        assert.equal((await got(admin, `${path}?at_risk=true`)).total, 1);
        assert.equal((await other.get(path)).status, 404);
        assert.equal((await ana.get(path)).status, 403);
        for (const query of ['sort=age', 'language=fr', 'from=x', 'colour=red'])
            assert.equal((await admin.get(`${path}?${query}`)).status, 400, query);
    });

    it('tells a student where they stand', async () => {
        const own = await got(ana, '/me/standing');
        assert.equal(own.total, 1);
        assert.equal(own.items[0].arithmetic, '(1 + 1 × 0.5) de 3 = 50.0 %');
        assert.equal((await got(teacher, `/students/${ana.user.id}/standing`)).total, 1);
        assert.ok([403, 404].includes((await ana.get(`/students/${bruno.user.id}/standing`)).status));
    });

    it('lists the reports by role', async () => {
        const names = async (client) => (await got(client, '/reports')).items.map(({ name }) => name);
        assert.deepEqual(await names(admin), ['at-risk', 'corrections', 'late', 'marks', 'methods',
            'register', 'sessions', 'summary', 'trends']);
        assert.deepEqual(await names(ana), ['late', 'marks', 'summary', 'trends']);
    });

    it('gives a teacher the report of a group, a subject and a period in one request', async () => {
        const path = `/reports/register?group=${group.id}&subject=${subject.id}` +
            `&from=${day(-30)}&to=${day(0)}`;
        const sheet = await got(teacher, `${path}&language=en`);
        assert.equal(sheet.title, 'Register');
        assert.equal(sheet.rows.length, 2);
        assert.equal(sheet.columns.filter(({ kind }) => kind === 'status').length, 3);
        assert.equal(sheet.series[0].labels.length, 3);
        assert.equal((await other.get(path)).status, 404);
        for (const [format, magic, type] of [['xlsx', 'PK', /spreadsheetml/], ['pdf', '%PDF', /pdf/],
            ['csv', '\uFEFF', /csv/]]) {
            const { answer, data } = await bytes(teacher, `${path}&format=${format}&bom=true`);
            assert.equal(answer.status, 200);
            assert.match(answer.headers.get('content-type'), type);
            assert.match(answer.headers.get('content-disposition'), /register-1a-algebra/);
            assert.ok(data.toString('utf8').startsWith(magic), format);
            if (format === 'csv') assert.match(data.toString('utf8'), /'=Bruno/);
        }
    });

    it('refuses what a report does not know', async () => {
        for (const query of ['colour=red', 'format=doc', 'paper=a5', 'from=x', 'language=fr',
            'status=here', 'separator=x', 'bom=maybe', 'course=5'])
            assert.equal((await admin.get(`/reports/marks?${query}`)).status, 400, query);
        assert.equal((await admin.get('/reports/register')).status, 400);
        assert.equal((await admin.get('/reports/weather')).status, 404);
        assert.equal((await ana.get(`/reports/register?course=${course.id}`)).status, 404);
    });

    it('narrows the lists of marks, and gives them as files', async () => {
        const total = async (client, path) => (await got(client, path)).total;
        assert.equal(await total(admin, `/attendance/all?course=${course.id}`), 6);
        assert.equal(await total(admin, `/attendance/all?course=${course.id}&status=excused`), 1);
        assert.equal(await total(admin, `/attendance/all?group=${group.id}&method=face`), 0);
        assert.equal(await total(teacher, '/attendance/all'), 6);
        assert.equal(await total(other, '/attendance/all'), 0);
        assert.equal(await total(teacher, `/attendance/${course.id}`), 6);
        assert.equal(await total(ana, `/attendance?course=${course.id}`), 3);
        assert.equal((await other.get(`/attendance/all?course=${course.id}`)).status, 404);
        const csv = await teacher.get(`/attendance/all?course=${course.id}&format=csv`);
        assert.equal(csv.body.trim().split('\r\n').length, 7);
        const xlsx = await bytes(admin, `/attendance/export?course=${course.id}&format=xlsx`);
        assert.ok(xlsx.data.toString('latin1').startsWith('PK'));
        const moved = await ana.get('/attendance?format=pdf&status=late');
        assert.equal(moved.status, 303);
        const pdf = await bytes(ana, moved.headers.get('location'));
        assert.ok(pdf.data.toString('latin1').startsWith('%PDF'));
        assert.equal((await admin.get('/attendance/all?format=doc')).status, 400);
    });

    it('sums up on a dashboard what its viewer may see', async () => {
        const all = await got(admin, '/dashboard');
        assert.equal(all.trend.length, 3);
        assert.equal(all.methods.manual, 6);
        assert.deepEqual([all.students, all.at_risk], [2, 1]);
        const none = await got(other, '/dashboard');
        assert.deepEqual([none.trend.length, none.students], [0, 0]);
        assert.equal((await got(ana, '/dashboard')).students, 1);
        assert.equal((await admin.get('/dashboard?from=x')).status, 400);
    });

    it('writes reports on the command line', async () => {
        const env = { ...process.env, ...server.env };
        const { stdout } = await run(program, ['report', 'summary', '--course', 'algebra',
            '--term', 'otono', '--format', 'json', '--language', 'en'], { env, cwd: server.dir });
        assert.equal(JSON.parse(stdout).rows.length, 2);
        const listed = await run(program, ['report', 'list'], { env, cwd: server.dir });
        assert.match(listed.stdout, /at-risk/);
        const late = await run(program, ['export', '--status', 'late', '--course', 'Álgebra'],
            { env, cwd: server.dir });
        assert.equal(late.stdout.trim().split('\r\n').length, 2);
        await assert.rejects(run(program, ['report', 'weather'], { env, cwd: server.dir }));
    });
});
