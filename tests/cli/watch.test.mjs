// A class in a video, and before cameras that are cut off in the middle.
import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { CREDENTIALS, mjpegCamera, rtspCamera } from '../helpers/cameras.mjs';
import { detour, onlyServers } from '../helpers/databases.mjs';
import { missingParts, program, samplesDir } from '../helpers/server.mjs';
import { makeWorkplace } from './workplace.mjs';

const builds = path.dirname(program);
const makeFilm = path.join(builds, 'tests', 'unit', 'video', 'make_film');
const sample = (number) => path.join(samplesDir, `sample${number}.jpg`);

const missing = missingParts({ faces: true }) ||
    (existsSync(path.join(builds, 'presente-video.so')) && existsSync(makeFilm)
        ? false
        : 'presente-video.so was not built: ./dev deps video');

describe('videos and cameras', { skip: missing, timeout: 100_000 }, () => {
    let place, session, inRoom;
    const settings = { PRESENTE_TIME_ZONE: 'UTC' };
    // Those that a test that failed leaves behind would keep this one from ending.
    const children = [];
    const run = async (...words) => {
        const { code, stdout, stderr } = await place.presente(...words, { env: settings });
        assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
        return stdout;
    };
    const film = async (name, encoder, number) => {
        const file = place.file(name);
        await promisify(execFile)(makeFilm, [file, encoder, '10', '2', sample(number)]);
        return file;
    };

    before(async () => {
        place = await makeWorkplace();
        const at = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
        await run('db', 'init');
        await run('group', 'add', '1A');
        await run('user', 'add', 'ana@uni.mx', '--name', 'Ana', '--group', '1A');
        await run('user', 'add', 'ben@uni.mx', '--name', 'Ben', '--group', '1A');
        await run('detect', sample(1), '--size', '640', '--crop', place.file('faces'));
        await run('enrol', 'ana@uni.mx', place.file('faces/sample1_face3.png'));
        await run('term', 'add', 'T', '--from', at(-3 * 1440).slice(0, 10), '--to', at(3 * 1440).slice(0, 10));
        await run('subject', 'add', 'S');
        await run('room', 'add', 'R');
        const meeting = async (course, ...words) => {
            await run('course', 'add', course, '--subject', 'S', '--group', '1A');
            const added = await run('session', 'add', course, at(-5).slice(0, 10),
                at(-5).slice(11, 16), at(50).slice(11, 16), '--json', ...words);
            return JSON.parse(added).id;
        };
        session = await meeting('C');
        inRoom = await meeting('D', '--room', 'R');
    });
    after(async () => {
        for (const child of children) child.kill('SIGKILL');
        await place.remove();
    });

    const watch = (...words) => watchBy(settings, '--session', session, ...words);

    /** The program watching; `seen(kind)` waits for the next event of that kind. */
    function watchBy(env, ...words) {
        const child = spawn(program, ['watch', '--json', ...words], {
            cwd: place.dir,
            env: place.environment(env),
        });
        children.push(child);
        const events = [];
        const errors = [];
        let looked = 0;
        let wake = () => {};
        createInterface({ input: child.stdout }).on('line', (line) => {
            events.push(JSON.parse(line));
            wake();
        });
        child.stderr.on('data', (text) => errors.push(text));
        const ended = new Promise((resolve) =>
            child.once('close', (code) => (resolve(code), wake())));
        const seen = async (kind) => {
            for (;;) {
                while (looked < events.length) if (events[looked++].event === kind) return events[looked - 1];
                assert.equal(child.exitCode, null, `it ended without "${kind}": ${errors.join('')}`);
                await new Promise((resolve) => (wake = resolve));
            }
        };
        const stop = async () => {
            child.kill('SIGTERM');
            assert.equal(await ended, 0, errors.join(''));
            return { events, text: JSON.stringify(events) + errors.join('') };
        };
        return { child, seen, stop, ended, events };
    }

    it('keeps what it saw while the database is away, the camera too',
        { skip: onlyServers('a file does not go away') }, async () => {
            const way = await detour(place.database.url);
            const camera = await mjpegCamera(await readFile(sample(3)));
            try {
                const watching = watchBy({ ...settings, PRESENTE_DATABASE_URL: way.url },
                    '--room', 'R', camera.address);
                assert.equal((await watching.seen('begun')).session_id, inRoom);
                await way.cut();
                await watching.seen('trouble');
                const [[marks]] = await place.database.rows('SELECT COUNT(*) FROM attendance');
                assert.equal(marks, '0');
                await camera.close();
                await new Promise((resolve) => setTimeout(resolve, 4000)); // faces have gone
                await way.mend();
                const { name, at } = await watching.seen('marked');
                assert.equal(name, 'Ana');
                // MariaDB's UNIX_TIMESTAMP() would take the time, which is UTC, for the server's own.
                const [[seconds]] = await place.database.rows(place.database.engine === 'mariadb'
                    ? "SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', marked_at) FROM attendance"
                    : 'SELECT EXTRACT(EPOCH FROM marked_at) FROM attendance');
                assert.ok(Date.parse(at) / 1000 - Number(seconds) > 3, 'with its own time');
                await watching.stop();
            } finally {
                await Promise.allSettled([camera.close(), way.close()]);
            }
        });

    it('watches a camera through an interruption and marks nobody twice', async () => {
        const camera = await mjpegCamera(await readFile(sample(3)));
        try {
            const watching = watch(camera.address, '--rate', '10');
            assert.equal((await watching.seen('marked')).name, 'Ana');
            const words = await readFile(`/proc/${watching.child.pid}/cmdline`, 'latin1');
            assert.ok(words.includes('@') === false && words.includes('video.mjpg'), words);
            camera.cut();
            const lost = await watching.seen('lost');
            assert.ok(lost.retry_seconds >= 0.5 && lost.retry_seconds < 1);
            await watching.seen('sending');
            await new Promise((resolve) => setTimeout(resolve, 500));
            const { events, text } = await watching.stop();
            assert.equal(camera.connections(), 2);
            assert.equal(events.filter((event) => event.event === 'marked').length, 1);
            assert.equal(events.at(-1).event, 'ended');
            assert.equal(events.at(-1).totals.marked, 1);
            assert.ok(!text.includes(CREDENTIALS) && !text.includes('s@cret') && !/score|similar/.test(text));
        } finally {
            await camera.close();
        }
    });

    it('watches a camera by RTSP', async (test) => {
        const file = await film('live.h264', 'libx264', 3).catch(() => null);
        if (!file) return test.skip('there is no encoder for H.264 here');
        const camera = await rtspCamera(await readFile(file));
        try {
            const watching = watch(camera.address);
            assert.equal((await watching.seen('already')).name, 'Ana');
            await watching.stop();
        } finally {
            await camera.close();
        }
    });

    it('decides each person of a video over all of it', async () => {
        const file = await film('class.mp4', 'mpeg4', 3);
        const drawn = await place.presente('mark', '--class', '--session', session, '--dry-run',
            '--output', 'who.jpg', file, { env: settings });
        assert.equal(drawn.code, 3);
        assert.match(drawn.stderr, /leave --output out\. Nothing was marked\./);
        const result = JSON.parse(await run('mark', '--class', '--session', session, '--json', file));
        assert.equal(result.already.length, 1);
        assert.equal(result.marked.length, 0);
        assert.equal(result.unknown, 2);
        assert.deepEqual(result.not_seen.map((person) => person.name), ['Ben']);
    });

    it('follows the timetable of a course or a room', async () => {
        const file = await film('follow.mp4', 'mpeg4', 3);
        for (const [words, id] of [[['--course', 'C'], session], [['--room', 'R'], inRoom]]) {
            const watching = watchBy(settings, ...words, file);
            assert.equal(await watching.ended, 0);
            assert.deepEqual(watching.events.map((event) => [event.event, event.session_id])
                .filter(([event]) => event === 'begun'), [['begun', id]]);
            assert.equal(watching.events.at(-1).event, 'ended');
        }
        const { code, stderr } = await place.presente('watch', '--room', 'Q', file, { env: settings });
        assert.equal(code, 3, stderr);
    });

    it('says what is wrong with a camera or a video', async () => {
        const refused = async (reason, expected, ...words) => {
            const { code, stderr } = await place.presente(...words, { env: settings });
            assert.equal(code, expected, stderr);
            assert.match(stderr, reason);
        };
        const here = ['watch', '--session', session];
        await refused(/no camera is named/i, 3, ...here);
        await refused(/There is no file/, 3, ...here, 'gone.mp4');
        await refused(/one of --session/, 3, 'watch', 'gone.mp4');
        await refused(/There is no file gone\.mp4/, 3, 'watch', '--course', 'C', 'gone.mp4');
        await refused(/no course .* called "X"/, 3, 'watch', '--course', 'X', 'gone.mp4');
        await writeFile(place.file('address'), '\n');
        await refused(/address holds no address/, 3, ...here, '--camera-file', 'address');
        const { code, stderr } = await place.presente(...here, 'rtsp://127.0.0.1:9/', {
            env: { ...settings, PRESENTE_MODULES_DIR: place.file('faces') },
        });
        assert.equal(code, 4);
        assert.match(stderr, /\.\/dev deps video/);
    });
});
