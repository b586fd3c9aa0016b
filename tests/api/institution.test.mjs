// What an institution sets for its pages and people: colour, consent, periods; its status; and the
// files of the page with their codings.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { Client, createPerson } from '../helpers/client.mjs';
import { cutFaces, threePhotos } from '../helpers/faces.mjs';
import { missingParts, startServer } from '../helpers/server.mjs';

const PASSWORD = 'a long enough secret';
const SCRIPT = 'export const same = 1;\n'.repeat(200);

/** One answer as it is on the wire: fetch() would undo the coding. */
function raw(url, headers = {}) {
    return new Promise((resolve, reject) => {
        const sent = request(url, { headers }, (answer) => {
            const pieces = [];
            answer.on('data', (piece) => pieces.push(piece));
            answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(pieces) }));
        });
        sent.on('error', reject);
        sent.end();
    });
}

describe('the institution', { skip: missingParts() }, () => {
    let server, admin, anyone, ana, web;

    before(async () => {
        web = await mkdtemp(path.join(tmpdir(), 'presente-page-'));
        await writeFile(path.join(web, 'index.html'), '<!doctype html><title>page</title>');
        await writeFile(path.join(web, 'kiosk.html'), '<!doctype html><title>kiosk</title>');
        await writeFile(path.join(web, 'app.js'), SCRIPT);
        server = await startServer({ env: { PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_LIVENESS: 'off', PRESENTE_WEB_DIR: web } });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        ana = await createPerson(admin, { name: 'Ana', email: 'ana@uni.mx', role: 'student' });
    });
    after(async () => {
        await server?.stop();
        await rm(web, { recursive: true, force: true });
    });

    it('has a colour that can be read, in both themes', async () => {
        const before = await anyone.get('/branding.css');
        assert.equal(before.headers.get('content-type'), 'text/css; charset=utf-8');
        assert.doesNotMatch(before.body, /--accent/);
        const pale = await admin.patch('/institution', { accent: '#ffd400' });
        assert.equal(pale.status, 400);
        assert.deepEqual(pale.body.error.details, [{ field: 'accent' }]);
        const [advice] = pale.body.error.message.match(/#[0-9a-f]{6}/);
        const set = await admin.patch('/institution', { accent: advice.toUpperCase(), short_name: ' Mayab ' });
        assert.equal(set.status, 200, JSON.stringify(set.body));
        const shown = (await anyone.get('/institution')).body;
        assert.equal(shown.accent, advice);
        assert.equal(shown.short_name, 'Mayab');
        assert.match(shown.accent_dark, /^#[0-9a-f]{6}$/);
        assert.notEqual(shown.accent_dark, shown.accent);
        assert.equal(shown.retention, undefined);
        const css = await anyone.get('/branding.css');
        assert.match(css.body, new RegExp(`:root \\{\\s+--accent: ${advice};`));
        assert.match(css.body, new RegExp(`data-theme='dark'\\] \\{\\s+--accent: ${shown.accent_dark};`));
        assert.notEqual(css.headers.get('etag'), before.headers.get('etag'));
        const again = await anyone.get('/branding.css', { headers: { 'If-None-Match': css.headers.get('etag') } });
        assert.equal(again.status, 304);
        assert.equal((await ana.patch('/institution', { accent: '#000000' })).status, 403);
    });

    it('has a text of consent with versions', async () => {
        const first = (await anyone.get('/consent')).body;
        assert.equal(first.version, 1);
        assert.equal(first.required, true);
        assert.ok(first.text.es.length > 200 && first.text.en.length > 200);
        const text = { en: 'We agree.', es: 'Aceptamos.' };
        assert.equal((await ana.put('/consent', { text })).status, 403);
        assert.equal((await admin.put('/consent', { text: { en: 'Only one' } })).status, 400);
        const set = await admin.put('/consent', { text });
        assert.equal(set.status, 200, JSON.stringify(set.body));
        assert.equal(set.body.version, 2);
        assert.equal((await admin.put('/consent', { text })).body.version, 2);
        assert.deepEqual((await anyone.get('/consent?version=1')).body.text, first.text);
        assert.equal((await anyone.get('/consent?version=3')).status, 404);
        assert.equal((await anyone.get('/consent?version=0')).status, 400);
    });

    it('is agreed to and withdrawn by oneself, with a receipt', async () => {
        assert.equal((await ana.get('/me/consent')).body.state, 'none');
        assert.equal((await ana.post('/me/consent', { version: 1 })).status, 409);
        const given = await ana.post('/me/consent', { version: 2 });
        assert.equal(given.status, 200, JSON.stringify(given.body));
        assert.deepEqual([given.body.state, given.body.version, given.body.given_by], ['standing', 2, 'person']);
        assert.equal(given.body.receipt, null);
        const me = (await ana.get('/me')).body;
        assert.equal((await admin.get(`/users/${me.id}/consent`)).body.state, 'standing');
        assert.equal((await ana.get(`/users/${me.id}/consent`)).status, 403);
        const receipt = await ana.delete('/me/consent');
        assert.equal(receipt.status, 200);
        assert.deepEqual([receipt.body.erased_faces, receipt.body.erased_images], [0, 0]);
        assert.ok(Date.parse(receipt.body.at));
        assert.deepEqual((await ana.delete('/me/consent')).body, receipt.body);
        const after = (await ana.get('/me/consent')).body;
        assert.deepEqual([after.state, after.receipt], ['withdrawn', receipt.body]);
        assert.equal((await anyone.get('/me/consent')).status, 401);
    });

    it('keeps no face of who withdrew', { skip: missingParts({ faces: true, samples: true }) }, async () => {
        const [face] = await cutFaces(server, 'sample6.jpg');
        const person = { name: 'Rosa', email: 'rosa@uni.mx', password: PASSWORD };
        const without = await anyone.submit('/register', person, threePhotos(face));
        assert.equal(without.status, 400, JSON.stringify(without.body));
        assert.match(without.body.error.message, /consent_version/);
        const made = await anyone.submit('/register', { ...person, consent_version: 2 }, threePhotos(face));
        assert.equal(made.status, 201, JSON.stringify(made.body));
        const rosa = new Client(server.url, made.body.token);
        const { id } = made.body.user;
        assert.equal((await anyone.submit('/attendance/mark', {}, [face])).body.result, 'match');
        const receipt = (await rosa.delete('/me/consent')).body;
        assert.deepEqual([receipt.erased_faces, receipt.erased_images], [3, 3]);
        assert.equal((await rosa.get(`/users/${id}/faces`)).body.total, 0);
        assert.equal((await anyone.submit('/attendance/mark', {}, [face])).body.result, 'unknown');
        assert.equal((await admin.submit(`/users/${id}/faces`, {}, [face])).status, 409);
        assert.equal((await rosa.submit(`/users/${id}/faces`, {}, [face])).status, 409);
        assert.equal((await rosa.get('/attendance')).body.total, 1);
    });

    it('lets everybody choose their language', async () => {
        const set = await ana.patch('/me', { language: 'en' });
        assert.equal(set.status, 200, JSON.stringify(set.body));
        assert.equal(set.body.language, 'en');
        assert.equal((await ana.patch('/me', { language: null })).body.language, null);
        assert.equal((await ana.patch('/me', { language: 'fr' })).status, 400);
    });

    it('has periods, and tells what is past them', async () => {
        const set = await admin.patch('/institution', { retention: { review_days: 7, left_months: 6 } });
        assert.equal(set.status, 200, JSON.stringify(set.body));
        assert.deepEqual(set.body.retention, { mark_picture_days: 30, review_days: 7, audit_months: 0, left_months: 6 });
        const bad = await admin.patch('/institution', { name: 'Other', retention: { audit_months: 3 } });
        assert.deepEqual(bad.body.error.details, [{ field: 'audit_months' }]);
        assert.notEqual((await anyone.get('/institution')).body.name, 'Other');
        assert.equal((await ana.get('/system/status')).status, 403);
        const { stdout } = await server.presente('db', 'backup', 'copy.backup', '--json');
        assert.ok(JSON.parse(stdout).file);
        const { status, body } = await admin.get('/system/status');
        assert.equal(status, 200, JSON.stringify(body));
        assert.ok(['sqlite', 'postgresql', 'mariadb'].includes(body.database.engine));
        assert.equal(body.images.store, 'ok');
        assert.ok(body.images.free_bytes > 0);
        assert.equal(body.mail.configured, false);
        assert.ok(body.backup.age_seconds < 600);
        assert.ok(body.counts.people >= 2);
        assert.equal(body.retention.periods.review_days, 7);
        assert.equal(body.retention.next.people, 0);
    });

    it('serves its page compressed, each coding with a tag of its own', async () => {
        const plain = await raw(`${server.url}/app.js`);
        assert.equal(plain.headers['content-encoding'], undefined);
        assert.equal(plain.headers.vary, 'Accept-Encoding');
        const packed = await raw(`${server.url}/app.js`, { 'Accept-Encoding': 'br, gzip;q=0.9' });
        assert.equal(packed.headers['content-encoding'], 'gzip');
        assert.ok(packed.bytes.length < plain.bytes.length / 10);
        assert.equal(gunzipSync(packed.bytes).toString(), SCRIPT);
        assert.notEqual(packed.headers.etag, plain.headers.etag);
        assert.match(packed.headers.etag, /^"/);
        for (const [coding, etag, status] of [
            ['gzip', packed.headers.etag, 304],
            ['gzip', plain.headers.etag, 200],
            ['gzip;q=0', plain.headers.etag, 304],
        ]) {
            const again = await raw(`${server.url}/app.js`, { 'Accept-Encoding': coding, 'If-None-Match': etag });
            assert.equal(again.status, status, coding);
        }
    });

    it('serves the kiosk to who goes there, under a strict policy', async () => {
        const page = await raw(`${server.url}/kiosk`, { Accept: 'text/html,*/*;q=0.8' });
        assert.equal(page.status, 200);
        assert.match(page.bytes.toString(), /kiosk/);
        for (const place of ['/', '/kiosk']) {
            const { headers } = await raw(server.url + place, { Accept: 'text/html' });
            const policy = headers['content-security-policy'];
            assert.match(policy, /^default-src 'self';/);
            assert.doesNotMatch(policy, /unsafe|https?:/);
            assert.match(policy, /frame-ancestors 'none'/);
        }
        const data = await raw(`${server.url}/kiosk`, { Accept: '*/*' });
        assert.doesNotMatch(data.bytes.toString(), /doctype/);
    });
});
