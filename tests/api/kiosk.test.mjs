// Kiosks over the API and the command line: paired once, marking by face and PIN, handing in what
// they took without the server, and nothing for whoever is no kiosk. Codes and PINs of people.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { sealEntry } from '../helpers/sealing.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';
import { TIME_ZONE, wall } from '../helpers/wall.mjs';

const PIN = '483920';

/** A browser that keeps the cookie of a kiosk. */
class Kiosk extends Client {
    static async pair(url, code) {
        const kiosk = new Kiosk(url);
        const answer = await kiosk.post('/devices/pair', { code });
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        const [cookie] = answer.headers.getSetCookie();
        kiosk.attributes = cookie;
        [kiosk.cookie] = cookie.split(';');
        kiosk.paired = answer.body;
        return kiosk;
    }

    send(method, path, options = {}) {
        const headers = { ...(this.cookie && { Cookie: this.cookie }), ...options.headers };
        return super.send(method, path, { ...options, headers });
    }
}

describe('a kiosk', { skip: missingParts() }, () => {
    const skip = missingParts({ faces: true, samples: true });
    let server, anyone, admin, teacher, other, ana, ben, room, course, session, device, kiosk, faces;

    const made = async (path, json) => {
        const { status, body } = await admin.post(path, json);
        assert.equal(status, 201, `${path}: ${JSON.stringify(body)}`);
        return body;
    };
    const entryOf = (counter, ago, content, key = kiosk.paired.public_key) =>
        sealEntry({ device: device.id, key, counter, capturedAt: Date.now() - ago, content });
    const handIn = (entries, by = kiosk) =>
        by.post('/kiosk/entries', { sent_at: new Date().toISOString(), entries });

    before(async () => {
        server = await startServer({
            env: { PRESENTE_LIVENESS: 'off', PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_TIME_ZONE: TIME_ZONE },
        });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        teacher = await createPerson(admin, { email: 't@uni.mx', role: 'teacher' });
        other = await createPerson(admin, { email: 'o@uni.mx', role: 'teacher' });
        const term = await made('/terms', { name: 'T', first_day: wall(-40 * 1440)[0], last_day: wall(40 * 1440)[0] });
        const subject = await made('/subjects', { name: 'Álgebra' });
        course = await made('/courses', { term_id: term.id, subject_id: subject.id });
        room = await made('/rooms', { name: 'Aula 12' });
        const group = await made('/groups', { name: '4B' });
        await admin.put(`/courses/${course.id}/groups/${group.id}`);
        await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`);
        ana = await createPerson(admin, { email: 'ana@uni.mx', name: 'Ana Uc', role: 'student', student_number: 'A1', group_id: group.id });
        ben = await createPerson(admin, { email: 'ben@uni.mx', name: 'Ben Ek', role: 'student', student_number: 'B1' });
        const [day, start] = wall(-5);
        session = await made('/sessions', { course_id: course.id, day, start_time: start, end_time: wall(55)[1], room_id: room.id });
        device = await made('/devices', { name: 'Puerta', room_id: room.id });
        kiosk = await Kiosk.pair(server.url, ` ${device.code.toLowerCase()} `);
    });
    after(() => server?.stop());

    it('is paired once, by a code that is shown once', async () => {
        assert.match(device.code, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
        assert.match(kiosk.attributes, /^presente_device=[\w-]{43}; .*HttpOnly/);
        assert.match(kiosk.attributes, /SameSite=Strict/);
        assert.equal((await anyone.post('/devices/pair', { code: device.code })).status, 404);
        const { body } = await admin.get('/devices');
        assert.equal(body.items[0].paired, true);
        assert.equal(body.items[0].room.name, 'Aula 12');
        assert.ok(!JSON.stringify(body).includes(kiosk.cookie.split('=')[1]));
        assert.equal((await teacher.get('/devices')).status, 403);
        assert.equal((await admin.patch(`/devices/${device.id}`, { name: 'Puerta 12' })).body.name, 'Puerta 12');
    });

    it('knows its room, its session and the key to seal to, and changes nothing by asking', async () => {
        const { status, headers, body } = await kiosk.get('/kiosk');
        assert.equal(status, 200);
        assert.equal(body.device.name, 'Puerta 12');
        assert.equal(body.session.id, session.session?.id ?? session.id);
        assert.equal(body.features.code, true);
        assert.equal(Buffer.from(body.public_key.key, 'base64').length, 65);
        assert.match(headers.getSetCookie()[0], /^presente_device=/);
        assert.equal((await kiosk.post('/kiosk/seen', {})).status, 204);
    });

    it('is refused without its cookie, with another, and from other pages', async () => {
        assert.equal((await anyone.get('/kiosk')).status, 401);
        assert.equal((await admin.get('/kiosk')).status, 401);
        assert.equal((await anyone.get('/kiosk', { headers: { Cookie: 'presente_device=AAAA' } })).status, 401);
        const strange = { headers: { 'Sec-Fetch-Site': 'cross-site' } };
        assert.equal((await kiosk.post('/kiosk/pin', { email: 'ana@uni.mx', pin: PIN }, strange)).status, 403);
        // Its cookie opens nothing but what is for kiosks.
        for (const path of ['/devices', '/me', '/users', `/sessions/${session.id}/register`])
            assert.equal((await kiosk.get(path)).status, 401, path);
    });

    it('marks by PIN and says nothing of why not', async () => {
        assert.equal((await ana.put('/me/pin', { pin: '123456' })).status, 400);
        assert.deepEqual((await ana.get('/me/pin')).body, { set: false, changed_at: null });
        assert.equal((await ana.put('/me/pin', { pin: PIN })).status, 204);
        assert.equal((await ben.put('/me/pin', { pin: PIN })).status, 204);
        const refused = { result: 'refused' };
        for (const typed of [{ student_number: 'A1', pin: '000000' }, { student_number: 'Z9', pin: PIN }, { student_number: 'B1', pin: PIN }, { email: 'nobody', pin: PIN }])
            assert.deepEqual((await kiosk.post('/kiosk/pin', typed)).body, refused);
        assert.equal((await kiosk.post('/kiosk/pin', { pin: PIN })).status, 400);
        const { body } = await kiosk.post('/kiosk/pin', { student_number: 'A1', pin: PIN });
        assert.equal(body.result, 'match');
        assert.equal(body.name, 'Ana Uc');
        assert.equal(body.already, false);
        assert.equal((await kiosk.post('/kiosk/wrong-person', { token: body.token })).status, 204);
        assert.equal((await kiosk.post('/kiosk/wrong-person', { token: body.token })).status, 404);
        assert.equal((await kiosk.post('/kiosk/wrong-person', { token: 'x' })).status, 400);
        for (let i = 0; i < 6; i++)
            await kiosk.post('/kiosk/pin', { email: 'ben@uni.mx', pin: '000000' });
        const limited = await kiosk.post('/kiosk/pin', { email: 'ben@uni.mx', pin: PIN });
        assert.equal(limited.status, 429);
        assert.ok(Number(limited.headers.get('retry-after')) > 0);
        assert.equal((await ana.delete('/me/pin')).status, 204);
        assert.deepEqual((await kiosk.post('/kiosk/pin', { student_number: 'A1', pin: PIN })).body, refused);
        assert.equal((await ana.put('/me/pin', { pin: PIN })).status, 204);
    });

    it('shows the code of its session, by which the students in the room mark themselves', async () => {
        const route = `/sessions/${session.id}/code`;
        const shown = await kiosk.get(route);
        assert.equal(shown.status, 200);
        assert.match(shown.body.code, /^[0-9]{6}$/);
        assert.equal((await teacher.get(route)).body.seconds, 30);
        assert.equal((await other.get(route)).status, 404);
        assert.equal((await ana.get(route)).status, 403);
        // Somebody is signed in at the kiosk itself.
        assert.equal((await ana.get(route, { headers: { Cookie: kiosk.cookie } })).status, 200);
        assert.equal((await ana.get(route, { headers: { Cookie: 'presente_device=AAAA' } })).status, 401);
        assert.equal((await anyone.get(route)).status, 401);
        assert.equal((await ana.post('/attendance/mark/code', { code: '00000x' })).body.error.details[0].field, 'code');
        assert.equal((await ben.post('/attendance/mark/code', { code: shown.body.code })).status, 409);
        const marked = await ana.post('/attendance/mark/code', { code: (await kiosk.get(route)).body.code });
        assert.equal(marked.status, 200, JSON.stringify(marked.body));
        assert.equal(marked.body.attendance.method, 'code');
        assert.equal(marked.body.session.id, session.id);
        const undo = `/attendance/marks/${marked.body.attendance.id}/not-me`;
        assert.equal((await anyone.post(undo, { token: marked.body.not_me })).status, 204);
    });

    it('hands in each entry once, sealed in the browser', async () => {
        const content = { kind: 'pin', student_number: 'A1', pin: PIN };
        const entry = await entryOf(1, 120_000, content);
        assert.ok(!JSON.stringify(entry).includes(PIN));
        const damaged = await entryOf(2, 0, content);
        damaged.sealed = `${damaged.sealed.slice(0, -8)}AAAAAAA=`;
        const [first, again] = await Promise.all([handIn([entry, damaged]), handIn([entry, damaged])]);
        assert.equal(first.status, 200, JSON.stringify(first.body));
        let last = first.body.items;
        while (last.some(({ result }) => result === 'again')) last = (await handIn([entry, damaged])).body.items;
        assert.deepEqual(last, [
            { counter: 1, result: 'accepted', marked: 1 },
            { counter: 2, result: 'refused', reason: 'unreadable' },
        ]);
        assert.equal(again.status, 200);
        assert.equal((await handIn([entry])).body.next_counter, 3);
        const { body } = await admin.get(`/sessions/${session.id}/register`);
        const line = JSON.stringify(body);
        assert.ok(line.includes('"code"'), line);
        assert.equal((await admin.get('/devices')).body.items[0].entries.refused, 1);
        for (const wrong of [{}, { sent_at: 'now', entries: [entry] }, { sent_at: entry.captured_at, entries: [] }])
            assert.equal((await kiosk.post('/kiosk/entries', wrong)).status, 400);
        assert.equal((await handIn(Array(9).fill(entry))).status, 400);
        // No counter is taken that leaves none for the entries to come.
        const last_ = await handIn([await entryOf(Number.MAX_SAFE_INTEGER, 0, content)]);
        assert.equal(last_.body.error.details[0].field, 'counter');
        assert.equal((await kiosk.get('/kiosk')).body.next_counter, 3);
    });

    it('seals to another key after the keys were rotated, and the older entries still open', async () => {
        const before_ = await entryOf(10, 0, { kind: 'pin', student_number: 'A1', pin: PIN });
        await server.presente('keys', 'rotate');
        let key;
        for (const end = Date.now() + 10_000; Date.now() < end; ) {
            key = (await kiosk.get('/kiosk')).body.public_key;
            if (key.id !== kiosk.paired.public_key.id) break;
        }
        assert.notEqual(key.id, kiosk.paired.public_key.id);
        const after_ = await entryOf(11, 0, { kind: 'pin', student_number: 'A1', pin: PIN }, key);
        const { body } = await handIn([before_, after_]);
        assert.deepEqual(body.items.map(({ result }) => result), ['accepted', 'accepted']);
    });

    it('marks those of the session in a picture, and names nobody else', { skip }, async () => {
        faces = await cutFaces(server, 'sample1.jpg');
        for (const [who, face] of [[ana, faces[0]], [ben, faces[2]]])
            await admin.submit(`/users/${who.user.id}/faces`, { allow_copies: 'true' }, [face]);
        const seen = await kiosk.submit('/kiosk/marks', {}, [faces[0], faces[0]]);
        assert.equal(seen.status, 200, JSON.stringify(seen.body));
        assert.equal(seen.body.faces[0].result, 'match');
        assert.equal(seen.body.faces[0].name, 'Ana Uc');
        assert.equal(seen.body.faces[0].already, true);
        const stranger = await kiosk.submit('/kiosk/marks', {}, [faces[2]]);
        assert.equal(stranger.body.faces[0].result, 'unknown');
        assert.deepEqual(Object.keys(stranger.body.faces[0]).sort(), ['box', 'result']);
        assert.ok(!/score|live/.test(JSON.stringify(seen.body)));
        assert.equal((await kiosk.submit('/kiosk/marks', {}, [])).status, 400);
        assert.equal((await kiosk.submit('/kiosk/marks', {}, Array(4).fill(faces[0]))).status, 413);
        assert.equal((await kiosk.submit('/kiosk/marks', { session_id: session.id }, [faces[0]])).status, 400);
        assert.equal((await anyone.submit('/kiosk/marks', {}, [faces[0]])).status, 401);
        // A teacher's laptop as the kiosk of the session.
        const route = `/sessions/${session.id}/frames`;
        assert.equal((await teacher.submit(route, {}, [faces[0]])).body.faces[0].name, 'Ana Uc');
        assert.equal((await other.submit(route, {}, [faces[0]])).status, 404);
        assert.equal((await ana.submit(route, {}, [faces[0]])).status, 403);
    });

    it('ends at once when it is deleted', async () => {
        const { stdout } = await server.presente('device', 'add', 'Biblioteca', '--json');
        const second = await Kiosk.pair(server.url, JSON.parse(stdout).code);
        assert.equal((await second.get('/kiosk')).body.session, null);
        await server.presente('device', 'delete', 'biblioteca');
        assert.equal((await second.get('/kiosk')).status, 401);
        const { stdout: list } = await server.presente('device', 'list');
        assert.match(list, /Puerta 12 +Aula 12/);
        assert.ok(!list.includes('Biblioteca'));
        const { stdout: code } = await server.presente('device', 'code', 'puerta 12');
        assert.match(code, /[A-Z0-9]{4}-[A-Z0-9]{4}/);
        assert.equal((await admin.delete(`/devices/${device.id}`)).status, 204);
        assert.equal((await kiosk.get('/kiosk')).status, 401);
        assert.equal((await handIn([await entryOf(20, 0, {})])).status, 401);
        assert.equal((await admin.delete(`/devices/${device.id}`)).status, 404);
        const { body } = await admin.get('/audit?limit=1000');
        const actions = new Set(body.items.map(({ action }) => action));
        for (const action of ['device.create', 'device.update', 'device.pair', 'device.code', 'device.delete', 'pin.set', 'pin.delete', 'kiosk.entry_refused'])
            assert.ok(actions.has(action), action);
    });
});
