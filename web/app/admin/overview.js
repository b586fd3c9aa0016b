// What an administrator sees first: today in numbers, how the weeks went, and what waits for
// somebody.
import { get } from '../base/api.js';
import { clockTime, dayMonth, html, longDay, number, percent, shortTime, t } from '../base/page.js';
import { LineChart } from '../ui/chart.js';
import { DataFrame, useData } from '../ui/list.js';
import { Empty, Icon, Numbers, Title } from '../ui/parts.js';

const DAY_MS = 86_400_000;
const WEEK_SECONDS = (7 * DAY_MS) / 1000;
const SHOWN = 8;

async function askOverview() {
    const [board, now, status, devices, noConsent] = await Promise.all([
        get('dashboard'),
        get('sessions/now', { limit: 200 }),
        get('system/status'),
        get('devices', { limit: 200 }),
        get('users', { faces: true, consent: false, limit: 1 }),
    ]);
    return { board, status, sessions: now.items, devices: devices.items, noConsent: noConsent.total };
}

const sum = (list, of) => list.reduce((all, one) => all + of(one), 0);
const cameTo = ({ counts }) => counts.present + counts.late;

/** "26 present, 1 excused" */
const countsOf = (marks) =>
    ['present', 'late', 'absent', 'excused']
        .filter((status) => marks[status] > 0)
        .map((status) => t(`status.${status}.count`, { n: marks[status] }))
        .join(', ');

function numbersOf({ board, sessions }) {
    const open = sessions.filter((one) => one.window === 'open');
    const begun = sessions.filter((one) => ['open', 'after'].includes(one.window));
    const missing = sum(begun, ({ counts }) => counts.unmarked + (counts.absent ?? 0));
    const { marks } = board;
    return [
        {
            name: t('overview.sessions'),
            value: number(sessions.filter((one) => one.window !== 'cancelled').length),
            line: t('overview.open', { n: open.length }),
            href: '#/live',
        },
        { name: t('overview.marks'), value: number(marks.total), line: countsOf(marks) },
        {
            name: t('overview.missing'),
            value: number(missing),
            line: t('overview.missing.how', { n: number(sum(begun, ({ total }) => total)) }),
        },
        {
            name: t('overview.risk'),
            value: number(board.at_risk),
            line: t('overview.risk.how', { n: number(board.students) }),
            href: '#/risk',
        },
    ];
}

const share = (n, { present, late, absent }) =>
    present + late + absent ? n / (present + late + absent) : null;

function Trend({ trend }) {
    if (trend.length < 2) return html`<p class="quiet">${t('overview.trend.few')}</p>`;
    const came = trend.map((day) => share(day.present + day.late, day));
    const inTime = trend.map((day) => share(day.present, day));
    const series = [
        { name: t('overview.attendance'), colour: '--accent', values: came },
        { name: t('overview.on-time'), colour: '--late', dashed: true, values: inTime },
    ];
    const lowest = Math.min(1, ...inTime.filter((value) => value !== null));
    return html`<${LineChart} label=${t('overview.trend')} series=${series}
        names=${trend.map(({ day }) => dayMonth(day))} format=${(value) => percent(value)}
        low=${Math.max(0, Math.floor(lowest * 10 - 0.5) / 10)} />`;
}

const notSeen = ({ paired, last_seen_at: seen }) =>
    paired && (!seen || Date.now() - Date.parse(seen) > DAY_MS);

/** [[name, how many, where]] of what waits for somebody. */
function waitingOf({ status, devices, noConsent }) {
    const { counts, mail } = status;
    return [
        ['reviews', counts.reviews_open, 'reviews'],
        ['disputes', counts.disputes_open, 'disputes'],
        ['duplicates', counts.duplicates_open, 'duplicates'],
        ['mail', mail.failed, 'mail?state=dead'],
        ['devices', devices.filter(notSeen).length, 'devices'],
        ['consent', noConsent, 'people?show=no-consent'],
    ].filter(([, n]) => n > 0);
}

const Waiting = ({ data }) => {
    const items = waitingOf(data);
    return html`
        <section class="card stack">
            <h2>${t('overview.waiting')}</h2>
            ${items.length === 0 && html`<p class="quiet">${t('overview.waiting.none')}</p>`}
            <ul class="each waiting">${items.map(
                ([name, n, path]) => html`<li key=${name}><a class="row" href=${`#/${path}`}>
                    <span class="grow">${t(`overview.waits.${name}`, { n })}</span>
                    <${Icon} name="chevron-right" size="small" /></a></li>`,
            )}</ul>
        </section>`;
};

const whereOf = ({ room_name: room, window: state }) =>
    [room, t(`overview.window.${state}`)].filter(Boolean).join(' · ');

const Session = ({ session }) => html`
    <li><a class="row" href=${`#/sessions/${session.id}`}>
        <span class="quiet figures">${clockTime(session.starts_at)}</span>
        <span class="grow"><b>${session.course_name}</b>
            <span class="quiet small block">${whereOf(session)}</span></span>
        ${session.window !== 'before' &&
        html`<span class="figures small">${t('overview.here', { n: cameTo(session), total: session.total })}</span>`}
    </a></li>`;

/** Those that are open first, then those to come. */
function Sessions({ sessions }) {
    const order = ['open', 'before', 'after', 'cancelled'];
    const rank = ({ window: state }) => order.indexOf(state);
    const shown = [...sessions].sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN);
    return html`
        <section class="card stack">
            <h2>${t('overview.today')}</h2>
            ${shown.length === 0
                ? html`<p class="quiet">${t('overview.today.none')}</p>`
                : html`<ul class="each waiting">${shown.map(
                      (one) => html`<${Session} key=${one.id} session=${one} />`,
                  )}</ul>`}
            ${sessions.length > SHOWN &&
            html`<a class="link" href="#/live">${t('overview.today.all', { n: sessions.length })}</a>`}
        </section>`;
}

/** What is not as it should be, in a few words; all is well when there is nothing. */
function ailmentsOf({ images, faces, backup }) {
    return [
        images.store === 'unreachable' && t('overview.health.images'),
        faces.state !== 'ok' && t('overview.health.faces'),
        !backup.last_at && t('overview.health.no-backup'),
        backup.age_seconds > WEEK_SECONDS &&
            t('overview.health.old-backup', { when: shortTime(backup.last_at) }),
    ].filter(Boolean);
}

function Health({ status }) {
    const ailments = ailmentsOf(status);
    return html`
        <p class="card row health"><${Icon} name=${ailments.length ? 'triangle-alert' : 'circle-check'} />
            <span class="grow">${ailments.length ? ailments.join(' ') : t('overview.health.good')}</span>
            <a href="#/health">${t('overview.health.open')}</a></p>`;
}

export function OverviewPage() {
    const overview = useData(askOverview);
    return html`
        <div class="page">
            <${Title} above=${longDay(Date.now())}>${t('overview.title')}<//>
            <${DataFrame} of=${overview}>${(data) =>
                data.status.counts.courses === 0
                    ? html`<${Empty} icon="users" text=${t('overview.empty')}>
                          <a class="button" href="#/import">${t('overview.empty.button')}</a><//>`
                    : html`
                          <${Numbers} items=${numbersOf(data)} />
                          <div class="overview-main">
                              <section class="card stack"><h2>${t('overview.trend')}</h2>
                                  <${Trend} trend=${data.board.trend} /></section>
                              <${Waiting} data=${data} />
                          </div>
                          <${Sessions} sessions=${data.sessions} />
                          <${Health} status=${data.status} />`}<//>
        </div>`;
}
