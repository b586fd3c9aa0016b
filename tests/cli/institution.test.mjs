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
});
