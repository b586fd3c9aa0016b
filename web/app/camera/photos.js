// The photos of somebody who registers: coached before the camera or chosen, and checked.
import { checkFace } from '../base/api.js';
import { frameOf, Lens, pause, toJpeg } from './camera.js';
import { hasText, html, t, useEffect, useRef, useState } from '../base/page.js';
import { Wrong } from '../ui/form.js';
import { Icon } from '../ui/parts.js';

// Makes a photo ready to be sent, and looks at it first: what can be told here need not wait for
// the server.

const SIDE_MAX = 1600;
const PREVIEW_SIDE = 480;
const BYTES_MAX = 20 * 1024 * 1024;
const SIDE_MIN = 160;
const KINDS = new Set(['image/jpeg', 'image/png', 'image/webp']);
const LOOK_SIDE = 32;
// Mean grey of the middle of the picture, 0 to 255.
const DARK = 32;
const BRIGHT = 238;
const SAME_PHOTO = 1.5;

function scaled(source, width, height, side) {
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
    return canvas;
}

function greyOf(canvas) {
    const small = document.createElement('canvas');
    small.width = small.height = LOOK_SIDE;
    const context = small.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0, LOOK_SIDE, LOOK_SIDE);
    const { data } = context.getImageData(0, 0, LOOK_SIDE, LOOK_SIDE);
    return Float32Array.from({ length: LOOK_SIDE * LOOK_SIDE }, (_, i) => data[4 * i + 1]);
}

function middleBrightness(grey) {
    let sum = 0;
    let n = 0;
    const [from, to] = [LOOK_SIDE / 4, (3 * LOOK_SIDE) / 4];
    for (let y = from; y < to; y++)
        for (let x = from; x < to; x++, n++) sum += grey[y * LOOK_SIDE + x];
    return sum / n;
}

function noteOf(canvas, grey) {
    const brightness = middleBrightness(grey);
    const side = Math.min(canvas.width, canvas.height);
    if (side < SIDE_MIN) return { kind: 'bad', key: 'photo.too_small' };
    if (brightness < DARK) return { kind: 'warn', key: 'photo.too_dark' };
    if (brightness > BRIGHT) return { kind: 'warn', key: 'photo.too_bright' };
    return { kind: 'good', key: 'photo.ready' };
}

/** A photo of the form: {blob, preview, grey, note: {kind: good | warn | bad, key}}. */
function photoOf(canvas, blob) {
    const preview = scaled(canvas, canvas.width, canvas.height, PREVIEW_SIDE);
    const grey = greyOf(canvas);
    return { blob, preview, grey, note: noteOf(canvas, grey) };
}

const photoOfFrame = (canvas, blob) => photoOf(canvas, blob);

const unusable = (key) => ({ blob: null, preview: null, grey: null, note: { kind: 'bad', key } });

/** Reads a chosen file. Pictures of a modern phone are made smaller; their orientation is kept. */
async function photoOfFile(file) {
    if (file.size > BYTES_MAX) return unusable('photo.too_large');
    let picture;
    try {
        picture = await createImageBitmap(file);
    } catch {
        return unusable('photo.unreadable');
    }
    const canvas = scaled(picture, picture.width, picture.height, SIDE_MAX);
    const asItIs = KINDS.has(file.type) && Math.max(picture.width, picture.height) <= SIDE_MAX;
    picture.close();
    if (asItIs) return photoOf(canvas, file);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
    return photoOf(canvas, blob);
}

function same(a, b) {
    if (!a?.grey || !b?.grey) return false;
    let sum = 0;
    for (let i = 0; i < a.grey.length; i++) sum += Math.abs(a.grey[i] - b.grey[i]);
    return sum / a.grey.length < SAME_PHOTO;
}

/** Marks a photo that was chosen before; the server would learn nothing from it. */
function withoutRepeats(photos) {
    return photos.map((photo, i) => {
        const repeated = photo && photos.slice(0, i).some((other) => same(photo, other));
        return repeated ? { ...photo, note: { kind: 'bad', key: 'photo.repeated' } } : photo;
    });
}

// While a photo is to be taken the server looks at what the camera shows, about twice a second, and
// the page says the one thing that would make it better. Nothing is stored, nobody is named.

const BETWEEN_MS = 500;
const AFTER_TROUBLE_MS = 4000;
const SIDE = 480;

const RESULT_KEYS = {
    no_face: 'mark.no_face',
    several_faces: 'mark.several_faces',
    presentation_attack: 'coach.presentation_attack',
};

function keyOf({ result, reason, advice }) {
    if (result in RESULT_KEYS) return RESULT_KEYS[result];
    const exact = [`coach.${advice?.[0]?.component}`, `mark.${reason}`].find(hasText);
    if (exact) return exact;
    return result === 'accepted' ? 'coach.ready' : 'mark.poor_quality';
}

/** {key, mood, box} of an answer; the box in shares of the picture. */
function tipOf(answer) {
    const { box, width, height } = answer;
    return {
        key: keyOf(answer),
        mood: answer.result === 'accepted' ? 'good' : 'warn',
        box: box && {
            x: box.x / width,
            y: box.y / height,
            w: box.width / width,
            h: box.height / height,
        },
    };
}

async function look(video) {
    return tipOf(await checkFace(await toJpeg(frameOf(video, SIDE))));
}

/** Looks until `signal` ends it; `onTip(tip)`, or null while there is no answer. */
async function coach(video, onTip, signal) {
    while (!signal.aborted) {
        let wait = BETWEEN_MS;
        if (!document.hidden) {
            try {
                const tip = await look(video);
                if (!signal.aborted) onTip(tip);
            } catch (trouble) {
                // The photo can be taken without advice; it is judged when it is sent.
                if (!signal.aborted) onTip(null);
                wait = Math.max(AFTER_TROUBLE_MS, 1000 * (trouble.retryAfter ?? 0));
            }
        }
        await pause(wait, signal);
    }
}

// Three photos: from the camera, chosen as files or dropped. Each has its place and its advice.

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
        for (const file of list.slice(0, PHOTOS)) put(await photoOfFile(file));
    }
    function remove(index) {
        onChange((now) => now.map((old, i) => (i === index ? null : old)));
    }
    function dropped(event) {
        event.preventDefault();
        setOver(false);
        addFiles([...event.dataTransfer.files]);
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
                onChange=${({ target }) => {
                    addFiles([...target.files]);
                    target.value = '';
                }} />
        </div>`;
}
