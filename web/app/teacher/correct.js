// Setting right: a mark by hand, faces in doubt, and marks said to be wrong.
import { get, post, put, waitingChanged } from '../base/api.js';
import {
    clockTime, dayName, firstName, html, noteInAddress, shortTime, t, useEffect, useRef, useState,
} from '../base/page.js';
import { DataFrame, ListFrame, Pager, Trouble, useData, useList } from '../ui/list.js';
import { Dialog, FormTrouble, SelectField, TextField, useForm } from '../ui/form.js';
import {
    Avatar, Empty, Icon, Notice, StatusChip, TabPanel, Tabs, Title, toast, WorkButton,
} from '../ui/parts.js';
import { dotted, isOver, MarkChip, methodOf, Portrait, restOf } from './session-parts.js';

// Marking by hand and correcting: a tap on the status marks; a mark that is there changes with a
// reason. What it was before stands below.

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
    return html`<${DataFrame} of=${changes}>${({ items, has_picture: seen }) => html`
        ${seen && html`<img class="evidence" src=${`attendance/marks/${mark.id}/image`} alt=${t('correct.picture')} />`}
        ${items.length === 0
            ? html`<p class="small quiet">${t('correct.unchanged')}</p>`
            : html`<ol class="stack">${items.map(
                  (change) => html`<${Change} key=${change.changed_at} change=${change} statuses=${statuses} />`,
              )}</ol>`}`}<//>`;
}

function History({ mark, statuses }) {
    const [open, setOpen] = useState(false);
    return html`
        <details onToggle=${({ currentTarget }) => setOpen(currentTarget.open)}>
            <summary><b>${t('correct.before')}</b></summary>
            ${open && html`<div class="stack history"><${Changes} mark=${mark} statuses=${statuses} /></div>`}
        </details>`;
}

