// Taking people, courses and photos over from elsewhere, and a whole institution to elsewhere.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { cutFaces } from '../helpers/faces.mjs';
import { missingParts, modelsDir, program } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const PEOPLE = 14;

const roster = () =>
    ['student_number,name,email,group']
        .concat(Array.from({ length: PEOPLE }, (_, i) => `${700 + i},Person ${i},p${i}@uni.mx,4B`))
        .join('\r\n');

const ONEROSTER = {
    'manifest.csv': 'propertyName,value\noneroster.version,1.1\nfile.users,bulk\n',
    'academicSessions.csv':
        'sourcedId,title,type,startDate,endDate\nt1,Otoño,term,2026-08-01,2026-12-19\n',
    'courses.csv': 'sourcedId,title,courseCode\nk1,Cálculo,MAT-1\n',
    'classes.csv': 'sourcedId,title,courseSourcedId,classType,termSourcedIds\nc1,Cálculo,k1,scheduled,t1\n',
    'users.csv': 'sourcedId,role,givenName,familyName,email\nu1,student,Eva,Sol,eva@uni.mx\n',
    'enrollments.csv': 'sourcedId,classSourcedId,userSourcedId,role\ne1,c1,u1,student\n',
};

describe('imports', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
    });
    after(() => place.remove());

    const count = async (table) =>
        Number((await place.database.rows(`SELECT COUNT(*) FROM ${table}`))[0][0]);

    it('a roster: dry run, faults by line, stored once', async () => {
        await writeFile(place.file('people.csv'), roster());
        const tried = await place.presente('import', 'roster', 'people.csv');
        assert.equal(tried.code, 0, tried.stderr);
        assert.match(tried.stdout, /dry run/);
        assert.equal(await count('users'), 1);

        await writeFile(place.file('bad.csv'), `${roster()}\r\n1,Bad,no-address,4B\r\n"`);
        const bad = await place.presente('import', 'roster', '--apply', 'bad.csv');
        assert.equal(bad.code, 3);
        assert.match(bad.stderr, /bad\.csv:16: email: /);
        assert.match(bad.stderr, /bad\.csv:17: A quote is never closed/);
        assert.equal(await count('users'), 1);

        for (const expected of ['create', 'unchanged']) {
            const done = await place.presente('import', 'roster', '--apply', '--json', '-', {
                input: roster(),
            });
            assert.equal(done.code, 0, done.stderr);
            assert.deepEqual(JSON.parse(done.stdout).counts.person, { [expected]: PEOPLE });
        }
        assert.equal(await count('users'), PEOPLE + 1);
        assert.equal((await place.presente('import', 'roster', 'none.csv')).code, 3);
    });

    it('OneRoster from a folder, faults by file and line', async () => {
        await mkdir(place.file('or'));
        for (const [name, text] of Object.entries(ONEROSTER))
            await writeFile(place.file(path.join('or', name)), text);
        const done = await place.presente('import', 'oneroster', 'or', '--apply', '--json');
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(JSON.parse(done.stdout).counts.enrolment, { create: 1 });
        await writeFile(place.file('or/users.csv'), 'sourcedId,role\nu1,emperor\n');
        const bad = await place.presente('import', 'oneroster', 'or', '--apply');
        assert.equal(bad.code, 3);
        assert.match(bad.stderr, /users\.csv:2: role: "emperor"/);
    });

    it('photos go on where a killed import stopped, and none counts twice', {
        skip: missingParts({ faces: true, samples: true }),
    }, async () => {
        const [face] = await cutFaces(place, 'sample1.jpg');
        await mkdir(place.file('photos/702'), { recursive: true });
        for (let i = 0; i < PEOPLE; i++) {
            const name = i === 2 ? '702/front.JPEG' : i % 2 ? `${700 + i}_1.JPG` : `p${i}@uni.mx.jpg`;
            await writeFile(place.file(path.join('photos', name)), face);
        }
        await writeFile(place.file('photos/stranger.jpg'), face);
        const words = ['import', 'photos', 'photos', '--apply', '--allow-duplicate'];
        const child = spawn(program, words, {
            cwd: place.dir,
            stdio: 'ignore',
            env: {
                ...process.env,
                PRESENTE_DATABASE_URL: place.database.url,
                PRESENTE_KEY_FILE: place.file('presente.key'),
                PRESENTE_MODELS_DIR: modelsDir,
            },
        });
        const ended = new Promise((resolve) => child.once('close', resolve));
        while (child.exitCode === null && (await count('photo_imports')) < 2)
            await new Promise((resolve) => setTimeout(resolve, 10));
        child.kill('SIGKILL');
        await ended;
        const before = await count('face_templates');
        assert.ok(before >= 2);

        const rest = await place.presente(...words, '--json', '--report', 'refused.csv');
        const { counts } = JSON.parse(rest.stdout);
        assert.equal(counts.done_before, before);
        assert.equal(counts.enrolled, PEOPLE - before);
        assert.equal(counts.nobody, 1);
        assert.equal(rest.code, 1);
        assert.equal(await count('face_templates'), PEOPLE);
        assert.match(await readFile(place.file('refused.csv'), 'utf8'), /"stranger\.jpg","nobody"/);
    });

    it('an institution comes out of another database as it went in', async () => {
        await rm(place.file('whole.zip'), { force: true });
        const parts = ['--with-passwords', '--with-faces', '--with-images'];
        const out = await place.presente('institution', 'export', '-o', 'whole.zip', ...parts);
        assert.equal(out.code, 0, out.stderr);
        assert.equal((await stat(place.file('whole.zip'))).mode & 0o777, 0o600);

        const other = await makeWorkplace();
        try {
            // Another installation has another key: its own, until it is told the old one.
            const env = { PRESENTE_IMAGES_URL: `file:${other.file('pictures')}` };
            const read = (...key) =>
                other.presente('institution', 'import', place.file('whole.zip'), ...key, { env });
            const count = async () => other.database.rows('SELECT COUNT(*) FROM users');
            if ((await place.database.rows('SELECT COUNT(*) FROM face_templates'))[0][0] !== '0') {
                const { code, stderr } = await read();
                assert.equal(code, 5, stderr);
                assert.match(stderr, /face_templates\.jsonl:1: A face does not open/);
                assert.deepEqual(await count(), [['0']]);
            }
            const done = await read('--source-key', place.file('presente.key'));
            assert.equal(done.code, 0, done.stderr);
            const tables = ['users', 'enrolments', 'face_templates', 'images', 'external_ids'];
            for (const table of tables) {
                const sql = `SELECT COUNT(*) FROM ${table}`;
                assert.deepEqual(await other.database.rows(sql), await place.database.rows(sql), table);
            }
            const audit = await other.presente('audit', 'verify', { env });
            assert.equal(audit.code, 0, audit.stderr);
            const checked = await other.presente('db', 'check', { env });
            assert.equal(checked.code, 0, checked.stdout);
            assert.equal((await other.presente('images', 'check', { env })).code, 0);
            const second = await read();
            assert.equal(second.code, 3);
            assert.match(second.stderr, /holds an institution already/);
        } finally {
            await other.remove();
        }
    });

    it('an export that was changed or cut off is refused, and leaves nothing', async () => {
        const whole = await readFile(place.file('whole.zip'));
        const other = await makeWorkplace();
        try {
            const changed = Buffer.from(whole);
            changed[Math.floor(whole.length / 3)] ^= 0x55;
            for (const bytes of [changed, whole.subarray(0, whole.length / 2), Buffer.from('PK')]) {
                await writeFile(other.file('bad.zip'), bytes);
                const { code, stderr } = await other.presente('institution', 'import', 'bad.zip');
                assert.ok([3, 5].includes(code), stderr);
                assert.deepEqual(await other.database.rows('SELECT COUNT(*) FROM users'), [['0']]);
            }
        } finally {
            await other.remove();
        }
    });
});
