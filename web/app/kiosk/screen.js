// The kiosk's screen.
import { get, notMe } from '../base/api.js';
import {
    chooseLanguage, clockTime, currentLanguage, hasText, html, LANGUAGES, longDay, remember,
    remembered, shortTime, t, useEffect, useRef, useState, useWakeLock,
} from '../base/page.js';
import { ChallengeCard, ChallengeStep, runChallenge } from '../camera/camera.js';
import { Advice, adviceFor, asksToMove, startWatching } from './watch.js';
import {
    Boxes, cardOfKiosk, cardOfMark, Cards, Eye, play, soundIsOn, switchSound, useCards,
} from './eye.js';
import { createLink, serverNow } from './link.js';
import { nextAt, sessionAt } from './schedule.js';
import { refusedEntries } from './store.js';
import { CheckField, Dialog, SelectField } from '../ui/form.js';
import { Icon } from '../ui/parts.js';
import { PinPad } from './pairing.js';

// The code of the session, for who marks by their own telephone. Another comes by itself.

const AGAIN_MS = 10_000;
const SOON_MS = 300;

function SessionCode({ session }) {
    const [shown, setShown] = useState(null);
    useEffect(() => {
        let left = false;
        let timer;
        async function ask() {
            let rest = AGAIN_MS;
            try {
                const answer = await get(`sessions/${session}/code`);
                if (left) return;
                setShown(answer.code);
                rest = Date.parse(answer.changes_at) - Date.parse(answer.time) + SOON_MS;
            } catch {
                if (!left) setShown(null);
            }
            if (!left) timer = setTimeout(ask, rest);
        }
        ask();
        return () => {
            left = true;
            clearTimeout(timer);
        };
    }, [session]);
    return shown && html`
        <p class="kiosk-code"><span>${t('kiosk.code')}</span>
            <b class="figures">${shown.slice(0, 3)} ${shown.slice(3)}</b></p>`;
}

// What the kiosk's screen remembers and notices: the time, touches, the language of whoever stands
// there, what the watch sees, what was asked of somebody.

const IDLE_MS = 90_000;
const LANGUAGE_MS = 45_000;
const QUESTION_MS = 25_000;
// Who was asked, and answered or would not, is left alone for a while.
const PEACE_MS = 20_000;
const SECOND_MS = 1000;

function useLink(first, onUnpaired) {
    const [state, setState] = useState({ ...first, waiting: 0, refused: 0, full: false });
    const [link] = useState(() => createLink(first, setState, onUnpaired));
    useEffect(() => link.stop, []);
    return { link, state };
}

function useNow(kiosk) {
    const [, turn] = useState(0);
    useEffect(() => {
        const timer = setInterval(() => turn((n) => n + 1), SECOND_MS);
        return () => clearInterval(timer);
    }, []);
    return serverNow(kiosk);
}

/** Whether the screen was touched, or a key pressed, within this time. */
function useTouched(ms) {
    const [touched, setTouched] = useState(true);
    useEffect(() => {
        let timer;
        const touch = () => {
            setTouched(true);
            clearTimeout(timer);
            timer = setTimeout(() => setTouched(false), ms);
        };
        touch();
        for (const kind of ['pointerdown', 'keydown']) addEventListener(kind, touch);
        return () => {
            clearTimeout(timer);
            for (const kind of ['pointerdown', 'keydown']) removeEventListener(kind, touch);
        };
    }, []);
    return touched;
}

/** The language of whoever stands there; the kiosk's own comes back when they are gone. */
function useLanguage() {
    const [language, setLanguage] = useState(currentLanguage);
    const home = useRef(language);
    const touched = useTouched(LANGUAGE_MS);
    async function speak(wanted, forGood) {
        if (forGood) home.current = wanted;
        await chooseLanguage(wanted).catch(() => {});
        remember('language', home.current);
        setLanguage(currentLanguage());
    }
    useEffect(() => {
        if (!touched && language !== home.current) speak(home.current);
    }, [touched]);
    return { speak, other: language === 'es' ? 'en' : 'es' };
}

function useFullScreen() {
    const [full, setFull] = useState(false);
    useEffect(() => {
        const look = () => setFull(Boolean(document.fullscreenElement));
        document.addEventListener('fullscreenchange', look);
        return () => document.removeEventListener('fullscreenchange', look);
    }, []);
    const change = () =>
        full ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => {});
    return { full, possible: document.fullscreenEnabled, change };
}

