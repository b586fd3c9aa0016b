// Short news at the edge of the page: "Saved.", perhaps with a way back. Read out by screen readers.
import { html, useEffect, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { Icon } from './parts.js';

const SHOWN_MS = 6000;

let listener = null;
let count = 0;

/** `undo`: what its button "undoLabel" does. `kind`: good | warn. */
export function toast(text, { kind = 'good', undo, undoLabel } = {}) {
    listener?.({ id: ++count, text, kind, undo, undoLabel });
}

export function Toasts() {
    const [news, setNews] = useState(null);
    useEffect(() => {
        listener = setNews;
        return () => {
            listener = null;
        };
    }, []);
    useEffect(() => {
        if (!news) return undefined;
        const timer = setTimeout(() => setNews(null), SHOWN_MS);
        return () => clearTimeout(timer);
    }, [news]);
    const undo = () => {
        setNews(null);
        news.undo();
    };
    return html`
        <div class="toasts" aria-live="polite">
            ${news &&
            html`<div class=${`toast appear ${news.kind}`} key=${news.id}>
                <${Icon} name=${news.kind === 'good' ? 'check' : 'triangle-alert'} />
                <span class="grow">${news.text}</span>
                ${news.undo && html`<button class="link" onClick=${undo}>${news.undoLabel}</button>`}
                <button class="tool" aria-label=${t('app.close')} onClick=${() => setNews(null)}>
                    <${Icon} name="x" /></button>
            </div>`}
        </div>`;
}
