// Statuses of the site's own beside the four: a name, a short code, which of the four it is a kind
// of, and what it is worth.
import { html } from '../base/html.js';
import { t } from '../base/text.js';
import { Field, SelectField } from '../ui/field.js';
import { Icon } from '../ui/parts.js';

const KINDS = ['present', 'late', 'absent', 'excused'];

/** Points as written: empty means what its kind is worth. */
const points = (text) => (text.trim() === '' ? null : Math.min(1, Math.max(0, Number(text.replace(',', '.')) || 0)));

function Row({ status, index, onChange, onRemove }) {
    const set = (change) => onChange({ ...status, ...change });
    const name = (what) => `status-${index}-${what}`;
    return html`
        <li class="form-four">
            <${Field} name=${name('name')} label=${t('status.name')} value=${status.name} onInput=${({ target }) => set({ name: target.value })} />
            <${Field} name=${name('code')} label=${t('status.code')} value=${status.code} maxlength="12"
                onInput=${({ target }) => set({ code: target.value })} />
            <${SelectField} name=${name('kind')} label=${t('status.kind')} value=${status.kind} onInput=${({ target }) => set({ kind: target.value })}>
                ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`status.${kind}`)}</option>`)}<//>
            <div class="row"><div class="grow"><${Field} name=${name('points')} label=${t('status.points')} inputmode="decimal"
                    value=${status.points ?? ''} onInput=${({ target }) => set({ points: points(target.value) })} /></div>
                <button type="button" class="tool" aria-label=${t('status.remove', { name: status.name })} onClick=${onRemove}>
                    <${Icon} name="trash-2" /></button></div>
        </li>`;
}

export function Statuses({ statuses, onChange }) {
    const replace = (index, status) => onChange(statuses.map((one, i) => (i === index ? status : one)));
    return html`
        <fieldset class="stack"><legend><h3>${t('policy.statuses')}</h3></legend>
            <p class="quiet small">${t('policy.statuses.hint')}</p>
            <ul class="stack">${statuses.map(
                (status, i) => html`<${Row} key=${i} index=${i} status=${status} onChange=${(one) => replace(i, one)}
                    onRemove=${() => onChange(statuses.filter((_, at) => at !== i))} />`,
            )}</ul>
            <div><button type="button" class="button plain small"
                onClick=${() => onChange([...statuses, { code: '', name: '', kind: 'late', points: null }])}>
                <${Icon} name="plus" size="small" />${t('status.add')}</button></div>
        </fieldset>`;
}
