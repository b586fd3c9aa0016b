// Signing in, staying signed in, signing out.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson, PASSWORD } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

describe('sessions', { skip: missingParts() }, () => {
    let server, anyone, admin;

    before(async () => {
        server = await startServer();
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
    });
    after(() => server?.stop());

    it('signs the first administrator in', async () => {
        const { status, body } = await admin.get('/me');
        assert.equal(status, 200);
        assert.equal(body.role, 'admin');
        assert.equal(body.email, server.admin.email);
        assert.ok(!('password_hash' in body));
    });

    it('does not tell a wrong password from an unknown address', async () => {
        const wrong = await anyone.post('/login', { email: server.admin.email, password: 'wrong' });
        const unknown = await anyone.post('/login', { email: 'no@body.edu', password: 'wrong' });
        assert.equal(wrong.status, 401);
        assert.deepEqual(unknown.body, wrong.body);
        assert.equal(unknown.status, 401);
    });

    it('sets an HttpOnly, SameSite cookie that works by itself', async () => {
        const answer = await anyone.post('/login', server.admin);
        const cookie = answer.headers.get('set-cookie');
        assert.match(cookie, /^presente_session=/);
        assert.match(cookie, /HttpOnly/i);
        assert.match(cookie, /SameSite=Strict/i);
        const me = await anyone.get('/me', { headers: { Cookie: cookie.split(';')[0] } });
        assert.equal(me.status, 200);
    });

    it('refuses changes by cookie from another site', async () => {
        const answer = await anyone.post('/login', server.admin);
        const Cookie = answer.headers.get('set-cookie').split(';')[0];
        const headers = { Cookie, Origin: 'https://evil.example' };
        const made = await anyone.post('/groups', { name: 'Evil' }, { headers });
        assert.equal(made.status, 403);
        const groups = await admin.get('/groups?q=evil');
        assert.equal(groups.body.total, 0);
    });

    it('voids the token on sign-out', async () => {
        const other = await anyone.signIn(server.admin.email, server.admin.password);
        assert.equal((await other.send('POST', '/logout')).status, 204);
        assert.equal((await other.get('/me')).status, 401);
        assert.equal((await admin.get('/me')).status, 200);
    });

    it('refuses tokens that are not ours', async () => {
        const [head, payload, signature] = admin.token.split('.');
        const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
        const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
        const forged = [
            '', 'x', `${none}.${payload}.`, `${head}.${payload}.${flipped}`, `${head}.${payload}`,
            `${admin.token}.x`, 'a'.repeat(5000),
        ];
        for (const token of forged) {
            const { status } = await anyone.get('/me', {
                headers: { Authorization: `Bearer ${token}` },
            });
            assert.equal(status, 401, token.slice(0, 40));
        }
    });

    it('changes the password with the current one only, and voids older tokens', async () => {
        const person = await createPerson(admin, { email: 'ana@uni.mx', role: 'student' });
        const change = { password: 'another horse 43' };
        assert.equal((await person.patch('/me', change)).status, 400);
        const wrong = await person.patch('/me', { ...change, current_password: 'no' });
        assert.equal(wrong.status, 403);
        const right = await person.patch('/me', { ...change, current_password: PASSWORD });
        assert.equal(right.status, 200);
        assert.match(right.headers.get('set-cookie'), /^presente_session=/);
        assert.equal((await person.get('/me')).status, 401);
        await anyone.signIn('ana@uni.mx', change.password);
    });

    it('changes all of an account or nothing of it', async () => {
        const person = await createPerson(admin, { email: 'eva@uni.mx', role: 'student', name: 'Eva' });
        const url = `/users/${person.user.id}`;
        const name = async () => (await admin.get(url)).body.name;
        assert.equal((await admin.patch(url, { name: 'Other', password: 'short' })).status, 400);
        assert.equal((await admin.patch(url, { name: '', password: 'another horse 43' })).status, 400);
        const own = { current_password: PASSWORD };
        assert.equal((await person.patch('/me', { ...own, name: 'Other', password: 'short' })).status, 400);
        assert.equal((await person.patch('/me', { ...own, name: '', password: 'another horse 43' })).status, 400);
        assert.equal(await name(), 'Eva');
        assert.equal((await person.get('/me')).status, 200);
        const both = { ...own, name: 'Eva May', password: 'another horse 43' };
        const mine = await person.patch('/me', both);
        assert.equal(mine.status, 200, JSON.stringify(mine.body));
        assert.equal(mine.body.name, 'Eva May');
        assert.match(mine.headers.get('set-cookie'), /^presente_session=/);
        const theirs = await admin.patch(url, { name: 'Eva Tun', password: 'a third horse 44' });
        assert.equal(theirs.status, 200, JSON.stringify(theirs.body));
        assert.equal(await name(), 'Eva Tun');
        await anyone.signIn('eva@uni.mx', 'a third horse 44');
    });

    it('shuts a deactivated account out at once', async () => {
        const person = await createPerson(admin, { email: 'luis@uni.mx', role: 'teacher' });
        assert.equal((await person.get('/me')).status, 200);
        const { status } = await admin.patch(`/users/${person.user.id}`, { active: false });
        assert.equal(status, 200);
        assert.equal((await person.get('/me')).status, 401);
        const back = await anyone.post('/login', { email: 'luis@uni.mx', password: PASSWORD });
        assert.equal(back.status, 403);
    });

    it('slows down guessing of one account', async () => {
        await createPerson(admin, { email: 'target@uni.mx', role: 'student' });
        let limited;
        for (let i = 0; i < 60 && !limited; i++) {
            const answer = await anyone.post('/login', { email: 'target@uni.mx', password: `g${i}` });
            if (answer.status === 429) limited = answer;
            else assert.equal(answer.status, 401);
        }
        assert.ok(limited, 'sixty wrong passwords were answered');
        assert.equal(limited.body.error.code, 'rate_limited');
        assert.ok(Number(limited.headers.get('retry-after')) >= 1);
    });
});

