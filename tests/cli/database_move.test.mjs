// Moving an installation to another database, backing it up and loading it again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startDatabaseServer } from '../helpers/database_server.mjs';
import { createDatabase, engine, onlyFiles, rowsOf } from '../helpers/databases.mjs';
import { freePort, missingParts, program, startServer } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const LOG_ENTRIES = 150_000; // or more: a copy takes long enough to be interrupted

const onFile = (place, name) => ({ env: { PRESENTE_DATABASE_URL: `sqlite:${place.file(name)}` } });

async function makeInstallation() {
    const place = await makeWorkplace();
    const made = await place.presente('db', 'init');
    assert.equal(made.code, 0, made.stderr);
    await place.presente('group', 'add', 'Álgebra 1');
    for (const name of ['Ñandú', 'nandu', 'Zoë 🎓', 'Ana'])
        await place.presente('user', 'add', `${Buffer.from(name).toString('hex')}@uni.mx`,
            '--name', name, '--group', 'algebra 1');
    return place;
}

const peopleOf = async (place, ...options) =>
    JSON.parse((await place.presente('user', 'list', '--json', ...options)).stdout).items;

async function fillLog(url) {
    const [[few]] = await rowsOf(url, 'SELECT COUNT(*) FROM audit_log');
    for (let entries = Number(few); entries < LOG_ENTRIES; entries *= 2)
        await rowsOf(url, 'INSERT INTO audit_log (happened_at, action, subject) ' +
            'SELECT happened_at, action, subject FROM audit_log');
}

/** Copies until so many rows are there. */
async function startCopy(from, to, rows) {
    const child = spawn(program, ['db', 'copy', '--from', from, '--to', to]);
    const said = [];
    child.stdout.resume();
    child.stderr.on('data', (piece) => said.push(piece));
    const ended = new Promise((resolve) =>
        child.once('close', (code, signal) =>
            resolve({ code, signal, stderr: Buffer.concat(said).toString() })));
    const progress = async () => {
        const sums = await rowsOf(to, 'SELECT SUM(done) FROM copy_progress').catch(() => []);
        return Number(sums[0]?.[0]) || 0;
    };
    while ((await progress()) < rows && child.exitCode === null);
    return { child, ended };
}

