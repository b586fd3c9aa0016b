// One student for whoever teaches them: where they stand in each course, and every mark.
import { get, post, troubleText } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { clockTime, currentLanguage, dayName, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Icon, StatusChip, Title } from '../ui/parts.js';
import { Table } from '../ui/table.js';
import { toast } from '../ui/toast.js';
import { Outlook, Share, StandingDialog } from './course-people.js';
import { FileButtons } from './report-files.js';

/** Has the report of a student mailed to whoever is signed in; `course` narrows it. */
export async function mailReport(student, name, course) {
    try {
        const what = { student, ...(course && { course }), format: 'pdf', language: currentLanguage() };
        await post('reports/summary/mail', what);
        toast(t('risk.mailed', { name }));
    } catch (trouble) {
        toast(t(troubleText(trouble)), { kind: 'warn' });
    }
}

const columns = () => [
    { name: t('column.day'), class: 'figures', cell: (mark) => dayName(mark.day) },
    { name: t('column.course'), class: 'wide-cell', cell: (mark) => mark.course_name },
    {
        name: t('column.time'),
        class: 'figures',
        cell: (mark) => (mark.method === 'automatic' ? '' : clockTime(mark.marked_at)),
    },
    { name: t('column.status'), cell: (mark) => html`<${StatusChip} status=${mark.status} />` },
];

const Standing = ({ standing, onOpen }) => html`
    <li class="card stack close">
        <h2>${standing.course_name}</h2>
        <${Share} standing=${standing} /><${Outlook} standing=${standing} />
        <div><button class="link small" onClick=${() => onOpen(standing.course_id)}>
            ${t('report.student.each')}</button></div>
    </li>`;

const Head = ({ person }) => html`
    <header class="page-head wrap">
        <${Title} above=${[person.student_number, person.group_name].filter(Boolean).join(' · ')}>
            ${person.name}<//>
        <div class="row wrap">
            <${FileButtons} name="marks" values=${{ student: person.id }} />
            <button class="button" onClick=${() => mailReport(person.id, person.name)}>
                <${Icon} name="mail" />${t('report.student.mail')}</button>
        </div>
    </header>`;

export function StudentReportPage({ query: { student } }) {
    const person = useData(() => get(`users/${student}`), [student]);
    const values = { language: currentLanguage(), limit: 100 };
    const standings = useData(() => get(`students/${student}/standing`, values), [student, currentLanguage()]);
    const list = useList((page) => get(`attendance/student/${student}`, page), [student]);
    const [open, setOpen] = useState(null);
    return html`
        <div class="page report">
            <${DataFrame} of=${person}>${(data) => html`<${Head} person=${data} />
                ${open &&
                html`<${StandingDialog} person=${data} courseId=${open}
                    onClose=${() => setOpen(null)} />`}`}<//>
            <${DataFrame} of=${standings}>${({ items }) =>
                items.length > 0 &&
                html`<ul class="cards">${items.map(
                    (one) => html`<${Standing} key=${one.course_id} standing=${one} onOpen=${setOpen} />`,
                )}</ul>`}<//>
            <${ListFrame} list=${list} icon="calendar-days" empty=${t('report.student.none')}>
                <${Table} label=${t('report.register')} columns=${columns()} rows=${list.items} />
                <${Pager} list=${list} />
            <//>
        </div>`;
}
