// One's own attendance, newest first, with the arithmetic of what is shown.
import { ownAttendance } from '../base/api.js';
import { html } from '../base/html.js';
import { useList, ListFrame, Pager } from '../ui/list.js';
import { StatusChip, Title } from '../ui/parts.js';
import { clockTime, dayName, t } from '../base/text.js';

const count = (items, status) => items.filter((mark) => mark.status === status).length;

const Sum = ({ items, total }) => html`
    <div class="card stack close">
        <h2 class="figures">${t('history.count', { n: total })}</h2>
        <p class="quiet small figures">${t('history.sum', {
            present: count(items, 'present'),
            late: count(items, 'late'),
            n: items.length,
        })}</p>
    </div>`;

const Row = ({ mark }) => html`
    <tr>
        <td class="figures">${dayName(mark.day)}</td>
        <td class="figures">${clockTime(mark.marked_at)}</td>
        <td><${StatusChip} status=${mark.status} /></td>
    </tr>`;

export function HistoryPage() {
    const list = useList((page) => ownAttendance(page), []);
    return html`
        <div class="page">
            <${Title}>${t('history.title')}<//>
            <${ListFrame} list=${list} icon="calendar-days" empty=${t('history.empty')}
                button=${html`<a class="button" href="#/">${t('history.empty.button')}</a>`}>
                <${Sum} items=${list.items} total=${list.total} />
                <div class="table-wrap" tabindex="0" role="region" aria-label=${t('history.title')}>
                    <table>
                        <thead><tr>
                            <th scope="col">${t('column.day')}</th>
                            <th scope="col">${t('column.time')}</th>
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
