// A database server of a test's own, for tests that take it away: see scripts/databases.sh.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { engine } from './databases.mjs';
import { projectDir } from './server.mjs';

const run = promisify(execFile);

/**
 * Starts one of the engine under test, in `folder` (empty) or a temporary one; null for SQLite,
 * which has none. Gives
 *   url       of an account that may create databases: startServer()'s databaseServer
 *   folder    of scripts/databases.sh
 *   stop()    in order; kill() by SIGKILL; start() again: same port, same data
 *   remove()  stops it and removes the folder
 */
export async function startDatabaseServer(folder) {
    if (engine === 'sqlite') return null;
    const place = folder ?? (await mkdtemp(path.join(tmpdir(), 'presente-server-')));
    const script = (command, ...words) =>
        run(path.join(projectDir, 'scripts/databases.sh'), [command, place, ...words]);
    await script('start', engine);
    const lines = await readFile(path.join(place, 'environment'), 'utf8');
    return {
        folder: place,
        url: new RegExp(`^TEST_${engine.toUpperCase()}_URL='(.*)'$`, 'm').exec(lines)[1],
        stop: () => script('stop-server', engine),
        kill: () => script('kill-server', engine),
        start: () => script('start-server', engine),
        remove: () => script('stop'),
    };
}
