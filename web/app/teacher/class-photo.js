// The whole class in pictures: chosen or taken, sent, and what became of every face.
import { get, uploadTold } from '../base/api.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { percent, t } from '../base/text.js';
import { waitingChanged } from '../base/waiting.js';
import { Trouble, useData } from '../ui/data.js';
import { Avatar, Icon, Notice, Title } from '../ui/parts.js';
import { ReviewCard } from './review-card.js';
import { MarkChip } from './session-parts.js';

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
