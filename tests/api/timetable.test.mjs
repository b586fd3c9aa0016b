// Slots, holidays, sessions, weeks, double bookings and calendars.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const DAY = 86_400_000;
const text = (time) => new Date(time).toISOString().slice(0, 10);

/** Events of a calendar, read by the letter of RFC 5545 and by nothing of ours. */
function parseCalendar(calendar) {
    assert.ok(calendar.endsWith('\r\n'));
    const folded = calendar.split('\r\n');
    for (const line of folded) assert.ok(Buffer.byteLength(line) <= 75, line);
    const events = [];
    let event = null;
    for (const line of calendar.replace(/\r\n[ \t]/g, '').trimEnd().split('\r\n')) {
        const [, name, value] = line.match(/^([A-Z-]+)(?:;[^:]*)?:(.*)$/);
        if (name === 'BEGIN' && value === 'VEVENT') event = {};
        else if (name === 'END' && value === 'VEVENT') events.push(event);
        else if (event) event[name] = value.replace(/\\([nN,;\\])/g, (_, c) => (/n/i.test(c) ? '\n' : c));
    }
    return events;
}

const stamp = (iso) => `${iso.slice(0, 19).replace(/[-:]/g, '')}Z`;

describe('the timetable', { skip: missingParts() }, () => {
    let server, admin, teacher, other, student, course, colleague, room, slot;
    const monday = Date.parse(text(Date.now())) - ((new Date().getUTCDay() + 6) % 7) * DAY;
    const next = (days) => text(monday + (7 + days) * DAY);

    const made = async (path, json) => {
        const { status, body } = await admin.post(path, json);
        assert.equal(status, 201, JSON.stringify(body));
        return body;
    };
    const items = async (client, path) => {
        const { status, body } = await client.get(path);
        assert.equal(status, 200, JSON.stringify(body));
        return body.items;
    };

    before(async () => {
        server = await startServer();
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        const group = await made('/groups', { name: '4B' });
        const term = await made('/terms', { name: 'T', first_day: text(monday), last_day: text(monday + 83 * DAY) });
        const subject = await made('/subjects', { name: 'Álgebra; lineal, "ñ"' });
        course = await made('/courses', { term_id: term.id, subject_id: subject.id });
        colleague = await made('/courses', { term_id: term.id, subject_id: subject.id, name: 'Física' });
        room = await made('/rooms', { name: 'A 12' });
        teacher = (await createPerson(admin, { email: 't@uni.mx', role: 'teacher' }));
        other = (await createPerson(admin, { email: 'o@uni.mx', role: 'teacher' }));
        student = (await createPerson(admin, { email: 's@uni.mx', role: 'student', group_id: group.id }));
        assert.equal((await admin.put(`/courses/${course.id}/groups/${group.id}`)).status, 204);
        assert.equal((await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`)).status, 204);
        assert.equal((await admin.put(`/courses/${colleague.id}/teachers/${other.user.id}`)).status, 204);
    });
    after(() => server?.stop());

    it('makes the sessions of a slot at once', async () => {
        slot = await made(`/courses/${course.id}/slots`, {
            weekday: 2, start_time: '09:00', end_time: '10:30', room_id: room.id,
        });
        assert.equal(slot.sessions.inserted, 12);
        assert.deepEqual(slot.conflicts, []);
        const sessions = await items(student, '/sessions?mine=true&from=' + next(0));
        assert.equal(sessions.length, 11);
        assert.equal(sessions[0].day, next(1));
        assert.equal(sessions[0].start_time, '09:00');
        assert.equal(sessions[0].starts_at, `${next(1)}T15:00:00Z`);
        assert.equal(sessions[0].room_name, 'A 12');
        const { status, body } = await admin.patch(`/slots/${slot.id}`, { start_time: '08:30' });
        assert.equal(status, 200, JSON.stringify(body));
        assert.ok(body.sessions.moved >= 11);
        for (const [json, field] of [
            [{ weekday: 1, start_time: '9', end_time: '10:00' }, 'start_time'],
            [{ weekday: 1, start_time: '09:00', end_time: '09:00' }, 'end_time'],
            [{ start_time: '09:00', end_time: '10:00' }, 'weekday'],
            [{ weekday: 1, start_time: '09:00', end_time: '10:00', first_day: '2026-02-30' }, 'first_day'],
        ]) {
            const refused = await admin.post(`/courses/${course.id}/slots`, json);
            assert.equal(refused.status, 400);
            assert.equal(refused.body.error.details[0].field, field);
        }
        assert.equal((await teacher.patch(`/slots/${slot.id}`, { weekday: 3 })).status, 403);
        assert.equal((await items(student, `/courses/${course.id}/slots`)).length, 1);
        assert.equal((await other.get(`/slots/${slot.id}`)).status, 404);
    });

    it('tells of double bookings without refusing them', async () => {
        const clash = await made(`/courses/${colleague.id}/slots`, {
            weekday: 2, start_time: '10:00', end_time: '11:00', room_id: room.id,
        });
        assert.ok(clash.conflicts.length >= 11);
        assert.equal(clash.conflicts[0].kind, 'room');
        const found = await items(teacher, `/timetable/conflicts?from=${next(0)}&to=${next(6)}`);
        assert.equal(found.length, 1);
        assert.equal(found[0].name, 'A 12');
        assert.equal((await admin.delete(`/slots/${clash.id}`)).status, 204);
        assert.equal((await student.get('/timetable/conflicts')).status, 403);
    });

    it('lets teachers move, cancel and add sessions of their own courses', async () => {
        const [session] = await items(teacher, `/sessions?course=${course.id}&from=${next(0)}&to=${next(6)}`);
        const moved = await teacher.patch(`/sessions/${session.id}`, {
            day: next(3), start_time: '23:00', end_time: '01:00', room_id: null, note: 'Congress',
        });
        assert.equal(moved.status, 200, JSON.stringify(moved.body));
        assert.equal(moved.body.ends_at, `${next(4)}T07:00:00Z`);
        assert.equal(moved.body.room_id, null);
        const cancelled = await teacher.patch(`/sessions/${session.id}`, { state: 'cancelled' });
        assert.equal(cancelled.body.state, 'cancelled');
        assert.equal(cancelled.body.note, 'Congress');
        const extra = { course_id: course.id, day: next(4), start_time: '09:00', end_time: '10:00', title: 'Extra' };
        const added = await teacher.post('/sessions', extra);
        assert.equal(added.status, 201, JSON.stringify(added.body));
        assert.equal((await other.patch(`/sessions/${added.body.id}`, { note: 'x' })).status, 404);
        assert.equal((await student.patch(`/sessions/${added.body.id}`, { note: 'x' })).status, 403);
        assert.equal((await teacher.delete(`/sessions/${added.body.id}`)).status, 204);
        assert.equal((await teacher.delete(`/sessions/${session.id}`)).status, 409);
        const { body: week } = await student.get(`/timetable?week=${next(5)}`);
        assert.deepEqual([week.from, week.to, week.total], [next(0), next(6), 1]);
        assert.equal(week.items[0].state, 'cancelled');
        assert.equal((await items(other, '/timetable')).length, 0);
    });

    it('takes holidays out and puts sessions back', async () => {
        const holiday = await made('/holidays', { name: 'Feast', first_day: next(8) });
        assert.equal(holiday.sessions.deleted, 1);
        const { body } = await admin.patch(`/holidays/${holiday.id}`, { first_day: next(9), last_day: next(9) });
        assert.equal(body.sessions.inserted, 1);
        assert.equal((await items(student, '/holidays')).length, 1);
        assert.equal((await admin.delete(`/holidays/${holiday.id}`)).status, 204);
        assert.equal((await teacher.post('/holidays', { name: 'x', first_day: next(1) })).status, 403);
    });

    it('gives everybody a private calendar that other programs can read', async () => {
        assert.equal((await student.get('/me/calendar')).body.created_at, null);
        const { status, body } = await student.post('/me/calendar');
        assert.equal(status, 201);
        const stranger = new Client(server.url);
        const feed = await stranger.get(body.path);
        assert.equal(feed.status, 200);
        assert.match(feed.headers.get('content-type'), /^text\/calendar/);
        const events = parseCalendar(feed.body);
        const sessions = await items(student, '/sessions?limit=100');
        assert.equal(events.length, sessions.length);
        for (const [i, session] of sessions.entries()) {
            assert.equal(events[i].DTSTART, stamp(session.starts_at));
            assert.equal(events[i].DTEND, stamp(session.ends_at));
            assert.equal(events[i].SUMMARY, session.course_name);
            assert.equal(events[i].LOCATION, session.room_name ?? undefined);
            assert.equal(events[i].STATUS, session.state === 'cancelled' ? 'CANCELLED' : 'CONFIRMED');
            assert.ok(events[i].UID.startsWith(session.id));
        }
        const again = await stranger.get(body.path, { headers: { 'If-None-Match': feed.headers.get('etag') } });
        assert.equal(again.status, 304);
        await student.post('/me/calendar');
        assert.equal((await stranger.get(body.path)).status, 404);
        assert.equal((await student.delete('/me/calendar')).status, 204);

        const reader = spawnSync('python3', ['-c',
            'import sys, icalendar\n'
            + 'print(sum(1 for _ in icalendar.Calendar.from_ical(sys.stdin.read()).walk("VEVENT")))'],
        { input: feed.body, encoding: 'utf8' });
        if (reader.status === 0) assert.equal(Number(reader.stdout), events.length);
        else console.log('# skipped: python3-icalendar is not installed');
    });

    it('takes its own export over into another course, once', async () => {
        const calendar = (await teacher.get(`/courses/${course.id}/calendar`)).body;
        const send = (query, body = calendar) => admin.send('POST', `/courses/${colleague.id}/calendar${query}`, {
            body, headers: { 'Content-Type': 'text/calendar' },
        });
        assert.equal((await send('')).body.counts.add, 12);
        assert.equal((await items(admin, `/sessions?course=${colleague.id}`)).length, 0);
        const { body } = await send('?apply=true');
        assert.deepEqual([body.applied, body.counts.add, body.counts.refuse], [true, 12, 0]);
        assert.equal((await send('?apply=true')).body.counts.same, 12);
        const list = async (id) => (await items(admin, `/sessions?course=${id}`))
            .map(({ starts_at, ends_at, state, room_id }) => ({ starts_at, ends_at, state, room_id }));
        assert.deepEqual(await list(colleague.id), await list(course.id));
        const broken = await send('', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nSUMMARY:Bad\nEND:VEVENT\nEND:VCALENDAR\n');
        assert.equal(broken.body.items[0].action, 'refuse');
        assert.equal(broken.body.items[0].title, 'Bad');
        assert.equal((await send('', 'no calendar')).status, 400);
    });
});