describe('db copy', { skip: missingParts() }, () => {
    let place;
    beforeEach(async () => {
        place = await makeInstallation();
    });
    afterEach(() => place.remove());

    it('moves everything, in the same order, and verifies it', async () => {
        const to = `sqlite:${place.file('moved.db')}`;
        const copied = await place.presente('db', 'copy', '--to', to, '--json');
        assert.equal(copied.code, 0, copied.stderr);
        const { rows, rows_found: found, tables, from } = JSON.parse(copied.stdout);
        assert.equal(found, 0);
        assert.equal(rows, tables.reduce((sum, table) => sum + table.rows, 0));
        assert.ok(tables.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256)));
        assert.deepEqual(await peopleOf(place, onFile(place, 'moved.db')), await peopleOf(place));
        const sound = await place.presente('db', 'check', onFile(place, 'moved.db'));
        assert.equal(sound.code, 0, sound.stdout + sound.stderr);
        const { password } = new URL(place.database.url);
        if (password) assert.ok(!from.includes(password), 'the password is shown');

        const twice = await place.presente('db', 'copy', '--to', to);
        assert.equal(twice.code, 3);
        assert.match(twice.stderr, /holds an installation already/);

        const back = await place.presente(
            'db', 'copy', '--from', to, '--to', `sqlite:${place.file('third.db')}`);
        assert.equal(back.code, 0, back.stderr);
        assert.match(back.stdout, /SHA-256 sums are equal/);
    });

    it('says what cannot be copied, without passwords', async () => {
        const port = await freePort();
        const cases = [
            [['--to', `postgresql://ana:tepeu-7Q@127.0.0.1:${port}/x`], 4, /127\.0\.0\.1/],
            [['--to', `mariadb://ana:tepeu-7Q@127.0.0.1:${port}/x`], 4, /127\.0\.0\.1/],
            [['--to', 'oracle://ana:tepeu-7Q@host/x'], 3, /oracle/],
            [['--from', 'sqlite:none.db', '--to', 'sqlite:x.db'], 3, /none\.db/],
            [['--to', place.database.url], 3, /already/],
            [[], 2, /--to is missing/],
        ];
        for (const [words, expected, said] of cases) {
            const { code, stdout, stderr } = await place.presente('db', 'copy', ...words);
            assert.equal(code, expected, `${words.join(' ')}: ${stderr}`);
            assert.match(stderr, said);
            assert.doesNotMatch(stdout + stderr, /tepeu/);
        }
    });

    it('goes on after kill -9, and nobody uses what is unfinished', async () => {
        await fillLog(place.database.url);
        const to = `sqlite:${place.file('moved.db')}`;
        const { child, ended } = await startCopy(place.database.url, to, 10_000);
        child.kill('SIGKILL');
        assert.equal((await ended).signal, 'SIGKILL', 'it was quicker than the test');

        for (const words of [['user', 'list'], ['serve'], ['db', 'init']]) {
            const refused = await place.presente(...words, onFile(place, 'moved.db'));
            assert.equal(refused.code, 4, words.join(' '));
            assert.match(refused.stderr, /never finished/);
        }
        const checked = await place.presente('db', 'check', onFile(place, 'moved.db'));
        assert.equal(checked.code, 1);
        assert.match(checked.stdout, /never finished/);
        const kept = await place.presente('db', 'backup', 'x.db', onFile(place, 'moved.db'));
        assert.equal(kept.code, 3);
        assert.ok(!existsSync(place.file('x.db')));

        const resumed = await place.presente('db', 'copy', '--to', to, '--json');
        assert.equal(resumed.code, 0, resumed.stderr);
        const { rows, rows_found: found } = JSON.parse(resumed.stdout);
        assert.ok(found >= 10_000 && found < rows, `${found} of ${rows}`);
        const sound = await place.presente('db', 'check', onFile(place, 'moved.db'));
        assert.equal(sound.code, 0, sound.stdout);
    });
});

const onServers = engine === 'sqlite' && 'not on sqlite: it has no connection to lose';
describe('db copy to a server that goes away', { skip: missingParts() || onServers }, () => {
    it('ends with a sentence and goes on later', async () => {
        const place = await makeWorkplace();
        const server = await startDatabaseServer();
        try {
            const from = `sqlite:${place.file('here.db')}`;
            await place.presente('db', 'init', onFile(place, 'here.db'));
            await fillLog(from);
            const { url } = await createDatabase({ server: server.url });
            const { ended } = await startCopy(from, url, 60_000);
            await server.kill();
            const { code, stderr } = await ended;
            assert.equal(code, 4, stderr);
            assert.match(stderr, /^presente: .*database/);
            await server.start();

            const resumed = await place.presente('db', 'copy', '--from', from, '--to', url, '--json');
            assert.equal(resumed.code, 0, resumed.stderr);
            const { rows, rows_found: found } = JSON.parse(resumed.stdout);
            // The last batches before a power cut may be lost, never half of one.
            assert.ok(found > 0 && found < rows, `${found} of ${rows}`);
            const env = { PRESENTE_DATABASE_URL: url };
            assert.equal((await place.presente('db', 'check', { env })).code, 0);
        } finally {
            await server.remove();
            await place.remove();
        }
    });
});

