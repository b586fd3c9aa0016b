// The timetable of a week: one's own, or of a group, a room, a course or a teacher.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { clockTime, dayAfter, dayMonth, dayName, dayOf, t, today } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { SelectField } from '../ui/field.js';
import { Empty, Icon, Notice, Title } from '../ui/parts.js';
import { isDay, mondayOf } from './report-choose.js';
import { Week } from './timetable-week.js';

const MAX = 200;
const KINDS = { group: 'groups', room: 'rooms', course: 'courses', user: 'users' };

const kindsFor = ({ role }) =>
    role === 'admin' ? ['group', 'room', 'course', 'user'] : ['', 'group', 'room', 'course'];

const kindOf = (query, user) => Object.keys(KINDS).find((kind) => query[kind]) ?? kindsFor(user)[0];

const Weeks = ({ monday, onChange }) => html`
    <div class="row weeks">
        <button class="button plain icon-only" aria-label=${t('timetable.previous')}
            onClick=${() => onChange(dayAfter(monday, -7))}><${Icon} name="chevron-left" /></button>
        <b class="figures" aria-live="polite">${dayMonth(monday)} – ${dayMonth(dayAfter(monday, 6))}</b>
        <button class="button plain icon-only" aria-label=${t('timetable.next')}
            onClick=${() => onChange(dayAfter(monday, 7))}><${Icon} name="chevron-right" /></button>
        ${monday !== mondayOf(today()) &&
        html`<button class="button plain" onClick=${() => onChange(mondayOf(today()))}>
            ${t('timetable.this')}</button>`}
    </div>`;

/** Whose week: first of what kind, then which. */
function Whose({ user, kind, id, onChange }) {
    const values = { limit: MAX, role: kind === 'user' ? 'teacher' : '' };
    const ask = async () => (kind ? get(KINDS[kind], values) : { items: [] });
    const list = useData(ask, [kind]);
    const items = list.data?.items ?? [];
    useEffect(() => {
        if (kind && !id && items.length) onChange(kind, items[0].id);
    }, [kind, id, list.data]);
    return html`
        <form class="whose" onSubmit=${(event) => event.preventDefault()}>
            <${SelectField} name="kind" label=${t('timetable.of')} value=${kind}
                onChange=${({ target }) => onChange(target.value, '')}>
                ${kindsFor(user).map(
                    (one) => html`<option key=${one} value=${one}>
                        ${t(`timetable.of.${one || 'me'}`)}</option>`,
                )}<//>
            ${kind &&
            html`<${SelectField} name="which" label=${t(`timetable.of.${kind}`)} value=${id}
                onChange=${({ target }) => onChange(kind, target.value)}>
                ${items.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}<//>`}
        </form>`;
}

const Conflict = ({ one }) => html`
    <li><a href=${`#/sessions/${one.session_id}`}>
            ${dayName(dayOf(one.starts_at))}, ${clockTime(one.starts_at)}</a>
        ${` · ${one.course_name}: `}
        ${t(`timetable.conflict.${one.kind}`, { name: one.name, other: one.other_course_name })}</li>`;

/** What is booked twice in this week, as far as one may see it. */
const Conflicts = ({ items }) =>
    items.length > 0 &&
    html`<${Notice} kind="warn"><b>${t('timetable.conflicts', { n: items.length })}</b>
        <ul class="small">${items.map((one, i) => html`<${Conflict} key=${i} one=${one} />`)}</ul><//>`;

async function weekOf(monday, kind, id, staff) {
    const days = { from: monday, to: dayAfter(monday, 6), course: kind === 'course' ? id : '' };
    const [week, conflicts] = await Promise.all([
        get('timetable', { week: monday, ...(kind && { [kind]: id }) }),
        staff ? get('timetable/conflicts', days) : { items: [] },
    ]);
    return { ...week, conflicts: conflicts.items };
}

export function TimetablePage({ user, query }) {
    const staff = user.role !== 'student';
    const [monday, setMonday] = useState(mondayOf(isDay(query.week) ? query.week : today()));
    const [whose, setWhose] = useState(() => {
        const kind = kindOf(query, user);
        return staff ? { kind, id: query[kind] ?? '' } : { kind: '', id: '' };
    });
    const { kind, id } = whose;
    const choose = (nextKind, nextId) => setWhose({ kind: nextKind, id: nextId });
    const week = useData(
        async () => (kind && !id ? null : weekOf(monday, kind, id, staff)),
        [monday, kind, id],
    );
    useEffect(() => {
        const none = Object.fromEntries(Object.keys(KINDS).map((name) => [name, '']));
        const other = monday === mondayOf(today()) ? '' : monday;
        noteInAddress({ week: other, ...none, ...(kind && { [kind]: id }) });
    }, [monday, kind, id]);
    return html`
        <div class="page">
            <header class="page-head middle wrap">
                <${Title}>${t(staff ? 'timetable.title' : 'timetable.title.mine')}<//>
                <${Weeks} monday=${monday} onChange=${setMonday} />
            </header>
            ${staff && html`<${Whose} ...${{ user, kind, id }} onChange=${choose} />`}
            <${DataFrame} of=${week}>${(data) =>
                data &&
                html`<${Conflicts} items=${data.conflicts} />
                    ${data.items.length === 0
                        ? html`<${Empty} icon="calendar-days" text=${t('timetable.empty')}>
                            <button class="button plain" onClick=${() => setMonday(dayAfter(monday, 7))}>
                                ${t('timetable.next')}</button><//>`
                        : html`<${Week} data=${data} links=${staff} />`}`}<//>
        </div>`;
}
