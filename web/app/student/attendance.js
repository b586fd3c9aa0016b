// What a student sees of their own attendance: today, every mark, and how each course stands.
import { get, ownAttendance, post, repeat, troubleText } from '../base/api.js';
import {
    clockTime, currentLanguage, dayName, firstName, hasText, html, longDay, percent, t, useEffect,
    useState,
} from '../base/page.js';
import { DataFrame, ListFrame, Pager, Table, useData, useList } from '../ui/list.js';
import { Dialog, Field, FormTrouble, TextField, useForm } from '../ui/form.js';
import { Empty, Icon, StatusChip, Title, toast, WorkButton } from '../ui/parts.js';

// Where a student stands in each course: the share with its arithmetic, and what can still be missed.

const ask = (values = {}) => get('me/standing', { language: currentLanguage(), limit: 100, ...values });

const moodOf = (standing) =>
    standing.cannot_pass || standing.share_past < standing.required_share ? 'bad' : standing.warnings.length ? 'warn' : 'good';

export const Share = ({ standing }) => html`
    <div class=${`bar mood-${moodOf(standing)}`}>
        <progress class="unseen" max="1" value=${standing.share ?? 0}></progress>
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width=${(standing.share ?? 0) * 100} height="6" /></svg>
    </div>`;

/** What can still be missed, said to who it is about. */
function outlookOf(standing) {
    const { cannot_pass: cannot, passes, to_come: left, can_miss: n, remaining: of } = standing;
    const share = percent(standing.required_share);
    if (cannot) return t('standing.cannot', { share });
    if (passes) return t(left > 0 ? 'standing.passes' : 'standing.reached', { share });
    return of > 0 && t('standing.can-miss', { n, of });
}

/** Of two that say the same, one. */
function warningsOf({ warnings }) {
    const below = warnings.some(({ warning }) => warning === 'below_required');
    return warnings.filter(({ warning }) => warning !== 'cannot_pass' && !(below && warning === 'below_warning'));
}

const Standing = ({ standing, onOpen }) => html`
    <li class="card stack close">
        <div class="row">
            <h2 class="grow">${standing.course_name}</h2>
            ${standing.share !== null && html`<b class="figures">${percent(standing.share)}</b>`}
        </div>
        <${Share} standing=${standing} />
        <p class="quiet small">${standing.arithmetic}</p>
        <p class="small">${outlookOf(standing)}</p>
        ${warningsOf(standing).map(
            ({ warning, text }) => html`<p class="small warning" key=${warning}>
                <${Icon} name="triangle-alert" size="small" />${text}</p>`,
        )}
        <div><button class="link small" onClick=${() => onOpen(standing)}>${t('standing.each')}</button></div>
    </li>`;

const USES = { dropped: 'standing.dropped', excused: 'standing.excused', to_come: 'standing.to-come' };

/** Every session of a course and what it is worth. */
function Each({ standing, onClose }) {
    const each = useData(() => ask({ detail: true }), [currentLanguage()]);
    const detailOf = ({ items }) =>
        items.find(({ course_id: id }) => id === standing.course_id)?.detail ?? [];
    return html`
        <${Dialog} title=${standing.course_name} onClose=${onClose}>
            <p class="quiet">${standing.arithmetic}</p>
            <${DataFrame} of=${each}>${(data) => html`
                <ul class="each">${detailOf(data)
                    .filter(({ use }) => use !== 'to_come')
                    .map(
                        (one) => html`<li key=${one.session_id} class="row">
                            <span class="grow figures">${dayName(one.day)}</span>
                            ${USES[one.use] && html`<span class="quiet small">${t(USES[one.use])}</span>`}
                            ${one.status
                                ? html`<${StatusChip} status=${one.status} />`
                                : html`<span class="quiet small">${t('day.none')}</span>`}
                        </li>`,
                    )}</ul>`}<//>
        <//>`;
}

function Standings() {
    const [open, setOpen] = useState(null);
    const standings = useData(() => ask(), [currentLanguage()]);
    return html`
        <${DataFrame} of=${standings}>${({ items }) =>
            items.length > 0 &&
            html`<section class="stack">
                <h2>${t('standing.title')}</h2>
                <ul class="standings">${items.map(
                    (one) => html`<${Standing} key=${one.course_id} standing=${one} onOpen=${setOpen} />`,
                )}</ul>
            </section>`}<//>
        ${open && html`<${Each} standing=${open} onClose=${() => setOpen(null)} />`}`;
}

