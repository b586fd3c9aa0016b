// A place to drop files on, with buttons for those who choose them.
import { html, useRef, useState } from '../base/html.js';
import { Icon } from '../ui/parts.js';

/** `choices`: [{label, icon, ...input}]; `onFiles([File])`. Folders that are dropped are walked. */
export function FileDrop({ text, choices, onFiles }) {
    const [over, setOver] = useState(false);
    const area = useRef();
    async function dropped(event) {
        event.preventDefault();
        setOver(false);
        // Entries and files can only be asked for until the handler returns.
        const files = [...event.dataTransfer.files].map((file) => ({ file, path: file.name }));
        const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
        onFiles(entries.length ? (await Promise.all(entries.map((entry) => filesOf(entry)))).flat() : files);
    }
    function chosen({ target }) {
        onFiles([...target.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
        target.value = '';
    }
    return html`
        <div class=${`card file-drop ${over ? 'over' : ''}`} ref=${area} onDrop=${dropped}
            onDragOver=${(event) => (event.preventDefault(), setOver(true))}
                onDragLeave=${() => setOver(false)}>
            <${Icon} name="upload" size="large" />
            <p>${text}</p>
            <div class="row wrap">
                ${choices.map(
                    ({ label, icon, plain, ...input }, i) => html`<span key=${i}>
                        <button type="button" class=${`button ${plain ? 'plain' : ''}`}
                            onClick=${() => area.current.querySelectorAll('input')[i].click()}>
                            <${Icon} name=${icon} />${label}</button>
                        <input type="file" hidden aria-label=${label} onChange=${chosen} ...${input} /></span>`,
                )}
            </div>
        </div>`;
}

const asked = (call) => new Promise((resolve, reject) => call(resolve, reject));

/** [{file, path}] of a dropped file or of everything below a dropped folder. */
async function filesOf(entry, above = '') {
    const path = above + entry.name;
    if (entry.isFile) return [{ file: await asked((done, no) => entry.file(done, no)), path }];
    const reader = entry.createReader();
    const found = [];
    // A reader gives some entries at a time, and none at the end.
    for (;;) {
        const some = await asked((done, no) => reader.readEntries(done, no));
        if (some.length === 0) return found;
        for (const one of some) found.push(...(await filesOf(one, `${path}/`)));
    }
}
