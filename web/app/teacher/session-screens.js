// A session on screens and cameras: the projector, the laptop as a kiosk, and the class photo.
import { get, notMe, upload, uploadTold, waitingChanged } from '../base/api.js';
import {
    clockTime, firstName, html, percent, remember, remembered, t, useEffect, useRef, useState,
    useWakeLock,
} from '../base/page.js';
import { DataFrame, Trouble, useData } from '../ui/list.js';
import { Avatar, Icon, Notice, Title, toast } from '../ui/parts.js';
import { Lens, pause, takeFrames } from '../camera/camera.js';
import { ReviewCard } from './correct.js';
import {
    arrivalsOf, HereBar, hereOf, hoursOf, MarkChip, useSession, whereOf,
} from './session-parts.js';

// The beamer's page: how many are here, large; the code of now; names only when the teacher wants.

const ASK_AGAIN_MS = 10_000;
const ARRIVALS_MAX = 6;
const CLOCK_MS = 5000;

function useClock() {
    const [now, setNow] = useState(() => Date.now());
    useEffect(() => {
        const timer = setInterval(() => setNow(Date.now()), CLOCK_MS);
        return () => clearInterval(timer);
    }, []);
    return now;
}

/** The code that is good now, {code, left: ms}, or null while there is none. */
function useCode(id, wanted) {
    const [code, setCode] = useState(null);
    useEffect(() => {
        let timer;
        let over = false;
        async function read() {
            let wait = ASK_AGAIN_MS;
            const answer = await get(`sessions/${id}/code`).catch(() => null);
            if (over) return;
            if (answer) wait = Math.max(500, Date.parse(answer.changes_at) - Date.parse(answer.time));
            setCode(answer && { code: answer.code, left: wait });
            timer = setTimeout(read, wait + 100);
        }
        if (wanted) read();
        return () => {
            over = true;
            clearTimeout(timer);
        };
    }, [id, wanted]);
    return wanted ? code : null;
}

/** A switch that the browser remembers. */
function useChoice(name, first) {
    const [on, setOn] = useState(() => (remembered(name) ?? first) === 'yes');
    const flip = () => {
        remember(name, on ? 'no' : 'yes');
        setOn(!on);
    };
    return [on, flip];
}

const Code = ({ code }) => html`
    <section class="beam-code" aria-label=${t('projector.code')}>
        <h2>${t('projector.code.how')}</h2>
        <p class="figures digits" data-code=${code.code}>${code.code.slice(0, 3)} ${code.code.slice(3)}</p>
        <div class="bar" aria-hidden="true">
            <i key=${code.code} class="run" style=${{ animationDuration: `${code.left}ms` }}></i></div>
    </section>`;

const Names = ({ items }) => html`
    <ul class="beam-names" aria-label=${t('live.arrived')}>${arrivalsOf(items, ARRIVALS_MAX).map(
        ({ user, attendance }) => html`<li key=${attendance.id} class="appear">
            <${Avatar} name=${user.name} /><b>${user.name}</b>
            <span class="figures">${clockTime(attendance.marked_at)}</span></li>`,
    )}</ul>`;

const Switch = ({ on, icon, text, onFlip }) => html`
    <button class="tool" aria-pressed=${on ? 'true' : 'false'} onClick=${onFlip}>
        <${Icon} name=${icon} />${text}</button>`;

const wholeScreen = () =>
    document.fullscreenElement
        ? document.exitFullscreen()
        : document.documentElement.requestFullscreen().catch(() => {});

export function ProjectorPage({ values: { id } }) {
    const feed = useSession(id, { reviewed: false });
    const [names, flipNames] = useChoice('projector-names', 'no');
    const [coded, flipCode] = useChoice('projector-code', 'yes');
    const code = useCode(id, coded);
    const now = useClock();
    return html`<${DataFrame} of=${feed.register}>${({ session, counts, items }) => html`
        <div class="beam">
            <header class="row">
                <${Title} above=${whereOf(session)}>${session.course_name}<//>
                <span class="beam-clock figures">${clockTime(now)}</span>
            </header>
            <div class="beam-middle">
                <section class="beam-count" aria-live="polite">
                    <p class="figures"><b>${hereOf(counts)}</b> ${t('projector.of', { of: items.length })}</p>
                    <${HereBar} counts=${counts} total=${items.length} />
                    <p class="beam-hours figures">${hoursOf(session)}</p>
                </section>
                ${code && html`<${Code} code=${code} />`}
            </div>
            ${names && html`<${Names} items=${items} />`}
            <footer class="row wrap">
                ${!feed.live && html`<span class="small"><${Icon} name="wifi-off" /> ${t('live.offline')}</span>`}
                <span class="grow"></span>
                <${Switch} on=${names} icon=${names ? 'eye' : 'eye-off'} text=${t('projector.names')}
                    onFlip=${flipNames} />
                <${Switch} on=${coded} icon="keyboard" text=${t('projector.code')} onFlip=${flipCode} />
                ${document.fullscreenEnabled &&
                html`<button class="tool" onClick=${wholeScreen}>
                    <${Icon} name="maximize" />${t('projector.whole')}</button>`}
                <a class="tool" href=${`#/sessions/${id}`}><${Icon} name="x" />${t('app.close')}</a>
            </footer>
        </div>`}<//>`;
}

