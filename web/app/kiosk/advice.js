// The one sentence under the picture: what would help whoever stays there without being marked.
import { html } from '../base/html.js';
import { clockTime, hasText, t } from '../base/text.js';
import { Icon } from '../ui/parts.js';
import { nextAt } from './schedule.js';

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
