// What the pages of a session share. The register as it fills: read once, then kept by the events of
// the session; while those do not arrive it is read again every few seconds. And its small pieces.
import { get, listen, repeat } from '../base/api.js';
import { clockTime, go, hasText, html, t, useEffect, useState } from '../base/page.js';
import { useData } from '../ui/list.js';
import { Avatar, StatusChip } from '../ui/parts.js';

const READ_AGAIN_MS = 5000;

/** How many are in the room. */
export const hereOf = ({ present, late }) => present + late;

const isHere = ({ attendance }) => ['present', 'late'].includes(attendance?.status);

/** present | late | absent | excused | unmarked. */
export const statusOf = ({ attendance }) => attendance?.status ?? 'unmarked';

/** The site's own word for a mark or a status of the course; nothing where it has none. */
const wordOf = (statuses, code) => statuses.find((one) => one.code === code)?.name;

/** "late after 09:10 · closes 09:30": what the clock does to marks. */
export function hoursOf(session) {
    const { window: state, opens_at: opens, on_time_until: onTime, closes_at: closes } = session;
    if (state === 'before') return t('live.opens', { time: clockTime(opens) });
    if (state !== 'open') return t(state === 'cancelled' ? 'live.cancelled' : 'live.over');
    return dotted(
        onTime && t('live.late-after', { time: clockTime(onTime) }),
        t('live.closes', { time: clockTime(closes) }),
    );
}

/** The register with one mark as the event tells it; null when it tells of somebody unknown. */
function withMark(register, event) {
    if (!register.items.some(({ user }) => user.id === event.user_id)) return null;
    const { id, status, status_code, method, marked_at } = event;
    const change = (line) => {
        if (line.user.id !== event.user_id) return line;
        const mark = { ...line.attendance, id, status, status_code, method, marked_at };
        return { ...line, attendance: status ? mark : null };
    };
    return { ...register, counts: event.counts, items: register.items.map(change) };
}

const within = (register, changes) => ({
    ...register,
    session: { ...register.session, ...changes },
});

/** {register, reviews, live, refresh}: what useData() gives of both, and whether events arrive. */
export function useSession(id, { reviewed = true } = {}) {
    const register = useData(() => get(`sessions/${id}/register`), [id]);
    const reviews = useData(
        () => (reviewed ? get('reviews', { session: id, state: 'open' }) : Promise.resolve({ items: [] })),
        [id],
    );
    const [live, setLive] = useState(true);
    const [turn, setTurn] = useState(0);
    function mark(event) {
        register.change((now) => {
            const after = now && withMark(now, event);
            if (now && !after) register.refresh();
            return after ?? now;
        });
    }
    useEffect(() => {
        const refreshed = ({ resumed }) => !resumed && register.refresh();
        const end = ({ reason }) =>
            reason === 'deleted'
                ? go('live')
                : register.change((now) => now && within(now, { window: reason === 'cancelled' ? reason : 'after' }));
        const on = { register: refreshed, mark, review: reviews.refresh, end };
        return listen(`sessions/${id}/events`, on, setLive);
    }, [id, turn]);
    function refresh() {
        register.refresh();
        reviews.refresh();
    }
    useEffect(() => (live ? undefined : repeat(refresh, READ_AGAIN_MS)), [live]);
    /** Reads all again, and listens again: for a session that was changed. */
    const anew = () => {
        refresh();
        setTurn((n) => n + 1);
    };
    return { register, reviews, live, refresh, anew };
}

export const STATUSES = ['present', 'late', 'absent', 'excused', 'unmarked'];

/** A thin bar; the sentence beside it says the same. */
export const HereBar = ({ counts, total }) => html`
    <div class="bar here" aria-hidden="true">
        <i style=${{ width: `${total ? (100 * hereOf(counts)) / total : 0}%` }}></i></div>`;

/** What there is of these, on one line. */
export const dotted = (...words) => words.filter(Boolean).join(' · ');

/** "09:00 – 10:30" */
export const timesOf = ({ starts_at: from, ends_at: to }) => `${clockTime(from)} – ${clockTime(to)}`;

/** "B-204 · 09:00 – 10:30 · Repaso" */
export const whereOf = (session) =>
    dotted(session.room_name, timesOf(session), session.title);

/** Who has no mark when a class is over is awaited no more. */
export const isOver = ({ session }) => session.window === 'after';

/** How many have no mark, in words: they are still to come, or did not. */
export const restOf = (register, n) => t(isOver(register) ? 'live.rest.over' : 'live.rest', { n });

export const MarkChip = ({ mark, statuses = [], over }) => html`
    <${StatusChip} status=${mark?.status ?? 'unmarked'}
        name=${mark ? wordOf(statuses, mark.status_code) : over && t('status.no-mark')} />`;

/** How a mark came about, in words. */
export const methodOf = (method) =>
    hasText(`live.method.${method}`) ? t(`live.method.${method}`) : '';

/** Who came last, newest first. */
export function arrivalsOf(items, max) {
    const here = items.filter((line) => isHere(line) && line.attendance.method !== 'automatic');
    here.sort((a, b) => b.attendance.marked_at.localeCompare(a.attendance.marked_at));
    return here.slice(0, max);
}

export const Arrivals = ({ items, statuses, max = 6 }) => {
    const arrivals = arrivalsOf(items, max);
    return html`
        <section class="card stack arrivals" aria-labelledby="arrivals">
            <h2 id="arrivals">${t('live.arrived')}</h2>
            ${arrivals.length === 0 && html`<p class="quiet small">${t('live.arrived.none')}</p>`}
            <ul aria-live="polite" aria-relevant="additions">${arrivals.map(
                ({ user, attendance }) => html`<li class="row small appear" key=${user.id + attendance.id}>
                    <span class="figures quiet">${clockTime(attendance.marked_at)}</span>
                    <span class="grow">${user.name}</span>
                    <${MarkChip} mark=${attendance} statuses=${statuses} /></li>`,
            )}</ul>
        </section>`;
};

/** A candidate's picture where this server keeps one, their letters otherwise. */
export const Portrait = ({ person: { user_id: id, user_name: name, profile_image_url: image } }) => html`
    <span class="portrait"><${Avatar} name=${name} />
        ${image === `/users/${id}/image` &&
        html`<img src=${`users/${id}/image`} alt="" loading="lazy"
            onError=${({ target }) => target.remove()} />`}</span>`;
