// Groups, subjects, rooms and terms, each with its list and its dialogs.
import { get, put, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { dayName, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Field } from '../ui/field.js';
import { Icon, Title } from '../ui/parts.js';
import { PersonPicker } from '../ui/search.js';
import { Catalogue, Dialogs } from './catalogue.js';
import { Named } from './course-parts.js';

const NAMED = 12;

/** The courses that would be without it. */
const coursesWith = (field) => async (row) => {
    const { items } = await get('courses', { [field]: row.id, limit: NAMED });
    return { names: items.map(({ name, term_name: term }) => `${name} · ${term}`) };
};

async function coursesIn(room) {
    const { items } = await get('sessions', { room: room.id, from: '2000-01-01', limit: 200 });
    return { names: [...new Set(items.map(({ course_name: name }) => name))].slice(0, NAMED) };
}

async function membersOf(group) {
    const { names } = await coursesWith('group_id')(group);
    const n = group.member_count ?? 0;
    return { names, note: n > 0 ? t('groups.delete.members', { n }) : undefined };
}

/** Teachers of a group see all of its people, in whatever course. */
function GroupTeachers({ row }) {
    const group = useData(() => get(`groups/${row.id}`));
    const change = (call) => call.then(group.refresh, group.refresh);
    return html`
        <${DataFrame} of=${group}>${({ teachers }) => html`
            <fieldset class="stack close"><legend>${t('groups.teachers')}</legend>
                <${Named} items=${teachers}
                    onRemove=${({ id }) => change(remove(`groups/${row.id}/teachers/${id}`))} />
                <${PersonPicker} name="group-teacher" label=${t('groups.teachers.add')} role="teacher"
                    onPick=${({ id }) => change(put(`groups/${row.id}/teachers/${id}`))} />
            </fieldset>`}<//>`;
}

const members = ({ id, member_count: n }) => html`<a href=${`#/people?group=${id}`}>${n}</a>`;

const GROUPS = {
    path: 'groups',
    icon: 'users',
    columns: () => [{ name: t('groups.members'), class: 'number-cell', cell: members }],
    Fields: ({ row }) => row && html`<${GroupTeachers} row=${row} />`,
    dependants: membersOf,
};

const SUBJECTS = {
    path: 'subjects',
    icon: 'book-open',
    columns: () => [{ name: t('subjects.code'), cell: ({ code }) => code ?? '–' }],
    Fields: ({ form }) => html`<${Field} ...${form.field('code')} label=${t('subjects.code')}
        hint=${t('subjects.code.hint')} autocomplete="off" />`,
    bodyOf: ({ code }) => ({ code: code || null }),
    dependants: coursesWith('subject_id'),
};

const ROOMS = {
    path: 'rooms',
    icon: 'door-open',
    columns: () => [{ name: t('rooms.capacity'), class: 'number-cell', cell: ({ capacity }) => capacity ?? '–' }],
    Fields: ({ form }) => html`<${Field} ...${form.field('capacity')} label=${t('rooms.capacity')}
        type="number" min="1" inputmode="numeric" />`,
    bodyOf: ({ capacity }) => ({ capacity: Number(capacity) || null }),
    dependants: coursesIn,
};

const DAYS = [
    { name: 'first_day', label: 'terms.first-day' },
    { name: 'last_day', label: 'terms.last-day' },
];
const DayFields = ({ form }) => html`
    <div class="form-two">${DAYS.map(({ name, label }) => html`<${Field} key=${name} ...${form.field(name)}
        type="date" label=${t(label)} />`)}</div>`;

const withDays = {
    Fields: DayFields,
    first: { first_day: '', last_day: '' },
    columns: () =>
        DAYS.map(({ name, label }) => ({ name: t(label), class: 'figures', cell: (row) => dayName(row[name]) })),
    bodyOf: ({ first_day, last_day }) => ({ first_day, last_day }),
    check: ({ first_day: first, last_day: last }) => ({
        ...(first ? {} : { first_day: t('field.required') }),
        ...(last && last >= first ? {} : { last_day: t('terms.order') }),
    }),
};

const TERMS = {
    ...withDays,
    path: 'terms',
    icon: 'calendar-days',
    page: ({ id }) => `terms/${id}`,
    dependants: coursesWith('term_id'),
};

const holidaysOf = ({ first_day: from, last_day: to }) => ({
    ...withDays,
    path: 'holidays',
    icon: 'calendar-check',
    first: { first_day: from, last_day: from },
    ask: async () => {
        const { items } = await get('holidays', { from, to });
        return { items, total: items.length };
    },
    told: ({ sessions }) => sessions?.deleted > 0 && t('holidays.gone', { n: sessions.deleted }),
});

export const GroupsPage = () => html`<${Catalogue} kind=${GROUPS} />`;
export const SubjectsPage = () => html`<${Catalogue} kind=${SUBJECTS} />`;
export const RoomsPage = () => html`<${Catalogue} kind=${ROOMS} />`;
export const TermsPage = () => html`<${Catalogue} kind=${TERMS} />`;

const Term = ({ term, onEdit }) => html`
    <a class="link back" href="#/terms"><${Icon} name="arrow-left" size="small" /> ${t('place.terms')}</a>
    <header class="page-head">
        <${Title} above=${t('person.days', { from: dayName(term.first_day), to: dayName(term.last_day) })}>${term.name}<//>
        <a class="button plain" href=${`#/new-course?term=${term.id}`}><${Icon}
            name="plus" />${t('course.new')}</a>
        <button class="button plain" onClick=${onEdit}><${Icon}
            name="pencil" />${t('terms.edit')}</button></header>
    <${Catalogue} key=${term.updated_at} kind=${holidaysOf(term)} part=${t('holidays.title')}
        search=${false} />`;

export function TermPage({ values }) {
    const term = useData(() => get(`terms/${values.id}`));
    const [open, setOpen] = useState(null);
    const done = (changed) => {
        setOpen(null);
        term.change(changed);
    };
    return html`
        <div class="page"><${DataFrame} of=${term}>${(data) => html`
            <${Term} term=${data} onEdit=${() => setOpen({ row: data })} />
            <${Dialogs} kind=${TERMS} open=${open} onDone=${done}
                onClose=${() => setOpen(null)} />`}<//></div>`;
}
