// The kiosk and its server: what it said last, whether it answers, and what waits for it.
import { post, send } from '../base/api.js';
import { openAt, sessionAt } from './schedule.js';
import {
    countEntries, dropForeign, keepEntry, keepState, nextCounter, settleEntries, someEntries,
} from './store.js';
import { sealEntry, toBase64 } from './seal.js';

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

// Whether the server answers, and what is done when it does again.

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
