// What is typed on the kiosk: the code that pairs it, and PINs.
import { html, t, useEffect, useRef, useState } from '../base/page.js';
import { Icon, WorkButton } from '../ui/parts.js';
import { post } from '../base/api.js';
import { Dialog, Wrong } from '../ui/form.js';
import { countEntries, readState } from './store.js';

// Keys on the screen, for kiosks that have no others. A real field takes what they type, and a
// keyboard where there is one.

/** The signs of pairing codes: those that do not look alike. */
const CODE_KEYS = '34679ACEFHKMNPRTWXY';
const DIGIT_KEYS = '1234567890';
const TEXT_KEYS = `${DIGIT_KEYS}ABCDEFGHIJKLMNOPQRSTUVWXYZ.-@`;

// Pressing a key leaves the field its focus.
const stay = (event) => event.preventDefault();

const Key = ({ label, onPress, children, kind = '' }) => html`
    <button type="button" class=${`key ${kind}`} aria-label=${label} onMouseDown=${stay}
        onClick=${onPress}>${children ?? label}</button>`;

/** `onInput(value)` as keys are pressed. */
const Keys = ({ signs, value, onInput }) => html`
    <div class=${`keys ${signs === DIGIT_KEYS ? 'digits' : ''}`}>
        ${[...signs].map(
            (sign) => html`<${Key} key=${sign} label=${sign} onPress=${() => onInput(value + sign)} />`,
        )}
        <${Key} kind="back" label=${t('kiosk.key.back')} onPress=${() => onInput(value.slice(0, -1))}>
            <${Icon} name="arrow-left" /><//>
    </div>`;

