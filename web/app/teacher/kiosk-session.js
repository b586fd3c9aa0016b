// The laptop on the teacher's desk as a kiosk of this session: several people at once before the
// camera, each greeted with name, status and time.
import { notMe, upload } from '../base/api.js';
import { html, useRef, useState } from '../base/html.js';
import { clockTime, firstName, t } from '../base/text.js';
import { useWakeLock } from '../base/wake.js';
import { pause, takeFrames } from '../camera/camera.js';
import { Lens } from '../camera/lens.js';
import { DataFrame } from '../ui/data.js';
import { Avatar, Icon, Title } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { hereOf, MarkChip, useSession, whereOf } from './session-parts.js';

// Frames of the room, again and again: never two requests at a time, none while the page is hidden,
// fewer while nobody is there.
const FRAMES = { count: 2, apart: 200, side: 1280 };
const BETWEEN_MS = 250;
const NOBODY_MS = 900;
const TROUBLE_MS = 4000;
const CLOSED_MS = 15_000;

function formOf(blobs) {
    const form = new FormData();
    blobs.forEach((blob, i) => form.append('image', blob, `frame-${i + 1}.jpg`));
    return form;
}

async function look(video, id, signal) {
    const { blobs } = await takeFrames(video, signal, FRAMES);
    try {
        return await upload(`sessions/${id}/frames`, formOf(blobs));
    } catch (trouble) {
        return { trouble };
    }
}

function restOf({ trouble, open, faces }) {
    if (trouble?.kind === 'invalid') return NOBODY_MS;
    if (trouble) return Math.max(TROUBLE_MS, (trouble.retryAfter ?? 0) * 1000);
    if (!open) return CLOSED_MS;
    return faces.length > 0 ? BETWEEN_MS : NOBODY_MS;
}

/** Calls `show(answer)` after each look: {width, height, open, faces}, or {trouble}. Gives what stops it. */
function startLooking(video, id, show) {
    const whole = new AbortController();
    const { signal } = whole;
    (async () => {
        // The picture takes its place on the page before frames are cut to it.
        await pause(BETWEEN_MS, signal);
        while (!signal.aborted) {
            let rest = NOBODY_MS;
            if (!document.hidden) {
                const answer = await look(video, id, signal);
                if (signal.aborted) return;
                show(answer);
                rest = restOf(answer);
            }
            await pause(rest, signal);
        }
    })();
    return () => whole.abort();
}

// Faces across a room are small: more pixels than one person before a phone needs.
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
const CARDS_MAX = 3;
const CARD_MS = 7000;

const share = (part, whole) => `${((100 * part) / whole).toFixed(1)}%`;

const Boxes = ({ seen }) => html`
    <div class="boxes" aria-hidden="true">${seen.faces.map(
        ({ box, result }, i) => html`<div key=${i} class=${`face-box ${result === 'match' ? 'good' : ''}`}
            style=${{
                left: share(box.x, seen.width),
                top: share(box.y, seen.height),
                width: share(box.width, seen.width),
                height: share(box.height, seen.height),
            }}></div>`,
    )}</div>`;

const Card = ({ face, onNotMe }) => html`
    <li class="greeting appear" data-greeted=${face.name}>
        <${Avatar} name=${face.name} size="large" />
        <div class="grow"><b>${t(face.already ? 'camera.again' : 'camera.welcome', { name: firstName(face.name) })}</b>
            <div class="row wrap"><${MarkChip} mark=${face} />
                <span class="quiet small figures">${clockTime(face.marked_at)}</span></div></div>
        ${face.token && html`<button class="button plain" onClick=${() => onNotMe(face)}>${t('mark.not-me')}</button>`}
    </li>`;

const TROUBLES = { offline: 'mark.offline', many: 'mark.busy', busy: 'mark.busy' };

/** The line under the picture: what to do, or that all is well. */
function adviceOf({ faces = [], open = true, trouble }) {
    if (trouble) return t(TROUBLES[trouble.kind] ?? 'mark.trouble');
    if (!open) return t('camera.closed');
    const results = faces.map(({ result }) => result);
    if (results.includes('presentation_attack')) return t('mark.attack.title');
    if (results.includes('challenge_required')) return t('camera.challenge');
    if (results.includes('needs_review')) return t('camera.review');
    if (results.includes('unknown')) return t('camera.unknown');
    const poor = faces.find(({ reason }) => reason);
    if (poor && !results.includes('match')) return t(`mark.${poor.reason}`);
    return t('camera.look');
}

/** The cards of who came last; each goes by itself. */
function useGreetings() {
    const [cards, setCards] = useState([]);
    function greet(faces) {
        const until = Date.now() + CARD_MS;
        const fresh = faces.filter(({ result }) => result === 'match').map((face) => ({ ...face, until }));
        setCards((now) => {
            // The token of a mark is told once: a face that is seen again keeps it.
            const kept = (card) => ({ ...now.find(({ id }) => id === card.id), until: card.until });
            const next = fresh.map((card) => (now.some(({ id }) => id === card.id) ? kept(card) : card));
            const old = now.filter(({ id, until: end }) => end > Date.now() && !next.some((card) => card.id === id));
            return [...next, ...old].slice(0, CARDS_MAX);
        });
    }
    const drop = (id) => setCards((now) => now.filter((card) => card.id !== id));
    return { cards, greet, drop };
}

function useTakeBack(drop) {
    return async (face) => {
        drop(face.id);
        try {
            await notMe(face.id, face.token);
            toast(t('mark.taken-back.text'));
        } catch {
            toast(t('mark.not-me.text'), { kind: 'warn' });
        }
    };
}

const Top = ({ register }) => {
    const { session, counts, items } = register;
    return html`
        <header class="camera-top">
            <div class="glass">
                <${Title} above=${whereOf(session)}>${session.course_name}<//>
                <p class="figures" role="status">${t('live.here', { n: hereOf(counts), of: items.length })}</p>
            </div>
            <span class="grow"></span>
            <a class="button glass" href=${`#/sessions/${session.id}`}>
                <${Icon} name="square" />${t('camera.stop')}</a>
        </header>`;
};

function Camera({ register }) {
    const { id, window: state } = register.session;
    const { cards, greet, drop } = useGreetings();
    const [seen, setSeen] = useState({});
    const stop = useRef(() => {});
    const takeBack = useTakeBack(drop);
    function ready(video) {
        stop.current();
        stop.current = () => {};
        if (!video) return;
        stop.current = startLooking(video, id, (answer) => {
            setSeen(answer);
            greet(answer.faces ?? []);
        });
    }
    const advice = adviceOf({ open: state === 'open', ...seen });
    return html`
        <${Lens} onReady=${ready} size=${SIZE} free instead=${html`
            <a class="button plain" href=${`#/sessions/${id}/photo`}>${t('live.photo')}</a>`}>
            ${seen.faces && html`<${Boxes} seen=${seen} />`}
            <${Top} register=${register} />
            <ul class="greetings" aria-live="polite">${cards.map(
                (face) => html`<${Card} key=${face.id} face=${face} onNotMe=${takeBack} />`,
            )}</ul>
            <p class=${`advice ${cards.length > 0 ? 'aside-cards' : ''}`} role="status">
                <${Icon} name="scan-face" /><span class="grow">${advice}</span></p>
        <//>`;
}

export function SessionCameraPage({ values: { id } }) {
    const feed = useSession(id, { reviewed: false });
    useWakeLock();
    return html`
        <div class="camera-page"><${DataFrame} of=${feed.register}>${(register) =>
            html`<${Camera} register=${register} />`}<//></div>`;
}
