// The sessions of a course, past and to come, and adding a single one.
import { get, post } from '../base/api.js';
import { html } from '../base/html.js';
import { clockTime, currentLanguage, dayAfter, dayName, percent, t, today } from '../base/text.js';
import { useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { Field, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { WorkButton } from '../ui/parts.js';
import { Table } from '../ui/table.js';
import { toast } from '../ui/toast.js';

const startOf = ({ day, start }) => `${day} ${start.slice(0, 5)}`;

/** How many came to each session, by its day and start. */
async function countsOf(course) {
    const { rows } = await get('reports/sessions', { course: course.id, language: currentLanguage() });
    return Object.fromEntries(rows.map((row) => [startOf(row), row]));
}

function Came({ session, counts }) {
    if (session.state === 'cancelled') return html`<span class="quiet">${t('courses.cancelled')}</span>`;
    const row = counts?.[`${session.day} ${session.start_time.slice(0, 5)}`];
    if (!row?.total) return '';
    const total = row.total - row.excused;
    return html`<span class="figures">${t('report.of', { n: row.present + row.late, total })}</span>
        ${row.share !== null && html`<span class="quiet small figures"> = ${percent(row.share)}</span>`}`;
}

const columnsOf = (counts, past) => [
    {
        name: t('column.day'),
        class: 'figures',
        cell: (session) => html`<a href=${`#/sessions/${session.id}`}>${dayName(session.day)}</a>`,
    },
    {
        name: t('column.time'),
        class: 'figures',
        cell: ({ starts_at: from, ends_at: to }) => `${clockTime(from)} – ${clockTime(to)}`,
    },
    { name: t('courses.room'), class: 'wide-cell', cell: ({ room_name: room }) => room },
    {
        name: t(past ? 'courses.here' : 'courses.note'),
        cell: (session) =>
            past || session.state === 'cancelled'
                ? html`<${Came} session=${session} counts=${counts} />`
                : [session.title, session.note].filter(Boolean).join(' · '),
    },
];

function Part({ course, past, counts }) {
    const days = past
        ? { to: today(), sort: '-starts_at' }
        : { from: dayAfter(today(), 1), sort: 'starts_at' };
    const list = useList((page) => get('sessions', { ...page, ...days, course: course.id }), []);
    const label = t(past ? 'courses.past' : 'courses.to-come');
    return html`
        <section class="stack">
            <h2>${label}</h2>
            <${ListFrame} list=${list} icon="calendar-days"
                empty=${t(past ? 'courses.past.none' : 'courses.to-come.none')}>
                <${Table} label=${label} columns=${columnsOf(counts, past)} rows=${list.items} />
                <${Pager} list=${list} />
            <//>
        </section>`;
}

export function Sessions({ course }) {
    const counts = useData(() => countsOf(course), [currentLanguage()]);
    return html`
        <div class="report-two">
            <${Part} course=${course} past counts=${counts.data} />
            <${Part} course=${course} />
        </div>`;
}

function check({ day, start_time: from, end_time: to }) {
    const wrong = {};
    if (!day) wrong.day = t('field.required');
    if (!from) wrong.start_time = t('field.required');
    if (!to) wrong.end_time = t('field.required');
    else if (from && to <= from) wrong.end_time = t('courses.add.order');
    return wrong;
}

/** What the new session collides with; it stands all the same. */
const warn = ({ kind, name, other_course_name: other }) =>
    toast(t(`timetable.conflict.${kind}`, { name, other }), { kind: 'warn' });

export function AddSession({ course, onDone, onClose }) {
    const rooms = useData(() => get('rooms', { limit: 200 }));
    const form = useForm(
        { day: today(), start_time: '', end_time: '', room_id: '', title: '' },
        {
            check,
            send: async ({ room_id: room, title, ...times }) => {
                const what = { room_id: room || null, title: title.trim() || null };
                const { conflicts } = await post('sessions', { course_id: course.id, ...times, ...what });
                if (conflicts.length) warn(conflicts[0]);
                else toast(t('courses.added'));
                onDone();
            },
        },
    );
    const { field } = form;
    return html`
        <${Dialog} title=${t('courses.add.title')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${field('day')} type="date" label=${t('column.day')} />
                <div class="form-two">
                    <${Field} ...${field('start_time')} type="time" label=${t('courses.add.from')} />
                    <${Field} ...${field('end_time')} type="time" label=${t('courses.add.to')} />
                </div>
                <${SelectField} ...${field('room_id')} label=${t('courses.room')}>
                    <option value="">${t('courses.add.no-room')}</option>
                    ${rooms.data?.items.map(
                        ({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`,
                    )}<//>
                <${Field} ...${field('title')} label=${t('courses.add.what')}
                    hint=${t('courses.add.hint')} maxlength="200" />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('courses.add')}<//>
            </form>
        <//>`;
}
