// Mail as people get it, over a real mail server that also refuses, delays and drops.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { Client, createPerson, PASSWORD } from '../helpers/client.mjs';
import { makeCertificate, noMailServer, startMailServer } from '../helpers/mail.mjs';
import { missingParts, program, startServer } from '../helpers/server.mjs';

const run = promisify(execFile);
const PUBLIC = 'https://presente.uni.mx';
const skip = missingParts() || noMailServer();

describe('mail', { skip, timeout: 120_000 }, () => {
    let post, server, anyone, admin, slow, killedAt;

    before(async () => {
        post = await startMailServer();
        server = await startServer({
            env: {
                PRESENTE_INSTITUTION_NAME: 'Universidad «Ñ» & Co',
                PRESENTE_SMTP_URL: `smtp://127.0.0.1:${post.port}`,
                PRESENTE_SMTP_TLS: 'off',
                PRESENTE_SMTP_SECONDS: '2',
                PRESENTE_MAIL_FROM: 'asistencia@uni.mx',
                PRESENTE_MAIL_RETRY_SECONDS: '1',
                PRESENTE_MAIL_LEASE_SECONDS: '4',
                PRESENTE_PUBLIC_URL: PUBLIC,
            },
        });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
    });
    after(async () => {
        await server?.stop();
        await post?.stop();
    });

    const to = (address) => async () =>
        (await post.messages()).filter((message) => message.to.includes(address));
    async function arrived(address, n = 1) {
        const end = Date.now() + 20_000;
        for (;;) {
            const found = await to(address)();
            if (found.length >= n || Date.now() > end) return found;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }
    const make = async (email, rest = {}) =>
        (await admin.post('/signup', { name: email, email, role: 'student', ...rest })).body;
    const invite = (person) => admin.post(`/users/${person.id}/invitation`);
    // Exit status 1 says that something is to be tried again.
    const sendNow = () =>
        run(program, ['mail', 'send-now'], { cwd: server.dir, env: server.env }).catch(
            ({ code }) => assert.equal(code, 1),
        );
    const entryOf = async (person) =>
        (await admin.get(`/outbox?user_id=${person.id}`)).body.items[0];
    const linkIn = (message, place) => {
        const [, token] = message.parts[0].text.match(new RegExp(`#/${place}\\?token=([\\w.-]+)`));
        return token;
    };

    it('is sent again after a crash, with the same Message-ID', async () => {
        slow = await make('slow@uni.mx');
        assert.equal((await invite(slow)).status, 202);
        for (let i = 0; (await entryOf(slow)).attempts === 0 && i < 200; i++)
            await new Promise((resolve) => setTimeout(resolve, 20));
        await server.kill('SIGKILL');
        killedAt = Date.now();
        await server.start();
        // What comes of it: the last test.
    });

    it('resets a password by a link that works once', async () => {
        const name = 'Zoë "Z" <b>Ñandú</b>';
        await admin.post('/signup', {
            name, email: 'zoe@uni.mx', role: 'student', password: PASSWORD, language: 'en',
        });
        const [known, unknown] = await Promise.all([
            anyone.post('/password/forgot', { email: ' ZOE@uni.mx ' }),
            anyone.post('/password/forgot', { email: 'nobody@uni.mx' }),
        ]);
        assert.deepEqual([known.status, known.body], [202, {}]);
        assert.deepEqual([unknown.status, unknown.body], [202, {}]);
        await sendNow();
        const [message] = await arrived('zoe@uni.mx');
        assert.deepEqual(message.defects, []);
        assert.ok(message.longest_line <= 78);
        assert.equal(message.type, 'multipart/alternative');
        assert.deepEqual(message.parts.map((part) => part.type), ['text/plain', 'text/html']);
        assert.equal(message.headers.from, 'Universidad «Ñ» & Co <asistencia@uni.mx>');
        assert.match(message.headers.to, /Ñandú.*<zoe@uni.mx>$/);
        assert.equal(message.headers['auto-submitted'], 'auto-generated');
        assert.equal(message.headers['list-unsubscribe'], undefined);
        assert.match(message.parts[1].text, /Zo. &quot;Z&quot; &lt;b&gt;Ñandú&lt;\/b&gt;/);

        const token = linkIn(message, 'password');
        assert.ok(message.parts[0].text.includes(`${PUBLIC}/#/password?token=`));
        const asSession = await new Client(server.url, token).get('/me');
        assert.equal(asSession.status, 401, 'the link is no session');
        const weak = await anyone.post('/password/set', { token, password: 'zoe' });
        assert.equal(weak.status, 400);
        const fresh = 'another horse 43';
        assert.equal((await anyone.post('/password/set', { token, password: fresh })).status, 204);
        await anyone.signIn('zoe@uni.mx', fresh);
        const old = await anyone.post('/login', { email: 'zoe@uni.mx', password: PASSWORD });
        assert.equal(old.status, 401);
        const again = await anyone.post('/password/set', { token, password: 'third horse 44' });
        assert.deepEqual([again.status, again.body.error.details], [400, [{ field: 'token' }]]);
        assert.equal((await to('nobody@uni.mx')()).length, 0);
    });

    it('asks an address for a pause, known or not', async () => {
        const answers = [];
        for (let i = 0; i < 11; i++)
            answers.push((await anyone.post('/password/forgot', { email: 'who@uni.mx' })).status);
        assert.deepEqual(answers, [...Array(10).fill(202), 429]);
    });

    it('invites, in the reader’s language or else the institution’s', async () => {
        const [es, en] = [await make('es@uni.mx'), await make('en@uni.mx', { language: 'en' })];
        const { status, body } = await admin.post('/invitations', { user_ids: [es.id, en.id] });
        assert.deepEqual([status, body], [202, { invited: 2 }]);
        await sendNow();
        const [[spanish], [english]] = [await arrived('es@uni.mx'), await arrived('en@uni.mx')];
        assert.equal(spanish.headers.subject, 'Tu cuenta de asistencia en Universidad «Ñ» & Co');
        assert.equal(english.headers.subject, 'Your attendance account at Universidad «Ñ» & Co');
        const token = linkIn(english, 'password');
        const set = await anyone.post('/password/set', { token, password: PASSWORD });
        assert.equal(set.status, 204);
        const student = await anyone.signIn('en@uni.mx', PASSWORD);
        assert.equal((await student.post(`/users/${es.id}/invitation`)).status, 403);
        assert.equal((await student.get('/outbox')).status, 403);
    });

    it('tries again after 4xx and a lost connection', async () => {
        for (const email of ['later@uni.mx', 'drop@uni.mx'])
            assert.equal((await invite(await make(email))).status, 202);
        await sendNow();
        await sendNow();
        assert.equal((await arrived('later@uni.mx')).length, 1);
        assert.equal((await arrived('drop@uni.mx')).length, 1);
    });

    it('may come twice when the answer of the mail server was lost: one Message-ID', async () => {
        await invite(await make('window@uni.mx'));
        await sendNow();
        await sendNow();
        const [first, second] = await arrived('window@uni.mx', 2);
        assert.equal(first.headers['message-id'], second.headers['message-id']);
    });

    it('gives up at once what is refused, and sends it again when told to', async () => {
        const person = await make('refuse@uni.mx');
        await invite(person);
        await sendNow();
        for (let i = 0; (await entryOf(person)).state !== 'dead' && i < 200; i++)
            await new Promise((resolve) => setTimeout(resolve, 50));
        const dead = await entryOf(person);
        assert.deepEqual([dead.state, dead.attempts], ['dead', 1]);
        assert.match(dead.last_error, /550.*No such mailbox/);
        const listed = (await admin.get('/outbox?state=dead')).body;
        assert.deepEqual(listed.items.map((item) => item.id), [dead.id]);

        const preview = (await admin.get(`/outbox/${dead.id}/preview`)).body;
        assert.equal(preview.to, 'refuse@uni.mx');
        assert.match(preview.html, /Universidad «Ñ» &amp; Co/);
        assert.match(preview.text, /token=preview/);

        await admin.patch(`/users/${person.id}`, { email: 'taken@uni.mx' });
        assert.equal((await admin.post(`/outbox/${dead.id}/retry`)).status, 204);
        assert.equal((await arrived('taken@uni.mx')).length, 1);
        assert.equal((await admin.post(`/outbox/${dead.id}/retry`)).status, 409);
        assert.equal((await admin.post(`/outbox/${dead.id}/cancel`)).status, 409);
    });

    it('comes once however many nodes send', async () => {
        const people = [];
        for (let i = 0; i < 12; i++) people.push((await make(`many${i}@uni.mx`)).id);
        await admin.post('/invitations', { user_ids: people });
        await Promise.all([sendNow(), sendNow(), sendNow()]);
        for (let i = 0; i < 12; i++) await arrived(`many${i}@uni.mx`);
        const all = (await post.messages()).filter(({ to: [one] }) => one.startsWith('many'));
        assert.equal(all.length, 12);
    });

    it('is encrypted and signed in as the settings say, or not sent', async () => {
        const dir = path.join(server.dir, 'tls');
        const { ca, certificate, key } = await makeCertificate(dir);
        const file = path.join(dir, 'password');
        await writeFile(file, 'sesame & co\n');
        const tls = ['--certificate', certificate, '--key', key];
        const test = (env) =>
            run(program, ['mail', 'test', 'me@uni.mx'], {
                cwd: server.dir, env: { ...server.env, PRESENTE_SMTP_TLS: 'required', ...env },
            }).catch((problem) => problem);
        const starttls = await startMailServer(...tls, '--login', 'us:sesame & co');
        const implicit = await startMailServer(...tls, '--implicit');
        try {
            const url = `smtp://localhost:${starttls.port}`;
            const good = {
                PRESENTE_SMTP_URL: url, PRESENTE_SMTP_CA: ca, PRESENTE_SMTP_USER: 'us',
                PRESENTE_SMTP_PASSWORD_FILE: file,
            };
            assert.match((await test(good)).stdout, /has taken a message/);
            assert.equal((await starttls.messages()).length, 1);
            for (const [bad, why] of [
                [{ PRESENTE_SMTP_CA: '' }, /certificate/],
                [{ PRESENTE_SMTP_URL: `smtp://127.0.0.1:${starttls.port}` }, /certificate|subject/],
                [{ PRESENTE_SMTP_PASSWORD_FILE: '', PRESENTE_SMTP_PASSWORD: 'wrong' }, /535/],
                [{ PRESENTE_SMTP_URL: `smtp://localhost:${post.port}` }, /STARTTLS|SSL|TLS/],
                [{ PRESENTE_SMTP_URL: 'smtp://127.0.0.1:1' }, /connect/i],
            ]) {
                const { code, stderr } = await test({ ...good, ...bad });
                assert.equal(code, 4, stderr);
                assert.match(stderr, why);
                assert.doesNotMatch(stderr, /sesame|wrong/);
            }
            const smtps = {
                PRESENTE_SMTP_URL: `smtps://localhost:${implicit.port}`, PRESENTE_SMTP_CA: ca,
            };
            assert.match((await test(smtps)).stdout, /has taken a message/);
            const { stdout } = await run(program, ['config'], {
                cwd: server.dir, env: { ...server.env, PRESENTE_SMTP_PASSWORD: 'sesame' },
            });
            assert.doesNotMatch(stdout, /sesame/);
        } finally {
            await starttls.stop();
            await implicit.stop();
            await rm(dir, { recursive: true, force: true });
        }
    });

    it('sends a report with its file, until one refuses by one click', async () => {
        const student = await createPerson(admin, {
            email: 'ana@uni.mx', name: 'Ana Cauich', role: 'student', language: 'en',
        });
        assert.equal((await student.post('/me/report/mail', { format: 'csv' })).status, 202);
        await sendNow();
        const [message] = await arrived('ana@uni.mx');
        assert.deepEqual(message.defects, []);
        assert.equal(message.type, 'multipart/mixed');
        const file = message.parts.find((part) => part.disposition === 'attachment');
        assert.equal(file.type, 'text/csv');
        assert.match(file.name, /^[\w-]+\.csv$/);
        assert.match(file.text, /^\uFEFF?.*Student/);

        const header = message.headers['list-unsubscribe'];
        assert.equal(message.headers['list-unsubscribe-post'], 'List-Unsubscribe=One-Click');
        const url = new URL(header.replace(/[<>\s]/g, ''));
        assert.equal(url.origin, PUBLIC);
        const where = url.pathname + url.search;
        for (let i = 0; i < 2; i++)
            assert.deepEqual((await anyone.get(where)).body, { kind: 'report', refused: false });
        const page = await anyone.get(where, { headers: { Accept: 'text/html' } });
        assert.equal(page.status, 303);
        assert.match(page.headers.get('location'), /^\/#\/unsubscribe\?token=/);
        const click = await anyone.send('POST', where, {
            body: 'List-Unsubscribe=One-Click',
            headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        });
        assert.deepEqual([click.status, click.body], [200, { kind: 'report', refused: true }]);
        assert.deepEqual((await student.get('/me/mail')).body,
            { absence: true, warning: true, report: false });
        assert.equal((await anyone.get('/unsubscribe?token=no')).status, 400);
    });

    it('tells of an absence and of being at risk, with the report attached', async () => {
        const ok = async (call) => {
            const { status, body } = await call;
            assert.ok(status < 300, JSON.stringify(body));
            return body;
        };
        const dayAfter = (n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);
        const teacher = await createPerson(admin, { email: 'tea@uni.mx', role: 'teacher' });
        const student = await createPerson(admin, {
            email: 'eva@uni.mx', name: 'Eva Peña', role: 'student',
        });
        await ok(admin.patch('/institution', { warnings: ['absence', 'at_risk'] }));
        const term = await ok(admin.post('/terms', {
            name: 'T', first_day: dayAfter(-300), last_day: dayAfter(300),
        }));
        const subject = await ok(admin.post('/subjects', { name: 'Álgebra' }));
        const course = await ok(admin.post('/courses', {
            term_id: term.id, subject_id: subject.id, name: 'Álgebra 1',
        }));
        await ok(admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`));
        await ok(admin.post('/enrolments', {
            user_id: student.user.id, course_id: course.id, first_day: dayAfter(-300),
        }));
        const session = await ok(admin.post('/sessions', {
            course_id: course.id, day: dayAfter(-2), start_time: '08:00', end_time: '09:30',
        }));
        await ok(teacher.post(`/sessions/${session.id}/close`));
        await sendNow();
        await sendNow();
        const told = await arrived('eva@uni.mx', 2);
        const absence = told.find((one) => one.headers.subject.startsWith('Falta en Álgebra 1'));
        assert.match(absence.parts[0].text, /el \d+ de \w+ de \d{4}, de 08:00 a 09:30/);
        assert.ok(absence.headers['list-unsubscribe']);
        const risk = told.find((one) => one.headers.subject.startsWith('Aviso de asistencia'));
        assert.match(risk.parts[0].text, /La cuenta: .*1/);
        const [digest] = await arrived('tea@uni.mx');
        assert.match(digest.parts[0].text, /- Eva Peña: /);

        const { id } = course;
        for (const format of ['csv', 'xlsx', 'pdf'])
            await ok(teacher.post('/reports/summary/mail', { course: id, format }));
        await sendNow();
        const reports = (await arrived('tea@uni.mx', 4)).slice(1);
        const file = (type) => {
            const parts = reports.flatMap((one) => one.parts);
            return parts.find((part) => part.disposition === 'attachment' && part.type === type);
        };
        assert.match(file('text/csv').text, /Eva Peña/);
        const start = (type) => Buffer.from(file(type).base64, 'base64').subarray(0, 4).toString();
        assert.equal(start('application/pdf'), '%PDF');
        assert.match(start(
            'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'), /^PK/);
        const stranger = await createPerson(admin, { email: 'else@uni.mx', role: 'teacher' });
        const hidden = await stranger.post('/reports/summary/mail', { course: id });
        assert.equal(hidden.status, 404);
        // Nothing comes twice.
        assert.equal((await to('eva@uni.mx')()).length, 2);
    });

    it('has schedules of one’s own', async () => {
        const teacher = await createPerson(admin, { email: 'tina@uni.mx', role: 'teacher' });
        const made = await teacher.post('/report-schedules', { frequency: 'daily', at: '18:30' });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        const { id, kind, weekday, format, active } = made.body;
        assert.deepEqual([kind, weekday, format, active], ['teacher', 1, 'pdf', true]);
        const student = await anyone.signIn('ana@uni.mx', PASSWORD);
        assert.equal((await student.get(`/report-schedules/${id}`)).status, 404);
        assert.equal((await student.delete(`/report-schedules/${id}`)).status, 404);
        assert.equal((await student.post('/report-schedules', { kind: 'teacher' })).status, 400);
        const wrong = await teacher.patch(`/report-schedules/${id}`, { at: '25:00' });
        assert.deepEqual([wrong.status, wrong.body.error.details], [400, [{ field: 'at' }]]);
        const off = await teacher.patch(`/report-schedules/${id}`, { active: false });
        assert.equal(off.body.active, false);
        assert.equal((await admin.get('/report-schedules')).body.total, 1);
        assert.equal((await teacher.delete(`/report-schedules/${id}`)).status, 204);
    });

    it('the mail that was under way when the program was killed has come', async () => {
        while ((await entryOf(slow)).state !== 'sent' && Date.now() < killedAt + 20_000)
            await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal((await entryOf(slow)).state, 'sent');
        // Twice when the mail server had taken it already and nobody was there to note it.
        const found = await arrived('slow@uni.mx');
        assert.ok(found.length >= 1 && found.length <= 2, `${found.length} messages`);
        assert.equal(new Set(found.map((one) => one.headers['message-id'])).size, 1);
    });
});
