// Recognition beside that of others, on the same picture in the same run, one thread each:
//
//   node tests/bench/compare.mjs [--json] [--rounds N] [--picture FILE.jpg]
//
// ONNX Runtime and face-api.js come from npm, pinned in compare/package.json, into deps/compare;
// OpenCV's dnn is compiled against libopencv-dev where that is installed. What is not there is left
// out with a sentence. All take turns, so that whatever else the machine does hits all alike; the
// figure is the median over the rounds of each round's median.
//
// What a mark is differs: Presente's goes from the JPEG to the answer among 10,000 people, with
// liveness, quality and search. ONNX Runtime's and OpenCV's are the same four networks (detector,
// landmarks, liveness, embedding) with hardly anything around them, OpenCV's with the JPEG.
// face-api.js has models of its own, no liveness, and starts from pixels.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const program = resolve(process.env.PRESENTE_PROGRAM ?? join(root, 'build/presente'));
const models = resolve(process.env.PRESENTE_MODELS_DIR ?? join(root, 'deps/models'));
const modules = join(root, 'deps/compare');
const WIDTH = 640;
const HEIGHT = 480;
const STAGE_MS = 400;
const STAGES = { detect: 'detect 320x240', embed: 'embed', mark: 'whole mark' };

const { values: options } = parseArgs({
    options: {
        json: { type: 'boolean' },
        rounds: { type: 'string', default: '5' },
        picture: { type: 'string', default: join(root, 'deps/samples/sample1.jpg') },
    },
});

function median(numbers) {
    const sorted = [...numbers].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
}

function installModules() {
    const manifest = join(here, 'compare/package.json');
    const stamp = join(modules, 'installed.json');
    if (existsSync(stamp) && readFileSync(stamp).equals(readFileSync(manifest))) return;
    mkdirSync(modules, { recursive: true });
    copyFileSync(manifest, join(modules, 'package.json'));
    console.error('Installing what is compared with into deps/compare ...');
    const words = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
    const run = spawnSync('npm', words, { cwd: modules, encoding: 'utf8', timeout: 300_000 });
    if (run.status !== 0) throw new Error('npm could not install it: is the network there?');
    copyFileSync(manifest, stamp);
}

// 640 × 480 around the middle of the photograph, as a JPEG and as bare pixels.
function makePicture(folder) {
    const jpeg = createRequire(join(modules, 'package.json'))('jpeg-js');
    const from = jpeg.decode(readFileSync(options.picture), { useTArray: true, maxMemoryUsageInMB: 1024 });
    const scale = Math.min(from.width / WIDTH, from.height / HEIGHT);
    const left = (from.width - WIDTH * scale) / 2;
    const top = (from.height - HEIGHT * scale) / 2;
    const rgba = Buffer.alloc(WIDTH * HEIGHT * 4, 255);
    const rgb = Buffer.alloc(WIDTH * HEIGHT * 3);
    for (let y = 0, at = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++, at++) {
            const source = (Math.floor(top + y * scale) * from.width + Math.floor(left + x * scale)) * 4;
            for (let c = 0; c < 3; c++) rgba[at * 4 + c] = rgb[at * 3 + c] = from.data[source + c];
        }
    }
    const files = { jpeg: join(folder, 'picture.jpg'), rgb: join(folder, 'picture.rgb') };
    writeFileSync(files.jpeg, jpeg.encode({ data: rgba, width: WIDTH, height: HEIGHT }, 95).data);
    writeFileSync(files.rgb, rgb);
    return files;
}

// A program that answers a line with a line.
function opened(command, words) {
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (piece) => (said += piece));
    child.stdin.on('error', () => {});
    const waiting = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
        const number = Number(line.replace(/^= /, ''));
        if (line !== '' && Number.isFinite(number)) waiting.shift()?.resolve(number);
    });
    const end = () => waiting.splice(0).forEach(({ reject }) =>
        reject(new Error(said.match(/^.*Error: .*$/m)?.[0] ?? (said.trim().split('\n')[0] || 'it ended'))));
    child.once('error', ({ message }) => {
        said += `Error: ${message}`;
        end();
    });
    child.once('close', end);
    const ask = (stage) => new Promise((resolve, reject) => {
        if (child.exitCode !== null) return reject(new Error('it ended'));
        waiting.push({ resolve, reject });
        child.stdin.write(`${stage} ${STAGE_MS}\n`);
    });
    const round = async () => {
        const times = {};
        for (const stage of Object.keys(STAGES)) times[stage] = await ask(stage);
        return times;
    };
    return { round, close: () => child.stdin.end() };
}

