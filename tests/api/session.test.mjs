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
