// The checkers and counters that the tests rely on have to notice what they are there for.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';

import { projectDir } from '../helpers/server.mjs';

const run = promisify(execFile);
const script = (name) => path.join(projectDir, 'scripts', name);

async function withFiles(t, files) {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-checks-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) {
        const file = path.join(dir, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
    }
    return dir;
}

const outcome = (command, words) =>
    run(command, words).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }) => ({ code, stdout }),
    );

test('every kind of forbidden include is named with its line', async (t) => {
    const dir = await withFiles(t, {
        'core/policy.c': '#include <glib.h>\n#include "db/db.h"\n',
        'db/query/user.c': '#include "core/types.h"\n#include <sqlite3.h>\n',
        'api/user.c': '# include <sqlite3.h>\n#include "base/error.h"\n',
        'http/server.c': '#include <lua.h>\n',
        'fresh/new.c': '#include <glib.h>\n',
        'main.c': '#include "cli/cli.h"\n#include "db/db.h"\n',
    });
    const { code, stdout } = await outcome(script('check-layers.sh'), [dir]);
    assert.equal(code, 1);
    assert.deepEqual(stdout.trim().split('\n').map((line) => line.replace(`${dir}/`, '')), [
        'api/user.c:1: api may not include sqlite3.h',
        'core/policy.c:2: core may not include db/db.h',
        'fresh/new.c:1: the folder fresh is not in the table',
        'http/server.c:1: lua.h is not in the table',
        'main.c:2: main may not include db/db.h',
    ]);
});

test('the tally counts, names what was skipped and why, and fails with a failure', async (t) => {
    const dir = await withFiles(t, {
        'unit.tap': 'ok - one\nok - two # SKIP no camera\n    not ok 3 - three\n#   because\n',
        'api.tap': '1..1\nok 1 - four\n',
    });
    const files = ['unit.tap', 'api.tap'].map((name) => path.join(dir, name));
    const { code, stdout } = await outcome('awk', ['-f', script('tally.awk'), ...files]);
    assert.equal(code, 1);
    assert.equal(
        stdout,
        'skipped: unit: two: no camera\nfailed: unit: three\n2 passed, 1 failed, 1 skipped\n',
    );
});

test('a tally of passes only ends well, and one of nothing does not', async (t) => {
    const dir = await withFiles(t, { 'good.tap': 'ok - one\n', 'empty.tap': '' });
    const good = await outcome('awk', ['-f', script('tally.awk'), path.join(dir, 'good.tap')]);
    assert.deepEqual(good, { code: 0, stdout: '1 passed, 0 failed\n' });
    const empty = await outcome('awk', ['-f', script('tally.awk'), path.join(dir, 'empty.tap')]);
    assert.equal(empty.code, 1);
});

const section = (index, name, result, output) =>
    `=== ${index}/9 ===\ntest:         presente:unit / ${name}\nresult:       ${result}\n` +
    `---------- stdout ----------\n${output}${'='.repeat(70)}\n\n`;

test("crashed, unfinished and skipped programs of meson's log are told apart", async (t) => {
    const log =
        section(1, 'good', 'exit status 0', '1..2\nok 1 - a\nno models here\nok 2 # SKIP b\n') +
        section(2, 'crash', 'killed by signal 11 SIGSEGV', '1..2\nok 1 - a\nSanitizer said so\n') +
        section(3, 'wrong', 'exit status 1', '1..1\nnot ok 1 - a\n# file.c:3: error\n') +
        section(4, 'short', 'exit status 0', '1..3\nok 1 - a\n');
    const dir = await withFiles(t, { 'testlog.txt': log });
    const { stdout } = await outcome('awk', [
        '-f',
        script('meson-tap.awk'),
        path.join(dir, 'testlog.txt'),
    ]);
    assert.deepEqual(stdout.trim().split('\n'), [
        'ok - good: a',
        'ok - good: b # SKIP no models here',
        'ok - crash: a',
        'not ok - crash ended with killed by signal 11 SIGSEGV',
        '#   Sanitizer said so',
        'not ok - wrong: a',
        '#   # file.c:3: error',
        'ok - short: a',
        'not ok - short: 2 tests did not run',
    ]);
});

test("node's reporter counts tests, not files or suites", async (t) => {
    const dir = await withFiles(t, {
        'some.test.mjs': `import test, { describe, it } from 'node:test';
            describe('a suite', () => { it('inside', () => {}); it('later', { skip: 'no # wire' }, () => {}); });
            test('wrong', () => { throw new Error('that is wrong'); });`,
        'broken.test.mjs': `import './nothing-there.mjs';`,
    });
    const env = { ...process.env };
    // The run inside must not take itself for a part of this one.
    delete env.NODE_TEST_CONTEXT;
    const files = ['broken.test.mjs', 'some.test.mjs'].map((name) => path.join(dir, name));
    const words = ['--test', `--test-reporter=${script('tap-reporter.mjs')}`, ...files];
    const { stdout } = await run(process.execPath, words, { env }).catch((problem) => problem);
    const lines = stdout.split('\n').filter((line) => /^(not )?ok/.test(line));
    assert.equal(lines.length, 4, stdout);
    assert.match(lines[0], /^not ok - .*broken\.test\.mjs/);
    assert.deepEqual(lines.slice(1), ['ok - inside', 'ok - later # SKIP no \\# wire', 'not ok - wrong']);
});
