// Looks at the camera again and again, politely: it never asks twice at a time, waits longer while
// nobody comes, rests while the page is hidden, and stops at a result until the scene changes or
// the person asks for another try.
import { mark } from '../base/api.js';
import { pause, sceneChanged, sceneOf, takeFrames } from '../camera/camera.js';
import { asksSomething, readAnswer, readTrouble } from './mark-answer.js';

const BETWEEN_TRIES_MS = 900;
const EMPTY_SCENE_MS = 4000;
const CARD_MS = 6000;
// A question waits for who it was asked of, but not for ever: they may have left.
const QUESTION_MS = 25_000;
const GLANCE_MS = 400;

function visibleAgain(signal) {
    if (!document.hidden) return undefined;
    return new Promise((resolve) => {
        document.addEventListener('visibilitychange', resolve, { once: true, signal });
        signal.addEventListener('abort', resolve, { once: true });
    });
}

/** Waits until the scene differs from `before`, at most `limit` ms. */
async function sceneChange(video, before, limit, signal) {
    const end = performance.now() + limit;
    while (!signal.aborted && performance.now() < end) {
        await pause(GLANCE_MS, signal);
        if (!signal.aborted && sceneChanged(before, sceneOf(video))) return;
    }
}

async function backOnline(ms, signal) {
    const back = new AbortController();
    const wake = () => back.abort();
    addEventListener('online', wake, { once: true });
    signal.addEventListener('abort', wake, { once: true });
    await pause(ms, back.signal);
    removeEventListener('online', wake);
}

async function ask(frames) {
    try {
        return readAnswer(await mark(frames.blobs), frames);
    } catch (trouble) {
        return readTrouble(trouble);
    }
}

/** How long to leave the server alone after an answer. */
async function rest(video, scene, answer, signal) {
    if (answer.kind === 'wait') return backOnline(answer.ms, signal);
    if (answer.kind === 'card' && asksSomething(answer)) return pause(QUESTION_MS, signal);
    if (answer.kind === 'card') {
        await pause(CARD_MS, signal);
        return sceneChange(video, scene, Infinity, signal);
    }
    await pause(BETWEEN_TRIES_MS, signal);
    if (answer.result === 'no_face') await sceneChange(video, scene, EMPTY_SCENE_MS, signal);
    return undefined;
}

/**
 * Starts looking. `show({checking})` and `show({answer})` tell what happens; an answer of null
 * means that the last one no longer holds. With `shown`, an answer that is on show already, it rests
 * first. Gives {again, stop}.
 */
export function startMarking(video, show, shown = null) {
    const whole = new AbortController();
    let resting = new AbortController();
    const stopped = () => whole.signal.aborted;
    const stop = () => {
        whole.abort();
        resting.abort();
    };

    async function attempt() {
        await visibleAgain(whole.signal);
        if (stopped()) return;
        const scene = sceneOf(video);
        const frames = await takeFrames(video, whole.signal);
        if (stopped()) return;
        show({ checking: true });
        const answer = await ask(frames);
        if (stopped()) return;
        show({ checking: false, answer });
        await restAt(scene, answer);
    }

    async function restAt(scene, answer) {
        resting = new AbortController();
        await rest(video, scene, answer, resting.signal);
        if (!stopped() && answer.kind === 'card') show({ answer: null });
    }

    (async () => {
        if (shown) await restAt(sceneOf(video), shown);
        while (!stopped()) await attempt();
    })();

    return { again: () => resting.abort(), stop };
}
