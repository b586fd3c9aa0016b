// The cards that greet: one for each person, the latest nearest to the edge, each with "Not me".
import { post } from '../base/api.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { clockTime, firstName, t } from '../base/text.js';
import { Avatar, Icon, StatusChip } from '../ui/parts.js';
import { play } from './tones.js';

const SHOWN_MS = 8000;
const STAYS_MS = 20_000;
// Who goes out of the picture for longer is greeted again.
const GONE_MS = 15_000;
const CARDS_MAX = 4;
const TICK_MS = 500;

/** What the server said of a mark, as a card; `takeBack()` where it can be taken back. */
export const cardOfMark = (mark, takeBack) => ({ ...mark, kind: 'mark', key: mark.id, takeBack });

/** The same of one that was made here. */
export const cardOfKiosk = (mark) =>
    cardOfMark(mark, mark.token && (() => post('kiosk/wrong-person', { token: mark.token })));

const isNewTo = (seen, id, now) => !(now - seen.get(id) < GONE_MS);

/** {cards, add(card), greet(faces), refuse(card)} */
export function useCards() {
    const [cards, setCards] = useState([]);
    const seen = useRef(new Map());
    useEffect(() => {
        const drop = () =>
            setCards((now) => {
                const left = now.filter(({ until }) => until > Date.now());
                return left.length === now.length ? now : left;
            });
        const timer = setInterval(drop, TICK_MS);
        return () => clearInterval(timer);
    }, []);

    function add(card) {
        const begun = Date.now();
        seen.current.set(card.key, begun);
        const made = { ...card, begun, until: begun + SHOWN_MS };
        setCards((now) => [made, ...now.filter(({ key }) => key !== card.key)].slice(0, CARDS_MAX));
    }
    function keepUp(id) {
        const until = ({ begun }) => Math.min(begun + STAYS_MS, Date.now() + SHOWN_MS);
        setCards((now) =>
            now.map((card) => (card.key === id && card.kind === 'mark' ? { ...card, until: until(card) } : card)),
        );
    }
    function greet(faces) {
        for (const face of faces.filter(({ result }) => result === 'match')) {
            const fresh = isNewTo(seen.current, face.id, Date.now());
            seen.current.set(face.id, Date.now());
            if (!fresh) keepUp(face.id);
            else {
                add(cardOfKiosk(face));
                play('good');
            }
        }
    }
    async function refuse(card) {
        const done = card.takeBack && (await card.takeBack().then(() => true, () => false));
        add({ kind: done ? 'back' : 'tell', key: card.key });
    }
    return { cards, add, greet, refuse };
}

function greeting({ name, marked_at: at }) {
    const hour = Number(clockTime(at).slice(0, 2));
    const part = hour < 12 ? 'morning' : hour < 19 ? 'afternoon' : 'evening';
    return t(`kiosk.${part}`, { name: firstName(name) });
}

/** The whole name too: that it is another's must be seen. */
const lineOf = ({ name, status, marked_at: at, already }) =>
    `${name} · ${t(already ? 'mark.done.already' : `mark.done.${status}`, { time: clockTime(at) })}`;

const MarkCard = ({ card, onNotMe }) => html`
    <li class="greeting appear" data-card="mark" data-name=${card.name} data-status=${card.status}>
        <${Avatar} name=${card.name} size="large" />
        <div class="grow"><h2>${greeting(card)}</h2><p class="quiet figures">${lineOf(card)}</p></div>
        <${StatusChip} status=${card.status} />
        <button class="button plain" onClick=${onNotMe}>${t('mark.not-me')}</button>
    </li>`;

const SIGNS = { review: 'eye', kept: 'save', full: 'triangle-alert', unable: 'triangle-alert' };

const SayCard = ({ kind }) => html`
    <li class=${`greeting appear ${kind}`} data-card=${kind}>
        <span class="sign"><${Icon} name=${SIGNS[kind] ?? 'info'} size="large" /></span>
        <div class="grow"><h2>${t(`kiosk.card.${kind}`)}</h2><p class="quiet">${t(`kiosk.card.${kind}.text`)}</p></div>
    </li>`;

export const Cards = ({ cards, onNotMe }) => html`
    <ul class="greetings" aria-live="polite">
        ${[...cards].reverse().map((card) =>
            card.kind === 'mark'
                ? html`<${MarkCard} key=${card.key} card=${card} onNotMe=${() => onNotMe(card)} />`
                : html`<${SayCard} key=${card.key} kind=${card.kind} />`,
        )}
    </ul>`;
