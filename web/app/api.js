// The server, as docs/openapi.yaml describes it. The session is an HttpOnly cookie that this page
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

async function send(path, options = {}) {
    let response;
    try {
        response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
    } catch {
        throw new Trouble('offline');
    }
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    const retryAfter = Number(response.headers.get('Retry-After')) || undefined;
    throw new Trouble(kindOf(response.status), { ...answer, retryAfter });
}

function post(path, value) {
    return send(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(value),
    });
}

function form(values, images) {
    const data = new FormData();
    for (const [name, value] of Object.entries(values)) if (value) data.append(name, value);
    images.forEach((image, i) => data.append('image', image, `photo-${i + 1}`));
    return data;
}

const isGiven = ([, value]) => value !== undefined && value !== '';
const query = (values) => new URLSearchParams(Object.entries(values).filter(isGiven));

export const mark = (frames) =>
    send('attendance/mark', { method: 'POST', body: form({}, frames) });

/** The same, but a person looks at it in place of a challenge. */
export const markForReview = (frames) =>
    send('attendance/mark', { method: 'POST', body: form({ alternative: 'true' }, frames) });

/** {id, steps, expires_at, frames_max}: movements to be filmed now. */
export const newChallenge = () => post('challenges', {});
export const answerChallenge = (id, times, frames) =>
    send('attendance/mark', {
        method: 'POST',
        body: form({ challenge_id: id, times: JSON.stringify(times) }, frames),
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
export const lookUnsubscribe = (token) => send(`unsubscribe?${query({ token })}`);
export const unsubscribe = (token, refused) => post('unsubscribe', { token, refused });
export const groups = () => send(`groups?${query({ limit: 200 })}`);
export const ownAttendance = (page) => send(`attendance?${query(page)}`);
export const allAttendance = (page) => send(`attendance/all?${query(page)}`);
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
