// The kiosk and its server: what it said last, whether it answers, and what is kept sealed until
// it does.
import { post, send } from '../base/api.js';

// Which session takes marks, by what the server said last.

const DAY_MS = 86_400_000;

const holds = (session, now) =>
    session && Date.parse(session.opens_at) <= now && now <= Date.parse(session.closes_at);

/** The session that takes marks at this moment, or null. */
export const sessionAt = ({ session, next }, now) =>
    [session, next].find((one) => holds(one, now)) ?? null;

/** The one that comes, or null. */
export const nextAt = ({ next }, now) => (next && now < Date.parse(next.opens_at) ? next : null);

/** A kiosk of no room and course is for everybody, always. */
const isBound = ({ device }) => Boolean(device.room || device.course);

/** Whether marks are taken. While the server is away, what is not known counts as open: better an
 * entry that is refused later than somebody who was there and has no mark. */
function openAt(kiosk, now, away) {
    if (!isBound(kiosk) || sessionAt(kiosk, now)) return true;
    if (!away) return false;
    if (kiosk.next) return now > Date.parse(kiosk.next.closes_at);
    return now - Date.parse(kiosk.time) > DAY_MS;
}

// What the kiosk keeps in this browser (IndexedDB): what the server said last, the counter of its
// entries, the sealed entries that wait, and why others were refused. Every change is one
// transaction on the disk, so that neither a reload nor a power cut loses or repeats one.

const NAME = 'presente-kiosk';
const STATE = 'state';
const COUNTERS = 'counters';
const ENTRIES = 'entries';
const REFUSED = 'refused';

/** A day's worth of a busy door; each is a few hundred kilobytes at most. */
const ENTRIES_MAX = 1000;
const REFUSED_MAX = 200;

const answerOf = (request) =>
    new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });

let opening = null;

function opened() {
    opening ??= new Promise((resolve, reject) => {
        const request = indexedDB.open(NAME, 1);
        request.onupgradeneeded = () => {
            const { result: base } = request;
            base.createObjectStore(STATE);
            base.createObjectStore(COUNTERS);
            base.createObjectStore(ENTRIES, { keyPath: ['device', 'counter'] });
            base.createObjectStore(REFUSED, { autoIncrement: true });
        };
        request.onsuccess = () => {
            // Another tab wants a later form of it: let go.
            request.result.onversionchange = () => {
                request.result.close();
                opening = null;
            };
            resolve(request.result);
        };
        request.onerror = () => {
            opening = null;
            reject(request.error);
        };
    });
    return opening;
}

/** Runs `work(store of a name)` in one transaction; what it gives is there once all is on the disk. */
async function transact(names, mode, work) {
    const transaction = (await opened()).transaction(names, mode, { durability: 'strict' });
    const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
    });
    // What went wrong inside ends the transaction, which says so.
    const given = work((name) => transaction.objectStore(name)).catch(() => {});
    await done;
    return given;
}

const allOf = (device) => IDBKeyRange.bound([device, 0], [device, Infinity]);

export const readState = () =>
    transact([STATE], 'readonly', (of) => answerOf(of(STATE).get('kiosk')));

/** What the server said, with the counter that it knows of. */
export const keepState = (kiosk) =>
    transact([STATE, COUNTERS], 'readwrite', async (of) => {
        const { id } = kiosk.device;
        const counter = (await answerOf(of(COUNTERS).get(id))) ?? 1;
        of(COUNTERS).put(Math.max(counter, kiosk.next_counter), id);
        of(STATE).put(kiosk, 'kiosk');
    });

/** A counter that no entry of this kiosk ever had or will have again. */
const nextCounter = (device) =>
    transact([COUNTERS], 'readwrite', async (of) => {
        const counter = (await answerOf(of(COUNTERS).get(device))) ?? 1;
        await answerOf(of(COUNTERS).put(counter + 1, device));
        return counter;
    });

