// The camera: opening it, saying why it cannot be opened, and taking frames of what is shown.

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
export function frameOf(video, side = FRAME_SIDE_MAX) {
    const part = shownPart(video);
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

/** Several frames over about a second: one alone says little about whether a face is alive. */
export async function takeFrames(video, signal, { count = 3, apart = 400, side } = {}) {
    const frames = [];
    for (let i = 0; i < count && !signal?.aborted; i++) {
        if (i > 0) await pause(apart, signal);
        frames.push(frameOf(video, side));
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
