// What ./dev deps says and leaves behind when something is missing or wrong.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import test from 'node:test';

import { freePort } from '../helpers/server.mjs';
import {
    makePath,
    makeWorkplace,
    MODELS_PACKAGE,
    MODEL_NAMES,
    packageOf,
    serveRegistry,
} from './workplace.mjs';

const GOOD = Object.fromEntries(MODEL_NAMES.map((name) => [name, `weights of ${name}\n`]));
const TOOLS = `bash sh env dirname readlink awk sha256sum cut cat mkdir rm mktemp flock dpkg-query node
    tar find sed paste mv date sleep tail tr wc id grep`.split(/\s+/);

const asPackage = (models) =>
    packageOf({
        LICENSE: 'MIT\n',
        ...Object.fromEntries(Object.entries(models).map(([name, text]) => [`model/${name}`, text])),
    });

const closedRegistry = async () => ({ npm_config_registry: `http://127.0.0.1:${await freePort()}/` });

// Nothing of a failed attempt may stay, or the next one would take it for whole.
async function assertNothingHalfDone(place) {
    for (const name of MODEL_NAMES) assert.ok(!existsSync(place.inside('deps/models', name)), name);
    const left = existsSync(place.inside('deps')) ? await readdir(place.inside('deps')) : [];
    assert.deepEqual(left.filter((name) => name.startsWith('.new') || name.endsWith('-ready')), []);
}

async function withPlace(t, models = GOOD) {
    const place = await makeWorkplace(GOOD);
    const registry = await serveRegistry(MODELS_PACKAGE, '0.0.1', await asPackage(models));
    t.after(async () => {
        registry.close();
        await place.remove();
    });
    return { place, registry, online: { npm_config_registry: registry.url } };
}

test('models are fetched, verified and kept with their licence', async (t) => {
    const { place, online } = await withPlace(t);
    const answer = await place.dev(['deps'], online);
    assert.equal(answer.code, 0, answer.output);
    for (const name of MODEL_NAMES)
        assert.equal(await readFile(place.inside('deps/models', name), 'utf8'), GOOD[name]);
    assert.equal(await readFile(place.inside('deps/models/LICENSE'), 'utf8'), 'MIT\n');
    const files = await readdir(place.inside('deps/models'));
    assert.equal(files.length, MODEL_NAMES.length + 1);
});

test('a second time asks nobody, and works without network', async (t) => {
    const { place, online, registry } = await withPlace(t);
    await place.dev(['deps'], online);
    const asked = registry.requests();
    const again = await place.dev(['deps'], online);
    assert.equal(again.code, 0, again.output);
    assert.equal(registry.requests(), asked);
    const offline = await place.dev(['deps'], await closedRegistry());
    assert.equal(offline.code, 0, offline.output);
});

test('a wrong checksum is told and the files are deleted', async (t) => {
    const { place, online } = await withPlace(t, { ...GOOD, 'fr_pose.onnx': 'something else\n' });
    const answer = await place.dev(['deps'], online);
    assert.notEqual(answer.code, 0);
    assert.match(answer.output, /Wrong checksum in .*fr_pose\.onnx/);
    assert.doesNotMatch(answer.output, /fr_eye\.onnx/);
    await assertNothingHalfDone(place);
});

test('without the second recognition network the rest is there, and it is told', async (t) => {
    const { place, online } = await withPlace(t);
    await writeFile(place.inside('scripts/second.sha256'), `${'0'.repeat(64)}  second.tflite\n`);
    const answer = await place.dev(['deps'], online);
    assert.equal(answer.code, 0, answer.output);
    assert.match(answer.output, /second recognition network is left out/);
    assert.ok(!existsSync(place.inside('deps/second-ready')));
    for (const name of MODEL_NAMES) assert.ok(existsSync(place.inside('deps/models', name)), name);
    const left = await readdir(place.inside('deps'));
    assert.deepEqual(left.filter((name) => name.startsWith('.new')), []);
});

test('a package without a model is told', async (t) => {
    const { 'fr_eye.onnx': _, ...rest } = GOOD;
    const { place, online } = await withPlace(t, rest);
    const answer = await place.dev(['deps'], online);
    assert.notEqual(answer.code, 0);
    assert.match(answer.output, /does not hold the files it should/);
    await assertNothingHalfDone(place);
});

