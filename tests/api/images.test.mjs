// Profile pictures, photos of an enrolment, and faces behind marks: what is stored, who sees it,
// conditions and ranges, and a store that fails.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

// A 2 × 2 picture.
const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==',
    'base64',
);

/** The stored files, deepest folders first. */
async function storedFiles(server) {
    const entries = await readdir(path.join(server.dir, 'data/images'), { recursive: true }).catch(() => []);
    return entries.filter((name) => name.endsWith('.blob')).map((name) => path.join(server.dir, 'data/images', name));
}

/** One answer with its bytes. */
async function fetchBytes(client, route, headers = {}, method = 'GET') {
    const answer = await fetch(client.url + route, {
        method,
        headers: { ...(client.token ? { Authorization: `Bearer ${client.token}` } : {}), ...headers },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, headers: answer.headers, bytes };
}

const putPicture = (client, route, body, type) =>
    client.send('PUT', route, { body, headers: { 'Content-Type': type } });

/** Replaces the folder of the store by a file, so that nothing can be stored or read. */
async function breakStore(server) {
    const root = path.join(server.dir, 'data/images');
    await mkdir(path.dirname(root), { recursive: true });
    await rename(root, `${root}.aside`).catch(() => {});
    await writeFile(root, 'in the way');
    return async () => {
        await rm(root);
        await rename(`${root}.aside`, root).catch(() => {});
    };
}

describe('profile pictures', { skip: missingParts() }, () => {
    let server, anyone, admin, student, other, teacher, stranger, route;

    before(async () => {
        server = await startServer();
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        const group = (await admin.post('/groups', { name: '1 A' })).body;
        student = await createPerson(admin, { email: 'ana@uni.mx', role: 'student', group_id: group.id });
        other = await createPerson(admin, { email: 'bea@uni.mx', role: 'student', group_id: group.id });
        teacher = await createPerson(admin, { email: 'eva@uni.mx', role: 'teacher' });
        stranger = await createPerson(admin, { email: 'leo@uni.mx', role: 'teacher' });
        await admin.put(`/groups/${group.id}/teachers/${teacher.user.id}`);
        route = `/users/${student.user.id}/image`;
    });
    after(() => server?.stop());

    it('has none at first', async () => {
        for (const client of [student, admin, teacher, other]) {
            const { status, body } = await client.get(route);
            assert.equal(status, 404);
            assert.equal(body.error.code, 'not_found');
        }
        assert.equal((await student.delete(route)).status, 404);
    });

    it('takes the bytes, a form or JSON, and stores another picture than was sent', async () => {
        const form = new FormData();
        form.append('image', new Blob([PNG]), 'me.png');
        const ways = [
            () => putPicture(student, route, PNG, 'image/png'),
            () => student.send('PUT', route, { form }),
            () => student.send('PUT', route, { json: { image: PNG.toString('base64') } }),
            () => putPicture(admin, route, PNG, 'image/jpeg'), // the first bytes tell, not the header
        ];
        for (const way of ways) {
            const { status, body } = await way();
            assert.equal(status, 200, JSON.stringify(body));
            assert.equal(body.profile_image_url, route);
            const { bytes, headers } = await fetchBytes(student, route);
            assert.equal(headers.get('content-type'), 'image/jpeg');
            assert.equal(headers.get('x-content-type-options'), 'nosniff');
            assert.equal(headers.get('content-disposition'), 'inline');
            assert.equal(headers.get('cache-control'), 'private, no-cache');
            assert.equal(headers.get('accept-ranges'), 'bytes');
            assert.equal(bytes.subarray(0, 3).toString('hex'), 'ffd8ff');
        }
        const files = await storedFiles(server);
        assert.equal(files.length, 1, 'the pictures before are gone');
        const sealed = await readFile(files[0]);
        assert.notEqual(sealed.subarray(0, 3).toString('hex'), 'ffd8ff');
    });

    it('shows it to who may see the person', async () => {
        assert.equal((await fetchBytes(admin, route)).status, 200);
        assert.equal((await fetchBytes(teacher, route)).status, 200);
        assert.equal((await fetchBytes(other, route)).status, 404);
        assert.equal((await fetchBytes(stranger, route)).status, 404);
        assert.equal((await fetchBytes(anyone, route)).status, 401);
    });

    it('is changed by the person and administrators alone', async () => {
        for (const client of [teacher, other, stranger]) {
            assert.equal((await putPicture(client, route, PNG, 'image/png')).status, 403);
            assert.equal((await client.delete(route)).status, 403);
        }
        assert.equal((await putPicture(anyone, route, PNG, 'image/png')).status, 401);
    });

    it('answers conditions and ranges', async () => {
        const whole = await fetchBytes(student, route);
        const etag = whole.headers.get('etag');
        const size = whole.bytes.length;
        assert.match(etag, /^"[0-9a-f]{64}"$/);
        assert.match(whole.headers.get('last-modified'), /GMT$/);
        const same = await fetchBytes(student, route, { 'If-None-Match': etag });
        assert.equal(same.status, 304);
        assert.equal(same.bytes.length, 0);
        assert.equal(same.headers.get('etag'), etag);
        const part = await fetchBytes(student, route, { Range: 'bytes=10-19' });
        assert.equal(part.status, 206);
        assert.equal(part.headers.get('content-range'), `bytes 10-19/${size}`);
        assert.deepEqual(part.bytes, whole.bytes.subarray(10, 20));
        const end = await fetchBytes(student, route, { Range: 'bytes=-5', 'If-Range': etag });
        assert.deepEqual(end.bytes, whole.bytes.subarray(size - 5));
        const stale = await fetchBytes(student, route, { Range: 'bytes=-5', 'If-Range': '"old"' });
        assert.equal(stale.status, 200);
        const beyond = await fetchBytes(student, route, { Range: `bytes=${size}-` });
        assert.equal(beyond.status, 416);
        assert.equal(beyond.headers.get('content-range'), `bytes */${size}`);
        const head = await fetchBytes(student, route, {}, 'HEAD');
        assert.equal(head.status, 200);
        assert.equal(head.headers.get('content-length'), String(size));
        assert.equal(head.bytes.length, 0);
    });

    it('refuses what is no picture', async () => {
        const cases = [
            ['image/jpeg', Buffer.from('<svg onload="alert(1)"/>'), 415],
            ['image/svg+xml', Buffer.from('<svg/>'), 415],
            ['image/png', PNG.subarray(0, 40), 400],
            ['image/png', Buffer.alloc(0), 400],
        ];
        for (const [type, body, expected] of cases) {
            const answer = await putPicture(student, route, body, type);
            assert.ok([expected, 415].includes(answer.status), `${type}: ${answer.status}`);
            assert.ok(answer.body.error.message);
        }
        assert.equal((await student.send('PUT', route, { json: {} })).status, 400);
        assert.equal((await student.send('PUT', route, { json: { image: ['AAAA', 'AAAA'] } })).status, 413);
        assert.equal((await fetchBytes(student, route)).status, 200, 'the picture before stays');
    });

    it('says plainly that the store cannot be used, and comes back', async () => {
        const mend = await breakStore(server);
        try {
            const set = await putPicture(student, route, PNG, 'image/png');
            assert.equal(set.status, 503);
            assert.ok(set.headers.get('retry-after'));
            assert.ok(!set.body.error.message.includes('/'), set.body.error.message);
            assert.equal((await student.get(route)).status, 503);
            assert.equal((await student.get('/me')).status, 200);
        } finally {
            await mend();
        }
        assert.equal((await fetchBytes(student, route)).status, 200);
        assert.equal((await putPicture(student, route, PNG, 'image/png')).status, 200);
    });

    it('leaves one picture of many that are set at once, and always answers with one', async () => {
        const sets = Array.from({ length: 12 }, () => putPicture(student, route, PNG, 'image/png'));
        const gets = Array.from({ length: 24 }, () => fetchBytes(student, route));
        const answers = await Promise.all([...sets, ...gets]);
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        assert.equal((await storedFiles(server)).length, 1);
    });

    it('goes with its deletion, and with the person', async () => {
        assert.equal((await student.delete(route)).status, 204);
        assert.equal((await student.get('/me')).body.profile_image_url, null);
        assert.equal((await storedFiles(server)).length, 0);
        await putPicture(student, route, PNG, 'image/png');
        assert.equal((await storedFiles(server)).length, 1);
        assert.equal((await admin.delete(`/users/${student.user.id}`)).status, 204);
        assert.equal((await storedFiles(server)).length, 0);
        assert.equal((await admin.get(route)).status, 404);
    });
});

describe('photos and faces', { skip: missingParts({ faces: true, samples: true }) }, () => {
    let server, anyone, admin, faces, student, other, teacher;

    before(async () => {
        server = await startServer({
            env: { PRESENTE_LIVENESS: 'off', PRESENTE_KEEP_MARK_FRAMES: 'on', PRESENTE_IMAGES_SEALED: 'off' },
        });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        faces = await cutFaces(server, 'sample1.jpg');
        const group = (await admin.post('/groups', { name: '1 A' })).body;
        student = await createPerson(admin, { email: 'ana@uni.mx', role: 'student', group_id: group.id });
        other = await createPerson(admin, { email: 'bea@uni.mx', role: 'student', group_id: group.id });
        teacher = await createPerson(admin, { email: 'eva@uni.mx', role: 'teacher' });
        await admin.put(`/groups/${group.id}/teachers/${teacher.user.id}`);
    });
    after(() => server?.stop());

    it('fails an enrolment cleanly when the store cannot be used', async () => {
        const mend = await breakStore(server);
        try {
            const { status, body } = await admin.submit(`/users/${student.user.id}/faces`, {}, [faces[0]]);
            assert.equal(status, 503, JSON.stringify(body));
            assert.ok(!body.error.message.includes('/'));
        } finally {
            await mend();
        }
        assert.equal((await admin.get(`/users/${student.user.id}/faces`)).body.total, 0);
    });

    it('keeps the photo of an enrolment for the person and administrators', async () => {
        const { status, body } = await admin.submit(`/users/${student.user.id}/faces`, {}, [faces[0]]);
        assert.equal(status, 201, JSON.stringify(body));
        const route = `/users/${student.user.id}/faces/${body.items[0].id}/image`;
        const { bytes, headers } = await fetchBytes(student, route);
        assert.equal(headers.get('content-type'), 'image/jpeg');
        assert.equal((await fetchBytes(admin, route)).status, 200);
        assert.equal((await fetchBytes(other, route)).status, 403);
        assert.equal((await fetchBytes(teacher, route)).status, 403);
        assert.equal((await fetchBytes(anyone, route)).status, 401);
        const moved = route.replace(student.user.id, other.user.id);
        assert.equal((await fetchBytes(admin, moved)).status, 404);
        // Sealing is off here: the file is the picture.
        const [file] = await storedFiles(server);
        assert.deepEqual(await readFile(file), bytes);
    });

    it('keeps the face behind a mark, once, and of no stranger', async () => {
        const mark = () => anyone.submit('/attendance/mark', {}, [faces[0]]);
        const first = await mark();
        assert.equal(first.body.result, 'match', JSON.stringify(first.body));
        await mark();
        await anyone.submit('/attendance/mark', {}, [faces[1]]);
        const { body } = await admin.get(`/attendance/student/${student.user.id}`);
        const route = `/attendance/marks/${body.items[0].id}/image`;
        let kept;
        for (let i = 0; i < 100 && kept?.status !== 200; i++) {
            kept = await fetchBytes(student, route);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.equal(kept.status, 200);
        assert.equal((await fetchBytes(teacher, route)).status, 200);
        assert.equal((await fetchBytes(admin, route)).status, 200);
        assert.equal((await fetchBytes(other, route)).status, 404);
        assert.equal((await fetchBytes(anyone, route)).status, 401);
        assert.equal((await storedFiles(server)).length, 2);
    });

    it('marks also when the store cannot be used', async () => {
        // Not every face of the photograph is clear enough to enrol.
        let face;
        for (const candidate of faces.slice(1)) {
            const { status } = await admin.submit(`/users/${other.user.id}/faces`, {}, [candidate]);
            if (status !== 201) continue;
            face = candidate;
            break;
        }
        const mend = await breakStore(server);
        try {
            const { status, body } = await anyone.submit('/attendance/mark', {}, [face]);
            assert.equal(status, 200);
            assert.equal(body.result, 'match');
            assert.equal(body.already, false);
            // The picture is tried in the background; the folder comes back only after that.
            for (let i = 0; i < 100 && !server.log().includes('was not kept'); i++)
                await new Promise((resolve) => setTimeout(resolve, 50));
            assert.ok(server.log().includes('The picture behind a mark was not kept'));
        } finally {
            await mend();
        }
    });

    it('collects what a crash left, after an hour', async () => {
        const before = await storedFiles(server);
        const orphan = path.join(path.dirname(before[0]), path.basename(before[0]).replace(/^./, 'f'));
        await writeFile(orphan, 'orphan');
        const gc = async (...words) => JSON.parse((await server.presente('images', 'gc', '--json', ...words)).stdout);
        assert.equal((await gc()).unnamed, 0);
        const hours = Date.now() / 1000 - 7200;
        await utimes(orphan, hours, hours);
        assert.equal((await gc('--dry-run')).unnamed, 1);
        assert.equal((await storedFiles(server)).length, before.length + 1);
        assert.equal((await gc()).unnamed, 1);
        assert.deepEqual(await storedFiles(server), before);
    });

    it('erases every picture of a person from the disk', async () => {
        assert.ok((await storedFiles(server)).length > 0);
        for (const client of [student, other])
            assert.equal((await admin.delete(`/users/${client.user.id}`)).status, 204);
        assert.equal((await storedFiles(server)).length, 0);
    });
});