/** Keeps the focus, and asks for no keyboard of the system's own. */
function KeyField({ name, label, value, onInput, secret, wrong }) {
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

// For who has no face here, or does not want to show it: student number (or e-mail) and PIN. What
// was typed is gone when nobody goes on typing.

const LEFT_MS = 30_000;

const PIN_WRONG = {
    refused: 'kiosk.pin.wrong',
    many: 'kiosk.pin.many',
    invalid: 'kiosk.pin.closed',
    busy: 'trouble.busy',
    full: 'kiosk.full',
    unable: 'kiosk.unable',
};

const typedBy = (who, pin) =>
    who.includes('@') ? { email: who.toLowerCase(), pin } : { student_number: who, pin };

/** {mark}, {kept: true} or {wrong: why}. */
async function markByPin(link, who, pin) {
    const typed = typedBy(who.trim(), pin);
    if (!link.state.away) {
        try {
            const answer = await link.call(() => post('kiosk/pin', typed));
            return answer.result === 'match' ? { mark: answer } : { wrong: 'refused' };
        } catch ({ kind }) {
            if (!link.state.away) return { wrong: kind };
        }
    }
    const kept = await link.keep({ kind: 'pin', ...typed });
    return kept === 'kept' ? { kept: true } : { wrong: kept };
}

export function PinPad({ link, onMark, onKept, onClose }) {
    const [step, setStep] = useState('who');
    const [values, setValues] = useState({ who: '', pin: '' });
    const [wrong, setWrong] = useState(null);
    const [working, setWorking] = useState(false);
    useEffect(() => {
        const timer = setTimeout(onClose, LEFT_MS);
        return () => clearTimeout(timer);
    }, [values, step]);

    const value = values[step];
    const typed = (text) => {
        const next = step === 'pin' ? text.replace(/\D/g, '').slice(0, 12) : text.slice(0, 120);
        setWrong(null);
        setValues((now) => ({ ...now, [step]: next }));
    };
    async function send() {
        setWorking(true);
        const { mark, kept, wrong: why } = await markByPin(link, values.who, values.pin);
        setWorking(false);
        if (mark) return onMark(mark);
        if (kept) return onKept();
        setValues((now) => ({ ...now, pin: '' }));
        return setWrong(PIN_WRONG[why] ?? 'trouble.ours');
    }
    function submit(event) {
        event.preventDefault();
        if (working) return;
        if (!value.trim()) setWrong('field.required');
        else if (step === 'who') setStep('pin');
        else send();
    }
    const asksPin = step === 'pin';
    return html`
        <${Dialog} title=${t('kiosk.pin')} onClose=${onClose}>
            <form class="pin-pad stack" onSubmit=${submit}>
                <p class="quiet">${t(asksPin ? 'kiosk.pin.pin' : 'kiosk.pin.who')}</p>
                <${KeyField} key=${step} name=${step} label=${t(asksPin ? 'kiosk.pin.pin' : 'kiosk.pin.who')}
                    value=${value} onInput=${typed} secret=${asksPin} wrong=${wrong} />
                <div role="alert"><${Wrong} id=${`${step}-wrong`} text=${wrong && t(wrong)} /></div>
                <${Keys} signs=${asksPin ? DIGIT_KEYS : TEXT_KEYS} value=${value} onInput=${typed} />
                <div class="row">
                    ${asksPin &&
                    html`<button type="button" class="button plain" onClick=${() => setStep('who')}>
                        <${Icon} name="chevron-left" />${t('kiosk.pin.back')}</button>`}
                    <${WorkButton} type="submit" working=${working}>
                        ${t(asksPin ? 'kiosk.pin.mark' : 'kiosk.pin.next')}<//>
                </div>
            </form>
        <//>`;
}

// Making this browser a kiosk, once, with the code that an administrator was shown.

const SIGNS = 8;
const HALF = 4;

/** What was typed or pasted, as a code is written: XXXX-XXXX. */
function codeOf(text) {
    const signs = text.toUpperCase().replace(/[^A-Z0-9]/g, '').slice(0, SIGNS);
    return signs.length > HALF ? `${signs.slice(0, HALF)}-${signs.slice(HALF)}` : signs;
}

const isWhole = (code) => code.length > SIGNS;

const WRONG = {
    offline: 'trouble.offline',
    many: 'trouble.many',
    busy: 'trouble.busy',
    ours: 'trouble.ours',
};

/** Entries that wait can be handed in by the kiosk that took them alone. */
function Waiting() {
    const [held, setHeld] = useState(null);
    useEffect(() => {
        const look = async () => {
            const { waiting } = await countEntries();
            const kiosk = await readState();
            if (waiting > 0 && kiosk) setHeld({ n: waiting, name: kiosk.device.name });
        };
        look().catch(() => {});
    }, []);
    return held && html`<p class="notice warn"><${Icon} name="triangle-alert" />${t('kiosk.pair.waiting', held)}</p>`;
}

export function Pairing({ onPaired, onLanguage }) {
    const [code, setCode] = useState('');
    const [wrong, setWrong] = useState(null);
    const [working, setWorking] = useState(false);
    async function pair(whole) {
        setWorking(true);
        try {
            await post('devices/pair', { code: whole });
            onPaired();
        } catch ({ kind }) {
            setCode('');
            setWrong(WRONG[kind] ?? 'kiosk.pair.old');
        }
        setWorking(false);
    }
    function typed(text) {
        if (working) return;
        const next = codeOf(text);
        setCode(next);
        if (next) setWrong(null);
        if (isWhole(next)) pair(next);
    }
    return html`
        <main class="pairing">
            <button class="button plain" onClick=${onLanguage} aria-label=${t('app.language.label')}>
                <${Icon} name="languages" />${t('app.language')}</button>
            <div class="stack">
                <${Icon} name="tablet" size="large" />
                <h1>${t('kiosk.pair.title')}</h1>
                <p class="quiet">${t('kiosk.pair.text')}</p>
                <${Waiting} />
                <${KeyField} name="code" label=${t('kiosk.pair.code')} value=${code} onInput=${typed} wrong=${wrong} />
                <div role="alert"><${Wrong} id="code-wrong" text=${wrong && t(wrong)} /></div>
                <${Keys} signs=${CODE_KEYS} value=${code} onInput=${typed} />
                <p class="tiny" role="status">${t(working ? 'kiosk.pair.working' : 'kiosk.pair.hint')}</p>
            </div>
        </main>`;
}
