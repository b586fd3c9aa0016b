// The timetable of a week: one's own, or of a group, a room, a course or a teacher.
import {
    clockTime, dayAfter, dayMonth, dayName, dayOf, html, isDay, mondayOf, noteInAddress, t, today,
    useEffect, useState, weekdayName,
} from '../base/page.js';
import { get } from '../base/api.js';
import { DataFrame, useData } from '../ui/list.js';
import { SelectField } from '../ui/form.js';
import { Empty, Icon, Notice, Title } from '../ui/parts.js';

// A week of sessions: by day and hour on a wide screen, a list by day on a phone. It is the same
// list of lists; where each session stands on a wide screen is in its properties.

const WORKDAYS = 5;

const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** Sessions at the same time stand side by side: each gets its lane of so many. */
function lanesOf(sessions) {
    const placed = [];
    let group = [];
    let ends = [];
    const close = () => {
        for (const one of group) placed.push({ ...one, lanes: ends.length });
        group = [];
        ends = [];
    };
    for (const session of sessions) {
        const from = minutes(session.start_time);
        if (group.length && ends.every((end) => end <= from)) close();
        const free = ends.findIndex((end) => end <= from);
        const lane = free < 0 ? ends.length : free;
        ends[lane] = Math.max(minutes(session.end_time), from + 30);
        group.push({ session, from, to: ends[lane], lane });
    }
    close();
    return placed;
}

/** The first and the last hour that anything happens in. */
function hoursOf(items) {
    const first = Math.min(...items.map(({ start_time: time }) => minutes(time)));
    const last = Math.max(...items.map(({ end_time: time }) => minutes(time)));
    return { first: Math.floor(first / 60), last: Math.ceil(Math.max(last, first + 1) / 60) };
}

function Slot({ place, first, links, doubled }) {
    const { session, from, to, lane, lanes } = place;
    const { id, course_name: course, room_name: room, title, state } = session;
    const cancelled = state === 'cancelled';
    const where = {
        '--from': from / 60 - first,
        '--length': (to - from) / 60,
        '--lane': lane,
        '--lanes': lanes,
    };
    const inside = html`
        <span class="tiny figures">${clockTime(session.starts_at)} – ${clockTime(session.ends_at)}</span>
        <b>${course}</b>
        <span class="small quiet">${[room, title].filter(Boolean).join(' · ')}</span>
        ${cancelled && html`<span class="small">${t('courses.cancelled')}</span>`}
        ${doubled && html`<span class="small doubled">${t('timetable.doubled')}</span>`}`;
    return html`
        <li class=${`slot ${cancelled ? 'cancelled' : ''} ${doubled ? 'clash' : ''}`} style=${where}>
            ${links ? html`<a href=${`#/sessions/${id}`}>${inside}</a>` : html`<div>${inside}</div>`}</li>`;
}

const Day = ({ day, weekday, items, first, links, doubled }) => html`
    <section class=${`week-day ${day === today() ? 'is-today' : ''} ${items.length ? '' : 'free'}`}>
        <h2>${weekdayName(weekday, 'long')} <span class="quiet figures">${dayMonth(day)}</span></h2>
        <ul>${lanesOf(items).map(
            (place) => html`<${Slot} key=${place.session.id} ...${{ place, first, links }}
                doubled=${doubled.has(place.session.id)} />`,
        )}</ul>
    </section>`;

function Week({ data, links }) {
    const { first, last } = hoursOf(data.items);
    const hours = Array.from({ length: last - first }, (_, i) => first + i);
    const days = Array.from({ length: 7 }, (_, i) => dayAfter(data.from, i))
        .map((day, weekday) => ({ day, weekday, items: data.items.filter((one) => one.day === day) }))
        .filter(({ weekday, items }) => weekday < WORKDAYS || items.length > 0);
    const doubled = new Set(data.conflicts.flatMap((one) => [one.session_id, one.other_session_id]));
    return html`
        <div class="card week" style=${{ '--hours': hours.length }}>
            <div class="week-hours" aria-hidden="true">${hours.map(
                (hour) => html`<span key=${hour} class="tiny figures">
                    ${String(hour).padStart(2, '0')}:00</span>`,
            )}</div>
            ${days.map((one) => html`<${Day} key=${one.day} ...${{ ...one, first, links, doubled }} />`)}
        </div>`;
}

const MAX = 1000;
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
