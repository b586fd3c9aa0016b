// kill -9 while pictures are being replaced: every row has its picture afterwards, and what no row
// names is collected.
import assert from 'node:assert/strict';
import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const PEOPLE = 8;
const KILLS = 3;
const SETS_BEFORE_KILL = 60;
const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==',
    'base64',
);

describe('kill -9 among pictures', { skip: missingParts() }, () => {
    let server, people;

    before(async () => {
        // Without models nobody looks for a face in the pictures, and there are more of them.
        server = await startServer({
            env: { PRESENTE_LIMIT_MARK_ADDRESS: '0', PRESENTE_MODELS_DIR: '/nonexistent' },
        });
        const admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        people = [];
        for (let i = 0; i < PEOPLE; i++)
            people.push(await createPerson(admin, { email: `p${i}@uni.mx`, role: 'student' }));
    });
    after(() => server?.stop());

    const stored = async () => {
        const root = path.join(server.dir, 'data/images');
        const names = await readdir(root, { recursive: true });
        return names.filter((name) => name.endsWith('.blob')).map((name) => path.join(root, name));
    };

    const presente = async (...words) => JSON.parse((await server.presente(...words, '--json')).stdout);

    it('keeps every acknowledged picture', async () => {
        const acknowledged = new Set();
        for (let kill = 0; kill < KILLS; kill++) {
            let sets = 0;
            let down = false;
            await Promise.all(
                people.map(async (person) => {
                    const route = `/users/${person.user.id}/image`;
                    while (!down) {
                        try {
                            const { status } = await person.send('PUT', route, {
                                body: PNG, headers: { 'Content-Type': 'image/png' },
                            });
                            if (status === 200) acknowledged.add(person);
                        } catch {
                            return; // The server is gone.
                        }
                        if (++sets === SETS_BEFORE_KILL) {
                            down = true;
                            process.kill(server.pid(), 'SIGKILL');
                        }
                    }
                }),
            );
            await server.kill();
            await server.start();
            const { sound, checked, findings } = await presente('images', 'check');
            assert.deepEqual(findings, []);
            assert.ok(sound);
            assert.ok(checked >= acknowledged.size, `${checked} pictures of ${acknowledged.size}`);
        }
        for (const person of acknowledged) {
            const answer = await fetch(`${server.url}/users/${person.user.id}/image`, {
                headers: { Authorization: `Bearer ${person.token}` },
            });
            await answer.arrayBuffer();
            assert.equal(answer.status, 200);
        }
        const hoursAgo = Date.now() / 1000 - 7200;
        for (const file of await stored()) await utimes(file, hoursAgo, hoursAgo);
        const before = (await stored()).length;
        const { unnamed } = await presente('images', 'gc');
        const { checked } = await presente('images', 'check');
        assert.equal((await stored()).length, before - unnamed);
        assert.equal((await stored()).length, checked);
    });
});
