// The courses that one teaches, or, for administrators, all of them.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { clockTime, dayAfter, dayName, t, today } from '../base/text.js';
import { useData } from '../ui/data.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Icon, Title } from '../ui/parts.js';
import { SearchField, useSettled } from '../ui/search.js';

// From so many courses on, looking for one is worth a field.
const MANY = 9;

/** The next session of each course, by its id. */
async function nextSessions() {
    const week = { from: today(), to: dayAfter(today(), 7), state: 'planned', limit: 1000 };
    const { items } = await get('sessions', week);
    const now = Date.now();
    const next = {};
    for (const session of items)
        if (Date.parse(session.ends_at) > now) next[session.course_id] ??= session;
    return next;
}

const when = ({ day, starts_at: from, room_name: room }) =>
    [dayName(day), clockTime(from), room].filter(Boolean).join(' · ');

const Course = ({ course, next }) => html`
    <li class="card stack close course">
        <h2><a href=${`#/courses/${course.id}`}>${course.name}</a></h2>
        <p class="quiet small">${[course.subject_code, course.term_name].filter(Boolean).join(' · ')}</p>
        ${next && html`<p class="small figures">${t('courses.next', { when: when(next) })}</p>`}
        <p class="row small"><a href=${`#/reports?course=${course.id}`}>
            <${Icon} name="chart-line" size="small" />${t('courses.report')}</a></p>
    </li>`;

export function CoursesPage({ user }) {
    const [text, setText] = useState('');
    const wanted = useSettled(text.trim());
    const list = useList((page) => get('courses', { ...page, q: wanted }), [wanted]);
    const next = useData(nextSessions);
    const all = user.role === 'admin';
    const searched = text || list.total >= MANY;
    return html`
        <div class="page">
            <header class="page-head">
                <${Title}>${t(all ? 'courses.title.all' : 'courses.title')}<//>
                ${all &&
                html`<a class="button" href="#/new-course">
                    <${Icon} name="plus" />${t('courses.new')}</a>`}
            </header>
            ${searched &&
            html`<${SearchField} label=${t('courses.search')} value=${text} onInput=${setText} />`}
            <${ListFrame} list=${list} icon="book-open"
                empty=${t(wanted ? 'app.nothing-found' : all ? 'courses.empty.all' : 'courses.empty')}>
                <ul class="cards">${list.items.map(
                    (course) => html`<${Course} key=${course.id} course=${course}
                        next=${next.data?.[course.id]} />`,
                )}</ul>
                <${Pager} list=${list} />
            <//>
        </div>`;
}
