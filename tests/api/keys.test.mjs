// The key file changes under a running server: rotated while people enrol and are marked, lost,
// wrong, put back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, createPerson, PASSWORD } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, program, startServer } from '../helpers/server.mjs';

const skip = missingParts({ faces: true, samples: true });
const NOTICED_MS = 10_000;

const settings = {
    PRESENTE_LIVENESS: 'off',
    PRESENTE_LIMIT_MARK_ADDRESS: '0',
    PRESENTE_LIMIT_REGISTER: '0',
};

/** A server with two enrolled people, and pictures that show them again. */
async function startWithFaces() {
    const server = await startServer({ env: settings });
    const anyone = new Client(server.url);
    const admin = await anyone.signIn(server.admin.email, server.admin.password);
    const first = await cutFaces(server, 'sample1.jpg');
    const sixth = await cutFaces(server, 'sample6.jpg');
    const rosa = await createPerson(admin, { email: 'rosa@uni.mx', name: 'Rosa', role: 'student' });
    const juan = await createPerson(admin, { email: 'juan@uni.mx', name: 'Juan', role: 'student' });
    for (const [who, face] of [[rosa, first[2]], [juan, sixth[0]]]) {
        const added = await admin.submit(`/users/${who.user.id}/faces`, { allow_copies: 'true' }, [face, face]);
        assert.ok(added.status < 300, JSON.stringify(added.body));
    }
    return { server, anyone, admin, rosa, juan, woman: first[2], man: sixth[0], other: first[0] };
}

async function keysOf(server) {
    try {
        return JSON.parse((await server.presente('keys', 'list', '--json')).stdout);
    } catch (problem) {
        return JSON.parse(problem.stdout); // exit code 1: something does not open
    }
}

/** Waits until the server's faces are "ok" or "off". */
async function facesBecome(client, state) {
    for (const end = Date.now() + NOTICED_MS; ; await sleep(50)) {
        const { body } = await client.get('/health');
        if (body.faces === state) return body;
        assert.ok(Date.now() < end, `faces are ${body.faces}, not ${state}`);
    }
}

const keyFile = (server) => path.join(server.dir, 'presente.key');

