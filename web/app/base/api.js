// The server, as docs/openapi.json describes it: what it is asked, and what it tells by itself. The
// session is an HttpOnly cookie that this page never sees. Every call gives the answer or throws a
// Trouble, whose `kind` the page has words for.
import { useEffect, useState } from './page.js';

// The server, as docs/openapi.json describes it. The session is an HttpOnly cookie that this page
// never sees. Every call gives the answer or throws a Trouble, whose `kind` the page has words for.

const TIMEOUT_MS = 30_000;
// Files go over slow lines.
const FILE_TIMEOUT_MS = 120_000;

export class Trouble extends Error {
    /** kind: offline | busy | many | signed-out | refused | large | invalid | ours */
    constructor(kind, answer = {}) {
        super(kind);
        this.kind = kind;
        this.code = answer.error?.code;
        this.message = answer.error?.message ?? kind;
        this.details = answer.error?.details;
        this.retryAfter = answer.retryAfter;
    }
}

const KINDS = { 401: 'signed-out', 403: 'refused', 413: 'large', 429: 'many', 503: 'busy' };

function kindOf(status) {
    return KINDS[status] ?? (status >= 500 ? 'ours' : 'invalid');
}

/** The answer as it came, when it is a good one. */
async function askOnce(path, options = {}) {
    let response;
    try {
        const { timeout = TIMEOUT_MS, signal = AbortSignal.timeout(timeout), ...rest } = options;
        response = await fetch(path, { signal, ...rest });
    } catch {
        throw new Trouble('offline');
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
    throw new Trouble(kindOf(response.status), { ...answer, retryAfter });
}

let comeBack = async () => false;

/** `ask()` says whether somebody whose session ended has signed in again. */
export const onSignedOut = (ask) => {
    comeBack = ask;
};

/** A call that found the session ended is made again when they are back: nothing is lost. */
async function again(call) {
    try {
        return await call();
    } catch (trouble) {
        if (trouble.kind !== 'signed-out' || !(await comeBack())) throw trouble;
        return call();
    }
}

const ask = (path, options) => again(() => askOnce(path, options));

/** {} for an answer without a body; one that was cut off on its way has told nothing. */
async function valueOf(response) {
    try {
        const text = await response.text();
        return text ? JSON.parse(text) : {};
    } catch {
        throw new Trouble('offline');
    }
}

const sendOnce = async (path, options) => valueOf(await askOnce(path, options));

export const send = async (path, options) => valueOf(await ask(path, options));

/** Without a value nothing is sent: many calls take no body. */
const jsonOf = (method, value) => ({
    method,
    headers: value && { 'Content-Type': 'application/json' },
    body: value && JSON.stringify(value),
});
const withJson = (method) => (path, value) => send(path, jsonOf(method, value));

/** What is not given is left out. */
const isGiven = ([, value]) => value !== undefined && value !== null && value !== '';

/** "?a=1&b=2", or "" when nothing is given. */
export function query(values = {}) {
    const text = new URLSearchParams(Object.entries(values).filter(isGiven)).toString();
    return text && `?${text}`;
}

export const get = (path, values) => send(path + query(values));
export const post = withJson('POST');
export const put = withJson('PUT');
export const patch = withJson('PATCH');
export const remove = (path) => send(path, { method: 'DELETE' });

const NAME = /filename="([^"]*)"/;

/** A file and the name that the server gives it. */
export async function file(path, values) {
    const response = await ask(path + query(values), { timeout: FILE_TIMEOUT_MS });
    const name = NAME.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
    return { blob: await response.blob(), name };
}

/** A form with files; `signal` cancels it. Large ones take longer than a usual call may. */
export const upload = (path, data, signal) =>
    send(path, { method: 'POST', body: data, signal, timeout: FILE_TIMEOUT_MS });

/** The same, telling how much has gone: `onSent(share)` with 0 to 1. */
export const uploadTold = (path, data, onSent, signal) =>
    again(() => uploadOnce(path, data, onSent, signal));

function uploadOnce(path, data, onSent, signal) {
    const request = new XMLHttpRequest();
    const answered = () => ({
        ...request.response,
        retryAfter: Number(request.getResponseHeader('Retry-After')) || undefined,
    });
    return new Promise((resolve, reject) => {
        request.open('POST', path);
        request.responseType = 'json';
        request.upload.onprogress = ({ loaded, total }) => onSent(loaded / total);
        request.onload = () =>
            request.status < 300
                ? resolve(request.response)
                : reject(new Trouble(kindOf(request.status), answered()));
        request.onerror = request.onabort = () => reject(new Trouble('offline'));
        signal?.addEventListener('abort', () => request.abort(), { once: true });
        request.send(data);
    });
}

function form(values, images) {
    const data = new FormData();
    for (const [name, value] of Object.entries(values)) if (value) data.append(name, value);
    images.forEach((image, i) => data.append('image', image, `photo-${i + 1}`));
    return data;
}

export const mark = (frames) =>
    send('attendance/mark', { method: 'POST', body: form({}, frames) });

/** The same, but a person looks at it in place of a challenge. */
export const markForReview = (frames) =>
    send('attendance/mark', { method: 'POST', body: form({ alternative: 'true' }, frames) });

/** {id, steps, expires_at, frames_max}: movements to be filmed now; `scope` may name a session_id. */
export const newChallenge = (scope = {}) => post('challenges', scope);
export const answerChallenge = (id, times, frames, scope = {}) =>
    send('attendance/mark', {
        method: 'POST',
        body: form({ ...scope, challenge_id: id, times: JSON.stringify(times) }, frames),
    });

