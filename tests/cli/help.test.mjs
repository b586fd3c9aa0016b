// What every command says about itself, and how it ends when it is called wrongly.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { missingParts, projectDir } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const COMMANDS = [
    'audit check',
    'audit key',
    'audit list',
    'audit verify',
    'bench calibrate',
    'bench challenge',
    'bench class',
    'bench class-photo',
    'bench detect',
    'bench detectors',
    'bench identify',
    'bench int8',
    'bench liveness',
    'bench quality',
    'bench report',
    'bench speed',
    'bench verify',
    'config',
    'consent set',
    'consent show',
    'course add',
    'course delete',
    'course edit',
    'course group',
    'course list',
    'course roster',
    'course show',
    'course teacher',
    'db backup',
    'db check',
    'db copy',
    'db init',
    'db migrate',
    'db restore',
    'demo-data',
    'detect',
    'device add',
    'device code',
    'device delete',
    'device list',
    'dispute answer',
    'dispute list',
    'duplicate list',
    'duplicate settle',
    'duplicate show',
    'enrol',
    'enrolment add',
    'enrolment delete',
    'enrolment edit',
    'enrolment end',
    'enrolment list',
    'enrolment show',
    'export',
    'faces rebuild',
    'group add',
    'group delete',
    'group list',
    'group rename',
    'group teacher',
    'holiday add',
    'holiday delete',
    'holiday edit',
    'holiday list',
    'identify',
    'images check',
    'images gc',
    'import oneroster',
    'import photos',
    'import roster',
    'institution export',
    'institution import',
    'institution logo',
    'institution set',
    'institution show',
    'keys drop',
    'keys list',
    'keys replace',
    'keys rotate',
    'lookalike find',
    'lookalike list',
    'lookalike see',
    'mail cancel',
    'mail list',
    'mail preview',
    'mail retry',
    'mail send-now',
    'mail test',
    'mark',
    'policy add',
    'policy default',
    'policy delete',
    'policy edit',
    'policy list',
    'policy show',
    'quality',
    'report',
    'retention run',
    'retention set',
    'retention show',
    'review list',
    'review picture',
    'review settle',
    'review show',
    'room add',
    'room delete',
    'room edit',
    'room list',
    'room show',
    'schedule add',
    'schedule delete',
    'schedule list',
    'serve',
    'session add',
    'session cancel',
    'session close',
    'session delete',
    'session edit',
    'session list',
    'session move',
    'session register',
    'session restore',
    'slot add',
    'slot delete',
    'slot edit',
    'slot list',
    'subject add',
    'subject delete',
    'subject edit',
    'subject list',
    'subject show',
    'term add',
    'term delete',
    'term edit',
    'term export',
    'term list',
    'term show',
    'timetable conflicts',
    'timetable export',
    'timetable import',
    'timetable show',
    'user add',
    'user delete',
    'user image',
    'user invite',
    'user list',
    'user passwd',
    'user set',
    'version',
    'watch',
    'webhook add',
    'webhook delete',
    'webhook list',
    'webhook set',
    'webhook test',
];

// Wrong words, and a piece of what must be said about them.
const WRONG = [
    [[], /Usage:/, 'stdout'],
    [['nonsense'], /no command "presente nonsense"/],
    [['serv'], /Did you mean "presente serve"/],
    [['db'], /check/, 'stdout'],
    [['db', 'inti'], /Did you mean "presente db init"/],
    [['db', 'copy'], /--to is missing/],
    [['db', 'backup'], /FILE is missing/],
    [['db', 'restore'], /FILE is missing/],
    [['version', '--loud'], /--loud/],
    [['version', 'now'], /one word too many/],
    [['mark'], /PHOTO\.\.\. is missing/],
    [['user', 'add'], /EMAIL is missing/],
    [['user', 'add', 'a@b.mx'], /--name is missing/],
    [['user', 'passwd', 'a@b.mx', '--password-stdin', '--generate-password'], /Use one of/],
    [['user', 'image', 'a@b.mx'], /Give one of/],
    [['user', 'image', 'a@b.mx', 'x.jpg', '--delete'], /Give one of/],
    [['enrol', 'a@b.mx'], /Give an e-mail and photos/],
    [['bench', 'verify'], /--root and --pairs/],
    [['bench', 'identify', '--enrol', '.'], /are needed/],
    [['bench', 'liveness', '--live', '.'], /are needed/],
    [['bench', 'speed', '--seconds', '0'], /--seconds/],
    [['detect', '--context', '0', 'x.jpg'], /--context/],
    [['config', '--json', '--defaults'], /--json/],
];

describe('the command line', { skip: missingParts() }, () => {
    let place;
    before(async () => {
        place = await makeWorkplace();
    });
    after(() => place.remove());

    for (const command of COMMANDS) {
        it(`${command} --help`, async () => {
            const { code, stdout, stderr } = await place.presente(...command.split(' '), '--help');
            assert.equal(code, 0);
            assert.equal(stderr, '');
            assert.match(stdout, new RegExp(`^Usage:\\n  presente ${command} `));
            for (const exit of [0, 2, 3, 4, 5])
                assert.match(stdout, new RegExp(`^  ${exit}  `, 'm'), `exit code ${exit}`);
        });
    }

    it('lists exactly these commands, in alphabetical order', async () => {
        const list = async (...words) => {
            const { code, stdout } = await place.presente(...words, '--help');
            assert.equal(code, 0);
            const block = stdout.split('Commands:\n')[1].split('\n\n')[0];
            return block.split('\n').map((line) => line.trim().split(/ /)[0]);
        };
        const found = [];
        const top = await list();
        assert.deepEqual(top, [...top].sort());
        for (const name of top) {
            const within = COMMANDS.filter((command) => command.startsWith(`${name} `));
            if (within.length === 0) found.push(name);
            else found.push(...(await list(name)).map((inner) => `${name} ${inner}`));
        }
        assert.deepEqual(found, COMMANDS);
    });

    for (const [words, said, where = 'stderr'] of WRONG) {
        it(`refuses "${words.join(' ')}"`, async () => {
            const answer = await place.presente(...words);
            assert.equal(answer.code, 2);
            assert.match(answer[where], said);
        });
    }

    it('prints its version', async () => {
        const plain = await place.presente('--version');
        const json = await place.presente('version', '--json');
        assert.equal(plain.stdout.trim(), `presente ${JSON.parse(json.stdout).version}`);
    });

    it('prints the defaults as .env.example has them', async () => {
        const { stdout } = await place.presente('config', '--defaults');
        assert.equal(stdout, await readFile(path.join(projectDir, '.env.example'), 'utf8'));
    });

    it('reads settings from the environment and says what it does not know', async () => {
        const env = { PRESENTE_QUEUE: '7', PRESENTE_LISTENN: 'x' };
        const { code, stdout, stderr } = await place.presente('config', '--json', { env });
        const queue = JSON.parse(stdout).items.find(({ key }) => key === 'PRESENTE_QUEUE');
        assert.equal(code, 0);
        assert.equal(queue.value, '7');
        assert.equal(queue.default, '64');
        assert.match(stderr, /PRESENTE_LISTENN.*PRESENTE_LISTEN\?/);
    });

    it('refuses a setting out of range, naming it', async () => {
        const { code, stderr } = await place.presente('config', { env: { PRESENTE_QUEUE: '-3' } });
        assert.equal(code, 3);
        assert.match(stderr, /PRESENTE_QUEUE is "-3"/);
    });
});
