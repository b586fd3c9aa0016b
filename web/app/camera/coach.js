// While a photo is to be taken the server looks at what the camera shows, about twice a second, and
// the page says the one thing that would make it better. Nothing is stored, nobody is named.
import { checkFace } from '../base/api.js';
import { frameOf, pause, toJpeg } from './camera.js';
import { hasText } from '../base/text.js';

const BETWEEN_MS = 500;
const AFTER_TROUBLE_MS = 4000;
const SIDE = 480;

const RESULT_KEYS = {
    no_face: 'mark.no_face',
    several_faces: 'mark.several_faces',
    presentation_attack: 'coach.presentation_attack',
};

function keyOf({ result, reason, advice }) {
    if (result in RESULT_KEYS) return RESULT_KEYS[result];
    const exact = [`coach.${advice?.[0]?.component}`, `mark.${reason}`].find(hasText);
    if (exact) return exact;
    return result === 'accepted' ? 'coach.ready' : 'mark.poor_quality';
}

/** {key, mood, box} of an answer; the box in shares of the picture. */
export function tipOf(answer) {
    const { box, width, height } = answer;
    return {
        key: keyOf(answer),
        mood: answer.result === 'accepted' ? 'good' : 'warn',
        box: box && {
            x: box.x / width,
            y: box.y / height,
            w: box.width / width,
            h: box.height / height,
        },
    };
}

async function look(video) {
    return tipOf(await checkFace(await toJpeg(frameOf(video, SIDE))));
}

/** Looks until `signal` ends it; `onTip(tip)`, or null while there is no answer. */
export async function coach(video, onTip, signal) {
    while (!signal.aborted) {
        let wait = BETWEEN_MS;
        if (!document.hidden) {
            try {
                const tip = await look(video);
                if (!signal.aborted) onTip(tip);
            } catch (trouble) {
                // The photo can be taken without advice; it is judged when it is sent.
                if (!signal.aborted) onTip(null);
                wait = Math.max(AFTER_TROUBLE_MS, 1000 * (trouble.retryAfter ?? 0));
            }
        }
        await pause(wait, signal);
    }
}
