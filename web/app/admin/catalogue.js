// What courses are made of: groups, subjects, rooms, terms, and the policies of attendance.
import { get, patch, post, put, remove, troubleText } from '../base/api.js';
import { dayName, html, number, percent, t, useState } from '../base/page.js';
import {
    DataFrame, ListFrame, Pager, PersonPicker, SearchField, Table, useData, useList, useSettled,
} from '../ui/list.js';
import { Confirm, Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';
import { Icon, Title, toast, WorkButton } from '../ui/parts.js';
import { Named } from './course-edit.js';

// A list of things with a name that are added, changed and deleted in dialogs: groups, subjects, rooms,
// terms, holidays.

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

// Statuses of the site's own beside the four: a name, a short code, which of the four it is a kind
// of, and what it is worth.

const KINDS = ['present', 'late', 'absent', 'excused'];

/** Points as they were written: none means what its kind is worth. */
function points(written) {
    const text = String(written ?? '').trim();
    return text === '' ? null : Math.min(1, Math.max(0, Number(text.replace(',', '.')) || 0));
}

const statusOf = (status) => ({ ...status, points: points(status.points) });

function Row({ status, index, onChange, onRemove }) {
    const set = (change) => onChange({ ...status, ...change });
    const name = (what) => `status-${index}-${what}`;
    return html`
        <li class="form-four">
            <${Field} name=${name('name')} label=${t('status.name')} value=${status.name} onInput=${({ target }) => set({ name: target.value })} />
            <${Field} name=${name('code')} label=${t('status.code')} value=${status.code} maxlength="12"
                onInput=${({ target }) => set({ code: target.value })} />
            <${SelectField} name=${name('kind')} label=${t('status.kind')} value=${status.kind} onInput=${({ target }) => set({ kind: target.value })}>
                ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`status.${kind}`)}</option>`)}<//>
            <div class="row"><div class="grow"><${Field} name=${name('points')} label=${t('status.points')} inputmode="decimal"
                    value=${status.points ?? ''} onInput=${({ target }) => set({ points: target.value })} /></div>
                <button type="button" class="tool" aria-label=${t('status.remove', { name: status.name })} onClick=${onRemove}>
                    <${Icon} name="trash-2" /></button></div>
        </li>`;
}

function Statuses({ statuses, onChange }) {
    const replace = (index, status) => onChange(statuses.map((one, i) => (i === index ? status : one)));
    return html`
        <fieldset class="stack"><legend><h3>${t('policy.statuses')}</h3></legend>
            <p class="quiet small">${t('policy.statuses.hint')}</p>
            <ul class="stack">${statuses.map(
                (status, i) => html`<${Row} key=${i} index=${i} status=${status} onChange=${(one) => replace(i, one)}
                    onRemove=${() => onChange(statuses.filter((_, at) => at !== i))} />`,
            )}</ul>
            <div><button type="button" class="button plain small"
                onClick=${() => onChange([...statuses, { code: '', name: '', kind: 'late', points: null }])}>
                <${Icon} name="plus" size="small" />${t('status.add')}</button></div>
        </fieldset>`;
}

// Rules of courses: when a mark counts as what, what happens to who has none, and how the share is
// reckoned. A timeline shows what the numbers mean.

const MINUTE_S = 60;
// What new rules begin with: those of a lesson that is used to people coming late.
const FIRST = {
    opens_before: 900,
    present_until: 600,
    late_until: 1800,
    closes_after: 0,
    unmarked: 'absent',
    excused: 'out',
    late_worth: 0.5,
    drop_worst: 0,
    basis: 'past',
    required_share: 0.8,
    warning_share: 0.85,
    warning_absences: 3,
    challenge: 'doubt',
    search: 'roster',
    statuses: [],
};
const MINUTES = ['opens_before', 'present_until', 'late_until', 'closes_after'];
const SHARES = ['required_share', 'warning_share', 'late_worth'];
const WHOLE = ['drop_worst', 'warning_absences'];
const CHOICES = {
    unmarked: ['absent', 'excused', 'open'],
    excused: ['out', 'present', 'absent'],
    basis: ['past', 'term'],
    challenge: ['never', 'doubt', 'always'],
    search: ['roster', 'institution'],
};

/** Seconds and shares as people write them: minutes and hundredths; and back. */
function shown(rules) {
    const values = { ...FIRST, ...rules };
    for (const name of MINUTES) values[name] = Math.round(values[name] / MINUTE_S);
    for (const name of SHARES) values[name] = Math.round(values[name] * 100);
    return values;
}

function sent(values) {
    const rules = { statuses: values.statuses.map(statusOf) };
    for (const name of MINUTES) rules[name] = Number(values[name]) * MINUTE_S;
    for (const name of SHARES) rules[name] = Number(values[name]) / 100;
    for (const name of WHOLE) rules[name] = Number(values[name]);
    for (const name of Object.keys(CHOICES)) rules[name] = values[name];
    return rules;
}

/** Before – present – late – closed, in proportion, with the minutes under it. */
function Timeline({ values }) {
    const [before, present, late] = MINUTES.map((name) => Math.max(0, Number(values[name]) || 0));
    const whole = Math.max(1, before + Math.max(present, late));
    const x = (minutes) => ((before + minutes) / whole) * 100;
    const parts = [
        ['present', 0, x(present)],
        ['late', x(present), x(Math.max(present, late)) - x(present)],
    ];
    return html`
        <div class="timeline">
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                ${parts.map(([status, at, width]) => html`<rect class=${status} key=${status} x=${at} width=${Math.max(0, width)} height="8" />`)}
                <line x1=${x(0)} x2=${x(0)} y1="0" y2="8" /></svg>
            <p class="quiet small">${t('policy.timeline', { before, present, late: Math.max(present, late) })}</p>
        </div>`;
}

const NumberField = ({ form, name }) => html`
    <${Field} ...${form.field(name)} type="number" min="0" inputmode="numeric" label=${t(`policy.${name}`)} />`;

const ChoiceField = ({ form, name }) => html`
    <${SelectField} ...${form.field(name)} label=${t(`policy.${name}`)}>${CHOICES[name].map(
        (one) => html`<option key=${one} value=${one}>${t(`policy.${name}.${one}`)}</option>`,
    )}<//>`;

