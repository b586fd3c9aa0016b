// A real Presente for tests: its own temporary database and key, a free port, the program that was
// built. Nothing is replaced by a stand-in, and nothing outside the temporary folder is touched.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { createDatabase } from './databases.mjs';

const run = promisify(execFile);

export const projectDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const program = process.env.PRESENTE_PROGRAM ?? path.join(projectDir, 'build/presente');
export const modelsDir =
    process.env.PRESENTE_MODELS_DIR ?? path.join(projectDir, 'deps/models');
export const samplesDir =
    process.env.PRESENTE_SAMPLES_DIR ?? path.join(projectDir, 'deps/samples');
const webDir = process.env.PRESENTE_WEB_DIR ?? path.join(projectDir, 'build/web');

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** Why the tests that need a server cannot run here, or false when they can: a `skip` option. */
export function missingParts({ faces = false, samples = false, web = false } = {}) {
    if (!existsSync(program)) return `no program at ${program}: ./dev build makes it`;
    if (faces && !existsSync(path.join(modelsDir, 'fr_feature.onnx')))
        return 'the face models are not there: ./dev deps fetches them';
    if (samples && !existsSync(path.join(samplesDir, 'sample1.jpg')))
        return 'the sample photographs are not there: ./dev deps fetches them';
    if (web && !existsSync(path.join(webDir, 'index.html')))
        return `no page at ${webDir}: ./dev build makes it`;
    return false;
}

/** A port nobody listens on at the moment. */
export function freePort() {
    return new Promise((resolve, reject) => {
        const probe = createServer();
        probe.once('error', reject);
        probe.listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

// Settings of the person who runs the tests must not leak into the server under test.
function cleanEnvironment(settings) {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PRESENTE_'));
    return { ...Object.fromEntries(kept), ...settings };
}

/** The administrator that `db init --json` names: {"email", "password"}, perhaps under "admin". */
function administratorOf(output) {
    const answer = JSON.parse(output);
    const { email, password } = answer.admin ?? answer;
    if (!email || !password) throw new Error(`db init named no administrator: ${output}`);
    return { email, password };
}

async function waitForHealth(url, server) {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
        if (server.exited) throw new Error(`presente serve ended at once:\n${server.log()}`);
        try {
            const answer = await fetch(`${url}/health`);
            await answer.arrayBuffer();
            if (answer.ok) return;
        } catch {
            // Not listening yet.
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`presente serve did not answer /health:\n${server.log()}`);
}

function spawnServer(dir, env) {
    const child = spawn(program, ['serve'], { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces = [];
    const server = { child, exited: false, log: () => pieces.join('') };
    for (const stream of [child.stdout, child.stderr])
        stream.on('data', (piece) => pieces.push(piece.toString()));
    child.once('error', (problem) => pieces.push(String(problem)));
    server.ended = new Promise((resolve) =>
        child.once('close', (code, signal) => {
            server.exited = true;
            resolve({ code, signal });
        }),
    );
    return server;
}

async function stopServer(server) {
    if (server.exited) return server.ended;
    server.child.kill('SIGTERM');
    const late = setTimeout(() => server.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    try {
        return await server.ended;
    } finally {
        clearTimeout(late);
    }
}

/**
 * Makes a database of the engine under test (see databases.mjs) and serves it from a temporary
 * folder.
 *
 * `env` adds or replaces settings (PRESENTE_…); `databaseServer` is the URL of another database
 * server than the environment's. Gives
 *   url          http://127.0.0.1:PORT
 *   database     as createDatabase() gives it
 *   admin        {email, password} of the first administrator
 *   dir, env     the folder, and the environment that commands need to see the same database
 *   pid()        of the running server
 *   log()        what it has printed since it last started
 *   presente(…)  runs the program with arguments on the same database: {stdout, stderr}
 *   kill(signal) ends it as told (SIGKILL for a crash) and waits: {code, signal}
 *   start()      serves the same database again after kill()
 *   stop()       ends it and removes database and folder
 */
export async function startServer({ env: settings = {}, databaseServer } = {}) {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-test-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const database = await createDatabase({ dir, server: databaseServer });
    const env = cleanEnvironment({
        PRESENTE_DATABASE_URL: database.url,
        PRESENTE_KEY_FILE: path.join(dir, 'presente.key'),
        PRESENTE_LISTEN: `127.0.0.1:${port}`,
        PRESENTE_MODELS_DIR: modelsDir,
        PRESENTE_WEB_DIR: webDir,
        ...settings,
    });
    const presente = (...words) =>
        run(program, words, { cwd: dir, env, maxBuffer: 64 * 1024 * 1024 });
    let server;
    const start = async () => {
        server = spawnServer(dir, env);
        await waitForHealth(url, server);
    };
    const stop = async () => {
        if (server) await stopServer(server);
        await database.drop();
        await rm(dir, { recursive: true, force: true });
    };
    try {
        const { stdout } = await presente('db', 'init', '--json');
        const admin = administratorOf(stdout);
        await start();
        return {
            url,
            database,
            admin,
            dir,
            env,
            presente,
            start,
            stop,
            pid: () => server.child.pid,
            log: () => server.log(),
            kill: async (signal = 'SIGKILL') => {
                server.child.kill(signal);
                return server.ended;
            },
        };
    } catch (problem) {
        await stop();
        throw problem;
    }
}
