// The register of a day, for teachers and administrators: who was marked, how and when.
import { allAttendance } from './api.js';
import { html, useState } from './html.js';
import { ListFrame, Pager, useList } from './list.js';
import { Avatar, Icon, StatusChip, Title } from './parts.js';
import { clockTime, dayName, t, today } from './text.js';

const STATUSES = ['present', 'late', 'absent', 'excused'];
const SORTS = {
    name: (mark) => mark.user_name ?? '',
    time: (mark) => mark.marked_at,
    status: (mark) => STATUSES.indexOf(mark.status),
};

function sorted(items, { by, down }) {
    const value = SORTS[by];
    const { lang } = document.documentElement;
    const order = (a, b) =>
        typeof a === 'number' ? a - b : a.localeCompare(b, lang);
    return [...items].sort((a, b) => (down ? -1 : 1) * order(value(a), value(b)));
}

const Counts = ({ list }) => html`
    <div class="card counts">
        <h2 class="figures">${t('today.count', { n: list.total })}</h2>
        ${STATUSES.map((status) => {
            const n = list.items.filter((mark) => mark.status === status).length;
            return n > 0 && html`<${StatusChip} status=${status} n=${n} />`;
        })}
    </div>`;

function Head({ name, by, sort, onSort }) {
    const active = sort.by === by;
    const order = sort.down ? 'descending' : 'ascending';
    const arrow = sort.down ? '↓' : '↑';
    return html`
        <th scope="col" aria-sort=${active ? order : undefined}>
            <button onClick=${() => onSort({ by, down: active && !sort.down })}>
                ${name}<span aria-hidden="true">${active ? arrow : ''}</span></button>
        </th>`;
}

const Row = ({ mark }) => html`
    <tr>
        <td class="person-cell"><div class="person"><${Avatar} name=${mark.user_name} />
            <b>${mark.user_name || t('today.gone')}</b></div></td>
        <td class="group-cell quiet">${mark.group_name}</td>
        <td class="figures">${clockTime(mark.marked_at)}</td>
        <td><${StatusChip} status=${mark.status} /></td>
    </tr>`;

export function TodayPage() {
    const [day, setDay] = useState(today);
    const [sort, setSort] = useState({ by: 'time', down: true });
    const list = useList((page) => allAttendance({ ...page, from: day, to: day }), [day]);
    const title = t(day === today() ? 'today.title' : 'today.title.other');
    const head = (key, by) =>
        html`<${Head} name=${t(key)} by=${by} sort=${sort} onSort=${setSort} />`;
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${dayName(day)}>${title}<//>
                <input class="input day" type="date" aria-label=${t('today.day')} value=${day}
                    max=${today()}
                    onInput=${({ target }) => target.value && setDay(target.value)} />
                <button class="button plain icon-only" aria-label=${t('today.refresh')}
                    onClick=${list.refresh}><${Icon} name="refresh-cw" /></button>
            </header>
            <${ListFrame} list=${list} icon="users-round" empty=${t('today.empty')}
                button=${html`<a class="button" href="#/">${t('today.empty.button')}</a>`}>
                <${Counts} list=${list} />
                <div class="table-wrap" tabindex="0" role="region" aria-label=${title}>
                    <table>
                        <thead><tr>
                            ${head('today.name', 'name')}
                            <th scope="col" class="group-cell">${t('today.group')}</th>
                            ${head('history.time', 'time')}
                            ${head('history.status', 'status')}
                        </tr></thead>
                        <tbody>${sorted(list.items, sort).map(
                            (mark) => html`<${Row} key=${mark.id} mark=${mark} />`,
                        )}</tbody>
                    </table>
                </div>
                <${Pager} list=${list} />
            <//>
        </div>`;
}
