// What the kiosk shows and sounds: the camera's picture, boxes round faces, cards that greet, tones.
import {
    clockTime, firstName, html, remember, remembered, t, useEffect, useRef, useState,
} from '../base/page.js';
import { post } from '../base/api.js';
import { Avatar, Icon, StatusChip } from '../ui/parts.js';
import { closeCamera, openCamera } from '../camera/camera.js';

// Short tones, for who does not look at the screen: two that rise for a mark, a low one for what was
// not understood. Off until somebody switches them on.

const TONES = { good: [660, 880], low: [330] };
const LENGTH_S = 0.12;
const LOUDNESS = 0.12;

let context = null;

export const soundIsOn = () => remembered('kiosk.sound') === 'on';

export function switchSound() {
    remember('kiosk.sound', soundIsOn() ? 'off' : 'on');
    if (soundIsOn()) play('good');
    return soundIsOn();
}

export function play(name) {
    if (!soundIsOn() || !globalThis.AudioContext) return;
    context ??= new AudioContext();
    // Browsers hold it until the page was touched once.
    context.resume();
    TONES[name].forEach((frequency, i) => {
        const begin = context.currentTime + i * LENGTH_S;
        const tone = new OscillatorNode(context, { frequency });
        const gain = new GainNode(context, { gain: LOUDNESS });
        gain.gain.setValueAtTime(LOUDNESS, begin);
        gain.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH_S);
        tone.connect(gain).connect(context.destination);
        tone.start(begin);
        tone.stop(begin + LENGTH_S);
    });
}

// The boxes round faces. They move many times a second, so that they alone are drawn then.

const percent = (share) => `${(100 * share).toFixed(2)}%`;

const Box = ({ track: { x, y, w, h, face } }) => html`
    <div class=${`seen-face ${face.result === 'match' ? 'good' : ''}`}
        style=${{ left: percent(x), top: percent(y), width: percent(w), height: percent(h) }}>
        ${face.result === 'match' && html`<span>${firstName(face.name)}</span>`}
    </div>`;

/** `feed.show(tracks)` draws them. */
export function Boxes({ feed }) {
    const [tracks, setTracks] = useState([]);
    useEffect(() => {
        feed.show = setTracks;
        return () => {
            feed.show = () => {};
        };
    }, []);
    return html`
        <div class="seen-faces" aria-hidden="true">
            ${tracks.map((track) => html`<${Box} key=${track.key} track=${track} />`)}
        </div>`;
}

// The cards that greet: one for each person, the latest nearest to the edge, each with "Not me".

const SHOWN_MS = 8000;
const STAYS_MS = 20_000;
// Who goes out of the picture for longer is greeted again.
const GONE_MS = 15_000;
const CARDS_MAX = 4;
const TICK_MS = 500;

/** What the server said of a mark, as a card; `takeBack()` where it can be taken back. */
export const cardOfMark = (mark, takeBack) => ({ ...mark, kind: 'mark', key: mark.id, takeBack });

/** The same of one that was made here. */
export const cardOfKiosk = (mark) =>
    cardOfMark(mark, mark.token && (() => post('kiosk/wrong-person', { token: mark.token })));

const isNewTo = (seen, id, now) => !(now - seen.get(id) < GONE_MS);

/** {cards, add(card), greet(faces), refuse(card)} */
export function useCards() {
    const [cards, setCards] = useState([]);
    const seen = useRef(new Map());
    useEffect(() => {
        const drop = () =>
            setCards((now) => {
                const left = now.filter(({ until }) => until > Date.now());
                return left.length === now.length ? now : left;
            });
        const timer = setInterval(drop, TICK_MS);
        return () => clearInterval(timer);
    }, []);

    function add(card) {
        const begun = Date.now();
        seen.current.set(card.key, begun);
        const made = { ...card, begun, until: begun + SHOWN_MS };
        setCards((now) => [made, ...now.filter(({ key }) => key !== card.key)].slice(0, CARDS_MAX));
    }
    function keepUp(id) {
        const until = ({ begun }) => Math.min(begun + STAYS_MS, Date.now() + SHOWN_MS);
        setCards((now) =>
            now.map((card) => (card.key === id && card.kind === 'mark' ? { ...card, until: until(card) } : card)),
        );
    }
    function greet(faces) {
        for (const face of faces.filter(({ result }) => result === 'match')) {
            const fresh = isNewTo(seen.current, face.id, Date.now());
            seen.current.set(face.id, Date.now());
            if (!fresh) keepUp(face.id);
            else {
                add(cardOfKiosk(face));
                play('good');
            }
        }
    }
    async function refuse(card) {
        const done = card.takeBack && (await card.takeBack().then(() => true, () => false));
        add({ kind: done ? 'back' : 'tell', key: card.key });
    }
    return { cards, add, greet, refuse };
}

