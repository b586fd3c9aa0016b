// Where somebody belongs and belonged: groups and single courses with their days. What is over stays.
import { get, patch, post, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { dayAfter, dayName, t, today } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { CheckField, Field, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Icon, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { Options, useAll } from './people-parts.js';

const nameOf = (one) => one.group_name ?? one.course_name;
const isOver = ({ last_day: last }) => Boolean(last) && last < today();

/** Ends the place until now and begins another one; when that is refused, the first goes on. */
async function move(current, day, begin) {
    await patch(`enrolments/${current.id}`, { last_day: dayAfter(day, -1) });
    try {
        await begin();
    } catch (trouble) {
        await patch(`enrolments/${current.id}`, { last_day: current.last_day });
        throw trouble;
    }
}

function Add({ person, current, onDone, onClose }) {
    const groups = useAll('groups');
    const courses = useAll('courses');
    const form = useForm(
        { kind: 'group', group_id: '', course_id: '', first_day: today(), ends: true },
        {
            check: (values) => {
                const place = `${values.kind}_id`;
                return values[place] ? {} : { [place]: t('field.required') };
            },
            send: async ({ kind, first_day: day, ends, ...places }) => {
                const place = `${kind}_id`;
                const enrolment = { user_id: person.id, [place]: places[place], first_day: day };
                const begin = () => post('enrolments', enrolment);
                if (kind === 'group' && current && ends) await move(current, day, begin);
                else await begin();
                toast(t('app.saved'));
                onDone();
            },
        },
    );
    const isGroup = form.values.kind === 'group';
    return html`
        <${Dialog} title=${t('person.enrol')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${SelectField} ...${form.field('kind')} label=${t('person.enrol.in')}>
                    <option value="group">${t('people.group')}</option>
                    <option value="course">${t('person.enrol.course')}</option><//>
                ${isGroup
                    ? html`<${SelectField} ...${form.field('group_id')} label=${t('people.group')}>
                          <${Options} items=${groups} none=${t('person.choose')} /><//>`
                    : html`<${SelectField} ...${form.field('course_id')} label=${t('person.enrol.course')}>
                          <${Options} items=${courses} none=${t('person.choose')} /><//>`}
                <${Field} ...${form.field('first_day')} type="date" label=${t('person.first-day')} />
                ${isGroup && current &&
                html`<${CheckField} name="ends" checked=${form.values.ends}
                    onChange=${(ends) => form.set({ ends })}
                    label=${t('person.enrol.ends', { group: nameOf(current) })}
                        hint=${t('person.enrol.ends.hint')} />`}
                ${form.trouble?.code === 'conflict'
                    ? html`<p class="wrong" role="alert">${t('person.enrol.already')}</p>`
                    : html`<${FormTrouble} trouble=${form.trouble} />`}
                <${WorkButton} type="submit" working=${form.working}>${t('person.enrol.yes')}<//>
            </form>
        <//>`;
}

function End({ enrolment, onDone, onClose }) {
    const form = useForm(
        { last_day: enrolment.last_day ?? today() },
        {
            check: ({ last_day: day }) =>
                day >= enrolment.first_day ? {} : { last_day: t('person.last-day.before') },
            send: async (values) => {
                await patch(`enrolments/${enrolment.id}`, values);
                toast(t('app.saved'));
                onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('person.end.title', { name: nameOf(enrolment) })} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('last_day')} type="date" label=${t('person.last-day')}
                    hint=${t('person.end.hint')} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('person.end')}<//>
            </form>
        <//>`;
}

const Enrolment = ({ one, onOpen }) => html`
    <li class=${`row wrap ${isOver(one) ? 'over' : ''}`}>
        <span class="grow"><b>${nameOf(one)}</b>
            <span class="quiet small figures days">${one.last_day
                ? t('person.days', { from: dayName(one.first_day), to: dayName(one.last_day) })
                : t('person.days.open', { from: dayName(one.first_day) })}</span></span>
        ${!isOver(one) && html`<button class="link small"
            onClick=${() => onOpen({ end: one })}>${t('person.end')}</button>`}
        <button class="tool" aria-label=${t('person.mistake', { name: nameOf(one) })}
            onClick=${() => onOpen({ mistake: one })}>
            <${Icon} name="trash-2" size="small" /></button>
    </li>`;

export function Enrolments({ person, onChange }) {
    const list = useData(() => get(`users/${person.id}/enrolments`, { limit: 200 }));
    const [open, setOpen] = useState({});
    const close = () => setOpen({});
    const current = list.data?.items.find((one) => one.group_id && !isOver(one));
    function changed() {
        close();
        list.refresh();
        onChange();
    }
    return html`
        <section class="card stack">
            <div class="row"><h2 class="grow">${t('person.enrolments')}</h2>
                <button class="button plain small" onClick=${() => setOpen({ add: true })}>
                    <${Icon} name="plus" size="small" />${t('person.enrol')}</button></div>
            <${DataFrame} of=${list}>${({ items }) =>
                items.length === 0
                    ? html`<p class="quiet">${t('person.enrolments.none')}</p>`
                    : html`<ul class="each enrolments">${items.map(
                          (one) => html`<${Enrolment} key=${one.id} one=${one} onOpen=${setOpen} />`,
                      )}</ul>`}<//>
            ${open.add && html`<${Add} person=${person} current=${current} onDone=${changed}
                onClose=${close} />`}
            ${open.end && html`<${End} enrolment=${open.end} onDone=${changed} onClose=${close} />`}
            ${open.mistake &&
            html`<${Confirm} title=${t('person.mistake.title')}
                text=${t('person.mistake.text', { name: nameOf(open.mistake) })}
                yes=${t('person.mistake.yes')} danger onClose=${close}
                onYes=${() => remove(`enrolments/${open.mistake.id}`).then(changed)} />`}
        </section>`;
}
