// The register of a day, for teachers and administrators: who was marked, how and when.
import { allAttendance } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Avatar, Icon, StatusChip, Title } from '../ui/parts.js';
import { clockTime, dayName, t, today } from '../base/text.js';

const STATUSES = ['present', 'late', 'absent', 'excused'];

// How many marks of the day have each status; a page that is not the whole day cannot tell.
async function countsOf({ items, total }, day) {
    const count = async (status) => {
        if (items.length === total) return items.filter((mark) => mark.status === status).length;
        return (await allAttendance({ from: day, to: day, status, limit: 1 })).total;
    };
    const counts = await Promise.all(STATUSES.map(count));
    return Object.fromEntries(STATUSES.map((status, i) => [status, counts[i]]));
}

async function registerOf(day, { by, down }, page) {
    const sort = `${down ? '-' : ''}${by}`;
    const list = await allAttendance({ ...page, from: day, to: day, sort });
    // The register is worth showing without its counts.
    const counts = await countsOf(list, day).catch(() => ({}));
    return { ...list, counts };
}

const Counts = ({ total, counts }) => html`
    <div class="card counts">
        <h2 class="figures">${t('today.count', { n: total })}</h2>
        ${STATUSES.map(
            (status) =>
                counts[status] > 0 && html`<${StatusChip} status=${status} n=${counts[status]} />`,
        )}
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
    const [sort, setSort] = useState({ by: 'marked_at', down: true });
    const list = useList((page) => registerOf(day, sort, page), [day, sort]);
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
                <${Counts} total=${list.total} counts=${list.counts} />
                <div class="table-wrap" tabindex="0" role="region" aria-label=${title}>
                    <table>
                        <thead><tr>
                            ${head('today.name', 'name')}
                            <th scope="col" class="group-cell">${t('today.group')}</th>
                            ${head('column.time', 'marked_at')}
                            <th scope="col">${t('column.status')}</th>
                        </tr></thead>
                        <tbody>${list.items.map(
                            (mark) => html`<${Row} key=${mark.id} mark=${mark} />`,
                        )}</tbody>
                    </table>
                </div>
                <${Pager} list=${list} />
            <//>
        </div>`;
}
