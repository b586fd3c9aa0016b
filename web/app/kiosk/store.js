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
export const nextCounter = (device) =>
    transact([COUNTERS], 'readwrite', async (of) => {
        const counter = (await answerOf(of(COUNTERS).get(device))) ?? 1;
        await answerOf(of(COUNTERS).put(counter + 1, device));
        return counter;
    });

/** False when there is no room for it. */
export async function keepEntry(entry) {
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
export const someEntries = (device, count) =>
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
export const settleEntries = (entries, answers) =>
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
export const dropForeign = (device) =>
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
