// The kiosk's work: it follows faces, asks the server who they are, and gives advice.
import { pause, shownPart, takeFrames } from '../camera/camera.js';
import { clockTime, hasText, html, t } from '../base/page.js';
import { Icon } from '../ui/parts.js';
import { nextAt } from './schedule.js';
import { toBase64 } from './seal.js';
import { upload } from '../base/api.js';

// Is anybody there? What the camera shows is compared with what it shows when nobody is, so that
// nothing is asked of the server before an empty room. The server's answers teach what empty looks
// like; while it is away, what does not move for long does.

const CELL = 5;
// Grey values of 255 that noise, and a lamp that flickers, stay under.
const MOVED = 12;
const OTHER = 18;
// Shares of the picture.
const SOME = 0.01;
const SOMEBODY = 0.02;
const BEFORE_US = 0.03;
const SOMEBODY_ELSE = 0.06;

// A face may be missed once.
const TIMES_NOBODY = 3;
const STILL_MS = 1000;
const EMPTY_MS = 20_000;
const FACES_MS = 3000;

/** The picture in means of small squares. */
function cellsOf({ grey, w, h }) {
    const [columns, rows] = [Math.floor(w / CELL), Math.floor(h / CELL)];
    const cells = new Float32Array(columns * rows);
    for (let y = 0; y < rows * CELL; y++)
        for (let x = 0; x < columns * CELL; x++)
            cells[Math.floor(y / CELL) * columns + Math.floor(x / CELL)] += grey[y * w + x];
    return cells.map((sum) => sum / CELL ** 2);
}

/** The share of cells that differ by more than `limit`, once all became lighter or darker alike. */
function otherShare(a, b, limit) {
    if (a.length !== b.length) return 1;
    let shift = 0;
    for (let i = 0; i < a.length; i++) shift += (a[i] - b[i]) / a.length;
    let n = 0;
    for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i] - shift) > limit) n++;
    return n / a.length;
}

function createScene() {
    let now = 0;
    let cells = null;
    let empty = null;
    let taken = null;
    let nobody = 0;
    let movedAt = -Infinity;
    let facesAt = -Infinity;
    const differs = (from, limit) => !from || otherShare(cells, from, OTHER) > limit;

    return {
        look(picture, time) {
            const before = cells;
            now = time;
            cells = cellsOf(picture);
            if (!before || otherShare(cells, before, MOVED) > SOME) movedAt = now;
            if (now - movedAt > EMPTY_MS && now - facesAt > EMPTY_MS) empty = cells;
            if (taken && differs(taken, SOMEBODY_ELSE)) taken = null;
        },
        /** What an answer said of the picture of now. */
        told(faces) {
            const isStill = now - movedAt > STILL_MS;
            if (faces > 0) facesAt = now;
            nobody = faces === 0 && isStill ? nobody + 1 : 0;
            if (nobody >= TIMES_NOBODY) empty = cells;
        },
        /** Whether it is worth asking who is there. */
        isWorth: () => cells !== null && (now - facesAt < FACES_MS || differs(empty, SOMEBODY)),
        /** Whether anybody was there or anything moved lately. */
        isAwake: (ms) => now - Math.max(movedAt, facesAt) < ms,
        /** Whether somebody stands still before the camera who was not taken yet. */
        isStanding: () =>
            cells !== null && now - movedAt > STILL_MS && !taken && differs(empty, BEFORE_US),
        took: () => (taken = cells),
    };
}

// Following faces between the server's answers: the piece of the picture that was a face is looked
// for near where it was, in a small grey copy. Each answer puts the boxes right again.

const SIDE = 160;
const REACH = 8;
const SAMPLES = 12;
// The middle of a box is face; its rim is whatever stands behind.
const MIDDLE = 0.7;
// A box moves only where it gains more than this a step: noise moves nothing.
const STEP_COST = 0.6;
const MISSED_MAX = 2;

const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });

/** A small grey copy of what the video shows. */
function grab(video) {
    const part = shownPart(video);
    const scale = SIDE / Math.max(part.w, part.h);
    const [w, h] = [Math.round(part.w * scale), Math.round(part.h * scale)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    context.drawImage(video, part.x, part.y, part.w, part.h, 0, 0, w, h);
    const { data } = context.getImageData(0, 0, w, h);
    const grey = new Uint8Array(w * h);
    for (let i = 0; i < grey.length; i++)
        grey[i] = (data[4 * i] * 77 + data[4 * i + 1] * 151 + data[4 * i + 2] * 28) >> 8;
    return { w, h, grey };
}

/** Mean difference of a piece of one picture and the same, moved, in the next. */
function differenceOf(from, to, piece, dx, dy) {
    let sum = 0;
    let n = 0;
    for (let y = piece.y; y < piece.y + piece.h; y += piece.step) {
        for (let x = piece.x; x < piece.x + piece.w; x += piece.step) {
            const [u, v] = [x + dx, y + dy];
            if (x < 0 || y < 0 || x >= from.w || y >= from.h) continue;
            if (u < 0 || v < 0 || u >= to.w || v >= to.h) continue;
            sum += Math.abs(from.grey[y * from.w + x] - to.grey[v * to.w + u]);
            n++;
        }
    }
    return n > SAMPLES ? sum / n : Infinity;
}

function pieceOf({ x, y, w, h }, { w: width, h: height }) {
    const [pw, ph] = [Math.max(4, w * width * MIDDLE), Math.max(4, h * height * MIDDLE)];
    return {
        x: Math.round((x + w / 2) * width - pw / 2),
        y: Math.round((y + h / 2) * height - ph / 2),
        w: pw,
        h: ph,
        step: Math.max(1, Math.floor(Math.max(pw, ph) / SAMPLES)),
    };
}

/** How far the box has moved, in shares of the picture. */
function moveOf(box, from, to) {
    const piece = pieceOf(box, from);
    const reach = Math.min(REACH, Math.max(2, Math.ceil(piece.w / 3)));
    let best = { cost: differenceOf(from, to, piece, 0, 0), dx: 0, dy: 0 };
    for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
            if (!dx && !dy) continue;
            const cost = differenceOf(from, to, piece, dx, dy) + STEP_COST * Math.hypot(dx, dy);
            if (cost < best.cost) best = { cost, dx, dy };
        }
    }
    return { dx: best.dx / from.w, dy: best.dy / from.h };
}

