// The detectors beside the network: everything from enrolment to recognition works with each.
import assert from 'node:assert/strict';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { engine } from '../helpers/databases.mjs';
import { missingParts, samplesDir } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const sample = (number) => path.join(samplesDir, `sample${number}.jpg`);
// No detector knows which database there is.
const skip =
    engine === 'sqlite' ? missingParts({ faces: true, samples: true }) : `not on ${engine}: faces`;

describe('detectors', { skip }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
        const { code, stderr } = await place.presente('detect', '--size', '640', '--crop', 'crops',
            sample(1), sample(3));
        assert.equal(code, 0, stderr);
        await mkdir(place.file('people/Persona'), { recursive: true });
        await copyFile(place.file('crops/sample3_face2.png'), place.file('people/Persona/a.png'));
    });
    after(() => place.remove());

    it('names the packages where the module of a detector is not there', async () => {
        const env = { PRESENTE_DETECTOR: 'hog', PRESENTE_MODULES_DIR: place.file('crops') };
        const { code, stderr } = await place.presente('detect', sample(1), { env });
        assert.equal(code, 4, stderr);
        assert.match(stderr, /dev deps detectors/);
        assert.doesNotMatch(stderr, /dev deps hog/);
    });

    for (const PRESENTE_DETECTOR of ['haar', 'hog']) {
        it(`enrols and recognises with ${PRESENTE_DETECTOR}`, async (test) => {
            const env = { PRESENTE_DETECTOR };
            const enrolled = await place.presente('enrol', '--folder', 'people', '--create', '--json',
                { env });
            if (enrolled.code === 4) {
                // What is missing is named, with the way to get it.
                assert.match(enrolled.stderr, /\.\/dev deps detectors/);
                return test.skip(enrolled.stderr.trim());
            }
            assert.equal(enrolled.code, 0, enrolled.stderr + enrolled.stdout);
            const { code, stdout, stderr } = await place.presente('identify', '--json',
                sample(3), { env });
            assert.equal(code, 0, stderr + stdout);
            const names = JSON.parse(stdout).items[0].faces.map(({ name }) => name).filter(Boolean);
            assert.deepEqual(names, ['Persona']);
            const [user] = JSON.parse(enrolled.stdout).items;
            assert.equal((await place.presente('user', 'delete', user.email, '--yes')).code, 0);
        });
    }

    it('says what is missing or unknown', async () => {
        const absent = { PRESENTE_DETECTOR: 'haar', PRESENTE_HAAR_CASCADE: place.file('no.xml') };
        const without = await place.presente('identify', sample(3), { env: absent });
        assert.equal(without.code, 4);
        assert.match(without.stderr, /no\.xml.*opencv-data/);
        const wrong = { ...absent, PRESENTE_HAAR_CASCADE: sample(1) };
        const damaged = await place.presente('identify', sample(3), { env: wrong });
        assert.notEqual(damaged.code, 0);
        assert.match(damaged.stderr, /sample1\.jpg: The cascade file is damaged/);
        const unknown = await place.presente('identify', sample(3), {
            env: { PRESENTE_DETECTOR: 'cnn' },
        });
        assert.match(unknown.stderr, /network, haar or hog|network\|haar\|hog/);
    });

    it('compares them all in one run', async () => {
        await mkdir(place.file('counted'));
        for (const name of ['person.png', 'person_7.png'])
            await copyFile(place.file('crops/sample1_face1.png'), place.file(`counted/${name}`));
        const { code, stdout, stderr } = await place.presente('bench', 'detectors', '--json',
            'counted');
        assert.equal(code, 0, stderr);
        const { pictures, detectors } = JSON.parse(stdout);
        assert.equal(pictures, 2);
        const network = detectors.find(({ name }) => name === 'network');
        // One is said to show seven people, the other is the network's own to judge.
        assert.equal(network.expected, 7);
        assert.equal(network.others_found, network.others_expected);
        assert.equal(network.found, network.others_found);
        assert.ok(network.found >= 1);
        assert.equal(network.false, 0);
        for (const { available, reason, median_ms: median } of detectors)
            assert.ok(available ? median > 0 : /\.\/dev deps detectors/.test(reason), reason);
    });
});
