// Pictures on the command line: profile pictures, checking, collecting.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

// A 2 × 2 picture.
const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==',
    'base64',
);

describe('pictures on the command line', { skip: missingParts() }, () => {
    let place;

    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
        await place.presente('user', 'add', 'ana@uni.mx', '--name', 'Ana');
        await writeFile(place.file('me.png'), PNG);
        await writeFile(place.file('text.jpg'), 'not a picture');
    });
    after(() => place.remove());

    const stored = async () => {
        const names = await readdir(place.file('data/images'), { recursive: true }).catch(() => []);
        return names.filter((name) => name.endsWith('.blob'));
    };

    it('has nothing to check or to collect in a new place', async () => {
        const check = await place.presente('images', 'check', '--json');
        assert.equal(check.code, 0, check.stderr);
        assert.deepEqual(JSON.parse(check.stdout), { sound: true, checked: 0, findings: [] });
        const gc = await place.presente('images', 'gc');
        assert.equal(gc.code, 0, gc.stderr);
        assert.match(gc.stdout, /Deleted 0 pictures/);
    });

    it('sets, writes and deletes a profile picture', async () => {
        const set = await place.presente('user', 'image', 'ana@uni.mx', 'me.png');
        assert.equal(set.code, 0, set.stderr);
        assert.equal((await stored()).length, 1);
        const written = await place.presente('user', 'image', 'ana@uni.mx', '--output', 'out.jpg');
        assert.equal(written.code, 0, written.stderr);
        assert.equal((await readFile(place.file('out.jpg'))).subarray(0, 3).toString('hex'), 'ffd8ff');
        const gone = await place.presente('user', 'image', 'ana@uni.mx', '--delete');
        assert.equal(gone.code, 0, gone.stderr);
        assert.equal((await stored()).length, 0);
        for (const option of [['--delete'], ['--output', 'again.jpg']]) {
            const { code, stderr } = await place.presente('user', 'image', 'ana@uni.mx', ...option);
            assert.equal(code, 3);
            assert.match(stderr, /no such picture/);
        }
    });

    it('refuses what is no picture, no file or nobody', async () => {
        for (const [email, file] of [['ana@uni.mx', 'text.jpg'], ['ana@uni.mx', 'none.jpg'], ['no@uni.mx', 'me.png']]) {
            const { code, stderr } = await place.presente('user', 'image', email, file);
            assert.equal(code, 3, `${email} ${file}`);
            assert.match(stderr, /^presente: /m);
        }
        assert.equal((await stored()).length, 0);
    });

    it('finds a picture that is damaged or missing', async () => {
        await place.presente('user', 'image', 'ana@uni.mx', 'me.png');
        assert.equal((await place.presente('images', 'check')).code, 0);
        const [name] = await stored();
        const file = place.file(path.join('data/images', name));
        const content = await readFile(file);
        content[content.length - 1] ^= 1;
        await writeFile(file, content);
        const damaged = await place.presente('images', 'check', '--json');
        assert.equal(damaged.code, 1);
        assert.match(JSON.parse(damaged.stdout).findings[0], /does not open/);
        const read = await place.presente('user', 'image', 'ana@uni.mx', '--output', 'no.jpg');
        assert.equal(read.code, 5);
        await rm(file);
        const missing = await place.presente('images', 'check');
        assert.equal(missing.code, 1);
        assert.match(missing.stdout, /missing/);
    });

    it('says that the store cannot be used', async () => {
        await mkdir(place.file('blocked'));
        await writeFile(place.file('blocked/file'), '');
        const env = { PRESENTE_IMAGES_URL: `file:${place.file('blocked/file')}` };
        const set = await place.presente('user', 'image', 'ana@uni.mx', 'me.png', { env });
        assert.equal(set.code, 4);
        assert.match(set.stderr, /store of pictures/);
        const gc = await place.presente('images', 'gc', { env });
        assert.equal(gc.code, 4);
    });

    it('names the setting that is no store', async () => {
        for (const url of ['cloud:pictures', 'data/images', 'file:']) {
            const { code, stderr } = await place.presente('images', 'check', { env: { PRESENTE_IMAGES_URL: url } });
            assert.equal(code, 3, url);
            assert.match(stderr, /PRESENTE_IMAGES_URL/);
        }
    });
});
