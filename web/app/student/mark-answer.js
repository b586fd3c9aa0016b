// What the server said about a face, in the terms of the page: a card to show, or advice to give.
import { troubleText } from '../base/api.js';
import { hasText } from '../base/text.js';

const ADVICE = new Set(['no_face', 'several_faces', 'poor_quality']);

function boxOf(answer, frames) {
    const box = answer.face?.box ?? answer.box;
    if (!box || !(box.width > 0) || !(box.height > 0)) return null;
    const width = answer.face?.width ?? answer.width ?? frames.width;
    const height = answer.face?.height ?? answer.height ?? frames.height;
    return { x: box.x / width, y: box.y / height, w: box.width / width, h: box.height / height };
}

function adviceKey(answer) {
    const reason = `mark.${answer.reason}`;
    return answer.result === 'poor_quality' && hasText(reason) ? reason : `mark.${answer.result}`;
}

/**
 * {kind: 'advice', advice, box} to tell how to stand;
 * {kind: 'card', result, name, status, markedAt, already, mark, box} when the try is decided; with
 * `mark.token` the mark can be taken back.
 */
export function readAnswer(answer, frames) {
    const box = boxOf(answer, frames);
    if (ADVICE.has(answer.result))
        return { kind: 'advice', result: answer.result, advice: adviceKey(answer), box };
    return {
        kind: 'card',
        result: answer.result,
        reason: answer.reason,
        name: answer.user?.name,
        status: answer.attendance?.status,
        markedAt: answer.attendance?.marked_at,
        already: answer.already === true,
        mark: { id: answer.attendance?.id, token: answer.not_me },
        box,
    };
}

const WAITS_MS = { offline: 3000, busy: 3000, many: 8000 };
const WAIT_MS = 5000;
const ADVICE_OF_TROUBLE = { offline: 'mark.offline', busy: 'mark.busy', many: 'mark.busy' };

/** Whether the card asks something of the person, and so stays until they answer. */
export const asksSomething = ({ result }) =>
    result === 'challenge_required' || result === 'challenge_failed';

/** {kind: 'wait', advice, ms}: the server could not be asked; try again by itself. */
export function readTrouble(trouble) {
    const wait = trouble.retryAfter ? trouble.retryAfter * 1000 : WAITS_MS[trouble.kind];
    return {
        kind: 'wait',
        result: trouble.kind,
        advice: ADVICE_OF_TROUBLE[trouble.kind] ?? 'mark.trouble',
        ms: Math.min(wait ?? WAIT_MS, 60_000),
    };
}

/** The same for a chosen file, which is tried once. */
export function readFileTrouble(trouble) {
    if (trouble.kind === 'invalid') return { kind: 'card', result: 'unreadable' };
    return { kind: 'wait', result: trouble.kind, advice: troubleText(trouble), ms: 0 };
}