// Saying that a mark is wrong, and what became of it.

const MESSAGE_MAX = 500;

function DisputeDialog({ mark, onDone, onClose }) {
    const form = useForm(
        { message: '' },
        {
            check: ({ message }) => (message.trim() ? {} : { message: t('field.required') }),
            send: async ({ message }) => {
                await post(`attendance/marks/${mark.id}/dispute`, { message: message.trim() });
                toast(t('dispute.sent'));
                onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('dispute.title')} onClose=${onClose}>
            <p class="row"><${StatusChip} status=${mark.status} />
                <span class="quiet">${mark.course_name ?? ''} ${dayName(mark.day)}</span></p>
            <form class="form" ...${form.form}>
                <${TextField} ...${form.field('message')} label=${t('dispute.message')}
                    hint=${t('dispute.hint')} maxlength=${MESSAGE_MAX} rows="4" />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    <button type="button" class="button plain" onClick=${onClose}>${t('app.cancel')}</button>
                    <${WorkButton} type="submit" class="button" working=${form.working}>
                        ${t('dispute.button')}<//>
                </div>
            </form>
        <//>`;
}

const DisputeState = ({ dispute }) => html`
    <span class="quiet small">${t(`dispute.${dispute.state}`)}
        ${dispute.answer && html` “${dispute.answer}” ${dispute.answered_by_name}`}</span>`;

// One's own attendance: where one stands in each course, and every mark, newest first.

const count = (items, status) => items.filter((mark) => mark.status === status).length;

const Sum = ({ items, total }) => html`
    <div class="card stack close">
        <h2 class="figures">${t('history.count', { n: total })}</h2>
        <p class="quiet small figures">${t('history.sum', {
            present: count(items, 'present'),
            late: count(items, 'late'),
            n: items.length,
        })}</p>
    </div>`;

async function withdraw(dispute, onDone) {
    try {
        await post(`disputes/${dispute.id}/withdraw`);
        toast(t('dispute.taken-back'));
        onDone();
    } catch (trouble) {
        toast(t(troubleText(trouble)), { kind: 'warn' });
    }
}

function Said({ mark, dispute, onDispute, onDone }) {
    if (!dispute)
        return html`<button class="link small" onClick=${() => onDispute(mark)}>${t('dispute.open-it')}</button>`;
    return html`<${DisputeState} dispute=${dispute} />
        ${dispute.state === 'open' &&
        html` <button class="link small" onClick=${() => withdraw(dispute, onDone)}>
            ${t('dispute.withdraw')}</button>`}`;
}

const columnsOf = ({ disputes, onDispute, onDone }) => [
    { name: t('column.day'), class: 'figures', cell: (mark) => dayName(mark.day) },
    { name: t('column.course'), class: 'wide-cell', cell: (mark) => mark.course_name },
    {
        name: t('column.time'),
        class: 'figures',
        cell: (mark) => (mark.method === 'automatic' ? '' : clockTime(mark.marked_at)),
    },
    { name: t('column.status'), cell: (mark) => html`<${StatusChip} status=${mark.status} />` },
    {
        name: t('history.question'),
        cell: (mark) => html`<${Said} mark=${mark} dispute=${disputes[mark.id]}
            onDispute=${onDispute} onDone=${onDone} />`,
    },
];

/** Disputes by the mark they are about; of several, the newest. */
const byMark = (answer) =>
    Object.fromEntries((answer?.items ?? []).reverse().map((one) => [one.attendance_id, one]));

export function HistoryPage({ user }) {
    const list = useList((page) => ownAttendance(page), []);
    const disputes = useData(() => get('disputes', { limit: 100 }));
    const [asked, setAsked] = useState(null);
    const onDone = () => {
        setAsked(null);
        disputes.refresh();
    };
    const mine = (disputes.data?.items ?? []).filter(({ user_id: id }) => id === user.id);
    const columns = columnsOf({ disputes: byMark({ items: mine }), onDispute: setAsked, onDone });
    return html`
        <div class="page">
            <${Title}>${t('history.title')}<//>
            <${ListFrame} list=${list} icon="calendar-days" empty=${t('history.empty')}
                button=${html`<a class="button" href="#/mark">${t('history.empty.button')}</a>`}>
                <${Standings} />
                <${Sum} items=${list.items} total=${list.total} />
                <${Table} label=${t('history.title')} columns=${columns} rows=${list.items} />
                <${Pager} list=${list} />
            <//>
            ${asked &&
            html`<${DisputeDialog} mark=${asked} onDone=${onDone} onClose=${() => setAsked(null)} />`}
        </div>`;
}

// A student's day: the classes of today, how each counts, and the code of the room for those
// without a face.

const MINUTE_MS = 60_000;

/** The moment, anew every half minute. */
function useNow() {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), MINUTE_MS / 2);
        return () => clearInterval(timer);
    }, []);
    return now;
}

