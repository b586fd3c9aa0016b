// Webhooks: a receiver on this machine gets signed events, and gets them again when it failed.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { startServer } from '../helpers/server.mjs';

const GIVE_UP_AFTER = 20_000; // ms

/** A receiver that keeps what it got; `answer` is the status of the next ones. */
class Receiver {
    static async start() {
        const receiver = new Receiver();
        receiver.got = [];
        receiver.answer = 204;
        receiver.server = createServer(async (request, response) => {
            const pieces = [];
            for await (const piece of request) pieces.push(piece);
            receiver.got.push({ method: request.method, headers: request.headers, body: Buffer.concat(pieces) });
            response.writeHead(receiver.answer).end();
        });
        await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
        receiver.url = `http://127.0.0.1:${receiver.server.address().port}/hook`;
        return receiver;
    }

    /** The first event that this function accepts. */
    async event(wanted) {
        const began = Date.now();
        for (;;) {
            const found = this.got.find((each) => wanted(JSON.parse(each.body), each));
            if (found) return { ...JSON.parse(found.body), received: found };
            assert.ok(Date.now() - began < GIVE_UP_AFTER, `no such event among ${this.got.length}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    stop() {
        this.server.close();
        this.server.closeAllConnections();
    }
}

/** The check of the Standard Webhooks specification. */
function isSigned({ headers, body }, secret) {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key)
        .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`)
        .update(body)
        .digest('base64');
    return headers['webhook-signature'].split(' ').includes(`v1,${signature}`);
}

describe('webhooks', () => {
    let server, receiver, admin, student, webhook;

    before(async () => {
        receiver = await Receiver.start();
        server = await startServer({ env: { PRESENTE_WEBHOOKS_PRIVATE: 'on' } });
        admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
        student = (await createPerson(admin, { email: 'ana@uni.mx', role: 'student', name: 'Ana' })).user;
    });
    after(async () => {
        await server?.stop();
        receiver?.stop();
    });

    it('shows the secret once', async () => {
        const made = await admin.post('/webhooks', { url: receiver.url });
        assert.equal(made.status, 201, JSON.stringify(made.body));
        assert.match(made.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
        assert.ok(made.body.active);
        assert.equal(made.body.events.length, 5);
        webhook = made.body;

        const { body } = await admin.get(`/webhooks/${webhook.id}`);
        assert.equal(body.url, receiver.url);
        assert.ok(!('secret' in body));
        /* Paths of such addresses are secrets of their own. */
        const { body: log } = await admin.get('/audit?action=webhook.create');
        assert.equal(log.total, 1);
        assert.match(JSON.stringify(log.items[0].details), /127\.0\.0\.1/);
        assert.doesNotMatch(JSON.stringify(log), /hook"|whsec_/);
    });

    it('tells of a mark and of its correction, signed', async () => {
        const mark = await admin.post('/attendance', { user_id: student.id, status: 'absent' });
        assert.equal(mark.status, 200);
        await admin.patch(`/attendance/marks/${mark.body.id}`, { status: 'excused', reason: 'Doctor' });

        const marked = await receiver.event((event) => event.type === 'attendance.marked');
        assert.equal(marked.data.id, mark.body.id);
        assert.equal(marked.data.user_id, student.id);
        assert.equal(marked.data.status, 'absent');
        const corrected = await receiver.event((event) => event.type === 'attendance.corrected');
        assert.equal(corrected.data.status, 'excused');
        assert.equal(corrected.data.before.status, 'absent');
        for (const { received } of [marked, corrected]) {
            assert.equal(received.method, 'POST');
            assert.equal(received.headers['content-type'], 'application/json');
            assert.ok(isSigned(received, webhook.secret));
            assert.ok(!isSigned({ ...received, body: Buffer.concat([received.body, Buffer.from(' ')]) }, webhook.secret));
            assert.ok(Math.abs(Date.now() / 1000 - Number(received.headers['webhook-timestamp'])) < 60);
            assert.ok(!received.body.includes('Ana') && !received.body.includes('Doctor'));
        }
        assert.notEqual(marked.received.headers['webhook-id'], corrected.received.headers['webhook-id']);
    });

    it('keeps what the receiver did not take, and switches off where it wants no more', async () => {
        receiver.answer = 500;
        assert.equal((await admin.post(`/webhooks/${webhook.id}/test`)).status, 202);
        const first = await receiver.event((event) => event.type === 'webhook.test');
        const id = first.received.headers['webhook-id'];
        const delivery = async () => {
            const { body } = await admin.get(`/webhooks/${webhook.id}/deliveries`);
            return body.items.find((item) => item.id === id);
        };
        const until = async (reached) => {
            for (const began = Date.now(); Date.now() - began < GIVE_UP_AFTER; ) {
                const now = await delivery();
                if (reached(now)) return now;
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
            return delivery();
        };
        const waiting = await until((now) => now.error);
        assert.equal(waiting.state, 'waiting');
        assert.match(waiting.error, /500/);
        assert.ok(Date.parse(waiting.due_at) > Date.now(), 'it is tried again later');

        receiver.answer = 410;
        await admin.post(`/webhooks/${webhook.id}/test`);
        await receiver.event((event, { headers }) => event.type === 'webhook.test' && headers['webhook-id'] !== id);
        for (const began = Date.now(); Date.now() - began < GIVE_UP_AFTER; ) {
            if (!(await admin.get(`/webhooks/${webhook.id}`)).body.active) break;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.equal((await admin.get(`/webhooks/${webhook.id}`)).body.active, false);

        const before = receiver.got.length;
        await admin.post('/attendance', { user_id: student.id, status: 'present', day: '2026-01-05' });
        assert.equal((await admin.get(`/webhooks/${webhook.id}/deliveries`)).body.total, 4, 'no new one');
        assert.equal(receiver.got.length, before);
    });

    it('refuses what cannot be one', async () => {
        for (const url of ['', 'lms.uni.mx', 'ftp://lms.uni.mx/', 'https://a:b@lms.uni.mx/', 'https://x/ y']) {
            const { status, body } = await admin.post('/webhooks', { url });
            assert.equal(status, 400, url);
            assert.match(body.error.message, /url/);
        }
        assert.equal((await admin.post('/webhooks', {})).status, 400);
        for (const events of [[], ['attendance.deleted'], ['webhook.test'], [7], 'attendance.marked'])
            assert.equal((await admin.post('/webhooks', { url: receiver.url, events })).status, 400, JSON.stringify(events));
    });

    it('changes and deletes', async () => {
        const changed = await admin.patch(`/webhooks/${webhook.id}`, { events: ['session.closed'], active: true });
        assert.deepEqual(changed.body.events, ['session.closed']);
        assert.ok(changed.body.active);
        assert.equal((await admin.delete(`/webhooks/${webhook.id}`)).status, 204);
        assert.equal((await admin.get(`/webhooks/${webhook.id}`)).status, 404);
        const { body } = await admin.get('/audit');
        const actions = body.items.map(({ action }) => action);
        for (const action of ['webhook.create', 'webhook.update', 'webhook.gone', 'webhook.delete'])
            assert.ok(actions.includes(action), action);
    });
});
