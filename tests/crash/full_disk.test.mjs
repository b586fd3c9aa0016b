// The disk under the database server fills up: writes are refused with a clear answer, reads go on,
// and when there is room again everything works without being told. SQLite's disk is the program's
// own: tests/api/failure.test.mjs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { Client } from '../helpers/client.mjs';
import { startDatabaseServer } from '../helpers/database_server.mjs';
import { engine } from '../helpers/databases.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const run = promisify(execFile);
const ROOM = '400m';
const MOST_WRITES = 20_000;

/** A small disk of its own, or the reason why there is none. */
async function mountSmallDisk() {
    if (process.getuid() !== 0) return { reason: 'only root may mount a small disk' };
    const folder = await mkdtemp(path.join(tmpdir(), 'presente-disk-'));
    try {
        await run('mount', ['-t', 'tmpfs', '-o', `size=${ROOM},mode=755`, 'presente', folder]);
        return { folder };
    } catch (problem) {
        await rm(folder, { recursive: true });
        return { reason: `no small disk can be mounted here: ${problem.stderr.trim()}` };
    }
}

/** Writes until the disk has no byte left. */
async function fill(file) {
    const filler = await open(file, 'w');
    for (let size = 1 << 20; size >= 1; size >>= 2) {
        const piece = Buffer.alloc(size);
        try {
            for (;;) await filler.appendFile(piece);
        } catch (problem) {
            assert.equal(problem.code, 'ENOSPC');
        }
    }
    await filler.close();
}

const notHere = engine === 'sqlite' && 'not on sqlite: its disk is filled in tests/api';

describe(`a full disk under ${engine}`, { skip: notHere || missingParts() }, () => {
    let disk, databaseServer, server, admin;

    before(async () => {
        disk = await mountSmallDisk();
        if (disk.reason) return;
        databaseServer = await startDatabaseServer(path.join(disk.folder, 'servers'));
        server = await startServer({ databaseServer: databaseServer.url });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
    });
    after(async () => {
        if (!disk?.folder) return;
        try {
            await server?.stop();
        } finally {
            await databaseServer?.remove();
            await run('umount', [disk.folder]);
            await rm(disk.folder, { recursive: true, force: true });
        }
    });

    it('refuses writes, loses nothing acknowledged, and recovers', async (t) => {
        if (disk.reason) return t.skip(disk.reason);
        const filler = path.join(disk.folder, 'filler');
        await fill(filler);
        const made = [];
        let refused = null;
        for (let i = 0; i < MOST_WRITES && !refused; i += 1) {
            const email = `s${i}@uni.mx`;
            const sent = { name: `Student ${i} ${'x'.repeat(90)}`, email, role: 'student' };
            const answer = await admin.post('/signup', sent);
            if (answer.status === 201) made.push(email);
            else refused = answer;
        }
        assert.ok(refused, 'the disk was never full');
        assert.equal(refused.status, 503, JSON.stringify(refused.body));
        assert.equal(refused.body.error.code, 'unavailable');
        assert.ok(Number(refused.headers.get('retry-after')) >= 1);

        await rm(filler);
        await databaseServer.start(); // does nothing where it still runs
        for (let tries = 0; (await admin.get('/health')).status !== 200; tries += 1) {
            assert.ok(tries < 300, 'it did not come back');
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const again = await admin.post('/signup', { name: 'After', email: 'z@uni.mx', role: 'student' });
        assert.equal(again.status, 201, JSON.stringify(again.body));
        const stored = await server.database.rows(
            'SELECT email FROM users WHERE email LIKE \'s%@uni.mx\'');
        assert.deepEqual(stored.flat().sort(), made.sort());
        const { stdout } = await server.presente('db', 'check', '--json');
        assert.deepEqual(JSON.parse(stdout), { sound: true, findings: [] });
    });
});
