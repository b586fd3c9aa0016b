// The main job over HTTP: enrol, mark by face, read the register. Real photographs: sample1 and
// sample3 share a woman, on the right of the first and in the middle of the second.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson, PASSWORD } from '../helpers/client.mjs';
import { cutFaces, threePhotos } from '../helpers/faces.mjs';
import { missingParts, samplesDir, startServer } from '../helpers/server.mjs';
import { TIME_ZONE, wall } from '../helpers/wall.mjs';

const skip = missingParts({ faces: true, samples: true });

describe('attendance', { skip }, () => {
    let server, anyone, admin, teacher, rosa, group, first, third, fourth, sixth;

    before(async () => {
        // Pictures cut out of photographs stand for what a camera sees here; whether they are live
        // is another test's question.
        server = await startServer({
            env: { PRESENTE_LIVENESS: 'off', PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_TIME_ZONE: TIME_ZONE },
        });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        group = (await admin.post('/groups', { name: '4B' })).body;
        teacher = await createPerson(admin, { email: 'maestra@uni.mx', role: 'teacher' });
        await admin.put(`/groups/${group.id}/teachers/${teacher.user.id}`);
        first = await cutFaces(server, 'sample1.jpg');
        third = await cutFaces(server, 'sample3.jpg');
        fourth = await cutFaces(server, 'sample4.jpg');
        sixth = await cutFaces(server, 'sample6.jpg');
        assert.equal(first.length, 3);
        assert.equal(third.length, 3);
    });
    after(() => server?.stop());

    it('registers a student with three photos, signed in at once', async () => {
        const face = first[2];
        const { status, body, headers } = await anyone.submit('/register', {
            name: 'Rosa Dzul', email: 'rosa@uni.mx', password: PASSWORD, group_id: group.id,
            consent_version: 1,
        }, threePhotos(face));
        assert.equal(status, 201, JSON.stringify(body));
        assert.equal(body.user.role, 'student');
        assert.equal(body.user.face_count, 3);
        assert.equal(body.user.group_name, '4B');
        assert.match(headers.get('set-cookie'), /^presente_session=/);
        rosa = new Client(server.url, body.token);
        rosa.user = body.user;
        assert.equal((await rosa.get('/me')).body.id, body.user.id);
    });

    it('marks her at once, from another photograph, without sign-in', async () => {
        const { status, body } = await anyone.submit('/attendance/mark', {}, [third[1]]);
        assert.equal(status, 200, JSON.stringify(body));
        assert.equal(body.result, 'match', JSON.stringify(body));
        assert.equal(body.user.name, 'Rosa Dzul');
        assert.equal(body.already, false);
        assert.ok(['present', 'late', 'absent'].includes(body.attendance.status));
        assert.equal(body.time_zone, TIME_ZONE);
        assert.ok(body.face.box.width > 0);
        assert.ok(!JSON.stringify(body).includes(rosa.user.id), 'a stranger learns the id');
    });

    it('answers a second mark with the first, as JSON too', async () => {
        const again = await anyone.post('/attendance/mark', {
            image: [third[1].toString('base64'), third[1].toString('base64')],
        });
        assert.equal(again.body.result, 'match', JSON.stringify(again.body));
        assert.equal(again.body.already, true);
        const { body } = await rosa.get('/attendance');
        assert.equal(body.total, 1);
        assert.equal(body.items[0].marked_at, again.body.attendance.marked_at);
    });

    it('stores one mark when fifty requests arrive at once', async () => {
        const other = await createPerson(admin, {
            email: 'karla@uni.mx', role: 'student', group_id: group.id, name: 'Karla Noh',
        });
        const enrolled = await admin.submit(`/users/${other.user.id}/faces`, {}, [sixth[0]]);
        assert.equal(enrolled.status, 201, JSON.stringify(enrolled.body));
        const answers = await Promise.all(
            Array.from({ length: 50 }, () => anyone.submit('/attendance/mark', {}, [sixth[0]])),
        );
        const matches = answers.filter(({ status }) => status === 200);
        assert.ok(answers.every(({ status }) => status === 200 || status === 503));
        assert.ok(matches.length > 0);
        assert.ok(matches.every(({ body }) => body.result === 'match'));
        assert.equal(matches.filter(({ body }) => !body.already).length, 1);
        const times = new Set(matches.map(({ body }) => body.attendance.marked_at));
        assert.equal(times.size, 1);
        assert.equal((await other.get('/attendance')).body.total, 1);
    });

    it('gives a stranger no name', async () => {
        for (const stranger of [first[0], third[0], fourth[0]]) {
            const { status, body } = await anyone.submit('/attendance/mark', {}, [stranger]);
            assert.equal(status, 200);
            assert.ok(['unknown', 'poor_quality'].includes(body.result), JSON.stringify(body));
            assert.ok(!('user' in body) && !('attendance' in body));
        }
    });

    it('searches only the group when told to', async () => {
        const empty = (await admin.post('/groups', { name: 'Empty' })).body;
        const { body } = await anyone.submit('/attendance/mark', { group_id: empty.id }, [third[1]]);
        assert.equal(body.result, 'unknown');
        const inside = await anyone.submit('/attendance/mark', { group_id: group.id }, [third[1]]);
        assert.equal(inside.body.result, 'match');
    });

    it('says when there is no face, or several', async () => {
        const whole = await readFile(path.join(samplesDir, 'sample5.jpg'));
        const several = await anyone.submit('/attendance/mark', {}, [whole]);
        assert.equal(several.body.result, 'several_faces', JSON.stringify(several.body));
    });

    it('refuses photos of different people, and stores nothing', async () => {
        const { status, body } = await anyone.submit('/register', {
            name: 'Nobody', email: 'nobody@uni.mx', password: PASSWORD, consent_version: 1,
        }, [fourth[0], fourth[1], sixth[1]]);
        assert.equal(status, 422, JSON.stringify(body));
        assert.equal(body.error.code, 'photo_refused');
        assert.ok(body.error.details.length > 0);
        assert.ok(body.error.details.every(({ index, result }) => index in [0, 1, 2] && result));
        assert.equal((await admin.get('/users?q=nobody')).body.total, 0);
    });

    it('refuses a face that is enrolled as somebody else', async () => {
        const face = third[1];
        const { status, body } = await anyone.submit('/register', {
            name: 'Impostor', email: 'impostor@uni.mx', password: PASSWORD,
            consent_version: 1,
        }, threePhotos(face));
        assert.equal(status, 201, JSON.stringify(body));
        assert.equal(body.user.face_count, 0);
        assert.equal(body.user.faces_held, 3);
        assert.equal(body.photos.length, 3);
        assert.ok(!JSON.stringify(body).includes('Rosa'));
        // Whom the face belongs to stays as it is until somebody has decided.
        const marked = await anyone.submit('/attendance/mark', {}, [face]);
        assert.equal(marked.body.user?.name, 'Rosa Dzul', JSON.stringify(marked.body));
        assert.equal((await teacher.get('/duplicates')).status, 403);
        const list = (await admin.get('/duplicates?state=open')).body;
        assert.equal(list.total, 1);
        const [{ id, user, other }] = list.items;
        assert.deepEqual([user.name, other.name], ['Impostor', 'Rosa Dzul']);
        assert.equal((await admin.post(`/duplicates/${id}`, { decision: 'perhaps' })).status, 400);
        const settled = await admin.post(`/duplicates/${id}`, { decision: 'same' });
        assert.equal(settled.status, 200, JSON.stringify(settled.body));
        assert.equal(settled.body.closed_id, user.id);
        assert.equal((await admin.post(`/duplicates/${id}`, { decision: 'same' })).status, 409);
        assert.equal((await admin.get(`/users/${user.id}`)).body.active, false);
    });

    it('refuses copies of one photo, and says of a picture what to change', async () => {
        const person = { name: 'Copy', email: 'copy@uni.mx', password: PASSWORD, consent_version: 1 };
        const face = sixth[0];
        const copied = await anyone.submit('/register', person, [face, face, face]);
        assert.equal(copied.status, 422, JSON.stringify(copied.body));
        const results = copied.body.error.details.map(({ index, result }) => [index, result]);
        assert.deepEqual(results, [[1, 'near_copy'], [2, 'near_copy']]);
        const { status, body } = await anyone.submit('/faces/check', {}, [face]);
        assert.equal(status, 200, JSON.stringify(body));
        assert.equal(body.result, 'accepted');
        assert.equal(body.landmarks.length, 68);
        assert.ok(body.components.every(({ score }) => score >= 40 && score <= 100));
        assert.equal((await anyone.submit('/faces/check', {}, [face, face])).status, 413);
        assert.equal((await anyone.submit('/faces/check', {}, [])).status, 400);
    });

    it('refuses registration from outside the domain, with too few photos, and twice', async () => {
        const person = { name: 'Eva', email: 'eva@other.org', password: PASSWORD, consent_version: 1 };
        const face = fourth[1];
        const outside = await anyone.submit('/register', person, threePhotos(face));
        assert.equal(outside.status, 403);
        const few = await anyone.submit('/register', { ...person, email: 'eva@uni.mx' }, [face]);
        assert.equal(few.status, 400);
        const twice = await anyone.submit('/register', { ...person, email: 'rosa@uni.mx' }, threePhotos(face));
        assert.equal(twice.status, 409);
    });

    it('creates an account together with photos, or not at all', async () => {
        const person = { name: 'Inés', email: 'ines@uni.mx', role: 'student' };
        const made = await admin.submit('/user/create', person, [sixth[1]]);
        assert.equal(made.status, 201, JSON.stringify(made.body));
        assert.equal(made.body.face_count, 1);
        const wrong = await admin.submit('/user/create', { ...person, email: 'b@uni.mx' }, [Buffer.from('x')]);
        assert.equal(wrong.status, 422, JSON.stringify(wrong.body));
        assert.equal((await admin.get('/users?q=b@uni.mx')).body.total, 0);
    });

    it('shows each role its part of the register', async () => {
        const all = await admin.get('/attendance/all');
        assert.equal(all.body.total, 2);
        assert.ok('score' in all.body.items[0]);
        assert.equal((await teacher.get('/attendance/all')).body.total, 2);
        assert.equal((await teacher.get('/attendance')).body.total, 0);
        assert.equal((await teacher.get(`/attendance/${group.id}`)).body.total, 2);
        const hers = await teacher.get(`/attendance/student/${rosa.user.id}`);
        assert.deepEqual(hers.body.items.map((mark) => mark.user_name), ['Rosa Dzul']);
        const own = await rosa.get(`/attendance/student/${rosa.user.id}`);
        assert.equal(own.body.total, 1);
        assert.ok(!('score' in own.body.items[0]));
        const other = all.body.items.find((mark) => mark.user_id !== rosa.user.id);
        assert.equal((await rosa.get(`/attendance/student/${other.user_id}`)).status, 404);
        const stranger = await createPerson(admin, { email: 'otro@uni.mx', role: 'teacher' });
        assert.equal((await stranger.get('/attendance/all')).body.total, 0);
        assert.ok([403, 404].includes((await stranger.get(`/attendance/${group.id}`)).status));
    });

    it('lets the teacher correct a mark, with a reason, and logs it', async () => {
        const mark = (await teacher.get(`/attendance/student/${rosa.user.id}`)).body.items[0];
        const url = `/attendance/marks/${mark.id}`;
        assert.equal((await teacher.patch(url, { status: 'excused' })).status, 400);
        const done = await teacher.patch(url, { status: 'excused', reason: 'Doctor' });
        assert.equal(done.status, 200, JSON.stringify(done.body));
        assert.equal(done.body.status, 'excused');
        assert.equal(done.body.note, 'Doctor');
        const log = await admin.get('/audit?limit=20');
        assert.ok(log.body.items.some((entry) => entry.actor_id === teacher.user.id));
        // A face seen later does not undo what a person decided.
        const again = await anyone.submit('/attendance/mark', {}, [third[1]]);
        assert.equal(again.body.attendance.status, 'excused');
        assert.equal(again.body.already, true);
    });

    it('lets the teacher mark by hand, but only their students', async () => {
        const ivan = await createPerson(admin, {
            email: 'ivan@uni.mx', role: 'student', group_id: group.id, name: '=Iván',
        });
        const made = await teacher.post('/attendance', { user_id: ivan.user.id, status: 'present', reason: 'No camera' });
        assert.equal(made.status, 200, JSON.stringify(made.body));
        assert.equal(made.body.method, 'manual');
        const other = await createPerson(admin, { email: 'x@uni.mx', role: 'student' });
        const refused = await teacher.post('/attendance', { user_id: other.user.id, status: 'present' });
        assert.ok([403, 404].includes(refused.status));
    });

    it('exports the register as CSV that no spreadsheet executes', async () => {
        const { status, headers, body } = await teacher.get('/attendance/export');
        assert.equal(status, 200);
        assert.match(headers.get('content-type'), /^text\/csv/);
        assert.match(headers.get('content-disposition'), /attachment/);
        const lines = body.replace(/^\uFEFF/, '').trim().split('\r\n');
        assert.equal(lines.length, 4);
        assert.match(lines[0], /^day,time,name,group,status/);
        assert.ok(lines.some((line) => line.includes("'=Iván")));
        assert.ok(lines.some((line) => line.includes('Rosa Dzul')));
    });

    it('forgets a face at once when it is deleted', async () => {
        const { body } = await admin.get(`/users/${rosa.user.id}/faces`);
        assert.equal(body.total, 3);
        assert.ok(!JSON.stringify(body).includes('sealed'));
        assert.equal((await rosa.delete(`/users/${rosa.user.id}/faces/${body.items[0].id}`)).status, 204);
        assert.equal((await rosa.get(`/users/${rosa.user.id}/faces`)).body.total, 2);
        assert.equal((await admin.delete(`/users/${rosa.user.id}/faces`)).status, 204);
        const gone = await anyone.submit('/attendance/mark', {}, [third[1]]);
        assert.equal(gone.body.result, 'unknown');
    });

    it('notices faces that the command line enrols while it runs', async () => {
        const other = await createPerson(admin, { email: 'hugo@uni.mx', role: 'student' });
        const file = path.join(server.dir, 'hugo.jpg');
        await writeFile(file, third[0]);
        await server.presente('enrol', 'hugo@uni.mx', file);
        const { body } = await anyone.submit('/attendance/mark', {}, [third[0]]);
        assert.equal(body.result, 'match', JSON.stringify(body));
        assert.equal((await other.get('/attendance')).body.total, 1);
    });

    describe('in sessions', () => {
        let hugo, course, session, tomorrow, mark;

        const made = async (path_, body) => {
            const answer = await admin.post(path_, body);
            assert.equal(answer.status, 201, `${path_}: ${JSON.stringify(answer.body)}`);
            return answer.body;
        };
        const meeting = async (minutes) => {
            const [day, start] = wall(minutes);
            return made('/sessions', {
                course_id: course.id, day, start_time: start, end_time: wall(minutes + 60)[1],
            });
        };
        const look = (values = {}, photo = third[0]) =>
            anyone.submit('/attendance/mark', values, [photo]);

        before(async () => {
            hugo = await admin.signIn('hugo@uni.mx', PASSWORD);
            const term = await made('/terms', {
                name: '2026', first_day: wall(-1440 * 30)[0], last_day: wall(1440 * 60)[0],
            });
            const subject = await made('/subjects', { name: 'Álgebra' });
            course = await made('/courses', { term_id: term.id, subject_id: subject.id });
            await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`);
            await made('/enrolments', {
                user_id: hugo.user.id, course_id: course.id, first_day: wall(-1440 * 7)[0],
            });
            session = await meeting(-5);
            tomorrow = await meeting(1440);
        });

        it('finds the one that is open for the person', async () => {
            const { status, body } = await look();
            assert.equal(status, 200, JSON.stringify(body));
            assert.equal(body.already, false);
            assert.equal(body.session.id, session.id);
            assert.equal(body.session.course, 'Álgebra');
            assert.equal(body.attendance.status, 'present');
            assert.equal(body.time_source, 'arrival');
            mark = body;
            const again = (await look()).body;
            assert.equal(again.already, true);
            assert.equal(again.scan_noted, false);
            assert.ok(!('not_me' in again));
            const own = (await hugo.get('/attendance')).body.items.find((one) => one.session_id);
            assert.equal(own.course_name, 'Álgebra');
        });

        it('takes a mark back for who is somebody else, once', async () => {
            const url = `/attendance/marks/${mark.attendance.id}/not-me`;
            assert.equal((await anyone.post(url, { token: 'x' })).status, 400);
            assert.equal((await anyone.post(url, { token: hugo.token })).status, 400);
            assert.equal((await anyone.get('/me', { headers: { Authorization: `Bearer ${mark.not_me}` } })).status, 401);
            assert.equal((await anyone.post(url, { token: mark.not_me })).status, 204);
            assert.equal((await anyone.post(url, { token: mark.not_me })).status, 404);
            const roll = (await teacher.get(`/sessions/${session.id}/register`)).body;
            assert.equal(roll.counts.unmarked, 1);
            assert.equal(roll.items[0].attendance, null);
        });

        it('believes the age of a picture within limits, never its clock', async () => {
            const clock = Date.parse('1999-12-31T23:00:00Z');
            const at = (seconds) => new Date(clock + seconds * 1000).toISOString();
            const old = (await look({ captured_at: at(0), sent_at: at(121) })).body;
            assert.equal(old.time_source, 'arrival');
            await anyone.post(`/attendance/marks/${old.attendance.id}/not-me`, { token: old.not_me });
            const sent = Date.now();
            const young = (await look({ captured_at: at(0), sent_at: at(60) })).body;
            assert.equal(young.time_source, 'device');
            const age = sent - Date.parse(young.attendance.marked_at);
            assert.ok(age > 55000 && age <= 60001, `${age} ms`);
            const wrong = await look({ captured_at: 'yesterday' });
            assert.equal(wrong.status, 400);
        });

        it('searches a named session only, while it takes marks', async () => {
            assert.equal((await look({ session_id: session.id })).body.already, true);
            const other = await look({ session_id: session.id }, sixth[0]);
            assert.equal(other.body.result, 'unknown', 'Karla is not on the roster');
            const early = await look({ session_id: tomorrow.id });
            assert.equal(early.status, 409);
            assert.match(early.body.error.message, /takes marks from \d{4}-/);
            assert.equal((await look({ session_id: course.id })).status, 404);
        });

        it('lets its teacher write the roll, all or nothing, and keeps what was', async () => {
            const url = `/sessions/${session.id}/marks`;
            const marks = [{ user_id: hugo.user.id, status: 'late', reason: 'Bus' }];
            const stranger = { user_id: rosa.user.id, status: 'present' };
            const refused = await teacher.put(url, { marks: [...marks, stranger] });
            assert.equal(refused.status, 400, JSON.stringify(refused.body));
            assert.match(refused.body.error.message, /Mark 2.*roster/);
            const { status, body } = await teacher.put(url, { marks });
            assert.equal(status, 200, JSON.stringify(body));
            assert.equal(body.counts.late, 1);
            assert.equal(body.session.window, 'open');
            const { attendance } = body.items[0];
            const changes = `/attendance/marks/${attendance.id}/changes`;
            const { items: [change], has_picture: kept } = (await teacher.get(changes)).body;
            assert.equal(kept, (await teacher.get(`/attendance/marks/${attendance.id}/image`)).status === 200);
            assert.equal(change.from_status, 'present');
            assert.equal(change.from_method, 'face');
            assert.equal(change.reason, 'Bus');
            const again = await teacher.patch(`/attendance/marks/${attendance.id}`, { status: 'late', reason: 'Bus' });
            assert.equal(again.status, 200);
            assert.equal((await teacher.get(changes)).body.items.length, 1, 'sent twice is one correction');
            const seen = (await hugo.get(changes)).body.items[0];
            assert.ok(!('reason' in seen) && seen.to_status === 'late');
            assert.equal((await rosa.get(changes)).status, 404);
            const stranger_ = await admin.signIn('otro@uni.mx', PASSWORD);
            assert.equal((await stranger_.put(url, { marks })).status, 404);
            assert.equal((await stranger_.get(`/sessions/${session.id}/register`)).status, 404);
            assert.equal((await hugo.put(url, { marks })).status, 403);
            assert.equal((await teacher.post(`/sessions/${session.id}/close`)).status, 409);
            mark = attendance;
        });

        it('lets the student dispute a mark and the teacher answer', async () => {
            const url = `/attendance/marks/${mark.id}/dispute`;
            assert.equal((await rosa.post(url, { message: 'Mine' })).status, 404);
            assert.equal((await hugo.post(url, { message: '' })).status, 400);
            const first = await hugo.post(url, { message: 'I was on time' });
            assert.equal(first.status, 201, JSON.stringify(first.body));
            assert.equal((await hugo.post(url, { message: 'Again' })).status, 409);
            const open = (await teacher.get('/disputes?state=open')).body;
            assert.equal(open.total, 1);
            assert.equal(open.items[0].user_name, hugo.user.name);
            assert.equal((await rosa.get('/disputes')).body.total, 0);
            const answer = `/disputes/${first.body.id}/answer`;
            assert.equal((await hugo.post(answer, { accept: true, answer: 'Yes' })).status, 403);
            const done = await teacher.post(answer, { accept: true, answer: 'You were' });
            assert.equal(done.status, 200, JSON.stringify(done.body));
            assert.equal(done.body.state, 'accepted');
            assert.equal(done.body.status, 'present');
            assert.equal((await hugo.post(`/disputes/${first.body.id}/withdraw`)).status, 409);
            // On the command line.
            const second = await hugo.post(url, { message: 'Thank you, but it says late' });
            const listed = JSON.parse((await server.presente('dispute', 'list', '--json')).stdout);
            assert.deepEqual(listed.items.map(({ id }) => id), [second.body.id]);
            await server.presente('dispute', 'answer', second.body.id, 'It does not', '--reject');
            const settled = (await hugo.get('/disputes?state=rejected')).body.items[0];
            assert.equal(settled.answer, 'It does not');
            const closed = await server.presente('session', 'close', '--all', '--json');
            assert.deepEqual(JSON.parse(closed.stdout), { sessions: 0, marks: 0 });
        });

        it('takes the rules from the policy', async () => {
            const wrong = await admin.post('/policies', { name: 'X', rules: { late_until: 1 } });
            assert.equal(wrong.status, 400);
            assert.match(wrong.body.error.message, /late_until/);
            assert.equal((await teacher.post('/policies', { name: 'X' })).status, 403);
            const policy = await made('/policies', {
                name: 'Laboratory', rules: { statuses: [{ code: 'online', kind: 'present' }] },
            });
            assert.equal(policy.rules.late_until, 1800);
            assert.equal((await admin.post('/policies', { name: 'LABORATORY' })).status, 409);
            assert.equal((await admin.put(`/policies/${policy.id}/default`)).status, 204);
            const marked = await teacher.post('/attendance', {
                user_id: hugo.user.id, course_id: course.id, status: 'online', reason: 'At home',
            });
            assert.equal(marked.status, 200, JSON.stringify(marked.body));
            assert.equal(marked.body.status, 'present');
            assert.equal(marked.body.status_code, 'online');
            const used = await admin.patch(`/policies/${policy.id}`, { rules: { statuses: [] } });
            assert.equal(used.status, 409, JSON.stringify(used.body));
            const shown = JSON.parse((await server.presente('policy', 'show', 'laboratory')).stdout);
            assert.equal(shown.default, true);
            await server.presente('policy', 'edit', 'Laboratory', 'late_until=2400', 'unmarked=open');
            const edited = (await teacher.get(`/policies/${policy.id}`)).body;
            assert.equal(edited.rules.late_until, 2400);
            assert.equal(edited.rules.unmarked, 'open');
            const roll = JSON.parse(
                (await server.presente('session', 'register', session.id, '--json')).stdout,
            );
            assert.equal(roll.items[0].status_code, 'online');
            assert.equal((await admin.delete(`/policies/${policy.id}`)).status, 204);
        });
    });
});
