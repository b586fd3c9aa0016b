// The kiosk's page: which of its three faces it shows. Paired once, it opens by itself from then on,
// with the server or without.
import {
    chooseLanguage, currentLanguage, html, loadTexts, remember, remembered, render, setTimeZone,
    t, useEffect, useState,
} from '../base/page.js';
import { Icon } from '../ui/parts.js';
import { askKiosk, readKiosk } from './link.js';
import { keepState, readState } from './store.js';
import { Pairing } from './pairing.js';
import { Screen } from './screen.js';

const AGAIN_MS = 4000;
const RENEW_MS = 3_600_000;

// A browser that never was a kiosk need not ask the server; one that remembers nothing must.
function wasNever() {
    if (remembered('kiosk') === 'yes') return false;
    remember('kiosk', 'no');
    return remembered('kiosk') === 'no';
}

/** {stage: 'ready' | 'pairing' | 'unreached', kiosk, away} */
async function whoAmI() {
    if (wasNever()) return { stage: 'pairing' };
    try {
        const kiosk = readKiosk(await askKiosk());
        // Without storage it works as long as the server does.
        await keepState(kiosk).catch(() => {});
        return { stage: 'ready', kiosk, away: false };
    } catch ({ kind }) {
        if (kind === 'signed-out') return { stage: 'pairing' };
        const kiosk = await readState().catch(() => null);
        return kiosk ? { stage: 'ready', kiosk, away: true } : { stage: 'unreached' };
    }
}

const Unreached = () => html`
    <main class="pairing"><div class="stack">
        <${Icon} name="wifi-off" size="large" />
        <h1>${t('kiosk.unreached')}</h1><p class="quiet">${t('kiosk.unreached.text')}</p>
        <span class="spinner" aria-hidden="true"></span>
    </div></main>`;

function App() {
    const [self, setSelf] = useState(null);
    const [, redraw] = useState(0);
    async function look() {
        const found = await whoAmI();
        if (found.kiosk) setTimeZone(found.kiosk.time_zone);
        setSelf(found);
    }
    useEffect(() => void look(), []);
    useEffect(() => {
        if (self?.stage !== 'unreached') return undefined;
        const timer = setTimeout(look, AGAIN_MS);
        return () => clearTimeout(timer);
    }, [self]);
    function paired() {
        remember('kiosk', 'yes');
        return look();
    }
    async function changeLanguage() {
        await chooseLanguage(currentLanguage() === 'es' ? 'en' : 'es').catch(() => {});
        redraw((n) => n + 1);
    }
    if (!self) return null;
    if (self.stage === 'pairing') return html`<${Pairing} onPaired=${paired} onLanguage=${changeLanguage} />`;
    if (self.stage === 'unreached') return html`<${Unreached} />`;
    return html`<${Screen} key=${self.kiosk.device.id} first=${{ kiosk: self.kiosk, away: self.away }}
        onUnpaired=${() => setSelf({ stage: 'pairing' })} />`;
}

/** So that the page opens while the server is away; browsers without it need the server then. */
async function keepPage() {
    const worker = await navigator.serviceWorker?.register('kiosk-worker.js', { scope: 'kiosk' });
    if (worker) setInterval(() => worker.update().catch(() => {}), RENEW_MS);
}

await Promise.all([loadTexts('common'), loadTexts('kiosk')]);
document.title = `${t('kiosk.title')} · Presente`;
render(html`<${App} />`, document.getElementById('app'));
keepPage().catch(() => {});
