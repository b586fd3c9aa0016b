// How long it takes from a mark to those who listen to its session, and what listeners cost:
//
//   node tests/bench/events.mjs [--json] [--listeners N] [--sessions N] [--marks N] [--seconds N]
//                               [--nodes 1|2]
//
// Makes a temporary database of the engine under test (TEST_ENGINE), spreads the listeners evenly
// over the sessions, and writes so many marks a second by hand, one after the other. With two nodes the
// listeners are on the one and the marks on the other. The latency is from sending the request of a
// mark to each listener's having its event; everything runs on this machine, the listeners in this one
// process.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Client } from '../helpers/client.mjs';
import { engine } from '../helpers/databases.mjs';
import { listen } from '../helpers/listener.mjs';
import { freePort, program, startServer } from '../helpers/server.mjs';
import { TIME_ZONE, wall } from '../helpers/wall.mjs';

const PEOPLE = 40; // in each session

const { values: options } = parseArgs({
    options: {
        json: { type: 'boolean' },
        listeners: { type: 'string', default: '200' },
        sessions: { type: 'string', default: '10' },
        marks: { type: 'string', default: '20' },
        seconds: { type: 'string', default: '10' },
        nodes: { type: 'string', default: '1' },
    },
});
const [LISTENERS, SESSIONS, MARKS, SECONDS, NODES] = ['listeners', 'sessions', 'marks', 'seconds', 'nodes'].map(
    (name) => Number(options[name]),
);

const kilobytes = (pid, field) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const threads = (pid) => kilobytes(pid, 'Threads');
const cpuSeconds = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
};
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const tenth = (n) => Math.round(n * 10) / 10;

async function made(admin, route, body) {
    const answer = await admin.post(route, body);
    if (answer.status !== 201) throw new Error(`${route}: ${JSON.stringify(answer.body)}`);
    return answer.body;
}

/** Sessions that take marks now, with the ids of their people. */
async function makeSessions(server, admin) {
    const rows = ['name,email,group'];
    const groups = [];
    for (let s = 0; s < SESSIONS; s++) {
        groups.push(await made(admin, '/groups', { name: `Group ${s}` }));
        for (let p = 0; p < PEOPLE; p++) rows.push(`Person ${s} ${p},p${s}x${p}@uni.mx,Group ${s}`);
    }
    const file = path.join(server.dir, 'people.csv');
    await writeFile(file, rows.join('\n'));
    await server.presente('import', 'roster', file, '--apply');
    const term = await made(admin, '/terms', {
        name: 'Now', first_day: wall(-1440 * 30)[0], last_day: wall(1440 * 30)[0],
    });
    const subject = await made(admin, '/subjects', { name: 'Algebra' });
    const sessions = [];
    for (const [s, group] of groups.entries()) {
        const course = await made(admin, '/courses', { term_id: term.id, subject_id: subject.id, name: `C${s}` });
        await admin.put(`/courses/${course.id}/groups/${group.id}`);
        const [day, start_time] = wall(-5);
        const { id } = await made(admin, '/sessions', { course_id: course.id, day, start_time, end_time: wall(55)[1] });
        const { body } = await admin.get(`/sessions/${id}/register`);
        sessions.push({ id, people: body.items.map(({ user }) => user.id) });
    }
    return sessions;
}

async function startNode(server) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = { ...server.env, PRESENTE_LISTEN: `127.0.0.1:${port}` };
    const child = spawn(program, ['serve'], { cwd: server.dir, env, stdio: 'ignore' });
    for (let up = false; !up; ) up = await fetch(`${url}/health`).then((a) => a.ok, () => sleep(50));
    return { url, pid: child.pid, stop: () => child.kill('SIGTERM') };
}

