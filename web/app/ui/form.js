// Forms: their fields, what becomes of what was typed, and the dialogs that ask for something.
import { hasText, html, t, useEffect, useRef, useState } from '../base/page.js';
import { Icon, Notice, WorkButton } from './parts.js';
import { troubleText } from '../base/api.js';

// A form's field: its label above, what is wrong beside it, both tied to it for screen readers.

export const Wrong = ({ id, text }) =>
    text &&
    html`<p class="wrong" id=${id}><${Icon} name="triangle-alert" />${text}</p>`;

function describedBy(name, hint, wrong) {
    const ids = [hint && `${name}-hint`, wrong && `${name}-wrong`].filter(Boolean);
    return ids.join(' ') || undefined;
}

export function Field({ name, label, hint, wrong, children, ...input }) {
    return html`
        <div class="field">
            <label for=${name}>${label}</label>
            <input class="input" id=${name} name=${name} aria-invalid=${wrong ? 'true' : undefined}
                aria-describedby=${describedBy(name, hint, wrong)} ...${input} />
            ${children}
            ${hint && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
            <${Wrong} id=${`${name}-wrong`} text=${wrong} />
        </div>`;
}

/** Several lines of text. */
export const TextField = ({ name, label, hint, wrong, ...area }) => html`
    <div class="field">
        <label for=${name}>${label}</label>
        <textarea class="input" id=${name} name=${name} aria-invalid=${wrong ? 'true' : undefined}
            aria-describedby=${describedBy(name, hint, wrong)} ...${area}></textarea>
        ${hint && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
        <${Wrong} id=${`${name}-wrong`} text=${wrong} />
    </div>`;

/** A switch with its sentence; `onChange(checked)`. */
export const CheckField = ({ name, label, hint, wrong, checked, onChange, ...box }) => html`
    <div class="field">
        <label class="check">
            <input type="checkbox" id=${name} name=${name} checked=${checked} ...${box}
                aria-describedby=${describedBy(name, hint, wrong)}
                onChange=${({ target }) => onChange(target.checked)} />
            <span>${label}</span></label>
        ${hint && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
        <${Wrong} id=${`${name}-wrong`} text=${wrong} />
    </div>`;

export function PasswordField({ name, label, hint, wrong, ...input }) {
    const [seen, setSeen] = useState(false);
    return html`
        <div class="field">
            <label for=${name}>${label}</label>
            <div class="with-button">
                <input class="input" id=${name} name=${name} type=${seen ? 'text' : 'password'}
                    aria-invalid=${wrong ? 'true' : undefined}
                    aria-describedby=${describedBy(name, hint, wrong)} ...${input} />
                <button type="button" aria-label=${t(seen ? 'sign-in.hide' : 'sign-in.show')}
                    aria-pressed=${seen} onClick=${() => setSeen(!seen)}>
                    <${Icon} name="eye" /></button>
            </div>
            ${hint && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
            <${Wrong} id=${`${name}-wrong`} text=${wrong} />
        </div>`;
}

export function SelectField({ name, label, hint, wrong, children, ...select }) {
    return html`
        <div class="field">
            <label for=${name}>${label}</label>
            <div class="select">
                <select class="input" id=${name} name=${name}
                    aria-invalid=${wrong ? 'true' : undefined}
                    aria-describedby=${describedBy(name, hint, wrong)} ...${select}>
                    ${children}
                </select>
                <${Icon} name="chevron-left" />
            </div>
            ${hint && html`<p class="hint" id=${`${name}-hint`}>${hint}</p>`}
            <${Wrong} id=${`${name}-wrong`} text=${wrong} />
        </div>`;
}

// What every form does: keeping what is typed, sending once, showing what is wrong beside its
// field, and losing nothing when the network drops.

const FIELD_CODES = { required: 'field.required', missing: 'field.required' };

/** {field: sentence} from the details of a refusal; a field may have words of its own, "wrong.FIELD". */
function wrongFields({ details }) {
    if (!Array.isArray(details)) return {};
    const sentence = ({ field, code }) => {
        if (FIELD_CODES[code]) return t(FIELD_CODES[code]);
        return t(hasText(`wrong.${field}`) ? `wrong.${field}` : 'field.wrong');
    };
    const named = details.filter(({ field }) => field);
    return Object.fromEntries(named.map((detail) => [detail.field, sentence(detail)]));
}

