// The camera: opening it, its picture or why there is none, taking frames of what is shown, and the
// movements that a person is asked to make before it.
import { html, t, useEffect, useRef, useState } from '../base/page.js';
import { Icon } from '../ui/parts.js';
import { answerChallenge, newChallenge } from '../base/api.js';

const WANTED = {
    audio: false,
    video: { facingMode: 'user', width: { ideal: 640 }, height: { ideal: 480 } },
};
const FRAME_SIDE_MAX = 640;
const JPEG_QUALITY = 0.9;

const REASONS = {
    NotAllowedError: 'refused',
    SecurityError: 'refused',
    NotFoundError: 'missing',
    OverconstrainedError: 'missing',
    NotReadableError: 'taken',
    AbortError: 'taken',
};

/** A stream, or an Error whose message is refused | missing | taken | insecure. `size` is what is
 * wanted of the picture, where one face is not all there is to see. */
export async function openCamera(size = {}) {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error('insecure');
    const wanted = { ...WANTED, video: { ...WANTED.video, ...size } };
    try {
        return await navigator.mediaDevices.getUserMedia(wanted);
    } catch (problem) {
        throw new Error(REASONS[problem.name] ?? 'missing');
    }
}

export function closeCamera(stream) {
    for (const track of stream?.getTracks() ?? []) track.stop();
}

/** The part of the video that its element shows (object-fit: cover), in the video's pixels. */
export function shownPart(video) {
    const { videoWidth: width, videoHeight: height } = video;
    const shape = video.clientWidth / video.clientHeight || width / height;
    const w = Math.min(width, height * shape);
    const h = Math.min(height, width / shape);
    return { x: (width - w) / 2, y: (height - h) / 2, w, h };
}

/** What the camera shows now, drawn at most `side` px wide or high. Not mirrored. */
export function frameOf(video, side = FRAME_SIDE_MAX, part = shownPart(video)) {
    const scale = Math.min(1, side / Math.max(part.w, part.h));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(part.w * scale);
    canvas.height = Math.round(part.h * scale);
    canvas
        .getContext('2d')
        .drawImage(video, part.x, part.y, part.w, part.h, 0, 0, canvas.width, canvas.height);
    return canvas;
}

export const toJpeg = (canvas) =>
    new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY));

export const pause = (ms, signal) =>
    new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });

/** Several frames over about a second: one alone says little about whether a face is alive. All are
 * cut alike, though the page may take another shape meanwhile. */
export async function takeFrames(video, signal, { count = 3, apart = 400, side } = {}) {
    const frames = [];
    const part = shownPart(video);
    for (let i = 0; i < count && !signal?.aborted; i++) {
        if (i > 0) await pause(apart, signal);
        frames.push(frameOf(video, side, part));
    }
    const { width, height } = frames[frames.length - 1];
    return { width, height, blobs: await Promise.all(frames.map(toJpeg)) };
}

const SCENE_W = 32;
const SCENE_H = 24;

/** A tiny grey copy of the scene, to notice that somebody came or went. */
export function sceneOf(video) {
    const canvas = document.createElement('canvas');
    canvas.width = SCENE_W;
    canvas.height = SCENE_H;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, SCENE_W, SCENE_H);
    const { data } = context.getImageData(0, 0, SCENE_W, SCENE_H);
    const grey = new Float32Array(SCENE_W * SCENE_H);
    for (let i = 0; i < grey.length; i++)
        grey[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
    return grey;
}

// Mean difference of grey values, 0 to 255, above the flicker of a lamp and a sensor's noise.
const SCENE_CHANGED = 9;

export function sceneChanged(before, now) {
    let sum = 0;
    for (let i = 0; i < now.length; i++) sum += Math.abs(now[i] - before[i]);
    return sum / now.length > SCENE_CHANGED;
}

// The camera's picture with the oval, or the reason why there is none.

const ICONS = {
    refused: 'camera-off',
    missing: 'camera-off',
    taken: 'camera',
    insecure: 'camera-off',
};
// A face's outline is higher and wider than the box that detectors draw round it.
const AROUND_FACE = 1.22;