/** Takes a mark back, with the token that came with it. */
export const notMe = (id, token) => post(`attendance/marks/${id}/not-me`, { token });

/** What is to be said of one picture of a face, before it is a photo. */
export const checkFace = (picture) =>
    send('faces/check', { method: 'POST', body: form({}, [picture]) });

export const register = (values, photos) => upload('register', form(values, photos));

export const signIn = (email, password) => sendOnce('login', jsonOf('POST', { email, password }));
export const forgotPassword = (email) => post('password/forgot', { email });
export const setPassword = (token, password) => post('password/set', { token, password });
export const lookUnsubscribe = (token) => get('unsubscribe', { token });
export const unsubscribe = (token, refused) => post('unsubscribe', { token, refused });
export const groups = () => get('groups', { limit: 1000 });
export const ownAttendance = (page) => get('attendance', page);
export const allAttendance = (page) => get('attendance/all', page);
export const version = () => send('version');

// For calls of somebody signed in: null when the server says that nobody is.
function nullWhenSignedOut(trouble) {
    if (trouble.kind === 'signed-out') return null;
    throw trouble;
}

/** Who is signed in here, or null. */
export const me = () => sendOnce('me').catch(nullWhenSignedOut);

/** Throws when the session may live on; one that had ended already is fine. */
export const signOut = () => sendOnce('logout', jsonOf('POST')).catch(nullWhenSignedOut);

/** The names of the fields that a refusal is about. */
export const refusedFields = ({ details }) =>
    Array.isArray(details) ? details.map(({ field }) => field).filter(Boolean) : [];

const TROUBLE_TEXTS = {
    offline: 'trouble.offline',
    busy: 'trouble.busy',
    many: 'trouble.many',
    refused: 'trouble.refused',
    large: 'trouble.large',
    invalid: 'trouble.invalid',
    'signed-out': 'trouble.signed-out',
};
// Somebody else was quicker.
const CHANGED = ['conflict', 'not_found'];

/** The text key that says what happened and what to do. */
export const troubleText = ({ kind, code }) =>
    CHANGED.includes(code) ? 'trouble.changed' : (TROUBLE_TEXTS[kind] ?? 'trouble.ours');

// What happens on the server, as it happens (server-sent events). The browser comes back by itself
// after a lost line; where it gives up (the server was full, or away), listening begins anew, later
// each time. A page that nobody sees gives its line back after a while: a browser has few for one
// server, and they are needed for everything else.

const AGAIN_MS = 4000;
const AGAIN_MOST_MS = 60_000;
const UNSEEN_MS = 60_000;

/**
 * Listens at `path`. `on` has a function for each event by its name, called with the data; "end" is
 * the last event. `onLine(live)` says whether events arrive. Gives what stops it.
 */
export function listen(path, on, onLine) {
    let source = null;
    let timer;
    let pause = AGAIN_MS;
    let over = false;
    function hush() {
        clearTimeout(timer);
        source?.close();
        source = null;
    }
    function stop() {
        over = true;
        hush();
        document.removeEventListener('visibilitychange', look);
    }
    function hear(name, { data }) {
        pause = AGAIN_MS;
        if (name === 'end') stop();
        on[name](JSON.parse(data));
    }
    function fail() {
        if (over) return;
        onLine(false);
        if (source.readyState !== EventSource.CLOSED) return;
        hush();
        // Not all pages at once.
        timer = setTimeout(open, pause * (0.5 + Math.random()));
        pause = Math.min(2 * pause, AGAIN_MOST_MS);
    }
    function open() {
        source = new EventSource(path);
        source.onopen = () => onLine(true);
        source.onerror = fail;
        for (const name of Object.keys(on))
            source.addEventListener(name, (event) => hear(name, event));
    }
    /** The first event tells a page that is seen again to read what it missed. */
    function look() {
        clearTimeout(timer);
        if (document.hidden) timer = setTimeout(hush, UNSEEN_MS);
        else if (!source) open();
    }
    document.addEventListener('visibilitychange', look);
    open();
    return stop;
}

/** Calls `act` every `ms` while the page is seen. Gives what stops it. */
export function repeat(act, ms) {
    const timer = setInterval(() => !document.hidden && act(), ms);
    return () => clearInterval(timer);
}

// How much waits for a teacher or administrator: faces in doubt, and marks said to be wrong.

const ASK_AGAIN_MS = 60_000;
const WAITING_CHANGED = 'presente-waiting';

/** To be called when one of them was settled. */
export const waitingChanged = () => dispatchEvent(new Event(WAITING_CHANGED));

const totalOf = async (path) => (await get(path, { state: 'open', limit: 1 })).total;

async function countAll() {
    const [reviews, disputes] = await Promise.all([totalOf('reviews'), totalOf('disputes')]);
    return { reviews, disputes };
}

/** {reviews, disputes} by the names of their places; empty for students. */
export function useWaiting(user) {
    const [counts, setCounts] = useState({});
    const staff = user && user.role !== 'student';
    useEffect(() => {
        if (!staff) return void setCounts({});
        // What cannot be counted now is counted in a minute.
        const count = () => countAll().then(setCounts, () => {});
        count();
        addEventListener(WAITING_CHANGED, count);
        const stop = repeat(count, ASK_AGAIN_MS);
        return () => {
            removeEventListener(WAITING_CHANGED, count);
            stop();
        };
    }, [user?.id]);
    return counts;
}