/** Marks for so long; the latencies in ms that the listeners of each mark saw, and of the answers. */
async function run(client, sessions, listeners) {
    const sent = new Map();
    const latencies = [];
    const answers = [];
    for (const listener of listeners)
        listener.take = ({ event, data }) => {
            const now = performance.now();
            if (event !== 'mark') return;
            const mark = JSON.parse(data);
            const begun = sent.get(`${mark.user_id} ${mark.status}`);
            if (begun !== undefined) latencies.push(now - begun);
        };
    const from = performance.now();
    const total = MARKS * SECONDS;
    for (let n = 0; n < total; n++) {
        const { id, people } = sessions[n % sessions.length];
        const round = Math.floor(n / sessions.length);
        const user_id = people[round % people.length];
        const status = Math.floor(round / people.length) % 2 ? 'late' : 'present';
        await sleep(Math.max(0, from + (n * 1000) / MARKS - performance.now()));
        const begun = performance.now();
        sent.set(`${user_id} ${status}`, begun);
        const answer = await client.put(`/sessions/${id}/marks`, { marks: [{ user_id, status, reason: 'seen' }] });
        if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
        answers.push(performance.now() - begun);
    }
    const expected = total * (listeners.length / sessions.length);
    for (let waited = 0; latencies.length < expected && waited < 5000; waited += 50) await sleep(50);
    latencies.sort((a, b) => a - b);
    answers.sort((a, b) => a - b);
    return { latencies, answers, expected, seconds: (performance.now() - from) / 1000 };
}

const server = await startServer({
    env: {
        PRESENTE_EMAIL_DOMAIN: 'uni.mx', PRESENTE_TIME_ZONE: TIME_ZONE,
        PRESENTE_MODELS_DIR: '/nonexistent', PRESENTE_LIMIT_LISTENERS: '0',
    },
});
let node;
try {
    const admin = await new Client(server.url).signIn(server.admin.email, server.admin.password);
    const sessions = await makeSessions(server, admin);
    if (NODES === 2) node = await startNode(server);
    const [url, pid] = node ? [node.url, node.pid] : [server.url, server.pid()];
    await sleep(1000);
    const before = { memory: kilobytes(pid, 'VmRSS'), threads: threads(pid) };
    const listeners = [];
    for (let i = 0; i < LISTENERS; i++) {
        const one = await listen(url, `/sessions/${sessions[i % SESSIONS].id}/events`, admin.token);
        if (one.status !== 200) throw new Error(`listener ${i}: ${one.status}`);
        await one.next('register');
        listeners.push(one);
    }
    const idle = cpuSeconds(pid);
    await sleep(3000);
    const quiet = (cpuSeconds(pid) - idle) / 3;
    const listening = { memory: kilobytes(pid, 'VmRSS'), threads: threads(pid) };
    const busy = cpuSeconds(pid);
    const result = await run(admin, sessions, listeners);
    const figures = {
        machine: cpus()[0].model,
        engine,
        nodes: NODES,
        listeners: LISTENERS,
        sessions: SESSIONS,
        marks_per_second: tenth((MARKS * SECONDS) / result.seconds),
        events: result.latencies.length,
        missing: result.expected - result.latencies.length,
        latency_ms: {
            median: tenth(at(result.latencies, 0.5)),
            p95: tenth(at(result.latencies, 0.95)),
            p99: tenth(at(result.latencies, 0.99)),
            most: tenth(result.latencies.at(-1)),
        },
        answer_ms: { median: tenth(at(result.answers, 0.5)), p99: tenth(at(result.answers, 0.99)) },
        kilobytes_per_listener: tenth((listening.memory - before.memory) / LISTENERS),
        kilobytes_per_listener_after: tenth((kilobytes(pid, 'VmRSS') - before.memory) / LISTENERS),
        threads_more: listening.threads - before.threads,
        cpu_percent_quiet: tenth(100 * quiet),
        cpu_percent_busy: tenth((100 * (cpuSeconds(pid) - busy)) / result.seconds),
    };
    for (const listener of listeners) listener.close();
    console.log(options.json ? JSON.stringify(figures) : figures);
} finally {
    node?.stop();
    await server.stop();
}
