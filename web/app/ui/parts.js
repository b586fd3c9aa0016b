// The small pieces that every page uses.
import { html, useEffect, useRef } from '../base/html.js';
import { initials, t } from '../base/text.js';

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
export const WorkButton = ({ working, children, label, ...rest }) => html`
    <button class="button wide" aria-disabled=${working ? 'true' : undefined} ...${rest}>
        ${working && html`<span class="spinner" aria-hidden="true"></span>`}
        ${working ? (label ?? children) : children}
    </button>`;

export const Busy = ({ label }) => html`
    <div class="row quiet" role="status">
        <span class="spinner" aria-hidden="true"></span>${label}</div>`;
