// The server, as docs/openapi.json describes it. The session is an HttpOnly cookie that this page
// never sees. Every call gives the answer or throws a Trouble, whose `kind` the page has words for.

const TIMEOUT_MS = 30_000;

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
async function ask(path, options = {}) {
    let response;
    try {
        const { signal = AbortSignal.timeout(TIMEOUT_MS), ...rest } = options;
        response = await fetch(path, { signal, ...rest });
    } catch {
        throw new Trouble('offline');
    }
    if (response.ok) return response;
    const answer = await response.json().catch(() => ({}));
    const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
    throw new Trouble(kindOf(response.status), { ...answer, retryAfter });
}

export const send = async (path, options) =>
    (await ask(path, options)).json().catch(() => ({}));

/** Without a value nothing is sent: many calls take no body. */
const withJson = (method) => (path, value) =>
    send(path, {
        method,
        headers: value && { 'Content-Type': 'application/json' },
        body: value && JSON.stringify(value),
    });

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

const FILE_TIMEOUT_MS = 120_000;
const NAME = /filename="([^"]*)"/;

/** A file and the name that the server gives it. */
export async function file(path, values) {
    const response = await ask(path + query(values), { signal: AbortSignal.timeout(FILE_TIMEOUT_MS) });
    const name = NAME.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
    return { blob: await response.blob(), name };
}

/** A form with files; `signal` cancels it. Large ones take longer than a usual call may. */
export const upload = (path, data, signal) => send(path, { method: 'POST', body: data, signal });

/** The same, telling how much has gone: `onSent(share)` with 0 to 1. */
export function uploadTold(path, data, onSent, signal) {
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

export const register = (values, photos) =>
    send('register', { method: 'POST', body: form(values, photos) });

export const signIn = (email, password) => post('login', { email, password });
export const forgotPassword = (email) => post('password/forgot', { email });
export const setPassword = (token, password) => post('password/set', { token, password });
export const lookUnsubscribe = (token) => get('unsubscribe', { token });
export const unsubscribe = (token, refused) => post('unsubscribe', { token, refused });
export const groups = () => get('groups', { limit: 200 });
export const ownAttendance = (page) => get('attendance', page);
export const allAttendance = (page) => get('attendance/all', page);
export const version = () => send('version');

// For calls of somebody signed in: null when the server says that nobody is.
function nullWhenSignedOut(trouble) {
    if (trouble.kind === 'signed-out') return null;
    throw trouble;
}

/** Who is signed in here, or null. */
export const me = () => send('me').catch(nullWhenSignedOut);

/** Throws when the session may live on; one that had ended already is fine. */
export const signOut = () => post('logout', {}).catch(nullWhenSignedOut);

/** The names of the fields that a refusal is about. */
export const refusedFields = ({ details }) =>
    Array.isArray(details) ? details.map(({ field }) => field).filter(Boolean) : [];

const TROUBLE_TEXTS = {
    offline: 'trouble.offline',
    busy: 'trouble.busy',
    many: 'trouble.many',
    refused: 'trouble.refused',
    large: 'trouble.large',
};

/** The text key that says what happened and what to do. */
export const troubleText = (trouble) => TROUBLE_TEXTS[trouble.kind] ?? 'trouble.ours';
