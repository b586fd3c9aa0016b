// How much waits for a teacher or administrator: faces in doubt, and marks said to be wrong.
import { get } from './api.js';
import { repeat } from './events.js';
import { useEffect, useState } from './html.js';

const ASK_AGAIN_MS = 60_000;
const CHANGED = 'presente-waiting';

/** To be called when one of them was settled. */
export const waitingChanged = () => dispatchEvent(new Event(CHANGED));

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
        addEventListener(CHANGED, count);
        const stop = repeat(count, ASK_AGAIN_MS);
        return () => {
            removeEventListener(CHANGED, count);
            stop();
        };
    }, [user?.id]);
    return counts;
}
