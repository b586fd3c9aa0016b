// Compares our inference engine with ONNX Runtime on the six models, number by number.
//
//   node compare.mjs NN_DUMP [MODELS_DIR]
//
// NN_DUMP is the program built from nn_dump.c. ONNX Runtime comes from npm, pinned in package.json,
// into deps/onnxruntime; where it cannot be installed every comparison is skipped, with the reason.
// Prints TAP.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { reducedModel } from './reduced_model.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const program = process.argv[2] ? resolve(process.argv[2]) : undefined;
const models = process.argv[3] ?? process.env.PRESENTE_MODELS_DIR ?? join(here, '../../deps/models');
const cache = process.env.PRESENTE_ONNX_CACHE ?? join(here, '../../deps/onnxruntime');
const TOLERANCE = 1e-4;

const HEADS = ['319', '333', '365', '379', '405', '419', '437', '449'];

// `scale` and `shift` turn numbers in -1..1 into what the model is fed with.
const cases = [
    { model: 'fr_detect', shape: [1, 3, 240, 320] },
    { model: 'fr_detect', shape: [1, 3, 480, 640], outputs: HEADS },
    { model: 'fr_detect', shape: [2, 3, 192, 256], outputs: HEADS },
    { model: 'fr_landmark', shape: [1, 1, 64, 64], scale: 0.5, shift: 0.5 },
    { model: 'fr_feature', shape: [1, 3, 112, 112] },
    { model: 'fr_liveness', shape: [1, 3, 128, 128], scale: 127.5, shift: 127.5 },
    { model: 'fr_pose', shape: [1, 3, 224, 224], scale: 2 },
    { model: 'fr_eye', shape: [1, 1, 24, 24], scale: 0.5, shift: 0.5 },
];

// Smooth in places and noisy in others, like a picture; the same in every run.
function inputFor({ shape, scale = 1, shift = 0 }) {
    const count = shape.reduce((product, side) => product * side, 1);
    const data = new Float32Array(count);
    let state = 12345;
    for (let i = 0; i < count; i++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        const noise = state / 2 ** 31 - 1;
        const wave = Math.sin(i / 37) * Math.cos(i / 1009);
        data[i] = Math.fround((0.6 * wave + 0.4 * noise) * scale + shift);
    }
    return data;
}

function loadRuntime() {
    const manifest = readFileSync(join(here, 'package.json'), 'utf8');
    const require = createRequire(join(cache, 'package.json'));
    const stamp = join(cache, 'package.json');
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== manifest) {
        rmSync(cache, { recursive: true, force: true });
        mkdirSync(cache, { recursive: true });
        // The programs are inside the package: no install script, no other download.
        cpSync(join(here, 'package.json'), join(cache, 'wanted.json'));
        writeFileSync(stamp, '{}');
        const { dependencies } = JSON.parse(manifest);
        const wanted = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
        const run = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted],
            { cwd: cache, encoding: 'utf8', timeout: 240_000 });
        if (run.status !== 0) {
            rmSync(cache, { recursive: true, force: true });
            throw new Error('ONNX Runtime cannot be installed from npm');
        }
        writeFileSync(stamp, manifest);
    }
    return require('onnxruntime-node');
}

async function runtimeOutputs(runtime, path, test, input) {
    const bytes = test.outputs ? reducedModel(readFileSync(path), test.outputs) : readFileSync(path);
    const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const feed = { [session.inputNames[0]]: new runtime.Tensor('float32', input, test.shape) };
    const results = await session.run(feed);
    return (test.outputs ?? session.outputNames).map((name) => results[name].data);
}

function ourOutputs(path, test, input) {
    const folder = mkdtempSync(join(tmpdir(), 'presente-compare-'));
    try {
        const from = join(folder, 'in');
        const to = join(folder, 'out');
        writeFileSync(from, Buffer.from(input.buffer));
        const run = spawnSync(program, [path, from, to, test.shape.join('x'), ...(test.outputs ?? [])],
            { encoding: 'utf8' });
        if (run.status !== 0) {
            throw new Error(run.stderr || String(run.error ?? run.signal));
        }
        const bytes = readFileSync(to);
        return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

// The largest difference, relative to numbers above one, absolute below.
function largestDifference(theirs, ours) {
    const flat = theirs.flatMap((part) => Array.from(part));
    if (flat.length !== ours.length) {
        throw new Error(`${ours.length} numbers instead of ${flat.length}`);
    }
    return flat.reduce((worst, number, i) => {
        const difference = Math.abs(number - ours[i]) / Math.max(1, Math.abs(number));
        return difference > worst || Number.isNaN(difference) ? difference : worst;
    }, 0);
}

async function compare(runtime, test) {
    const path = join(models, `${test.model}.onnx`);
    const input = inputFor(test);
    const theirs = await runtimeOutputs(runtime, path, test, input);
    return largestDifference(theirs, ourOutputs(path, test, input));
}

let runtime;
let missing;
try {
    if (!program || !existsSync(program)) {
        throw new Error('the program nn_dump is not built');
    }
    runtime = loadRuntime();
} catch (error) {
    missing = error.message.split('\n')[0];
}

let failed = 0;
console.log(`1..${cases.length}`);
for (const [index, test] of cases.entries()) {
    const title = `${index + 1} - ${test.model} ${test.shape.join('x')} agrees with ONNX Runtime`;
    const reason = missing ??
        (existsSync(join(models, `${test.model}.onnx`)) ? undefined : 'the model is not there');
    if (reason) {
        console.log(`ok ${title} # SKIP ${reason}`);
        continue;
    }
    try {
        const difference = await compare(runtime, test);
        const good = difference <= TOLERANCE;
        failed += good ? 0 : 1;
        console.log(`${good ? 'ok' : 'not ok'} ${title}`);
        console.log(`# largest difference ${difference.toExponential(2)}`);
    } catch (error) {
        failed += 1;
        console.log(`not ok ${title}\n# ${error.message.split('\n')[0]}`);
    }
}
process.exitCode = failed > 0 ? 1 : 0;
