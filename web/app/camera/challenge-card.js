// What lies over the camera's picture while a challenge is asked, answered and sent.
import { html, useEffect, useState } from '../base/html.js';
import { Icon } from '../ui/parts.js';
import { t } from '../base/text.js';

// The picture is a mirror: the person's left is on its left.
const ICONS = {
    turn_left: 'arrow-left',
    turn_right: 'arrow-right',
    nod: 'arrow-down',
    blink: 'eye-off',
};

/** What is being asked, in one breath. */
export const spokenStep = ({ phase, step, index, count }) =>
    phase === 'sending'
        ? t('challenge.sending')
        : `${t('challenge.step', { n: index + 1, of: count })}. ${t(`challenge.${step}`)}.`;

function useSecondsLeft(ms) {
    const [left, setLeft] = useState(Math.ceil(ms / 1000));
    useEffect(() => {
        const end = performance.now() + ms;
        const tick = () => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000)));
        tick();
        const timer = setInterval(tick, 200);
        return () => clearInterval(timer);
    }, [ms]);
    return left;
}

const TimeLeft = ({ ms }) => html`
    <div class="time-left" aria-hidden="true">
        <div class="bar"><div style=${{ animationDuration: `${ms}ms` }}></div></div>
        <span class="figures">${t('challenge.seconds', { n: useSecondsLeft(ms) })}</span>
    </div>`;

const Step = ({ phase, step, index, count, ms }) => html`
    <div class=${`challenge ${phase}`} data-challenge=${phase} data-step=${step}>
        <div class=${`pointer ${step}`} aria-hidden="true"><${Icon} name=${ICONS[step]} /></div>
        <div class="told">
            <p class="quiet">${t('challenge.step', { n: index + 1, of: count })}</p>
            <h2>${t(`challenge.${step}`)}</h2>
            ${phase === 'move'
                ? html`<${TimeLeft} key=${index} ms=${ms} />`
                : html`<p class="quiet">${t('challenge.ready')}</p>`}
        </div>
    </div>`;

export const ChallengeStep = (state) =>
    state.phase === 'sending'
        ? html`<div class="advice" data-challenge="sending">
              <span class="spinner" aria-hidden="true"></span>
              <span class="grow">${t('challenge.sending')}</span>
          </div>`
        : html`<${Step} ...${state} />`;

/** The card before and after: why it is asked, begin (where there is a camera), and the way for who
 * cannot or will not. */
export const ChallengeCard = ({ answer, onBegin, onInstead }) => {
    const failed = answer.result === 'challenge_failed';
    const lost = failed && answer.reason === 'lost';
    const text = lost ? 'challenge.lost.text' : 'challenge.failed.text';
    return html`
        <div class="result other asks appear" data-result=${answer.result}>
            <div class="who">
                <span class="sign"><${Icon} name="scan-face" size="large" /></span>
                <div class="grow">
                    <h2>${t(failed ? 'challenge.failed.title' : 'challenge.title')}</h2>
                    <p class="quiet">${t(failed ? text : 'challenge.text')}</p>
                </div>
            </div>
            <div class="actions">
                <button class="button plain" onClick=${onInstead}>${t('challenge.instead')}</button>
                ${onBegin &&
                html`<button class="button" onClick=${onBegin}>
                    ${t(failed ? 'mark.again' : 'challenge.begin')}</button>`}
            </div>
        </div>`;
};

export const spokenChallenge = ({ result, reason }) => {
    if (result !== 'challenge_failed') return `${t('challenge.title')}. ${t('challenge.text')}`;
    const text = reason === 'lost' ? 'challenge.lost.text' : 'challenge.failed.text';
    return `${t('challenge.failed.title')}. ${t(text)}`;
};
