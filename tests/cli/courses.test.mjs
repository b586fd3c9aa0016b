// Terms, subjects, rooms, courses and enrolments on the command line.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

describe('courses on the command line', { skip: missingParts() }, () => {
    let place;
    const today = new Date();
    const day = (offset) => new Date(today.getTime() + offset * 86_400_000).toISOString().slice(0, 10);

    const run = async (...words) => {
        const { code, stdout, stderr } = await place.presente(...words);
        assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
        return stdout;
    };
    const json = async (...words) => JSON.parse(await run(...words, '--json'));
    const refused = async (reason, ...words) => {
        const { code, stderr } = await place.presente(...words);
        assert.equal(code, 3, `${words.join(' ')}: ${stderr}`);
        assert.match(stderr, reason);
    };

    before(async () => {
        place = await makeWorkplace();
        await run('db', 'init');
        await run('group', 'add', '1A');
        await run('user', 'add', 'ana@uni.mx', '--name', 'Ana', '--group', '1a', '--number', 'A-001');
        await run('user', 'add', 'tina@uni.mx', '--name', 'Tina', '--role', 'teacher');
    });
    after(() => place.remove());

    it('keeps a catalogue', async () => {
        await refused(/name a term.*no term on/i, 'course', 'list');
        await run('term', 'add', 'Otoño 26', '--from', day(-60), '--to', day(60));
        await run('subject', 'add', 'Álgebra', '--code', 'MAT-101');
        const room = await json('room', 'add', 'Aula 1', '--capacity', '40');
        assert.equal(room.capacity, 40);
        await run('room', 'edit', 'aula 1', '--name', 'Aula 2');
        assert.deepEqual((await json('room', 'list')).items.map((item) => item.name), ['Aula 2']);
        assert.equal((await json('term', 'show', 'otono 26')).last_day, day(60));
        assert.match(await run('subject', 'list'), /MAT-101\s+Álgebra/);
        await refused(/taken/, 'subject', 'add', 'ALGEBRA');
        await refused(/no room "x"/, 'room', 'show', 'x');
        await run('room', 'delete', 'aula 2');
    });

    it('teaches a course to groups and lists its people', async () => {
        const course = await json('course', 'add', 'Álgebra 1', '--subject', 'MAT-101', '--group', '1A', '--teacher', 'tina@uni.mx');
        assert.equal(course.subject, 'Álgebra');
        const shown = await json('course', 'show', 'algebra 1');
        assert.deepEqual(shown.groups, ['1A']);
        assert.deepEqual(shown.teachers, [{ name: 'Tina', email: 'tina@uni.mx' }]);
        const [ana] = (await json('course', 'roster', 'algebra 1')).items;
        assert.equal(ana.student_number, 'A-001');
        assert.equal((await json('course', 'list', '--student', 'A-001')).total, 1);
        await refused(/in the term Otoño 26 called "chess"/, 'course', 'show', 'chess');
        await refused(/taught in 1 course/, 'group', 'delete', '1A');
        await refused(/1 course/, 'term', 'delete', 'Otoño 26');
        assert.match(await run('course', 'teacher', 'algebra 1', 'tina@uni.mx', '--remove'), /no longer/);
    });

    it('enrols, ends and forgets', async () => {
        const made = await json('enrolment', 'add', 'A-001', '--course', 'Álgebra 1', '--from', day(-20), '--to', day(-10));
        assert.equal(made.course, 'Álgebra 1');
        await refused(/already/, 'enrolment', 'add', 'ana@uni.mx', '--course', 'Álgebra 1', '--from', day(-12));
        assert.equal((await json('course', 'roster', 'Álgebra 1', '--day', day(-15))).total, 1);
        assert.equal((await json('course', 'roster', 'Álgebra 1', '--day', day(-8))).total, 0);
        const ended = await json('enrolment', 'end', made.id, '--day', day(-12));
        assert.equal(ended.last_day, day(-12));
        assert.equal((await json('enrolment', 'edit', made.id, '--to', '')).last_day, null);
        assert.equal((await json('enrolment', 'list', '--person', 'A-001')).total, 2);
        await run('enrolment', 'delete', made.id);
        await refused(/no such enrolment/, 'enrolment', 'show', made.id);
        await refused(/not the id/, 'enrolment', 'show', 'x');
        await run('user', 'set', 'A-001', '--number', '', '--language', 'es');
        await refused(/student number A-001/, 'user', 'set', 'A-001', '--language', 'en');
        await run('course', 'delete', 'algebra 1');
        await run('term', 'delete', 'otoño 26');
    });
});
