// Courses: the list, and one with its people and sessions.
import { get, post } from '../base/api.js';
import {
    clockTime, currentLanguage, dayAfter, dayName, html, noteInAddress, number, percent, t, today,
    useState,
} from '../base/page.js';
import {
    DataFrame, ListFrame, Pager, SearchField, Table, useData, useList, useSettled,
} from '../ui/list.js';
import { Empty, Icon, StatusChip, TabPanel, Tabs, Title, toast, WorkButton } from '../ui/parts.js';
import { Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';

// The courses that one teaches, or, for administrators, all of them.

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

// The sessions of a course, past and to come, and adding a single one.

const startOf = ({ day, start }) => `${day} ${start.slice(0, 5)}`;

/** How many came to each session, by its day and start. */
async function countsOf(course) {
    const { rows } = await get('reports/sessions', { course: course.id, language: currentLanguage() });
    return Object.fromEntries(rows.map((row) => [startOf(row), row]));
}

function Came({ session, counts }) {
    if (session.state === 'cancelled') return html`<span class="quiet">${t('courses.cancelled')}</span>`;
    const row = counts?.[`${session.day} ${session.start_time.slice(0, 5)}`];
    if (!row?.total) return '';
    const total = row.total - row.excused;
    return html`<span class="figures">${t('report.of', { n: row.present + row.late, total })}</span>
        ${row.share !== null && html`<span class="quiet small figures"> = ${percent(row.share)}</span>`}`;
}

const columnsOf = (counts, past) => [
    {
        name: t('column.day'),
        class: 'figures',
        cell: (session) => html`<a href=${`#/sessions/${session.id}`}>${dayName(session.day)}</a>`,
    },
    {
        name: t('column.time'),
        class: 'figures',
        cell: ({ starts_at: from, ends_at: to }) => `${clockTime(from)} – ${clockTime(to)}`,
    },
    { name: t('courses.room'), class: 'wide-cell', cell: ({ room_name: room }) => room },
    {
        name: t(past ? 'courses.here' : 'courses.note'),
        cell: (session) =>
            past || session.state === 'cancelled'
                ? html`<${Came} session=${session} counts=${counts} />`
                : [session.title, session.note].filter(Boolean).join(' · '),
    },
];

function Part({ course, past, counts }) {
    const days = past
        ? { to: today(), sort: '-starts_at' }
        : { from: dayAfter(today(), 1), sort: 'starts_at' };
    const list = useList((page) => get('sessions', { ...page, ...days, course: course.id }), []);
    const label = t(past ? 'courses.past' : 'courses.to-come');
    return html`
        <section class="stack">
            <h2>${label}</h2>
            <${ListFrame} list=${list} icon="calendar-days"
                empty=${t(past ? 'courses.past.none' : 'courses.to-come.none')}>
                <${Table} label=${label} columns=${columnsOf(counts, past)} rows=${list.items} />
                <${Pager} list=${list} />
            <//>
        </section>`;
}

function Sessions({ course }) {
    const counts = useData(() => countsOf(course), [currentLanguage()]);
    return html`
        <div class="report-two">
            <${Part} course=${course} past counts=${counts.data} />
            <${Part} course=${course} />
        </div>`;
}

function check({ day, start_time: from, end_time: to }) {
    const wrong = {};
    if (!day) wrong.day = t('field.required');
    if (!from) wrong.start_time = t('field.required');
    if (!to) wrong.end_time = t('field.required');
    else if (from && to <= from) wrong.end_time = t('courses.add.order');
    return wrong;
}

/** What the new session collides with; it stands all the same. */
const warn = ({ kind, name, other_course_name: other }) =>
    toast(t(`timetable.conflict.${kind}`, { name, other }), { kind: 'warn' });

function AddSession({ course, onDone, onClose }) {
    const rooms = useData(() => get('rooms', { limit: 200 }));
    const form = useForm(
        { day: today(), start_time: '', end_time: '', room_id: '', title: '' },
        {
            check,
            send: async ({ room_id: room, title, ...times }) => {
                const what = { room_id: room || null, title: title.trim() || null };
                const { conflicts } = await post('sessions', { course_id: course.id, ...times, ...what });
                if (conflicts.length) warn(conflicts[0]);
                else toast(t('courses.added'));
                onDone();
            },
        },
    );
    const { field } = form;
    return html`
        <${Dialog} title=${t('courses.add.title')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${field('day')} type="date" label=${t('column.day')} />
                <div class="form-two">
                    <${Field} ...${field('start_time')} type="time" label=${t('courses.add.from')} />
                    <${Field} ...${field('end_time')} type="time" label=${t('courses.add.to')} />
                </div>
                <${SelectField} ...${field('room_id')} label=${t('courses.room')}>
                    <option value="">${t('courses.add.no-room')}</option>
                    ${rooms.data?.items.map(
                        ({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`,
                    )}<//>
                <${Field} ...${field('title')} label=${t('courses.add.what')}
                    hint=${t('courses.add.hint')} maxlength="200" />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('courses.add')}<//>
            </form>
        <//>`;
}