const Standing = ({ mark, statuses, over }) => html`
    <p class="row wrap"><${MarkChip} ...${{ mark, statuses, over }} />
        <span class="quiet small figures">${mark
            ? dotted(mark.method !== 'automatic' && clockTime(mark.marked_at), methodOf(mark.method))
            : !over && t('correct.not-yet')}</span></p>
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
            <${Standing} mark=${mark} statuses=${statuses} over=${isOver(register)} />
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
        <${Dialog} title=${restOf(register, rest.length)} onClose=${onClose}>
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

// One face that nobody could be sure of: the picture, whom it is like, and a tap that settles it.

/** Who it is close to, or why nobody was marked. */
function doubtOf({ reason, candidates }) {
    const [first, second] = candidates.map(({ user_name: name }) => name);
    if (['margin', 'lookalike'].includes(reason) && second) return t('review.close-to', { name: second });
    return t(`review.why.${reason}`, { name: first ?? '' });
}

/** {settle(user id, or null for nobody), working, trouble}; `onDone` when it is settled, and never
 * again: what is settled goes. */
function useSettle(review, onDone) {
    const [state, setState] = useState({});
    async function settle(person) {
        if (state.working) return;
        setState({ working: true });
        const answer = person ? { user_id: person } : { nobody: true };
        try {
            const { user_name: name } = await post(`reviews/${review.id}`, answer);
            toast(name ? t('review.is', { name }) : t('review.is-nobody'));
        } catch (trouble) {
            if (trouble.code !== 'conflict') return void setState({ trouble });
            toast(t('review.elsewhere'), { kind: 'warn' });
        }
        waitingChanged();
        onDone();
    }
    return { settle, ...state };
}

const Face = ({ review, size = '' }) => html`
    <span class=${`face ${size}`}>${review.has_picture
        ? html`<img src=${`reviews/${review.id}/picture`}
              alt=${t('review.picture', { time: clockTime(review.taken_at) })} />`
        : html`<${Icon} name="user-round" />`}</span>`;

/** The small form of it, beside a register. */
export function ReviewCard({ review, onDone }) {
    const { settle, working, trouble } = useSettle(review, onDone);
    const [first, ...more] = review.candidates;
    const choice = (name, person, plain) => html`
        <button class=${`button ${plain}`} key=${name} aria-disabled=${working ? 'true' : undefined}
            onClick=${() => settle(person)}>${name}</button>`;
    const itIs = ({ user_name: name }) => t('review.it-is', { name: firstName(name) });
    return html`
        <div class="stack review" data-review=${review.id}>
            <div class="row">
                <${Face} review=${review} />
                ${first && html`<${Portrait} person=${first} />`}
                <div class="grow small">
                    <b>${first ? t('review.question', { name: first.user_name }) : t('review.unknown')}</b>
                    <div class="quiet">${doubtOf(review)}</div></div>
            </div>
            ${trouble && html`<${Trouble} trouble=${trouble} />`}
            <div class="row wrap settle">
                ${first && choice(itIs(first), first.user_id, '')}
                ${more.slice(0, 2).map((other) => choice(itIs(other), other.user_id, 'plain'))}
                ${choice(t('review.nobody'), null, 'plain')}
            </div>
        </div>`;
}

// All faces in doubt, one after another: the keys 1 to 5 choose a person, N nobody, S later.

const QUEUE_MAX = 100;
const CANDIDATES_MAX = 5;

/** What a key means: a number of a candidate, "n" or "s"; not while something is typed. */
function useKeys(act) {
    useEffect(() => {
        const press = (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
            if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
            act(event.key.toLowerCase());
        };
        addEventListener('keydown', press);
        return () => removeEventListener('keydown', press);
    });
}

const Key = ({ name }) => html`<kbd aria-hidden="true">${name}</kbd>`;

const Candidate = ({ candidate, number, working, onChoose }) => html`
    <button class="button plain candidate" aria-disabled=${working ? 'true' : undefined} aria-keyshortcuts=${number}
        onClick=${() => onChoose(candidate.user_id)}>
        <${Portrait} person=${candidate} />
        <span class="grow">${t('review.it-is', { name: candidate.user_name })}</span>
        <${Key} name=${number} /></button>`;

function Question({ review, onLater, onDone }) {
    const { settle, working, trouble } = useSettle(review, onDone);
    const candidates = review.candidates.slice(0, CANDIDATES_MAX);
    useKeys((key) => {
        if (key === 'n') settle(null);
        else if (key === 's') onLater();
        else if (candidates[key - 1]) settle(candidates[key - 1].user_id);
    });
    return html`
        <article class="card question appear" data-review=${review.id}>
            <${Face} review=${review} size="large" />
            <div class="stack">
                <div><div class="tiny figures">
                    ${dotted(review.course_name, dayName(review.day), clockTime(review.taken_at))}</div>
                    <h2 class="large">${t('review.who')}</h2>
                    <p class="quiet">${doubtOf(review)}</p></div>
                <div class="stack close">
                    ${candidates.map(
                        (candidate, i) => html`<${Candidate} key=${candidate.user_id} number=${i + 1}
                            ...${{ candidate, working }} onChoose=${settle} />`,
                    )}
                    <button class="button plain candidate" aria-keyshortcuts="n"
                        aria-disabled=${working ? 'true' : undefined} onClick=${() => settle(null)}><span class="portrait none"><${Icon} name="user-x" /></span>
                        <span class="grow">${t('review.nobody')}</span><${Key} name="N" /></button>
                </div>
                ${trouble && html`<${Trouble} trouble=${trouble} />`}
                <button class="link later" aria-keyshortcuts="s" onClick=${onLater}>
                    ${t('review.later')} <${Key} name="S" /></button>
            </div>
        </article>`;
}

const Queue = ({ reviews, current, onChoose }) => html`
    <ul class="faces" aria-label=${t('review.queue')}>${reviews.map(
        (review) => html`<li key=${review.id}>
            <button aria-current=${review === current ? 'true' : undefined} onClick=${() => onChoose(review.id)}>
                <${Face} review=${review} /></button></li>`,
    )}</ul>`;

function Work({ list }) {
    const { items, total } = list.data;
    const [later, setLater] = useState([]);
    const put = (id) => setLater((ids) => [...ids.filter((one) => one !== id), id]);
    const place = ({ id }) => later.indexOf(id);
    const [chosen, setChosen] = useState(null);
    const queue = [...items].sort((a, b) => place(a) - place(b));
    const current = queue.find(({ id }) => id === chosen) ?? queue[0];
    const next = () => {
        setChosen(null);
        put(current.id);
    };
    if (!current)
        return html`<${Empty} icon="circle-check" text=${t('review.none')}>
            <a class="button" href="#/live">${t('place.live')}</a><//>`;
    return html`
        <p class="quiet figures" role="status">${t('review.left', { n: total })}</p>
        <${Question} key=${current.id} review=${current} onLater=${next} onDone=${list.refresh} />
        ${queue.length > 1 && html`<${Queue} reviews=${queue} current=${current} onChoose=${setChosen} />`}`;
}