/** False when there is no room for it. */
async function keepEntry(entry) {
    try {
        return await transact([ENTRIES], 'readwrite', async (of) => {
            if ((await answerOf(of(ENTRIES).count())) >= ENTRIES_MAX) return false;
            of(ENTRIES).put(entry);
            return true;
        });
    } catch (problem) {
        if (problem?.name === 'QuotaExceededError') return false;
        throw problem;
    }
}

/** The oldest that wait. */
const someEntries = (device, count) =>
    transact([ENTRIES], 'readonly', (of) => answerOf(of(ENTRIES).getAll(allOf(device), count)));

/** {waiting, refused}: how many. */
export const countEntries = () =>
    transact([ENTRIES, REFUSED], 'readonly', async (of) => {
        const [waiting, refused] = await Promise.all([
            answerOf(of(ENTRIES).count()),
            answerOf(of(REFUSED).count()),
        ]);
        return { waiting, refused };
    });

function noteRefused(of, { device, counter, captured_at: at }, reason) {
    of(REFUSED).put({ device, counter, captured_at: at, reason });
}

async function forgetOldest(of) {
    const keys = await answerOf(of(REFUSED).getAllKeys());
    for (const key of keys.slice(0, Math.max(0, keys.length - REFUSED_MAX))) of(REFUSED).delete(key);
}

/** Takes out what the server settled; of what it refused the reason stays. */
const settleEntries = (entries, answers) =>
    transact([ENTRIES, REFUSED], 'readwrite', async (of) => {
        for (const { counter, result, reason } of answers) {
            const entry = entries.find((one) => one.counter === counter);
            if (!entry || result === 'again') continue;
            of(ENTRIES).delete([entry.device, counter]);
            if (result === 'refused') noteRefused(of, entry, reason ?? 'malformed');
        }
        await forgetOldest(of);
    });

/** Entries of another kiosk than this browser is now: nobody can hand them in any more. */
const dropForeign = (device) =>
    transact([ENTRIES, REFUSED], 'readwrite', async (of) => {
        const keys = await answerOf(of(ENTRIES).getAllKeys());
        for (const key of keys.filter(([id]) => id !== device)) {
            const entry = await answerOf(of(ENTRIES).get(key));
            noteRefused(of, entry, 'other_kiosk');
            of(ENTRIES).delete(key);
        }
    });

/** The latest first. */
export const refusedEntries = async () =>
    (await transact([REFUSED], 'readonly', (of) => answerOf(of(REFUSED).getAll()))).reverse();

// Sealing what is kept here so that the server alone can open it: HPKE (RFC 9180), base mode,
// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message. The browser's own cryptography;
// the key of each message is made for it and thrown away.

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const INFO = 'presente kiosk entry 1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

const bytesOf = (text) => new TextEncoder().encode(text);
const EMPTY = new Uint8Array();

