// Dialogs on the browser's own element: it keeps the focus inside, closes with Escape, and gives
// the focus back to what opened it.
import { html, useEffect, useRef, useState } from '../base/html.js';
import { troubleText } from '../base/api.js';
import { t } from '../base/text.js';
import { Icon, Notice, WorkButton } from './parts.js';

/** `children` stand under the title; `wide` for tables and pictures. Open as long as it is there. */
export function Dialog({ title, onClose, wide, children }) {
    const dialog = useRef();
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
    const outside = ({ target }) => target === dialog.current && onClose();
    return html`
        <dialog ref=${dialog} class=${wide ? 'wide' : ''} aria-labelledby="dialog-title"
            onCancel=${(event) => (event.preventDefault(), onClose())} onMouseDown=${outside}>
            <div class="dialog-body stack">
                <header class="row">
                    <h2 id="dialog-title" class="grow" tabindex="-1">${title}</h2>
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
