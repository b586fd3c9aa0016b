// Looking for something by a few letters: a field that asks when the reader stops typing, and a
// picker of people (WAI-ARIA combobox with a list).
import { get } from '../base/api.js';
import { html, useEffect, useRef, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { Avatar, Icon } from './parts.js';

const PAUSE_MS = 250;

/** The value, once it has not changed for a moment. */
export function useSettled(value, ms = PAUSE_MS) {
    const [settled, setSettled] = useState(value);
    useEffect(() => {
        const timer = setTimeout(() => setSettled(value), ms);
        return () => clearTimeout(timer);
    }, [value]);
    return settled;
}

export const SearchField = ({ label = t('app.search'), value, onInput }) => html`
    <div class="search">
        <${Icon} name="search" />
        <input class="input" type="search" aria-label=${label} placeholder=${label} value=${value}
            onInput=${({ target }) => onInput(target.value)} />
    </div>`;

const PICK_MAX = 8;

function usePeople(text, role) {
    const [people, setPeople] = useState([]);
    const wanted = useSettled(text.trim());
    useEffect(() => {
        let left = false;
        if (wanted.length < 2) return void setPeople([]);
        get('users', { q: wanted, role, limit: PICK_MAX }).then(
            ({ items }) => !left && setPeople(items),
            () => !left && setPeople([]),
        );
        return () => {
            left = true;
        };
    }, [wanted, role]);
    return { people, asked: wanted.length >= 2 };
}

/** Picks one person; `onPick(user)`. The field is empty again afterwards. */
export function PersonPicker({ name, label, role, onPick }) {
    const [text, setText] = useState('');
    const [active, setActive] = useState(0);
    const { people, asked } = usePeople(text, role);
    const list = useRef();
    const open = asked && text.trim().length >= 2;
    const pick = (person) => {
        setText('');
        onPick(person);
    };
    function key(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step && people.length) {
            event.preventDefault();
            setActive((active + step + people.length) % people.length);
        } else if (event.key === 'Enter' && open && people[active]) {
            event.preventDefault();
            pick(people[active]);
        } else if (event.key === 'Escape' && text) {
            event.preventDefault();
            event.stopPropagation();
            setText('');
        }
    }
    return html`
        <div class="field picker">
            <label for=${name}>${label}</label>
            <input class="input" id=${name} autocomplete="off" role="combobox" value=${text}
                aria-expanded=${open ? 'true' : 'false'} aria-controls=${`${name}-list`}
                aria-autocomplete="list" onKeyDown=${key}
                aria-activedescendant=${open && people[active] ? `${name}-${people[active].id}` : undefined}
                onInput=${({ target }) => (setActive(0), setText(target.value))} />
            <ul class="picks" id=${`${name}-list`} role="listbox" aria-label=${label} hidden=${!open} ref=${list}>
                ${people.map(
                    (person, i) => html`<li key=${person.id} id=${`${name}-${person.id}`} role="option"
                        aria-selected=${i === active ? 'true' : 'false'} onMouseDown=${(event) => (event.preventDefault(), pick(person))}>
                        <${Avatar} name=${person.name} /><span class="grow"><b>${person.name}</b>
                        <span class="quiet small">${person.group_name ?? person.email}</span></span></li>`,
                )}
                ${open && people.length === 0 && html`<li class="quiet">${t('app.nothing-found')}</li>`}
            </ul>
        </div>`;
}
