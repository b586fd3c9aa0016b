// What is under the server fails: the disk fills up, too much arrives at once. Clear answers, and
// nothing that was acknowledged is lost.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { Client, createPerson } from '../helpers/client.mjs';
import { onlyFiles } from '../helpers/databases.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const run = promisify(execFile);

describe('failures underneath', { skip: missingParts() }, () => {
    let server, anyone, admin, student;

    before(async () => {
        server = await startServer({ env: { PRESENTE_QUEUE: '1', PRESENTE_WORKERS: '1' } });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        student = await createPerson(admin, { email: 'ana@uni.mx', role: 'student' });
    });
    after(() => server?.stop());

    const elsewhere = onlyFiles('the disk is the database server\'s, see tests/crash');
    it('answers 503 on a full disk, keeps reading, and recovers', { skip: elsewhere }, async () => {
        const marked = await admin.post('/attendance', { user_id: student.user.id, status: 'present' });
        assert.equal(marked.status, 200, JSON.stringify(marked.body));

        // The kernel refuses to let the server's files grow beyond what they are: a full disk.
        const wal = await stat(path.join(server.dir, 'presente.db-wal'));
        await run('prlimit', ['--pid', String(server.pid()), `--fsize=${Math.max(wal.size, 1)}:unlimited`]);
        const refused = [];
        for (let i = 0; i < 40; i++) refused.push(await admin.post('/groups', { name: `Group ${i}` }));
        const full = refused.filter(({ status }) => status === 503);
        assert.ok(full.length > 0, `no write failed: ${refused.map(({ status }) => status)}`);
        assert.ok(refused.every(({ status }) => status === 503 || status === 201));
        assert.equal(full[0].body.error.code, 'unavailable');
        assert.match(full[0].body.error.message, /disk|full|space/i);
        const reading = await student.get('/attendance');
        assert.equal(reading.body.total, 1);

        await run('prlimit', ['--pid', String(server.pid()), '--fsize=unlimited:unlimited']);
        const made = refused.filter(({ status }) => status === 201).length;
        assert.equal((await admin.get('/groups')).body.total, made, 'acknowledged and stored differ');
        assert.equal((await admin.post('/groups', { name: 'After' })).status, 201);
        const { stdout } = await server.presente('db', 'check');
        assert.ok(stdout.length > 0);
    });

    it('answers 503 with Retry-After when the queue is full', async () => {
        const answers = await Promise.all(
            Array.from({ length: 60 }, () => anyone.post('/login', { email: 'ana@uni.mx', password: 'no' })),
        );
        const busy = answers.filter(({ status }) => status === 503);
        assert.ok(busy.length > 0, `nobody was turned away: ${answers.map(({ status }) => status)}`);
        assert.ok(busy.every(({ headers }) => Number(headers.get('retry-after')) >= 1));
        assert.ok(answers.every(({ status }) => [401, 429, 503].includes(status)));
        assert.equal((await anyone.get('/health')).status, 200);
    });
});
