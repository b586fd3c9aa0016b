// One session: its register as it fills, and changing the session itself.
import { get, patch, post } from '../base/api.js';
import { clockTime, currentLanguage, dayName, html, t, useMemo, useState } from '../base/page.js';
import { DataFrame, SearchField, useData } from '../ui/list.js';
import { Avatar, Empty, Icon, Notice, StatusChip, Title, toast, WorkButton } from '../ui/parts.js';
import {
    Confirm, Dialog, Field, FormTrouble, SelectField, TextField, useForm,
} from '../ui/form.js';
import { AnswerDialog, DisputesPanel, MarkDialog, RestDialog, ReviewCard } from './correct.js';
import {
    Arrivals, HereBar, hereOf, hoursOf, isOver, MarkChip, restOf, STATUSES, statusOf, useSession,
    whereOf,
} from './session-parts.js';

// Moving a session, cancelling it, a note to those who come, and settling who has no mark.

const ROOMS_MAX = 1000;
const FIELDS = ['day', 'start_time', 'end_time', 'room_id', 'title', 'note'];

const everything = async (id) => {
    const [session, rooms] = await Promise.all([get(`sessions/${id}`), get('rooms', { limit: ROOMS_MAX })]);
    return { session, rooms: rooms.items };
};

/** Only what was changed; an empty text takes away what was there. */
function changesOf(before, now) {
    const changed = FIELDS.filter((name) => (now[name] || null) !== (before[name] || null));
    return Object.fromEntries(changed.map((name) => [name, now[name] || null]));
}

const Conflicts = ({ of: list }) => html`
    <${Notice} kind="warn">${t('session.conflicts')}
        <ul>${list.map(
            (one) => html`<li key=${one.kind + one.name}>${one.name}: ${one.other_course_name}</li>`,
        )}</ul><//>`;

function MoveForm({ session, rooms, onDone, onClose }) {
    const [conflicts, setConflicts] = useState([]);
    const form = useForm(session, {
        check: ({ day, start_time: from, end_time: to }) => ({
            ...(day ? {} : { day: t('field.required') }),
            ...(from && to && from < to ? {} : { end_time: t('session.end.wrong') }),
        }),
        send: async (values) => {
            const answer = await patch(`sessions/${session.id}`, changesOf(session, values));
            onDone();
            toast(t('app.saved'));
            if (answer.conflicts?.length) setConflicts(answer.conflicts);
            else onClose();
        },
    });
    return html`
        <form class="form" ...${form.form}>
            ${conflicts.length > 0 && html`<${Conflicts} of=${conflicts} />`}
            <${Field} ...${form.field('day')} type="date" label=${t('column.day')} />
            <div class="form-two">
                <${Field} ...${form.field('start_time')} type="time" label=${t('session.from')} />
                <${Field} ...${form.field('end_time')} type="time" label=${t('session.to')} />
            </div>
            <${SelectField} ...${form.field('room_id')} label=${t('session.room')}>
                <option value="">${t('session.room.none')}</option>
                ${rooms.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
            <//>
            <${Field} ...${form.field('title')} label=${t('session.title')} maxlength="200" />
            <${TextField} ...${form.field('note')} label=${t('session.note')} hint=${t('session.note.hint')}
                rows="2" maxlength="500" />
            <${FormTrouble} trouble=${form.trouble} />
            <${WorkButton} type="submit" working=${form.working}>${t('app.save')}<//>
        </form>`;
}

function Others({ session, state, onDone, onClose }) {
    const [asked, setAsked] = useState(null);
    const cancelled = session.state === 'cancelled';
    const actions = {
        cancel: () => patch(`sessions/${session.id}`, { state: cancelled ? 'planned' : 'cancelled' }),
        close: () => post(`sessions/${session.id}/close`),
    };
    async function act() {
        await actions[asked]();
        toast(t('app.saved'));
        onDone();
        onClose();
    }
    const word = asked === 'cancel' && cancelled ? 'restore' : asked;
    return html`
        <div class="row wrap">
            ${state === 'after' &&
            html`<button class="button plain" onClick=${() => setAsked('close')}>${t('session.close')}</button>`}
            <button class="button plain" onClick=${() => setAsked('cancel')}>
                ${t(cancelled ? 'session.restore' : 'session.cancel')}</button>
        </div>
        ${asked &&
        html`<${Confirm} title=${t(`session.${word}`)} text=${t(`session.${word}.text`)} yes=${t(`session.${word}.yes`)}
            danger=${word === 'cancel'} onYes=${act} onClose=${() => setAsked(null)} />`}`;
}

/** `onDone()` after each change. */
function ChangeDialog({ id, state, onDone, onClose }) {
    const all = useData(() => everything(id), [id]);
    return html`
        <${Dialog} title=${t('session.change')} onClose=${onClose}>
            <${DataFrame} of=${all}>${({ session, rooms }) => html`
                <p class="quiet">${session.course_name} · ${dayName(session.day)}</p>
                <${MoveForm} ...${{ session, rooms, onDone, onClose }} />
                <${Others} ...${{ session, state, onDone, onClose }} />`}<//>
        <//>`;
}

