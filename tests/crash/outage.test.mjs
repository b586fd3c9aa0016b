// Marks arrive from 32 connections while the database server is stopped and started again, once in
// order and once by SIGKILL. SQLite has no server: there Presente itself is killed. What was
// acknowledged is in the register, once and under the same id; nothing else is.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, it } from 'node:test';

import { Client } from '../helpers/client.mjs';
import { startDatabaseServer } from '../helpers/database_server.mjs';
import { engine } from '../helpers/databases.mjs';
import { cutFaces, threePhotos } from '../helpers/faces.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const CONNECTIONS = 32;
const PEOPLE = 60;
const MARKS_BEFORE = 250; // acknowledged when the database goes
const REFUSED_MEANWHILE = 200; // and refused when it comes back
const MARKS_AFTER = 250; // acknowledged after that
const PATIENCE_MS = 60_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One connection that is kept: answers {status, headers, body}, throws when it breaks. */
class Connection {
    constructor(url, token) {
        this.url = url;
        this.headers = token ? { Authorization: `Bearer ${token}` } : {};
        this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    }

    post(where, type, content) {
        const headers = { ...this.headers, 'Content-Type': type, 'Content-Length': content.length };
        return new Promise((resolve, reject) => {
            const request = http.request(
                this.url + where, { method: 'POST', agent: this.agent, headers },
                (answer) => {
                    const pieces = [];
                    answer.on('data', (piece) => pieces.push(piece));
                    answer.once('error', reject);
                    answer.once('end', () => {
                        const text = Buffer.concat(pieces).toString();
                        const { statusCode: status, headers: said } = answer;
                        resolve({ status, headers: said, body: text ? JSON.parse(text) : null });
                    });
                });
            request.once('error', reject);
            request.end(content);
        });
    }

    mark(mark) {
        return this.post('/attendance', 'application/json', Buffer.from(JSON.stringify(mark)));
    }

    face(photo) {
        const edge = 'frame-of-a-camera';
        const head = `--${edge}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n`;
        const content = Buffer.concat([
            Buffer.from(`${head}Content-Type: image/png\r\n\r\n`), photo,
            Buffer.from(`\r\n--${edge}--\r\n`)]);
        return this.post('/attendance/mark', `multipart/form-data; boundary=${edge}`, content);
    }

    close() {
        this.agent.destroy();
    }
}

async function until(what, holds) {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await holds())) {
        assert.ok(Date.now() < deadline, `${what}: not within ${PATIENCE_MS / 1000} s`);
        await pause(20);
    }
}

const keyOf = ({ user_id: id, day }) => `${id} ${day}`;

