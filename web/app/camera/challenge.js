// A challenge: the person is told what to do, one movement after the other, while frames are taken.
import { answerChallenge, newChallenge } from '../base/api.js';
import { frameOf, pause, toJpeg } from './camera.js';

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