describe('rotating the key under a running server', { skip }, () => {
    let test;
    before(async () => {
        test = await startWithFaces();
    });
    after(() => test?.server.stop());

    it('fails no mark and no enrolment, and leaves nothing under the old key', async () => {
        const { server, anyone, admin, juan, woman, man } = test;
        const old = (await keysOf(server)).items[0].id;
        const answers = [];
        let going = true;
        const repeat = async (work) => {
            while (going) answers.push(await work());
        };
        const enrol = async () => {
            const added = await admin.submit(`/users/${juan.user.id}/faces`, { allow_copies: 'true' }, [man]);
            const faces = (await admin.get(`/users/${juan.user.id}/faces`)).body.items;
            if (faces.length > 8) await admin.delete(`/users/${juan.user.id}/faces/${faces[0].id}`);
            return { kind: 'enrol', ...added };
        };
        const mark = async () => ({
            kind: 'mark', ...(await anyone.submit('/attendance/mark', {}, [woman])),
        });
        const busy = [repeat(mark), repeat(mark), repeat(enrol)];
        for (let round = 0; round < 3; round++) {
            const { stdout } = await server.presente('keys', 'rotate', '--json');
            assert.equal(JSON.parse(stdout).unreadable, 0);
        }
        going = false;
        await Promise.all(busy);
        for (const { kind, status, body } of answers) {
            assert.ok(status < 300, `${kind}: ${status} ${JSON.stringify(body)}`);
            if (kind === 'mark') assert.equal(body.result, 'match', JSON.stringify(body));
        }
        assert.ok(answers.some(({ kind }) => kind === 'mark'));
        assert.ok(answers.some(({ kind }) => kind === 'enrol'));

        const { items, templates, templates_unreadable: unreadable } = await keysOf(server);
        assert.equal(items.length, 4);
        assert.equal(items.filter(({ current }) => current).length, 1);
        assert.equal(items[0].templates, templates);
        assert.equal(unreadable, 0);
        assert.notEqual(items[0].id, old);
        assert.ok(templates >= 4);
        for (const { templates: n, images, current } of items)
            if (!current) assert.equal(n + images, 0);
    });

    it('keeps sessions until their key is dropped', async () => {
        const { server, anyone, admin, woman } = test;
        assert.equal((await admin.get('/me')).status, 200);
        const fresh = await anyone.signIn(server.admin.email, server.admin.password);
        const { items } = await keysOf(server);
        for (const { id } of items.slice(1)) await server.presente('keys', 'drop', id);
        await assert.rejects(server.presente('keys', 'drop', items[0].id), /current/);
        assert.equal((await fresh.get('/me')).status, 200);
        /* The server looks at the file five times a second. */
        for (let i = 0; i < 20 && (await admin.get('/me')).status !== 401; i++) await sleep(50);
        assert.equal((await admin.get('/me')).status, 401);
        const marked = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(marked.body.result, 'match', JSON.stringify(marked.body));
        assert.equal((await keysOf(server)).items.length, 1);
        test.admin = fresh;

        const actions = (await fresh.get('/audit?limit=100')).body.items.map(({ action }) => action);
        assert.equal(actions.filter((action) => action === 'keys.rotate').length, 3);
        assert.equal(actions.filter((action) => action === 'keys.drop').length, 3);
    });

    it('uses a prepared key once it is told to', async () => {
        const { server, anyone, woman } = test;
        const before = (await keysOf(server)).items[0].id;
        const prepared = JSON.parse(
            (await server.presente('keys', 'rotate', '--prepare', '--json')).stdout).key;
        assert.deepEqual((await keysOf(server)).items.map(({ id }) => id), [before, prepared]);
        await server.presente('keys', 'rotate', '--to', prepared);
        const { items, templates } = await keysOf(server);
        assert.deepEqual(items.map(({ id }) => id), [prepared, before]);
        assert.equal(items[0].templates, templates);
        await server.kill('SIGTERM');
        await server.start();
        const marked = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(marked.body.result, 'match', JSON.stringify(marked.body));
    });

    it('leaves the file as it was when the disk is full', async (t) => {
        const { server, anyone, woman } = test;
        const before = await readFile(keyFile(server), 'utf8');
        // The kernel refuses more than one key a file: no complete new one can be written.
        const limited = spawnSync('prlimit', ['--fsize=100', program, 'keys', 'rotate'], {
            cwd: server.dir, env: server.env, encoding: 'utf8',
        });
        if (limited.error) {
            t.skip('prlimit is not there');
            return;
        }
        assert.equal(limited.status, 4, limited.stdout + limited.stderr);
        assert.match(limited.stderr, /key file .* cannot be written/);
        assert.equal(await readFile(keyFile(server), 'utf8'), before);
        assert.ok(!(await readdir(server.dir)).includes('presente.key.new'));
        const marked = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(marked.body.result, 'match', JSON.stringify(marked.body));
    });

    it('stays with the keys it has read when the file is damaged', async () => {
        const { server, anyone, woman } = test;
        const good = await readFile(keyFile(server));
        await writeFile(keyFile(server), 'rubbish\n');
        await sleep(500);
        const marked = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(marked.body.result, 'match', JSON.stringify(marked.body));
        assert.match(server.log(), /key file was replaced by one that cannot be used/);
        await writeFile(keyFile(server), good);
    });
});

