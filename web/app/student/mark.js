// The first page: the camera is there, and who stands before it is marked.
import { mark, markForReview, notMe } from '../base/api.js';
import { takeFrames } from '../camera/camera.js';
import { runChallenge } from '../camera/challenge.js';
import { ChallengeCard, ChallengeStep, spokenChallenge, spokenStep } from '../camera/challenge-card.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { Lens } from '../camera/lens.js';
import { asksSomething, readAnswer, readFileTrouble } from './mark-answer.js';
import { startMarking } from './mark-loop.js';
import { Avatar, Icon, Title } from '../ui/parts.js';
import { ResultCard, spoken } from './result-card.js';
import { clockTime, firstName, longDay, t } from '../base/text.js';

const NOT_ME = { kind: 'card', result: 'not-me' };
const TAKEN_BACK = { kind: 'card', result: 'taken-back' };

function useClock() {
    const [now, setNow] = useState(() => new Date());
    useEffect(() => {
        const timer = setInterval(() => setNow(new Date()), 1000);
        return () => clearInterval(timer);
    }, []);
    return now;
}

const Now = ({ now }) =>
    html`<span class="figures narrow-only">${longDay(now)} · ${clockTime(now)}</span>`;

const moodOf = (answer) =>
    answer?.kind === 'card' ? (answer.result === 'match' ? 'good' : 'warn') : '';

const ADVICE_ICONS = { offline: 'wifi-off', busy: 'clock', many: 'clock', ours: 'triangle-alert' };

const Advice = ({ answer, checking }) => html`
    <div class="advice">
        ${checking
            ? html`<span class="spinner" aria-hidden="true"></span>`
            : html`<${Icon} name=${ADVICE_ICONS[answer?.result] ?? 'scan-face'} />`}
        <span class="grow">${t(answer?.advice ?? 'mark.fit')}</span>
    </div>`;

function ChoosePhoto({ onFile }) {
    const input = useRef();
    const chosen = (event) => {
        const [file] = event.target.files;
        event.target.value = '';
        if (file) onFile(file);
    };
    return html`
        <button class="button plain" onClick=${() => input.current.click()}>
            <${Icon} name="image-plus" />${t('camera.choose')}</button>
        <input ref=${input} type="file" accept="image/jpeg,image/png,image/webp" hidden
            data-choose="mark" aria-label=${t('camera.choose')} onChange=${chosen} />`;
}

const HOW = ['scan-face', 'calendar-check', 'user-round'];

const Aside = ({ now, user }) => html`
    <aside class="aside">
        <div class="card wide-only stack close">
            <div class="clock figures">${clockTime(now)}</div>
            <div class="quiet">${longDay(now)}</div>
        </div>
        <div class="card wide-only stack">
            <h2>${t('how.title')}</h2>
            ${HOW.map(
                (icon, i) => html`<div class="step"><${Icon} name=${icon} />
                    <span class="quiet">${t(`how.${i + 1}`)}</span></div>`,
            )}
        </div>
        ${!user &&
        html`<div class="card stack">
            <div class="stack close">
                <h2>${t('how.new')}</h2><p class="quiet">${t('how.new.text')}</p>
            </div>
            <a class="button plain" href="#/register">
                <${Icon} name="user-plus" />${t('how.register')}</a>
        </div>`}
    </aside>`;

export function MarkPage({ user }) {
    const now = useClock();
    const [answer, setAnswer] = useState(null);
    const [checking, setChecking] = useState(false);
    const [live, setLive] = useState(false);
    const [asked, setAsked] = useState(null);
    const loop = useRef(null);
    const camera = useRef(null);
    const moving = useRef(null);
    const file = useRef(null);

    /** The camera runs and nobody looks at it: what was under way is over. */
    function halt() {
        moving.current?.abort();
        moving.current = null;
        loop.current?.stop();
        loop.current = null;
        setAsked(null);
        setChecking(false);
    }

    function begin(video, shown) {
        halt();
        camera.current = video;
        setLive(video !== null);
        if (!video) return;
        const show = (news) => {
            if ('checking' in news) setChecking(news.checking);
            if ('answer' in news) setAnswer(news.answer);
        };
        loop.current = startMarking(video, show, shown);
    }

    function again() {
        setAnswer(null);
        loop.current?.again();
    }

    /** Something that the person does instead of the loop; its answer stays until they go on. */
    async function instead(work) {
        halt();
        setAnswer(null);
        const turn = new AbortController();
        moving.current = turn;
        let next;
        try {
            next = await work(turn.signal);
        } catch (trouble) {
            next = readFileTrouble(trouble);
        }
        if (turn.signal.aborted) return;
        setAnswer(next);
        begin(camera.current, next);
    }

    const challenge = () =>
        instead(async (signal) => {
            const said = await runChallenge(camera.current, setAsked, signal);
            return readAnswer(said, { width: 1, height: 1 });
        });

    const handOver = () =>
        instead(async (signal) => {
            setChecking(true);
            const frames = camera.current
                ? await takeFrames(camera.current, signal)
                : { blobs: [file.current], width: 1, height: 1 };
            const said = readAnswer(await markForReview(frames.blobs), frames);
            return said.result === 'needs_review' ? { ...said, result: 'handed-over' } : said;
        });

    /** Without a token, or when it is too late, only a teacher can put it right. */
    async function takeBack({ id, token }) {
        setAnswer(NOT_ME);
        if (!token) return;
        const taken = await notMe(id, token).then(
            () => true,
            () => false,
        );
        if (taken) setAnswer((current) => (current === NOT_ME ? TAKEN_BACK : current));
    }

    async function tryFile(chosen) {
        file.current = chosen;
        setChecking(true);
        setAnswer(null);
        try {
            setAnswer(readAnswer(await mark([chosen]), { width: 1, height: 1 }));
        } catch (trouble) {
            setAnswer(readFileTrouble(trouble));
        }
        setChecking(false);
    }

    const card = answer?.kind === 'card';
    const question = card && asksSomething(answer);
    const advised = live || checking || answer?.advice;
    function over() {
        if (asked) return html`<${ChallengeStep} ...${asked} />`;
        if (question)
            return html`<${ChallengeCard} answer=${answer} onBegin=${live ? challenge : null}
                onInstead=${handOver} />`;
        if (card)
            return html`<${ResultCard} answer=${answer} onNext=${again}
                onNotMe=${() => takeBack(answer.mark)} />`;
        return advised && html`<${Advice} answer=${answer} checking=${checking} />`;
    }
    function said() {
        if (asked) return spokenStep(asked);
        if (question) return spokenChallenge(answer);
        return card ? spoken(answer) : advised && t(answer?.advice ?? 'mark.fit');
    }
    const heading = user ? t('mark.hello', { name: firstName(user.name) }) : t('mark.title');
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${html`<${Now} now=${now} />`} focus=${false}>${heading}<//>
                ${user &&
                html`<a href="#/me" aria-label=${t('place.me')}>
                    <${Avatar} name=${user.name} /></a>`}
            </header>
            <div class="mark">
                <${Lens} onReady=${begin} box=${live ? answer?.box : null} mood=${moodOf(answer)}
                    instead=${html`<${ChoosePhoto} onFile=${tryFile} />`}>
                    ${over()}
                <//>
                <${Aside} now=${now} user=${user} />
            </div>
            <div class="unseen" role="status">
                ${said()}
            </div>
        </div>`;
}
