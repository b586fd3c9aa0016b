// The code of the session, for who marks by their own telephone. Another comes by itself.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { t } from '../base/text.js';

const AGAIN_MS = 10_000;
const SOON_MS = 300;

export function SessionCode({ session }) {
    const [shown, setShown] = useState(null);
    useEffect(() => {
        let left = false;
        let timer;
        async function ask() {
            let rest = AGAIN_MS;
            try {
                const answer = await get(`sessions/${session}/code`);
                if (left) return;
                setShown(answer.code);
                rest = Date.parse(answer.changes_at) - Date.parse(answer.time) + SOON_MS;
            } catch {
                if (!left) setShown(null);
            }
            if (!left) timer = setTimeout(ask, rest);
        }
        ask();
        return () => {
            left = true;
            clearTimeout(timer);
        };
    }, [session]);
    return shown && html`
        <p class="kiosk-code"><span>${t('kiosk.code')}</span>
            <b class="figures">${shown.slice(0, 3)} ${shown.slice(3)}</b></p>`;
}
