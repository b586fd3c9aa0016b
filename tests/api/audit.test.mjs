// The audit log over HTTP: entries get their place in the chain while the server runs, the chain is
// verified, a term is exported.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const CHAINED_MS = 15_000;

describe('the audit log', { skip: missingParts() }, () => {
    let server;
    let admin;
    let teacher;
    let term;
    before(async () => {
        server = await startServer();
        const anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        teacher = await createPerson(admin, { email: 'tom@uni.mx', role: 'teacher' });
        const made = await admin.post('/terms', {
            name: 'Otoño',
            first_day: '2026-08-01',
            last_day: '2026-12-18',
        });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        term = made.body;
    });
    after(() => server?.stop());

    it('chains entries soon after they were written', async () => {
        for (const end = Date.now() + CHAINED_MS; ; await sleep(100)) {
            const { body } = await admin.get('/audit?limit=100');
            if (body.items.every(({ position }) => position !== null)) {
                const places = body.items.map(({ position }) => position).sort((a, b) => a - b);
                assert.deepEqual(places, places.map((_, i) => i + 1));
                assert.ok(body.items.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash)));
                break;
            }
            assert.ok(Date.now() < end, 'entries without a place');
        }
        const { status, body } = await admin.get('/audit/verify');
        assert.equal(status, 200);
        assert.equal(body.sound, true);
        assert.deepEqual(body.findings, []);
        assert.ok(body.entries >= 3);
    });

    it('exports a term with a proof', async () => {
        const answer = await fetch(`${server.url}/terms/${term.id}/export`, {
            headers: { authorization: `Bearer ${admin.token}` },
        });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('content-type'), 'application/zip');
        assert.match(answer.headers.get('content-disposition'), /^attachment.*\.zip/);
        const bytes = Buffer.from(await answer.arrayBuffer());
        // What is stored, not deflated, lies in the file as it is.
        const start = bytes.indexOf('{"format":"presente-term-1"');
        const proof = bytes.subarray(start, bytes.indexOf('\n', start) + 1);
        const { chain, key, term: named } = JSON.parse(proof);
        assert.equal(named.id, term.id);
        assert.ok(chain.position > 0);
        const signature = bytes.indexOf('proof.sig') + 'proof.sig'.length;
        const der = Buffer.concat([
            Buffer.from('302a300506032b6570032100', 'hex'),
            Buffer.from(key.public_key, 'hex'),
        ]);
        const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
        const local = bytes.readUInt16LE(bytes.indexOf('proof.sig') - 2);
        const data = signature + local;
        assert.ok(verify(null, proof, publicKey, bytes.subarray(data, data + 64)));
    });

    it('is for administrators', async () => {
        const anyone = new Client(server.url);
        for (const path of ['/audit', '/audit/verify', `/terms/${term.id}/export`]) {
            assert.equal((await teacher.get(path)).status, 403, path);
            assert.equal((await anyone.get(path)).status, 401, path);
        }
        const unknown = '00000000-0000-4000-8000-000000000000';
        assert.equal((await admin.get(`/terms/${unknown}/export`)).status, 404);
        assert.equal((await admin.get('/terms/x/export')).status, 404);
    });
});