const near = (a, b) =>
    Math.hypot(a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2) < Math.max(a.w, b.w);

const shareOf = ({ box }, { width, height }) => ({
    x: box.x / width,
    y: box.y / height,
    w: box.width / width,
    h: box.height / height,
});

let count = 0;

// Who was recognised and looks away for a moment is who they were.
const GLANCE_MS = 3000;

function faceNow({ face, told }, answered, now) {
    const glance = answered.result === 'poor_quality' && face?.result === 'match';
    return glance && now - told < GLANCE_MS ? face : answered;
}

/** {key, x, y, w, h, face, changed}: since when it has had this result. */
function meet(track, answered, place, now) {
    const known = track ?? { key: ++count, x: place.x, y: place.y, noted: place };
    const face = faceNow(known, answered, now);
    const same = known.face?.result === face.result && known.face?.id === face.id;
    return {
        ...known,
        // Where it was when the picture was taken is where the answer says; since then it has moved.
        x: place.x + known.x - known.noted.x,
        y: place.y + known.y - known.noted.y,
        w: place.w,
        h: place.h,
        face,
        told: face === answered ? now : known.told,
        changed: same ? known.changed : now,
        missed: 0,
    };
}

function createTracks() {
    let tracks = [];
    return {
        list: () => tracks,
        clear: () => (tracks = []),
        /** The picture that is to be asked about shows this. */
        note() {
            tracks = tracks.map((track) => ({ ...track, noted: { ...track } }));
        },
        follow(from, to) {
            tracks = tracks.map((track) => {
                const { dx, dy } = moveOf(track, from, to);
                return dx || dy ? { ...track, x: track.x + dx, y: track.y + dy } : track;
            });
        },
        /** The server's answer to the picture that was noted. */
        take(answer, now) {
            const left = new Set(tracks);
            const met = answer.faces.map((face) => {
                const place = shareOf(face, answer);
                const before = [...left].find(({ noted }) => noted && near(noted, place));
                left.delete(before);
                return meet(before, face, place, now);
            });
            const missed = [...left].map((track) => ({ ...track, missed: track.missed + 1 }));
            tracks = [...met, ...missed.filter((track) => track.missed < MISSED_MAX)];
        },
    };
}

// The one sentence under the picture: what would help whoever stays there without being marked.

// Nobody is told anything in passing.
const STAYS_MS = { unknown: 2500, presentation_attack: 2500, poor_quality: 1500, challenge_required: 1000 };
const KEYS = { unknown: 'kiosk.unknown', presentation_attack: 'mark.attack.text' };

function keyOf({ result, reason }) {
    if (result !== 'poor_quality') return KEYS[result];
    return hasText(`mark.${reason}`) ? `mark.${reason}` : 'mark.poor_quality';
}

const staying = (tracks, result, now) =>
    tracks.find(({ face, changed }) => face.result === result && now - changed > STAYS_MS[result]);

/** The key of the advice for those in view, or null. */
export function adviceFor(tracks, now) {
    const order = ['presentation_attack', 'unknown', 'poor_quality'];
    const one = order.map((result) => staying(tracks, result, now)).find(Boolean);
    return one ? keyOf(one.face) : null;
}

/** Whether somebody who stays has to move before they are marked. */
export const asksToMove = (tracks, now) => Boolean(staying(tracks, 'challenge_required', now));

/** {text, pin}: what is said when there is no advice for anybody. */
function plainWord({ kiosk, away, full }, open, now) {
    if (full) return { text: t('kiosk.full'), icon: 'triangle-alert' };
    if (away) return { text: t('kiosk.away.look'), icon: 'scan-face' };
    if (open) return { text: t('kiosk.look'), icon: 'scan-face' };
    const next = nextAt(kiosk, now);
    if (!next) return { text: t('kiosk.closed'), icon: 'clock' };
    const course = next.course ?? next.title ?? '';
    return { text: t('kiosk.next', { course, time: clockTime(next.starts_at) }), icon: 'clock' };
}

export function Advice({ advice, state, open, now, onPin, onMark }) {
    const { text, icon } = advice ? { text: t(advice), icon: 'info' } : plainWord(state, open, now);
    return html`
        <div class="kiosk-advice" role="status" data-advice=${advice ?? ''}>
            <${Icon} name=${icon} /><span class="grow">${text}</span>
            ${advice === 'kiosk.unknown' && html`<button class="button" onClick=${onPin}>${t('kiosk.pin')}</button>`}
            ${!advice && state.away && !state.full &&
            html`<button class="button" onClick=${onMark}>${t('kiosk.mark-me')}</button>`}
        </div>`;
}

// The kiosk's work: it looks at the room, asks the server who is there while somebody is, and keeps
// sealed pictures while the server is away. Never two questions at a time.

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
        if (signal.aborted) return 0;
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
