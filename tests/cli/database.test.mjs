// Making the database, accounts and groups, and what happens when something is missing or damaged.
import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { engine, onlyFiles } from '../helpers/databases.mjs';
import { freePort, missingParts } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

describe('db init', { skip: missingParts() }, () => {
    let place;
    beforeEach(async () => {
        place = await makeWorkplace();
    });
    afterEach(() => place.remove());

    it('prints the first administrator once and changes nothing later', async () => {
        const first = await place.presente('db', 'init', '--json');
        assert.equal(first.code, 0);
        const made = JSON.parse(first.stdout);
        assert.equal(made.created, true);
        assert.equal(made.email, 'admin@presente.local');
        assert.ok(made.password.length >= 16);
        const key = await readFile(place.file('presente.key'));

        const second = await place.presente('db', 'init', '--json');
        assert.equal(second.code, 0);
        assert.deepEqual(JSON.parse(second.stdout), { created: false, email: null, password: null });
        assert.deepEqual(await readFile(place.file('presente.key')), key);

        const plain = await place.presente('db', 'init');
        assert.equal(plain.code, 0);
        assert.match(plain.stdout, /exists already/);
    });

    it('makes one of everything when several nodes start at once', async () => {
        const nodes = await Promise.all(
            Array.from({ length: 8 }, () => place.presente('db', 'init', '--json')));
        for (const { code, stderr } of nodes) assert.equal(code, 0, stderr);
        const made = nodes.map(({ stdout }) => JSON.parse(stdout)).filter(({ created }) => created);
        assert.equal(made.length, 1);
        const count = (table) => place.database.rows(`SELECT COUNT(*) FROM ${table}`);
        assert.deepEqual(await count('institutions'), [['1']]);
        assert.deepEqual(await count('users'), [['1']]);
    });

    it('takes e-mail and domain from the settings', async () => {
        const env = { PRESENTE_ADMIN_EMAIL: 'Rector@Uni.MX', PRESENTE_INSTITUTION_NAME: 'Uní' };
        const { stdout } = await place.presente('db', 'init', '--json', { env });
        assert.equal(JSON.parse(stdout).email, 'rector@uni.mx');
    });

    it('does not replace a lost key', async () => {
        await place.presente('db', 'init');
        await rm(place.file('presente.key'));
        const { code, stderr } = await place.presente('db', 'init');
        assert.equal(code, 4);
        assert.match(stderr, /key file .* missing/);
        // What needs no face needs no key.
        assert.equal((await place.presente('user', 'list')).code, 0);
        await assert.rejects(stat(place.file('presente.key')), { code: 'ENOENT' });
    });

    it('says which folder cannot be written', { skip: onlyFiles('it makes no file') }, async () => {
        // A file in the way stops root too, unlike permissions.
        await writeFile(place.file('blocked'), '');
        const env = { PRESENTE_DATABASE_URL: `sqlite:${place.file('blocked/presente.db')}` };
        const { code, stderr } = await place.presente('db', 'init', { env });
        assert.equal(code, 4);
        assert.match(stderr, /^presente: .*blocked/);
    });

    it('refuses a key that others may read', async () => {
        await place.presente('db', 'init');
        await chmod(place.file('presente.key'), 0o644);
        const { code, stderr } = await place.presente('user', 'list');
        assert.equal(code, 4);
        assert.match(stderr, /key file/i);
    });

    it('says which server does not answer, and not the password', async () => {
        for (const scheme of ['postgresql', 'mariadb']) {
            const address = `127.0.0.1:${await freePort()}`;
            const env = { PRESENTE_DATABASE_URL: `${scheme}://ana:tepeu-7Q@${address}/presente` };
            const { code, stdout, stderr } = await place.presente('db', 'init', { env });
            assert.equal(code, 4, stderr);
            assert.match(stderr, /^presente: .*127\.0\.0\.1/);
            assert.doesNotMatch(stdout + stderr, /tepeu/);
        }
    });

    it('refuses a database that is none', { skip: onlyFiles('it is not a file') }, async () => {
        await writeFile(place.file('presente.db'), 'Dear database, '.repeat(500));
        const { code, stderr } = await place.presente('db', 'init');
        assert.equal(code, 5);
        assert.match(stderr, /database/i);
    });

    it('finds a new database sound', async () => {
        await place.presente('db', 'init');
        const sound = await place.presente('db', 'check', '--json');
        assert.equal(sound.code, 0, sound.stderr);
        assert.deepEqual(JSON.parse(sound.stdout), { sound: true, findings: [] });
    });

    it('finds damage', { skip: onlyFiles('its files are the server\'s') }, async () => {
        await place.presente('db', 'init');
        const bytes = await readFile(place.file('presente.db'));
        bytes.fill(0x5a, 4096 * 3, 4096 * 6);
        await writeFile(place.file('presente.db'), bytes);
        const damaged = await place.presente('db', 'check');
        assert.ok([1, 5].includes(damaged.code), `exit code ${damaged.code}`);
        assert.equal(damaged.signal, null);
    });

    it('says that the database is missing', async () => {
        const commands = [['user', 'list'], ['export']];
        // On a server there is a database, though without tables: these say so or make them.
        if (engine === 'sqlite') commands.push(['db', 'check'], ['db', 'migrate']);
        for (const words of commands) {
            const { code, stderr } = await place.presente(...words);
            assert.equal(code, 4, words.join(' '));
            assert.match(stderr, /presente db init/);
        }
    });

    it('migrates nothing when all is new', async () => {
        await place.presente('db', 'init');
        const { code, stdout } = await place.presente('db', 'migrate', '--json');
        assert.equal(code, 0);
        assert.equal(JSON.parse(stdout).applied, 0);
    });
});