// The people of a session as a grid: searched, chosen by status, ordered; a tap opens the mark.

/** Letters as people type them: without accents, all small. */
const plain = (text) => (text ?? '').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

const byName = (a, b) => (a.user.name ?? '').localeCompare(b.user.name ?? '', currentLanguage());
const timeOf = ({ attendance }) => (attendance ? attendance.marked_at : '');
const rank = (line) => (STATUSES.indexOf(statusOf(line)) + 1) % STATUSES.length;
const ORDERS = {
    name: byName,
    arrival: (a, b) => timeOf(b).localeCompare(timeOf(a)) || byName(a, b),
    status: (a, b) => rank(a) - rank(b) || byName(a, b),
};

function chosen(items, { search, status, order }) {
    const wanted = plain(search.trim());
    const fits = (line) =>
        (!status || statusOf(line) === status) &&
        plain(`${line.user.name} ${line.user.student_number ?? ''}`).includes(wanted);
    return items.filter(fits).sort(ORDERS[order]);
}

/** The counts, each a button that leaves only those in the grid. */
const StatusFilter = ({ counts, status, over, onStatus }) => html`
    <div class="row wrap filters" role="group" aria-label=${t('live.only')}>${STATUSES.map(
        (one) =>
            (counts[one] > 0 || one === status) &&
            html`<button key=${one} class="chip-button" aria-pressed=${one === status ? 'true' : 'false'}
                onClick=${() => onStatus(one === status ? '' : one)}>
                ${over && one === 'unmarked'
                    ? html`<${StatusChip} status=${one} name=${t('status.no-mark.count', { n: counts[one] })} />`
                    : html`<${StatusChip} status=${one} n=${counts[one]} />`}</button>`,
    )}</div>`;

const Person = ({ line, statuses, review, over, onPick }) => {
    const { user, attendance } = line;
    const seen = attendance && attendance.method !== 'automatic';
    return html`
        <li>
            <button class=${`who-card ${attendance ? '' : 'not-yet'}`} onClick=${() => onPick(user.id)}
                data-person=${user.id}>
                <${Avatar} name=${user.name} />
                <span class="grow">
                    <b>${user.name || t('today.gone')}</b>
                    <span class="row facts">
                        ${review && !attendance
                            ? html`<${StatusChip} status="review" />`
                            : html`<${MarkChip} key=${attendance?.status} mark=${attendance}
                                  ...${{ statuses, over }} />`}
                        ${seen && html`<span class="tiny figures">${clockTime(attendance.marked_at)}</span>`}
                    </span>
                </span>
            </button>
        </li>`;
};

const Orders = ({ order, onOrder }) => html`
    <div class="select">
        <select class="input" aria-label=${t('live.order')} value=${order}
            onChange=${({ target }) => onOrder(target.value)}>
            ${Object.keys(ORDERS).map(
                (name) => html`<option key=${name} value=${name}>${t(`live.order.${name}`)}</option>`,
            )}
        </select><${Icon} name="chevron-left" />
    </div>`;

/** `status`: only those; `doubted`: whom a face in doubt is most like; `onPick(user id)`. */
function Roll({ register, status, doubted, onPick, onRest }) {
    const [search, setSearch] = useState('');
    const [order, setOrder] = useState('name');
    const lines = useMemo(
        () => chosen(register.items, { search, status, order }),
        [register, search, status, order],
    );
    const { unmarked } = register.counts;
    return html`
        <section class="stack roll" aria-label=${t('live.roll')}>
            <div class="row wrap tools">
                <div class="grow">
                    <${SearchField} label=${t('live.search')} value=${search} onInput=${setSearch} /></div>
                <${Orders} order=${order} onOrder=${setOrder} />
                ${unmarked > 0 &&
                html`<button class="button plain" onClick=${onRest}>
                    <${Icon} name="list-checks" />${restOf(register, unmarked)}</button>`}
            </div>
            <ul class="people">${lines.map(
                (line) => html`<${Person} key=${line.user.id} line=${line} onPick=${onPick}
                    statuses=${register.statuses} over=${isOver(register)} review=${doubted.has(line.user.id)} />`,
            )}</ul>
            ${lines.length === 0 && html`<p class="quiet">${t('app.nothing-found')}</p>`}
        </section>`;
}

// The live register of one session: who is here, as it happens; marking by hand, correcting, and
// what waits for the teacher's eyes.

const DISPUTES_MAX = 200;

