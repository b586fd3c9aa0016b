// The servers that other tests use: started and stopped without a trace, and without disturbing one
// another.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { rowsOf } from '../helpers/databases.mjs';
import { projectDir } from '../helpers/server.mjs';
import { makePath } from './workplace.mjs';

const run = promisify(execFile);
const script = path.join(projectDir, 'scripts/databases.sh');
const ENGINES = ['postgresql', 'mariadb'];

async function databases(words, env = process.env) {
    const answer = await run(script, words, { env }).catch((problem) => problem);
    return { code: answer.code ?? 0, output: `${answer.stdout}${answer.stderr}` };
}

// One that has ended may stay listed until its parent looks.
function isRunning(pid) {
    try {
        return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
        return false;
    }
}

async function startIn(folder, ...engines) {
    const { code, output } = await databases(['start', folder, ...engines]);
    assert.equal(code, 0, output);
    const lines = (await readFile(path.join(folder, 'environment'), 'utf8')).trim().split('\n');
    const environment = Object.fromEntries(
        lines.map((line) => /^(\w+)='(.*)'$/.exec(line).slice(1)),
    );
    const pids = {};
    for (const engine of ENGINES)
        if (environment[`TEST_${engine.toUpperCase()}_URL`])
            pids[engine] = (await readFile(path.join(folder, engine, 'pid'), 'utf8')).trim();
    return { output, environment, pids };
}

describe('databases.sh', () => {
    let dir;
    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-databases-'));
        // The servers' user has to get through.
        await run('chmod', ['755', dir]);
    });
    after(async () => {
        for (const name of await readdir(dir)) await databases(['stop', path.join(dir, name)]);
        await rm(dir, { recursive: true, force: true });
    });

    it('starts two sets beside each other, and stops one without a trace', async (t) => {
        const folders = ['one', 'two'].map((name) => path.join(dir, name));
        const [one, two] = await Promise.all(folders.map((folder) => startIn(folder)));
        const engines = Object.keys(one.pids);
        if (engines.length === 0) return t.skip(one.output.trim());
        for (const engine of engines) {
            const variable = `TEST_${engine.toUpperCase()}_URL`;
            assert.notEqual(one.environment[variable], two.environment[variable]);
            assert.deepEqual(await rowsOf(one.environment[variable], 'SELECT 1'), [['1']]);
            // Nobody but the owner reads the passwords, and the servers are not root.
            assert.equal((await stat(path.join(folders[0], 'environment'))).mode & 0o077, 0);
            assert.notEqual((await stat(`/proc/${one.pids[engine]}`)).uid, 0);
        }

        assert.equal((await databases(['stop', folders[0]])).code, 0);
        assert.ok(!existsSync(folders[0]));
        for (const engine of engines) {
            assert.ok(!isRunning(one.pids[engine]), engine);
            const url = two.environment[`TEST_${engine.toUpperCase()}_URL`];
            assert.deepEqual(await rowsOf(url, 'SELECT 1'), [['1']]);
        }
        assert.equal((await databases(['stop', folders[1]])).code, 0);
        assert.deepEqual(Object.values(two.pids).filter(isRunning), []);
        // Stopping what is not there is no mistake.
        assert.equal((await databases(['stop', folders[1]])).code, 0);
    });

    for (const engine of ENGINES) {
        it(`keeps port and data of ${engine} over a stop and a kill`, async (t) => {
            const folder = path.join(dir, `again-${engine}`);
            const { output, environment, pids } = await startIn(folder, engine);
            if (!environment[`TEST_${engine.toUpperCase()}_URL`]) return t.skip(output.trim());
            const url = (await databases(['create', folder, engine, 'probe'])).output.trim();
            assert.match(url, /\/probe$/);
            await rowsOf(url, 'CREATE TABLE kept (n INTEGER)');
            let pid = pids[engine];
            for (const way of ['stop-server', 'kill-server']) {
                await rowsOf(url, `INSERT INTO kept VALUES (${pid})`);
                assert.equal((await databases([way, folder, engine])).code, 0);
                assert.ok(!isRunning(pid));
                await assert.rejects(rowsOf(url, 'SELECT 1'));
                const again = await databases(['start-server', folder, engine]);
                assert.equal(again.code, 0, again.output);
                pid = (await readFile(path.join(folder, engine, 'pid'), 'utf8')).trim();
            }
            assert.equal((await rowsOf(url, 'SELECT n FROM kept')).length, 2);
            await databases(['stop', folder]);
            assert.ok(!isRunning(pid));
        });
    }

    it('says what is missing and starts nothing', async () => {
        const place = path.join(dir, 'missing');
        const tools = 'bash env id find sort tail setpriv mkdir ls chmod rm sed';
        const bin = await makePath(dir, tools.split(' '), {});
        const { code, output } = await databases(['start', place], { PATH: bin });
        assert.equal(code, 0, output);
        assert.match(output, /^skipped postgresql: the Debian package/m);
        assert.match(output, /^skipped mariadb: the Debian package/m);
        assert.equal((await databases(['stop', place])).code, 0);
        assert.ok(!existsSync(place));
    });

    it('leaves a folder alone that is not its own', async () => {
        const place = path.join(dir, 'taken');
        await run('mkdir', [place]);
        await writeFile(path.join(place, 'letter'), 'mine');
        const { code, output } = await databases(['start', place]);
        assert.notEqual(code, 0);
        assert.match(output, /not empty/);
        await databases(['stop', place]);
        assert.equal(await readFile(path.join(place, 'letter'), 'utf8'), 'mine');
    });
});
