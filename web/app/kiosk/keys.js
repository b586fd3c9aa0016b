// Keys on the screen, for kiosks that have no others. A real field takes what they type, and a
// keyboard where there is one.
import { html, useEffect, useRef } from '../base/html.js';
import { Icon } from '../ui/parts.js';
import { t } from '../base/text.js';

/** The signs of pairing codes: those that do not look alike. */
export const CODE_KEYS = '34679ACEFHKMNPRTWXY';
export const DIGIT_KEYS = '1234567890';
export const TEXT_KEYS = `${DIGIT_KEYS}ABCDEFGHIJKLMNOPQRSTUVWXYZ.-@`;

// Pressing a key leaves the field its focus.
const stay = (event) => event.preventDefault();

const Key = ({ label, onPress, children, kind = '' }) => html`
    <button type="button" class=${`key ${kind}`} aria-label=${label} onMouseDown=${stay}
        onClick=${onPress}>${children ?? label}</button>`;

/** `onInput(value)` as keys are pressed. */
export const Keys = ({ signs, value, onInput }) => html`
    <div class=${`keys ${signs === DIGIT_KEYS ? 'digits' : ''}`}>
        ${[...signs].map(
            (sign) => html`<${Key} key=${sign} label=${sign} onPress=${() => onInput(value + sign)} />`,
        )}
        <${Key} kind="back" label=${t('kiosk.key.back')} onPress=${() => onInput(value.slice(0, -1))}>
            <${Icon} name="arrow-left" /><//>
    </div>`;

/** Keeps the focus, and asks for no keyboard of the system's own. */
export function KeyField({ name, label, value, onInput, secret, wrong }) {
    const input = useRef();
    useEffect(() => input.current.focus(), []);
    return html`
        <label class="unseen" for=${name}>${label}</label>
        <input class=${`input typed ${secret ? 'secret' : ''}`} id=${name} ref=${input} inputmode="none" autofocus
            autocomplete="off" autocapitalize="off" spellcheck=${false} value=${value}
            type=${secret ? 'password' : 'text'} aria-invalid=${wrong ? 'true' : undefined}
            aria-describedby=${wrong ? `${name}-wrong` : undefined}
            onInput=${({ target }) => onInput(target.value)} />`;
}
