// The first page: the camera is there, and who stands before it is marked.
import { mark, markForReview, notMe, troubleText } from '../base/api.js';
import {
    clockTime, firstName, hasText, html, longDay, t, useEffect, useRef, useState,
} from '../base/page.js';
import {
    ChallengeCard, ChallengeStep, Lens, pause, runChallenge, sceneChanged, sceneOf,
    spokenChallenge, spokenStep, takeFrames,
} from '../camera/camera.js';
import { Avatar, Icon, StatusChip, Title } from '../ui/parts.js';

// What the server said about a face, in the terms of the page: a card to show, or advice to give.

const ADVICE = new Set(['no_face', 'several_faces', 'poor_quality']);

function boxOf(answer, frames) {
    const box = answer.face?.box ?? answer.box;
    if (!box || !(box.width > 0) || !(box.height > 0)) return null;
    const width = answer.face?.width ?? answer.width ?? frames.width;
    const height = answer.face?.height ?? answer.height ?? frames.height;
    return { x: box.x / width, y: box.y / height, w: box.width / width, h: box.height / height };
}

function adviceKey(answer) {
    const reason = `mark.${answer.reason}`;
    return answer.result === 'poor_quality' && hasText(reason) ? reason : `mark.${answer.result}`;
}

/**
 * {kind: 'advice', advice, box} to tell how to stand;
 * {kind: 'card', result, name, status, markedAt, already, mark, box} when the try is decided; with
 * `mark.token` the mark can be taken back.
 */
function readAnswer(answer, frames) {
    const box = boxOf(answer, frames);
    if (ADVICE.has(answer.result))
        return { kind: 'advice', result: answer.result, advice: adviceKey(answer), box };
    return {
        kind: 'card',
        result: answer.result,
        reason: answer.reason,
        name: answer.user?.name,
        status: answer.attendance?.status,
        markedAt: answer.attendance?.marked_at,
        already: answer.already === true,
        mark: { id: answer.attendance?.id, token: answer.not_me },
        box,
    };
}

const WAITS_MS = { offline: 3000, busy: 3000, many: 8000 };
const WAIT_MS = 5000;
const ADVICE_OF_TROUBLE = { offline: 'mark.offline', busy: 'mark.busy', many: 'mark.busy' };

/** Whether the card asks something of the person, and so stays until they answer. */
const asksSomething = ({ result }) =>
    result === 'challenge_required' || result === 'challenge_failed';

/** {kind: 'wait', advice, ms}: the server could not be asked; try again by itself. */
function readTrouble(trouble) {
    const wait = trouble.retryAfter ? trouble.retryAfter * 1000 : WAITS_MS[trouble.kind];
    return {
        kind: 'wait',
        result: trouble.kind,
        advice: ADVICE_OF_TROUBLE[trouble.kind] ?? 'mark.trouble',
        ms: Math.min(wait ?? WAIT_MS, 60_000),
    };
}

/** The same for a chosen file, which is tried once. */
function readFileTrouble(trouble) {
    if (trouble.kind === 'invalid') return { kind: 'card', result: 'unreadable' };
    return { kind: 'wait', result: trouble.kind, advice: troubleText(trouble), ms: 0 };
}

// Looks at the camera again and again, politely: it never asks twice at a time, waits longer while
// nobody comes, rests while the page is hidden, and stops at a result until the scene changes or
// the person asks for another try.

const BETWEEN_TRIES_MS = 900;
const EMPTY_SCENE_MS = 4000;
const CARD_MS = 6000;
// A question waits for who it was asked of, but not for ever: they may have left.
const QUESTION_MS = 25_000;
const GLANCE_MS = 400;

function visibleAgain(signal) {
    if (!document.hidden) return undefined;
    return new Promise((resolve) => {
        document.addEventListener('visibilitychange', resolve, { once: true, signal });
        signal.addEventListener('abort', resolve, { once: true });
    });
}

/** Waits until the scene differs from `before`, at most `limit` ms. */
async function sceneChange(video, before, limit, signal) {
    const end = performance.now() + limit;
    while (!signal.aborted && performance.now() < end) {
        await pause(GLANCE_MS, signal);
        if (!signal.aborted && sceneChanged(before, sceneOf(video))) return;
    }
}

async function backOnline(ms, signal) {
    const back = new AbortController();
    const wake = () => back.abort();
    addEventListener('online', wake, { once: true });
    signal.addEventListener('abort', wake, { once: true });
    await pause(ms, back.signal);
    removeEventListener('online', wake);
}

async function ask(frames) {
    try {
        return readAnswer(await mark(frames.blobs), frames);
    } catch (trouble) {
        return readTrouble(trouble);
    }
}

/** How long to leave the server alone after an answer. */
async function rest(video, scene, answer, signal) {
    if (answer.kind === 'wait') return backOnline(answer.ms, signal);
    if (answer.kind === 'card' && asksSomething(answer)) return pause(QUESTION_MS, signal);
    if (answer.kind === 'card') {
        await pause(CARD_MS, signal);
        return sceneChange(video, scene, Infinity, signal);
    }
    await pause(BETWEEN_TRIES_MS, signal);
    if (answer.result === 'no_face') await sceneChange(video, scene, EMPTY_SCENE_MS, signal);
    return undefined;
}

/**
 * Starts looking. `show({checking})` and `show({answer})` tell what happens; an answer of null
 * means that the last one no longer holds. With `shown`, an answer that is on show already, it rests
 * first. Gives {again, stop}.
 */
function startMarking(video, show, shown = null) {
    const whole = new AbortController();
    let resting = new AbortController();
    const stopped = () => whole.signal.aborted;
    const stop = () => {
        whole.abort();
        resting.abort();
    };

    async function attempt() {
        await visibleAgain(whole.signal);
        if (stopped()) return;
        const scene = sceneOf(video);
        const frames = await takeFrames(video, whole.signal);
        if (stopped()) return;
        show({ checking: true });
        const answer = await ask(frames);
        if (stopped()) return;
        show({ checking: false, answer });
        await restAt(scene, answer);
    }

    async function restAt(scene, answer) {
        resting = new AbortController();
        await rest(video, scene, answer, resting.signal);
        if (!stopped() && answer.kind === 'card') show({ answer: null });
    }

    (async () => {
        if (shown) await restAt(sceneOf(video), shown);
        while (!stopped()) await attempt();
    })();

    return { again: () => resting.abort(), stop };
}

// The answer to a try: who was seen, how it counts and when; or what to do instead.

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
function spoken(answer) {
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

const ResultCard = (props) =>
    html`<${props.answer.result === 'match' ? Match : Other} ...${props} />`;

// The first page: the camera is there, and who stands before it is marked.

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
