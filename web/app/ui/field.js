// A form's field: its label above, what is wrong beside it, both tied to it for screen readers.
import { html, useState } from '../base/html.js';
import { Icon } from './parts.js';
import { t } from '../base/text.js';

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
