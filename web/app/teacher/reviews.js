// All faces in doubt, one after another: the keys 1 to 5 choose a person, N nobody, S later.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { clockTime, dayName, t } from '../base/text.js';
import { DataFrame, Trouble, useData } from '../ui/data.js';
import { Empty, Icon, Title } from '../ui/parts.js';
import { doubtOf, Face, useSettle } from './review-card.js';
import { dotted, Portrait } from './session-parts.js';

const QUEUE_MAX = 100;
const CANDIDATES_MAX = 5;

/** What a key means: a number of a candidate, "n" or "s"; not while something is typed. */
function useKeys(act) {
    useEffect(() => {
        const press = (event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
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
        <${Portrait} person=${{ id: candidate.user_id, name: candidate.user_name }} />
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
