// The kiosk's screen: the camera from edge to edge, and over it the clock, the class, the cards of
// those who were marked, one sentence of advice, and a few buttons.
import { html, useRef, useState } from '../base/html.js';
import { clockTime, longDay, t } from '../base/text.js';
import { useWakeLock } from '../base/wake.js';
import { ChallengeCard, ChallengeStep } from '../camera/challenge-card.js';
import { Icon } from '../ui/parts.js';
import { Advice } from './advice.js';
import { Boxes } from './boxes.js';
import { cardOfKiosk, Cards, useCards } from './cards.js';
import { SessionCode } from './code.js';
import { Eye } from './eye.js';
import {
    IDLE_MS, useChallenge, useFullScreen, useLanguage, useLink, useNow, useRenewal, useTouched, useWatch,
} from './hooks.js';
import { chosenCamera, Panel, showsCode } from './panel.js';
import { PinPad } from './pin.js';
import { nextAt, sessionAt } from './schedule.js';
import { play, soundIsOn, switchSound } from './tones.js';

const Place = ({ state: { kiosk, away, waiting } }) => html`
    <div class="kiosk-place">
        <b>${kiosk.institution.name}</b>
        <span>${kiosk.device.name}</span>
        ${away && html`<p class="kiosk-away" role="status" data-away=${waiting}>
            <${Icon} name="wifi-off" /><span>${t('kiosk.away')} ${t('kiosk.waiting.n', { n: waiting })}</span></p>`}
        ${!away && waiting > 0 && html`<p class="kiosk-away" role="status" data-waiting=${waiting}>
            <span class="spinner" aria-hidden="true"></span>${t('kiosk.handing', { n: waiting })}</p>`}
    </div>`;

/** The class of now, or the one that comes. */
function whichClass(kiosk, now) {
    const session = sessionAt(kiosk, now);
    const shown = session ?? nextAt(kiosk, now);
    if (!shown) return (kiosk.device.room ?? kiosk.device.course)?.name ?? '';
    const what = [shown.course ?? shown.title, shown.room].filter(Boolean).join(' · ');
    return session ? what : t('kiosk.coming', { what, time: clockTime(shown.starts_at) });
}

const Clock = ({ kiosk, now, code }) => html`
    <div class="kiosk-clock">
        <b class="figures">${clockTime(now)}</b>
        <span>${whichClass(kiosk, now)}</span>
        ${code && html`<${SessionCode} session=${code} />`}
    </div>`;

const Tool = ({ icon, label, onPress, pressed, children, lang }) => html`
    <button class="kiosk-tool" aria-label=${label} title=${label} aria-pressed=${pressed} lang=${lang}
        onClick=${onPress}><${Icon} name=${icon} />${children}</button>`;

function Tools({ language, onPin, onPanel, onSound }) {
    const { full, possible, change } = useFullScreen();
    const on = soundIsOn();
    return html`
        <div class="kiosk-tools">
            <${Tool} icon="keyboard" label=${t('kiosk.pin.label')} onPress=${onPin}><span>${t('kiosk.pin')}</span><//>
            <${Tool} icon="languages" label=${t('app.language.label')} lang=${language.other}
                onPress=${() => language.speak(language.other)}><span>${t('app.language')}</span><//>
            <${Tool} icon=${on ? 'volume-2' : 'volume-x'} label=${t('kiosk.sound')} pressed=${on} onPress=${onSound} />
            ${possible && html`<${Tool} icon=${full ? 'minimize' : 'maximize'} onPress=${change}
                label=${t(full ? 'kiosk.window' : 'kiosk.full-screen')} />`}
            <${Tool} icon="settings" label=${t('kiosk.panel')} onPress=${onPanel} />
        </div>`;
}

/** The dark screen of an empty room. The clock moves a little so that nothing burns in. */
const Night = ({ kiosk, now }) => {
    const minute = Math.floor(now / 60_000);
    const style = { left: `${30 + ((minute * 7) % 41)}%`, top: `${35 + ((minute * 11) % 31)}%` };
    return html`
        <div class="kiosk-night" data-night>
            <div style=${style}><b class="figures">${clockTime(now)}</b>
                <span>${longDay(now)}</span><span>${whichClass(kiosk, now)}</span></div>
        </div>`;
};

export function Screen({ first, onUnpaired }) {
    const { link, state } = useLink(first, onUnpaired);
    const now = useNow(state.kiosk);
    const touched = useTouched(IDLE_MS);
    const language = useLanguage();
    const cards = useCards();
    const [dialog, setDialog] = useState(null);
    const [, redraw] = useState(0);
    const isPaused = useRef(false);
    const session = sessionAt(state.kiosk, now);
    const shown = useRef(null);
    const challenge = useChallenge(cards, shown, session);
    const watch = useWatch(link, cards, challenge, isPaused);
    shown.current = watch.video.current;
    isPaused.current = dialog === 'pin' || challenge.asked !== null;
    const night = !watch.awake && !touched && !dialog;
    useWakeLock();
    useRenewal(night);

    const code = showsCode() && !state.away && !night && session?.id;

    const close = () => setDialog(null);
    const again = () => redraw((n) => n + 1);
    const openPin = () => {
        challenge.end();
        setDialog('pin');
    };
    const done = (card) => {
        close();
        cards.add(card);
        play('good');
    };
    return html`
        <main class="kiosk">
            <h1 class="unseen">${t('kiosk.title')}</h1>
            <${Eye} camera=${chosenCamera()} onVideo=${watch.onVideo} onPin=${openPin}>
                <${Boxes} feed=${watch.feed} />
                ${challenge.asked && html`<${ChallengeStep} ...${challenge.asked} />`}
                ${challenge.question && !challenge.asked && html`
                    <${ChallengeCard} answer=${challenge.question} onBegin=${challenge.begin} onInstead=${openPin} />`}
            <//>
            <header class="kiosk-head">
                <${Place} state=${state} />
                <${Clock} kiosk=${state.kiosk} now=${now} code=${code} />
            </header>
            ${!challenge.asked && !challenge.question && html`
                <div class="kiosk-foot">
                    <div class="kiosk-said">
                        <${Cards} cards=${cards.cards} onNotMe=${cards.refuse} />
                        ${(cards.cards.length === 0 || watch.advice) && html`
                            <${Advice} advice=${watch.advice} state=${state} open=${link.isOpen()} now=${now}
                                onPin=${openPin} onMark=${watch.markNow} />`}
                    </div>
                    <${Tools} language=${language} onPin=${openPin} onPanel=${() => setDialog('panel')}
                        onSound=${() => (switchSound(), again())} />
                </div>`}
            ${night && html`<${Night} kiosk=${state.kiosk} now=${now} />`}
            ${dialog === 'pin' && html`<${PinPad} link=${link} onClose=${close} onMark=${(mark) => done(cardOfKiosk(mark))}
                onKept=${() => done({ kind: 'kept', key: 'kept' })} />`}
            ${dialog === 'panel' && html`<${Panel} state=${state} onChange=${again} onClose=${close}
                onLanguage=${(wanted) => language.speak(wanted, true)} />`}
        </main>`;
}
