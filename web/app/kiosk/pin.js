// For who has no face here, or does not want to show it: student number (or e-mail) and PIN. What
// was typed is gone when nobody goes on typing.
import { post } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { Dialog } from '../ui/dialog.js';
import { Wrong } from '../ui/field.js';
import { Icon, WorkButton } from '../ui/parts.js';
import { DIGIT_KEYS, KeyField, Keys, TEXT_KEYS } from './keys.js';

const LEFT_MS = 30_000;

const WRONG = {
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
        return setWrong(WRONG[why] ?? 'trouble.ours');
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