/** "in 48 min", "in 3 h": how long until a moment, in the reader's words. */
function until(moment, now) {
    const minutes = Math.max(1, Math.ceil((Date.parse(moment) - now) / MINUTE_MS));
    if (minutes < 90) return t('day.in-minutes', { n: minutes });
    return t('day.in-hours', { n: Math.round(minutes / 60) });
}

function hintOf(session, now) {
    const { window: state, on_time_until: onTime, opens_at: opens } = session;
    if (state === 'cancelled') return session.note || t('day.cancelled');
    if (state === 'before') return t('day.opens', { time: clockTime(opens) });
    if (state === 'open' && onTime)
        return t(Date.parse(onTime) > now ? 'day.on-time' : 'day.late', { time: clockTime(onTime) });
    return state === 'open' ? t('day.open') : t('day.over');
}

function State({ session, now }) {
    if (session.attendance) return html`<${StatusChip} status=${session.attendance.status} />`;
    if (session.window === 'before')
        return html`<span class="quiet small">${until(session.starts_at, now)}</span>`;
    if (session.window === 'open') return html`<a class="button small" href="#/">${t('day.mark')}</a>`;
    return html`<span class="quiet small">${t('day.none')}</span>`;
}

const Class = ({ session, now }) => html`
    <li class=${`card row class ${session.window}`}>
        <div class="grow">
            <h2>${session.course_name}${session.room_name && ` · ${session.room_name}`}</h2>
            <p class="quiet small figures">
                ${clockTime(session.starts_at)} – ${clockTime(session.ends_at)} · ${hintOf(session, now)}</p>
        </div>
        <${State} session=${session} now=${now} />
    </li>`;

/** What to say of a code that was not taken. */
function refusalOf(trouble) {
    const key = `code.refused.${trouble.code}`;
    return hasText(key) ? t(key) : undefined;
}

function CodeForm({ onMarked }) {
    const [refusal, setRefusal] = useState();
    const form = useForm(
        { code: '' },
        {
            check: ({ code }) => (code.trim() ? {} : { code: t('code.empty') }),
            send: async ({ code }) => {
                setRefusal(undefined);
                try {
                    const { attendance, session } = await post('attendance/mark/code', { code: code.trim() });
                    form.set({ code: '' });
                    const status = t(`status.${attendance.status}`);
                    toast(t('code.done', { course: session.course, status }));
                    onMarked();
                } catch (trouble) {
                    if (trouble.kind !== 'invalid') throw trouble;
                    setRefusal(refusalOf(trouble) ?? t('code.wrong'));
                }
            },
        },
    );
    const field = form.field('code');
    return html`
        <details class="card">
            <summary><${Icon} name="keyboard" /><b>${t('code.title')}</b></summary>
            <form class="form" ...${form.form}>
                <${Field} ...${field} wrong=${field.wrong ?? refusal} label=${t('code.label')}
                    hint=${t('code.hint')} inputmode="numeric" autocomplete="one-time-code"
                    maxlength="8" class="input code-input" />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('code.button')}<//>
            </form>
        </details>`;
}

export function DayPage({ user }) {
    const now = useNow();
    const day = useData(() => get('sessions/now'));
    useEffect(() => repeat(day.refresh, MINUTE_MS / 2), []);
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${longDay(now)}>${t('mark.hello', { name: firstName(user.name) })}<//>
                <a class="button" href="#/"><${Icon} name="scan-face" />${t('day.camera')}</a>
            </header>
            <${DataFrame} of=${day}>${({ items }) =>
                items.length === 0
                    ? html`<${Empty} icon="calendar-check" text=${t('day.empty')}>
                          <a class="button plain" href="#/history">${t('place.history')}</a><//>`
                    : html`<ul class="stack">${items.map(
                          (session) => html`<${Class} key=${session.id} session=${session} now=${now} />`,
                      )}</ul>`}<//>
            <${CodeForm} onMarked=${day.refresh} />
            <a class="button plain" href="#/timetable"><${Icon} name="calendar-days" />${t('day.week')}</a>
            <${Standings} />
        </div>`;
}