describe('accounts and groups', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
        await place.presente('db', 'init');
    });
    after(() => place.remove());

    it('adds, lists, changes and erases people', async () => {
        assert.equal((await place.presente('group', 'add', 'Álgebra 1')).code, 0);
        assert.equal((await place.presente('group', 'add', 'algebra 1')).code, 3);

        const added = await place.presente(
            'user', 'add', 'Ana@Uni.mx', '--name', 'Ana  Núñez', '--group', 'álgebra 1', '--json');
        assert.equal(added.code, 0, added.stderr);
        const ana = JSON.parse(added.stdout);
        assert.equal(ana.email, 'ana@uni.mx');
        assert.equal(ana.name, 'Ana Núñez');
        assert.equal(ana.role, 'student');
        assert.equal(ana.password, undefined);

        const twice = await place.presente('user', 'add', 'ana@uni.mx', '--name', 'Other');
        assert.equal(twice.code, 3);

        const teacher = await place.presente(
            'user', 'add', 'eva@uni.mx', '--name', 'Eva', '--role', 'teacher', '--password-stdin',
            { input: 'a long enough pass phrase\n' });
        assert.equal(teacher.code, 0, teacher.stderr);
        assert.equal((await place.presente('group', 'teacher', 'Algebra 1', 'eva@uni.mx')).code, 0);
        assert.equal((await place.presente('group', 'teacher', 'Algebra 1', 'ana@uni.mx')).code, 3);

        const list = JSON.parse((await place.presente('user', 'list', '--json')).stdout);
        assert.deepEqual(list.items.map(({ name }) => name), ['Administrator', 'Ana Núñez', 'Eva']);
        const found = await place.presente('user', 'list', '--search', 'nunez', '--json');
        assert.equal(JSON.parse(found.stdout).total, 1);
        const groups = JSON.parse((await place.presente('group', 'list', '--json')).stdout);
        assert.equal(groups.items[0].members, 1);

        const changed = await place.presente(
            'user', 'set', 'ana@uni.mx', '--name', 'Ana María Núñez', '--active', 'off', '--json');
        assert.equal(changed.code, 0, changed.stderr);
        assert.equal(JSON.parse(changed.stdout).active, false);

        const unsure = await place.presente('user', 'delete', 'ana@uni.mx');
        assert.equal(unsure.code, 3);
        assert.equal((await place.presente('user', 'delete', 'ana@uni.mx', '--yes')).code, 0);
        const gone = await place.presente('user', 'set', 'ana@uni.mx', '--name', 'X');
        assert.equal(gone.code, 3);
        assert.match(gone.stderr, /Nobody has the e-mail ana@uni\.mx/);

        assert.equal((await place.presente('group', 'delete', 'ALGEBRA 1')).code, 0);
        assert.equal((await place.presente('group', 'delete', 'Algebra 1')).code, 3);
    });

    it('refuses bad words', async () => {
        const cases = [
            [['user', 'add', 'no-address', '--name', 'X'], /e-?mail/i],
            [['user', 'add', 'x@uni.mx', '--name', ' '], /name/],
            [['user', 'add', 'x@uni.mx', '--name', 'X', '--role', 'king'], /--role is "king"/],
            [['user', 'add', 'x@uni.mx', '--name', 'X', '--age', 'old'], /--age is "old"/],
            [['user', 'add', 'x@uni.mx', '--name', 'X', '--group', 'None'], /no group "None"/],
            [['user', 'list', '--role', 'king'], /--role is "king"/],
            [['export', '--from', '12/03/2026'], /--from/],
            [['export', '--group', 'None'], /no group "None"/],
        ];
        for (const [words, said] of cases) {
            const { code, stderr, stdout } = await place.presente(...words);
            assert.equal(code, 3, words.join(' '));
            assert.match(stderr, said);
            assert.equal(stdout, '');
        }
    });

    it('sets passwords without showing them on the command line', async () => {
        const weak = await place.presente(
            'user', 'passwd', 'admin@presente.local', '--password-stdin', { input: '1234\n' });
        assert.equal(weak.code, 3);
        const none = await place.presente('user', 'passwd', 'admin@presente.local',
            '--password-stdin');
        assert.equal(none.code, 3);
        const unasked = await place.presente('user', 'passwd', 'admin@presente.local');
        assert.equal(unasked.code, 3);
        assert.match(unasked.stderr, /--password-stdin/);
        const made = await place.presente(
            'user', 'passwd', 'admin@presente.local', '--generate-password', '--json');
        assert.equal(made.code, 0, made.stderr);
        assert.ok(JSON.parse(made.stdout).password.length >= 16);
    });

    it('exports an empty register, to a file or not at all', async () => {
        const { code, stdout } = await place.presente('export');
        assert.equal(code, 0);
        assert.match(stdout, /^day,time,name,group,status,method,note,user_id,marked_at,course,status_code\r\n$/);
        assert.equal((await place.presente('export', '--output', 'register.csv')).code, 0);
        assert.equal(await readFile(place.file('register.csv'), 'utf8'), stdout);
        await mkdir(place.file('taken'));
        const blocked = await place.presente('export', '--output', 'taken');
        assert.equal(blocked.code, 4);
        assert.match(blocked.stderr, /taken/);
    });

    it('opens the database with its own key only', async () => {
        const other = await makeWorkplace();
        await other.presente('db', 'init');
        await copyFile(other.file('presente.key'), place.file('other.key'));
        await chmod(place.file('other.key'), 0o600);
        const env = { PRESENTE_KEY_FILE: place.file('other.key') };
        // Nobody is enrolled, so nothing shows that the key is another one.
        assert.equal((await place.presente('user', 'list', { env })).code, 0);
        await other.remove();
    });
});
