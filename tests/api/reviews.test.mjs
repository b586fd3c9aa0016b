// Faces in doubt over the API and the command line: seen by who may settle them, settled once; and
// look-alikes. The threshold is so high that nobody is sure.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

describe('faces in doubt', { skip: missingParts({ faces: true, samples: true }) }, () => {
    let server, anyone, admin, student, teacher, stranger, faces, review;

    before(async () => {
        server = await startServer({
            env: { PRESENTE_MATCH_THRESHOLD: '1', PRESENTE_REVIEW_THRESHOLD: '0.4', PRESENTE_LIVENESS: 'off' },
        });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        const group = (await admin.post('/groups', { name: '1 A' })).body;
        student = await createPerson(admin, { email: 'ana@uni.mx', role: 'student', group_id: group.id });
        teacher = await createPerson(admin, { email: 'eva@uni.mx', role: 'teacher' });
        stranger = await createPerson(admin, { email: 'leo@uni.mx', role: 'teacher' });
        await admin.put(`/groups/${group.id}/teachers/${teacher.user.id}`);
        faces = await cutFaces(server, 'sample1.jpg');
        await admin.submit(`/users/${student.user.id}/faces`, {}, [faces[0]]);
    });
    after(() => server?.stop());

    it('become one review, and tell nothing at the camera', async () => {
        for (let i = 0; i < 2; i++) {
            const { status, body } = await anyone.submit('/attendance/mark', {}, [faces[0]]);
            assert.equal(status, 200);
            assert.equal(body.result, 'needs_review');
            assert.ok(!JSON.stringify(body).includes(student.user.id));
            assert.ok(!JSON.stringify(body).includes('score'));
        }
        const { body } = await teacher.get('/reviews?state=open');
        assert.equal(body.total, 1);
        [review] = body.items;
        assert.equal(review.candidates[0].user_id, student.user.id);
        assert.equal(review.candidates[0].profile_image_url, null);
        assert.equal(review.reason, 'score');
        assert.equal((await stranger.get('/reviews')).body.total, 0);
        assert.equal((await student.get('/reviews')).status, 403);
        assert.equal((await teacher.get('/reviews?state=maybe')).status, 400);
        assert.equal((await teacher.get('/reviews?day=yesterday')).status, 400);
    });

    it('have a picture for who may settle them', async () => {
        const get = (token) =>
            fetch(`${server.url}/reviews/${review.id}/picture`, { headers: { Authorization: `Bearer ${token}` } });
        const picture = await get(teacher.token);
        assert.equal(picture.status, 200);
        assert.equal(picture.headers.get('content-type'), 'image/jpeg');
        assert.equal((await get(stranger.token)).status, 404);
        for (const [client, status] of [[stranger, 404], [student, 403], [anyone, 401]]) {
            assert.equal((await client.get(`/reviews/${review.id}`)).status, status);
            assert.equal((await client.get(`/reviews/${review.id}/picture`)).status, status);
            assert.equal((await client.post(`/reviews/${review.id}`, { nobody: true })).status, status);
        }
        assert.equal((await stranger.get('/duplicates')).status, 403);
        assert.equal((await anyone.get('/duplicates')).status, 401);
        assert.equal((await anyone.get('/lookalikes')).status, 401);
    });

    it('leave with who they may be, or without a picture', async () => {
        const exported = async (...parts) => {
            const { stdout } = await server.presente('institution', 'export', '--json', '--force',
                '--output', path.join(server.dir, 'all.zip'), '--with-images', ...parts);
            return JSON.parse(stdout).images;
        };
        assert.equal(await exported(), 0);
        assert.ok((await exported('--with-faces')) > 0);
    });

    it('are settled once', async () => {
        const route = `/reviews/${review.id}`;
        assert.equal((await teacher.post(route, {})).status, 400);
        assert.equal((await teacher.post(route, { user_id: student.user.id, nobody: true })).status, 400);
        const zeros = '00000000-0000-0000-0000-000000000000';
        assert.equal((await teacher.post(route, { user_id: zeros })).status, 400);
        for (let i = 0; i < 2; i++) {
            const { status, body } = await teacher.post(route, { user_id: student.user.id });
            assert.equal(status, 200);
            assert.equal(body.state, 'matched');
            assert.equal(body.has_picture, false);
        }
        assert.equal((await teacher.post(route, { nobody: true })).status, 409);
        assert.equal((await admin.get('/attendance/all')).body.total, 1);
        const { stdout } = await server.presente('review', 'list', '--state', 'matched', '--json');
        assert.equal(JSON.parse(stdout).items[0].id, review.id);
        assert.equal((await teacher.get(`${route}/picture`)).status, 404);
    });

    it('are not made of people who look like nobody', async () => {
        const { body } = await anyone.submit('/attendance/mark', {}, [faces[1]]);
        assert.equal(body.result, 'unknown');
        assert.equal((await admin.get('/reviews?state=open')).body.total, 0);
    });

    it('know look-alikes', async () => {
        const { stdout } = await server.presente('lookalike', 'find', '--json');
        assert.deepEqual(JSON.parse(stdout), { people: 1, pairs: 0, added: 0, removed: 0 });
        assert.equal((await teacher.get('/lookalikes?seen=false')).body.total, 0);
        const pair = `/lookalikes/${student.user.id}/${teacher.user.id}`;
        assert.equal((await admin.post(pair, { seen: true })).status, 404);
        assert.equal((await student.get('/lookalikes')).status, 403);
    });
});
