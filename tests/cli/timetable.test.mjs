// The timetable on the command line.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

describe('the timetable on the command line', { skip: missingParts() }, () => {
    let place;
    const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const run = async (...words) => {
        const { code, stdout, stderr } = await place.presente(...words);
        assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
        return stdout;
    };
    const list = async (...words) => JSON.parse(await run(...words, '--json')).items;

    before(async () => {
        place = await makeWorkplace();
        await run('db', 'init');
        await run('term', 'add', 'T', '--from', day(-30), '--to', day(60));
        await run('subject', 'add', 'Algebra');
        await run('course', 'add', 'Algebra', '--subject', 'Algebra');
        await run('course', 'add', 'Copy', '--subject', 'Algebra');
    });
    after(() => place.remove());

    it('goes from slots to sessions to a calendar and back', async () => {
        assert.match(await run('slot', 'add', 'algebra', 'wed', '09:00', '10:30'), /Sessions: 1[23] added/);
        const [slot] = await list('slot', 'list', 'algebra');
        assert.equal(slot.weekday, 3);
        await run('slot', 'edit', slot.id, '--weekday', 'friday', '--start', '08:00');
        const sessions = await list('session', 'list', '--course', 'algebra', '--from', day(8));
        assert.equal(sessions[0].start, '08:00');
        assert.match(await run('session', 'cancel', sessions[0].id, '--note', 'Strike'), /cancelled/);
        assert.match(await run('session', 'restore', sessions[0].id), /planned/);
        assert.match(await run('session', 'move', sessions[0].id, '--day', day(9), '--end', '11:00'), /08:00 to 11:00/);
        await run('session', 'add', 'algebra', day(20), '18:00', '19:00', '--title', 'Extra');
        const [holiday] = [await run('holiday', 'add', 'Feast', day(40), day(46))];
        assert.match(holiday, /1 deleted/);
        assert.equal((await list('holiday', 'list')).length, 1);
        assert.match(await run('timetable', 'show', '--course', 'algebra', '--week', day(9)), /08:00\s+11:00/);

        const file = path.join(place.dir, 'algebra.ics');
        await run('timetable', 'export', '--course', 'algebra', '-o', file);
        assert.match(fs.readFileSync(file, 'utf8'), /^BEGIN:VCALENDAR\r\n/);
        assert.match(await run('timetable', 'import', 'copy', file), /dry run/);
        assert.equal((await list('session', 'list', '--course', 'copy')).length, 0);
        await run('timetable', 'import', 'copy', file, '--apply');
        const times = async (course) => (await list('session', 'list', '--course', course))
            .map(({ starts_at, end }) => `${starts_at} ${end}`);
        assert.deepEqual(await times('copy'), await times('algebra'));
        const refused = await place.presente('slot', 'add', 'algebra', 'someday', '09:00', '10:00');
        assert.equal(refused.code, 3);
        assert.match(refused.stderr, /not a weekday/);
    });
});