function join(...parts) {
    const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

const PROTOCOL = bytesOf('HPKE-v1');
const KEM = join(bytesOf('KEM'), [0, 0x10]);
const SUITE = join(bytesOf('HPKE'), [0, 0x10, 0, 1, 0, 2]);

export function toBase64(bytes) {
    let text = '';
    const piece = 0x8000; // what a call may have as arguments
    for (let at = 0; at < bytes.length; at += piece)
        text += String.fromCharCode(...bytes.subarray(at, at + piece));
    return btoa(text);
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

async function hmac(secret, data) {
    // An empty key is refused here, and is zeros to HMAC.
    const raw = secret.length ? secret : new Uint8Array(KEY_BYTES);
    const hash = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', raw, hash, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, data));
}

const extract = (suite, salt, label, secret) =>
    hmac(salt, join(PROTOCOL, suite, bytesOf(label), secret));

/** At most one block of the hash is ever needed here. */
async function expand(suite, secret, label, info, size) {
    const block = join([0, size], PROTOCOL, suite, bytesOf(label), info, [1]);
    return (await hmac(secret, block)).slice(0, size);
}

/** A secret with the holder of `point`, and what tells it to them. */
async function encapsulate(point) {
    const { subtle } = crypto;
    const mine = await subtle.generateKey(CURVE, false, ['deriveBits']);
    const told = new Uint8Array(await subtle.exportKey('raw', mine.publicKey));
    const theirs = await subtle.importKey('raw', point, CURVE, false, []);
    const agreed = await subtle.deriveBits({ name: 'ECDH', public: theirs }, mine.privateKey, 256);
    const root = await extract(KEM, EMPTY, 'eae_prk', new Uint8Array(agreed));
    return { told, secret: await expand(KEM, root, 'shared_secret', join(told, point), KEY_BYTES) };
}

async function seal(point, bound, plain) {
    const { told, secret } = await encapsulate(point);
    const context = join(
        [0],
        await extract(SUITE, EMPTY, 'psk_id_hash', EMPTY),
        await extract(SUITE, EMPTY, 'info_hash', bytesOf(INFO)),
    );
    const root = await extract(SUITE, secret, 'secret', EMPTY);
    const raw = await expand(SUITE, root, 'key', context, KEY_BYTES);
    const iv = await expand(SUITE, root, 'base_nonce', context, NONCE_BYTES);
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
    const way = { name: 'AES-GCM', iv, additionalData: bound };
    return join(told, new Uint8Array(await crypto.subtle.encrypt(way, key, plain)));
}

/**
 * An entry as it is kept, its `sealed` as bytes. It is bound to the kiosk (its id), its counter and
 * its time: none of them can be changed afterwards. `key` is the server's public_key.
 */
async function sealEntry({ device, counter, key, at, content }) {
    const captured = new Date(at).toISOString();
    const bound = bytesOf(`${device} ${counter} ${captured}`);
    const sealed = await seal(fromBase64(key.key), bound, bytesOf(JSON.stringify(content)));
    return { device, counter, captured_at: captured, sealed: join(fromHex(key.id), sealed) };
}

// Handing in what waits, in order. The server counts each entry once by its counter, so that one
// may be sent again whenever its answer was lost; here it is kept until the answer is on the disk.

const AT_ONCE = 8;
const BYTES_AT_ONCE = 4 << 20;
const TIMEOUT_MS = 90_000;

function batchOf(entries) {
    let bytes = 0;
    const fits = (entry, i) => i === 0 || (bytes += entry.sealed.length) < BYTES_AT_ONCE;
    return entries.filter(fits);
}

const sendEntries = (entries) =>
    send('kiosk/entries', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
            sent_at: new Date().toISOString(),
            entries: entries.map(({ counter, captured_at, sealed }) => ({
                counter,
                captured_at,
                sealed: toBase64(sealed),
            })),
        }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
    });

const refusedWhole = ({ kind }) => kind === 'invalid' || kind === 'large';

/** The answers to some of them; one that no server will ever read must not hold up the others. */
async function handIn(entries) {
    try {
        return (await sendEntries(entries)).items;
    } catch (trouble) {
        if (!refusedWhole(trouble)) throw trouble;
        if (entries.length > 1) return handIn(entries.slice(0, 1));
        return [{ counter: entries[0].counter, result: 'refused', reason: 'malformed' }];
    }
}

async function handInAll(device, onSettled) {
    for (;;) {
        const entries = batchOf(await someEntries(device, AT_ONCE));
        if (entries.length === 0) return;
        const answers = await handIn(entries);
        await settleEntries(entries, answers);
        await onSettled();
        if (answers.every(({ result }) => result === 'again')) return;
    }
}

/** One tab at a time. Throws the Trouble that ended it. */
const replay = (device, onSettled) =>
    navigator.locks
        ? navigator.locks.request('presente-kiosk-replay', { ifAvailable: true }, (lock) =>
              lock ? handInAll(device, onSettled) : undefined,
          )
        : handInAll(device, onSettled);

// The kiosk and its server: what it said last, whether it answers, and what waits for it.

const ANSWER_MS = 8000;
const SECOND_MS = 1000;
const AWAY_MS = 4000;
const SEEN_MS = 60_000;
const REFRESH_MS = 300_000;
const REPLAY_MS = 5000;
// A server that has too much to do says so; one that goes on saying so is as good as away.
const BUSY_TIMES = 3;

export const askKiosk = () => send('kiosk', { signal: AbortSignal.timeout(ANSWER_MS) });

