// A week of sessions: by day and hour on a wide screen, a list by day on a phone. It is the same
// list of lists; where each session stands on a wide screen is in its properties.
import { html } from '../base/html.js';
import { clockTime, dayAfter, dayMonth, t, today, weekdayName } from '../base/text.js';

const WORKDAYS = 5;

const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

/** Sessions at the same time stand side by side: each gets its lane of so many. */
export function lanesOf(sessions) {
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

export function Week({ data, links }) {
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
