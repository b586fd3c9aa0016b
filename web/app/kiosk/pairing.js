// Making this browser a kiosk, once, with the code that an administrator was shown.
import { post } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { Icon } from '../ui/parts.js';
import { Wrong } from '../ui/field.js';
import { CODE_KEYS, KeyField, Keys } from './keys.js';
import { countEntries, readState } from './store.js';

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