function presente(files) {
    const words = ['bench', 'speed', '--json', '--seconds', String(STAGE_MS / 1000), '--image', files.jpeg];
    const env = { ...process.env, PRESENTE_MODELS_DIR: models };
    const round = async () => {
        const run = spawnSync(program, words, { encoding: 'utf8', env, maxBuffer: 1 << 24 });
        if (run.status !== 0) throw new Error(run.stderr.trim() || 'it did not run');
        const { stages } = JSON.parse(run.stdout);
        const of = (name) => stages.find(({ stage }) => stage.startsWith(name))?.one_thread.median_ms;
        return Object.fromEntries(Object.entries(STAGES).map(([key, name]) => [key, of(name)]));
    };
    return { round, close() {} };
}

function node(name, files) {
    const words = [join(here, 'compare/contestant.mjs'), name, modules, models, files.rgb, WIDTH, HEIGHT];
    return opened(process.execPath, words.map(String));
}

function opencv(files, folder) {
    const flags = spawnSync('pkg-config', ['--cflags', 'opencv4'], { encoding: 'utf8' });
    if (flags.status !== 0) throw new Error('OpenCV is not installed: apt-get install libopencv-dev g++');
    const to = join(folder, 'opencv');
    const libraries = ['dnn', 'imgcodecs', 'imgproc', 'core'].map((name) => `-lopencv_${name}`);
    const built = spawnSync('g++', ['-std=c++17', '-O2', ...flags.stdout.trim().split(/\s+/),
        join(here, 'compare/opencv.cc'), '-o', to, ...libraries], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error('the program for OpenCV could not be compiled');
    return opened(to, [models, files.jpeg]);
}

function contestants(files, folder) {
    const list = {
        Presente: () => presente(files),
        'ONNX Runtime (node)': () => node('onnxruntime', files),
        "OpenCV's dnn": () => opencv(files, folder),
        'face-api.js (wasm)': () => node('face-api', files),
    };
    return Object.entries(list).map(([name, open]) => {
        const contestant = { name, rounds: [] };
        try {
            contestant.opened = open();
        } catch (error) {
            contestant.missing = error.message;
        }
        return contestant;
    });
}

async function takeTurns(field) {
    // The first round warms up and is not counted.
    for (let round = 0; round <= Number(options.rounds); round++) {
        for (const contestant of field.filter(({ missing }) => !missing)) {
            try {
                const times = await contestant.opened.round();
                if (round > 0) contestant.rounds.push(times);
            } catch (error) {
                contestant.missing = error.message;
            }
        }
    }
}

function summary(field) {
    const median_ms = ({ rounds }) => Object.fromEntries(Object.keys(STAGES).map((stage) =>
        [stage, median(rounds.map((round) => round[stage]))]));
    const own = field[0].missing ? undefined : median_ms(field[0]);
    return field.map((contestant) => {
        const { name, missing } = contestant;
        if (missing) return { name, skipped: missing };
        const times = median_ms(contestant);
        const ratio = own && Object.fromEntries(Object.keys(STAGES).map((stage) =>
            [stage, times[stage] / own[stage]]));
        return { name, median_ms: times, ratio };
    });
}

function print(results) {
    console.log(`${cpus()[0].model}, one thread each, ${options.rounds} rounds in turns`);
    const head = ['', ...Object.keys(STAGES).map((stage) => `${stage} ms`), 'times Presente\'s'];
    const rows = results.filter(({ skipped }) => !skipped).map(({ name, median_ms: ms, ratio }) => [
        name,
        ...Object.keys(STAGES).map((stage) => ms[stage]?.toFixed(2) ?? '-'),
        ratio ? Object.keys(STAGES).map((stage) => ratio[stage].toFixed(1)).join(' / ') : '-',
    ]);
    const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
    for (const row of [head, ...rows])
        console.log(row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
    for (const { name, skipped } of results)
        if (skipped) console.log(`${name}: skipped, ${skipped}`);
}

const folder = mkdtempSync(join(tmpdir(), 'presente-compare-'));
try {
    installModules();
    const field = contestants(makePicture(folder), folder);
    await takeTurns(field);
    field.forEach(({ opened: it }) => it?.close());
    const results = summary(field);
    if (options.json) console.log(JSON.stringify({ machine: cpus()[0].model, stages: STAGES, results }));
    else print(results);
} catch (error) {
    console.error(`The comparison could not be made: ${error.message}`);
    process.exitCode = 1;
} finally {
    rmSync(folder, { recursive: true, force: true });
}
