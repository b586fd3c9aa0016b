// What a teacher sees first: today's classes, with the one that is going on large and on top.
import { get } from '../base/api.js';
import { repeat } from '../base/events.js';
import { html, useEffect } from '../base/html.js';
import { dayAfter, dayName, firstName, longDay, t, today } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Empty, Icon, StatusChip, Title } from '../ui/parts.js';
import { dotted, HereBar, hereOf, hoursOf, STATUSES, timesOf, whereOf } from './session-parts.js';

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
