// Terms, subjects, rooms, courses, and who is enrolled in them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const NOTHING = '00000000-0000-7000-8000-000000000000';
const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

describe('courses and enrolments', { skip: missingParts() }, () => {
    let server, admin, teacher, student, outsider;
    let term, subject, course, groupA, groupB;

    const made = async (path, json) => {
        const { status, body } = await admin.post(path, json);
        assert.equal(status, 201, JSON.stringify(body));
        return body;
    };
    const items = async (client, path) => {
        const { status, body } = await client.get(path);
        assert.equal(status, 200, JSON.stringify(body));
        assert.equal(body.total, body.items.length);
        return body.items;
    };

    before(async () => {
        server = await startServer();
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        groupA = await made('/groups', { name: '1A' });
        groupB = await made('/groups', { name: '1B' });
        term = await made('/terms', { name: 'Otoño', first_day: day(-60), last_day: day(60) });
        subject = await made('/subjects', { name: 'Álgebra', code: 'MAT-101' });
        course = await made('/courses', { term_id: term.id, subject_id: subject.id });
        teacher = await createPerson(admin, { email: 'tina@uni.mx', role: 'teacher' });
        student = await createPerson(admin, {
            email: 'ana@uni.mx', name: 'Ana', role: 'student', group_id: groupA.id, student_number: 'A-001',
        });
        outsider = await createPerson(admin, { email: 'eva@uni.mx', name: 'Eva', role: 'student' });
    });
    after(() => server?.stop());

    it('names a course after its subject and keeps names apart', async () => {
        assert.equal(course.name, 'Álgebra');
        assert.equal(course.term_name, 'Otoño');
        assert.equal(course.policy_id, null);
        for (const [path, json] of [
            ['/terms', { name: 'OTONO', first_day: day(0), last_day: day(1) }],
            ['/subjects', { name: 'Other', code: 'MAT-101' }],
            ['/courses', { term_id: term.id, subject_id: subject.id }],
        ]) {
            const { status, body } = await admin.post(path, json);
            assert.equal(status, 409, path);
            assert.match(body.error.details[0].field, /name|code/);
        }
    });

    it('says which field is wrong', async () => {
        for (const [path, json, field] of [
            ['/terms', { name: 'T', first_day: day(1), last_day: day(0) }, 'last_day'],
            ['/terms', { name: 'T', first_day: '2026-02-30', last_day: '2026-03-01' }, 'first_day'],
            ['/rooms', { name: 'R', capacity: 0 }, 'capacity'],
            ['/courses', { term_id: NOTHING, subject_id: subject.id }, 'term_id'],
            ['/enrolments', { user_id: teacher.user.id, group_id: groupA.id }, 'user_id'],
            ['/enrolments', { user_id: student.user.id }, 'group_id'],
            ['/enrolments', { user_id: student.user.id, course_id: NOTHING }, 'course_id'],
        ]) {
            const { status, body } = await admin.post(path, json);
            assert.equal(status, 400, `${path} ${JSON.stringify(body)}`);
            assert.match(body.error.message, new RegExp(field));
        }
    });

    it('gives a course groups and teachers, who then see it', async () => {
        for (const client of [teacher, student, outsider]) {
            assert.deepEqual(await items(client, '/courses'), []);
            assert.equal((await client.get(`/courses/${course.id}`)).status, 404);
        }
        assert.equal((await admin.put(`/courses/${course.id}/groups/${groupA.id}`)).status, 204);
        assert.equal((await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`)).status, 204);
        assert.equal((await admin.put(`/courses/${course.id}/teachers/${student.user.id}`)).status, 400);
        for (const client of [teacher, student]) {
            assert.equal((await items(client, '/courses?mine=true')).length, 1);
            const { body } = await client.get(`/courses/${course.id}`);
            assert.deepEqual(body.groups, [{ id: groupA.id, name: '1A' }]);
            assert.deepEqual(body.teachers, [{ id: teacher.user.id, name: 'tina@uni.mx' }]);
        }
        assert.deepEqual(await items(outsider, '/courses'), []);
        // Somebody else's courses are not answered with one's own.
        assert.equal((await items(student, `/courses?teacher_id=${NOTHING}`)).length, 0);
        assert.equal((await student.get(`/courses?student_id=${outsider.user.id}`)).status, 403);
        assert.equal((await teacher.get(`/courses?teacher_id=${NOTHING}`)).status, 403);
        assert.equal((await items(admin, `/courses?q=algebra&teacher_id=${teacher.user.id}&term_id=${term.id}`)).length, 1);
        assert.equal((await items(admin, `/courses?student_id=${outsider.user.id}`)).length, 0);
        // The teacher finds the course's students among the people.
        assert.deepEqual((await items(teacher, '/users')).map((user) => user.name), ['Ana', 'tina@uni.mx']);
        assert.equal((await teacher.get(`/users/${outsider.user.id}`)).status, 404);
    });

    it('keeps the past when somebody changes group', async () => {
        const roster = async (when) => {
            const { status, body } = await teacher.get(`/courses/${course.id}/roster${when ? `?day=${when}` : ''}`);
            assert.equal(status, 200, JSON.stringify(body));
            return body.items.map((person) => person.name);
        };
        const enrolments = () => items(student, `/users/${student.user.id}/enrolments`);
        assert.deepEqual(await roster(), ['Ana']);
        const [first] = await enrolments();
        assert.equal(first.group_name, '1A');
        const back = await admin.patch(`/enrolments/${first.id}`, { first_day: day(-30) });
        assert.equal(back.body.first_day, day(-30));

        const moved = await admin.patch(`/users/${student.user.id}`, { group_id: groupB.id });
        assert.equal(moved.body.group_name, '1B');
        const [now, past] = await enrolments();
        assert.equal(now.group_name, '1B');
        assert.equal(now.last_day, null);
        assert.equal(past.id, first.id);
        assert.ok(past.last_day < now.first_day);
        assert.deepEqual(await roster(), []);
        assert.deepEqual(await roster(day(-10)), ['Ana']);
        assert.equal((await student.get(`/courses/${course.id}`)).status, 200);
        assert.equal((await student.get(`/courses/${course.id}/roster`)).status, 403);
        assert.equal((await teacher.get(`/courses/${course.id}/roster?day=never`)).status, 400);
    });

    it('enrols in a single course, refuses twice, and ends', async () => {
        const json = { user_id: outsider.user.id, course_id: course.id, first_day: day(-5) };
        const single = await made('/enrolments', json);
        const twice = await admin.post('/enrolments', { ...json, first_day: day(-1) });
        assert.equal(twice.status, 409);
        assert.match(twice.body.error.message, new RegExp(day(-5)));
        assert.equal((await items(outsider, '/courses')).length, 1);
        assert.equal((await items(teacher, `/courses/${course.id}/enrolments?day=${day(-2)}`)).length, 1);
        assert.equal((await items(teacher, `/courses/${course.id}/enrolments?to=${day(-20)}`)).length, 0);
        const ended = await admin.patch(`/enrolments/${single.id}`, { last_day: day(-2) });
        assert.equal(ended.body.last_day, day(-2));
        const open = await admin.patch(`/enrolments/${single.id}`, { last_day: null });
        assert.equal(open.body.last_day, null);
        assert.equal((await student.get(`/enrolments/${single.id}`)).status, 404);
        assert.equal((await student.get(`/users/${outsider.user.id}/enrolments`)).status, 404);
        assert.equal((await outsider.delete(`/enrolments/${single.id}`)).status, 403);
        assert.equal((await admin.delete(`/enrolments/${single.id}`)).status, 204);
        assert.equal((await admin.get(`/enrolments/${single.id}`)).status, 404);
    });

    it('deletes nothing that is in use, and says what uses it', async () => {
        for (const [path, reason] of [
            [`/terms/${term.id}`, /1 course/],
            [`/subjects/${subject.id}`, /1 course/],
            [`/groups/${groupA.id}`, /Álgebra, Otoño/],
        ]) {
            const { status, body } = await admin.delete(path);
            assert.equal(status, 409, path);
            assert.match(body.error.message, reason);
        }
        const room = await made('/rooms', { name: 'Aula 1', capacity: 40 });
        assert.equal((await admin.patch(`/rooms/${room.id}`, { capacity: null })).body.capacity, null);
        assert.equal((await admin.delete(`/rooms/${room.id}`)).status, 204);
        assert.equal((await admin.patch(`/subjects/${subject.id}`, { code: null })).body.code, null);
    });

    it('finds people by student number, and lets them choose their language', async () => {
        const [found] = await items(admin, '/users?q=a-00');
        assert.equal(found.student_number, 'A-001');
        const taken = await admin.patch(`/users/${outsider.user.id}`, { student_number: 'A-001' });
        assert.equal(taken.status, 409);
        assert.equal(taken.body.error.details[0].field, 'student_number');
        const mine = await student.patch('/me', { language: 'en' });
        assert.equal(mine.body.language, 'en');
        assert.equal((await student.patch('/me', { language: 'fr' })).status, 400);
        assert.equal((await student.patch('/me', { student_number: '7' })).status, 400);
    });

    it('notes every change with both values', async () => {
        await admin.patch(`/terms/${term.id}`, { name: 'Autumn' });
        const { body } = await admin.get('/audit?limit=100');
        const entry = body.items.find((item) => item.action === 'term.update');
        assert.deepEqual(entry.details.name, { from: 'Otoño', to: 'Autumn' });
        for (const action of ['course.create', 'course.group.add', 'enrolment.create', 'enrolment.delete'])
            assert.ok(body.items.some((item) => item.action === action), action);
    });
});
