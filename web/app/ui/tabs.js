// Parts of one page side by side (WAI-ARIA tabs): arrow keys move, the address keeps which is open.
import { html } from '../base/html.js';

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
