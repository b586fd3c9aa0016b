// A copy of the set-up scripts in a folder of its own, and a package registry on this machine that
// serves what a test wants, so that every way of failing can be tried without harm.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { freePort, projectDir } from '../helpers/server.mjs';

const run = promisify(execFile);

export const MODELS_PACKAGE = 'faceplugin-face-recognition-js';
export const MODEL_NAMES = ['detect', 'landmark', 'feature', 'liveness', 'pose', 'eye'].map(
    (word) => `fr_${word}.onnx`,
);

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** A folder with dev and scripts/, whose models are the small files of `contents` {name: text}. */
export async function makeWorkplace(contents) {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-scripts-'));
    await cp(path.join(projectDir, 'dev'), path.join(dir, 'dev'));
    await cp(path.join(projectDir, 'scripts'), path.join(dir, 'scripts'), { recursive: true });
    const sums = Object.entries(contents).map(([name, text]) => `${sha256(text)}  ${name}\n`);
    await writeFile(path.join(dir, 'scripts/models.sha256'), sums.join(''));
    // The tests that want it put it back.
    await rm(path.join(dir, 'scripts/second.sha256'));
    return {
        dir,
        inside: (...parts) => path.join(dir, ...parts),
        remove: () => rm(dir, { recursive: true, force: true }),
        /** Runs ./dev with words: {code, output, seconds}. */
        async dev(words, env = {}) {
            const started = Date.now();
            const settings = {
                ...process.env,
                npm_config_cache: path.join(dir, 'npm-cache'),
                ...env,
            };
            const answer = await run(path.join(dir, 'dev'), words, { cwd: dir, env: settings }).catch(
                (problem) => problem,
            );
            return {
                code: answer.code ?? 0,
                output: `${answer.stdout}${answer.stderr}`,
                seconds: (Date.now() - started) / 1000,
            };
        },
    };
}

/** A tarball of a package with these files {path: text}. */
export async function packageOf(files) {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-package-'));
    try {
        for (const [name, text] of Object.entries(files)) {
            const file = path.join(dir, 'package', name);
            await mkdir(path.dirname(file), { recursive: true });
            await writeFile(file, text);
        }
        await run('tar', ['-czf', 'out.tgz', 'package'], { cwd: dir });
        return await readFile(path.join(dir, 'out.tgz'));
    } finally {
        await rm(dir, { recursive: true, force: true });
    }
}

/** A registry that knows one version of one package: {url, requests(), close()}. */
export async function serveRegistry(name, version, tarball) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const dist = { tarball: `${url}package.tgz`, integrity };
    const about = {
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { name, version, dist } },
    };
    let requests = 0;
    const server = createServer((request, response) => {
        requests += 1;
        if (request.url === '/package.tgz') return response.end(tarball);
        response.setHeader('content-type', 'application/json');
        return response.end(JSON.stringify(about));
    });
    await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
    return { url, requests: () => requests, close: () => server.close() };
}

/** A folder for PATH with only these commands of the machine, and stubs {name: shell text}. */
export async function makePath(dir, commands, stubs) {
    const bin = path.join(dir, 'bin');
    await mkdir(bin);
    // A stub must never be written through a link to the system's own command.
    for (const command of commands.filter((name) => !(name in stubs))) {
        const { stdout } = await run('sh', ['-c', `command -v ${command}`]);
        await symlink(stdout.trim(), path.join(bin, command));
    }
    for (const [name, text] of Object.entries(stubs))
        await writeFile(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755, flag: 'wx' });
    return bin;
}
