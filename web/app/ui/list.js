// What the server knows, shown: one answer, long lists page by page, tables, and looking for somebody.
import { get, troubleText } from '../base/api.js';
import { html, t, useEffect, useRef, useState } from '../base/page.js';
import { Avatar, Empty, Icon, Notice, Waiting } from './parts.js';

// Something that the server is asked for once, shown when it is there.

/** Asks when one of `inputs` changes. What was there stays until the new answer comes. */
export function useData(ask, inputs = []) {
    const [turn, setTurn] = useState(0);
    const [state, setState] = useState({ data: null, ready: false, trouble: null });
    const key = JSON.stringify(inputs);
    useEffect(() => {
        let left = false;
        setState((now) => ({ ...now, waits: key !== now.key }));
        ask().then(
            (data) => !left && setState({ key, data, ready: true, trouble: null }),
            (trouble) => !left && setState((now) => ({ ...now, ready: true, waits: false, trouble })),
        );
        return () => {
            left = true;
        };
    }, [key, turn]);
    // Takes the new answer, or a function of the one that is there.
    const change = (data) =>
        setState((now) => ({ ...now, data: typeof data === 'function' ? data(now.data) : data }));
    return { ...state, refresh: () => setTurn((n) => n + 1), change };
}

export const Trouble = ({ trouble, onRetry }) => html`
    <${Notice} kind="warn">${t(troubleText(trouble))}
        ${onRetry &&
        html`<div><button class="link" onClick=${onRetry}>${t('app.retry')}</button></div>`}<//>`;

/** `children` is called with the answer: ${(data) => html`…`}. */
export function DataFrame({ of, children }) {
    if (!of.ready) return html`<${Waiting} />`;
    if (of.trouble && !of.data) return html`<${Trouble} trouble=${of.trouble} onRetry=${of.refresh} />`;
    return html`
        ${of.waits && html`<${Waiting} />`}
        ${of.trouble && html`<${Trouble} trouble=${of.trouble} onRetry=${of.refresh} />`}
        ${children(of.data)}`;
}

// A list that the server gives a page at a time: fetching, waiting, nothing there, turning pages.

const PAGE_SIZE = 50;

/** Fetches when one of `inputs` changes; `fetchPage({limit, offset})` gives {items, total, …}. */
export function useList(fetchPage, inputs) {
    const [offset, setOffset] = useState(0);
    const [turn, setTurn] = useState(0);
    const [state, setState] = useState({ items: [], total: 0, ready: false, trouble: null });
    const key = JSON.stringify(inputs);
    useEffect(() => setOffset(0), [key]);
    useEffect(() => {
        let left = false;
        const place = `${offset} ${key}`;
        setState((now) => ({ ...now, waits: now.place !== place }));
        fetchPage({ limit: PAGE_SIZE, offset }).then(
            (answer) => {
                if (left) return;
                // The last one of a page may have gone.
                if (offset > 0 && answer.items.length === 0) setOffset(Math.max(0, offset - PAGE_SIZE));
                else setState({ ...answer, place, ready: true, trouble: null });
            },
            (trouble) => !left && setState((now) => ({ ...now, ready: true, waits: false, trouble })),
        );
        return () => {
            left = true;
        };
    }, [key, offset, turn]);
    return { ...state, offset, setOffset, refresh: () => setTurn((n) => n + 1) };
}

export function ListFrame({ list, icon, empty, button, children }) {
    if (!list.ready) return html`<${Waiting} />`;
    const trouble = list.trouble && html`<${Trouble} trouble=${list.trouble} onRetry=${list.refresh} />`;
    if (trouble && !list.items.length) return trouble;
    if (list.total === 0) return html`<${Empty} icon=${icon} text=${empty}>${button}<//>`;
    return html`${list.waits && html`<${Waiting} />`}${trouble}${children}`;
}

/** A list that is here whole, shown a page at a time. */
export const usePages = (rows, inputs) =>
    useList(
        async ({ limit, offset }) => ({ items: rows.slice(offset, offset + limit), total: rows.length }),
        inputs,
    );

export function Pager({ list }) {
    if (list.total <= PAGE_SIZE) return null;
    const { offset, total, setOffset } = list;
    const to = Math.min(total, offset + PAGE_SIZE);
    const label = t('list.page', { from: offset + 1, to, n: total });
    const turn = (step, key, icon, possible) => html`
        <button class="button plain icon-only" disabled=${!possible} aria-label=${t(key)}
            onClick=${() => setOffset(offset + step)}><${Icon} name=${icon} /></button>`;
    return html`
        <nav class="pager" aria-label=${label}>
            ${turn(-PAGE_SIZE, 'list.previous', 'chevron-left', offset > 0)}
            <span class="quiet small figures">${label}</span>
            ${turn(PAGE_SIZE, 'list.next', 'chevron-right', to < total)}
        </nav>`;
}

// A real table: sticky head, sorting by its columns, a name for screen readers, and on a phone the
// columns that matter.

function Head({ column, sort, onSort }) {
    const shown = column.class ?? '';
    if (!column.sort) return html`<th scope="col" class=${shown}>${column.head ?? column.name}</th>`;
    const active = sort?.by === column.sort;
    const order = sort?.down ? 'descending' : 'ascending';
    const arrow = sort?.down ? '↓' : '↑';
    return html`
        <th scope="col" class=${shown} aria-sort=${active ? order : undefined}>
            <button onClick=${() => onSort({ by: column.sort, down: active && !sort.down })}
                title=${t('app.sort', { name: column.name })}>
                ${column.name}<span aria-hidden="true">${active ? arrow : ''}</span></button>
        </th>`;
}

/**
 * `columns`: [{name, cell(row), sort?, head?, class?}]; `head` is a node in place of the name; a class of "wide-cell" is not shown on a phone,
 * "number-cell" is set flush right. `sort`: {by, down}. `keyOf(row)` tells rows apart.
 */
export const Table = ({ label, columns, rows, sort, onSort, keyOf = (row) => row.id, rowClass }) => html`
    <div class="table-wrap" tabindex="0" role="region" aria-label=${label}>
        <table>
            <thead><tr>
                ${columns.map((column) => html`<${Head} key=${column.name} ...${{ column, sort, onSort }} />`)}
            </tr></thead>
            <tbody>
                ${rows.map(
                    (row) => html`<tr key=${keyOf(row)} class=${rowClass?.(row)}>
                        ${columns.map(
                            (column) => html`<td key=${column.name} class=${column.class}>
                                ${column.cell(row)}</td>`,
                        )}</tr>`,
                )}
            </tbody>
        </table>
    </div>`;

// Looking for something by a few letters: a field that asks when the reader stops typing, and a
// picker of people (WAI-ARIA combobox with a list).

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