function greeting({ name, marked_at: at }) {
    const hour = Number(clockTime(at).slice(0, 2));
    const part = hour < 12 ? 'morning' : hour < 19 ? 'afternoon' : 'evening';
    return t(`kiosk.${part}`, { name: firstName(name) });
}

/** The whole name too: that it is another's must be seen. */
const lineOf = ({ name, status, marked_at: at, already }) =>
    `${name} · ${t(already ? 'mark.done.already' : `mark.done.${status}`, { time: clockTime(at) })}`;

const MarkCard = ({ card, onNotMe }) => html`
    <li class="greeting appear" data-card="mark" data-name=${card.name} data-status=${card.status}>
        <${Avatar} name=${card.name} size="large" />
        <div class="grow"><h2>${greeting(card)}</h2><p class="quiet figures">${lineOf(card)}</p></div>
        <${StatusChip} status=${card.status} />
        <button class="button plain" onClick=${onNotMe}>${t('mark.not-me')}</button>
    </li>`;

const SIGNS = { review: 'eye', kept: 'save', full: 'triangle-alert', unable: 'triangle-alert' };

const SayCard = ({ kind }) => html`
    <li class=${`greeting appear ${kind}`} data-card=${kind}>
        <span class="sign"><${Icon} name=${SIGNS[kind] ?? 'info'} size="large" /></span>
        <div class="grow"><h2>${t(`kiosk.card.${kind}`)}</h2><p class="quiet">${t(`kiosk.card.${kind}.text`)}</p></div>
    </li>`;

export const Cards = ({ cards, onNotMe }) => html`
    <ul class="greetings" aria-live="polite">
        ${[...cards].reverse().map((card) =>
            card.kind === 'mark'
                ? html`<${MarkCard} key=${card.key} card=${card} onNotMe=${() => onNotMe(card)} />`
                : html`<${SayCard} key=${card.key} kind=${card.kind} />`,
        )}
    </ul>`;

// The camera's picture over the whole screen, or why there is none and what to do. Nobody stands by
// a kiosk to press "again": it tries by itself.

// Faces across a room are small.
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
const AGAIN_MS = 5000;

const NoPicture = ({ reason, onRetry, onPin }) => html`
    <div class="lens-empty">
        <${Icon} name=${reason === 'taken' ? 'camera' : 'camera-off'} />
        <h2>${t(`kiosk.camera.${reason}`)}</h2>
        <p>${t(`kiosk.camera.${reason}.text`)}</p>
        <div class="row">
            <button class="button" onClick=${onRetry}><${Icon} name="refresh-cw" />${t('app.retry')}</button>
            <button class="button plain" onClick=${onPin}><${Icon} name="keyboard" />${t('kiosk.pin')}</button>
        </div>
    </div>`;

async function begin(video, camera) {
    // The one that was chosen may be away: then any other.
    const stream = await openCamera(camera ? { ...SIZE, deviceId: { ideal: camera } } : SIZE);
    video.srcObject = stream;
    try {
        await video.play();
    } catch {
        closeCamera(stream);
        throw new Error('taken');
    }
    return stream;
}

/** `onVideo(video)` when the picture runs, `onVideo(null)` when it ends. */
export function Eye({ camera, onVideo, onPin, children }) {
    const video = useRef();
    const [state, setState] = useState('starting');
    const [tries, setTries] = useState(0);
    const [mirrored, setMirrored] = useState(true);
    const again = () => setTries((n) => n + 1);

    useEffect(() => {
        let stream = null;
        let left = false;
        let timer;
        function fail(reason) {
            if (left) return;
            onVideo(null);
            setState(reason);
            if (reason !== 'insecure') timer = setTimeout(again, AGAIN_MS);
        }
        function live(opened) {
            if (left) return closeCamera(opened);
            stream = opened;
            const [track] = stream.getVideoTracks();
            track.addEventListener('ended', () => fail('missing'));
            setMirrored(track.getSettings().facingMode !== 'environment');
            setState('live');
            return onVideo(video.current);
        }
        const known = ['refused', 'missing', 'insecure'];
        begin(video.current, camera).then(live, ({ message }) =>
            fail(known.includes(message) ? message : 'taken'),
        );
        return () => {
            left = true;
            clearTimeout(timer);
            onVideo(null);
            closeCamera(stream);
        };
    }, [tries, camera]);

    return html`
        <div class=${`lens eye ${mirrored ? '' : 'from-behind'}`} data-camera=${state}>
            <video ref=${video} playsinline muted hidden=${state !== 'live'} aria-hidden="true"></video>
            ${state === 'starting' && html`
                <div class="lens-empty"><${Icon} name="camera" /><h2>${t('mark.start')}</h2></div>`}
            ${state !== 'live' && state !== 'starting' &&
            html`<${NoPicture} reason=${state} onRetry=${again} onPin=${onPin} />`}
            ${state === 'live' && children}
        </div>`;
}