/** The server's clock, and what the kiosk must know when it is away. */
export const readKiosk = (kiosk) => ({ ...kiosk, offset: Date.parse(kiosk.time) - Date.now() });

export const serverNow = ({ offset }) => Date.now() + offset;

/**
 * `changed(state)` gets {kiosk, away, waiting, refused, full} whenever one of them changes;
 * `onUnpaired()` when this browser is no kiosk any more.
 */
export function createLink(first, changed, onUnpaired) {
    const state = { ...first, waiting: 0, refused: 0, full: false };
    const at = { tried: 0, seen: Date.now(), read: Date.now(), replayed: 0 };
    let shown = sessionAt(state.kiosk, serverNow(state.kiosk));
    let busy = 0;
    let working = false;
    let owes = true;
    const set = (news) => changed({ ...Object.assign(state, news) });
    const recount = async () => set(await countEntries());

    function reached() {
        busy = 0;
        if (state.away) set({ away: false });
    }
    function lost({ kind }) {
        if (kind === 'signed-out') return onUnpaired();
        if (kind === 'busy') busy++;
        const gone = kind === 'offline' || kind === 'ours' || busy >= BUSY_TIMES;
        if (gone && !state.away) set({ away: true });
        return undefined;
    }
    /** Runs a call to the server, and learns from how it goes. */
    async function call(work) {
        try {
            const answer = await work();
            reached();
            return answer;
        } catch (trouble) {
            lost(trouble);
            throw trouble;
        }
    }
    async function refresh() {
        at.tried = Date.now();
        const kiosk = readKiosk(await call(askKiosk));
        // Where the server cannot read its key file, the key from before still seals.
        kiosk.public_key ??= state.kiosk.public_key;
        shown = sessionAt(kiosk, serverNow(kiosk));
        at.read = Date.now();
        set({ kiosk });
        await keepState(kiosk);
    }
    async function handIn() {
        at.replayed = Date.now();
        try {
            await call(() => replay(state.kiosk.device.id, recount));
        } finally {
            await recount();
            // What the server cannot settle now holds up nobody who stands here.
            owes = state.away;
        }
        if (state.full && state.waiting === 0) set({ full: false });
    }
    async function seen() {
        at.seen = Date.now();
        await call(() => post('kiosk/seen'));
    }
    function due() {
        const now = Date.now();
        if (state.away) return now - at.tried > AWAY_MS ? refresh : null;
        const current = sessionAt(state.kiosk, serverNow(state.kiosk));
        if (current?.id !== shown?.id && now - at.read > AWAY_MS) return refresh;
        if (state.waiting > 0 && now - at.replayed > REPLAY_MS) return handIn;
        if (now - at.seen > SEEN_MS) return seen;
        return now - at.read > REFRESH_MS ? refresh : null;
    }
    async function tick() {
        const work = working ? null : due();
        if (!work) return;
        working = true;
        // What cannot be done now is due again.
        await work().catch(() => {});
        working = false;
    }
    /** Seals and keeps what somebody did while the server is away: kept | full | unable. */
    async function keep(content) {
        const { device, public_key: key } = state.kiosk;
        if (!key || !globalThis.crypto?.subtle) return 'unable';
        const when = Date.now();
        const counter = await nextCounter(device.id);
        const entry = await sealEntry({ device: device.id, counter, key, at: when, content });
        owes = true;
        const kept = await keepEntry(entry);
        set({ full: !kept });
        await recount();
        return kept ? 'kept' : 'full';
    }

    dropForeign(state.kiosk.device.id).then(recount, () => {});
    // Asks the browser not to clear this away when the disk runs full.
    navigator.storage?.persist?.();
    const timer = setInterval(tick, SECOND_MS);
    return {
        state,
        call,
        keep: (content) => keep(content).catch(() => 'unable'),
        /** Entries of before come first: a mark of now must not take the place of an earlier one. */
        isOwing: () => owes && state.waiting > 0,
        isOpen: () => openAt(state.kiosk, serverNow(state.kiosk), state.away),
        stop: () => clearInterval(timer),
    };
}
