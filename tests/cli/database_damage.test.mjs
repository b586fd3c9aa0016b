// What db check says of faces, pictures and files that were damaged.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { startDatabaseServer } from '../helpers/database_server.mjs';
import { createDatabase, engine, rowsOf } from '../helpers/databases.mjs';
import { missingParts, samplesDir } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const run = promisify(execFile);

const skip = missingParts({ faces: true, samples: true });
describe('a face and its picture', { skip }, () => {
    let place;
    beforeEach(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
        await place.presente('user', 'add', 'ana@uni.mx', '--name', 'Ana');
        await place.presente('detect', '--size', '640', '--crop', 'crops',
            path.join(samplesDir, 'sample1.jpg'));
        const enrolled = await place.presente('enrol', 'ana@uni.mx', 'crops/sample1_face1.png');
        assert.equal(enrolled.code, 0, enrolled.stderr + enrolled.stdout);
    });
    afterEach(() => place.remove());

    const check = async () => {
        const { code, signal, stdout, stderr } = await place.presente('db', 'check', '--json');
        assert.equal(signal, null, stderr);
        const { sound, findings } = JSON.parse(stdout);
        assert.equal(code, sound ? 0 : 1, stderr);
        assert.equal(sound, findings.length === 0);
        return findings.join('\n');
    };
    const pictures = async () => {
        const names = await readdir(place.file('data/images'), { recursive: true });
        const files = await readdir(place.file('data/images'),
            { recursive: true, withFileTypes: true });
        assert.ok(names.length > 0);
        return files.filter((file) => file.isFile())
            .map((file) => path.join(file.parentPath ?? file.path, file.name));
    };

    it('are sound at first', async () => {
        assert.equal(await check(), '');
    });

    it('are reported when the sealed face was altered', async () => {
        const altered = {
            sqlite: 'zeroblob(length(sealed))',
            postgresql: 'set_byte(sealed, 60, get_byte(sealed, 60) # 1)',
            mariadb: "CONCAT(LEFT(sealed, LENGTH(sealed) - 1), X'00')",
        };
        await place.database.rows(`UPDATE face_templates SET sealed = ${altered[engine]}`);
        assert.match(await check(), /1 of 1 stored faces do not open/);
    });

    it('are reported when the picture is missing', async () => {
        for (const file of await pictures()) await rm(file);
        assert.match(await check(), /picture .* is missing/);
    });

    it('are reported when the picture was altered', async () => {
        for (const file of await pictures()) await appendFile(file, 'x');
        assert.match(await check(), /picture .* (does not open|is not what was stored)/);
    });
});

/** The folder of PostgreSQL's own programs, or undefined. */
function programsOfPostgresql() {
    const folder = '/usr/lib/postgresql';
    const versions = existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
    return versions.map((version) => path.join(folder, version, 'bin'))
        .find((bin) => existsSync(path.join(bin, 'pg_checksums')));
}

async function flipBytes(file, from, n) {
    const handle = await open(file, 'r+');
    const bytes = Buffer.alloc(n);
    await handle.read(bytes, 0, n, from);
    await handle.write(bytes.map((byte) => byte ^ 0xff), 0, n, from);
    await handle.close();
}

const onlyPostgresql = engine !== 'postgresql'
    ? `not on ${engine}: it is about the files of PostgreSQL`
    : !programsOfPostgresql() && 'pg_checksums is not installed';
describe('a file of PostgreSQL', { skip: missingParts() || onlyPostgresql }, () => {
    const cleanUp = [];
    after(async () => {
        for (const step of cleanUp.reverse()) await step();
    });

    it('is reported when a byte of it changed', async () => {
        const place = await makeWorkplace();
        cleanUp.push(place.remove);
        const folder = await mkdtemp(path.join(tmpdir(), 'presente-server-'));
        const server = await startDatabaseServer(folder);
        cleanUp.push(server.remove);
        const data = path.join(folder, 'postgresql/data');

        await server.stop();
        const words = [path.join(programsOfPostgresql(), 'pg_checksums'), '--enable', '-D', data];
        if (process.getuid() === 0)
            words.unshift('setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups');
        await run(words[0], words.slice(1));
        await server.start();

        const { url } = await createDatabase({ server: server.url });
        const env = { PRESENTE_DATABASE_URL: url };
        assert.equal((await place.presente('db', 'init', { env })).code, 0);
        await place.presente('user', 'add', 'ana@uni.mx', '--name', 'Ana', { env });
        assert.equal((await place.presente('db', 'check', { env })).code, 0);
        const [[users]] = await rowsOf(url, "SELECT pg_relation_filepath('users')");
        await server.stop();
        await flipBytes(path.join(data, users), 8192 - 64, 8);
        await server.start();

        const { code, signal, stdout } = await place.presente('db', 'check', { env });
        assert.equal(signal, null);
        assert.equal(code, 1, stdout);
        assert.match(stdout, /users/);
        assert.match(stdout, /[Dd]amage/);
        const backup = await place.presente('db', 'backup', 'backup.db', { env });
        assert.equal(backup.code, 5, backup.stderr);
        assert.ok(!existsSync(place.file('backup.db')));
    });
});
