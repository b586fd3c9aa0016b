// A fresh database for a test, of the engine that this run is about: TEST_ENGINE (sqlite when it is
// not set), on the server of TEST_POSTGRESQL_URL or TEST_MARIADB_URL. scripts/databases.sh starts
// such servers. Databases are made, dropped and looked into with the server's own client.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MOST_OUTPUT = 64 * 1024 * 1024;

export const engine = process.env.TEST_ENGINE || 'sqlite';

/** A `skip` option for tests about database files: the reason on another engine, or false. */
export function onlyFiles(reason) {
    return engine !== 'sqlite' && `not on ${engine}: ${reason}`;
}

/** The same for tests about database servers. */
export function onlyServers(reason) {
    return engine === 'sqlite' && `not on sqlite: ${reason}`;
}

const clients = {
    async postgresql(url, sql) {
        const { username, password, hostname, port, pathname } = new URL(url);
        const words = ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-F', '\t', '-h', hostname, '-p', port];
        words.push('-U', username, '-d', pathname.slice(1), '-c', sql);
        const env = { ...process.env, PGPASSWORD: decodeURIComponent(password) };
        return (await run('psql', words, { env, maxBuffer: MOST_OUTPUT })).stdout;
    },
    async mariadb(url, sql) {
        const { username, password, hostname, port, pathname } = new URL(url);
        const words = ['--no-defaults', '--default-character-set=utf8mb4', '-N', '-B', '-r'];
        words.push('-h', hostname, '-P', port, '-u', username, '-D', pathname.slice(1), '-e', sql);
        const env = { ...process.env, MYSQL_PWD: decodeURIComponent(password) };
        return (await run('mariadb', words, { env, maxBuffer: MOST_OUTPUT })).stdout;
    },
    async sqlite(url, sql) {
        const words = ['-batch', '-bail', '-noheader', '-separator', '\t'];
        words.push('-cmd', '.timeout 10000', url.slice('sqlite:'.length), sql);
        return (await run('sqlite3', words, { maxBuffer: MOST_OUTPUT })).stdout;
    },
};

/** The rows of a query as arrays of texts, read past the program. */
export async function rowsOf(url, sql) {
    const text = await clients[url.slice(0, url.indexOf(':'))](url, sql);
    return text.split('\n').slice(0, -1).map((line) => line.split('\t'));
}

/**
 * A way to the database server of `url` that can be cut: `url` to go by, cut() and mend(), close().
 */
export async function detour(url) {
    const there = new URL(url);
    const sockets = new Set();
    const keep = (socket) => {
        sockets.add(socket);
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    };
    const listener = createServer((near) => {
        const far = connect(Number(there.port), there.hostname);
        [near, far].forEach(keep);
        near.pipe(far).pipe(near);
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
    });
    const listen = (port) => new Promise((resolve) => listener.listen(port, '127.0.0.1', resolve));
    await listen(0);
    const { port } = listener.address();
    const cut = () => new Promise((resolve) => {
        listener.close(resolve);
        sockets.forEach((socket) => socket.destroy());
    });
    const near = new URL(url);
    near.host = `127.0.0.1:${port}`;
    return { url: near.href, cut, mend: () => listen(port), close: cut };
}

const withDatabase = (server, name) => {
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url.href;
};

/**
 * Makes an empty database: a file in `dir` (which the caller removes), or one of a random name on
 * the server (`server` instead of the environment's). Gives
 *   engine       sqlite, postgresql or mariadb
 *   url          what PRESENTE_DATABASE_URL takes
 *   rows(sql)    the rows of a query as arrays of texts
 *   drop()       removes it from the server, whoever is connected
 */
export async function createDatabase({ dir, server } = {}) {
    if (engine === 'sqlite') {
        const url = `sqlite:${path.join(dir, 'presente.db')}`;
        return { engine, url, rows: (sql) => rowsOf(url, sql), drop: async () => {} };
    }
    const variable = `TEST_${engine.toUpperCase()}_URL`;
    const admin = server ?? process.env[variable];
    if (!clients[engine] || !admin)
        throw new Error(`${variable} is not set: scripts/databases.sh starts a server`);
    const name = `presente_${randomBytes(8).toString('hex')}`;
    const force = engine === 'postgresql' ? ' WITH (FORCE)' : '';
    await clients[engine](admin, `CREATE DATABASE ${name}`);
    const url = withDatabase(admin, name);
    return {
        engine,
        url,
        rows: (sql) => rowsOf(url, sql),
        drop: () => clients[engine](admin, `DROP DATABASE IF EXISTS ${name}${force}`),
    };
}
