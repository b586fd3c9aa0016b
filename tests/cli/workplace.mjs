// A temporary folder with its own key, a database of the engine under test, and the real program run
// in it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createDatabase } from '../helpers/databases.mjs';
import { modelsDir, program } from '../helpers/server.mjs';

const TIMEOUT_MS = 120_000;

function environment(dir, database, settings) {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PRESENTE_'));
    return {
        ...Object.fromEntries(kept),
        PRESENTE_DATABASE_URL: database.url,
        PRESENTE_KEY_FILE: path.join(dir, 'presente.key'),
        PRESENTE_MODELS_DIR: modelsDir,
        ...settings,
    };
}

/** Runs the program to its end: {code, signal, stdout, stderr}. Never throws for an exit code. */
function run(words, { cwd, env, input }) {
    return new Promise((resolve, reject) => {
        const child = spawn(program, words, { cwd, env, timeout: TIMEOUT_MS });
        const out = [];
        const err = [];
        child.stdout.on('data', (piece) => out.push(piece));
        child.stderr.on('data', (piece) => err.push(piece));
        child.stdin.on('error', () => {}); // It may end without reading.
        child.once('error', reject);
        child.once('close', (code, signal) =>
            resolve({
                code,
                signal,
                stdout: Buffer.concat(out).toString(),
                stderr: Buffer.concat(err).toString(),
            }),
        );
        child.stdin.end(input ?? '');
    });
}

/**
 * `presente(…words)` runs a command; an object as last argument may hold `input` and `env`.
 * `environment(settings)` is what it runs in. `database` is as createDatabase() gives it. `remove()`
 * deletes folder and database.
 */
export async function makeWorkplace() {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-cli-'));
    const database = await createDatabase({ dir });
    const presente = (...words) => {
        const last = words.at(-1);
        const { input, env } = typeof last === 'object' ? words.pop() : {};
        return run(words, { cwd: dir, env: environment(dir, database, env), input });
    };
    return {
        dir,
        database,
        presente,
        environment: (settings) => environment(dir, database, settings),
        file: (name) => path.join(dir, name),
        remove: async () => {
            await database.drop();
            await rm(dir, { recursive: true, force: true });
        },
    };
}
