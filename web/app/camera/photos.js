// Three photos: from the camera, chosen as files or dropped. Each has its place and its advice.
import { frameOf, toJpeg } from './camera.js';
import { coach } from './coach.js';
import { Wrong } from '../ui/field.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { Lens } from './lens.js';
import { Icon } from '../ui/parts.js';
import { photoOfFile, photoOfFrame, withoutRepeats } from './photo-check.js';
import { t } from '../base/text.js';

export const PHOTOS = 3;

const isUsable = (photo) => Boolean(photo?.blob) && photo.note.kind !== 'bad';
export const usableCount = (photos) => photos.filter(isUsable).length;

const TIP_ICONS = { good: 'check', warn: 'info' };
const NOTE_ICONS = { good: 'check', warn: 'info', bad: 'triangle-alert' };

function Preview({ picture }) {
    const canvas = useRef();
    useEffect(() => {
        canvas.current.width = picture.width;
        canvas.current.height = picture.height;
        canvas.current.getContext('2d').drawImage(picture, 0, 0);
    }, [picture]);
    return html`<canvas ref=${canvas} aria-hidden="true"></canvas>`;
}

function Slot({ photo, index, next, onRemove }) {
    const pose = t(`photo.${index}`);
    const look = photo ? (photo.note.kind === 'bad' ? 'full bad' : 'full') : next ? 'next' : '';
    return html`
        <li class="photo" aria-label=${t('photo.label', { n: index + 1, pose })}
            data-photo=${index} data-note=${photo?.note.key}>
            <div class=${`photo-frame ${look}`}>
                ${photo?.preview && html`<${Preview} picture=${photo.preview} />`}
                ${!photo &&
                html`<${Icon} name="user-round" size="large" /><span>${pose}</span>`}
                ${photo &&
                html`<button type="button" class="remove" onClick=${onRemove}
                    aria-label=${t('photo.remove', { n: index + 1 })}>
                    <${Icon} name="x" size="small" /></button>`}
            </div>
            ${photo &&
            html`<p class=${`photo-note ${photo.note.kind}`}>
                <${Icon} name=${NOTE_ICONS[photo.note.kind]} />
                <span>${t(photo.note.key)}</span></p>`}
        </li>`;
}

function Shutter({ index, onPhoto, onClose, instead }) {
    const [video, setVideo] = useState(null);
    const [tip, setTip] = useState(null);
    const button = useRef();
    useEffect(() => {
        if (!video) return;
        button.current?.closest('.shutter').scrollIntoView({ block: 'nearest' });
        button.current?.focus({ preventScroll: true });
    }, [video]);
    useEffect(() => {
        const watching = new AbortController();
        setTip(null);
        if (video) coach(video, setTip, watching.signal);
        return () => watching.abort();
    }, [video, index]);
    async function take() {
        const canvas = frameOf(video);
        onPhoto(photoOfFrame(canvas, await toJpeg(canvas)));
    }
    return html`
        <div class="shutter">
            <${Lens} onReady=${setVideo} instead=${instead} mood=${tip?.mood} box=${tip?.box}>
                ${video &&
                html`<div class=${`advice coach ${tip?.mood ?? ''}`} data-tip=${tip?.key}>
                    <${Icon} name=${TIP_ICONS[tip?.mood] ?? 'scan-face'} />
                    <span class="grow"><strong>${t(`photo.${index}`)}</strong>
                        <span role="status">${tip && t(tip.key)}</span></span></div>`}
            <//>
            <div class="choices">
                ${video &&
                html`<button type="button" class="button" ref=${button} onClick=${take}>
                    <${Icon} name="camera" />${t('photo.take', { n: index + 1 })}</button>`}
                <button type="button" class="button plain" onClick=${onClose}>
                    ${t('app.cancel')}</button>
            </div>
        </div>`;
}

const firstFree = (photos) => photos.findIndex((photo) => !isUsable(photo));

/** `onChange` gets a function from the photos to the photos, as a state setter does. */
export function Photos({ photos, onChange, wrong }) {
    const [camera, setCamera] = useState(false);
    const [over, setOver] = useState(false);
    const files = useRef();
    const next = firstFree(photos);

    function put(photo) {
        onChange((now) => {
            const place = firstFree(now);
            if (place < 0) return now;
            return withoutRepeats(now.map((old, i) => (i === place ? photo : old)));
        });
    }
    async function addFiles(list) {
        for (const file of [...list].slice(0, PHOTOS)) put(await photoOfFile(file));
    }
    function remove(index) {
        onChange((now) => now.map((old, i) => (i === index ? null : old)));
    }
    function dropped(event) {
        event.preventDefault();
        setOver(false);
        addFiles(event.dataTransfer.files);
    }
    function dragged(event) {
        event.preventDefault();
        setOver(true);
    }
    const pick = () => files.current.click();
    const choose = html`<button type="button" class="button plain" onClick=${pick}>
        <${Icon} name="upload" />${t('register.files')}</button>`;

    return html`
        <div class=${`drop stack ${over ? 'over' : ''}`} id="photos" tabindex="-1"
            onDrop=${dropped} onDragOver=${dragged} onDragLeave=${() => setOver(false)}>
            <ul class="photos">
                ${photos.map(
                    (photo, i) => html`<${Slot} key=${i} photo=${photo} index=${i}
                        next=${i === next} onRemove=${() => remove(i)} />`,
                )}
            </ul>
            <${Wrong} id="photos-wrong" text=${wrong} />
            ${camera && next >= 0
                ? html`<${Shutter} index=${next} onPhoto=${put} onClose=${() => setCamera(false)}
                    instead=${choose} />`
                : next >= 0 &&
                  html`<div class="choices">
                        <button type="button" class="button plain"
                            onClick=${() => setCamera(true)}>
                            <${Icon} name="camera" />${t('register.camera')}</button>
                        ${choose}
                    </div>
                    <p class="tiny wide-only">${t('register.drop')}</p>`}
            <input ref=${files} type="file" multiple hidden accept="image/jpeg,image/png,image/webp"
                data-choose="register" aria-label=${t('register.files')}
                onChange=${(event) => {
                    addFiles(event.target.files).finally(() => (files.current.value = ''));
                }} />
        </div>`;
}