const Head = ({ session, onChange }) => {
    const link = (page, icon, key, kind) => html`
        <a class=${`button ${kind}`} href=${`#/sessions/${session.id}/${page}`}>
            <${Icon} name=${icon} />${t(key)}</a>`;
    const open = session.window === 'open';
    return html`
        <header class="page-head session-head">
            <${Title} above=${html`<span class="figures">${whereOf(session)}</span>`}>${session.course_name}<//>
            <div class="row wrap">
                ${open && link('photo', 'images', 'live.photo', 'plain')}
                ${link('projector', 'projector', 'live.projector', 'plain beamer')}
                ${open && link('camera', 'video', 'live.camera', '')}
                <button class="button plain icon-only" aria-label=${t('session.change')} onClick=${onChange}>
                    <${Icon} name="ellipsis" /></button>
            </div>
        </header>`;
};

const Summary = ({ register, status, onStatus }) => {
    const { counts, session, items } = register;
    const total = items.filter(({ on_roster: listed }) => listed).length;
    return html`
        <section class="card stack summary" aria-label=${t('live.summary')}>
            <div class="row wrap">
                <h2 class="figures" aria-live="polite">${t('live.here', { n: hereOf(counts), of: total })}</h2>
                <${StatusFilter} ...${{ counts, status, onStatus }} over=${isOver(register)} />
                <span class="quiet small figures push">${hoursOf(session)}</span>
            </div>
            <${HereBar} counts=${counts} total=${total} />
        </section>`;
};

/** The faces in doubt, one at a time. */
const NeedsYou = ({ reviews, onDone }) => {
    const [review] = reviews;
    return html`
        <section class="card stack needs-you" aria-labelledby="needs-you">
            <div class="row"><h2 id="needs-you" class="grow">${t('live.needs-you')}</h2>
                ${reviews.length > 1 &&
                html`<a class="small" href="#/reviews">${t('live.all-reviews', { n: reviews.length })}</a>`}</div>
            ${review
                ? html`<${ReviewCard} key=${review.id} review=${review} onDone=${onDone} />`
                : html`<p class="quiet small">${t('live.needs-you.none')}</p>`}
        </section>`;
};

function useDisputes(session) {
    const disputes = useData(
        async () =>
            session
                ? (await get('disputes', { course: session.course_id, state: 'open', limit: DISPUTES_MAX })).items
                : [],
        [session?.course_id],
    );
    const own = (disputes.data ?? []).filter(({ session_id: id }) => id === session?.id);
    return { own, refresh: disputes.refresh };
}

/** Which dialog is open: {person} | {rest} | {change} | {dispute}. */
function Dialogs({ open, register, feed, disputes, onClose }) {
    const done = feed.register.change;
    const line = open.person && register.items.find(({ user }) => user.id === open.person);
    if (line) return html`<${MarkDialog} key=${open.person} ...${{ register, line, onClose }} onDone=${done} />`;
    if (open.rest) return html`<${RestDialog} ...${{ register, onClose }} onDone=${done} />`;
    if (open.change)
        return html`<${ChangeDialog} id=${register.session.id} state=${register.session.window}
            onDone=${feed.anew} onClose=${onClose} />`;
    if (open.dispute)
        return html`<${AnswerDialog} dispute=${open.dispute} onDone=${disputes.refresh} onClose=${onClose} />`;
    return null;
}

function Register({ register, feed, disputes }) {
    const [status, setStatus] = useState('');
    const [open, setOpen] = useState({});
    const reviews = feed.reviews.data?.items ?? [];
    const doubted = new Set(reviews.map(({ candidates }) => candidates[0]?.user_id));
    return html`
        <${Head} session=${register.session} onChange=${() => setOpen({ change: true })} />
        ${!feed.live && html`<${Notice} kind="warn">${t('live.offline')}<//>`}
        ${register.session.window === 'cancelled' && html`<${Notice} kind="warn">${t('live.is-cancelled')}<//>`}
        <${Summary} register=${register} status=${status} onStatus=${setStatus} />
        <div class="beside">
            <div class="aside">
                <${NeedsYou} reviews=${reviews} onDone=${feed.refresh} />
                <${DisputesPanel} disputes=${disputes.own} onOpen=${(dispute) => setOpen({ dispute })} />
                <${Arrivals} items=${register.items} statuses=${register.statuses} />
            </div>
            ${register.items.length === 0
                ? html`<${Empty} icon="users-round" text=${t('live.nobody')}>
                      <a class="button" href=${`#/courses/${register.session.course_id}`}>
                          ${t('live.nobody.button')}</a><//>`
                : html`<${Roll} register=${register} status=${status} doubted=${doubted}
                      onPick=${(person) => setOpen({ person })} onRest=${() => setOpen({ rest: true })} />`}
        </div>
        <${Dialogs} ...${{ open, register, feed, disputes }} onClose=${() => setOpen({})} />`;
}

export function SessionPage({ values: { id } }) {
    const feed = useSession(id);
    const disputes = useDisputes(feed.register.data?.session);
    return html`
        <div class="page"><${DataFrame} of=${feed.register}>${(register) =>
            html`<${Register} ...${{ register, feed, disputes }} />`}<//></div>`;
}
