// A made-up term: made in an empty folder, sound, and never made over something that is there.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { rowsOf } from '../helpers/databases.mjs';
import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const SMALL = ['demo-data', '--students', '12', '--weeks', '2'];

describe('a made-up term', { skip: missingParts() }, () => {
    let place;
    let made;

    const run = async (...words) => {
        const { code, stdout, stderr } = await place.presente(...words);
        assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
        return stdout;
    };
    const refused = async (code, reason, ...words) => {
        const answer = await place.presente(...words);
        assert.equal(answer.code, code, `${words.join(' ')}: ${answer.stderr}`);
        assert.match(answer.stderr, reason);
    };

    before(async () => {
        place = await makeWorkplace();
    });
    after(() => place.remove());

    it('wants what it can use', async () => {
        const first = await place.presente('demo-data', '--students', '3');
        assert.equal(first.code, 3);
        assert.match(first.stderr, /students must be from 6 to 2000/);
        // It made the database: its administrator is told once, whatever comes of the rest.
        assert.match(first.stdout, /First administrator\n.*\n  password  \S+/);
        await refused(3, /yesterday/, 'demo-data', '--today', 'yesterday');
        await refused(3, /nowhere/, 'demo-data', '--photos', 'nowhere');
        assert.equal(JSON.parse(await run('term', 'list', '--json')).total, 0);
    });

    it('fills an empty institution', async () => {
        made = JSON.parse(await run(...SMALL, '--today', '2026-03-12', '--json'));
        assert.equal(made.students, 12);
        assert.match(made.accounts.teacher.email, /\.example$/);
        assert.equal(made.accounts.student.password, made.accounts.admin.password);
        const marks = (await run('export')).trim().split('\r\n').length - 1;
        assert.equal(marks, made.marks);
        const { items } = JSON.parse(await run('term', 'list', '--json'));
        assert.deepEqual(items.map((term) => [term.name, term.first_day]), [['Primavera 2026', '2026-02-23']]);
    });

    it('is sound', async () => {
        assert.match(await run('db', 'check'), /sound/);
        assert.match(await run('audit', 'verify'), /as they were written; 0 wait/);
        const twice = await place.presente('timetable', 'conflicts', '--from', '2026-03-12', '--to', '2026-03-31');
        assert.match(twice.stdout, /room\s+\S/);
        assert.match(await run('mail', 'list'), /dead/);
    });

    it('fills nothing twice', async () => {
        await refused(3, /not empty; nothing was changed/, ...SMALL);
        assert.equal((await run('export')).trim().split('\r\n').length - 1, made.marks);
    });

    it('says when it ended half-way', async () => {
        const half = await makeWorkplace();
        try {
            await half.presente('db', 'init');
            await rowsOf(half.database.url, 'DROP TABLE holidays');
            const { code, stderr } = await half.presente(...SMALL);
            assert.notEqual(code, 0);
            assert.match(stderr, /not whole; choose another database/);
        } finally {
            await half.remove();
        }
    });
});