function PolicyDialog({ policy, onDone, onClose }) {
    const form = useForm(
        { name: policy?.name ?? '', ...shown(policy?.rules) },
        {
            check: ({ name }) => (name.trim() ? {} : { name: t('field.required') }),
            send: async ({ name, ...values }) => {
                const body = { name: name.trim(), rules: sent(values) };
                await (policy ? patch(`policies/${policy.id}`, body) : post('policies', body));
                toast(t('app.saved'));
                onDone();
            },
        },
    );
    const numbers = (names) => names.map((name) => html`<${NumberField} key=${name} form=${form} name=${name} />`);
    const choices = (...names) => names.map((name) => html`<${ChoiceField} key=${name} form=${form} name=${name} />`);
    return html`
        <${Dialog} title=${policy?.name ?? t('policy.new')} onClose=${onClose} wide>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('name')} label=${t('policy.name')} autocomplete="off" />
                <fieldset class="stack"><legend><h3>${t('policy.when')}</h3></legend>
                    <${Timeline} values=${form.values} />
                    <div class="form-four">${numbers(MINUTES)}</div>
                    <div class="form-two">${choices('unmarked', 'challenge', 'search')}</div></fieldset>
                <fieldset class="stack"><legend><h3>${t('policy.reckoning')}</h3></legend>
                    <div class="form-four">${numbers([...SHARES, ...WHOLE])}</div>
                    <div class="form-two">${choices('excused', 'basis')}</div></fieldset>
                <${Statuses} statuses=${form.values.statuses} onChange=${(statuses) => form.set({ statuses })} />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions"><${WorkButton} class="button" type="submit" working=${form.working}>${t('app.save')}<//></div>
            </form>
        <//>`;
}

const minutes = (seconds) => number(seconds / MINUTE_S);

const sentence = ({ rules }) =>
    t('policy.sentence', {
        present: minutes(rules.present_until),
        late: minutes(rules.late_until),
        worth: percent(rules.late_worth),
        required: percent(rules.required_share),
    });

const Policy = ({ policy, onEdit, onDefault, onDelete }) => html`
    <li class="card stack close">
        <div class="row wrap"><h2 class="grow">${policy.name}
                ${policy.default && html` <span class="chip">${t('policy.default')}</span>`}</h2>
            <button class="button plain small" onClick=${() => onEdit(policy)}><${Icon} name="pencil" size="small" />${t('policy.edit')}</button>
            ${!policy.default && html`<button class="button plain small" onClick=${() => onDefault(policy)}>${t('policy.make-default')}</button>`}
            <button class="button plain small icon-only" aria-label=${t('policy.delete', { name: policy.name })}
                onClick=${() => onDelete(policy)}><${Icon} name="trash-2" size="small" /></button></div>
        <p class="quiet">${sentence(policy)}</p>
        <p class="tiny">${t('policy.courses', { n: policy.course_count })}</p>
    </li>`;

export function PoliciesPage() {
    const list = useList((page) => get('policies', page), []);
    const [open, setOpen] = useState(null);
    const close = () => setOpen(null);
    const done = () => {
        close();
        list.refresh();
    };
    async function makeDefault(policy) {
        try {
            await put(`policies/${policy.id}/default`);
            toast(t('app.saved'));
            list.refresh();
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
    }
    const add = html`<button class="button" onClick=${() => setOpen({})}><${Icon} name="plus" />${t('policy.new')}</button>`;
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.policies')}<//>${list.total > 0 && add}</header>
            <${ListFrame} list=${list} icon="sliders-horizontal" empty=${t('policy.empty')} button=${add}>
                <ul class="stack">${list.items.map(
                    (policy) => html`<${Policy} key=${policy.id} policy=${policy} onDefault=${makeDefault}
                        onEdit=${(one) => setOpen({ edit: one })} onDelete=${(one) => setOpen({ gone: one })} />`,
                )}</ul><//>
            ${open && !open.gone && html`<${PolicyDialog} policy=${open.edit} onDone=${done} onClose=${close} />`}
            ${open?.gone &&
            html`<${Confirm} title=${t('policy.delete', { name: open.gone.name })} text=${t('policy.delete.text', { n: open.gone.course_count })}
                danger yes=${t('policy.delete.yes')} onClose=${close} onYes=${() => remove(`policies/${open.gone.id}`).then(list.refresh)} />`}
        </div>`;
}