// The laptop on the teacher's desk as a kiosk of this session: several people at once before the
// camera, each greeted with name, status and time.

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
    if (signal.aborted) return {};
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

// The whole class in pictures: chosen or taken, sent, and what became of every face.

const Picture = ({ picture }) => html`
    <figure class="card marked-picture">
        <img src=${`data:image/jpeg;base64,${picture.annotated}`} width=${picture.width} height=${picture.height}
            alt=${t('class.picture', { n: picture.faces.length })} /></figure>`;

const Person = ({ person }) => html`
    <li class="row"><${Avatar} name=${person.user.name} />
        <span class="grow"><b>${person.user.name}</b>
            ${!person.enrolled && html`<span class="small quiet">${t('class.no-photos')}</span>`}</span>
        <${MarkChip} mark=${person.attendance} /></li>`;

const Group = ({ name, icon, people }) =>
    people.length > 0 &&
    html`<section class="card stack" data-group=${name}>
        <h2 class="row figures"><${Icon} name=${icon} />${t(`class.${name}`, { n: people.length })}</h2>
        <ul class="class-list">${people.map(
            (person) => html`<${Person} key=${person.user.id} person=${person} />`,
        )}</ul>
    </section>`;

function Reviews({ session }) {
    const list = useData(() => get('reviews', { session, state: 'open' }));
    const items = list.data?.items ?? [];
    return (
        items.length > 0 &&
        html`<section class="card stack needs-you"><h2>${t('live.needs-you')}</h2>
            ${items.map((review) => html`<${ReviewCard} key=${review.id} review=${review} onDone=${list.refresh} />`)}
        </section>`
    );
}

const PhotoAnswer = ({ answer, onAgain }) => html`
    <div class="stack appear" data-answer="class">
        <div class="row wrap">
            <h2 class="grow figures">${t('class.done', { n: answer.marked.length })}</h2>
            <button class="button plain" onClick=${onAgain}><${Icon} name="image-plus" />${t('class.again')}</button>
        </div>
        ${answer.unknown > 0 && html`<p class="quiet">${t('class.unknown', { n: answer.unknown })}</p>`}
        ${answer.pictures.map((picture, i) => picture.annotated && html`<${Picture} key=${i} picture=${picture} />`)}
        ${answer.review.length > 0 && html`<${Reviews} session=${answer.session_id} />`}
        <div class="stack">
            <${Group} name="marked" icon="user-check" people=${answer.marked} />
            <${Group} name="already" icon="check" people=${answer.already} />
            <${Group} name="not-seen" icon="user-x" people=${answer.not_seen} />
        </div>
    </div>`;

const PICTURES_MAX = 8;
const BYTES_MAX = 64 * 1024 * 1024;

const isVideo = (file) => file.type.startsWith('video/');

/** What is wrong with the files together: a text key, or nothing. */
function refusalOf(files) {
    if (files.length > 1 && files.some(isVideo)) return 'class.one-video';
    if (files.length > PICTURES_MAX) return 'class.many';
    if (files.reduce((sum, { size }) => sum + size, 0) > BYTES_MAX) return 'class.large';
    return null;
}

function Thumb({ file, onRemove }) {
    const [url, setUrl] = useState(null);
    useEffect(() => {
        const made = URL.createObjectURL(file);
        setUrl(made);
        return () => URL.revokeObjectURL(made);
    }, [file]);
    return html`
        <li>
            ${url &&
            (isVideo(file)
                ? html`<video src=${url} muted playsinline></video>`
                : html`<img src=${url} alt=${file.name} />`)}
            <button class="remove" aria-label=${t('class.remove', { name: file.name })} onClick=${onRemove}>
                <${Icon} name="x" size="small" /></button>
        </li>`;
}