// Who is in a course on a day, and where each stands: the share with its arithmetic, what can still
// be missed, and what each session was worth.

const MAX = 200;

/** Everybody's standing in a course, by the person's id. */
async function standingsOf(course) {
    const all = [];
    for (let total = 1; all.length < total; ) {
        const page = { limit: MAX, offset: all.length, language: currentLanguage() };
        const answer = await get(`courses/${course.id}/standing`, page);
        all.push(...answer.items);
        total = answer.items.length ? answer.total : 0;
    }
    return Object.fromEntries(all.map((one) => [one.user_id, one]));
}

async function peopleOf(course, day) {
    const [{ items }, standings] = await Promise.all([
        get(`courses/${course.id}/roster`, { day }),
        standingsOf(course),
    ]);
    return items.map((person) => ({ ...person, standing: standings[person.id] }));
}

const moodOf = (standing) =>
    standing.cannot_pass || standing.share_past < standing.required_share
        ? 'bad'
        : standing.warnings.length
          ? 'warn'
          : 'good';

const ShareBar = ({ standing }) => html`
    <span class=${`bar mood-${moodOf(standing)}`}><svg viewBox="0 0 100 6" aria-hidden="true"
        preserveAspectRatio="none"><rect width=${(standing.share ?? 0) * 100} height="6" /></svg></span>`;

/** The share, how it came about, and what is to be said of it. */
export const Share = ({ standing }) =>
    standing &&
    html`<div class="stack close share">
        ${standing.share === null
            ? html`<span class="quiet">–</span>`
            : html`<b class="figures">${percent(standing.share, 1)}</b><${ShareBar} standing=${standing} />`}
        <span class="quiet small">${standing.arithmetic}</span>
    </div>`;

/** Its warnings, without what another one says already. */
function sayings({ warnings, outlook }) {
    const below = warnings.some(({ warning }) => warning === 'below_required');
    return warnings.filter(
        ({ warning, text }) => text !== outlook && !(below && warning === 'below_warning'),
    );
}

export const Outlook = ({ standing }) =>
    standing &&
    html`<div class="stack close small">
        <span>${standing.outlook}</span>
        ${sayings(standing).map(
            ({ warning, text }) => html`<span class="warning" key=${warning}>
                <${Icon} name="triangle-alert" size="small" />${text}</span>`,
        )}
    </div>`;

const USES = ['dropped', 'excused', 'to_come', 'unmarked'];

const Session = ({ one }) => html`
    <li class="row">
        <a class="grow figures" href=${`#/sessions/${one.session_id}`}>${dayName(one.day)}</a>
        ${USES.includes(one.use) &&
        html`<span class="quiet small">${t(`courses.use.${one.use}`)}</span>`}
        ${one.points !== null && one.use === 'counted' && html`<span class="quiet small figures">
            ${t('courses.worth', { n: number(one.points, 2) })}</span>`}
        ${one.status && html`<${StatusChip} status=${one.status} name=${one.status_code} />`}
    </li>`;

/** Every session of a person in a course. */
export function StandingDialog({ person, courseId, onClose }) {
    const values = { detail: true, language: currentLanguage(), limit: 100 };
    const asked = useData(() => get(`students/${person.id}/standing`, values));
    return html`
        <${Dialog} title=${person.name} onClose=${onClose}>
            <${DataFrame} of=${asked}>${({ items }) => {
                const standing = items.find(({ course_id: id }) => id === courseId);
                if (!standing) return html`<p class="quiet">${t('courses.no-standing')}</p>`;
                return html`
                    <p class="quiet">${standing.course_name}</p>
                    <${Share} standing=${standing} /><${Outlook} standing=${standing} />
                    <ul class="each">${standing.detail.map(
                        (one) => html`<${Session} key=${one.session_id} one=${one} />`,
                    )}</ul>`;
            }}<//>
        <//>`;
}

const ORDERS = {
    name: (a, b) => a.name.localeCompare(b.name),
    share: (a, b) => (a.standing?.share ?? 2) - (b.standing?.share ?? 2),
    miss: (a, b) => (a.standing?.can_miss ?? 0) - (b.standing?.can_miss ?? 0),
};