/** What is asked of somebody who has to move: {question, asked, begin, end}. */
function useChallenge(cards, video, session) {
    const [question, setQuestion] = useState(null);
    const [asked, setAsked] = useState(null);
    const turn = useRef(null);
    const peace = useRef(0);
    useEffect(() => {
        if (!question || asked) return undefined;
        const timer = setTimeout(() => setQuestion(null), QUESTION_MS);
        return () => clearTimeout(timer);
    }, [question, asked]);
    function end() {
        peace.current = Date.now() + PEACE_MS;
        turn.current?.abort();
        turn.current = null;
        setAsked(null);
        setQuestion(null);
    }
    function told({ result, reason, user, attendance, not_me: token }) {
        if (result !== 'match') return setQuestion({ result: 'challenge_failed', reason });
        end();
        const takeBack = token && (() => notMe(attendance.id, token));
        return cards.add(cardOfMark({ ...attendance, name: user.name }, takeBack));
    }
    async function begin() {
        turn.current = new AbortController();
        const { signal } = turn.current;
        const scope = session ? { session_id: session.id } : {};
        try {
            const answer = await runChallenge(video.current, setAsked, signal, scope);
            if (answer && !signal.aborted) told(answer);
        } catch {
            if (!signal.aborted) setQuestion({ result: 'challenge_failed' });
        }
        setAsked(null);
    }
    const ask = () =>
        Date.now() > peace.current && setQuestion((now) => now ?? { result: 'challenge_required' });
    return { question, asked, ask, begin, end };
}

/** Everything that the watch tells, in the terms of the page. */
function useWatch(link, cards, challenge, isPaused) {
    const [advice, setAdvice] = useState(null);
    const [awake, setAwake] = useState(true);
    const [feed] = useState(() => ({ show: () => {} }));
    const watch = useRef(null);
    const video = useRef(null);
    const latest = useRef();
    const asked = useRef(new Set());
    function review(tracks) {
        for (const { key, face } of tracks) {
            if (face.result !== 'needs_review' || asked.current.has(key)) continue;
            asked.current.add(key);
            cards.add({ kind: 'review', key: `review ${key}` });
        }
    }
    latest.current = ({ tracks, answer, kept, awake: isAwake }) => {
        if (tracks) {
            const now = performance.now();
            feed.show(tracks);
            setAdvice(adviceFor(tracks, now));
            review(tracks);
            if (asksToMove(tracks, now)) challenge.ask();
        }
        if (answer) cards.greet(answer.faces);
        if (kept) {
            cards.add({ kind: kept, key: 'kept' });
            play(kept === 'kept' ? 'good' : 'low');
        }
        if (isAwake !== undefined) setAwake(isAwake);
    };
    useEffect(() => void (advice && play('low')), [advice]);
    function onVideo(element) {
        watch.current?.stop();
        watch.current = null;
        video.current = element;
        feed.show([]);
        setAwake(element !== null);
        if (!element) return;
        const options = { link, isPaused: () => isPaused.current, idleMs: IDLE_MS };
        watch.current = startWatching(element, options, (news) => latest.current(news));
    }
    return { advice, awake, feed, onVideo, video, markNow: () => watch.current?.markNow() };
}

/** A newer version of the page is taken when nobody is there. */
function useRenewal(idle) {
    const newer = useRef(false);
    useEffect(() => {
        const worker = navigator.serviceWorker;
        if (!worker?.controller) return undefined;
        const note = () => (newer.current = true);
        worker.addEventListener('controllerchange', note);
        return () => worker.removeEventListener('controllerchange', note);
    }, []);
    useEffect(() => {
        if (idle && newer.current) location.reload();
    }, [idle]);
}

// What whoever looks after the kiosk can see and choose. Nothing here marks anybody or opens
// anything: pairing and deleting are for administrators, elsewhere.

const SHOWN_MAX = 20;

const chosenCamera = () => remembered('kiosk.camera');
const showsCode = () => remembered('kiosk.code') === 'on';

function useCameras() {
    const [cameras, setCameras] = useState([]);
    useEffect(() => {
        const found = navigator.mediaDevices?.enumerateDevices() ?? Promise.resolve([]);
        found.then((all) => setCameras(all.filter(({ kind }) => kind === 'videoinput')), () => {});
    }, []);
    return cameras;
}

const reasonOf = ({ reason }) =>
    t(hasText(`kiosk.refused.${reason}`) ? `kiosk.refused.${reason}` : 'kiosk.refused.other');

