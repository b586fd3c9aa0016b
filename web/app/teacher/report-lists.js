// The people of a report: at risk, late, and what was corrected.
import { html, useState } from '../base/html.js';
import { dayName, percent, shortTime, t } from '../base/text.js';
import { Pager, useList } from '../ui/list.js';
import { StatusChip } from '../ui/parts.js';
import { Table } from '../ui/table.js';
import { TabPanel, Tabs } from '../ui/tabs.js';

const person = () => ({ name: t('report.name'), cell: ({ name }) => html`<b>${name}</b>` });
const course = () => ({
    name: t('column.course'),
    class: 'wide-cell quiet',
    cell: (row) => row.course,
});

const COLUMNS = {
    risk: () => [
        person(),
        course(),
        {
            name: t('report.share'),
            class: 'number-cell',
            cell: ({ share }) => (share === null ? '' : percent(share, 1)),
        },
        { name: t('report.what'), cell: ({ warnings }) => warnings },
    ],
    late: () => [
        {
            name: t('column.day'),
            class: 'figures',
            cell: ({ day, time }) => `${dayName(day)}, ${time.slice(0, 5)}`,
        },
        person(),
        course(),
        { name: t('report.minutes'), class: 'number-cell', cell: ({ minutes }) => minutes },
    ],
    corrections: () => [
        { name: t('column.day'), class: 'figures', cell: ({ day }) => dayName(day) },
        person(),
        {
            name: t('report.change'),
            cell: (row) => html`<span class="row wrap"><${StatusChip} status=${row.from} />→
                <${StatusChip} status=${row.to} /></span>`,
        },
        { name: t('report.reason'), cell: ({ reason }) => reason },
        {
            name: t('report.by'),
            class: 'wide-cell quiet',
            cell: (row) => `${row.changed_by ?? ''}, ${shortTime(row.changed_at)}`,
        },
    ],
};

function Rows({ name, report, label }) {
    const { rows } = report;
    const list = useList(
        async ({ limit, offset }) => ({
            items: rows.slice(offset, offset + limit),
            total: rows.length,
        }),
        [name, report.generated_at],
    );
    if (rows.length === 0) return html`<p class="quiet">${t(`report.${name}.none`)}</p>`;
    return html`
        <${Table} label=${label} columns=${COLUMNS[name]()} rows=${list.items}
            keyOf=${(row) => rows.indexOf(row)} />
        <${Pager} list=${list} />`;
}

export function Lists({ data }) {
    const [current, setCurrent] = useState('risk');
    const tabs = Object.keys(COLUMNS).map((id) => ({
        id,
        name: t(`report.tab.${id}`),
        count: data[id].rows.length,
    }));
    const { name: label } = tabs.find(({ id }) => id === current);
    return html`
        <section class="stack">
            <${Tabs} label=${t('report.lists')} ...${{ tabs, current }} onChange=${setCurrent} />
            <${TabPanel} current=${current}>
                <${Rows} key=${current} name=${current} report=${data[current]} label=${label} /><//>
        </section>`;
}
