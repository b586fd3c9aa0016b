// The kiosk's work: it looks at the room, asks the server who is there while somebody is, and keeps
// sealed pictures while the server is away. Never two questions at a time.
import { upload } from '../base/api.js';
import { pause, takeFrames } from '../camera/camera.js';
import { createTracks, grab } from './follow.js';
import { createScene } from './scene.js';
import { toBase64 } from './seal.js';

const TICK_MS = 100;
const FRAMES = { count: 2, apart: 150, side: 1280 };
// What is kept takes room and goes over the line later, all at once.
const KEPT = { count: 2, apart: 200, side: 960 };
const ANSWER_MS = 10_000;
const WAIT_MS = 200;
const BETWEEN_MS = 150;
const GREETED_MS = 600;
const STAYING_MS = 2000;
const STAYS_AFTER_MS = 30_000;
const NOBODY_MS = 700;
const TROUBLE_MS = 2000;
const CLOSED_MS = 1000;
// Nobody is kept twice within this, unless somebody else came; nor by tapping more often.
const AGAIN_MS = 8000;
const TAP_MS = 3000;

function formOf(blobs) {
    const form = new FormData();
    blobs.forEach((blob, i) => form.append('image', blob, `frame-${i + 1}.jpg`));
    return form;
}

const imagesOf = (blobs) =>
    Promise.all(blobs.map(async (blob) => toBase64(new Uint8Array(await blob.arrayBuffer()))));

// A screen that was turned shows another part of the picture.
const sameShape = (a, b) => a !== null && a.w === b.w && a.h === b.h;
const isOf = ({ width, height }, { w, h }) => Math.abs(width / height - w / h) < 0.03;

/**
 * Starts looking. `link` is the server; `isPaused()` while somebody is asked something else. `show`
 * gets {tracks} as faces move, {answer} of the server, {kept: 'kept' | 'full' | 'unable'}, and
 * {awake} when that changes. Gives {stop, markNow}.
 */
export function startWatching(video, { link, isPaused, idleMs }, show) {
    const whole = new AbortController();
    const { signal } = whole;
    const tracks = createTracks();
    const scene = createScene();
    let before = null;
    let awake = null;
    let tapped = false;
    let keptAt = -Infinity;

    function tick() {
        if (document.hidden || !video.videoWidth) return;
        const picture = grab(video);
        if (isPaused() || !sameShape(before, picture)) tracks.clear();
        else tracks.follow(before, picture);
        before = picture;
        scene.look(picture, performance.now());
        show({ tracks: tracks.list() });
        if (awake === scene.isAwake(idleMs)) return;
        awake = !awake;
        show({ awake });
    }
    function restAfter({ open, faces }) {
        if (!open) return CLOSED_MS;
        if (faces.length === 0) return NOBODY_MS;
        if (faces.some(({ result }) => result !== 'match')) return BETWEEN_MS;
        const now = performance.now();
        const allStay = tracks.list().every(({ changed }) => now - changed > STAYS_AFTER_MS);
        return allStay ? STAYING_MS : GREETED_MS;
    }
    async function ask() {
        const { blobs } = await takeFrames(video, signal, FRAMES);
        tracks.note();
        try {
            const answer = await link.call(() =>
                upload('kiosk/marks', formOf(blobs), AbortSignal.timeout(ANSWER_MS)),
            );
            if (signal.aborted || !isOf(answer, before)) return 0;
            tracks.take(answer, performance.now());
            scene.told(answer.faces.length);
            show({ answer, tracks: tracks.list() });
            return restAfter(answer);
        } catch (trouble) {
            return link.state.away ? 0 : Math.max(TROUBLE_MS, (trouble.retryAfter ?? 0) * 1000);
        }
    }
    async function keep() {
        const now = performance.now();
        const standing = link.isOpen() && scene.isStanding() && now - keptAt > AGAIN_MS;
        const asked = tapped && now - keptAt > TAP_MS;
        tapped = false;
        if (!standing && !asked) return WAIT_MS;
        keptAt = now;
        scene.took();
        const { blobs } = await takeFrames(video, signal, KEPT);
        const kept = await link.keep({ kind: 'faces', images: await imagesOf(blobs) });
        if (!signal.aborted) show({ kept });
        return WAIT_MS;
    }
    async function step() {
        if (document.hidden || isPaused()) return WAIT_MS;
        const mustKeep = link.state.away || link.isOwing();
        if (!mustKeep && link.isOpen() && scene.isWorth()) return ask();
        tracks.clear();
        return mustKeep ? keep() : WAIT_MS;
    }

    const timer = setInterval(tick, TICK_MS);
    (async () => {
        // One bad turn does not end the watch.
        while (!signal.aborted) await pause(await step().catch(() => TROUBLE_MS), signal);
    })();
    return {
        stop() {
            clearInterval(timer);
            whole.abort();
        },
        markNow: () => (tapped = true),
    };
}
