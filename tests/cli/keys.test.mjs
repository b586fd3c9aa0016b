// The key file from the command line: listing, rotating, dropping, and what works without it.
import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const KEYS_MAX = 8;
const LINE = /^presente-key-v1 ([0-9a-f]{8}) [0-9a-f]{64}$/;

describe('keys', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        const made = await place.presente('db', 'init');
        assert.equal(made.code, 0, made.stderr);
    });
    after(() => place.remove());

    const keyFile = () => place.file('presente.key');
    const ids = async () => {
        const { stdout, stderr } = await place.presente('keys', 'list', '--json');
        assert.notEqual(stdout, '', stderr);
        const { items } = JSON.parse(stdout);
        assert.ok(items.every(({ current }, i) => current === (i === 0)));
        return items.map(({ id }) => id);
    };
    const idsInFile = async () =>
        (await readFile(keyFile(), 'utf8')).trimEnd().split('\n').map((line) => LINE.exec(line)[1]);

    it('puts a new key in front and keeps the older ones', async () => {
        const [first] = await ids();
        const rotated = await place.presente('keys', 'rotate', '--json');
        assert.equal(rotated.code, 0, rotated.stderr);
        const { key, resumed, unreadable } = JSON.parse(rotated.stdout);
        assert.equal(resumed, false);
        assert.equal(unreadable, 0);
        assert.deepEqual(await ids(), [key, first]);
        assert.deepEqual(await idsInFile(), [key, first]);
        assert.equal((await stat(keyFile())).mode & 0o7777, 0o600);

        const said = await place.presente('keys', 'rotate');
        assert.match(said.stdout, /Back up the key file/);
        assert.match(said.stdout, /Backups of the database from before/);
        assert.match((await place.presente('keys', 'list')).stdout, /current/);
    });

    it('drops what seals nothing, never the current key', async () => {
        const [current, ...older] = await ids();
        const refused = await place.presente('keys', 'drop', current);
        assert.equal(refused.code, 3);
        assert.match(refused.stderr, /current/);
        assert.equal((await place.presente('keys', 'drop', '00000001')).code, 3);
        assert.equal((await place.presente('keys', 'drop', 'all')).code, 3);
        const dropped = await place.presente('keys', 'drop', older[0]);
        assert.equal(dropped.code, 0, dropped.stderr);
        assert.deepEqual(await ids(), [current, ...older.slice(1)]);
        const only = await place.presente('keys', 'rotate', '--drop-old');
        assert.equal(only.code, 0, only.stderr);
        assert.equal((await ids()).length, 1);
    });

    it('lets one process at a time change the file', async () => {
        const before = await ids();
        const all = await Promise.all(
            Array.from({ length: 4 }, () => place.presente('keys', 'rotate')));
        const done = all.filter(({ code }) => code === 0);
        for (const { code, stderr } of all) {
            assert.ok([0, 3].includes(code), stderr);
            if (code) assert.match(stderr, /Another process is changing the key file/);
        }
        assert.ok(done.length >= 1);
        assert.equal((await ids()).length, before.length + done.length);
    });

    it('says what to do when the file is full', async () => {
        while ((await ids()).length < KEYS_MAX)
            assert.equal((await place.presente('keys', 'rotate', '--prepare')).code, 0);
        const before = await readFile(keyFile(), 'utf8');
        const full = await place.presente('keys', 'rotate');
        assert.equal(full.code, 3);
        assert.match(full.stderr, /keys drop/);
        assert.equal(await readFile(keyFile(), 'utf8'), before);
        const known = await place.presente('keys', 'rotate', '--to', (await ids())[KEYS_MAX - 1]);
        assert.equal(known.code, 0, known.stderr);
        assert.equal((await place.presente('keys', 'rotate', '--to', '00000001')).code, 3);
        assert.equal((await place.presente('keys', 'rotate', '--to', 'x')).code, 3);
        assert.equal((await place.presente('keys', 'rotate', '--prepare', '--drop-old')).code, 2);
    });

    it('refuses a file that others may read', async () => {
        await chmod(keyFile(), 0o640);
        for (const words of [['keys', 'list'], ['keys', 'rotate'], ['user', 'list']]) {
            const { code, stderr } = await place.presente(...words);
            assert.equal(code, 4, words.join(' '));
            assert.match(stderr, /chmod 600/);
        }
        await chmod(keyFile(), 0o600);
        assert.equal((await place.presente('keys', 'list')).code, 0);
    });

    it('has nothing to replace while the file is in order', async () => {
        const before = await readFile(keyFile(), 'utf8');
        const { code, stderr } = await place.presente('keys', 'replace', '--yes');
        assert.equal(code, 3);
        assert.match(stderr, /in order/);
        assert.equal(await readFile(keyFile(), 'utf8'), before);
    });

    for (const [what, lose] of [
        ['missing', () => rename(keyFile(), place.file('away.key'))],
        ['damaged', async () => {
            await rename(keyFile(), place.file('away.key'));
            await writeFile(keyFile(), 'presente-key-v1 0000\n', { mode: 0o600 });
        }],
    ])
        it(`works without faces while the file is ${what}`, async () => {
            await lose();
            const words = [
                ['user', 'add', `${what}@uni.mx`, '--name', 'Ana'], ['user', 'list'],
                ['group', 'add', `Group ${what}`], ['export'],
            ];
            for (const each of words) {
                const { code, stderr } = await place.presente(...each);
                assert.equal(code, 0, `${each.join(' ')}: ${stderr}`);
            }
            for (const each of [['db', 'init'], ['keys', 'rotate'], ['keys', 'drop', '00000001']]) {
                const { code, stderr } = await place.presente(...each);
                assert.ok(code === 4 || code === 5, `${each.join(' ')}: ${code}`);
                assert.match(stderr, /key file .*Faces are off.*backup.*keys replace/);
            }
            const listed = await place.presente('keys', 'list', '--json');
            assert.equal(listed.code, 1);
            assert.match(JSON.parse(listed.stdout).trouble, /Faces are off/);
            const unsure = await place.presente('keys', 'replace');
            assert.equal(unsure.code, 3);
            assert.match(unsure.stderr, /Nothing was replaced/);
            const there = (await readdir(place.dir)).includes('presente.key');
            assert.equal(there, what === 'damaged');
            await rename(place.file('away.key'), keyFile());
            assert.equal((await place.presente('keys', 'list')).code, 0);
        });

    it('replaces a damaged file and keeps it beside the new one', async () => {
        await writeFile(keyFile(), 'rubbish\n', { mode: 0o600 });
        const { code, stdout, stderr } = await place.presente('keys', 'replace', '--yes');
        assert.equal(code, 0, stderr);
        assert.match(stdout, /0 faces and 0 pictures were deleted/);
        const kept = (await readdir(place.dir)).find((name) => name.includes('.replaced-'));
        assert.equal(await readFile(place.file(kept), 'utf8'), 'rubbish\n');
        assert.equal((await ids()).length, 1);
        assert.equal((await stat(keyFile())).mode & 0o7777, 0o600);
    });
});
