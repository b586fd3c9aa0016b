// What the kiosk's screen remembers and notices: the time, touches, the language of whoever stands
// there, what the watch sees, what was asked of somebody.
import { notMe } from '../base/api.js';
import { useEffect, useRef, useState } from '../base/html.js';
import { remember } from '../base/storage.js';
import { chooseLanguage, currentLanguage } from '../base/text.js';
import { runChallenge } from '../camera/challenge.js';
import { adviceFor, asksToMove } from './advice.js';
import { cardOfMark } from './cards.js';
import { createLink, serverNow } from './link.js';
import { play } from './tones.js';
import { startWatching } from './watch.js';

export const IDLE_MS = 90_000;
const LANGUAGE_MS = 45_000;
const QUESTION_MS = 25_000;
// Who was asked, and answered or would not, is left alone for a while.
const PEACE_MS = 20_000;
const SECOND_MS = 1000;

export function useLink(first, onUnpaired) {
    const [state, setState] = useState({ ...first, waiting: 0, refused: 0, full: false });
    const [link] = useState(() => createLink(first, setState, onUnpaired));
    useEffect(() => link.stop, []);
    return { link, state };
}

export function useNow(kiosk) {
    const [, turn] = useState(0);
    useEffect(() => {
        const timer = setInterval(() => turn((n) => n + 1), SECOND_MS);
        return () => clearInterval(timer);
    }, []);
    return serverNow(kiosk);
}

/** Whether the screen was touched, or a key pressed, within this time. */
export function useTouched(ms) {
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
export function useLanguage() {
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

export function useFullScreen() {
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
export function useChallenge(cards, video, session) {
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
export function useWatch(link, cards, challenge, isPaused) {
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
export function useRenewal(idle) {
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