test('no network is told soon, and the next try succeeds', async (t) => {
    const { place, online } = await withPlace(t);
    const answer = await place.dev(['deps'], await closedRegistry());
    assert.notEqual(answer.code, 0);
    assert.match(answer.output, /Could not fetch faceplugin-.*is the network there\?/s);
    assert.ok(answer.seconds < 30, `${answer.seconds} s`);
    await assertNothingHalfDone(place);
    assert.equal((await place.dev(['deps'], online)).code, 0);
});

test('a model that was damaged on disk is fetched anew', async (t) => {
    const { place, online } = await withPlace(t);
    await place.dev(['deps'], online);
    await writeFile(place.inside('deps/models/fr_eye.onnx'), 'damaged');
    await writeFile(place.inside('deps/models-ready'), 'of another version');
    assert.equal((await place.dev(['deps'], online)).code, 0);
    assert.equal(
        await readFile(place.inside('deps/models/fr_eye.onnx'), 'utf8'),
        GOOD['fr_eye.onnx'],
    );
});

test('without npm, and no way to install it, npm is named', async (t) => {
    const { place, online } = await withPlace(t);
    const bin = await makePath(place.dir, TOOLS, { 'apt-get': 'exit 100', id: 'echo 0' });
    const answer = await place.dev(['deps'], { ...online, PATH: bin });
    assert.notEqual(answer.code, 0);
    // Where npm is Debian's, the package is there and only the command is missing.
    assert.match(answer.output, /npm is needed to fetch|Debian packages to install: .*npm/);
    await assertNothingHalfDone(place);
});

test('neither root nor sudo: the command for an administrator is given', async (t) => {
    const { place, online } = await withPlace(t);
    await appendFile(place.inside('scripts/packages.txt'), 'build presente-package-nobody-has\n');
    const tools = TOOLS.filter((name) => name !== 'id');
    const bin = await makePath(place.dir, [...tools, 'npm'], { id: 'echo 1000' });
    const answer = await place.dev(['deps'], { ...online, PATH: bin });
    assert.notEqual(answer.code, 0);
    assert.match(answer.output, /not root and there is no sudo/);
    assert.match(answer.output, /apt-get install .*presente-package-nobody-has/);
    await assertNothingHalfDone(place);
});

test('what only widens the tests may be missing', async (t) => {
    const { place, online } = await withPlace(t);
    await appendFile(place.inside('scripts/packages.txt'), 'optional presente-package-nobody-has\n');
    // The photographs are another test's business.
    await mkdir(place.inside('deps/samples'), { recursive: true });
    await writeFile(place.inside('deps/samples/LICENSE'), 'MIT\n');
    await writeFile(place.inside('scripts/samples.sha256'), '');
    await writeFile(place.inside('deps/samples-ready'), createHash('sha256').digest('hex'));
    const tools = TOOLS.filter((name) => name !== 'id');
    const asRoot = await makePath(place.dir, [...tools, 'npm', 'gzip'], {
        'apt-get': 'exit 100', id: 'echo 0',
    });
    const tried = await place.dev(['deps', '--test'], { ...online, PATH: asRoot });
    assert.equal(tried.code, 0, tried.output);
    assert.match(tried.output, /widen the tests: .*presente-package-nobody-has/);
    assert.match(tried.output, /could not be installed\. The tests that need them will be skipped/);
    const without = await place.dev(['deps', '--test', '--quiet'], { ...online, PATH: asRoot });
    assert.equal(without.code, 0, without.output);
    // An ordinary build does not ask for it.
    const plain = await place.dev(['deps'], { ...online, PATH: asRoot });
    assert.doesNotMatch(plain.output, /presente-package-nobody-has/);
});

test('an unknown command is refused with the list of commands', async (t) => {
    const { place } = await withPlace(t);
    const answer = await place.dev(['dance']);
    assert.equal(answer.code, 2);
    assert.match(answer.output, /no command called 'dance'/);
    assert.match(answer.output, /\.\/dev COMMAND/);
});
