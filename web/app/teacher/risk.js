// Who is at risk in the courses that one teaches, with what is wrong in words.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { currentLanguage, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { SelectField } from '../ui/field.js';
import { Empty, Icon, Title } from '../ui/parts.js';
import { Pager, useList } from '../ui/list.js';
import { Table } from '../ui/table.js';
import { personColumn, sortedBy, StandingDialog, standingColumns } from './course-people.js';
import { choicesOf } from './report-choose.js';
import { mailReport } from './report-student.js';

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
    <button class="button plain icon-only" aria-label=${t('risk.mail', { name: row.name })}
        title=${t('risk.mail', { name: row.name })}
        onClick=${() => mailReport(row.id, row.name, row.standing.course_id)}>
        <${Icon} name="mail" size="small" /></button>`;

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
    const list = useList(
        async ({ limit, offset }) => ({
            items: ordered.slice(offset, offset + limit),
            total: rows.length,
        }),
        [sort, key, currentLanguage()],
    );
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