function Refused() {
    const [entries, setEntries] = useState([]);
    useEffect(() => void refusedEntries().then(setEntries, () => {}), []);
    return entries.length > 0 && html`
        <div class="stack close">
            <h3>${t('kiosk.refused')}</h3>
            <ul class="refused">${entries.slice(0, SHOWN_MAX).map((entry) => html`
                <li key=${`${entry.device} ${entry.counter}`}>
                    <span class="figures">${shortTime(entry.captured_at)}</span> ${reasonOf(entry)}</li>`)}</ul>
        </div>`;
}

const Facts = ({ state: { kiosk, away, waiting } }) => html`
    <dl class="facts">
        <dt>${t('kiosk.place')}</dt>
        <dd>${(kiosk.device.room ?? kiosk.device.course)?.name ?? t('kiosk.everybody')}</dd>
        <dt>${t('kiosk.server')}</dt>
        <dd>${away ? t('kiosk.server.away', { time: clockTime(kiosk.time) }) : t('kiosk.server.here')}</dd>
        <dt>${t('kiosk.waiting')}</dt>
        <dd class="figures">${t('kiosk.waiting.n', { n: waiting })}</dd>
    </dl>`;

/** `onChange()` when something was chosen; `onLanguage(language)` for good. */
function Panel({ state, onChange, onLanguage, onClose }) {
    const cameras = useCameras();
    const choose = (name, value) => {
        remember(name, value);
        onChange();
    };
    return html`
        <${Dialog} title=${state.kiosk.device.name} onClose=${onClose}>
            <${Facts} state=${state} />
            ${cameras.length > 1 && html`
                <${SelectField} name="camera" label=${t('mark.camera')} value=${chosenCamera() ?? ''}
                    onInput=${({ target }) => choose('kiosk.camera', target.value)}>
                    ${cameras.map(
                        ({ deviceId: id, label }) => html`<option key=${id} value=${id}>${label}</option>`,
                    )}
                <//>`}
            <${SelectField} name="language" label=${t('kiosk.language')} value=${currentLanguage()}
                onInput=${({ target }) => onLanguage(target.value)}>
                ${Object.entries(LANGUAGES).map(
                    ([key, name]) => html`<option key=${key} value=${key}>${name}</option>`,
                )}
            <//>
            <div>
                <${CheckField} name="sound" label=${t('kiosk.sound')} checked=${soundIsOn()}
                    onChange=${() => (switchSound(), onChange())} />
                <${CheckField} name="code" label=${t('kiosk.code.show')} hint=${t('kiosk.code.hint')}
                    checked=${showsCode()} onChange=${(on) => choose('kiosk.code', on ? 'on' : 'off')} />
            </div>
            <${Refused} />
        <//>`;
}

// The kiosk's screen: the camera from edge to edge, and over it the clock, the class, the cards of
// those who were marked, one sentence of advice, and a few buttons.

const Place = ({ state: { kiosk, away, waiting } }) => html`
    <div class="kiosk-place">
        <b>${kiosk.institution.name}</b>
        <span>${kiosk.device.name}</span>
        ${away && html`<p class="kiosk-away" role="status" data-away=${waiting}>
            <${Icon} name="wifi-off" /><span>${t('kiosk.away')} ${t('kiosk.waiting.n', { n: waiting })}</span></p>`}
        ${!away && waiting > 0 && html`<p class="kiosk-away" role="status" data-waiting=${waiting}>
            <span class="spinner" aria-hidden="true"></span>${t('kiosk.handing', { n: waiting })}</p>`}
    </div>`;

/** The class of now, or the one that comes. */
function whichClass(kiosk, now) {
    const session = sessionAt(kiosk, now);
    const shown = session ?? nextAt(kiosk, now);
    if (!shown) return (kiosk.device.room ?? kiosk.device.course)?.name ?? '';
    const what = [shown.course ?? shown.title, shown.room].filter(Boolean).join(' · ');
    return session ? what : t('kiosk.coming', { what, time: clockTime(shown.starts_at) });
}

const Clock = ({ kiosk, now, code }) => html`
    <div class="kiosk-clock">
        <b class="figures">${clockTime(now)}</b>
        <span>${whichClass(kiosk, now)}</span>
        ${code && html`<${SessionCode} session=${code} />`}
    </div>`;

const Tool = ({ icon, label, onPress, pressed, children, lang }) => html`
    <button class="kiosk-tool" aria-label=${label} title=${label} aria-pressed=${pressed} lang=${lang}
        onClick=${onPress}><${Icon} name=${icon} />${children}</button>`;

