// Today as a teacher sees it: the sessions with their registers, and the day in numbers.
import { allAttendance, get, repeat } from '../base/api.js';
import {
    clockTime, dayAfter, dayName, firstName, html, longDay, t, today, useEffect, useState,
} from '../base/page.js';
import { DataFrame, ListFrame, Pager, useData, useList } from '../ui/list.js';
import { Avatar, Empty, Icon, StatusChip, Title } from '../ui/parts.js';
import { dotted, HereBar, hereOf, hoursOf, STATUSES, timesOf, whereOf } from './session-parts.js';

// What a teacher sees first: today's classes, with the one that is going on large and on top.

const READ_AGAIN_MS = 20_000;
const TODAY_MAX = 200;
const NEXT_MAX = 5;

const Chips = ({ counts }) =>
    STATUSES.map(
        (status) => counts[status] > 0 && html`<${StatusChip} key=${status} status=${status} n=${counts[status]} />`,
    );

const Waiting = ({ n }) => n > 0 && html`<${StatusChip} status="review" n=${n} />`;

const here = ({ counts, total }) => t('live.here', { n: hereOf(counts), of: total });

const Now = ({ session }) => html`
    <li class="card stack now">
        <div class="row wrap">
            <div class="grow">
                <div class="tiny figures">${whereOf(session)}</div>
                <h2 class="large"><a href=${`#/sessions/${session.id}`}>${session.course_name}</a></h2>
            </div>
            <a class="button plain" href=${`#/sessions/${session.id}/camera`}>
                <${Icon} name="video" />${t('live.camera')}</a>
            <a class="button" href=${`#/sessions/${session.id}`}>
                <${Icon} name="list-checks" />${t('live.open')}</a>
        </div>
        <div class="row wrap">
            <b class="big figures">${here(session)}</b>
            <${Chips} counts=${session.counts} /><${Waiting} n=${session.reviews} />
            <span class="quiet small figures push">${hoursOf(session)}</span>
        </div>
        <${HereBar} ...${session} />
    </li>`;

const Other = ({ session }) => html`
    <li class=${`card row class ${session.window}`}>
        <div class="grow">
            <h2><a class="whole" href=${`#/sessions/${session.id}`}>${session.course_name}</a></h2>
            <p class="quiet small figures">
                ${dotted(session.room_name, timesOf(session), hoursOf(session))}</p>
        </div>
        <${Waiting} n=${session.reviews} />
        ${session.window === 'after' && html`<b class="figures small">${here(session)}</b>`}
        <${Icon} name="chevron-right" />
    </li>`;

const Next = ({ session }) => html`
    <li class="card row class before">
        <div class="grow">
            <h2><a class="whole" href=${`#/sessions/${session.id}`}>${session.course_name}</a></h2>
            <p class="quiet small figures">
                ${dotted(dayName(session.day), timesOf(session), session.room_name)}</p>
        </div>
        <${Icon} name="chevron-right" />
    </li>`;

const Part = ({ name, sessions, children }) =>
    sessions.length > 0 &&
    html`<section class="stack" aria-labelledby=${`live-${name}`}>
        <h2 id=${`live-${name}`} class=${name === 'now' ? 'unseen' : 'part-name'}>${t(`live.part.${name}`)}</h2>
        <ul class=${name === 'now' ? 'stack' : 'sessions'}>${children}</ul>
    </section>`;

const others = (sessions) =>
    sessions.map((session) => html`<${Other} key=${session.id} session=${session} />`);

function Today({ items }) {
    const open = items.filter(({ window: state }) => state === 'open');
    const later = items.filter(({ window: state }) => state === 'before');
    const done = items.filter((session) => !open.includes(session) && !later.includes(session));
    return html`
        <${Part} name="now" sessions=${open}>
            ${open.map((session) => html`<${Now} key=${session.id} session=${session} />`)}<//>
        <${Part} name="later" sessions=${later}>${others(later)}<//>
        <${Part} name="done" sessions=${done}>${others(done)}<//>`;
}

/** The teacher's own classes of the days to come. */
const comingUp = async () => {
    const tomorrow = dayAfter(today(), 1);
    const wanted = { mine: true, state: 'planned', from: tomorrow, sort: 'starts_at', limit: NEXT_MAX };
    return (await get('sessions', wanted)).items;
};