function focusFirst(form, wrong) {
    for (const field of form?.elements ?? []) {
        if (!(field.name in wrong)) continue;
        field.focus();
        return;
    }
}

/**
 * `check(values)` gives {field: sentence} before anything is sent; `send(values)` may throw a
 * Trouble, or give such sentences too. Gives what a form and its fields need: {values, set,
 * field(name), form, trouble, working}; submit(values) sends these at once.
 */
export function useForm(first, { send, check = () => ({}) }) {
    const [values, setValues] = useState(first);
    const [wrong, setWrong] = useState({});
    const [trouble, setTrouble] = useState(null);
    const [working, setWorking] = useState(false);
    const form = useRef();
    const set = (changes) => setValues((now) => ({ ...now, ...changes }));

    function show(found) {
        setWrong(found);
        requestAnimationFrame(() => focusFirst(form.current, found));
        return Object.keys(found).length > 0;
    }
    async function submit(wanted) {
        if (working) return;
        setTrouble(null);
        if (show(check(wanted))) return;
        setWorking(true);
        try {
            show((await send(wanted)) ?? {});
        } catch (problem) {
            const found = wrongFields(problem);
            show(found);
            // What is wrong with something that is no field here has to be said all the same.
            const fields = form.current?.elements;
            if (!Object.keys(found).some((name) => fields?.namedItem(name))) setTrouble(problem);
        }
        setWorking(false);
    }
    const field = (name) => ({
        name,
        value: values[name] ?? '',
        wrong: wrong[name],
        onInput: ({ target }) => set({ [name]: target.value }),
    });
    const onSubmit = (event) => {
        event.preventDefault();
        submit(values);
    };
    return { values, set, field, wrong, trouble, working, submit, form: { ref: form, onSubmit, novalidate: true } };
}

/** What to say about a form that could not be sent: what happened, and that nothing is lost. */
export const FormTrouble = ({ trouble }) =>
    trouble &&
    html`<${Notice} kind="warn" live="assertive">
        ${t(troubleText(trouble))} ${trouble.kind === 'offline' && t('app.kept')}<//>`;

// Dialogs on the browser's own element: it keeps the focus inside, closes with Escape, and gives
// the focus back to what opened it.

let count = 0;

/** `children` stand under the title; `wide` for tables and pictures. Open as long as it is there. */
export function Dialog({ title, onClose, wide, children }) {
    const dialog = useRef();
    // One may lie over another.
    const [id] = useState(() => `dialog-${++count}`);
    useEffect(() => {
        const element = dialog.current;
        const before = document.activeElement;
        element.showModal();
        if (!element.querySelector('[autofocus]')) element.querySelector('h2').focus();
        return () => {
            element.close();
            if (before?.isConnected) before.focus();
        };
    }, []);
    // What was typed is not lost by a tap beside it.
    const outside = ({ target }) => target === dialog.current && !target.querySelector('form') && onClose();
    return html`
        <dialog ref=${dialog} class=${wide ? 'wide' : ''} aria-labelledby=${id}
            onCancel=${(event) => (event.preventDefault(), onClose())} onMouseDown=${outside}>
            <div class="dialog-body stack">
                <header class="row">
                    <h2 id=${id} class="grow" tabindex="-1">${title}</h2>
                    <button class="tool" aria-label=${t('app.close')} onClick=${onClose}>
                        <${Icon} name="x" /></button>
                </header>
                ${children}
            </div>
        </dialog>`;
}

/** Asks before something that is hard to take back; `onYes` may be a promise, and may fail. */
export function Confirm({ title, text, yes, danger, onYes, onClose, children }) {
    const [working, setWorking] = useState(false);
    const [trouble, setTrouble] = useState(null);
    async function agreed() {
        if (working) return;
        setWorking(true);
        try {
            await onYes();
            onClose();
        } catch (problem) {
            setTrouble(problem);
            setWorking(false);
        }
    }
    return html`
        <${Dialog} title=${title} onClose=${onClose}>
            <p>${text}</p>
            ${children}
            ${trouble && html`<${Notice} kind="warn" live="assertive">${t(troubleText(trouble))}<//>`}
            <div class="row actions">
                <button class="button plain" onClick=${onClose}>${t('app.cancel')}</button>
                <${WorkButton} class=${`button ${danger ? 'danger' : ''}`} working=${working}
                    onClick=${agreed}>${yes}<//>
            </div>
        <//>`;
}
