// The camera's picture with the oval, or the reason why there is none.
import { closeCamera, openCamera } from './camera.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { Icon } from '../ui/parts.js';
import { t } from '../base/text.js';

const ICONS = {
    refused: 'camera-off',
    missing: 'camera-off',
    taken: 'camera',
    insecure: 'camera-off',
};
// A face's outline is higher and wider than the box that detectors draw round it.
const AROUND_FACE = 1.22;

function ovalStyle(box, mirrored) {
    if (!box) return {};
    const middle = box.x + box.w / 2;
    const percent = (share) => `${(share * 100).toFixed(1)}%`;
    return {
        left: percent(mirrored ? 1 - middle : middle),
        top: percent(box.y + box.h / 2),
        height: percent(Math.min(0.96, box.h * AROUND_FACE)),
    };
}

const NoPicture = ({ reason, onRetry, children }) => html`
    <div class="lens-empty">
        <${Icon} name=${ICONS[reason]} />
        <h2>${t(`camera.${reason}.title`)}</h2>
        <p>${t(`camera.${reason}.text`)}</p>
        <div class="row">
            <button type="button" class="button" onClick=${onRetry}>
                <${Icon} name="refresh-cw" />${t('app.retry')}</button>
            ${children}
        </div>
    </div>`;

const Starting = () => html`
    <div class="lens-empty">
        <${Icon} name="camera" /><h2>${t('mark.start')}</h2><p>${t('mark.allow')}</p>
    </div>`;

/**
 * `onReady(video)` when the picture runs, `onReady(null)` when it ends; `onReason(reason)` when
 * there is none. `instead` is what else can be done then; children lie over the picture. `size` is
 * wanted of the picture; `free` has no oval, for several people at once.
 */
export function Lens({ onReady, onReason, box, mood = '', size, free, instead, children }) {
    const video = useRef();
    const [state, setState] = useState('starting');
    const [tries, setTries] = useState(0);
    const [mirrored, setMirrored] = useState(true);

    useEffect(() => {
        let stream = null;
        let left = false;
        const fail = (reason) => {
            setState(reason);
            onReason?.(reason);
        };
        const lost = () => {
            if (left) return;
            onReady(null);
            fail('missing');
        };
        async function start() {
            setState('starting');
            stream = await openCamera(size);
            if (left) return closeCamera(stream);
            const [track] = stream.getVideoTracks();
            track.addEventListener('ended', lost);
            setMirrored(track.getSettings().facingMode !== 'environment');
            video.current.srcObject = stream;
            await video.current.play();
            if (left) return undefined;
            setState('live');
            return onReady(video.current);
        }
        const failed = ({ message }) => !left && fail(message in ICONS ? message : 'taken');
        start().catch(failed);
        return () => {
            left = true;
            onReady(null);
            closeCamera(stream);
        };
    }, [tries]);

    const live = state === 'live';
    return html`
        <section class=${`lens ${mirrored ? '' : 'from-behind'}`} aria-label=${t('mark.camera')}
            data-camera=${state}>
            <video ref=${video} playsinline muted hidden=${!live} aria-hidden="true"></video>
            ${live &&
            !free &&
            html`<div class=${`oval ${mood}`} style=${ovalStyle(box, mirrored)}></div>`}
            ${state === 'starting' && html`<${Starting} />`}
            ${state in ICONS &&
            html`<${NoPicture} reason=${state} onRetry=${() => setTries(tries + 1)}>${instead}<//>`}
            ${children}
        </section>`;
}
