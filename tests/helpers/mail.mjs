// A mail server for tests (smtp_server.py), and what it was given.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'smtp_server.py');

// Debian's own first: aiosmtpd is a package of it.
const python = ['/usr/bin/python3', 'python3'].find(
    (one) => spawnSync(one, ['-c', 'import aiosmtpd']).status === 0,
);

/** Why the tests that need a mail server cannot run here, or false. */
export const noMailServer = () => (python ? false : 'python3-aiosmtpd is not installed');

/** A certificate for localhost and the authority that vouches for it: {ca, certificate, key}. */
export async function makeCertificate(dir) {
    const file = (name) => path.join(dir, name);
    const openssl = (...words) => run('openssl', words, { cwd: dir });
    await mkdir(dir, { recursive: true });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
        '-subj', '/CN=Test authority');
    await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj',
        '/CN=localhost');
    await writeFile(file('names'), 'subjectAltName=DNS:localhost\n');
    await openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
        '-CAcreateserial', '-days', '2', '-extfile', 'names', '-out', 'server.pem');
    return { ca: file('ca.pem'), certificate: file('server.pem'), key: file('server.key') };
}

/** Starts one: {port, messages(), waitFor(n), stop()}. `words` as smtp_server.py takes them. */
export async function startMailServer(...words) {
    const folder = await mkdtemp(path.join(tmpdir(), 'presente-mail-'));
    const child = spawn(python, [script, folder, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const noise = [];
    child.stderr.on('data', (piece) => noise.push(piece.toString()));
    const port = await new Promise((resolve, reject) => {
        child.stdout.once('data', (piece) => resolve(Number(piece.toString())));
        child.once('close', () => reject(new Error(noise.join(''))));
    });
    async function messages() {
        const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
        const texts = names.map((name) => readFile(path.join(folder, name), 'utf8'));
        return (await Promise.all(texts)).map((text) => JSON.parse(text));
    }
    return {
        port,
        messages,
        async waitFor(n, timeout = 20_000) {
            const end = Date.now() + timeout;
            for (;;) {
                const found = await messages();
                if (found.length >= n || Date.now() > end) return found;
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
        },
        async stop() {
            const ended = new Promise((resolve) => child.once('close', resolve));
            child.kill('SIGTERM');
            await ended;
            await rm(folder, { recursive: true, force: true });
        },
    };
}