function ovalStyle(box, mirrored) {
    if (!box) return {};
    const middle = box.x + box.w / 2;
    const percent = (share) => `${(share * 100).toFixed(1)}%`;
    return {
        left: percent(mirrored ? 1 - middle : middle),
        top: percent(box.y + box.h / 2),
        height: percent(Math.min(0.96, box.h * AROUND_FACE)),
    };
}

const NoPicture = ({ reason, onRetry, children }) => html`
    <div class="lens-empty">
        <${Icon} name=${ICONS[reason]} />
        <h2>${t(`camera.${reason}.title`)}</h2>
        <p>${t(`camera.${reason}.text`)}</p>
        <div class="row">
            <button type="button" class="button" onClick=${onRetry}>
                <${Icon} name="refresh-cw" />${t('app.retry')}</button>
            ${children}
        </div>
    </div>`;

const Starting = () => html`
    <div class="lens-empty">
        <${Icon} name="camera" /><h2>${t('mark.start')}</h2><p>${t('mark.allow')}</p>
    </div>`;

/**
 * `onReady(video)` when the picture runs, `onReady(null)` when it ends; `onReason(reason)` when
 * there is none. `instead` is what else can be done then; children lie over the picture. `size` is
 * wanted of the picture; `free` has no oval, for several people at once.
 */
