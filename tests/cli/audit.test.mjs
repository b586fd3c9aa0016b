// The chain of the audit log and exported terms from the command line, and verified with openssl
// alone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const run = promisify(execFile);

/** The files of a ZIP file, by its directory (APPNOTE 4.3.12). */
function unzip(bytes) {
    const files = new Map();
    let at = bytes.readUInt32LE(bytes.lastIndexOf(Buffer.from('PK\x05\x06')) + 16);
    while (bytes.readUInt32LE(at) === 0x02014b50) {
        const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
        const [name, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field));
        const local = bytes.readUInt32LE(at + 42);
        const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
        const packed = bytes.subarray(data, data + size);
        files.set(
            bytes.toString('utf8', at + 46, at + 46 + name),
            method === 8 ? inflateRawSync(packed) : packed,
        );
        at += 46 + name + extra + comment;
    }
    return files;
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

describe('audit', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        for (const words of [
            ['db', 'init'],
            ['term', 'add', 'Primavera', '--from', '2026-01-01', '--to', '2026-06-30'],
            ['user', 'add', 'ana@uni.edu', '--name', 'Ana'],
            ['user', 'set', 'ana@uni.edu', '--role', 'teacher'],
        ]) {
            const done = await place.presente(...words);
            assert.equal(done.code, 0, `${words.join(' ')}: ${done.stderr}`);
        }
    });
    after(() => place.remove());

    const json = async (...words) => {
        const { code, stdout, stderr } = await place.presente(...words, '--json');
        assert.notEqual(stdout, '', stderr);
        return { code, ...JSON.parse(stdout) };
    };

    it('has chained what commands have written when they end', async () => {
        const { code, sound, entries, pending, position, hash } = await json('audit', 'verify');
        assert.equal(code, 0);
        assert.equal(sound, true);
        assert.equal(pending, 0);
        assert.equal(position, entries);
        const { items } = await json('audit', 'list', '-n', '1');
        assert.equal(items[0].position, position);
        assert.equal(items[0].hash, hash);
        assert.equal(items[0].action, 'user.update');
        assert.match(items[0].details, /"from":"student","to":"teacher"/);
    });

    it('exports a term that openssl and sha256sum alone verify', async () => {
        const file = place.file('term.zip');
        const made = await place.presente('term', 'export', 'primavera', '-o', file);
        assert.equal(made.code, 0, made.stderr);
        assert.equal((await stat(file)).mode & 0o7777, 0o600);
        assert.equal((await place.presente('term', 'export', 'primavera', '-o', file)).code, 3);

        const files = unzip(await readFile(file));
        assert.deepEqual(
            [...files.keys()],
            ['register.jsonl', 'audit.jsonl', 'proof.json', 'proof.sig', 'key.pem'],
        );
        const proof = JSON.parse(files.get('proof.json'));
        for (const { name, sha256: digest, size } of proof.files) {
            assert.equal(sha256(files.get(name)), digest);
            assert.equal(files.get(name).length, size);
        }
        const { items } = await json('audit', 'key');
        assert.equal(items[0].public_key, proof.key.public_key);
        assert.equal(items[0].pem, files.get('key.pem').toString());
        const der = createPublicKey(items[0].pem).export({ type: 'spki', format: 'der' });
        assert.equal(items[0].fingerprint, sha256(der));

        for (const [name, bytes] of files) await writeFile(place.file(name), bytes);
        await writeFile(place.file('published.pem'), items[0].pem);
        const verify = () =>
            run(
                'openssl',
                ['pkeyutl', '-verify', '-pubin', '-inkey', 'published.pem', '-rawin']
                    .concat(['-in', 'proof.json', '-sigfile', 'proof.sig']),
                { cwd: place.dir },
            );
        assert.match((await verify()).stdout, /Verified Successfully/);
        await writeFile(place.file('proof.json'), `${files.get('proof.json')} `);
        await assert.rejects(verify());
    });

    it('checks an export anywhere, with and without a key to compare', async () => {
        const elsewhere = await makeWorkplace();
        await copyFile(place.file('term.zip'), elsewhere.file('term.zip'));
        const { items } = await json('audit', 'key');

        const alone = await elsewhere.presente('audit', 'check', 'term.zip');
        assert.equal(alone.code, 0, alone.stderr);
        assert.match(alone.stdout, /No key was given to compare with/);
        for (const key of [items[0].public_key, place.file('published.pem')]) {
            const good = await elsewhere.presente('audit', 'check', 'term.zip', '--key', key);
            assert.equal(good.code, 0, good.stderr);
            assert.doesNotMatch(good.stdout, /No key/);
        }
        const other = await elsewhere.presente('audit', 'check', 'term.zip', '--json', '--key', '0'.repeat(64));
        assert.equal(other.code, 1);
        assert.equal(JSON.parse(other.stdout).sound, false);
        assert.equal((await elsewhere.presente('audit', 'check', 'term.zip', '--key', 'x')).code, 3);
        assert.equal((await elsewhere.presente('audit', 'check', 'none.zip')).code, 3);

        const bytes = await readFile(elsewhere.file('term.zip'));
        bytes[bytes.indexOf('"presente-term-1"') + 3] ^= 1;
        await writeFile(elsewhere.file('forged.zip'), bytes);
        const forged = await elsewhere.presente('audit', 'check', 'forged.zip');
        assert.equal(forged.code, 1);
        await elsewhere.remove();
    });

    it('compares the chain with an earlier proof', async () => {
        await place.presente('group', 'add', '4B');
        const later = await place.presente('audit', 'verify', '--proof', place.file('term.zip'));
        assert.equal(later.code, 0, later.stdout + later.stderr);

        const stranger = await makeWorkplace();
        assert.equal((await stranger.presente('db', 'init')).code, 0);
        const foreign = await stranger.presente('audit', 'verify', '--proof', place.file('term.zip'));
        assert.equal(foreign.code, 1);
        assert.match(foreign.stdout + foreign.stderr, /at the time of the proof/);
        await stranger.remove();
    });
});
