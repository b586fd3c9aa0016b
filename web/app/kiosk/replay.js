// Handing in what waits, in order. The server counts each entry once by its counter, so that one
// may be sent again whenever its answer was lost; here it is kept until the answer is on the disk.
import { send } from '../base/api.js';
import { toBase64 } from './seal.js';
import { settleEntries, someEntries } from './store.js';

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
export const replay = (device, onSettled) =>
    navigator.locks
        ? navigator.locks.request('presente-kiosk-replay', { ifAvailable: true }, (lock) =>
              lock ? handInAll(device, onSettled) : undefined,
          )
        : handInAll(device, onSettled);