describe('a key file that is lost', { skip }, () => {
    let test, stored;
    before(async () => {
        test = await startWithFaces();
    });
    after(() => test?.server.stop());

    const assertOff = async (said) => {
        const { server, anyone, woman, man, rosa } = test;
        assert.match(server.log(), said);
        assert.match(server.log(), /keys replace/);
        const admin = await anyone.signIn(server.admin.email, server.admin.password);
        const health = (await admin.get('/health')).body;
        assert.equal(health.faces, 'off');
        assert.match(health.faces_reason, said);
        const stranger = (await anyone.get('/health')).body;
        assert.deepEqual(stranger, { status: 'ok', faces: 'off' });

        const mark = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(mark.status, 503);
        assert.match(mark.body.error.message, /administrator/);
        assert.doesNotMatch(mark.body.error.message, /presente\.key/);
        const enrolled = await admin.submit(`/users/${rosa.user.id}/faces`, {}, [woman]);
        assert.equal(enrolled.status, 503);
        const registered = await anyone.submit('/register', {
            name: 'New', email: 'new@uni.mx', password: PASSWORD, consent_version: 1,
        }, [man, man, man]);
        assert.equal(registered.status, 503, JSON.stringify(registered.body));

        // The register works.
        const byHand = await admin.post('/attendance', {
            user_id: rosa.user.id, status: 'present', reason: 'The camera is off.',
        });
        assert.equal(byHand.status, 200, JSON.stringify(byHand.body));
        const list = await admin.get('/attendance/all');
        assert.equal(list.body.total, 1);
        const corrected = await admin.patch(`/attendance/marks/${list.body.items[0].id}`, {
            status: 'late', reason: 'Came at ten.',
        });
        assert.equal(corrected.status, 200, JSON.stringify(corrected.body));
        assert.match((await server.presente('export')).stdout, /Rosa/);
        const made = await admin.post('/groups', { name: `Group of ${Date.now()}` });
        assert.equal(made.status, 201);
        assert.equal((await admin.get('/users')).status, 200);
    };

    const countTemplates = async () => (await keysOf(test.server)).templates;

    it('is said at the start; the register works, and nothing is enrolled', async () => {
        const { server } = test;
        stored = await countTemplates();
        await server.kill('SIGTERM');
        await rename(keyFile(server), `${keyFile(server)}.away`);
        await server.start();
        await assertOff(/key file .*presente\.key of this database is missing/);
        await assert.rejects(readFile(keyFile(server)), { code: 'ENOENT' });
        assert.equal(await countTemplates(), stored);
    });

    it('is taken over without a restart when it is back', async () => {
        const { server, anyone, woman } = test;
        await copyFile(`${keyFile(server)}.away`, keyFile(server));
        await chmod(keyFile(server), 0o600);
        await facesBecome(anyone, 'ok');
        const mark = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(mark.body.result, 'match', JSON.stringify(mark.body));
    });

    it('is the same with the key of another database', async () => {
        const { server, anyone, woman } = test;
        const other = await startServer({ env: settings });
        await server.kill('SIGTERM');
        await copyFile(keyFile(other), keyFile(server));
        await other.stop();
        await server.start();
        await assertOff(/opens none of the \d+ stored faces/);
        assert.equal(await countTemplates(), stored);
        await rm(keyFile(server));
        await copyFile(`${keyFile(server)}.away`, keyFile(server));
        await facesBecome(anyone, 'ok');
        const mark = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(mark.body.result, 'match', JSON.stringify(mark.body));
    });

    it('does not take over another key while it runs', async () => {
        const { server, anyone, woman } = test;
        const other = await startServer({ env: settings });
        await copyFile(keyFile(other), `${keyFile(server)}.other`);
        await other.stop();
        await rename(`${keyFile(server)}.other`, keyFile(server));
        await facesBecome(anyone, 'off');
        const mark = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(mark.status, 503);
        assert.match(server.log(), /opens none/);
        await copyFile(`${keyFile(server)}.away`, keyFile(server));
        await facesBecome(anyone, 'ok');
    });

    it('can be replaced for good, and people enrol again, while the server runs', async () => {
        const { server, anyone, woman, rosa } = test;
        await server.kill('SIGTERM');
        await rm(keyFile(server));
        await server.start();
        const { stdout } = await server.presente('keys', 'replace', '--yes');
        assert.match(stdout, new RegExp(`${stored} faces`));
        await facesBecome(anyone, 'ok');
        const admin = await anyone.signIn(server.admin.email, server.admin.password);
        const before = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(before.body.result, 'unknown', JSON.stringify(before.body));
        const enrolled = await admin.submit(`/users/${rosa.user.id}/faces`, {}, [woman]);
        assert.ok(enrolled.status < 300, JSON.stringify(enrolled.body));
        const mark = await anyone.submit('/attendance/mark', {}, [woman]);
        assert.equal(mark.body.result, 'match', JSON.stringify(mark.body));
        const actions = (await admin.get('/audit?limit=100')).body.items.map(({ action }) => action);
        assert.ok(actions.includes('keys.replace'));
        await assert.rejects(server.presente('keys', 'replace', '--yes'), /in order/);
    });
});
