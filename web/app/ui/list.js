// A list that the server gives a page at a time: fetching, waiting, nothing there, turning pages.
import { html, useEffect, useState } from '../base/html.js';
import { Trouble, Waiting } from './data.js';
import { Empty, Icon } from './parts.js';
import { t } from '../base/text.js';

export const PAGE_SIZE = 50;

/** Fetches when one of `inputs` changes; `fetchPage({limit, offset})` gives {items, total, …}. */
export function useList(fetchPage, inputs) {
    const [offset, setOffset] = useState(0);
    const [turn, setTurn] = useState(0);
    const [state, setState] = useState({ items: [], total: 0, ready: false, trouble: null });
    const key = JSON.stringify(inputs);
    useEffect(() => setOffset(0), [key]);
    useEffect(() => {
        let left = false;
        fetchPage({ limit: PAGE_SIZE, offset }).then(
            (answer) => !left && setState({ ...answer, ready: true, trouble: null }),
            (trouble) => !left && setState((now) => ({ ...now, ready: true, trouble })),
        );
        return () => {
            left = true;
        };
    }, [key, offset, turn]);
    return { ...state, offset, setOffset, refresh: () => setTurn((n) => n + 1) };
}

export function ListFrame({ list, icon, empty, button, children }) {
    if (!list.ready) return html`<${Waiting} />`;
    if (list.trouble) return html`<${Trouble} trouble=${list.trouble} onRetry=${list.refresh} />`;
    if (list.total === 0) return html`<${Empty} icon=${icon} text=${empty}>${button}<//>`;
    return children;
}

export function Pager({ list }) {
    if (list.total <= PAGE_SIZE) return null;
    const { offset, total, setOffset } = list;
    const to = Math.min(total, offset + PAGE_SIZE);
    const label = t('list.page', { from: offset + 1, to, n: total });
    const turn = (step, key, icon, possible) => html`
        <button class="button plain icon-only" disabled=${!possible} aria-label=${t(key)}
            onClick=${() => setOffset(offset + step)}><${Icon} name=${icon} /></button>`;
    return html`
        <nav class="pager" aria-label=${label}>
            ${turn(-PAGE_SIZE, 'list.previous', 'chevron-left', offset > 0)}
            <span class="quiet small figures">${label}</span>
            ${turn(PAGE_SIZE, 'list.next', 'chevron-right', to < total)}
        </nav>`;
}
