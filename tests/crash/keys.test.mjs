// kill -9 of a key rotation at several moments: every face opens all the time, and running it again
// finishes it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, program, startServer } from '../helpers/server.mjs';

const PEOPLE = 3;
const PHOTOS = 12; // as many as are kept of a person
// After the key file has changed, in ms; null: before that, as early as possible.
const MOMENTS = [null, 0, 2, 5, 20, 100, 400];

const skip = missingParts({ faces: true, samples: true });

describe('kill -9 of keys rotate', { skip }, () => {
    let server, anyone, woman;

    before(async () => {
        server = await startServer({
            env: { PRESENTE_LIVENESS: 'off', PRESENTE_LIMIT_MARK_ADDRESS: '0' },
        });
        anyone = new Client(server.url);
        const admin = await anyone.signIn(server.admin.email, server.admin.password);
        woman = (await cutFaces(server, 'sample1.jpg'))[2];
        const photo = path.join(server.dir, 'woman.png');
        await writeFile(photo, woman);
        for (let i = 0; i < PEOPLE; i++) {
            const email = `s${i}@uni.mx`;
            await createPerson(admin, { email, role: 'student' });
            await server.presente('enrol', email, '--allow-duplicate', '--allow-copies', ...Array(PHOTOS).fill(photo));
        }
    });
    after(() => server?.stop());

    const keyFile = () => path.join(server.dir, 'presente.key');
    const keys = async () => JSON.parse((await server.presente('keys', 'list', '--json')).stdout);

    /** Starts a rotation and kills it; true when it was killed before its end. */
    async function rotateAndKill(moment) {
        const before = await readFile(keyFile(), 'utf8');
        const child = spawn(program, ['keys', 'rotate'], {
            cwd: server.dir, env: server.env, stdio: 'ignore',
        });
        const ended = new Promise((resolve) =>
            child.once('close', (code, signal) => resolve(signal === 'SIGKILL')));
        if (moment !== null) {
            while ((await readFile(keyFile(), 'utf8')) === before && child.exitCode === null);
            await sleep(moment);
        }
        child.kill('SIGKILL');
        return ended;
    }

    it('leaves every face readable, and is finished by running it again', async () => {
        let killed = 0, unfinished = 0;
        for (const moment of MOMENTS) {
            // An unfinished rotation is finished without touching the file, so start from a clean one.
            const fresh = JSON.parse((await server.presente('keys', 'rotate', '--json')).stdout);
            const older = (await keys()).items.slice(1);
            for (const { id } of older.slice(3)) await server.presente('keys', 'drop', id);
            assert.equal(fresh.unreadable, 0);

            killed += await rotateAndKill(moment);
            assert.equal((await stat(keyFile())).mode & 0o7777, 0o600);
            const after = await keys(); // fails when a face or picture does not open
            assert.equal(after.templates, PEOPLE * PHOTOS);
            const mark = await anyone.submit('/attendance/mark', {}, [woman]);
            assert.equal(mark.status, 200, JSON.stringify(mark.body));
            unfinished += after.items.slice(1).some(({ templates, images }) => templates + images > 0);

            const { stdout } = await server.presente('keys', 'rotate', '--json');
            assert.equal(JSON.parse(stdout).unreadable, 0);
            const [current, ...others] = (await keys()).items;
            assert.equal(current.templates, PEOPLE * PHOTOS);
            assert.ok(others.every(({ templates, images }) => templates + images === 0));
        }
        assert.ok(killed > MOMENTS.length / 2, `only ${killed} rotations were killed`);
        assert.ok(unfinished > 0, 'none was killed in the middle');
        const { stdout } = await server.presente('db', 'check');
        assert.match(stdout, /sound/);
    });
});
