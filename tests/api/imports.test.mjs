// Rosters, OneRoster files and photos over the API: dry run, all or nothing, who may.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, samplesDir, startServer } from '../helpers/server.mjs';

const CSV = { 'Content-Type': 'text/csv' };
const ROSTER = 'Matrícula;Nombre;Correo;Grupo\n1;Ana Pérez;ana@uni.mx;4B\n2;Luis Ek;luis@uni.mx;4B\n';

describe('imports', { skip: missingParts({ faces: true }) }, () => {
    let server, anyone, admin;

    before(async () => {
        server = await startServer();
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
    });
    after(() => server?.stop());

    const roster = (query, body, client = admin) =>
        client.send('POST', `/imports/roster${query}`, { body, headers: CSV });

    it('tries a roster first, stores it when asked, and finds it again', async () => {
        const tried = await roster('', ROSTER);
        assert.equal(tried.status, 200, JSON.stringify(tried.body));
        assert.equal(tried.body.applied, false);
        assert.deepEqual(tried.body.counts, { person: { create: 2 }, group: { create: 1 } });
        assert.equal((await admin.get('/users?q=luis')).body.total, 0);

        const form = new FormData();
        form.append('file', new Blob([ROSTER]), 'lista.csv');
        const stored = await admin.send('POST', '/imports/roster?dry_run=false', { form });
        assert.equal(stored.status, 200, JSON.stringify(stored.body));
        assert.equal(stored.body.applied, true);
        const [luis] = (await admin.get('/users?q=luis')).body.items;
        assert.equal(luis.student_number, '2');
        assert.equal(luis.group_name, '4B');

        const again = await roster('?dry_run=false', ROSTER);
        assert.deepEqual(again.body.counts, { person: { unchanged: 2 }, group: { unchanged: 1 } });
    });

    it('stores nothing when a line is refused, and says which', async () => {
        const bad = 'name,email,group\nEva,eva@uni.mx,5A\nRob,not-an-address,5A\n';
        const tried = await roster('', bad);
        assert.equal(tried.status, 200);
        assert.deepEqual(tried.body.errors.map(({ line, column }) => [line, column]), [[3, 'email']]);
        const { status, body } = await roster('?dry_run=false', bad);
        assert.equal(status, 422);
        assert.equal(body.error.details.errors[0].line, 3);
        assert.equal((await admin.get('/users?q=eva')).body.total, 0);
    });

    it('refuses a hostile megabyte, odd options and people who are no administrators', async () => {
        const { status, body } = await roster('', `email\n"${','.repeat(1 << 20)}`);
        assert.equal(status, 200);
        assert.equal(body.errors_total, 1);
        assert.equal((await roster('?separator=dot', ROSTER)).status, 400);
        assert.equal((await roster('?role=admin', ROSTER)).status, 400);
        assert.equal((await roster('', ROSTER, anyone)).status, 401);
        const teacher = await createPerson(admin, { email: 'profe@uni.mx', role: 'teacher' });
        assert.equal((await roster('', ROSTER, teacher)).status, 403);
    });

    it('says of a ZIP file that is none, or is not OneRoster, that it is so', async () => {
        for (const kind of ['oneroster', 'photos']) {
            const { status, body } = await admin.send('POST', `/imports/${kind}`, {
                body: 'PK but not really',
                headers: { 'Content-Type': 'application/zip' },
            });
            assert.ok([400, 415].includes(status), JSON.stringify(body));
            assert.ok([400, 415].includes((await admin.post(`/imports/${kind}`)).status));
        }
    });

    it('enrols photos by their names, once', { skip: missingParts({ samples: true }) }, async () => {
        const face = await readFile(path.join(samplesDir, 'sample2.jpg'));
        const send = (query) => {
            const form = new FormData();
            form.append('image', new Blob([face]), '1-1.JPG');
            form.append('image', new Blob(['no picture']), 'luis@uni.mx.jpg');
            form.append('image', new Blob([face]), 'nobody.jpg');
            return admin.send('POST', `/imports/photos${query}`, { form });
        };
        const tried = await send('');
        assert.equal(tried.status, 200, JSON.stringify(tried.body));
        assert.equal(tried.body.counts.tried, 2);
        assert.equal(tried.body.counts.nobody, 1);
        const of = ({ body }, file) => body.items.find((item) => item.file === file);
        const done = await send('?dry_run=false');
        assert.equal(of(done, 'luis@uni.mx.jpg').reason, 'unreadable');
        assert.ok(['enrolled', 'refused'].includes(of(done, '1-1.JPG').outcome));
        const again = await send('?dry_run=false');
        assert.equal(again.body.counts.enrolled, 0);
        assert.equal(of(again, 'luis@uni.mx.jpg').outcome, 'refused');
    });
});
