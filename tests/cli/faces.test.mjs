// The main job from the command line, on the sample photographs: detect, enrol, mark, export.
import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { engine } from '../helpers/databases.mjs';
import { takenAt } from '../helpers/exif.mjs';
import { missingParts, samplesDir } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const sample = (number) => path.join(samplesDir, `sample${number}.jpg`);

describe('pictures that are none', { skip: missingParts({ faces: true }) }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
        await place.presente('user', 'add', 'ana@uni.mx', '--name', 'Ana');
        await writeFile(place.file('letter.jpg'), 'This is no picture.');
        await writeFile(place.file('empty.jpg'), '');
        await mkdir(place.file('empty'));
    });
    after(() => place.remove());

    const photoCommands = [['detect'], ['identify'], ['mark'], ['enrol', 'ana@uni.mx']];
    for (const words of photoCommands) {
        it(`${words[0]} names the file that is missing or no picture`, async () => {
            for (const name of ['missing.jpg', 'letter.jpg', 'empty.jpg']) {
                const { code, signal, stderr } = await place.presente(...words, name);
                assert.equal(signal, null);
                // A refused enrolment photo is an answer, the others cannot go on.
                const expected = words[0] === 'enrol' && name !== 'missing.jpg' ? 1 : 3;
                assert.equal(code, expected, `${words[0]} ${name}: ${stderr}`);
                assert.ok(stderr.includes(name), stderr);
            }
            const { code } = await place.presente(...words, 'empty');
            assert.equal(code, 3);
        });
    }

    it('goes on with the other files', async () => {
        const { code, stdout } = await place.presente('mark', '--json', 'missing.jpg', 'letter.jpg');
        assert.equal(code, 3);
        assert.equal(JSON.parse(stdout).items.length, 2);
    });

    it('says which model is missing', async () => {
        const env = { PRESENTE_MODELS_DIR: place.file('empty') };
        const { code, stderr } = await place.presente('mark', 'letter.jpg', { env });
        assert.equal(code, 4);
        assert.match(stderr, /fr_[a-z]+\.onnx/);
    });

    it('refuses odd options', async () => {
        const cases = [
            [['detect', '--size', '7', 'letter.jpg'], /--size is "7"/],
            [['mark', '--at', 'tomorrow', 'letter.jpg'], /"tomorrow" is not a time/],
            [['mark', '--group', 'None', 'letter.jpg'], /no group "None"/],
            [['mark', '--exif', 'letter.jpg'], /does not say when it was taken/],
            [['mark', '--exif', '--at', '2026-03-12 08:55', 'letter.jpg'], /exclude each other/],
            [['enrol', 'eva@uni.mx', 'letter.jpg'], /Nobody has the e-mail/],
            [['enrol', '--folder', 'missing'], /missing is not a folder/],
            [['enrol', '--folder', 'empty'], /empty has no folders/],
        ];
        for (const [words, said] of cases) {
            const { code, stderr } = await place.presente(...words);
            assert.equal(code, 3, words.join(' '));
            assert.match(stderr, said);
        }
        const blocked = await place.presente('detect', '--crop', 'letter.jpg/crops', 'letter.jpg');
        assert.equal(blocked.code, 4);
        assert.match(blocked.stderr, /letter\.jpg\/crops/);
    });

    it('benchmarks count what is damaged and never crash', async () => {
        await mkdir(place.file('people/Ana'), { recursive: true });
        await copyFile(place.file('letter.jpg'), place.file('people/Ana/letter_1.jpg'));
        await writeFile(
            place.file('pairs.tsv'),
            'same\timage_a\timage_b\n1\tletter.jpg\tmissing.jpg\n0\tletter.jpg\tempty.jpg\n',
        );
        const detect = await place.presente('bench', 'detect', '--json', 'people');
        assert.equal(detect.code, 0, detect.stderr);
        assert.equal(JSON.parse(detect.stdout).damaged, 1);
        assert.match(detect.stderr, /letter_1\.jpg/);

        const verify = await place.presente(
            'bench', 'verify', '--json', '--root', '.', '--pairs', 'pairs.tsv', '--variants',
            '--scores', 'verified.tsv');
        assert.equal(verify.code, 0, verify.stderr);
        const figures = JSON.parse(verify.stdout);
        assert.equal(figures.pictures_damaged, 3);
        assert.equal(figures.pairs_without_face, 2);
        assert.equal(figures.variants.length, 5);
        const rows = (await readFile(place.file('verified.tsv'), 'utf8')).trimEnd().split('\n');
        assert.equal(rows.length, 3);
        assert.match(rows[1], /^1\tletter\.jpg\tmissing\.jpg\t-10\.0/);

        const identify = await place.presente('bench', 'identify', '--json', '--enrol', 'people',
            '--probe', 'people', '--stranger', 'people', '--variants', '--scores', 'none/x.tsv');
        assert.notEqual(identify.code, 0);
        assert.match(identify.stderr, /none\/x\.tsv cannot be written/);
        assert.equal(JSON.parse(identify.stdout).people_not_enrolled, 1);

        const liveness = await place.presente('bench', 'liveness', '--json', '--live', 'people',
            '--spoof', 'print=people');
        assert.equal(liveness.code, 0, liveness.stderr);
        assert.equal(JSON.parse(liveness.stdout).live.bpnrr, 1);
        assert.equal(JSON.parse(liveness.stdout).spoof[0].name, 'print');

        const bad = [
            ['detect', 'missing'],
            ['detect', 'empty'],
            ['verify', '--root', '.', '--pairs', 'missing.tsv'],
            ['verify', '--root', '.', '--pairs', 'letter.jpg'],
            ['identify', '--enrol', 'empty', '--probe', 'people', '--stranger', 'people'],
            ['liveness', '--live', 'empty', '--spoof', 'print=people'],
            ['liveness', '--live', 'people', '--spoof', 'print=missing'],
            ['speed', '--image', 'letter.jpg'],
        ];
        for (const words of bad) {
            const { code, signal } = await place.presente('bench', ...words);
            assert.equal(signal, null);
            assert.equal(code, 3, words.join(' '));
        }
    });
});