export function sortedBy(rows, { by, down }) {
    return [...rows].sort((a, b) => (down ? -1 : 1) * ORDERS[by](a, b));
}

/** Who; the name opens every session of theirs. */
export const personColumn = (onOpen) => ({
    name: t('report.name'),
    sort: 'name',
    cell: ({ student_number: code, ...person }) => html`
        <button class="link name" aria-label=${t('courses.each.of', { name: person.name })}
            onClick=${() => onOpen(person)}>${person.name}</button>
        ${code && html`<span class="quiet small figures block">${code}</span>`}`,
});

export const standingColumns = () => [
    {
        name: t('report.share'),
        sort: 'share',
        cell: ({ standing }) => html`<${Share} standing=${standing} />
            <div class="phone-only"><${Outlook} standing=${standing} /></div>`,
    },
    {
        name: t('courses.outlook'),
        sort: 'miss',
        class: 'wide-cell',
        cell: ({ standing }) => html`<${Outlook} standing=${standing} />`,
    },
];

function People({ course }) {
    const [day, setDay] = useState(today());
    const [sort, setSort] = useState({ by: 'name', down: false });
    const [open, setOpen] = useState(null);
    const people = useData(() => peopleOf(course, day), [day, currentLanguage()]);
    return html`
        <div class="row day-row">
            <label class="small quiet" for="roster-day">${t('courses.day')}</label>
            <input class="input" id="roster-day" type="date" value=${day}
                onChange=${({ target }) => target.value && setDay(target.value)} />
        </div>
        <${DataFrame} of=${people}>${(rows) =>
            rows.length === 0
                ? html`<${Empty} icon="users" text=${t('courses.nobody')} />`
                : html`<p class="small quiet figures">${t('courses.count', { n: rows.length })}</p>
                    <${Table} label=${t('courses.tab.people')} rows=${sortedBy(rows, sort)} sort=${sort}
                        onSort=${setSort} columns=${[personColumn(setOpen), ...standingColumns()]} />`}<//>
        ${open &&
        html`<${StandingDialog} person=${open} courseId=${course.id}
            onClose=${() => setOpen(null)} />`}`;
}

// One course: its people and where each stands, its sessions, its calendar.

const joined = (parts) => parts.filter(Boolean).join(' · ');
const names = (list) => list.map(({ name }) => name).join(', ');

const Head = ({ course, user, onAdd }) => html`
    <header class="page-head wrap">
        <${Title} above=${joined([course.subject_code, course.term_name, names(course.groups)])}>
            ${course.name}<//>
        <div class="row wrap">
            <a class="button plain" href=${`#/reports?course=${course.id}`}>
                <${Icon} name="chart-line" />${t('courses.report')}</a>
            <a class="button plain" href=${`courses/${course.id}/calendar`} download>
                <${Icon} name="calendar-days" />${t('courses.calendar')}</a>
            <button class="button plain" onClick=${onAdd}><${Icon} name="plus" />${t('courses.add')}</button>
            ${user.role === 'admin' &&
            html`<a class="button plain" href=${`#/courses/${course.id}/edit`}>
                <${Icon} name="pencil" />${t('courses.edit')}</a>`}
        </div>
    </header>
    ${course.teachers.length > 0 &&
    html`<p class="quiet small">${t('courses.teachers', { names: names(course.teachers) })}</p>`}`;

export function CoursePage({ user, values: { id }, query }) {
    const course = useData(() => get(`courses/${id}`));
    const [tab, setTab] = useState(query.tab === 'sessions' ? 'sessions' : 'people');
    const [adding, setAdding] = useState(false);
    const [turn, setTurn] = useState(0);
    const open = (name) => {
        setTab(name);
        noteInAddress({ tab: name });
    };
    const added = () => {
        setAdding(false);
        setTurn(turn + 1);
        open('sessions');
    };
    const tabs = ['people', 'sessions'].map((name) => ({ id: name, name: t(`courses.tab.${name}`) }));
    return html`
        <div class="page">
            <${DataFrame} of=${course}>${(data) => html`
                <${Head} course=${data} user=${user} onAdd=${() => setAdding(true)} />
                <${Tabs} label=${data.name} tabs=${tabs} current=${tab} onChange=${open} />
                <${TabPanel} current=${tab}>${
                    tab === 'people'
                        ? html`<${People} course=${data} />`
                        : html`<${Sessions} key=${turn} course=${data} />`
                }<//>`}<//>
            ${adding &&
            html`<${AddSession} course=${course.data} onDone=${added}
                onClose=${() => setAdding(false)} />`}
        </div>`;
}
