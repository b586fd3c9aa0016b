// nginx with TLS and HTTP/2 before a server, as docs/nginx.conf tells: that file with other names.
import { execFileSync, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort, projectDir } from './server.mjs';

const START_TIMEOUT_MS = 10_000;

/** Why there can be no proxy here, or false. */
export function noProxy() {
    for (const [name, option] of [['nginx', '-v'], ['openssl', 'version']])
        try {
            execFileSync(name, [option], { stdio: 'ignore' });
        } catch {
            return `${name} is not installed: apt-get install ${name}`;
        }
    return false;
}

async function makeCertificate(folder) {
    const files = ['certificate.pem', 'certificate.key'].map((name) => path.join(folder, name));
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
        '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', [...words, '-out', files[0], '-keyout', files[1]], { stdio: 'ignore' });
    const { publicKey } = new X509Certificate(await readFile(files[0]));
    const fingerprint = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }));
    return { files, fingerprint: fingerprint.digest('base64') };
}

/** The server blocks of docs/nginx.conf for these files and ports, without the one for port 80. */
async function serverBlocks(port, behind, [certificate, key]) {
    let text = await readFile(path.join(projectDir, 'docs/nginx.conf'), 'utf8');
    text = text.slice(0, text.lastIndexOf('\nserver {'));
    for (const [pattern, instead] of [
        [/127\.0\.0\.1:8000/, new URL(behind).host],
        [/listen 443/, `listen 127.0.0.1:${port}`],
        [/server_name .*;/, 'server_name 127.0.0.1;'],
        [/ssl_certificate .*;/, `ssl_certificate ${certificate};`],
        [/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`],
    ]) {
        if (!pattern.test(text)) throw new Error(`docs/nginx.conf has no ${pattern}`);
        text = text.replace(pattern, instead);
    }
    return text;
}

const answers = (port) =>
    new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true));
        socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
    });

/**
 * A proxy before `behind` (http://…) that keeps its files in `folder`. Gives
 *   url     https://127.0.0.1:PORT
 *   flags   with which a Chromium believes its certificate
 *   stop()  ends it
 */
export async function startProxy(behind, folder) {
    mkdirSync(folder, { recursive: true });
    const port = await freePort();
    const { files, fingerprint } = await makeCertificate(folder);
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${path.join(folder, kind)};`).join('\n');
    const configuration = path.join(folder, 'nginx.conf');
    await writeFile(configuration, `daemon off;
master_process off;
pid ${path.join(folder, 'pid')};
error_log stderr;
events {}
http {
access_log off;
${temporary}
${await serverBlocks(port, behind, files)}
}
`);
    const child = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', configuration], {
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (piece) => (said += piece));
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (const end = Date.now() + START_TIMEOUT_MS; !(await answers(port)); await sleep(50))
        if (child.exitCode !== null || Date.now() > end) throw new Error(`nginx did not start:\n${said}`);
    return {
        url: `https://127.0.0.1:${port}`,
        flags: [`--ignore-certificate-errors-spki-list=${fingerprint}`],
        stop() {
            child.kill('SIGTERM');
            return ended;
        },
    };
}
