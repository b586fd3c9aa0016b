// kill -9 in the middle of a thousand marks, three times: what was acknowledged is there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const STUDENTS = 1000;
const SENDERS = 16;

describe('kill -9', { skip: missingParts() }, () => {
    let server, admin, ids;

    before(async () => {
        server = await startServer();
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        ids = [];
        const numbers = Array.from({ length: STUDENTS }, (_, i) => i);
        await eachAtOnce(numbers, async (i) => {
            const made = await admin.post('/signup', {
                name: `Student ${i}`, email: `s${i}@uni.mx`, role: 'student',
            });
            assert.equal(made.status, 201, JSON.stringify(made.body));
            ids.push(made.body.id);
        });
    });
    after(() => server?.stop());

    async function eachAtOnce(list, work) {
        const waiting = [...list];
        const sender = async () => {
            while (waiting.length > 0) await work(waiting.shift());
        };
        await Promise.all(Array.from({ length: SENDERS }, sender));
    }

    async function storedMarks() {
        const marks = [];
        for (let offset = 0; ; offset += 1000) {
            const { body } = await admin.get(`/attendance/all?limit=1000&offset=${offset}`);
            marks.push(...body.items);
            if (marks.length >= body.total) return marks;
        }
    }

    it('loses no acknowledged mark of a thousand', async () => {
        const acknowledged = new Set();
        for (const killAt of [200, 450, 700]) {
            const missing = ids.filter((id) => !acknowledged.has(id));
            let down = false;
            const ended = eachAtOnce(missing, async (user_id) => {
                if (down) return;
                try {
                    const { status } = await admin.post('/attendance', { user_id, status: 'present' });
                    if (status === 200) acknowledged.add(user_id);
                } catch {
                    return; // The server is gone: nobody was told that this mark stands.
                }
                if (!down && acknowledged.size >= killAt) {
                    down = true;
                    process.kill(server.pid(), 'SIGKILL');
                }
            });
            await ended;
            assert.ok(down, 'the server was never killed');
            await server.kill(); // waits for its end
            await server.start();

            const marks = await storedMarks();
            const stored = new Set(marks.map((mark) => mark.user_id));
            assert.equal(stored.size, marks.length, 'somebody was marked twice');
            const lost = [...acknowledged].filter((id) => !stored.has(id));
            assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.size} acknowledged marks are lost`);
        }
        await eachAtOnce(ids, async (user_id) => {
            if (acknowledged.has(user_id)) return;
            const { status } = await admin.post('/attendance', { user_id, status: 'present' });
            assert.ok([200, 400].includes(status)); // 400: it stood already, and a correction needs a reason
        });
        assert.equal((await storedMarks()).length, STUDENTS);
        await server.presente('db', 'check');
    });
});
