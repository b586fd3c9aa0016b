// Accounts and groups: creating, listing, changing, erasing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson, PASSWORD } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('people and groups', { skip: missingParts() }, () => {
    let server, anyone, admin, group;

    before(async () => {
        server = await startServer({ env: { PRESENTE_EMAIL_DOMAIN: 'uni.mx' } });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        group = (await admin.post('/groups', { name: '4B Álgebra' })).body;
    });
    after(() => server?.stop());

    it('creates an account on both paths, with every column', async () => {
        for (const path of ['/signup', '/user/create']) {
            const sent = {
                name: '  Sofía   Chan ',
                email: `Sofia${path.length}@UNI.mx`,
                password: PASSWORD,
                role: 'student',
                group_id: group.id,
                date_of_birth: '2006-02-28',
                profile_image_url: 'https://uni.mx/sofia.jpg',
            };
            const { status, body } = await admin.post(path, sent);
            assert.equal(status, 201, JSON.stringify(body));
            assert.match(body.id, UUID_V7);
            assert.equal(body.name, 'Sofía Chan');
            assert.equal(body.email, sent.email.toLowerCase());
            assert.equal(body.group_name, '4B Álgebra');
            assert.ok(body.age >= 19 && body.age < 120);
            assert.equal(body.face_count, 0);
        }
    });

    it('accepts the same account as a form', async () => {
        const made = await admin.submit('/user/create', {
            name: 'Iván Tun', email: 'ivan@uni.mx', role: 'teacher', age: '41',
        });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        assert.equal(made.body.age, 41);
        assert.equal(made.body.group_id, null);
    });

    it('keeps e-mail addresses unique whatever their case', async () => {
        const again = await admin.post('/signup', {
            name: 'Other', email: 'IVAN@uni.mx', role: 'student',
        });
        assert.equal(again.status, 409);
        assert.equal(again.body.error.code, 'conflict');
    });

    it('lists people by page, by filter, and in order', async () => {
        for (const name of ['Álvaro', 'Zoë', 'beto', 'Ana'])
            await admin.post('/signup', {
                name, email: `${name.normalize('NFD').replace(/[^a-zA-Z]/g, '')}@uni.mx`, role: 'student',
            });
        const all = await admin.get('/users?role=student&limit=1000');
        const names = all.body.items.map((user) => user.name);
        assert.deepEqual(names.filter((name) => ['Álvaro', 'Zoë', 'beto', 'Ana'].includes(name)),
            ['Álvaro', 'Ana', 'beto', 'Zoë']);
        const found = await admin.get('/users?q=alvaro');
        assert.deepEqual(found.body.items.map((user) => user.name), ['Álvaro']);
        const first = await admin.get('/users?limit=2&sort=-name');
        const second = await admin.get('/users?limit=2&offset=2&sort=-name');
        assert.equal(first.body.items.length, 2);
        assert.equal(first.body.total, second.body.total);
        assert.ok(!second.body.items.some((a) => first.body.items.some((b) => a.id === b.id)));
        const grouped = await admin.get(`/users?group_id=${group.id}`);
        assert.equal(grouped.body.total, 2);
    });

    it('finds who has no photos and whose consent does not stand', async () => {
        const { total } = (await admin.get('/users')).body;
        assert.equal((await admin.get('/users?faces=false&consent=false')).body.total, total);
        assert.equal((await admin.get('/users?faces=true')).body.total, 0);
        const { version } = (await admin.get('/consent')).body;
        const eva = await createPerson(admin, { email: 'eva.consent@uni.mx', role: 'student' });
        assert.equal((await eva.post('/me/consent', { version })).status, 200);
        const agreed = await admin.get('/users?consent=true');
        assert.deepEqual(agreed.body.items.map((user) => user.email), ['eva.consent@uni.mx']);
        const teacher = await createPerson(admin, { email: 'no.consent@uni.mx', role: 'teacher' });
        assert.equal((await teacher.get('/users?consent=false')).status, 403);
    });

    it('shows a teacher the students of their groups and nobody else', async () => {
        const teacher = await createPerson(admin, { email: 'maestra@uni.mx', role: 'teacher' });
        const mine = await createPerson(admin, {
            email: 'mine@uni.mx', role: 'student', group_id: group.id,
        });
        const other = await createPerson(admin, { email: 'other@uni.mx', role: 'student' });
        assert.equal((await teacher.get(`/users/${mine.user.id}`)).status, 404);
        const taught = await admin.put(`/groups/${group.id}/teachers/${teacher.user.id}`);
        assert.equal(taught.status, 204);
        assert.equal((await teacher.get(`/users/${mine.user.id}`)).status, 200);
        assert.equal((await teacher.get(`/users/${other.user.id}`)).status, 404);
        const listed = (await teacher.get('/users?limit=1000')).body.items;
        assert.ok(listed.some((user) => user.id === mine.user.id));
        assert.ok(!listed.some((user) => user.id === other.user.id));
        const detail = await admin.get(`/groups/${group.id}`);
        assert.deepEqual(detail.body.teachers.map((t) => t.id), [teacher.user.id]);
        await admin.delete(`/groups/${group.id}/teachers/${teacher.user.id}`);
        assert.equal((await teacher.get(`/users/${mine.user.id}`)).status, 404);
    });

    it('lets a student see and change their own account only', async () => {
        const student = await createPerson(admin, { email: 'yo@uni.mx', role: 'student' });
        const other = await createPerson(admin, { email: 'tu@uni.mx', role: 'student' });
        assert.equal((await student.get(`/users/${student.user.id}`)).status, 200);
        assert.equal((await student.get(`/users/${other.user.id}`)).status, 404);
        const renamed = await student.patch('/me', { name: 'Yo Mismo', age: 20 });
        assert.equal(renamed.body.name, 'Yo Mismo');
        assert.equal(renamed.body.age, 20);
        assert.equal((await student.patch('/me', { age: null })).body.age, null);
        assert.equal((await student.patch('/me', { role: 'admin' })).status, 400);
        assert.equal((await student.patch('/me', { email: 'x@uni.mx' })).status, 400);
    });

    it('answers whether an address is registered inside the domain only', async () => {
        assert.equal((await anyone.get('/users/exists?email=ivan@uni.mx')).body.exists, true);
        assert.equal((await anyone.get('/users/exists?email=nobody@uni.mx')).body.exists, false);
        assert.equal((await anyone.get('/users/exists?email=a@other.org')).status, 403);
        assert.equal((await anyone.get('/users/exists')).status, 400);
        let limited = false;
        for (let i = 0; i < 200 && !limited; i++)
            limited = (await anyone.get(`/users/exists?email=u${i}@uni.mx`)).status === 429;
        assert.ok(limited, 'two hundred questions were answered');
    });

    it('erases a person, and keeps the last administrator', async () => {
        const person = await createPerson(admin, { email: 'gone@uni.mx', role: 'student' });
        assert.equal((await admin.delete(`/users/${person.user.id}`)).status, 204);
        assert.equal((await admin.get(`/users/${person.user.id}`)).status, 404);
        assert.equal((await person.get('/me')).status, 401);
        assert.equal((await admin.delete(`/users/${person.user.id}`)).status, 404);
        const again = await admin.post('/signup', {
            name: 'New', email: 'gone@uni.mx', role: 'student',
        });
        assert.equal(again.status, 201);
        assert.equal((await admin.delete(`/users/${admin.user.id}`)).status, 409);
    });

    it('names, renames and deletes groups', async () => {
        const made = await admin.post('/groups', { name: 'Cálculo' });
        assert.equal(made.status, 201);
        assert.equal((await admin.post('/groups', { name: 'CALCULO' })).status, 409);
        const renamed = await admin.patch(`/groups/${made.body.id}`, { name: 'Cálculo II' });
        assert.equal(renamed.body.name, 'Cálculo II');
        const open = await anyone.get('/groups?q=calculo');
        assert.deepEqual(open.body.items, [{ id: made.body.id, name: 'Cálculo II' }]);
        assert.equal((await admin.delete(`/groups/${made.body.id}`)).status, 204);
        assert.equal((await admin.get(`/groups/${made.body.id}`)).status, 404);
    });

    it('writes down who did what', async () => {
        const { body } = await admin.get('/audit?limit=1000');
        assert.ok(body.total > 10);
        assert.ok(body.items.every((entry, i, all) => i === 0 || entry.sequence < all[i - 1].sequence));
        assert.ok(body.items.some((entry) => entry.actor_id === admin.user.id));
        assert.ok(!JSON.stringify(body).includes(PASSWORD));
    });
});
