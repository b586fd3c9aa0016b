// People or groups by name, each of which can be taken away.
import { html } from '../base/html.js';
import { t } from '../base/text.js';
import { Icon } from '../ui/parts.js';

export const Named = ({ items, onRemove }) => html`
    <ul class="row wrap named-list">${items.map(
        (one) => html`<li class="chip" key=${one.id}>${one.name}
            <button type="button" aria-label=${t('catalogue.take-off', { name: one.name })}
                onClick=${() => onRemove(one)}>
                <${Icon} name="x" /></button></li>`,
    )}</ul>`;
