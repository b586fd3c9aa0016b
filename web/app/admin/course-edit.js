// Making and changing a course: subject, groups, teachers, policy and its hours of the week.
import {
    clockTime, dayName, dayOf, go, html, t, today, useState, weekdayName,
} from '../base/page.js';
import { Icon, Notice, Title, toast, WorkButton } from '../ui/parts.js';
import { get, patch, post, put, remove, troubleText } from '../base/api.js';
import { DataFrame, PersonPicker, useData } from '../ui/list.js';
import { Confirm, Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';
import { Options, useAll } from './people.js';

// People or groups by name, each of which can be taken away.

export const Named = ({ items, onRemove }) => html`
    <ul class="row wrap named-list">${items.map(
        (one) => html`<li class="chip" key=${one.id}>${one.name}
            <button type="button" aria-label=${t('catalogue.take-off', { name: one.name })}
                onClick=${() => onRemove(one)}>
                <${Icon} name="x" /></button></li>`,
    )}</ul>`;

// The weekly times of a course: day, hours, room, from when to when. What is booked twice is said at
// once; a double booking may be meant, so it is told and not refused.

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const WEEKS = [1, 2, 3, 4, 5, 6, 7, 8];
const NEW_SLOT = { weekday: 1, start_time: '09:00', end_time: '10:30', room_id: '', every_weeks: 1 };

/** The server counts from 1, Monday. */
function longDayName(day) {
    const name = weekdayName(day - 1, 'long');
    return name[0].toUpperCase() + name.slice(1);
}

const hours = (slot) => `${slot.start_time.slice(0, 5)} – ${slot.end_time.slice(0, 5)}`;
const everyName = (n) => t('course.every', { n });

const bodyOf = ({ weekday, start_time, end_time, room_id, every_weeks, first_day, last_day }) => ({
    weekday: Number(weekday),
    start_time,
    end_time,
    room_id: room_id || null,
    every_weeks: Number(every_weeks),
    first_day,
    last_day,
});

function SlotDialog({ course, term, slot, onDone, onClose }) {
    const rooms = useAll('rooms');
    const form = useForm(
        slot ?? { ...NEW_SLOT, first_day: term.first_day, last_day: term.last_day },
        {
            check: ({ start_time: start, end_time: end, first_day: first, last_day: last }) => ({
                ...(start ? {} : { start_time: t('field.required') }),
                ...(end && end !== start ? {} : { end_time: t('course.end.order') }),
                ...(last >= first ? {} : { last_day: t('terms.order') }),
            }),
            send: async (values) => {
                const body = bodyOf(values);
                const call = slot ? patch(`slots/${slot.id}`, body) : post(`courses/${course.id}/slots`, body);
                const answer = await call;
                const { inserted, moved } = answer.sessions;
                toast(t('course.slot.saved', { n: inserted + moved }));
                onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t(slot ? 'course.slot.edit' : 'course.slot.new')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <div class="form-two">
                    <${SelectField} ...${form.field('weekday')} label=${t('course.weekday')}>
                        ${WEEKDAYS.map((day) => html`<option key=${day}
                            value=${day}>${longDayName(day)}</option>`)}<//>
                    <${SelectField} ...${form.field('room_id')} label=${t('course.room')}>
                        <${Options} items=${rooms} none=${t('course.room.none')} /><//>
                    <${Field} ...${form.field('start_time')} type="time" label=${t('course.start')} />
                    <${Field} ...${form.field('end_time')} type="time" label=${t('course.end')} />
                    <${Field} ...${form.field('first_day')} type="date" label=${t('terms.first-day')} />
                    <${Field} ...${form.field('last_day')} type="date" label=${t('terms.last-day')} />
                </div>
                <${SelectField} ...${form.field('every_weeks')} label=${t('course.how-often')}>
                    ${WEEKS.map((n) => html`<option key=${n} value=${n}>${everyName(n)}</option>`)}<//>
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('app.save')}<//>
            </form>
        <//>`;
}

/** One line for all that are alike: the first of them, with its key, course and how many. */
function gathered(conflicts) {
    const found = new Map();
    for (const one of conflicts) {
        const key = [one.kind, one.name, one.other_course_name].join('\n');
        const old = found.get(key);
        if (old) old.n++;
        else found.set(key, { ...one, key, course: one.other_course_name, n: 1 });
    }
    return [...found.values()];
}

const whenOf = (first, n) =>
    t('course.conflict.when', { day: dayName(dayOf(first)), time: clockTime(first), n: n - 1 });

const Conflicts = ({ conflicts }) =>
    conflicts.length > 0 &&
    html`<${Notice} kind="warn" live="assertive"><b>${t('course.conflicts')}</b>
        <ul class="conflicts">${gathered(conflicts).map(
            ({ key, kind, name, course, starts_at: first, n }) => html`<li key=${key} data-conflict=${kind}>
                ${t(`course.conflict.${kind}`, { name, course })}
                <span class="quiet small figures"> ${whenOf(first, n)}</span></li>`,
        )}</ul><//>`;

const Slot = ({ slot, term, onOpen }) => {
    const isWhole = slot.first_day <= term.first_day && slot.last_day >= term.last_day;
    const facts = [
        slot.room_name ?? t('course.room.none'),
        slot.every_weeks > 1 && everyName(slot.every_weeks),
        !isWhole && t('person.days', { from: dayName(slot.first_day), to: dayName(slot.last_day) }),
    ];
    return html`
        <li class="row" data-slot=${slot.weekday}>
            <span class="grow"><b>${longDayName(slot.weekday)}</b> <span class="figures">${hours(slot)}</span>
                <span class="quiet small days">${facts.filter(Boolean).join(' · ')}</span></span>
            <button class="tool" aria-label=${t('course.slot.edit')}
                onClick=${() => onOpen({ slot })}><${Icon} name="pencil" size="small" /></button>
            <button class="tool" aria-label=${t('course.slot.delete')}
                onClick=${() => onOpen({ remove: slot })}><${Icon} name="trash-2" size="small" /></button>
        </li>`;
};

/** The slots, their term, and what they are in the way of; a term has days of its own. */
async function ask(course) {
    const [{ items }, term] = await Promise.all([get(`courses/${course.id}/slots`), get(`terms/${course.term_id}`)]);
    const { first_day: from, last_day: to } = term;
    const conflicts = items.length ? (await get('timetable/conflicts', { course: course.id, from, to })).items : [];
    return { items, term, conflicts };
}

function Slots({ course }) {
    const [open, setOpen] = useState(null);
    const who = [course.groups, course.teachers].map((list) => list.map(({ id }) => id));
    const slots = useData(() => ask(course), who);
    const close = () => setOpen(null);
    const done = () => {
        close();
        slots.refresh();
    };
    return html`
        <section class="card stack">
            <div class="row"><h2 class="grow">${t('course.slots')}</h2>
                ${slots.data && html`<button class="button small" onClick=${() => setOpen({})}><${Icon}
                    name="plus" size="small" />${t('course.slot.add')}</button>`}</div>
            <${DataFrame} of=${slots}>${({ items, term, conflicts }) => html`
                <${Conflicts} conflicts=${conflicts} />
                ${items.length === 0
                    ? html`<p class="quiet">${t('course.slots.none')}</p>`
                    : html`<ul class="each">${items.map((slot) => html`<${Slot} key=${slot.id} slot=${slot}
                        term=${term} onOpen=${setOpen} />`)}</ul>`}
                ${open && !open.remove && html`<${SlotDialog} course=${course} term=${term}
                    slot=${open.slot} onDone=${done} onClose=${close} />`}`}<//>
            ${open?.remove &&
            html`<${Confirm} title=${t('course.slot.delete')} text=${t('course.slot.delete.text')} danger
                yes=${t('catalogue.delete')}
                onYes=${() => remove(`slots/${open.remove.id}`).then(done)} onClose=${close} />`}
        </section>`;
}

// Making and changing a course: what is taught, to which groups, by whom, by which rules and when.

const What = ({ form }) => {
    const subjects = useAll('subjects');
    const policies = useAll('policies');
    return html`
        <${SelectField} ...${form.field('subject_id')} label=${t('course.subject')}
            hint=${subjects.length === 0 && html`<a href="#/subjects">${t('course.subject.none')}</a>`}>
            <${Options} items=${subjects} none=${t('person.choose')} /><//>
        <${Field} ...${form.field('name')} label=${t('course.name')} hint=${t('course.name.hint')}
            autocomplete="off" />
        <${SelectField} ...${form.field('policy_id')} label=${t('course.policy')}
            hint=${t('course.policy.hint')}>
            <${Options} items=${policies} none=${t('course.policy.none')} /><//>`;
};

const checkWhat = ({ subject_id: subject }) => (subject ? {} : { subject_id: t('field.required') });

/** The term of today, or the newest. */
const termOfToday = (terms) =>
    terms.find((term) => term.first_day <= today() && today() <= term.last_day) ?? terms[0];

function NewCourse({ terms, term }) {
    const form = useForm(
        { term_id: term ?? termOfToday(terms)?.id ?? '', subject_id: '', name: '', policy_id: '' },
        {
            check: (values) => ({
                ...(values.term_id ? {} : { term_id: t('field.required') }),
                ...checkWhat(values),
            }),
            send: async (values) => {
                const given = Object.entries(values).filter(([, value]) => value);
                const course = await post('courses', Object.fromEntries(given));
                toast(t('course.made'));
                go(`courses/${course.id}/edit`);
            },
        },
    );
    return html`
        <form class="card form" ...${form.form}>
            <${SelectField} ...${form.field('term_id')} label=${t('course.term')}
                hint=${terms.length === 0 && html`<a href="#/terms">${t('course.term.none')}</a>`}>
                <${Options} items=${terms} none=${t('person.choose')} /><//>
            <${What} form=${form} />
            <${FormTrouble} trouble=${form.trouble} />
            <${WorkButton} type="submit" working=${form.working}>${t('course.make')}<//>
            <p class="tiny">${t('course.next')}</p>
        </form>`;
}

export function NewCoursePage({ query }) {
    const terms = useData(() => get('terms', { limit: 200 }));
    return html`
        <div class="page">
            <header class="page-head"><${Title} above=${t('place.courses')}>${t('course.new')}<//></header>
            <${DataFrame} of=${terms}>${({ items }) => html`<${NewCourse} terms=${items}
                term=${query.term} />`}<//>
        </div>`;
}

function Facts({ course, onSaved }) {
    const { subject_id, name, policy_id } = course;
    const form = useForm(
        { subject_id, name, policy_id: policy_id ?? '' },
        {
            check: checkWhat,
            send: async (values) => {
                const named = values.name.trim() || course.subject_name;
                await patch(`courses/${course.id}`, { ...values, name: named, policy_id: values.policy_id || null });
                toast(t('app.saved'));
                onSaved();
            },
        },
    );
    return html`
        <section class="card stack"><h2>${t('course.what')}</h2>
            <form class="form" ...${form.form}>
                <${What} form=${form} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" class="button" working=${form.working}>${t('app.save')}<//>
            </form>
        </section>`;
}

function Who({ course, onSaved }) {
    const groups = useAll('groups');
    const free = groups.filter(({ id }) => !course.groups.some((one) => one.id === id));
    async function change(call, path) {
        const said = (trouble) => toast(t(troubleText(trouble)), { kind: 'warn' });
        await call(`courses/${course.id}/${path}`).catch(said);
        onSaved();
    }
    return html`
        <section class="card stack"><h2>${t('course.groups')}</h2>
            <${Named} items=${course.groups} onRemove=${({ id }) => change(remove, `groups/${id}`)} />
            <${SelectField} name="add-group" label=${t('course.groups.add')} value=""
                onInput=${({ target }) => target.value && change(put, `groups/${target.value}`)}>
                <${Options} items=${free} none=${t('person.choose')} /><//>
        </section>
        <section class="card stack"><h2>${t('course.teachers')}</h2>
            <${Named} items=${course.teachers} onRemove=${({ id }) => change(remove, `teachers/${id}`)} />
            <${PersonPicker} name="add-teacher" label=${t('course.teachers.add')} role="teacher"
                onPick=${({ id }) => change(put, `teachers/${id}`)} />
        </section>`;
}

/** Marks keep a course: then that is said. */
async function removeCourse(course) {
    try {
        await remove(`courses/${course.id}`);
        go('courses');
    } catch (trouble) {
        if (trouble.code !== 'conflict') throw trouble;
        toast(t('course.delete.marks'), { kind: 'warn' });
    }
}

function Course({ course, onSaved }) {
    const [removing, setRemoving] = useState(false);
    return html`
        <a class="link back" href=${`#/courses/${course.id}`}><${Icon} name="arrow-left"
            size="small" /> ${t('course.back')}</a>
        <header class="page-head"><${Title} above=${course.term_name}>${course.name}<//>
            <button class="button plain" onClick=${() => setRemoving(true)}><${Icon}
                name="trash-2" />${t('catalogue.delete')}</button></header>
        <div class="two-columns">
            <div class="stack"><${Slots} course=${course} /><${Who} course=${course} onSaved=${onSaved} /></div>
            <${Facts} course=${course} onSaved=${onSaved} />
        </div>
        ${removing &&
        html`<${Confirm} title=${t('catalogue.delete.title', { name: course.name })}
            text=${t('course.delete.text')} danger
            yes=${t('catalogue.delete')} onYes=${() => removeCourse(course)}
                onClose=${() => setRemoving(false)} />`}`;
}

export function CourseEditPage({ values }) {
    const course = useData(() => get(`courses/${values.id}`));
    return html`
        <div class="page"><${DataFrame} of=${course}>${(data) => html`<${Course} course=${data}
            onSaved=${course.refresh} />`}<//></div>`;
}
