// What the link at the end of a mail leads to: no more mail of that kind, or again after all.
import { lookUnsubscribe, troubleText, unsubscribe } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { linkToken } from '../base/router.js';
import { Busy, Notice, Title, WorkButton } from '../ui/parts.js';
import { t } from '../base/text.js';

const explain = (problem) =>
    problem.kind === 'invalid' ? 'unsubscribe.link' : troubleText(problem);

export function UnsubscribePage() {
    const [token] = useState(linkToken);
    const [wish, setWish] = useState(null);
    const [trouble, setTrouble] = useState('');
    const [working, setWorking] = useState(false);

    async function ask(call) {
        setTrouble('');
        try {
            setWish(await call());
        } catch (problem) {
            setTrouble(explain(problem));
        }
    }
    useEffect(() => void ask(() => lookUnsubscribe(token)), []);

    async function change() {
        if (working) return;
        setWorking(true);
        await ask(() => unsubscribe(token, !wish.refused));
        setWorking(false);
    }
    const body = wish && html`
        <p>${t(`unsubscribe.${wish.refused ? 'off' : 'on'}.${wish.kind}`)}</p>
        <${WorkButton} working=${working} onClick=${change}>
            ${t(wish.refused ? 'unsubscribe.again' : 'unsubscribe.button')}<//>`;
    return html`
        <div class="page">
            <${Title}>${t('unsubscribe.title')}<//>
            ${trouble && html`<${Notice} kind="bad" live="assertive">${t(trouble)}<//>`}
            ${body ? html`<div class="card form" aria-live="polite">${body}</div>`
                : !trouble && html`<${Busy} label=${t('unsubscribe.look')} />`}
        </div>`;
}
