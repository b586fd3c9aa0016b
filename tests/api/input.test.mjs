// What clients get wrong, by accident or on purpose: the right 4xx, nothing stored, server alive.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** A PNG that claims to be 60,000 × 60,000 pixels and has next to nothing in it. */
function bombPng() {
    const chunk = (type, data) => {
        const size = Buffer.alloc(4);
        size.writeUInt32BE(data.length);
        return Buffer.concat([size, Buffer.from(type), data, Buffer.alloc(4)]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(60000, 0);
    header.writeUInt32BE(60000, 4);
    header.set([8, 2, 0, 0, 0], 8);
    return Buffer.concat([PNG_SIGNATURE, chunk('IHDR', header), chunk('IEND', Buffer.alloc(0))]);
}

/** Sends bytes as they are and gives what comes back until the server closes. */
function sendRaw(url, text) {
    return new Promise((resolve, reject) => {
        const pieces = [];
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
        socket.on('data', (piece) => pieces.push(piece));
        socket.on('error', reject);
        socket.on('close', () => resolve(Buffer.concat(pieces).toString()));
    });
}

describe('bad input', { skip: missingParts() }, () => {
    let server, anyone, admin, peopleBefore;

    const countPeople = async () => (await admin.get('/users?limit=1')).body.total;

    before(async () => {
        server = await startServer();
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        peopleBefore = await countPeople();
    });
    after(async () => {
        try {
            assert.equal(await countPeople(), peopleBefore, 'something was stored');
            assert.equal((await anyone.get('/health')).status, 200);
        } finally {
            await server?.stop();
        }
    });

    const PERSON = { name: 'Ana', email: 'ana@uni.mx', role: 'student' };
    const REFUSED = {
        'no object': [],
        'a number': 5,
        'an unknown field': { ...PERSON, admin: true },
        'a missing field': { name: 'Ana', role: 'student' },
        'a wrong type': { ...PERSON, name: 5 },
        'null where none may be': { ...PERSON, name: null },
        'an unknown role': { ...PERSON, role: 'root' },
        'an empty name': { ...PERSON, name: '  ' },
        'a name too long': { ...PERSON, name: 'a'.repeat(121) },
        'a control character': { ...PERSON, name: 'A\u0007na' },
        'no e-mail address': { ...PERSON, email: 'ana' },
        'a group that is no id': { ...PERSON, group_id: '5' },
        'a group that is not there': { ...PERSON, group_id: '00000000-0000-7000-8000-000000000000' },
        'an age too low': { ...PERSON, age: 2 },
        'an age that is not whole': { ...PERSON, age: 19.5 },
        'a date that is none': { ...PERSON, date_of_birth: '2006-02-30' },
        'a date to come': { ...PERSON, date_of_birth: '2999-01-01' },
        'a script for an image': { ...PERSON, profile_image_url: 'javascript:alert(1)' },
        'a password too short': { ...PERSON, password: 'short' },
        'a common password': { ...PERSON, password: 'password' },
        'a password with the address in it': { ...PERSON, email: 'anabel@uni.mx', password: 'anabel@uni.mx' },
    };
    for (const [what, json] of Object.entries(REFUSED)) {
        it(`refuses ${what}`, async () => {
            const { status, body } = await admin.post('/signup', json);
            assert.equal(status, 400, JSON.stringify(body));
            assert.equal(body.error.code, 'invalid');
            assert.ok(body.error.message.length > 10);
        });
    }

    const MALFORMED = {
        'broken JSON': '{"name":',
        'duplicate keys': '{"name":"A","name":"B"}',
        'trailing text': '{} {}',
        'a NUL character': '{"name":"a\\u0000b"}',
        'deep nesting': '['.repeat(100) + ']'.repeat(100),
        'invalid UTF-8': Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]),
    };
    for (const [what, body] of Object.entries(MALFORMED)) {
        it(`refuses ${what}`, async () => {
            const answer = await admin.send('POST', '/signup', {
                body, headers: { 'Content-Type': 'application/json' },
            });
            assert.equal(answer.status, 400, JSON.stringify(answer.body));
        });
    }

    it('refuses content types, methods and paths it does not have', async () => {
        const xml = await admin.send('POST', '/signup', {
            body: '<a/>', headers: { 'Content-Type': 'application/xml' },
        });
        assert.equal(xml.status, 415);
        const wrong = await admin.send('DELETE', '/signup');
        assert.equal(wrong.status, 405);
        assert.match(wrong.headers.get('allow'), /POST/);
        assert.equal((await admin.get('/no/such/path')).status, 404);
        assert.equal((await admin.get('/users/not-an-id')).status, 404);
    });

    it('refuses unknown and unfit query parameters', async () => {
        for (const query of ['limit=0', 'limit=1001', 'limit=x', 'offset=-1', 'sort=shoe', 'colour=red',
            'role=king', 'active=maybe', 'group_id=5', 'limit=1&limit=2'])
            assert.equal((await admin.get(`/users?${query}`)).status, 400, query);
        for (const query of ['from=yesterday', 'to=2026-02-30', 'status=here', 'sort=age'])
            assert.equal((await admin.get(`/attendance/all?${query}`)).status, 400, query);
    });

    it('refuses a body over the limit', async () => {
        // Only the head is sent: the answer must not wait for what would be thrown away.
        const answer = await sendRaw(
            server.url,
            'POST /attendance/mark HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
                `Content-Length: ${100 * 1024 * 1024}\r\n\r\n`,
        );
        assert.match(answer, /^HTTP\/1\.1 413 /);
        const login = await anyone.post('/login', { email: 'a'.repeat(100_000), password: 'x' });
        assert.equal(login.status, 413);
    });

    it('refuses pictures that are none', async () => {
        const pictures = {
            text: Buffer.from('hello'),
            'an empty file': Buffer.alloc(0),
            'a truncated JPEG': Buffer.from('ffd8ffe000104a464946', 'hex'),
            'a decompression bomb': bombPng(),
        };
        for (const [what, picture] of Object.entries(pictures)) {
            const form = await anyone.submit('/attendance/mark', {}, [picture]);
            assert.ok([400, 413, 415, 503].includes(form.status), `${what}: ${form.status}`);
            const json = await anyone.post('/attendance/mark', { image: picture.toString('base64') });
            assert.ok([400, 413, 415, 503].includes(json.status), `${what} in JSON: ${json.status}`);
        }
        assert.equal((await anyone.post('/attendance/mark', {})).status, 400);
        assert.equal((await anyone.post('/attendance/mark', { image: '%%%' })).status, 400);
        assert.equal((await anyone.submit('/attendance/mark', { colour: 'red' }, [Buffer.from('x')])).status, 400);
    });

    it('refuses truncated and malformed multipart', async () => {
        const bodies = [
            '', '--b', '--b\r\n', '--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc',
            '--b\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--b--\r\n', 'no boundary at all',
        ];
        for (const body of bodies) {
            const answer = await anyone.send('POST', '/attendance/mark', {
                body, headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
            });
            assert.equal(answer.status, 400, JSON.stringify(body));
        }
        const without = await anyone.send('POST', '/attendance/mark', {
            body: '--b--', headers: { 'Content-Type': 'multipart/form-data' },
        });
        assert.equal(without.status, 400);
    });

    it('does not send CORS headers unless told to', async () => {
        const answer = await anyone.get('/version', { headers: { Origin: 'https://evil.example' } });
        assert.equal(answer.headers.get('access-control-allow-origin'), null);
    });

    it('keeps serving while a client sends one byte at a time', async () => {
        const { port } = new URL(server.url);
        const slow = connect(Number(port), '127.0.0.1');
        slow.on('error', () => {});
        slow.write('POST /attendance/mark HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{');
        for (let i = 0; i < 20; i++) assert.equal((await anyone.get('/version')).status, 200);
        slow.destroy();
    });
});
