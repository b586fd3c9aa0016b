// One's own attendance: where one stands in each course, and every mark, newest first.
import { get, ownAttendance, post } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { clockTime, dayName, t } from '../base/text.js';
import { useData } from '../ui/data.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { StatusChip, Title } from '../ui/parts.js';
import { Table } from '../ui/table.js';
import { toast } from '../ui/toast.js';
import { DisputeDialog, DisputeState } from './dispute.js';
import { Standings } from './standings.js';

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

async function withdraw(dispute, onDone) {
    try {
        await post(`disputes/${dispute.id}/withdraw`, {});
        toast(t('dispute.taken-back'));
        onDone();
    } catch {
        toast(t('trouble.offline'), { kind: 'warn' });
    }
}

function Said({ mark, dispute, onDispute, onDone }) {
    if (!dispute)
        return html`<button class="link small" onClick=${() => onDispute(mark)}>${t('dispute.open-it')}</button>`;
    return html`<${DisputeState} dispute=${dispute} />
        ${dispute.state === 'open' &&
        html` <button class="link small" onClick=${() => withdraw(dispute, onDone)}>
            ${t('dispute.withdraw')}</button>`}`;
}

const columnsOf = ({ disputes, onDispute, onDone }) => [
    { name: t('column.day'), class: 'figures', cell: (mark) => dayName(mark.day) },
    { name: t('column.course'), class: 'wide-cell', cell: (mark) => mark.course_name },
    {
        name: t('column.time'),
        class: 'figures',
        cell: (mark) => (mark.method === 'automatic' ? '' : clockTime(mark.marked_at)),
    },
    { name: t('column.status'), cell: (mark) => html`<${StatusChip} status=${mark.status} />` },
    {
        name: t('history.question'),
        cell: (mark) => html`<${Said} mark=${mark} dispute=${disputes[mark.id]}
            onDispute=${onDispute} onDone=${onDone} />`,
    },
];

/** Disputes by the mark they are about; of several, the newest. */
const byMark = (answer) =>
    Object.fromEntries((answer?.items ?? []).reverse().map((one) => [one.attendance_id, one]));

export function HistoryPage({ user }) {
    const list = useList((page) => ownAttendance(page), []);
    const disputes = useData(() => get('disputes', { limit: 100 }));
    const [asked, setAsked] = useState(null);
    const onDone = () => {
        setAsked(null);
        disputes.refresh();
    };
    const mine = (disputes.data?.items ?? []).filter(({ user_id: id }) => id === user.id);
    const columns = columnsOf({ disputes: byMark({ items: mine }), onDispute: setAsked, onDone });
    return html`
        <div class="page">
            <${Title}>${t('history.title')}<//>
            <${ListFrame} list=${list} icon="calendar-days" empty=${t('history.empty')}
                button=${html`<a class="button" href="#/">${t('history.empty.button')}</a>`}>
                <${Standings} />
                <${Sum} items=${list.items} total=${list.total} />
                <${Table} label=${t('history.title')} columns=${columns} rows=${list.items} />
                <${Pager} list=${list} />
            <//>
            ${asked &&
            html`<${DisputeDialog} mark=${asked} onDone=${onDone} onClose=${() => setAsked(null)} />`}
        </div>`;
}