export function ReviewsPage() {
    const list = useData(() => get('reviews', { state: 'open', limit: QUEUE_MAX }));
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('review.title')}<//></header>
            <${DataFrame} of=${list}>${() => html`<${Work} list=${list} />`}<//>
        </div>`;
}

// Marks that students say are wrong: read, then accepted or left as they are, with an answer.

const ANSWER_MAX = 500;
const BECOMES = ['present', 'late', 'excused'];

const About = ({ dispute }) => html`
    <div class="row wrap"><${StatusChip} status=${dispute.status} />
        <span class="quiet small figures">${dotted(dispute.course_name, dayName(dispute.day))}</span></div>
    ${dispute.message && html`<blockquote>${dispute.message}</blockquote>`}`;

/** Says yes with what the mark becomes, or no, each with a sentence. */
export function AnswerDialog({ dispute, onDone, onClose }) {
    const form = useForm(
        { status: 'present', answer: '', accept: true },
        {
            check: ({ answer }) => (answer.trim() ? {} : { answer: t('dispute.answer.missing') }),
            send: async ({ accept, status, answer }) => {
                const becomes = accept ? { status } : {};
                await post(`disputes/${dispute.id}/answer`, { accept, answer: answer.trim(), ...becomes });
                toast(t(accept ? 'dispute.done.accepted' : 'dispute.done.rejected'));
                waitingChanged();
                onDone();
                onClose();
            },
        },
    );
    const send = (accept) => form.submit({ ...form.values, accept });
    return html`
        <${Dialog} title=${dispute.user_name ?? t('today.gone')} onClose=${onClose}>
            <${About} dispute=${dispute} />
            <form class="form" ...${form.form}>
                <${TextField} ...${form.field('answer')} rows="3" maxlength=${ANSWER_MAX}
                    label=${t('dispute.answer')} hint=${t('dispute.answer.hint')} />
                <${SelectField} ...${form.field('status')} label=${t('dispute.becomes')}>
                    ${BECOMES.map(
                        (status) => html`<option key=${status} value=${status}>${t(`status.${status}`)}</option>`,
                    )}
                <//>
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    <button type="button" class="button plain" disabled=${form.working}
                        onClick=${() => send(false)}>${t('dispute.reject')}</button>
                    <${WorkButton} type="button" class="button" working=${form.working}
                        onClick=${() => send(true)}>${t('dispute.accept')}<//>
                </div>
            </form>
        <//>`;
}

/** Those of one session, in the panel beside its register. */
export const DisputesPanel = ({ disputes, onOpen }) =>
    disputes.length > 0 &&
    html`<section class="card stack" aria-labelledby="said-wrong">
        <h2 id="said-wrong">${t('dispute.here')}</h2>
        <ul class="stack">${disputes.map(
            (dispute) => html`<li class="row" key=${dispute.id}>
                <div class="grow small"><b>${dispute.user_name}</b><div class="quiet">${dispute.message}</div></div>
                <button class="button plain small" onClick=${() => onOpen(dispute)}>${t('dispute.read')}</button></li>`,
        )}</ul>
    </section>`;

const Row = ({ dispute, onOpen }) => html`
    <li class="card stack">
        <div class="row">
            <${Avatar} name=${dispute.user_name} />
            <div class="grow"><h2>${dispute.user_name ?? t('today.gone')}</h2>
                <span class="tiny figures">${shortTime(dispute.created_at)}</span></div>
            ${dispute.state === 'open' &&
            html`<button class="button" onClick=${() => onOpen(dispute)}>${t('dispute.read')}</button>`}
        </div>
        <${About} dispute=${dispute} />
        ${dispute.state !== 'open' &&
        html`<p class="small quiet">${t(`dispute.was.${dispute.state}`)}
            ${dispute.answer && html` “${dispute.answer}” ${dispute.answered_by_name}`}</p>`}
    </li>`;

const STATES = ['open', 'accepted', 'rejected'];

export function DisputesPage({ query }) {
    const [state, setState] = useState(STATES.includes(query.state) ? query.state : 'open');
    const [open, setOpen] = useState(null);
    const list = useList((page) => get('disputes', { state, ...page }), [state]);
    const waiting = state === 'open' ? list.total : 0;
    const tabs = STATES.map((id) => ({
        id,
        name: t(`dispute.state.${id}`),
        count: id === 'open' ? waiting : 0,
    }));
    function show(id) {
        setState(id);
        noteInAddress({ state: id });
    }
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.disputes')}<//></header>
            <${Tabs} label=${t('place.disputes')} tabs=${tabs} current=${state} onChange=${show} />
            <${TabPanel} current=${state}>
                <${ListFrame} list=${list} icon="message-circle" empty=${t(`dispute.none.${state}`)}
                    button=${html`<a class="button plain" href="#/live">${t('place.live')}</a>`}>
                    <ul class="stack">${list.items.map(
                        (dispute) => html`<${Row} key=${dispute.id} dispute=${dispute} onOpen=${setOpen} />`,
                    )}</ul>
                    <${Pager} list=${list} />
                <//>
            <//>
            ${open && html`<${AnswerDialog} dispute=${open} onDone=${list.refresh} onClose=${() => setOpen(null)} />`}
        </div>`;
}
