// One face that nobody could be sure of: the picture, whom it is like, and a tap that settles it.
import { post } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { clockTime, firstName, t } from '../base/text.js';
import { waitingChanged } from '../base/waiting.js';
import { Trouble } from '../ui/data.js';
import { Icon } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { Portrait } from './session-parts.js';

/** Who it is close to, or why nobody was marked. */
export function doubtOf({ reason, candidates }) {
    const [first, second] = candidates.map(({ user_name: name }) => name);
    if (['margin', 'lookalike'].includes(reason) && second) return t('review.close-to', { name: second });
    return t(`review.why.${reason}`, { name: first ?? '' });
}

/** {settle(user id, or null for nobody), working, trouble}; `onDone` when it is settled. */
export function useSettle(review, onDone) {
    const [state, setState] = useState({});
    async function settle(person) {
        if (state.working) return;
        setState({ working: true });
        const answer = person ? { user_id: person } : { nobody: true };
        try {
            const { user_name: name } = await post(`reviews/${review.id}`, answer);
            toast(name ? t('review.is', { name }) : t('review.is-nobody'));
            setState({});
        } catch (trouble) {
            setState({ trouble: trouble.code === 'conflict' ? null : trouble });
            if (trouble.code !== 'conflict') return;
            toast(t('review.elsewhere'), { kind: 'warn' });
        }
        waitingChanged();
        onDone();
    }
    return { settle, ...state };
}

export const Face = ({ review, size = '' }) => html`
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
                ${first && html`<${Portrait} person=${{ id: first.user_id, name: first.user_name }} />`}
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
