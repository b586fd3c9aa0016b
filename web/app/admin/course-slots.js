// The weekly times of a course: day, hours, room, from when to when. What is booked twice is said at
// once; a double booking may be meant, so it is told and not refused.
import { get, patch, post, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { clockTime, dayName, dayOf, t, weekdayName } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { Field, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Icon, Notice, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { Options, useAll } from './people-parts.js';

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

export function Slots({ course }) {
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