const skip = missingParts({ faces: true, samples: true });
describe('the main job on the sample photographs', { skip }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
        for (const number of [1, 2, 3]) {
            const { code, stderr } = await place.presente(
                'detect', '--size', '640', '--crop', 'crops', sample(number));
            assert.equal(code, 0, stderr);
        }
    });
    after(() => place.remove());

    it('cuts out a picture for every face', async () => {
        const { stdout } = await place.presente('detect', '--size', '640', '--json', sample(1));
        const [{ faces, width, height }] = JSON.parse(stdout).items;
        assert.equal(width, 1920);
        assert.equal(height, 1280);
        assert.equal(faces.length, 3);
        assert.ok(faces.every(({ score }) => score > 0.7));
        assert.ok(faces.every((face, i) => i === 0 || face.x >= faces[i - 1].x));
        const crops = await readdir(place.file('crops'));
        assert.equal(crops.filter((name) => name.startsWith('sample1_')).length, 3);
    });

    it('enrols from a folder of folders, marks, answers unknown, exports', async () => {
        for (const number of [1, 3]) {
            const folder = place.file(`people/Persona_${number}`);
            await mkdir(folder, { recursive: true });
            await copyFile(place.file(`crops/sample1_face${number}.png`), `${folder}/a.png`);
        }
        const enrolled = await place.presente(
            'enrol', '--folder', 'people', '--create', '--group', 'Demo', '--json');
        assert.equal(enrolled.code, 0, enrolled.stderr + enrolled.stdout);
        const { items } = JSON.parse(enrolled.stdout);
        assert.deepEqual(items.map(({ email }) => email),
            ['persona.1@presente.local', 'persona.3@presente.local']);
        assert.ok(items.every(({ created, stored, faces }) => created && stored && faces === 1));

        // One woman of sample1 is also in sample3; nobody of sample2 is enrolled.
        const mark = (at, ...files) => place.presente('mark', '--json', '--no-liveness', '--at', at,
            '--group', 'demo', ...files);
        const marked = await mark('2026-03-12 08:55', 'crops/sample3_face2.png');
        assert.equal(marked.code, 0, marked.stdout + marked.stderr);
        const [first] = JSON.parse(marked.stdout).items;
        assert.equal(first.result, 'match');
        assert.equal(first.name, 'Persona 3');
        assert.equal(first.status, 'present');
        assert.equal(first.day, '2026-03-12');
        assert.equal(first.marked_at, '2026-03-12T14:55:00Z');
        assert.equal(first.already, false);

        const again = JSON.parse((await mark('2026-03-12 11:00', 'crops/sample3_face2.png')).stdout);
        assert.equal(again.items[0].already, true);
        assert.equal(again.items[0].status, 'present');
        const late = JSON.parse((await mark('2026-03-13 09:01', 'crops/sample3_face2.png')).stdout);
        assert.equal(late.items[0].status, 'late');
        const absent = JSON.parse((await mark('2026-03-16 11:31', 'crops/sample3_face2.png')).stdout);
        assert.equal(absent.items[0].status, 'absent');

        // What the camera wrote into a photo, on its wall or with its offset from UTC.
        await place.presente('user', 'image', 'persona.3@presente.local', 'crops/sample3_face2.png');
        await place.presente('user', 'image', 'persona.3@presente.local', '-o', 'plain.jpg');
        const plain = await readFile(place.file('plain.jpg'));
        const byExif = async (...time) => {
            await writeFile(place.file('taken.jpg'), takenAt(plain, ...time));
            return place.presente('mark', '--json', '--no-liveness', '--exif', 'taken.jpg');
        };
        const wall = JSON.parse((await byExif('2026:03:17 08:59:59')).stdout).items[0];
        assert.equal(wall.marked_at, '2026-03-17T14:59:59Z');
        assert.equal(wall.status, 'present');
        const abroad = JSON.parse((await byExif('2026:03:19 00:30:00', '+09:00')).stdout).items[0];
        assert.equal(abroad.marked_at, '2026-03-18T15:30:00Z');
        assert.equal(abroad.day, '2026-03-18');
        assert.equal(abroad.status, 'late');
        for (const time of ['2026:02:30 08:00:00', '2026-03-17 08:00:00', '    :  :     :  :  ', '9999:01:01 00:00:00'])
            assert.equal((await byExif(time)).code, 3, time);

        const stranger = await mark('2026-03-12 08:55', 'crops/sample2_face2.png');
        assert.equal(stranger.code, 1);
        const [unknown] = JSON.parse(stranger.stdout).items;
        assert.equal(unknown.result, 'unknown');
        assert.equal(unknown.name, null);
        assert.equal(unknown.status, undefined);

        const exported = await place.presente('export', '--group', 'Demo', '--to', '2026-03-13');
        const rows = exported.stdout.trimEnd().split('\r\n');
        assert.equal(rows.length, 3);
        assert.match(rows[1], /^2026-03-12,08:55:00,Persona 3,Demo,present,face,/);
        assert.match(rows[2], /^2026-03-13,09:01:00,Persona 3,Demo,late,face,/);
    });

    it('says who is in a group photograph without marking', async () => {
        const { code, stdout } = await place.presente('identify', '--json', sample(3));
        assert.equal(code, 0);
        const names = JSON.parse(stdout).items[0].faces.map(({ name }) => name).filter(Boolean);
        assert.deepEqual(names, ['Persona 3']);
        assert.equal((await place.presente('identify', sample(2))).code, 1);
    });

    it('does not give one face to two people', async () => {
        await place.presente('user', 'add', 'copy@uni.mx', '--name', 'Copy');
        const words = ['enrol', 'copy@uni.mx', 'crops/sample1_face3.png'];
        const held = await place.presente(...words);
        assert.equal(held.code, 0, held.stderr);
        assert.match(held.stderr, /wait for a decision/);
        const listed = JSON.parse((await place.presente('duplicate', 'list', '--json')).stdout);
        assert.deepEqual(listed.items.map(({ user }) => user.email), ['copy@uni.mx']);
        const [{ id }] = listed.items;
        assert.match((await place.presente('duplicate', 'show', id)).stdout, /copy@uni\.mx/);
        assert.equal((await place.presente('duplicate', 'settle', id)).code, 3);
        const settled = await place.presente('duplicate', 'settle', id, '--different');
        assert.equal(settled.code, 0, settled.stderr);
        const again = await place.presente(...words);
        assert.equal(again.code, 1);
        assert.match(again.stderr, /near copy/);
        assert.equal((await place.presente(...words, '--allow-copies')).code, 0);
        assert.equal((await place.presente('user', 'delete', 'copy@uni.mx', '--yes')).code, 0);
    });

    it('notices a key of another database', async () => {
        const other = await makeWorkplace();
        await other.presente('db', 'init');
        await copyFile(other.file('presente.key'), place.file('other.key'));
        await chmod(place.file('other.key'), 0o600);
        await other.remove();
        const env = { PRESENTE_KEY_FILE: place.file('other.key') };
        const mark = await place.presente('mark', 'crops/sample3_face2.png', { env });
        assert.equal(mark.code, 5);
        assert.match(mark.stderr, /key file/);
        const check = await place.presente('db', 'check', '--json', { env });
        assert.equal(check.code, 1);
        assert.equal(JSON.parse(check.stdout).sound, false);
        assert.equal((await place.presente('db', 'check')).code, 0);
        assert.equal((await place.presente('faces', 'rebuild')).code, 0);
    });

    it('keeps key and database from other accounts', async () => {
        const files = engine === 'sqlite' ? ['presente.key', 'presente.db'] : ['presente.key'];
        for (const name of files)
            assert.equal((await stat(place.file(name))).mode & 0o077, 0, name);
    });

    it('measures every stage', async () => {
        const { code, stdout, stderr } = await place.presente(
            'bench', 'speed', '--seconds', '0.01', '--json', '--image', sample(1));
        assert.equal(code, 0, stderr);
        const { stages, memory, has_face: hasFace } = JSON.parse(stdout);
        assert.equal(hasFace, true);
        // One more where the embedding network can run in 8 bits.
        assert.ok(stages.length === 14 || stages.length === 15, `${stages.length} stages`);
        assert.ok(stages.every(({ one_thread: one }) => one.median_ms > 0 && one.runs >= 10));
        assert.ok(memory.resident_bytes > 0);
    });

    it('runs the embedding network in 8 bits only with a record', async (t) => {
        const env = { PRESENTE_INT8: 'on', PRESENTE_INT8_RECORD: place.file('int8.ini') };
        const without = await place.presente('bench', 'speed', '--seconds', '0.01', { env });
        assert.notEqual(without.code, 0);
        assert.match(without.stderr, /8 bits/);
        const off = { PRESENTE_INT8_RECORD: env.PRESENTE_INT8_RECORD };
        const check = await place.presente('bench', 'int8', '--json', { env: off });
        assert.equal(check.code, 0, check.stderr);
        if (check.stdout.startsWith('skipped')) return t.skip(check.stdout);
        const { cosine_least: least, passed } = JSON.parse(check.stdout);
        assert.ok(least > 0.98, `cosine ${least}`);
        assert.equal(passed, false);
        const photo = 'crops/sample3_face2.png';
        const floats = await place.presente('identify', '--json', photo);
        const int8 = await place.presente('identify', '--json', photo, { env });
        assert.equal(int8.code, floats.code, int8.stderr);
        assert.equal(JSON.parse(int8.stdout).kind, JSON.parse(floats.stdout).kind);
        await writeFile(place.file('int8.ini'), '[int8]\nprocessor=x\nmodel=y\nranges=1 0\n');
        assert.match((await place.presente('identify', photo, { env })).stderr, /damaged/);
    });
});
