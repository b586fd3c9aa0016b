// The numbers that a page leads with: each with how it came about, or with what to compare it.
import { html } from '../base/html.js';

/** `items`: [{name, value, line?, href?}]. */
export const Numbers = ({ items }) => html`
    <dl class="numbers">${items.map(
        ({ name, value, line, href }) => html`<div class="card" key=${name}>
            <dt>${href ? html`<a href=${href}>${name}</a>` : name}</dt>
            <dd class="figures">${value}</dd>
            ${line && html`<dd class="quiet small">${line}</dd>`}</div>`,
    )}</dl>`;