export function Lens({ onReady, onReason, box, mood = '', size, free, instead, children }) {
    const video = useRef();
    const [state, setState] = useState('starting');
    const [tries, setTries] = useState(0);
    const [mirrored, setMirrored] = useState(true);

    useEffect(() => {
        let stream = null;
        let left = false;
        const fail = (reason) => {
            setState(reason);
            onReason?.(reason);
        };
        const lost = () => {
            if (left) return;
            onReady(null);
            fail('missing');
        };
        async function start() {
            setState('starting');
            stream = await openCamera(size);
            if (left) return closeCamera(stream);
            const [track] = stream.getVideoTracks();
            track.addEventListener('ended', lost);
            setMirrored(track.getSettings().facingMode !== 'environment');
            video.current.srcObject = stream;
            await video.current.play();
            if (left) return undefined;
            setState('live');
            return onReady(video.current);
        }
        const failed = ({ message }) => !left && fail(message in ICONS ? message : 'taken');
        start().catch(failed);
        return () => {
            left = true;
            onReady(null);
            closeCamera(stream);
        };
    }, [tries]);

    const live = state === 'live';
    return html`
        <section class=${`lens ${mirrored ? '' : 'from-behind'}`} aria-label=${t('mark.camera')}
            data-camera=${state}>
            <video ref=${video} playsinline muted hidden=${!live} aria-hidden="true"></video>
            ${live &&
            !free &&
            html`<div class=${`oval ${mood}`} style=${ovalStyle(box, mirrored)}></div>`}
            ${state === 'starting' && html`<${Starting} />`}
            ${state in ICONS &&
            html`<${NoPicture} reason=${state} onRetry=${() => setTries(tries + 1)}>${instead}<//>`}
            ${children}
        </section>`;
}

// A challenge: movements that a person makes before the camera, and how they are asked for.

// A challenge: the person is told what to do, one movement after the other, while frames are taken.

const READ_MS = 1800;
const STEP_MS = 3400;
const FRAME_SIDE = 400;
const FRAMES_MAX = 48;

/** Frames at a steady pace; encoding one never delays the next. */
async function film(video, count, begun, signal) {
    const frames = [];
    const apart = STEP_MS / count;
    const start = performance.now();
    for (let i = 0; i < count && !signal.aborted; i++) {
        await pause(Math.max(0, start + i * apart - performance.now()), signal);
        if (signal.aborted) break;
        const time = Math.round(performance.now() - begun);
        frames.push({ time, blob: toJpeg(frameOf(video, FRAME_SIDE)) });
    }
    return frames;
}

/**
 * Asks the server for a challenge and leads through it. `show` gets {phase: 'read' | 'move', step,
 * index, count, ms} as it goes on, and {phase: 'sending'}. Gives the server's answer to the mark, or
 * null when it was aborted; throws a Trouble. `scope` may name the session_id that it is for.
 */
export async function runChallenge(video, show, signal, scope = {}) {
    const { id, steps, frames_max: most = FRAMES_MAX } = await newChallenge(scope);
    const each = Math.floor(most / steps.length);
    const begun = performance.now();
    const frames = [];
    for (const [index, step] of steps.entries()) {
        if (signal.aborted) return null;
        const told = { step, index, count: steps.length };
        show({ ...told, phase: 'read', ms: READ_MS });
        await pause(READ_MS, signal);
        show({ ...told, phase: 'move', ms: STEP_MS });
        frames.push(...(await film(video, each, begun, signal)));
    }
    if (signal.aborted) return null;
    show({ phase: 'sending' });
    const blobs = await Promise.all(frames.map(({ blob }) => blob));
    return answerChallenge(
        id,
        frames.map(({ time }) => time),
        blobs,
        scope,
    );
}

// What lies over the camera's picture while a challenge is asked, answered and sent.

// The picture is a mirror: the person's left is on its left.
const MOVE_ICONS = {
    turn_left: 'arrow-left',
    turn_right: 'arrow-right',
    nod: 'arrow-down',
    blink: 'eye-off',
};

/** What is being asked, in one breath. */
export const spokenStep = ({ phase, step, index, count }) =>
    phase === 'sending'
        ? t('challenge.sending')
        : `${t('challenge.step', { n: index + 1, of: count })}. ${t(`challenge.${step}`)}.`;

function useSecondsLeft(ms) {
    const [left, setLeft] = useState(Math.ceil(ms / 1000));
    useEffect(() => {
        const end = performance.now() + ms;
        const tick = () => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
        tick();
        const timer = setInterval(tick, 200);
        return () => clearInterval(timer);
    }, [ms]);
    return left;
}

const TimeLeft = ({ ms }) => html`
    <div class="time-left" aria-hidden="true">
        <div class="bar"><div style=${{ animationDuration: `${ms}ms` }}></div></div>
        <span class="figures">${t('challenge.seconds', { n: useSecondsLeft(ms) })}</span>
    </div>`;

const Step = ({ phase, step, index, count, ms }) => html`
    <div class=${`challenge ${phase}`} data-challenge=${phase} data-step=${step}>
        <div class=${`pointer ${step}`} aria-hidden="true"><${Icon} name=${MOVE_ICONS[step]} /></div>
        <div class="told">
            <p class="quiet">${t('challenge.step', { n: index + 1, of: count })}</p>
            <h2>${t(`challenge.${step}`)}</h2>
            ${phase === 'move'
                ? html`<${TimeLeft} key=${index} ms=${ms} />`
                : html`<p class="quiet">${t('challenge.ready')}</p>`}
        </div>
    </div>`;

export const ChallengeStep = (state) =>
    state.phase === 'sending'
        ? html`<div class="advice" data-challenge="sending">
              <span class="spinner" aria-hidden="true"></span>
              <span class="grow">${t('challenge.sending')}</span>
          </div>`
        : html`<${Step} ...${state} />`;

/** The card before and after: why it is asked, begin (where there is a camera), and the way for who
 * cannot or will not. */
export const ChallengeCard = ({ answer, onBegin, onInstead }) => {
    const failed = answer.result === 'challenge_failed';
    const lost = failed && answer.reason === 'lost';
    const text = lost ? 'challenge.lost.text' : 'challenge.failed.text';
    return html`
        <div class="result other asks appear" data-result=${answer.result}>
            <div class="who">
                <span class="sign"><${Icon} name="scan-face" size="large" /></span>
                <div class="grow">
                    <h2>${t(failed ? 'challenge.failed.title' : 'challenge.title')}</h2>
                    <p class="quiet">${t(failed ? text : 'challenge.text')}</p>
                </div>
            </div>
            <div class="actions">
                <button class="button plain" onClick=${onInstead}>${t('challenge.instead')}</button>
                ${onBegin &&
                html`<button class="button" onClick=${onBegin}>
                    ${t(failed ? 'mark.again' : 'challenge.begin')}</button>`}
            </div>
        </div>`;
};

export const spokenChallenge = ({ result, reason }) => {
    if (result !== 'challenge_failed') return `${t('challenge.title')}. ${t('challenge.text')}`;
    const text = reason === 'lost' ? 'challenge.lost.text' : 'challenge.failed.text';
    return `${t('challenge.failed.title')}. ${t(text)}`;
};
