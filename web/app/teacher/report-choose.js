// What a report is of: group, subject or course, and period; all of it in the address.
import { get } from '../base/api.js';
import { html } from '../base/html.js';
import { dayAfter, t, today } from '../base/text.js';
import { Field, SelectField } from '../ui/field.js';
import { isChosen } from './report-data.js';

const MAX = 200;

/** An address is anybody's to write: is this a day? */
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

/** The Monday of the week that a day is in. */
export function mondayOf(day) {
    const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
    return dayAfter(day, -((weekday + 6) % 7));
}

const byName = (a, b) => a.name.localeCompare(b.name);
const distinct = (list) => [...new Map(list.map((one) => [one.id, one])).values()].sort(byName);

// Teachers choose among the groups that they teach, which the courses name.
async function groupsTaught(courses) {
    const details = await Promise.all(courses.map(({ id }) => get(`courses/${id}`)));
    return distinct(details.flatMap(({ groups }) => groups));
}

/** What may be chosen: {groups, courses, term}; the courses are those of the chosen group. */
export async function choicesOf(user, group) {
    const [{ items: courses }, { items: terms }, all] = await Promise.all([
        get('courses', { limit: MAX, group_id: group }),
        get('terms', { limit: MAX }),
        user.role === 'admin' && get('groups', { limit: MAX }),
    ]);
    const taught = group && !all ? (await get('courses', { limit: MAX })).items : courses;
    const day = today();
    const term = terms.find((one) => one.first_day <= day && day <= one.last_day) ?? terms[0];
    return { courses, term, groups: all ? all.items : await groupsTaught(taught) };
}

/** The usual periods: {week: [from, to], …}. */
export function periodsOf(term) {
    const day = today();
    const monday = mondayOf(day);
    const periods = { week: [monday, dayAfter(monday, 6)], month: [`${day.slice(0, 7)}-01`, day] };
    if (term) periods.term = [term.first_day, day < term.last_day ? day : term.last_day];
    return periods;
}

const Periods = ({ periods, choice, onChoose }) => html`
    <div class="presets" role="group" aria-label=${t('report.period')}>
        ${Object.entries(periods).map(
            ([name, [from, to]]) => html`<button key=${name} class="button plain" type="button"
                aria-pressed=${from === choice.from && to === choice.to ? 'true' : 'false'}
                onClick=${() => onChoose({ from, to })}>${t(`report.period.${name}`)}</button>`,
        )}
    </div>`;

const Options = ({ label, kind, items }) => html`
    <optgroup label=${label}>${items.map(
        ({ id, name }) => html`<option key=${id} value=${`${kind}:${id}`}>${name}</option>`,
    )}</optgroup>`;

/** Subjects that are taught in several courses, and the courses themselves. */
function What({ courses, choice, onChoose }) {
    const counted = new Map();
    for (const { subject_id: id } of courses) counted.set(id, (counted.get(id) ?? 0) + 1);
    const subjects = distinct(
        courses
            .filter(({ subject_id: id }) => counted.get(id) > 1)
            .map(({ subject_id: id, subject_name: name }) => ({ id, name })),
    );
    const kind = ['course', 'subject'].find((name) => choice[name]);
    const value = kind ? `${kind}:${choice[kind]}` : '';
    function chosen({ target }) {
        const [name, id] = target.value.split(':');
        onChoose({ course: '', subject: '', ...(id && { [name]: id }) });
    }
    return html`
        <${SelectField} name="what" label=${t('report.course')} value=${value} onChange=${chosen}>
            <option value="">${t('report.course.all')}</option>
            ${subjects.length > 0 &&
            html`<${Options} label=${t('report.subjects')} kind="subject" items=${subjects} />`}
            <${Options} label=${t('report.courses')} kind="course" items=${courses} />
        <//>`;
}

// On a phone the choice makes room for the report once it is made.
const isWide = () => matchMedia('(min-width: 700px)').matches;

export function Chooser({ choices, choice, onChoose }) {
    const group = ({ target }) => onChoose({ group: target.value, course: '', subject: '' });
    const day = (name) => (event) => event.target.value && onChoose({ [name]: event.target.value });
    return html`
        <details class="card fold no-print" open=${isWide() || !isChosen(choice)}>
        <summary><b>${t('report.choice')}</b></summary>
        <form class="chooser" onSubmit=${(event) => event.preventDefault()}>
            <${SelectField} name="group" label=${t('report.group')} value=${choice.group}
                onChange=${group}>
                <option value="">${t('report.group.all')}</option>
                ${choices.groups.map(
                    ({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`,
                )}
            <//>
            <${What} courses=${choices.courses} ...${{ choice, onChoose }} />
            <${Field} name="from" type="date" label=${t('report.from')} value=${choice.from}
                max=${choice.to} onChange=${day('from')} />
            <${Field} name="to" type="date" label=${t('report.to')} value=${choice.to}
                min=${choice.from} onChange=${day('to')} />
            <${Periods} periods=${periodsOf(choices.term)} ...${{ choice, onChoose }} />
        </form></details>`;
}
