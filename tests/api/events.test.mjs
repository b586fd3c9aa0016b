// Sessions as they take place: events over real connections, of one node and of two, for who may
// hear them; today's counts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { listen } from '../helpers/listener.mjs';
import { freePort, missingParts, program, startServer } from '../helpers/server.mjs';
import { TIME_ZONE, wall } from '../helpers/wall.mjs';

const STREAMS_MAX = 40; // of one person
const PEOPLE = 300; // of the large class

describe('events of a session', { skip: missingParts() }, () => {
    let server, admin, teacher, stranger, student, course, session, people, large, node;
    const open = [];

    const made = async (route, body) => {
        const answer = await admin.post(route, body);
        assert.equal(answer.status, 201, `${route}: ${JSON.stringify(answer.body)}`);
        return answer.body;
    };
    const meeting = (course_id, minutes) => {
        const [day, start_time] = wall(minutes);
        return made('/sessions', { course_id, day, start_time, end_time: wall(minutes + 60)[1] });
    };
    const listenTo = async (id = session.id, { url = server.url, token = teacher.token, ...options } = {}) => {
        const listener = await listen(url, `/sessions/${id}/events`, token, options);
        open.push(listener);
        return listener;
    };
    const mark = async (person, status, { client = teacher, id = session.id } = {}) => {
        const { status: answered, body } = await client.put(`/sessions/${id}/marks`, {
            marks: [{ user_id: person, status, reason: 'seen' }],
        });
        assert.equal(answered, 200, JSON.stringify(body));
    };

    /** A class of many, and the session that it has now. */
    const makeLargeClass = async (term, subject) => {
        const file = path.join(server.dir, 'people.csv');
        const group = await made('/groups', { name: 'Large' });
        const rows = Array.from({ length: PEOPLE }, (_, i) => `Person ${i},person${i}@uni.mx,Large`);
        await writeFile(file, `name,email,group\n${rows.join('\n')}\n`);
        await server.presente('import', 'roster', file, '--apply');
        const all = await made('/courses', { term_id: term.id, subject_id: subject.id, name: 'All' });
        await admin.put(`/courses/${all.id}/groups/${group.id}`);
        const { id } = await meeting(all.id, -5);
        const { body } = await admin.get(`/sessions/${id}/register`);
        return { id, people: body.items.map(({ user }) => user.id) };
    };

    before(async () => {
        server = await startServer({
            env: {
                PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_TIME_ZONE: TIME_ZONE,
                PRESENTE_LIMIT_LISTENERS: String(STREAMS_MAX),
            },
        });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        teacher = await createPerson(admin, { email: 'maestra@uni.mx', role: 'teacher' });
        stranger = await createPerson(admin, { email: 'otra@uni.mx', role: 'teacher' });
        student = await createPerson(admin, { email: 'ana@uni.mx', role: 'student', name: 'Ana Pech' });
        const term = await made('/terms', {
            name: '2026', first_day: wall(-1440 * 30)[0], last_day: wall(1440 * 60)[0],
        });
        const subject = await made('/subjects', { name: 'Álgebra' });
        course = await made('/courses', { term_id: term.id, subject_id: subject.id });
        await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`);
        people = [student.user.id];
        for (const [name, email] of [['Beto Chan', 'beto@uni.mx'], ['Zoë Ek', 'zoe@uni.mx']])
            people.push((await createPerson(admin, { name, email, role: 'student' })).user.id);
        for (const user_id of people)
            await made('/enrolments', { user_id, course_id: course.id, first_day: wall(-1440)[0] });
        session = await meeting(course.id, -5);
        large = await makeLargeClass(term, subject);
    });
    after(async () => {
        for (const listener of open) listener.close();
        node?.kill('SIGKILL');
        await server?.stop();
    });

    it('are for who may see its register', async () => {
        const events = (client, id = session.id) => client.get(`/sessions/${id}/events`);
        assert.equal((await events(new Client(server.url))).status, 401);
        assert.equal((await events(student)).status, 403);
        assert.equal((await events(stranger)).status, 404);
        assert.equal((await events(teacher, course.id)).status, 404);
        assert.equal((await events(teacher, 'nothing')).status, 404);
    });

    it('begin with the counts and go on with marks', async () => {
        const listener = await listenTo();
        assert.equal(listener.status, 200);
        assert.equal(listener.headers['content-type'], 'text/event-stream');
        assert.equal(listener.headers['cache-control'], 'no-store');
        assert.equal(listener.headers['x-accel-buffering'], 'no');
        const first = await listener.next('register');
        assert.ok(Number(first.retry) > 0 && first.id);
        assert.deepEqual(first.data.counts, { present: 0, late: 0, absent: 0, excused: 0, unmarked: 3 });
        assert.equal(first.data.total, 3);
        assert.equal(first.data.session_id, session.id);
        assert.equal(first.data.window, 'open');
        assert.equal(first.data.resumed, false);
        await mark(people[0], 'present');
        const { data } = await listener.next('mark');
        assert.equal(data.user_id, people[0]);
        assert.equal(data.name, 'Ana Pech');
        assert.equal(data.status, 'present');
        assert.equal(data.method, 'manual');
        assert.ok(data.marked_at && data.id);
        assert.deepEqual(data.counts, { present: 1, late: 0, absent: 0, excused: 0, unmarked: 2 });
        await mark(people[0], 'late');
        assert.equal((await listener.next('mark')).data.status, 'late');
        // By cookie as well: that is how a browser's EventSource asks.
        const browser = await listenTo(session.id, { token: null, cookie: `presente_session=${admin.token}` });
        assert.equal((await browser.next('register')).data.counts.late, 1);
    });

    it('go on where a listener broke off', async () => {
        const listener = await listenTo();
        await listener.next('register');
        await mark(people[1], 'present');
        await listener.next('mark');
        listener.close();
        await mark(people[1], 'late');
        await mark(people[2], 'present');
        const again = await listenTo(session.id, { lastId: listener.lastId });
        const { data } = await again.next('register');
        assert.equal(data.resumed, true);
        assert.equal(data.counts.unmarked, 0);
        assert.deepEqual(
            [(await again.next('mark')).data, (await again.next('mark')).data].map((m) => [m.user_id, m.status]),
            [[people[1], 'late'], [people[2], 'present']],
        );
        const foreign = await listenTo(session.id, { lastId: 'ffffffff-3' });
        assert.equal((await foreign.next('register')).data.resumed, false);
    });

    it('come from another node too, each to its own listeners', async () => {
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        const env = { ...server.env, PRESENTE_LISTEN: `127.0.0.1:${port}` };
        node = spawn(program, ['serve'], { cwd: server.dir, env, stdio: 'ignore' });
        for (let up = false; !up; ) up = await fetch(`${url}/health`).then((a) => a.ok, () => false);
        const here = await listenTo();
        const there = await listenTo(session.id, { url });
        await here.next('register');
        await there.next('register');
        await mark(people[0], 'excused');
        assert.equal((await there.next('mark')).data.status, 'excused');
        assert.equal((await here.next('mark')).data.status, 'excused');
        await mark(people[0], 'present', { client: new Client(url, teacher.token) });
        assert.equal((await here.next('mark')).data.status, 'present');
        assert.equal((await there.next('mark')).data.status, 'present');
        // One node ends; its listener goes to the other one, which knows nothing of what they saw.
        node.kill('SIGTERM');
        assert.equal(await there.ended, 'end');
        const moved = await listenTo(session.id, { lastId: there.lastId });
        assert.equal((await moved.next('register')).data.resumed, false);
    });

    it('leave out what a slow listener does not read, and say so', async () => {
        const slow = await listenTo(large.id, { token: admin.token });
        const quick = await listenTo(large.id, { token: admin.token });
        await slow.next('register');
        await quick.next('register');
        slow.pause();
        const rounds = ['present', 'late', 'present', 'late', 'present', 'late', 'present', 'late'];
        for (const status of rounds) {
            const marks = large.people.map((user_id) => ({ user_id, status, reason: 'seen' }));
            const answer = await admin.put(`/sessions/${large.id}/marks`, { marks });
            assert.equal(answer.status, 200);
            for (let i = 0; i < PEOPLE; i++) await quick.next('mark');
        }
        slow.resume();
        let last;
        for (let anew = false; !anew; anew = last.event === 'register') last = await slow.next();
        assert.equal(last.data.resumed, false);
        assert.equal(last.data.counts.late, PEOPLE);
        assert.ok(slow.total < rounds.length * PEOPLE);
        await mark(large.people[0], 'absent', { client: admin, id: large.id });
        assert.equal((await slow.next('mark')).data.status, 'absent');
    });

    it('end for who signs out, and for nobody else', async () => {
        const leaving = await admin.signIn('maestra@uni.mx', 'correct horse 42');
        const listener = await listenTo(session.id, { token: leaving.token });
        const other = await listenTo();
        await listener.next('register');
        await other.next('register');
        await leaving.post('/logout');
        assert.equal(await listener.ended, 'end');
        await mark(people[2], 'absent');
        assert.equal((await other.next('mark')).data.status, 'absent');
    });

    it('are told of the end, after which nobody comes back', async () => {
        const past = await meeting(course.id, -240);
        const listener = await listenTo(past.id);
        await listener.next('register');
        assert.equal((await teacher.post(`/sessions/${past.id}/close`)).status, 200);
        let event;
        do event = await listener.next();
        while (event.event === 'mark');
        assert.equal(event.event, 'end');
        assert.equal(event.data.reason, 'closed');
        assert.equal(await listener.ended, 'end');
        assert.equal((await listenTo(past.id, { lastId: listener.lastId })).status, 204);
        const late = await listenTo(past.id);
        await late.next('register');
        await late.next('end');
    });

    it("are not needed to see today's sessions", async () => {
        const { status, body } = await teacher.get('/sessions/now');
        assert.equal(status, 200);
        const now = body.items.find(({ id }) => id === session.id);
        assert.equal(now.window, 'open');
        assert.equal(now.total, 3);
        assert.deepEqual(now.counts, (await teacher.get(`/sessions/${session.id}/register`)).body.counts);
        assert.equal((await stranger.get('/sessions/now')).body.total, 0);
        assert.ok((await admin.get('/sessions/now?limit=1')).body.total >= 2);
        assert.ok(now.opens_at < now.on_time_until && now.on_time_until < now.closes_at);
        const [own] = (await student.get('/sessions/now')).body.items.filter(({ id }) => id === session.id);
        assert.equal(own.attendance.status, 'present');
        assert.ok(!('counts' in own) && !('reviews' in own));
        assert.equal((await new Client(server.url).get('/sessions/now')).status, 401);
        assert.equal((await admin.get('/sessions/now?limit=201')).status, 400);
    });

    it('are so many at once for one person, and vanished ones leave their place', async () => {
        for (const listener of open.splice(0)) listener.close();
        const listeners = [];
        let refused;
        do {
            const one = await listenTo();
            if (one.status === 200) listeners.push(one);
            else refused = one;
            // Those that were closed just now may still have a place.
        } while (!refused);
        assert.ok(listeners.length <= STREAMS_MAX);
        assert.equal(refused.status, 429);
        assert.equal((await listenTo(session.id, { token: admin.token })).status, 200);
        assert.ok(Number(refused.headers['retry-after']) > 0);
        for (const listener of listeners.splice(1)) listener.close();
        let status;
        do {
            ({ status } = await listenTo());
        } while (status === 429);
        assert.equal(status, 200);
    });

    it('end with the server, which does not wait for them', async () => {
        const listener = await listenTo();
        await listener.next('register');
        const { code } = await server.kill('SIGTERM');
        assert.equal(code, 0);
        assert.equal(await listener.ended, 'end');
        await server.start();
        const again = await listenTo(session.id, { lastId: listener.lastId });
        assert.equal((await again.next('register')).data.resumed, false);
    });
});
