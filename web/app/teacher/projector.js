// The beamer's page: how many are here, large; the code of now; names only when the teacher wants.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { remember, remembered } from '../base/storage.js';
import { clockTime, t } from '../base/text.js';
import { DataFrame } from '../ui/data.js';
import { Avatar, Icon, Title } from '../ui/parts.js';
import { arrivalsOf, HereBar, hereOf, hoursOf, useSession, whereOf } from './session-parts.js';

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

function wholeScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
}

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
                <button class="tool" onClick=${wholeScreen}><${Icon} name="maximize" />${t('projector.whole')}</button>
                <a class="tool" href=${`#/sessions/${id}`}><${Icon} name="x" />${t('app.close')}</a>
            </footer>
        </div>`}<//>`;
}
