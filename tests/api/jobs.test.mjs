// Reports in the background, and what is set for the whole institution.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

// A 2 × 2 picture.
const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==',
    'base64',
);

const NOBODY = '01900000-0000-7000-8000-000000000000';

describe('jobs and the institution', { skip: missingParts() }, () => {
    let server, anyone, admin, student, teacher;

    before(async () => {
        server = await startServer();
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        student = await createPerson(admin, { email: 'ana@uni.mx', role: 'student', name: 'Ana Núñez' });
        teacher = await createPerson(admin, { email: 'eva@uni.mx', role: 'teacher' });
        for (const day of ['2026-03-11', '2026-03-12']) {
            const mark = { user_id: student.user.id, day, status: 'late', reason: 'On paper' };
            const made = await admin.post('/attendance', mark);
            assert.equal(made.status, 200, JSON.stringify(made.body));
        }
    });
    after(() => server?.stop());

    const fetchFile = async (client, id) => {
        const answer = await fetch(`${server.url}/jobs/${id}/file`, {
            headers: { Authorization: `Bearer ${client.token}` },
        });
        return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
    };

    const finished = async (client, id) => {
        for (let i = 0; i < 200; i++) {
            const { body } = await client.get(`/jobs/${id}`);
            if (body.state !== 'waiting' && body.state !== 'running') return body;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error('the job does not end');
    };

    it('writes a report in each format', async () => {
        const begins = { csv: 'Day,', json: '{"name":"marks"', xlsx: 'PK', pdf: '%PDF' };
        for (const [format, begin] of Object.entries(begins)) {
            const asked = await student.post('/reports/marks/jobs', { format, language: 'en' });
            assert.equal(asked.status, 202, JSON.stringify(asked.body));
            assert.equal(asked.headers.get('location'), `/jobs/${asked.body.id}`);
            assert.equal(asked.body.state, 'waiting');
            const job = await finished(student, asked.body.id);
            assert.equal(job.state, 'done', job.error);
            assert.equal(job.report, 'marks');
            assert.equal(job.done, 2);
            const file = await fetchFile(student, job.id);
            assert.equal(file.status, 200);
            assert.equal(file.bytes.length, job.size);
            assert.equal(file.headers.get('content-type'), job.media_type);
            assert.match(file.headers.get('content-disposition'), new RegExp(`^attachment; .*\\.${format}"`));
            assert.ok(file.bytes.toString('utf8').startsWith(begin), file.bytes.subarray(0, 40).toString());
        }
        const { body } = await student.get('/jobs?limit=2');
        assert.equal(body.total, 4);
        assert.deepEqual(body.items.map((job) => job.format), ['pdf', 'xlsx']);
    });

    it('shows and keeps nobody else’s', async () => {
        const { body } = await student.get('/jobs');
        const { id } = body.items[0];
        for (const call of [
            () => teacher.get(`/jobs/${id}`),
            () => teacher.delete(`/jobs/${id}`),
            () => admin.get(`/jobs/${id}/file`),
            () => student.get(`/jobs/${NOBODY}`),
        ])
            assert.equal((await call()).status, 404);
        assert.equal((await teacher.get('/jobs')).body.total, 0);
        assert.equal((await anyone.get('/jobs')).status, 401);
    });

    it('removes a job with its result', async () => {
        const { body } = await student.get('/jobs');
        const { id } = body.items[0];
        assert.equal((await student.delete(`/jobs/${id}`)).status, 204);
        assert.equal((await student.get(`/jobs/${id}`)).status, 404);
        assert.equal((await fetchFile(student, id)).status, 404);
    });

    it('refuses what makes no sense', async () => {
        const cases = [
            ['/reports/nothing/jobs', {}, 404],
            ['/reports/marks/jobs', { format: 'xls' }, 400],
            ['/reports/marks/jobs', { separator: '|' }, 400],
            ['/reports/marks/jobs', { paper: 'a5' }, 400],
            ['/reports/marks/jobs', { colour: 'red' }, 400],
            ['/reports/marks/jobs', { from: 'monday' }, 400],
            ['/reports/marks/jobs', [], 400],
        ];
        for (const [route, body, status] of cases)
            assert.equal((await student.post(route, body)).status, status, JSON.stringify(body));
        assert.equal((await anyone.post('/reports/marks/jobs', {})).status, 401);
    });

    it('tells everybody the name, and more to those who are signed in', async () => {
        const open = await anyone.get('/institution');
        assert.deepEqual(open.body, {
            name: 'Presente',
            short_name: 'Presente',
            language: 'es',
            logo_url: null,
            accent: null,
            accent_dark: null,
        });
        const { body: seen } = await student.get('/institution');
        assert.equal(seen.late_after, '09:00:00');
        assert.equal(seen.warnings, undefined);
        const { body: all } = await teacher.get('/institution');
        assert.equal(all.paper, 'a4');
        assert.deepEqual(all.warnings, []);
        assert.equal(all.student_report.frequency, 'off');
    });

    it('changes what is set, as an administrator', async () => {
        const change = {
            name: 'Universidad del Mayab',
            language: 'en',
            time_zone: 'America/Bogota',
            late_after: '08:10',
            warnings: ['absence'],
            teacher_report: { frequency: 'weekly', weekday: 5, at: '18:00', format: 'xlsx' },
        };
        const changed = await admin.patch('/institution', change);
        assert.equal(changed.status, 200, JSON.stringify(changed.body));
        assert.equal(changed.body.late_after, '08:10:00');
        assert.equal(changed.body.absent_after, '11:30:00');
        assert.equal(changed.body.time_zone, 'America/Bogota');
        assert.equal(changed.body.mail_sender, 'Universidad del Mayab');
        assert.deepEqual(changed.body.teacher_report, {
            frequency: 'weekly',
            weekday: 5,
            at: '18:00:00',
            format: 'xlsx',
        });
        assert.deepEqual((await admin.get('/institution')).body, changed.body);
        const { body: log } = await admin.get('/audit?action=institution.update');
        const details = log.items[0].details;
        assert.deepEqual(details.name, { from: 'Presente', to: 'Universidad del Mayab' });
        assert.deepEqual(details.late_after, { from: '09:00:00', to: '08:10:00' });
        assert.equal((await teacher.patch('/institution', { name: 'X' })).status, 403);
        assert.equal((await anyone.patch('/institution', { name: 'X' })).status, 401);
        for (const [body, field] of [
            [{ late_after: '12:00' }, 'absent_after'],
            [{ time_zone: 'Europe/Nowhere' }, 'time_zone'],
            [{ email_domain: 'uni mx' }, 'email_domain'],
            [{ warnings: [7] }, 'warnings'],
            [{ student_report: { weekday: 0 } }, 'student_report'],
        ]) {
            const answer = await admin.patch('/institution', body);
            assert.equal(answer.status, 400);
            assert.equal(answer.body.error.details[0].field, field);
        }
        assert.equal((await admin.patch('/institution', { color: 'red' })).status, 400);
    });

    it('shows the logo to everybody', async () => {
        assert.equal((await anyone.get('/institution/logo')).status, 404);
        const put = (client, body, type) =>
            client.send('PUT', '/institution/logo', { body, headers: { 'Content-Type': type } });
        assert.equal((await put(admin, PNG, 'image/png')).status, 204);
        assert.equal((await anyone.get('/institution')).body.logo_url, '/institution/logo');
        const shown = await fetch(`${server.url}/institution/logo`);
        assert.equal(shown.headers.get('content-type'), 'image/png');
        const bytes = Buffer.from(await shown.arrayBuffer());
        assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
        const again = await anyone.get('/institution/logo', {
            headers: { 'If-None-Match': shown.headers.get('etag') },
        });
        assert.equal(again.status, 304);
        assert.equal((await put(admin, Buffer.from('no picture'), 'image/png')).status, 415);
        assert.equal((await put(admin, PNG, 'image/svg+xml')).status, 415);
        assert.equal((await put(teacher, PNG, 'image/png')).status, 403);
        assert.equal((await teacher.delete('/institution/logo')).status, 403);
        // It stands in a report.
        const asked = await student.post('/reports/marks/jobs', { format: 'pdf' });
        assert.equal((await finished(student, asked.body.id)).state, 'done');
        assert.ok((await fetchFile(student, asked.body.id)).bytes.includes('/Image'));
        assert.equal((await admin.delete('/institution/logo')).status, 204);
        assert.equal((await anyone.get('/institution/logo')).status, 404);
    });
});
