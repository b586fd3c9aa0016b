// One student for whoever teaches them, and who is at risk.
import { get, post, troubleText } from '../base/api.js';
import {
    clockTime, currentLanguage, dayName, html, noteInAddress, t, useEffect, useState,
} from '../base/page.js';
import { DataFrame, ListFrame, Pager, Table, useData, useList, usePages } from '../ui/list.js';
import { Empty, Icon, StatusChip, Title, toast, WorkButton } from '../ui/parts.js';
import { SelectField } from '../ui/form.js';
import {
    Outlook, personColumn, Share, sortedBy, standingColumns, StandingDialog,
} from './course.js';
import { choicesOf, FileButtons } from './report-parts.js';

// One student for whoever teaches them: where they stand in each course, and every mark.

/** Has the report of a student mailed to whoever is signed in; `course` narrows it. */
async function mailReport(student, name, course) {
    try {
        const what = { student, ...(course && { course }), format: 'pdf', language: currentLanguage() };
        await post('reports/summary/mail', what);
        toast(t('risk.mailed', { name }));
    } catch (trouble) {
        toast(t(troubleText(trouble)), { kind: 'warn' });
    }
}

/** A button that has it mailed, once a press. */
function MailReport({ student, name, course, children, ...button }) {
    const [working, setWorking] = useState(false);
    async function send() {
        if (working) return;
        setWorking(true);
        await mailReport(student, name, course);
        setWorking(false);
    }
    return html`<${WorkButton} ...${button} working=${working} onClick=${send}>
        ${!working && html`<${Icon} name="mail" size=${children ? '' : 'small'} />`}${children}<//>`;
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
            <${MailReport} class="button" student=${person.id} name=${person.name}>
                ${t('report.student.mail')}<//>
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

// Who is at risk in the courses that one teaches, with what is wrong in words.

const MAX = 200;
const WARNINGS = ['cannot_pass', 'below_required', 'absences_in_a_row', 'below_warning'];

async function atRiskIn({ id }) {
    const values = { at_risk: true, limit: MAX, language: currentLanguage() };
    const { items } = await get(`courses/${id}/standing`, values);
    return items.map((standing) => ({
        id: standing.user_id,
        name: standing.user_name ?? '',
        student_number: standing.student_number,
        standing,
    }));
}

/** Everybody at risk in some courses, a row for each person and course. */
const atRisk = async (courses) => (await Promise.all(courses.map(atRiskIn))).flat();

const Mail = ({ row }) => html`
    <${MailReport} class="button plain icon-only" aria-label=${t('risk.mail', { name: row.name })}
        title=${t('risk.mail', { name: row.name })} student=${row.id} name=${row.name}
        course=${row.standing.course_id} />`;

const columnsOf = (several, onOpen) => [
    personColumn(onOpen),
    ...(several
        ? [
              {
                  name: t('column.course'),
                  class: 'wide-cell quiet',
                  cell: ({ standing }) => standing.course_name,
              },
          ]
        : []),
    ...standingColumns(),
    { name: t('report.mail.short'), cell: (row) => html`<${Mail} row=${row} />` },
];

function Found({ rows, several }) {
    const [sort, setSort] = useState({ by: 'share', down: false });
    const [open, setOpen] = useState(null);
    const ordered = sortedBy(rows, sort);
    const key = rows.map(({ id, standing }) => id + standing.course_id);
    const list = usePages(ordered, [sort, key, currentLanguage()]);
    return html`
        <p class="small quiet figures" role="status">${t('risk.count', { n: rows.length })}</p>
        <${Table} label=${t('risk.title')} columns=${columnsOf(several, setOpen)} rows=${list.items}
            ...${{ sort, onSort: setSort }} keyOf=${({ id, standing }) => id + standing.course_id} />
        <${Pager} list=${list} />
        ${open &&
        html`<${StandingDialog} person=${open} courseId=${open.standing.course_id}
            onClose=${() => setOpen(null)} />`}`;
}

function List({ courses, choice }) {
    const wanted = courses.filter(({ id }) => !choice.course || id === choice.course);
    const people = useData(() => atRisk(wanted), [wanted.map(({ id }) => id), currentLanguage()]);
    const fits = ({ standing }) =>
        !choice.what || standing.warnings.some(({ warning }) => warning === choice.what);
    return html`
        <${DataFrame} of=${people}>${(all) => {
            const rows = all.filter(fits);
            return rows.length
                ? html`<${Found} rows=${rows} several=${wanted.length > 1} />`
                : html`<${Empty} icon="circle-check" text=${t(all.length ? 'risk.none.such' : 'risk.none')} />`;
        }}<//>`;
}

const Filter = ({ user, choices, choice, onChoose }) => {
    const select = (name, more) => ({
        name,
        value: choice[name],
        onChange: ({ target }) => onChoose({ [name]: target.value, ...more }),
    });
    const options = (list) =>
        list.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`);
    return html`
        <form class="card chooser three" onSubmit=${(event) => event.preventDefault()}>
            ${user.role === 'admin' &&
            html`<${SelectField} ...${select('group', { course: '' })} label=${t('report.group')}>
                ${options(choices.groups)}<//>`}
            <${SelectField} ...${select('course')} label=${t('report.course')}>
                <option value="">${t('report.course.all')}</option>${options(choices.courses)}<//>
            <${SelectField} ...${select('what')} label=${t('risk.what')}>
                <option value="">${t('risk.what.all')}</option>
                ${WARNINGS.map(
                    (one) => html`<option key=${one} value=${one}>${t(`risk.what.${one}`)}</option>`,
                )}<//>
        </form>`;
};

/** An administrator looks at one group at a time: an institution has too many courses for a list. */
function firstGroup(user, choices, choice) {
    const needed = user.role === 'admin' && !choice.group && !choice.course;
    return needed ? choices.groups[0]?.id : undefined;
}

export function RiskPage({ user, query }) {
    const [choice, setChoice] = useState({ group: '', course: '', what: '', ...query });
    const choices = useData(() => choicesOf(user, choice.group), [choice.group]);
    const choose = (changes) => setChoice((now) => ({ ...now, ...changes }));
    const group = choices.data && firstGroup(user, choices.data, choice);
    useEffect(() => {
        if (group) choose({ group });
    }, [group]);
    useEffect(() => noteInAddress(choice), [choice]);
    return html`
        <div class="page">
            <${Title}>${t('risk.title')}<//>
            <${DataFrame} of=${choices}>${(data) => html`
                <${Filter} user=${user} choices=${data} choice=${choice} onChoose=${choose} />
                ${!group && html`<${List} courses=${data.courses} choice=${choice} />`}`}<//>
        </div>`;
}
