// The people of a session as a grid: searched, chosen by status, ordered; a tap opens the mark.
import { html, useMemo, useState } from '../base/html.js';
import { clockTime, currentLanguage, t } from '../base/text.js';
import { Avatar, Icon, StatusChip } from '../ui/parts.js';
import { SearchField } from '../ui/search.js';
import { MarkChip, STATUSES, statusOf } from './session-parts.js';

/** Letters as people type them: without accents, all small. */
const plain = (text) => (text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

const byName = (a, b) => (a.user.name ?? '').localeCompare(b.user.name ?? '', currentLanguage());
const timeOf = ({ attendance }) => (attendance ? attendance.marked_at : '');
const rank = (line) => (STATUSES.indexOf(statusOf(line)) + 1) % STATUSES.length;
const ORDERS = {
    name: byName,
    arrival: (a, b) => timeOf(b).localeCompare(timeOf(a)) || byName(a, b),
    status: (a, b) => rank(a) - rank(b) || byName(a, b),
};

function chosen(items, { search, status, order }) {
    const wanted = plain(search.trim());
    const fits = (line) =>
        (!status || statusOf(line) === status) &&
        plain(`${line.user.name} ${line.user.student_number ?? ''}`).includes(wanted);
    return items.filter(fits).sort(ORDERS[order]);
}

/** The counts, each a button that leaves only those in the grid. */
export const StatusFilter = ({ counts, status, onStatus }) => html`
    <div class="row wrap filters" role="group" aria-label=${t('live.only')}>${STATUSES.map(
        (one) =>
            (counts[one] > 0 || one === status) &&
            html`<button key=${one} class="chip-button" aria-pressed=${one === status ? 'true' : 'false'}
                onClick=${() => onStatus(one === status ? '' : one)}>
                <${StatusChip} status=${one} n=${counts[one]} /></button>`,
    )}</div>`;

const Person = ({ line, statuses, review, onPick }) => {
    const { user, attendance } = line;
    const seen = attendance && attendance.method !== 'automatic';
    return html`
        <li>
            <button class=${`who-card ${attendance ? '' : 'not-yet'}`} onClick=${() => onPick(user.id)}
                data-person=${user.id}>
                <${Avatar} name=${user.name} />
                <span class="grow">
                    <b>${user.name || t('today.gone')}</b>
                    <span class="row facts">
                        ${review && !attendance
                            ? html`<${StatusChip} status="review" />`
                            : html`<${MarkChip} key=${attendance?.status} mark=${attendance} statuses=${statuses} />`}
                        ${seen && html`<span class="tiny figures">${clockTime(attendance.marked_at)}</span>`}
                    </span>
                </span>
            </button>
        </li>`;
};

const Orders = ({ order, onOrder }) => html`
    <div class="select">
        <select class="input" aria-label=${t('live.order')} value=${order}
            onChange=${({ target }) => onOrder(target.value)}>
            ${Object.keys(ORDERS).map(
                (name) => html`<option key=${name} value=${name}>${t(`live.order.${name}`)}</option>`,
            )}
        </select><${Icon} name="chevron-left" />
    </div>`;

/** `status`: only those; `doubted`: whom a face in doubt is most like; `onPick(user id)`. */
export function Roll({ register, status, doubted, onPick, onRest }) {
    const [search, setSearch] = useState('');
    const [order, setOrder] = useState('name');
    const lines = useMemo(
        () => chosen(register.items, { search, status, order }),
        [register, search, status, order],
    );
    const { unmarked } = register.counts;
    return html`
        <section class="stack roll" aria-label=${t('live.roll')}>
            <div class="row wrap tools">
                <div class="grow">
                    <${SearchField} label=${t('live.search')} value=${search} onInput=${setSearch} /></div>
                <${Orders} order=${order} onOrder=${setOrder} />
                ${unmarked > 0 &&
                html`<button class="button plain" onClick=${onRest}>
                    <${Icon} name="list-checks" />${t('live.rest', { n: unmarked })}</button>`}
            </div>
            <ul class="people">${lines.map(
                (line) => html`<${Person} key=${line.user.id} line=${line} onPick=${onPick}
                    statuses=${register.statuses} review=${doubted.has(line.user.id)} />`,
            )}</ul>
            ${lines.length === 0 && html`<p class="quiet">${t('app.nothing-found')}</p>`}
        </section>`;
}