describe('limits', { skip: missingParts() }, () => {
    let server, anyone, admin;

    before(async () => {
        server = await startServer({
            env: {
                PRESENTE_TRUSTED_PROXY: '127.0.0.1',
                PRESENTE_LIMIT_SIGN_IN_ACCOUNT: '3',
                PRESENTE_LIMIT_MARK_ADDRESS: '3',
            },
        });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
    });
    after(() => server?.stop());

    const from = (address) => ({ headers: { 'X-Forwarded-For': address } });
    const guess = (address, password) =>
        anyone.post('/login', { email: 'owner@uni.mx', password }, from(address));

    it('lets no stranger lock an account', async () => {
        await createPerson(admin, { email: 'owner@uni.mx', role: 'student' });
        for (let i = 0; i < 3; i++) assert.equal((await guess('203.0.113.1', `g${i}`)).status, 401);
        assert.equal((await guess('203.0.113.1', 'g')).status, 429);
        assert.equal((await guess('203.0.113.2', PASSWORD)).status, 200);
    });

    it('takes an IPv6 customer for one address', async () => {
        for (let i = 0; i < 3; i++)
            assert.equal((await guess(`2001:db8:1:2::${i + 1}`, `g${i}`)).status, 401);
        assert.equal((await guess('2001:db8:1:2:ffff::9', 'g')).status, 429);
        assert.equal((await guess('2001:db8:1:3::9', PASSWORD)).status, 200);
    });

    it('counts face attempts by address and by account', async () => {
        const person = await createPerson(admin, { email: 'faces@uni.mx', role: 'student' });
        const other = await createPerson(admin, { email: 'more@uni.mx', role: 'student' });
        const faces = `/users/${person.user.id}/faces`;
        const add = async (client, path, address) =>
            (await client.post(path, {}, from(address))).status;
        for (let i = 0; i < 3; i++)
            assert.notEqual(await add(person, faces, `198.51.100.${i}`), 429);
        assert.equal(await add(person, faces, '198.51.100.8'), 429);
        assert.equal(await add(person, '/attendance/mark', '198.51.100.9'), 429);
        assert.notEqual(await add(other, '/attendance/mark', '198.51.100.9'), 429);
        const own = `/users/${other.user.id}/faces`;
        for (let i = 0; i < 3; i++)
            await add(anyone, '/attendance/mark', '192.0.2.1');
        assert.equal(await add(other, own, '192.0.2.1'), 429);
    });
});
