// What is set for the whole institution, on the command line.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';

import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

// A 2 × 2 picture.
const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==',
    'base64',
);

describe('the institution on the command line', { skip: missingParts() }, () => {
    let place;

    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
        await writeFile(place.file('logo.png'), PNG);
    });
    after(() => place.remove());

    it('sets and shows', async () => {
        const set = await place.presente(
            'institution', 'set', '--name', 'Universidad del Mayab', '--paper', 'letter',
            '--time-zone', 'America/Bogota', '--warnings', 'absence,at_risk',
            '--student-report', 'weekly', '--student-weekday', '5', '--student-at', '18:00',
        );
        assert.equal(set.code, 0, set.stderr);
        assert.match(set.stdout, /student report +weekly, weekday 5, at 18:00:00, as pdf/);
        const show = await place.presente('institution', 'show', '--json');
        const institution = JSON.parse(show.stdout);
        assert.equal(institution.name, 'Universidad del Mayab');
        assert.equal(institution.paper, 'letter');
        assert.equal(institution.time_zone, 'America/Bogota');
        assert.deepEqual(institution.warnings, ['absence', 'at_risk']);
        const none = await place.presente('institution', 'set', '--warnings', 'none', '--json');
        assert.deepEqual(JSON.parse(none.stdout).warnings, []);
    });

    it('says what is wrong', async () => {
        const zone = await place.presente('institution', 'set', '--time-zone', 'Mars');
        assert.equal(zone.code, 3);
        assert.match(zone.stderr, /time_zone must be a name such as/);
        const fixed = await place.presente('institution', 'set', '--time-zone', 'Europe/Madrid', {
            env: { PRESENTE_TIME_ZONE: 'America/Merida' },
        });
        assert.equal(fixed.code, 3);
        assert.match(fixed.stderr, /PRESENTE_TIME_ZONE/);
    });

    it('has a logo', async () => {
        const without = await place.presente('institution', 'logo', '--output', 'out.png');
        assert.equal(without.code, 3);
        const set = await place.presente('institution', 'logo', 'logo.png');
        assert.equal(set.code, 0, set.stderr);
        const written = await place.presente('institution', 'logo', '--output', 'out.png');
        assert.equal(written.code, 0, written.stderr);
        assert.equal((await readFile(place.file('out.png'))).subarray(1, 4).toString(), 'PNG');
        assert.equal((await place.presente('institution', 'logo', '--delete')).code, 0);
        assert.equal((await place.presente('institution', 'logo')).code, 2);
    });

    it('has a colour and a short name', async () => {
        const pale = await place.presente('institution', 'set', '--accent', '#ffd400');
        assert.equal(pale.code, 3);
        assert.match(pale.stderr, /can be read/);
        const set = await place.presente(
            'institution', 'set', '--accent', '#0b6e4f', '--short-name', 'UM', '--json',
        );
        assert.equal(set.code, 0, set.stderr);
        assert.equal(JSON.parse(set.stdout).accent, '#0b6e4f');
        assert.equal(JSON.parse(set.stdout).short_name, 'UM');
    });

    it('has a text of consent', async () => {
        await writeFile(place.file('en.txt'), 'We agree.\n');
        await writeFile(place.file('es.txt'), 'Aceptamos.\n');
        assert.match((await place.presente('consent', 'show')).stdout, /^Version 1, the text that comes/);
        const set = await place.presente('consent', 'set', '--en', 'en.txt', '--es', 'es.txt', '--json');
        assert.equal(set.code, 0, set.stderr);
        assert.deepEqual(JSON.parse(set.stdout).text, { en: 'We agree.', es: 'Aceptamos.' });
        const off = await place.presente('consent', 'set', '--required', 'no', '--json');
        assert.deepEqual([JSON.parse(off.stdout).version, JSON.parse(off.stdout).required], [2, false]);
        assert.equal((await place.presente('consent', 'set', '--en', 'en.txt')).code, 2);
        assert.equal((await place.presente('consent', 'set', '--required', 'maybe')).code, 2);
        assert.equal((await place.presente('consent', 'show', '--version', '9')).code, 3);
    });

    it('has periods, and deletes what is past them', async () => {
        const set = await place.presente('retention', 'set', '--audit', '24', '--left', '12', '--json');
        assert.equal(set.code, 0, set.stderr);
        assert.deepEqual(JSON.parse(set.stdout).periods, {
            mark_picture_days: 30, review_days: 14, audit_months: 24, left_months: 12,
        });
        const few = await place.presente('retention', 'set', '--audit', '2');
        assert.equal(few.code, 3);
        assert.match(few.stderr, /between 12 and 240/);
        assert.match((await place.presente('retention', 'show')).stdout, /audit log +24 months +0/);
        const dry = await place.presente('retention', 'run', '--dry-run');
        assert.match(dry.stdout, /^Would go: 0 pictures/);
        const run = await place.presente('retention', 'run', '--json');
        assert.deepEqual(JSON.parse(run.stdout), {
            mark_pictures: 0, reviews: 0, audit_entries: 0, people: 0,
        });
    });

    it('takes it all along into another database', async () => {
        assert.equal((await place.presente('institution', 'export', '--output', 'all.zip')).code, 0);
        const other = { env: { PRESENTE_DATABASE_URL: `sqlite:${place.file('other.db')}` } };
        const read = await place.presente('institution', 'import', 'all.zip', other);
        assert.equal(read.code, 0, read.stderr);
        const consent = await place.presente('consent', 'show', '--json', other);
        assert.equal(JSON.parse(consent.stdout).text.es, 'Aceptamos.');
        const periods = await place.presente('retention', 'show', '--json', other);
        assert.equal(JSON.parse(periods.stdout).periods.left_months, 12);
    });
});
