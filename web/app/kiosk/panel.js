// What whoever looks after the kiosk can see and choose. Nothing here marks anybody or opens
// anything: pairing and deleting are for administrators, elsewhere.
import { html, useEffect, useState } from '../base/html.js';
import { remember, remembered } from '../base/storage.js';
import { LANGUAGES, clockTime, currentLanguage, hasText, shortTime, t } from '../base/text.js';
import { Dialog } from '../ui/dialog.js';
import { CheckField, SelectField } from '../ui/field.js';
import { refusedEntries } from './store.js';
import { soundIsOn, switchSound } from './tones.js';

const SHOWN_MAX = 20;

export const chosenCamera = () => remembered('kiosk.camera');
export const showsCode = () => remembered('kiosk.code') === 'on';

function useCameras() {
    const [cameras, setCameras] = useState([]);
    useEffect(() => {
        const found = navigator.mediaDevices?.enumerateDevices() ?? Promise.resolve([]);
        found.then((all) => setCameras(all.filter(({ kind }) => kind === 'videoinput')), () => {});
    }, []);
    return cameras;
}

const reasonOf = ({ reason }) =>
    t(hasText(`kiosk.refused.${reason}`) ? `kiosk.refused.${reason}` : 'kiosk.refused.other');

function Refused() {
    const [entries, setEntries] = useState([]);
    useEffect(() => void refusedEntries().then(setEntries, () => {}), []);
    return entries.length > 0 && html`
        <div class="stack close">
            <h3>${t('kiosk.refused')}</h3>
            <ul class="refused">${entries.slice(0, SHOWN_MAX).map((entry) => html`
                <li key=${`${entry.device} ${entry.counter}`}>
                    <span class="figures">${shortTime(entry.captured_at)}</span> ${reasonOf(entry)}</li>`)}</ul>
        </div>`;
}

const Facts = ({ state: { kiosk, away, waiting } }) => html`
    <dl class="facts">
        <dt>${t('kiosk.place')}</dt>
        <dd>${(kiosk.device.room ?? kiosk.device.course)?.name ?? t('kiosk.everybody')}</dd>
        <dt>${t('kiosk.server')}</dt>
        <dd>${away ? t('kiosk.server.away', { time: clockTime(kiosk.time) }) : t('kiosk.server.here')}</dd>
        <dt>${t('kiosk.waiting')}</dt>
        <dd class="figures">${t('kiosk.waiting.n', { n: waiting })}</dd>
    </dl>`;

/** `onChange()` when something was chosen; `onLanguage(language)` for good. */
export function Panel({ state, onChange, onLanguage, onClose }) {
    const cameras = useCameras();
    const choose = (name, value) => {
        remember(name, value);
        onChange();
    };
    return html`
        <${Dialog} title=${state.kiosk.device.name} onClose=${onClose}>
            <${Facts} state=${state} />
            ${cameras.length > 1 && html`
                <${SelectField} name="camera" label=${t('mark.camera')} value=${chosenCamera() ?? ''}
                    onInput=${({ target }) => choose('kiosk.camera', target.value)}>
                    ${cameras.map(
                        ({ deviceId: id, label }) => html`<option key=${id} value=${id}>${label}</option>`,
                    )}
                <//>`}
            <${SelectField} name="language" label=${t('kiosk.language')} value=${currentLanguage()}
                onInput=${({ target }) => onLanguage(target.value)}>
                ${Object.entries(LANGUAGES).map(
                    ([key, name]) => html`<option key=${key} value=${key}>${name}</option>`,
                )}
            <//>
            <div>
                <${CheckField} name="sound" label=${t('kiosk.sound')} checked=${soundIsOn()}
                    onChange=${() => (switchSound(), onChange())} />
                <${CheckField} name="code" label=${t('kiosk.code.show')} hint=${t('kiosk.code.hint')}
                    checked=${showsCode()} onChange=${(on) => choose('kiosk.code', on ? 'on' : 'off')} />
            </div>
            <${Refused} />
        <//>`;
}
