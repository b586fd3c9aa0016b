// The first page: the camera is there, and who stands before it is marked.
import { mark, notMe } from './api.js';
import { html, useEffect, useRef, useState } from './html.js';
import { Lens } from './lens.js';
import { readAnswer, readFileTrouble } from './mark-answer.js';
import { startMarking } from './mark-loop.js';
import { Avatar, Icon, Title } from './parts.js';
import { ResultCard, spoken } from './result-card.js';
import { clockTime, firstName, longDay, t } from './text.js';

const NOT_ME = { kind: 'card', result: 'not-me' };
const TAKEN_BACK = { kind: 'card', result: 'taken-back' };

function useClock() {
    const [now, setNow] = useState(() => new Date());
    useEffect(() => {
        const timer = setInterval(() => setNow(new Date()), 1000);
        return () => clearInterval(timer);
    }, []);
    return now;
}

const Now = ({ now }) =>
    html`<span class="figures narrow-only">${longDay(now)} · ${clockTime(now)}</span>`;

const moodOf = (answer) =>
    answer?.kind === 'card' ? (answer.result === 'match' ? 'good' : 'warn') : '';

const ADVICE_ICONS = { offline: 'wifi-off', busy: 'clock', many: 'clock', ours: 'triangle-alert' };

const Advice = ({ answer, checking }) => html`
    <div class="advice">
        ${checking
            ? html`<span class="spinner" aria-hidden="true"></span>`
            : html`<${Icon} name=${ADVICE_ICONS[answer?.result] ?? 'scan-face'} />`}
        <span class="grow">${t(answer?.advice ?? 'mark.fit')}</span>
    </div>`;

function ChoosePhoto({ onFile }) {
    const input = useRef();
    const chosen = (event) => {
        const [file] = event.target.files;
        event.target.value = '';
        if (file) onFile(file);
    };
    return html`
        <button class="button plain" onClick=${() => input.current.click()}>
            <${Icon} name="image-plus" />${t('camera.choose')}</button>
        <input ref=${input} type="file" accept="image/jpeg,image/png,image/webp" hidden
            data-choose="mark" aria-label=${t('camera.choose')} onChange=${chosen} />`;
}

const HOW = ['scan-face', 'calendar-check', 'user-round'];

const Aside = ({ now, user }) => html`
    <aside class="aside">
        <div class="card wide-only stack close">
            <div class="clock figures">${clockTime(now)}</div>
            <div class="quiet">${longDay(now)}</div>
        </div>
        <div class="card wide-only stack">
            <h2>${t('how.title')}</h2>
            ${HOW.map(
                (icon, i) => html`<div class="step"><${Icon} name=${icon} />
                    <span class="quiet">${t(`how.${i + 1}`)}</span></div>`,
            )}
        </div>
        ${!user &&
        html`<div class="card stack">
            <div class="stack close">
                <h2>${t('how.new')}</h2><p class="quiet">${t('how.new.text')}</p>
            </div>
            <a class="button plain" href="#/register">
                <${Icon} name="user-plus" />${t('how.register')}</a>
        </div>`}
    </aside>`;

export function MarkPage({ user }) {
    const now = useClock();
    const [answer, setAnswer] = useState(null);
    const [checking, setChecking] = useState(false);
    const [live, setLive] = useState(false);
    const loop = useRef(null);

    function begin(video) {
        loop.current?.stop();
        loop.current = null;
        setLive(video !== null);
        setChecking(false);
        if (!video) return;
        loop.current = startMarking(video, (news) => {
            if ('checking' in news) setChecking(news.checking);
            if ('answer' in news) setAnswer(news.answer);
        });
    }

    function again() {
        setAnswer(null);
        loop.current?.again();
    }

    /** Without a token, or when it is too late, only a teacher can put it right. */
    async function takeBack({ id, token }) {
        setAnswer(NOT_ME);
        if (!token) return;
        const taken = await notMe(id, token).then(
            () => true,
            () => false,
        );
        if (taken) setAnswer((current) => (current === NOT_ME ? TAKEN_BACK : current));
    }

    async function tryFile(file) {
        setChecking(true);
        setAnswer(null);
        try {
            setAnswer(readAnswer(await mark([file]), { width: 1, height: 1 }));
        } catch (trouble) {
            setAnswer(readFileTrouble(trouble));
        }
        setChecking(false);
    }

    const card = answer?.kind === 'card';
    const advised = live || checking || answer?.advice;
    const heading = user ? t('mark.hello', { name: firstName(user.name) }) : t('mark.title');
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${html`<${Now} now=${now} />`} focus=${false}>${heading}<//>
                ${user &&
                html`<a href="#/me" aria-label=${t('place.me')}>
                    <${Avatar} name=${user.name} /></a>`}
            </header>
            <div class="mark">
                <${Lens} onReady=${begin} box=${live ? answer?.box : null} mood=${moodOf(answer)}
                    instead=${html`<${ChoosePhoto} onFile=${tryFile} />`}>
                    ${card
                        ? html`<${ResultCard} answer=${answer} onNext=${again}
                            onNotMe=${() => takeBack(answer.mark)} />`
                        : advised && html`<${Advice} answer=${answer} checking=${checking} />`}
                <//>
                <${Aside} now=${now} user=${user} />
            </div>
            <div class="unseen" role="status">
                ${card ? spoken(answer) : advised && t(answer?.advice ?? 'mark.fit')}
            </div>
        </div>`;
}
