// The whole class in a picture. sample1 and sample3 are photographs of three people each who share
// a woman; the others of sample3 are strangers here.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, program, samplesDir, startServer } from '../helpers/server.mjs';
import { TIME_ZONE, wall } from '../helpers/wall.mjs';

const skip = missingParts({ faces: true, samples: true });
const builds = path.dirname(program);
const makeFilm = path.join(builds, 'tests', 'unit', 'video', 'make_film');
const noVideo = !(existsSync(path.join(builds, 'presente-video.so')) && existsSync(makeFilm)) &&
    'presente-video.so was not built: ./dev deps video';

/** A PNG that claims to be this large. */
function hugePng(width, height) {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const sum = Buffer.alloc(8);
        sum.writeUInt32BE(data.length);
        sum.writeUInt32BE((crc32 ? crc32(body) : 0) >>> 0, 4);
        return Buffer.concat([sum.subarray(0, 4), body, sum.subarray(4)]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width);
    header.writeUInt32BE(height, 4);
    header.set([16, 6, 0, 0, 0], 8);
    return Buffer.concat([
        Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header),
        chunk('IDAT', deflateSync(Buffer.alloc(1 << 20))), chunk('IEND', Buffer.alloc(0)),
    ]);
}

describe('the whole class', { skip }, () => {
    let server, admin, teacher, other, student, course, session, tomorrow, rosa, hugo, photo;

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
    const send = (client, values = {}, photos = [photo], id = session.id) =>
        client.submit(`/sessions/${id}/photo`, values, photos);
    const names = (people) => people.map(({ user }) => user.name);

    before(async () => {
        server = await startServer({
            env: {
                PRESENTE_LIVENESS: 'off', PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_WORKERS: '1',
                PRESENTE_TIME_ZONE: TIME_ZONE,
            },
        });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        teacher = await createPerson(admin, { email: 'maestra@uni.mx', role: 'teacher' });
        other = await createPerson(admin, { email: 'otra@uni.mx', role: 'teacher' });
        student = await createPerson(admin, { email: 'iris@uni.mx', role: 'student', name: 'Iris Uc' });
        const term = await made('/terms', {
            name: '2026', first_day: wall(-1440 * 30)[0], last_day: wall(1440 * 60)[0],
        });
        const subject = await made('/subjects', { name: 'Álgebra' });
        course = await made('/courses', { term_id: term.id, subject_id: subject.id });
        await admin.put(`/courses/${course.id}/teachers/${teacher.user.id}`);
        const [, , face] = await cutFaces(server, 'sample1.jpg');
        const [man] = await cutFaces(server, 'sample4.jpg');
        const enrolled = async (name, email, picture) => {
            const { user } = await createPerson(admin, { email, role: 'student', name });
            const { status, body } = await admin.submit(`/users/${user.id}/faces`, {}, [picture]);
            assert.equal(status, 201, JSON.stringify(body));
            return user;
        };
        rosa = await enrolled('Rosa Dzul', 'rosa@uni.mx', face);
        hugo = await enrolled('Hugo Pech', 'hugo@uni.mx', man);
        for (const { id } of [rosa, hugo, student.user])
            await made('/enrolments', {
                user_id: id, course_id: course.id, first_day: wall(-1440 * 7)[0],
            });
        session = await meeting(-5);
        tomorrow = await meeting(1440);
        photo = await readFile(path.join(samplesDir, 'sample3.jpg'));
    });
    after(() => server?.stop());

    it('says first what it would do', async () => {
        const { status, body } = await send(teacher, { dry_run: 'true' });
        assert.equal(status, 200, JSON.stringify(body));
        assert.equal(body.dry_run, true);
        assert.deepEqual(names(body.marked), ['Rosa Dzul']);
        assert.equal(body.marked[0].attendance, null);
        assert.deepEqual(names(body.not_seen), ['Hugo Pech', 'Iris Uc']);
        assert.deepEqual(body.not_seen.map(({ enrolled }) => enrolled), [true, false]);
        assert.equal(body.unknown, 2);
        assert.equal((await admin.get(`/sessions/${session.id}/register`)).body.counts.present, 0);
    });

    it('marks who is there, names no stranger, and draws it', async () => {
        const { status, body } = await send(teacher, { annotated: 'true' }, [photo, photo]);
        assert.equal(status, 200, JSON.stringify(body).slice(0, 500));
        assert.deepEqual(names(body.marked), ['Rosa Dzul']);
        assert.equal(body.marked[0].attendance.status, 'present');
        assert.equal(body.marked[0].attendance.method, 'photo');
        assert.equal(body.time_source, 'arrival');
        assert.equal(body.pictures.length, 2);
        for (const { width, height, faces, annotated } of body.pictures) {
            assert.equal(width, 1920);
            assert.equal(height, 1350);
            assert.equal(faces.length, 3);
            const found = faces.filter(({ user }) => user);
            assert.deepEqual(found.map(({ user, result }) => [user.name, result]), [['Rosa Dzul', 'marked']]);
            assert.ok(faces.every(({ box }) => box.x >= 0 && box.width > 20 && box.y + box.height <= 1350));
            assert.equal(Buffer.from(annotated, 'base64').readUInt16BE(), 0xffd8);
        }
        assert.equal(body.unknown, 4);
    });

    it('changes nothing when the same picture comes again, as JSON too', async () => {
        const { status, body } = await teacher.post(`/sessions/${session.id}/photo`, {
            image: photo.toString('base64'),
            sent_at: new Date().toISOString(), captured_at: new Date(Date.now() - 60000).toISOString(),
        });
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(names(body.marked), []);
        assert.deepEqual(names(body.already), ['Rosa Dzul']);
        assert.equal(body.time_source, 'device');
        const { body: roll } = await teacher.get(`/sessions/${session.id}/register`);
        assert.equal(roll.counts.present, 1);
        assert.equal(roll.counts.unmarked, 2);
    });

    it('is for those who teach the course', async () => {
        assert.equal((await send(new Client(server.url))).status, 401);
        assert.equal((await send(student)).status, 403);
        assert.equal((await send(other)).status, 404);
        assert.equal((await send(teacher, {}, [photo], course.id)).status, 404);
        assert.equal((await send(teacher, {}, [photo], 'nothing')).status, 404);
        assert.equal((await send(teacher, {}, [photo], tomorrow.id)).status, 409);
    });

    it('refuses what is no picture, or too many or too large ones', async () => {
        assert.equal((await send(teacher, {}, [])).status, 400);
        assert.equal((await send(teacher, {}, [Buffer.from('GIF89a')])).status, 415);
        assert.equal((await send(teacher, {}, [photo.subarray(0, 2000)])).status, 400);
        const several = await send(teacher, {}, [photo, photo.subarray(0, 2000)]);
        assert.equal(several.status, 400);
        assert.match(several.body.error.message, /^Picture 2: /);
        assert.equal((await send(teacher, {}, Array(9).fill(Buffer.from('x')))).status, 413);
        assert.equal((await send(teacher, {}, [hugePng(20000, 20000)])).status, 413);
        assert.equal((await send(teacher, { dry_run: 'perhaps' })).status, 400);
    });

    it('takes a video in place of pictures', { skip: noVideo }, async () => {
        const file = path.join(server.dir, 'class.mp4');
        await promisify(execFile)(makeFilm,
            [file, 'mpeg4', '10', '2', path.join(samplesDir, 'sample3.jpg')]);
        const film = await readFile(file);
        const sent = Date.now();
        const { status, body } = await send(teacher, { annotated: 'true' }, [film]);
        assert.equal(status, 200, JSON.stringify(body));
        assert.deepEqual(names(body.already), ['Rosa Dzul']);
        assert.deepEqual(names(body.not_seen), ['Hugo Pech', 'Iris Uc']);
        assert.equal(body.unknown, 2);
        assert.deepEqual(body.pictures, []);
        assert.ok(Date.parse(body.taken_at) <= sent + 500, 'the moment it came, not when it was done');
        assert.equal((await send(other, {}, [film])).status, 404);
        assert.equal((await send(teacher, {}, [film.subarray(0, 3000)])).status, 400);
        assert.equal((await send(teacher, {}, [film, photo])).status, 415);
    });

    it('works on no more pictures at once than there is room for', async () => {
        const answers = await Promise.all(
            Array.from({ length: availableParallelism() + 2 }, () => send(teacher, { dry_run: 'true' })));
        const refused = answers.filter(({ status }) => status === 503);
        assert.ok(refused.length > 0 && refused.length < answers.length);
        assert.ok(answers.every(({ status }) => status === 200 || status === 503));
        assert.ok(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0));
        assert.equal((await send(teacher, { dry_run: 'true' })).status, 200);
    });

    it('keeps nobody waiting who stands at a camera', async () => {
        let done = false;
        let marks = 0;
        const class_ = send(teacher, { dry_run: 'true' }, Array(6).fill(photo)).finally(() => (done = true));
        while (!done) {
            await new Client(server.url).submit('/attendance/mark', {}, [photo]);
            if (!done) marks++;
        }
        assert.equal((await class_).status, 200);
        assert.ok(marks > 3, `${marks} marks were answered meanwhile`);
    });

    it('is a command too', async () => {
        const output = path.join(server.dir, 'class.jpg');
        const { stdout } = await server.presente('mark', '--class', '--session', session.id,
            '--dry-run', '--json', '--output', output, path.join(samplesDir, 'sample3.jpg'));
        const answer = JSON.parse(stdout);
        assert.deepEqual(answer.already.map(({ name }) => name), ['Rosa Dzul']);
        assert.equal(answer.unknown, 2);
        assert.ok((await stat(output)).size > 10000);
        // What was marked is told even where the picture cannot be written.
        await assert.rejects(
            server.presente('mark', '--class', '--session', session.id, '--json', '--output',
                path.join(server.dir, 'gone', 'class.jpg'), path.join(samplesDir, 'sample3.jpg')),
            ({ code, stdout: told }) => code === 4 && JSON.parse(told).already.length === 1);
    });
});
