// A list of things with a name that are added, changed and deleted in dialogs: groups, subjects, rooms,
// terms, holidays.
import { get, patch, post, put, remove } from '../base/api.js';
import { dayName, html, t, useState } from '../base/page.js';
import {
    DataFrame, ListFrame, Pager, PersonPicker, SearchField, Table, useData, useList, useSettled,
} from '../ui/list.js';
import { Confirm, Dialog, Field, FormTrouble, useForm } from '../ui/form.js';
import { Icon, Title, toast, WorkButton } from '../ui/parts.js';
import { Named } from './course-edit.js';

/**
 * A kind: {path, icon, columns, Fields, first, bodyOf(values), check(values), dependants(row), told(answer),
 * page(row), ask(values)}; its words are "PATH.new" and so on. `Fields` gets {form, row}.
 */
function EditDialog({ kind, row, onDone, onClose }) {
    const { Fields } = kind;
    const form = useForm(row ?? { name: '', ...kind.first }, {
        check: (values) => ({
            ...(values.name.trim() ? {} : { name: t('field.required') }),
            ...kind.check?.(values),
        }),
        send: async (values) => {
            const body = { name: values.name, ...kind.bodyOf?.(values) };
            const answer = row ? await patch(`${kind.path}/${row.id}`, body) : await post(kind.path, body);
            toast(kind.told?.(answer) || t('app.saved'));
            onDone(answer);
        },
    });
    return html`
        <${Dialog} title=${row?.name ?? t(`${kind.path}.new`)} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('name')} label=${t('catalogue.name')} autocomplete="off" />
                ${Fields && html`<${Fields} form=${form} row=${row} />`}
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('app.save')}<//>
            </form>
        <//>`;
}

/** Names what depends on it first: {names, note}; with names it cannot be deleted. */
function DeleteDialog({ kind, row, onDone, onClose }) {
    const found = useData(async () => (await kind.dependants?.(row)) ?? { names: [] });
    const title = t('catalogue.delete.title', { name: row.name });
    if (!found.data) return html`<${Dialog} title=${title} onClose=${onClose}><${DataFrame} of=${found} /><//>`;
    const { names, note } = found.data;
    if (names.length === 0)
        return html`<${Confirm} title=${title} text=${note ?? t('catalogue.delete.text')} danger
            yes=${t('catalogue.delete')}
            onClose=${onClose} onYes=${() => remove(`${kind.path}/${row.id}`).then(onDone)} />`;
    return html`
        <${Dialog} title=${title} onClose=${onClose}>
            <p>${t('catalogue.used')}</p>
            <ul class="each">${names.map((name) => html`<li class="row" key=${name}>${name}</li>`)}</ul>
            <div class="row actions"><button class="button" onClick=${onClose}>${t('app.close')}</button></div>
        <//>`;
}

function Dialogs({ kind, open, onDone, onClose }) {
    if (!open) return null;
    const View = open.remove ? DeleteDialog : EditDialog;
    return html`<${View} kind=${kind} row=${open.remove ?? open.row} onDone=${onDone} onClose=${onClose} />`;
}

function columnsOf(kind, setOpen) {
    const name = (row) =>
        kind.page
            ? html`<a href=${`#/${kind.page(row)}`}><b>${row.name}</b></a>`
            : html`<button class="link named" onClick=${() => setOpen({ row })}>${row.name}</button>`;
    const tool = (row, key, icon, open) => html`
        <button class="tool" aria-label=${t(key, { name: row.name })}
            onClick=${() => setOpen(open)}><${Icon} name=${icon} size="small" /></button>`;
    return [
        { name: t('catalogue.name'), cell: name },
        ...(kind.columns?.() ?? []),
        {
            name: t('catalogue.do'),
            class: 'do-cell',
            head: html`<span class="unseen">${t('catalogue.do')}</span>`,
            cell: (row) => html`
                ${tool(row, 'catalogue.edit', 'pencil', { row })}
                ${tool(row, 'catalogue.delete.it', 'trash-2', { remove: row })}`,
        },
    ];
}

/** `part`: it stands within a page of something else. */
function Catalogue({ kind, part, search = true }) {
    const [text, setText] = useState('');
    const [open, setOpen] = useState(null);
    const q = useSettled(text.trim());
    const ask = kind.ask ?? ((values) => get(kind.path, values));
    const list = useList((page) => ask({ q, ...page }), [q, kind.path]);
    const add = html`<button class="button" onClick=${() => setOpen({})}><${Icon}
        name="plus" />${t(`${kind.path}.new`)}</button>`;
    function done() {
        setOpen(null);
        list.refresh();
    }
    return html`
        <div class="page">
            <header class="page-head">
                ${part ? html`<h2
                    class="grow">${part}</h2>` : html`<${Title}>${t(`place.${kind.path}`)}<//>`}${add}</header>
            ${search && (text || list.total > 8) && html`<${SearchField} value=${text} onInput=${setText} />`}
            <${ListFrame} list=${list} icon=${kind.icon}
                empty=${t(q ? 'app.nothing-found' : `${kind.path}.empty`)}>
                <${Table} label=${part ?? t(`place.${kind.path}`)} rows=${list.items}
                    columns=${columnsOf(kind, setOpen)} />
                <${Pager} list=${list} /><//>
            <${Dialogs} kind=${kind} open=${open} onDone=${done} onClose=${() => setOpen(null)} />
        </div>`;
}

// Groups, subjects, rooms and terms, each with its list and its dialogs.

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
