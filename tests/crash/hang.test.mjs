// A database server that hangs (SIGSTOP) rather than being gone: connections stand, nothing answers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { Client } from '../helpers/client.mjs';
import { startDatabaseServer } from '../helpers/database_server.mjs';
import { engine, onlyServers } from '../helpers/databases.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const NOTICED_MS = 5_000; // until the health check says so
const AT_ONCE_MS = 1_000;
const ENDED_MS = 6_000; // without requests under way; before the helper would use SIGKILL

const run = promisify(execFile);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const skip = missingParts() || onlyServers('there is no server that could hang');

describe(`a ${engine} server that hangs`, { skip }, () => {
    let databaseServer, server, anyone;

    before(async () => {
        databaseServer = await startDatabaseServer();
        server = await startServer({ databaseServer: databaseServer.url });
        anyone = new Client(server.url);
    });
    after(async () => {
        try {
            await signal('-CONT');
            await server?.stop();
        } finally {
            await databaseServer?.remove();
        }
    });

    /** To the server and its children, which PostgreSQL has one of for each connection. */
    async function signal(name) {
        const pid = (await readFile(path.join(databaseServer.folder, engine, 'pid'), 'utf8')).trim();
        const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', pid]).catch((none) => none);
        const children = stdout.split(/\s+/).filter(Boolean);
        await run('kill', [name, pid, ...children]).catch(() => {});
    }

    async function timedHealth() {
        const start = Date.now();
        const answer = await anyone.get('/health');
        assert.ok(Date.now() - start < AT_ONCE_MS, `/health took ${Date.now() - start} ms`);
        return answer;
    }

    async function healthBecomes(status) {
        for (const end = Date.now() + NOTICED_MS; ; await pause(100)) {
            const answer = await timedHealth();
            if (answer.status === status) return answer;
            assert.ok(Date.now() < end, `/health says ${answer.status}`);
        }
    }

    it('is noticed while requests wait, and comes back', async () => {
        await signal('-STOP');
        // As many as there are threads for them, and more.
        const waiting = Array.from({ length: 40 }, () => anyone.get('/version'));
        const answer = await healthBecomes(503);
        assert.ok(Number(answer.headers.get('retry-after')) >= 1);
        await signal('-CONT');
        await healthBecomes(200);
        for (const { status, headers } of await Promise.all(waiting))
            assert.ok(status === 200 || (status === 503 && headers.get('retry-after')), `${status}`);
    });

    it('does not keep the program from ending', async () => {
        await signal('-STOP');
        await healthBecomes(503);
        const start = Date.now();
        const { code } = await server.kill('SIGTERM');
        assert.ok(Date.now() - start < ENDED_MS, `it took ${Date.now() - start} ms`);
        assert.equal(code, 0);
    });
});
