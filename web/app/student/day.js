// A student's day: the classes of today, how each counts, and the code of the room for those
// without a face.
import { get, post } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { clockTime, firstName, hasText, longDay, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Field } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Empty, Icon, StatusChip, Title, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { Standings } from './standings.js';

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
    const minutes = Math.max(1, Math.round((Date.parse(moment) - now) / MINUTE_MS));
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