function Choose({ name, icon, onFiles, plain, ...input }) {
    const field = useRef();
    const take = ({ target }) => {
        onFiles([...target.files]);
        target.value = '';
    };
    return html`
        <button type="button" class=${`button ${plain ? 'plain' : ''}`} onClick=${() => field.current.click()}>
            <${Icon} name=${icon} />${name}</button>
        <input ref=${field} type="file" class="unseen" tabindex="-1" aria-label=${name}
            onChange=${take} ...${input} />`;
}

const Progress = ({ share, onStop }) => html`
    <div class="card stack" role="status">
        <div class="row"><span class="spinner" aria-hidden="true"></span>
            <span class="grow">${share < 1 ? t('class.sending', { share: percent(share) }) : t('class.looking')}</span>
            <button class="button plain small" onClick=${onStop}>${t('app.cancel')}</button></div>
        <div class="bar" aria-hidden="true"><i style=${{ width: `${share * 100}%` }}></i></div>
    </div>`;

/** {send(files), stop, share, answer, trouble}: `share` is how much has gone, while it goes. */
function useSending(id) {
    const [state, setState] = useState({});
    const stopper = useRef();
    useEffect(() => () => stopper.current?.abort(), []);
    async function send(files) {
        stopper.current = new AbortController();
        const form = new FormData();
        for (const file of files) form.append('image', file, file.name);
        form.append('annotated', 'true');
        setState({ share: 0 });
        const sent = (share) => setState((now) => (now.share === undefined ? now : { share }));
        try {
            const answer = await uploadTold(`sessions/${id}/photo`, form, sent, stopper.current.signal);
            setState({ answer });
            waitingChanged();
        } catch (trouble) {
            setState(stopper.current.signal.aborted ? {} : { trouble });
        }
    }
    return { ...state, send, stop: () => stopper.current.abort(), again: () => setState({}) };
}

const Refused = ({ trouble, onRetry }) =>
    trouble.kind === 'invalid'
        ? html`<${Notice} kind="warn" live="assertive">
              ${t(trouble.code === 'conflict' ? 'class.closed' : 'class.unreadable')}<//>`
        : html`<${Trouble} trouble=${trouble} onRetry=${onRetry} />`;

function Pick({ files, setFiles, sending }) {
    const [over, setOver] = useState(false);
    const refusal = refusalOf(files);
    const add = (more) => setFiles([...files, ...more]);
    function drop(event) {
        event.preventDefault();
        setOver(false);
        add([...event.dataTransfer.files].filter(({ type }) => /^(image|video)\//.test(type)));
    }
    return html`
        <section class=${`card stack class-photo ${over ? 'over' : ''}`} onDrop=${drop}
            onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)}>
            <p>${t('class.lead')}</p>
            ${files.length > 0 &&
            html`<ul class="thumbs">${files.map(
                (file, i) => html`<${Thumb} key=${file.name + file.lastModified + i} file=${file}
                    onRemove=${() => setFiles(files.filter((one) => one !== file))} />`,
            )}</ul>`}
            <div class="row wrap">
                <span class="touch-only"><${Choose} name=${t('class.take')} icon="camera" onFiles=${add}
                    accept="image/*" capture="environment" plain=${files.length > 0} /></span>
                <${Choose} name=${t('class.choose')} icon="image-plus" onFiles=${add} multiple
                    accept="image/*,video/*" data-choose="class" plain=${files.length > 0} />
                ${files.length > 0 &&
                html`<button class="button" disabled=${Boolean(refusal)} onClick=${() => sending.send(files)}>
                    <${Icon} name="users-round" />${t('class.send')}</button>`}
            </div>
            ${refusal && html`<${Notice} kind="warn" live="assertive">${t(refusal)}<//>`}
            ${sending.trouble && html`<${Refused} trouble=${sending.trouble} onRetry=${() => sending.send(files)} />`}
            <p class="small quiet">${t('class.kept')}</p>
        </section>`;
}

export function ClassPhotoPage({ values: { id } }) {
    const [files, setFiles] = useState([]);
    const sending = useSending(id);
    const back = html`
        <a class="button plain" href=${`#/sessions/${id}`}>
            <${Icon} name="list-checks" />${t('class.back')}</a>`;
    function again() {
        setFiles([]);
        sending.again();
    }
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.class-photo')}<//>${back}</header>
            ${sending.share !== undefined
                ? html`<${Progress} share=${sending.share} onStop=${sending.stop} />`
                : sending.answer
                  ? html`<${PhotoAnswer} answer=${sending.answer} onAgain=${again} />`
                  : html`<${Pick} ...${{ files, setFiles, sending }} />`}
        </div>`;
}