describe(`an outage of ${engine}`, { skip: missingParts() }, () => {
    const noFaces = missingParts({ faces: true, samples: true });
    let databaseServer, server, admin, ids, photos;

    before(async () => {
        databaseServer = await startDatabaseServer();
        server = await startServer({
            databaseServer: databaseServer?.url,
            env: { PRESENTE_LIVENESS: 'off', PRESENTE_LIMIT_MARK_ADDRESS: '0' },
        });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        ids = [];
        for (let i = 0; i < PEOPLE; i += 1) {
            const sent = { name: `Student ${i}`, email: `s${i}@uni.mx`, role: 'student' };
            const { status, body } = await admin.post('/signup', sent);
            assert.equal(status, 201, JSON.stringify(body));
            ids.push(body.id);
        }
        photos = noFaces ? [] : await enrolSome();
    });
    after(async () => {
        try {
            await server?.stop();
        } finally {
            await databaseServer?.remove();
        }
    });

    /** Enrols people out of a photograph, beside those who are marked by hand. */
    async function enrolSome() {
        const woman = (await cutFaces(server, 'sample1.jpg'))[2];
        const man = (await cutFaces(server, 'sample6.jpg'))[0];
        const enrolled = [];
        for (const [i, face] of [woman, man].entries()) {
            const sent = { name: `Face ${i}`, email: `f${i}@uni.mx`, password: 'correct horse 42',
                consent_version: 1 };
            const made = await new Client(server.url).submit('/register', sent, threePhotos(face));
            assert.equal(made.status, 201, JSON.stringify(made.body));
            enrolled.push({ ...made.body.user, user_id: made.body.user.id, face });
        }
        return enrolled;
    }

    async function register() {
        const marks = [];
        for (;;) {
            const { status, body } =
                await admin.get(`/attendance/all?limit=1000&offset=${marks.length}`);
            assert.equal(status, 200, JSON.stringify(body));
            marks.push(...body.items);
            if (body.items.length === 0 || marks.length >= body.total) return marks;
        }
    }

    /** The register through the program and past it: the same rows, nobody twice. */
    async function checkedRegister() {
        const marks = await register();
        const byKey = new Map(marks.map((mark) => [keyOf(mark), mark]));
        assert.equal(byKey.size, marks.length, 'somebody was marked twice');
        const [[rows]] = await server.database.rows('SELECT COUNT(*) FROM attendance');
        assert.equal(Number(rows), marks.length, 'the list and the table differ');
        const twice = await server.database.rows(
            'SELECT COUNT(*) FROM attendance GROUP BY user_id, occasion HAVING COUNT(*) > 1');
        assert.deepEqual(twice, []);
        return byKey;
    }

    function assertHolds(stored, acknowledged) {
        for (const [key, { id, marked_at: moment }] of acknowledged) {
            const mark = stored.get(key);
            assert.ok(mark, `the acknowledged mark ${key} is lost`);
            if (id) assert.equal(mark.id, id, key);
            if (moment) assert.equal(mark.marked_at, moment, key);
        }
    }

    function assertRefused({ status, headers, body }) {
        assert.equal(status, 503, JSON.stringify(body));
        assert.equal(body.error.code, 'unavailable');
        assert.ok(Number(headers['retry-after']) >= 1, '503 without Retry-After');
    }

    /** Whether the answer acknowledges; refusals and broken connections are counted. */
    async function attempt(tally, work) {
        try {
            const answer = await work();
            if (answer.status === 200) return answer.body;
            assertRefused(answer);
        } catch (problem) {
            // Only Presente's own end may break a connection.
            if (engine !== 'sqlite' || problem instanceof assert.AssertionError) throw problem;
        }
        tally.refused += 1;
        await pause(20);
        return null;
    }

    async function sendByHand(tally, waiting) {
        const connection = new Connection(server.url, admin.token);
        while (!tally.over && waiting.length > 0) {
            const mark = waiting.shift();
            tally.sent.add(keyOf(mark));
            const body = await attempt(tally, () => connection.mark({ ...mark, status: 'present' }));
            if (!body) tally.unsure.push(mark);
            else tally.acknowledged.set(keyOf(mark), { id: body.id });
        }
        connection.close();
    }

    async function sendFaces(tally, { user_id: id, name, face }) {
        const connection = new Connection(server.url);
        while (!tally.over) {
            const body = await attempt(tally, () => connection.face(face));
            if (!body) continue;
            assert.equal(body.result, 'match', JSON.stringify(body));
            assert.equal(body.user.name, name);
            const key = keyOf({ user_id: id, day: body.attendance.day });
            const known = tally.acknowledged.get(key);
            // A camera is told no id, but the moment.
            const { marked_at: moment } = body.attendance;
            if (known) assert.equal(moment, known.marked_at, 'one person, two marks');
            tally.acknowledged.set(key, { marked_at: moment });
            tally.faces += 1;
        }
        connection.close();
    }

    async function sayItIsAway() {
        const answer = await admin.get('/health');
        assert.equal(answer.status, 503);
        assert.equal(answer.body.error.code, 'unavailable');
        assert.ok(Number(answer.headers.get('retry-after')) >= 1);
    }

    const comeBack = () => (databaseServer ?? server).start();
    const ways =
        engine === 'sqlite'
            ? { 'Presente killed': () => server.kill('SIGKILL') }
            : { stopped: () => databaseServer.stop(), killed: () => databaseServer.kill() };
    for (const [round, [name, goAway]] of Object.entries(ways).entries()) {
        it(`${name}: loses nothing acknowledged, marks nobody twice`, async () => {
            const earlier = await checkedRegister();
            const tally = {
                acknowledged: new Map(), sent: new Set(), unsure: [], faces: 0, refused: 0,
                over: false,
            };
            // Thousands of people and days, of which only what fits into the outage is sent.
            const days = Array.from({ length: 200 }, (_, i) =>
                new Date(Date.UTC(2024, 8 * round, 1 + i)).toISOString().slice(0, 10));
            const waiting = days.flatMap((day) => ids.map((user_id) => ({ user_id, day })));
            const senders = [
                ...Array.from({ length: CONNECTIONS - photos.length }, () => sendByHand(tally, waiting)),
                ...photos.map((photo) => sendFaces(tally, photo)),
            ];
            const all = Promise.all(senders);
            all.catch(() => (tally.over = true));

            const acknowledged = () => tally.over || tally.acknowledged.size >= MARKS_BEFORE;
            await until('the first marks', acknowledged);
            await goAway();
            await until('refusals', () => tally.over || tally.refused >= REFUSED_MEANWHILE);
            if (engine !== 'sqlite') await sayItIsAway();
            await comeBack();
            await until('health', async () => (await admin.get('/health')).status === 200);
            const { faces, acknowledged: { size } } = tally;
            await until('marks after the outage', () => tally.over ||
                (tally.acknowledged.size >= size + MARKS_AFTER && tally.faces >= faces + photos.length));
            tally.over = true;
            await all;
            assert.ok(waiting.length > 0, 'all was sent before the outage was over');

            const stored = await checkedRegister();
            assertHolds(stored, [...earlier, ...tally.acknowledged]);
            const unheardOf = [...stored.keys()].filter((key) => !earlier.has(key) &&
                !tally.sent.has(key) && !photos.some(({ user_id: id }) => key.startsWith(id)));
            assert.deepEqual(unheardOf, [], 'marks that nobody sent');

            await retry(tally, stored);
        });
    }

    /** Whoever was refused tries again: one row each, whether it stood already or not. */
    async function retry(tally, stored) {
        const connection = new Connection(server.url, admin.token);
        for (const mark of tally.unsure) {
            const { status, body } = await connection.mark({ ...mark, status: 'present' });
            const stood = stored.has(keyOf(mark));
            // Writing over a mark is a correction, which needs a reason.
            assert.equal(status, stood ? 400 : 200, JSON.stringify(body));
        }
        connection.close();
        const afterwards = await checkedRegister();
        assertHolds(afterwards, stored);
        const added = tally.unsure.filter((mark) => !stored.has(keyOf(mark)));
        assert.equal(afterwards.size, stored.size + added.length);
        const { stdout } = await server.presente('db', 'check', '--json');
        assert.deepEqual(JSON.parse(stdout), { sound: true, findings: [] });
    }
});
