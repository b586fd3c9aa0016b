// The answer to a try: who was seen, how it counts and when; or what to do instead.
import { html } from '../base/html.js';
import { Avatar, Icon, StatusChip } from '../ui/parts.js';
import { clockTime, t } from '../base/text.js';

const OTHERS = {
    unknown: { icon: 'circle-help', title: 'mark.unknown.title', text: 'mark.unknown.text' },
    needs_review: { icon: 'circle-help', title: 'mark.review.title', text: 'mark.review.text' },
    'handed-over': { icon: 'info', title: 'mark.handed.title', text: 'mark.handed.text' },
    presentation_attack: {
        icon: 'shield-alert',
        title: 'mark.attack.title',
        text: 'mark.attack.text',
    },
    unreadable: {
        icon: 'triangle-alert',
        title: 'mark.unreadable.title',
        text: 'mark.unreadable.text',
    },
    'not-me': { icon: 'info', title: 'mark.not-me.title', text: 'mark.not-me.text' },
    'taken-back': { icon: 'info', title: 'mark.taken-back.title', text: 'mark.taken-back.text' },
};
const TROUBLED = { icon: 'triangle-alert', title: 'mark.trouble', text: '' };

function outcome(answer) {
    const key = answer.already ? 'mark.done.already' : `mark.done.${answer.status}`;
    return t(key, { time: clockTime(answer.markedAt) });
}

/** The card in one breath, for screen readers. */
export function spoken(answer) {
    if (answer.result === 'match')
        return `${answer.name}. ${t(`status.${answer.status}`)}. ${outcome(answer)}.`;
    const other = OTHERS[answer.result] ?? TROUBLED;
    return `${t(other.title)}. ${other.text && t(other.text)}`;
}

const Match = ({ answer, onNotMe, onNext }) => html`
    <div class="result appear" data-result="match">
        <div class="who">
            <${Avatar} name=${answer.name} size="large" />
            <div class="grow">
                <h2>${answer.name}</h2>
                <div class="facts"><${StatusChip} status=${answer.status} />
                    <span class="quiet figures">${outcome(answer)}</span></div>
            </div>
        </div>
        <div class="actions">
            <button class="button plain" onClick=${onNotMe}>${t('mark.not-me')}</button>
            <button class="button plain" onClick=${onNext}>${t('mark.next')}</button>
        </div>
    </div>`;

const Other = ({ answer, onNext }) => {
    const other = OTHERS[answer.result] ?? TROUBLED;
    const next = t(answer.result === 'handed-over' ? 'mark.next' : 'mark.again');
    return html`
        <div class="result other appear" data-result=${answer.result}>
            <div class="who">
                <span class="sign"><${Icon} name=${other.icon} size="large" /></span>
                <div class="grow"><h2>${t(other.title)}</h2>
                    <p class="quiet">${other.text && t(other.text)}</p></div>
            </div>
            <div class="actions">
                ${answer.result === 'unknown' &&
                html`<a class="button plain" href="#/register">${t('how.register')}</a>`}
                <button class="button" onClick=${onNext}>${next}</button>
            </div>
        </div>`;
};

export const ResultCard = (props) =>
    html`<${props.answer.result === 'match' ? Match : Other} ...${props} />`;