describe('db backup and restore', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeInstallation();
    });
    after(() => place.remove());

    it('writes one private file and says what else is needed', async () => {
        const made = await place.presente('db', 'backup', 'backup.db');
        assert.equal(made.code, 0, made.stderr);
        assert.match(made.stdout, /presente\.key/);
        assert.match(made.stdout, /images/);
        assert.equal((await stat(place.file('backup.db'))).mode & 0o7777, 0o600);
        const names = await readdir(place.dir);
        assert.deepEqual(names.filter((name) => name.startsWith('backup')), ['backup.db']);

        const twice = await place.presente('db', 'backup', 'backup.db');
        assert.equal(twice.code, 3);
        assert.match(twice.stderr, /--force/);
        const forced = await place.presente('db', 'backup', 'backup.db', '--force', '--json');
        assert.equal(forced.code, 0, forced.stderr);
        assert.equal(JSON.parse(forced.stdout).key_file, place.file('presente.key'));
    });

    it('brings back what was deleted since', async () => {
        const before = await peopleOf(place);
        await place.presente('db', 'backup', 'yesterday.db');
        await place.presente('user', 'delete', before[1].email, '--yes');
        assert.notDeepEqual(await peopleOf(place), before);
        const refused = await place.presente('db', 'restore', 'yesterday.db');
        assert.equal(refused.code, 3);
        assert.match(refused.stderr, /--replace/);
        const restored = await place.presente('db', 'restore', 'yesterday.db', '--replace', '--json');
        assert.equal(restored.code, 0, restored.stderr);
        const { kept } = JSON.parse(restored.stdout);
        if (kept) assert.ok(existsSync(kept));
        assert.deepEqual(await peopleOf(place), before);
        assert.equal((await place.presente('db', 'check')).code, 0);
    });

    it('refuses a damaged backup and leaves the database alone', async () => {
        await place.presente('db', 'backup', 'sound.db', '--force');
        const people = await peopleOf(place);
        const bytes = await readFile(place.file('sound.db'));
        const damages = {
            overwritten: (copy) => copy.fill(0x5a, 4096 * 3, 4096 * 6),
            truncated: (copy) => copy.subarray(0, 4096 * 9),
            other: () => Buffer.from('Dear backup, '.repeat(500)),
        };
        for (const [name, damage] of Object.entries(damages)) {
            await writeFile(place.file('bad.db'), damage(Buffer.from(bytes)));
            const { code, stderr } = await place.presente('db', 'restore', 'bad.db', '--replace');
            assert.equal(code, 5, `${name}: ${stderr}`);
            assert.match(stderr, /bad\.db is damaged or is no backup; nothing was changed/);
            assert.deepEqual(await peopleOf(place), people);
        }
        assert.equal((await place.presente('db', 'restore', 'none.db')).code, 3);
    });

    it('does not back up a damaged database as if it were sound',
        { skip: onlyFiles('its files are the server\'s') }, async () => {
            await copyFile(place.file('presente.db'), place.file('hurt.db'));
            const bytes = await readFile(place.file('hurt.db'));
            bytes.fill(0x5a, 4096 * 3, 4096 * 12);
            await writeFile(place.file('hurt.db'), bytes);
            const failed = await place.presente('db', 'backup', 'lost.db', onFile(place, 'hurt.db'));
            assert.equal(failed.code, 5);
            assert.match(failed.stderr, /damaged/);
            assert.deepEqual((await readdir(place.dir)).filter((n) => n.startsWith('lost')), []);
        });
});

describe('a database that is served', { skip: missingParts() }, () => {
    let server;
    before(async () => {
        server = await startServer();
    });
    after(() => server.stop());

    const register = async (number) => {
        const words = ['user', 'add', `p${number}@uni.mx`, '--name', `Person ${number}`];
        await server.presente(...words);
    };

    it('is backed up while it is written', async () => {
        const writing = Promise.all(Array.from({ length: 10 }, (_, i) => register(i)));
        await server.presente('db', 'backup', 'live.db');
        await writing;
        const rows = await rowsOf(`sqlite:${server.dir}/live.db`, 'PRAGMA integrity_check');
        assert.deepEqual(rows, [['ok']]);
        assert.equal((await fetch(`${server.url}/health`)).status, 200);
    });

    it('is not replaced', { skip: onlyFiles('it is emptied as a copy is') }, async () => {
        await server.presente('db', 'backup', 'served.db');
        await assert.rejects(server.presente('db', 'restore', 'served.db', '--replace'),
            ({ code, stderr }) => code === 3 && /stop the server first/.test(stderr));
        assert.equal((await fetch(`${server.url}/health`)).status, 200);
        await server.kill('SIGTERM');
        await server.presente('db', 'restore', 'served.db', '--replace');
        await server.start();
    });
});
