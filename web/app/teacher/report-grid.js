// The register as a grid of days: who, by sessions. Names and heads stay in sight, the grid scrolls
// alone. Cells hold the status in words, for who hears them; the sign that is seen is drawn over.
import { html, useMemo, useState } from '../base/html.js';
import { dayName, monthName, percent, t } from '../base/text.js';
import { sessionsOf } from './report-data.js';

const STATUSES = ['present', 'late', 'absent', 'excused'];

const wordOf = (status) => (STATUSES.includes(status) ? t(`status.${status}`) : status);
const signOf = (status) =>
    STATUSES.includes(status) ? t(`report.sign.${status}`) : status[0].toUpperCase();

/** [[name of the month, how many sessions]] */
function monthsOf(sessions) {
    const months = [];
    for (const { day } of sessions) {
        const last = months.at(-1);
        if (last?.month === day.slice(0, 7)) last.n++;
        else months.push({ month: day.slice(0, 7), n: 1 });
    }
    return months;
}

/** Arrow keys go from head to head, so that Tab does not stop at each. */
function walk(event) {
    const links = [...event.currentTarget.querySelectorAll('a')];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = links[links.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
}

const Heads = ({ sessions }) => html`
    <tr onKeyDown=${walk}>
        ${sessions.map(({ key, id, day, time, course }, i) => {
            const label = `${dayName(day)} ${time} · ${course}`;
            return html`<th key=${key} scope="col" class="day-head figures">
                <a href=${`#/sessions/${id}`} title=${label} aria-label=${label} tabindex=${i ? -1 : 0}>
                    ${Number(day.slice(8))}</a></th>`;
        })}
    </tr>`;

const Cell = ({ status }) =>
    status
        ? html`<td class=${`cell ${status}`} data-sign=${signOf(status)}>${wordOf(status)}</td>`
        : html`<td class="cell"></td>`;

const Row = ({ row, at, sessions }) => html`
    <tr key=${at}>
        <th scope="row">${row.name}</th>
        ${sessions.map(({ key }) => Cell({ status: row[key] }))}
        <td class="total figures">${row.share === null ? '' : percent(row.share)}</td>
    </tr>`;

function Corner({ name, by, sort, onSort, ...rest }) {
    const active = sort.by === by;
    const order = sort.down ? 'descending' : 'ascending';
    const arrow = sort.down ? '↓' : '↑';
    return html`
        <th scope="col" rowspan="2" aria-sort=${active ? order : undefined} ...${rest}>
            <button title=${t('app.sort', { name })}
                onClick=${() => onSort({ by, down: active && !sort.down })}>
                ${name}<span aria-hidden="true">${active ? arrow : ''}</span></button></th>`;
}

function sorted(rows, { by, down }) {
    const way = down ? -1 : 1;
    const order = (a, b) =>
        by === 'name' ? a.name.localeCompare(b.name) : (a.share ?? 2) - (b.share ?? 2);
    return [...rows].sort((a, b) => way * order(a, b));
}

const Legend = () => html`
    <ul class="counts" aria-hidden="true">${STATUSES.map(
        (status) => html`<li key=${status} class="row small quiet legend-sign">
            <i class=${`cell ${status}`}>${signOf(status)}</i>${wordOf(status)}</li>`,
    )}</ul>`;

export function RegisterGrid({ register }) {
    const [sort, setSort] = useState({ by: 'name', down: false });
    const sessions = useMemo(() => sessionsOf(register), [register]);
    // Thousands of cells: made again only when they change.
    const body = useMemo(
        () =>
            sorted(register.rows, sort).map((row) =>
                Row({ row, sessions, at: register.rows.indexOf(row) }),
            ),
        [register, sort],
    );
    const attended = register.summary[0] ?? {};
    return html`
        <div class="grid-wrap" tabindex="0" role="region" aria-label=${t('report.register')}>
            <table class="register-grid">
                <thead>
                    <tr>
                        <${Corner} name=${t('report.name')} by="name" ...${{ sort, onSort: setSort }}
                            class="name-head" />
                        ${monthsOf(sessions).map(
                            ({ month, n }) => html`<th key=${month} scope="colgroup" colspan=${n}
                                class="month-head"><span>${monthName(`${month}-01`)}</span></th>`,
                        )}
                        <${Corner} name=${t('report.share')} by="share" ...${{ sort, onSort: setSort }}
                            class="total" />
                    </tr>
                    <${Heads} sessions=${sessions} />
                </thead>
                <tbody>${body}</tbody>
                <tfoot><tr>
                    <th scope="row">${t('report.attended')}</th>
                    ${sessions.map(({ key }) => html`<td key=${key} class="figures">${attended[key]}</td>`)}
                    <td class="total"></td>
                </tr></tfoot>
            </table>
        </div>
        <${Legend} />`;
}
