// Something that the server is asked for once, shown when it is there.
import { troubleText } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { Busy, Notice } from './parts.js';

// Quick answers show no sign of waiting.
const SHOW_WAITING_MS = 400;

export function Waiting() {
    const [late, setLate] = useState(false);
    useEffect(() => {
        const timer = setTimeout(() => setLate(true), SHOW_WAITING_MS);
        return () => clearTimeout(timer);
    }, []);
    return late && html`<div class="card"><${Busy} label=${t('app.loading')} /></div>`;
}

/** Asks when one of `inputs` changes. What was there stays until the new answer comes. */
export function useData(ask, inputs = []) {
    const [turn, setTurn] = useState(0);
    const [state, setState] = useState({ data: null, ready: false, trouble: null });
    const key = JSON.stringify(inputs);
    useEffect(() => {
        let left = false;
        ask().then(
            (data) => !left && setState({ data, ready: true, trouble: null }),
            (trouble) => !left && setState((now) => ({ ...now, ready: true, trouble })),
        );
        return () => {
            left = true;
        };
    }, [key, turn]);
    // Takes the new answer, or a function of the one that is there.
    const change = (data) =>
        setState((now) => ({ ...now, data: typeof data === 'function' ? data(now.data) : data }));
    return { ...state, refresh: () => setTurn((n) => n + 1), change };
}

export const Trouble = ({ trouble, onRetry }) => html`
    <${Notice} kind="warn">${t(troubleText(trouble))}
        ${onRetry &&
        html`<div><button class="link" onClick=${onRetry}>${t('app.retry')}</button></div>`}<//>`;

/** `children` is called with the answer: ${(data) => html`…`}. */
export function DataFrame({ of, children }) {
    if (!of.ready) return html`<${Waiting} />`;
    if (of.trouble && !of.data) return html`<${Trouble} trouble=${of.trouble} onRetry=${of.refresh} />`;
    return html`
        ${of.trouble && html`<${Trouble} trouble=${of.trouble} onRetry=${of.refresh} />`}
        ${children(of.data)}`;
}
