// Sends the photos of many people in parts, one after another. What has arrived is noted by the
// server, so whatever interrupts it, it goes on from there; a lost connection is waited for.
import { upload } from '../base/api.js';
import { useEffect, useRef, useState } from '../base/html.js';
import { photosOf } from './photos-import-files.js';

const PART_PHOTOS = 12;
const PART_BYTES = 24 * 1024 * 1024;
const PHOTO_BYTES = 20 * 1024 * 1024;
const PART_MS = 180_000;
const AGAIN_MS = 4000;
const NOTHING = { state: 'empty', total: 0, counts: {}, refused: [], waits: [] };

/** As many of those that wait as one request takes; they are taken off. */
function nextPart(waits) {
    let bytes = 0;
    let n = 0;
    const fits = () => n === 0 || bytes + waits[n].size <= PART_BYTES;
    while (n < waits.length && n < PART_PHOTOS && fits()) bytes += waits[n++].size;
    return waits.slice(0, n);
}

/** A file that is broken or gone is sent empty: then it is refused like any that cannot be read. */
const bytesOf = async (photo) => {
    try {
        return await photo.read();
    } catch {
        return new Blob([]);
    }
};

async function sendPart(part, again, signal) {
    const form = new FormData();
    for (const photo of part) form.append('image', await bytesOf(photo), photo.path);
    const within = AbortSignal.any([signal, AbortSignal.timeout(PART_MS)]);
    const { items } = await upload(`imports/photos?dry_run=false&again=${again}`, form, within);
    return items;
}

const pause = (ms, signal) =>
    new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        for (const [target, name] of [[window, 'online'], [signal, 'abort']])
            target.addEventListener(name, () => (clearTimeout(timer), resolve()), { once: true });
    });

/** The state after a part was dealt with. */
function after(now, part, items) {
    const counts = { ...now.counts };
    const refused = [...now.refused];
    for (const item of items) {
        counts[item.outcome] = (counts[item.outcome] ?? 0) + 1;
        if (item.outcome !== 'refused' && item.outcome !== 'nobody') continue;
        refused.push({ ...item, photo: part.find(({ path }) => path === item.file) });
    }
    return { ...now, state: 'sending', counts, refused, waits: now.waits.slice(part.length) };
}

const tooLarge = (part) => part.map(({ path }) => ({ file: path, outcome: 'refused', reason: 'too_large' }));

/**
 * {state: empty | sending | waiting | stopped | done, total, counts, refused, waits, trouble,
 * add(files), stop(), go(), again()}: `waits` are still to be sent, `refused` have a reason.
 */
export function usePhotoQueue() {
    const [shown, setShown] = useState(NOTHING);
    const now = useRef(NOTHING);
    const stopper = useRef();
    const note = (next) => setShown((now.current = next));

    async function one(signal, again) {
        const part = nextPart(now.current.waits);
        try {
            const isLarge = part[0].size > PHOTO_BYTES;
            const items = isLarge ? tooLarge(part.slice(0, 1)) : await sendPart(part, again, signal);
            note(after(now.current, part.slice(0, items.length), items));
        } catch (trouble) {
            if (signal.aborted) return;
            if (!['offline', 'busy', 'many'].includes(trouble.kind)) {
                note({ ...now.current, state: 'stopped', trouble });
                stopper.current.abort();
                return;
            }
            note({ ...now.current, state: 'waiting' });
            await pause((trouble.retryAfter ?? 0) * 1000 || AGAIN_MS, signal);
        }
    }
    async function run(again = false) {
        stopper.current = new AbortController();
        const { signal } = stopper.current;
        note({ ...now.current, state: 'sending', trouble: null });
        while (now.current.waits.length > 0 && !signal.aborted) await one(signal, again);
        if (!signal.aborted) note({ ...now.current, state: 'done' });
    }
    async function add(files) {
        const photos = await photosOf(files);
        const { total, waits, state } = now.current;
        const found = { none: photos.length === 0, total: total + photos.length, waits: [...waits, ...photos] };
        note({ ...now.current, ...found });
        if (photos.length > 0 && state !== 'sending' && state !== 'waiting') run();
    }
    function stop() {
        stopper.current?.abort();
        note({ ...now.current, state: 'stopped' });
    }
    /** Those that were refused once more, and no others. */
    function again() {
        const photos = now.current.refused.map(({ photo }) => photo).filter(Boolean);
        note({ ...NOTHING, total: photos.length, waits: photos });
        run(true);
    }
    const isBusy = shown.state === 'sending' || shown.state === 'waiting';
    useEffect(() => {
        if (!isBusy) return undefined;
        const ask = (event) => event.preventDefault();
        addEventListener('beforeunload', ask);
        return () => removeEventListener('beforeunload', ask);
    }, [isBusy]);
    useEffect(() => () => stopper.current?.abort(), []);
    return { ...shown, isBusy, add, stop, go: run, again, clear: () => note(NOTHING) };
}