function Tools({ language, onPin, onPanel, onSound }) {
    const { full, possible, change } = useFullScreen();
    const on = soundIsOn();
    return html`
        <div class="kiosk-tools">
            <${Tool} icon="keyboard" label=${t('kiosk.pin.label')} onPress=${onPin}><span>${t('kiosk.pin')}</span><//>
            <${Tool} icon="languages" label=${t('app.language.label')} lang=${language.other}
                onPress=${() => language.speak(language.other)}><span>${t('app.language')}</span><//>
            <${Tool} icon=${on ? 'volume-2' : 'volume-x'} label=${t('kiosk.sound')} pressed=${on} onPress=${onSound} />
            ${possible && html`<${Tool} icon=${full ? 'minimize' : 'maximize'} onPress=${change}
                label=${t(full ? 'kiosk.window' : 'kiosk.full-screen')} />`}
            <${Tool} icon="settings" label=${t('kiosk.panel')} onPress=${onPanel} />
        </div>`;
}

/** The dark screen of an empty room. The clock moves a little so that nothing burns in. */
const Night = ({ kiosk, now }) => {
    const minute = Math.floor(now / 60_000);
    const style = { left: `${30 + ((minute * 7) % 41)}%`, top: `${35 + ((minute * 11) % 31)}%` };
    return html`
        <div class="kiosk-night" data-night>
            <div style=${style}><b class="figures">${clockTime(now)}</b>
                <span>${longDay(now)}</span><span>${whichClass(kiosk, now)}</span></div>
        </div>`;
};

export function Screen({ first, onUnpaired }) {
    const { link, state } = useLink(first, onUnpaired);
    const now = useNow(state.kiosk);
    const touched = useTouched(IDLE_MS);
    const language = useLanguage();
    const cards = useCards();
    const [dialog, setDialog] = useState(null);
    const [, redraw] = useState(0);
    const isPaused = useRef(false);
    const session = sessionAt(state.kiosk, now);
    const shown = useRef(null);
    const challenge = useChallenge(cards, shown, session);
    const watch = useWatch(link, cards, challenge, isPaused);
    shown.current = watch.video.current;
    isPaused.current = dialog === 'pin' || challenge.asked !== null;
    const night = !watch.awake && !touched && !dialog;
    useWakeLock();
    useRenewal(night);

    const code = showsCode() && !state.away && !night && session?.id;

    const close = () => setDialog(null);
    const again = () => redraw((n) => n + 1);
    const openPin = () => {
        challenge.end();
        setDialog('pin');
    };
    const done = (card) => {
        close();
        cards.add(card);
        play('good');
    };
    return html`
        <main class="kiosk">
            <h1 class="unseen">${t('kiosk.title')}</h1>
            <${Eye} camera=${chosenCamera()} onVideo=${watch.onVideo} onPin=${openPin}>
                <${Boxes} feed=${watch.feed} />
                ${challenge.asked && html`<${ChallengeStep} ...${challenge.asked} />`}
                ${challenge.question && !challenge.asked && html`
                    <${ChallengeCard} answer=${challenge.question} onBegin=${challenge.begin} onInstead=${openPin} />`}
            <//>
            <header class="kiosk-head">
                <${Place} state=${state} />
                <${Clock} kiosk=${state.kiosk} now=${now} code=${code} />
            </header>
            ${!challenge.asked && !challenge.question && html`
                <div class="kiosk-foot">
                    <div class="kiosk-said">
                        <${Cards} cards=${cards.cards} onNotMe=${cards.refuse} />
                        ${(cards.cards.length === 0 || watch.advice) && html`
                            <${Advice} advice=${watch.advice} state=${state} open=${link.isOpen()} now=${now}
                                onPin=${openPin} onMark=${watch.markNow} />`}
                    </div>
                    <${Tools} language=${language} onPin=${openPin} onPanel=${() => setDialog('panel')}
                        onSound=${() => (switchSound(), again())} />
                </div>`}
            ${night && html`<${Night} kiosk=${state.kiosk} now=${now} />`}
            ${dialog === 'pin' && html`<${PinPad} link=${link} onClose=${close} onMark=${(mark) => done(cardOfKiosk(mark))}
                onKept=${() => done({ kind: 'kept', key: 'kept' })} />`}
            ${dialog === 'panel' && html`<${Panel} state=${state} onChange=${again} onClose=${close}
                onLanguage=${(wanted) => language.speak(wanted, true)} />`}
        </main>`;
}
