// The server as a process: its start, its end, a port that is taken.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';

import { freePort, missingParts, program } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const START_TIMEOUT_MS = 30_000;

/** Starts `presente serve` and waits for its address. */
function serve(place, port, words = []) {
    const env = {
        PATH: process.env.PATH,
        PRESENTE_DATABASE_URL: place.database.url,
        PRESENTE_KEY_FILE: place.file('presente.key'),
        PRESENTE_MODELS_DIR: place.file('no-models'),
        PRESENTE_WEB_DIR: place.file('no-page'),
        PRESENTE_LISTEN: `127.0.0.1:${port}`,
    };
    const child = spawn(program, ['serve', ...words], { cwd: place.dir, env });
    const server = { child, stdout: '', stderr: '' };
    child.stderr.on('data', (piece) => (server.stderr += piece));
    server.ended = new Promise((resolve) =>
        child.once('close', (code, signal) => resolve({ code, signal })));
    server.ready = new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error('no address')), START_TIMEOUT_MS);
        child.stdout.on('data', (piece) => {
            server.stdout += piece;
            const url = /Presente is at (http:\S+)/.exec(server.stdout)?.[1];
            if (url) resolve(url);
            if (url) clearTimeout(late);
        });
        server.ended.then(() => {
            clearTimeout(late);
            reject(new Error(`ended: ${server.stderr}`));
        });
    });
    server.ready.catch(() => {});
    return server;
}

describe('serve', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
    });
    after(() => place.remove());

    it('makes what is missing, answers, and ends on SIGTERM', async () => {
        const port = await freePort();
        const server = serve(place, port);
        const url = await server.ready;
        assert.equal(url, `http://localhost:${port}`);
        assert.match(server.stdout, /password +\S{16,}/);
        const health = await fetch(`http://127.0.0.1:${port}/health`);
        await health.arrayBuffer();
        assert.ok(health.status === 200 || health.status === 503);
        server.child.kill('SIGTERM');
        assert.deepEqual(await server.ended, { code: 0, signal: null });
        // Without models and page there is no camera, but the server says so and lives.
        assert.match(server.stderr, /Faces are switched off/);
        assert.match(server.stderr, /only the API/);
    });

    it('says no password the second time, and ends on SIGINT', async () => {
        const server = serve(place, await freePort());
        await server.ready;
        assert.doesNotMatch(server.stdout, /password/);
        server.child.kill('SIGINT');
        assert.deepEqual(await server.ended, { code: 0, signal: null });
    });

    it('takes any free port for port 0', async () => {
        const server = serve(place, 0, ['--listen', '127.0.0.1:0']);
        const url = await server.ready;
        assert.match(url, /:[1-9][0-9]*$/);
        const answer = await fetch(`${url.replace('localhost', '127.0.0.1')}/version`);
        assert.equal(answer.status, 200);
        await answer.arrayBuffer();
        server.child.kill('SIGTERM');
        await server.ended;
    });

    it('says that the port is taken', async () => {
        const other = createServer();
        const port = await new Promise((resolve) =>
            other.listen(0, '127.0.0.1', () => resolve(other.address().port)));
        const server = serve(place, port);
        const { code } = await server.ended;
        other.close();
        assert.equal(code, 4);
        assert.match(server.stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
    });

    it('refuses an address that is none', async () => {
        const server = serve(place, 0, ['--listen', 'somewhere']);
        const { code } = await server.ended;
        assert.equal(code, 3);
    });
});
