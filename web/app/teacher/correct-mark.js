// Marking by hand and correcting: a tap on the status marks; a mark that is there changes with a
// reason. What it was before stands below.
import { get, put } from '../base/api.js';
import { html, useRef, useState } from '../base/html.js';
import { clockTime, shortTime, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { TextField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Notice, StatusChip, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { dotted, MarkChip, methodOf } from './session-parts.js';

const REASON_MAX = 500;
const REASONS = ['here', 'paper', 'other', 'justified'];

/** The statuses to choose from; before the doors open there are only excuses. */
const choicesOf = ({ statuses, session }) =>
    session.window === 'before' ? statuses.filter(({ kind }) => kind === 'excused') : statuses;

const Choices = ({ register, current, working, onChoose }) => html`
    <div class="choose" role="group" aria-label=${t('column.status')}>${choicesOf(register).map(
        ({ code, kind, name }) => html`<button type="button" key=${code} class=${`button plain choice ${kind}`}
            data-status=${code} aria-pressed=${code === current ? 'true' : 'false'}
            aria-disabled=${working ? 'true' : undefined} onClick=${() => onChoose(code)}>
            <${StatusChip} status=${kind} name=${name} /></button>`,
    )}</div>`;

const Reasons = ({ onReason }) => html`
    <div class="row wrap">${REASONS.map(
        (name) => html`<button type="button" key=${name} class="button plain small"
            onClick=${() => onReason(t(`correct.reason.${name}`))}>${t(`correct.reason.${name}`)}</button>`,
    )}</div>`;

const Change = ({ change, statuses }) => html`
    <li class="stack close">
        <div class="row wrap small">
            <${MarkChip} mark=${{ status: change.from_status, status_code: change.from_code }} statuses=${statuses} />
            <span aria-label=${t('correct.became')}>→</span>
            <${MarkChip} mark=${{ status: change.to_status, status_code: change.to_code }} statuses=${statuses} />
            <span class="tiny figures">${shortTime(change.changed_at)}</span></div>
        <p class="small quiet">${[change.changed_by_name || (change.automatic && t('correct.automatic')), change.reason]
            .filter(Boolean).join(': ')}</p>
    </li>`;

function Changes({ mark, statuses }) {
    const changes = useData(() => get(`attendance/marks/${mark.id}/changes`), [mark.id]);
    return html`<${DataFrame} of=${changes}>${({ items }) =>
        items.length === 0
            ? html`<p class="small quiet">${t('correct.unchanged')}</p>`
            : html`<ol class="stack">${items.map(
                  (change) => html`<${Change} key=${change.changed_at} change=${change} statuses=${statuses} />`,
              )}</ol>`}<//>`;
}

function History({ mark, statuses }) {
    const [open, setOpen] = useState(false);
    return html`
        <details onToggle=${({ currentTarget }) => setOpen(currentTarget.open)}>
            <summary><b>${t('correct.before')}</b></summary>
            ${open && html`<div class="stack history">
                ${['face', 'photo'].includes(mark.method) &&
                html`<img class="evidence" src=${`attendance/marks/${mark.id}/image`} alt=${t('correct.picture')}
                    onError=${({ target }) => target.remove()} />`}
                <${Changes} mark=${mark} statuses=${statuses} /></div>`}
        </details>`;
}

const Standing = ({ mark, statuses }) => html`
    <p class="row wrap"><${MarkChip} mark=${mark} statuses=${statuses} />
        <span class="quiet small figures">${mark
            ? dotted(mark.method !== 'automatic' && clockTime(mark.marked_at), methodOf(mark.method))
            : t('correct.not-yet')}</span></p>
    ${mark?.note && html`<p class="small quiet">“${mark.note}”</p>`}`;

/** `line`: a line of the register; `onDone(register)` with the register as it is then. */
export function MarkDialog({ register, line, onDone, onClose }) {
    const { user, attendance: mark } = line;
    const { statuses, session } = register;
    const reason = useRef();
    const current = mark && (mark.status_code ?? mark.status);
    async function write({ status, reason: why }) {
        const wanted = { user_id: user.id, status, reason: why.trim() || undefined };
        onDone(await put(`sessions/${session.id}/marks`, { marks: [wanted] }));
        const { kind, name } = statuses.find(({ code }) => code === status);
        toast(t('correct.done', { name: user.name, status: name || t(`status.${kind}`) }));
        onClose();
    }
    const form = useForm(
        { status: current, reason: '' },
        {
            check: ({ reason: why }) => (!mark || why.trim() ? {} : { reason: t('correct.reason.missing') }),
            send: write,
        },
    );
    const { status } = form.values;
    function choose(code) {
        form.set({ status: code });
        if (!mark) form.submit({ ...form.values, status: code });
        else reason.current?.querySelector('textarea')?.focus();
    }
    const changed = mark && status !== current;
    return html`
        <${Dialog} title=${user.name || t('today.gone')} onClose=${onClose}>
            <${Standing} mark=${mark} statuses=${statuses} />
            ${session.window === 'before' && html`<${Notice}>${t('correct.early')}<//>`}
            <form class="form" ...${form.form}>
                <${Choices} register=${register} current=${status} working=${form.working} onChoose=${choose} />
                <div class="stack reason" ref=${reason}>
                    <${TextField} ...${form.field('reason')} maxlength=${REASON_MAX} rows="2"
                        label=${t(mark ? 'correct.reason' : 'correct.reason.optional')} />
                    ${mark && html`<${Reasons} onReason=${(text) => form.set({ reason: text })} />`}
                </div>
                <${FormTrouble} trouble=${form.trouble} />
                ${mark &&
                html`<${WorkButton} type="submit" working=${form.working} disabled=${!changed}>
                    ${t('correct.button')}<//>`}
            </form>
            ${mark && html`<${History} mark=${mark} statuses=${statuses} />`}
        <//>`;
}

/** One status for everybody who has no mark yet. */
export function RestDialog({ register, onDone, onClose }) {
    const rest = register.items.filter(({ attendance, on_roster: listed }) => !attendance && listed);
    const names = rest.map(({ user }) => user.name).join(', ');
    const form = useForm(
        { status: '', reason: '' },
        {
            send: async ({ status, reason }) => {
                const why = reason.trim() || undefined;
                const marks = rest.map(({ user }) => ({ user_id: user.id, status, reason: why }));
                onDone(await put(`sessions/${register.session.id}/marks`, { marks }));
                toast(t('correct.rest.done', { n: marks.length }));
                onClose();
            },
        },
    );
    return html`
        <${Dialog} title=${t('live.rest', { n: rest.length })} onClose=${onClose}>
            <p class="quiet small names">${names}</p>
            <form class="form" ...${form.form}>
                <${TextField} ...${form.field('reason')} maxlength=${REASON_MAX} rows="2"
                    label=${t('correct.reason.optional')} />
                <${Choices} register=${register} working=${form.working}
                    onChoose=${(status) => form.submit({ ...form.values, status })} />
                <${FormTrouble} trouble=${form.trouble} />
            </form>
        <//>`;
}
