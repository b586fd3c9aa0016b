// The boxes round faces. They move many times a second, so that they alone are drawn then.
import { html, useEffect, useState } from '../base/html.js';
import { firstName } from '../base/text.js';

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
