// The live register of one session: who is here, as it happens; marking by hand, correcting, and
// what waits for the teacher's eyes.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Empty, Icon, Notice, Title } from '../ui/parts.js';
import { MarkDialog, RestDialog } from './correct-mark.js';
import { AnswerDialog, DisputesPanel } from './correct-disputes.js';
import { ReviewCard } from './review-card.js';
import { ChangeDialog } from './session-change.js';
import { Arrivals, HereBar, hereOf, hoursOf, useSession, whereOf } from './session-parts.js';
import { Roll, StatusFilter } from './session-roll.js';

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
                <${StatusFilter} counts=${counts} status=${status} onStatus=${onStatus} />
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
