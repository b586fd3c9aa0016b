// The camera's picture over the whole screen, or why there is none and what to do. Nobody stands by
// a kiosk to press "again": it tries by itself.
import { closeCamera, openCamera } from '../camera/camera.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { Icon } from '../ui/parts.js';
import { t } from '../base/text.js';

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

async function play(video, camera) {
    // The one that was chosen may be away: then any other.
    const stream = await openCamera(camera ? { ...SIZE, deviceId: { ideal: camera } } : SIZE);
    video.srcObject = stream;
    await video.play();
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
        play(video.current, camera).then(live, ({ message }) =>
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
