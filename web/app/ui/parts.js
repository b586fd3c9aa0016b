// The small pieces that every page uses.
import { html, initials, t, useEffect, useRef, useState } from '../base/page.js';

// The small pieces that every page uses.

/** An icon is decoration: the words beside it, or the label of its button, say what it means. */
export const Icon = ({ name, size = '' }) => html`
    <svg class=${`icon ${size}`} aria-hidden="true" focusable="false">
        <use href=${`icons/sprite.svg#${name}`} />
    </svg>`;

const STATUS_ICONS = {
    present: 'check',
    late: 'clock',
    absent: 'minus',
    excused: 'dot',
    unmarked: 'ellipsis',
    review: 'eye',
};

/** `n` makes it a count; `name` is the site's own word for the status. */
export const StatusChip = ({ status, n, name }) => html`
    <span class=${`chip figures ${status}`}>
        <${Icon} name=${STATUS_ICONS[status] ?? 'dot'} />
        ${n ? t(`status.${status}.count`, { n }) : name || t(`status.${status}`)}
    </span>`;

export const Avatar = ({ name, size = '' }) => html`
    <span class=${`avatar ${size}`} aria-hidden="true">${initials(name)}</span>`;

const NOTICE_ICONS = { warn: 'triangle-alert', bad: 'triangle-alert', good: 'check' };

export const Notice = ({ kind = '', children, live = 'polite' }) => html`
    <div class=${`notice ${kind}`} role=${live === 'assertive' ? 'alert' : 'status'}>
        <${Icon} name=${NOTICE_ICONS[kind] ?? 'info'} /><div class="grow">${children}</div>
    </div>`;

/** What a page says when it has nothing to show: one sentence and one button. */
export const Empty = ({ icon, text, children }) => html`
    <div class="card empty"><${Icon} name=${icon} /><p>${text}</p>${children}</div>`;

// The page that is opened first keeps the browser's own order of focus.
let hasMoved = false;
addEventListener('hashchange', () => (hasMoved = true));

/** The page's title takes the focus when the page changes, so that it is read out. */
export function Title({ above, children, focus = hasMoved }) {
    const title = useRef();
    useEffect(() => {
        if (focus) title.current.focus({ preventScroll: true });
    }, []);
    return html`
        <div class="grow">
            ${above && html`<div class="tiny">${above}</div>`}
            <h1 tabindex="-1" ref=${title}>${children}</h1>
        </div>`;
}

/** A button that shows that it is at work, and cannot be pressed twice. */
export const WorkButton = ({ working, children, label, onClick, ...rest }) => html`
    <button class="button wide" aria-disabled=${working ? 'true' : undefined} ...${rest}
        onClick=${working ? undefined : onClick}>
        ${working && html`<span class="spinner" aria-hidden="true"></span>`}
        ${working ? (label ?? children) : children}
    </button>`;

export const Busy = ({ label }) => html`
    <div class="row quiet" role="status">
        <span class="spinner" aria-hidden="true"></span>${label}</div>`;

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

// Parts of one page side by side (WAI-ARIA tabs): arrow keys move, the address keeps which is open.

/** `tabs`: [{id, name, count?}]. */
export function Tabs({ label, tabs, current, onChange }) {
    function key(event) {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const at = tabs.findIndex(({ id }) => id === current);
        const next = tabs[(at + step + tabs.length) % tabs.length];
        onChange(next.id);
        event.currentTarget.querySelector(`#tab-${next.id}`)?.focus();
    }
    return html`
        <div class="tab-list" role="tablist" aria-label=${label} onKeyDown=${key}>
            ${tabs.map(
                ({ id, name, count }) => html`<button key=${id} role="tab" id=${`tab-${id}`}
                    aria-selected=${id === current ? 'true' : 'false'} aria-controls="tab-panel"
                    tabindex=${id === current ? 0 : -1} onClick=${() => onChange(id)}>
                    ${name}${count > 0 && html`<span class="count figures">${count}</span>`}</button>`,
            )}
        </div>`;
}

export const TabPanel = ({ current, children }) => html`
    <div role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${current}`} class="page">${children}</div>`;

// The numbers that a page leads with: each with how it came about, or with what to compare it.

/** `items`: [{name, value, line?, href?}]. */
export const Numbers = ({ items }) => html`
    <dl class="numbers">${items.map(
        ({ name, value, line, href }) => html`<div class="card" key=${name}>
            <dt>${href ? html`<a href=${href}>${name}</a>` : name}</dt>
            <dd class="figures">${value}</dd>
            ${line && html`<dd class="quiet small">${line}</dd>`}</div>`,
    )}</dl>`;

// Short news at the edge of the page: "Saved.", perhaps with a way back. Read out by screen readers.

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