export function LivePage({ user }) {
    const next = useData(comingUp);
    const list = useData(() => get('sessions/now', { limit: TODAY_MAX }));
    useEffect(() => repeat(list.refresh, READ_AGAIN_MS), []);
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${longDay(Date.now())}>${t('mark.hello', { name: firstName(user.name) })}<//>
                <a class="button plain" href="#/today"><${Icon} name="calendar-days" />${t('live.day')}</a>
            </header>
            <${DataFrame} of=${list}>${({ items }) =>
                items.length === 0
                    ? html`<${Empty} icon="calendar-check" text=${t('live.empty')}>
                          <a class="button" href="#/timetable">${t('live.empty.button')}</a><//>`
                    : html`<${Today} items=${items} />`}<//>
            <${Part} name="next" sessions=${next.data ?? []}>
                ${next.data?.map((session) => html`<${Next} key=${session.id} session=${session} />`)}<//>
        </div>`;
}

// The register of a day, for teachers and administrators: who was marked, how and when.

const DECIDED = ['present', 'late', 'absent', 'excused'];

// How many marks of the day have each status; a page that is not the whole day cannot tell.
async function countsOf({ items, total }, day) {
    const count = async (status) => {
        if (items.length === total) return items.filter((mark) => mark.status === status).length;
        return (await allAttendance({ from: day, to: day, status, limit: 1 })).total;
    };
    const counts = await Promise.all(DECIDED.map(count));
    return Object.fromEntries(DECIDED.map((status, i) => [status, counts[i]]));
}

async function registerOf(day, { by, down }, page) {
    const sort = `${down ? '-' : ''}${by}`;
    const list = await allAttendance({ ...page, from: day, to: day, sort });
    // The register is worth showing without its counts.
    const counts = await countsOf(list, day).catch(() => ({}));
    return { ...list, counts };
}

const Counts = ({ total, counts }) => html`
    <div class="card counts">
        <h2 class="figures">${t('today.count', { n: total })}</h2>
        ${DECIDED.map(
            (status) =>
                counts[status] > 0 && html`<${StatusChip} status=${status} n=${counts[status]} />`,
        )}
    </div>`;

function Head({ name, by, sort, onSort }) {
    const active = sort.by === by;
    const order = sort.down ? 'descending' : 'ascending';
    const arrow = sort.down ? '↓' : '↑';
    return html`
        <th scope="col" aria-sort=${active ? order : undefined}>
            <button onClick=${() => onSort({ by, down: active && !sort.down })}>
                ${name}<span aria-hidden="true">${active ? arrow : ''}</span></button>
        </th>`;
}

const Row = ({ mark }) => html`
    <tr>
        <td class="person-cell"><div class="person"><${Avatar} name=${mark.user_name} />
            <b>${mark.user_name || t('today.gone')}</b></div></td>
        <td class="group-cell quiet">${mark.group_name}</td>
        <td class="figures">${clockTime(mark.marked_at)}</td>
        <td><${StatusChip} status=${mark.status} /></td>
    </tr>`;

export function TodayPage() {
    const [day, setDay] = useState(today);
    const [sort, setSort] = useState({ by: 'marked_at', down: true });
    const list = useList((page) => registerOf(day, sort, page), [day, sort]);
    const title = t(day === today() ? 'today.title' : 'today.title.other');
    const head = (key, by) =>
        html`<${Head} name=${t(key)} by=${by} sort=${sort} onSort=${setSort} />`;
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${dayName(day)}>${title}<//>
                <input class="input day" type="date" aria-label=${t('today.day')} value=${day}
                    max=${today()}
                    onInput=${({ target }) => target.value && setDay(target.value)} />
                <button class="button plain icon-only" aria-label=${t('today.refresh')}
                    onClick=${list.refresh}><${Icon} name="refresh-cw" /></button>
            </header>
            <${ListFrame} list=${list} icon="users-round" empty=${t('today.empty')}
                button=${html`<a class="button" href="#/mark">${t('today.empty.button')}</a>`}>
                <${Counts} total=${list.total} counts=${list.counts} />
                <div class="table-wrap" tabindex="0" role="region" aria-label=${title}>
                    <table>
                        <thead><tr>
                            ${head('today.name', 'name')}
                            <th scope="col" class="group-cell">${t('today.group')}</th>
                            ${head('column.time', 'marked_at')}
                            <th scope="col">${t('column.status')}</th>
                        </tr></thead>
                        <tbody>${list.items.map(
                            (mark) => html`<${Row} key=${mark.id} mark=${mark} />`,
                        )}</tbody>
                    </table>
                </div>
                <${Pager} list=${list} />
            <//>
        </div>`;
}
