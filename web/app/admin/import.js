// Taking over people from a file and their photos in bulk, with a look at the result before.
import {
    hasText, html, noteInAddress, number, percent, t, useEffect, useRef, useState,
} from '../base/page.js';
import { Busy, Icon, Notice, TabPanel, Tabs, Title, toast, WorkButton } from '../ui/parts.js';
import { troubleText, upload, uploadTold } from '../base/api.js';
import { Pager, Table, Trouble, usePages } from '../ui/list.js';
import { CheckField, Field } from '../ui/form.js';

// A place to drop files on, with buttons for those who choose them.

/** `choices`: [{label, icon, ...input}]; `onFiles([File])`. Folders that are dropped are walked. */
function FileDrop({ text, choices, onFiles }) {
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

// The photos in what was chosen: files, folders, and ZIP files, which are read here a piece at a time
// so that the largest one can be sent in parts.

const PHOTO = /(^|\/)[^./][^/]*\.(jpe?g|png|webp)$/i;
const END_MAX = 66_000;
const END_SIZE = 22;
const END_OF_ZIP = 0x06054b50;
const ENTRY_SIZE = 46;
const HEADER_SIZE = 30;
const DEFLATED = 8;

const viewOf = async (file, from, to) => new DataView(await file.slice(from, to).arrayBuffer());

/** Where the table of contents begins, how long it is, and how many entries it has. */
async function endOf(file) {
    const view = await viewOf(file, Math.max(0, file.size - END_MAX), file.size);
    for (let at = view.byteLength - END_SIZE; at >= 0; at--)
        if (view.getUint32(at, true) === END_OF_ZIP)
            return {
                n: view.getUint16(at + 10, true),
                size: view.getUint32(at + 12, true),
                from: view.getUint32(at + 16, true),
            };
    throw new Error('no ZIP file');
}

async function readEntry(file, { method, size, at }) {
    const header = await viewOf(file, at, at + HEADER_SIZE);
    const from = at + HEADER_SIZE + header.getUint16(26, true) + header.getUint16(28, true);
    const bytes = file.slice(from, from + size);
    if (method !== DEFLATED) return bytes;
    return new Response(bytes.stream().pipeThrough(new DecompressionStream('deflate-raw'))).blob();
}

async function photosOfZip(file) {
    const { n, size, from } = await endOf(file);
    const view = await viewOf(file, from, from + size);
    const photos = [];
    for (let i = 0, at = 0; i < n; i++) {
        const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
        const path = new TextDecoder().decode(new Uint8Array(view.buffer, at + ENTRY_SIZE, name));
        const entry = {
            method: view.getUint16(at + 10, true),
            size: view.getUint32(at + 20, true),
            at: view.getUint32(at + 42, true),
        };
        photos.push({ path, size: view.getUint32(at + 24, true), read: () => readEntry(file, entry) });
        at += ENTRY_SIZE + name + extra + comment;
    }
    return photos;
}

/** [{path, size, read}] of [{file, path}]; `read()` gives the bytes of one when it is its turn. */
async function photosOf(files) {
    const found = await Promise.all(
        files.map(({ file, path }) =>
            /\.zip$/i.test(path) ? photosOfZip(file).catch(() => []) : [{ path, size: file.size, read: () => file }],
        ),
    );
    return found.flat().filter(({ path }) => PHOTO.test(path) && !path.startsWith('__MACOSX/'));
}

// Sends the photos of many people in parts, one after another. What has arrived is noted by the
// server, so whatever interrupts it, it goes on from there; a lost connection is waited for.

const PART_PHOTOS = 12;
const PART_BYTES = 24 * 1024 * 1024;
const PHOTO_BYTES = 20 * 1024 * 1024;
const PART_MS = 180_000;
const AGAIN_MS = 4000;
const NOTHING = { state: 'empty', total: 0, counts: {}, refused: [], waits: [] };

/** As many of those that wait as one request takes; they are taken off. */
function nextPart(waits) {
    let bytes = 0;
    let n = 0;
    const fits = () => n === 0 || bytes + waits[n].size <= PART_BYTES;
    while (n < waits.length && n < PART_PHOTOS && fits()) bytes += waits[n++].size;
    return waits.slice(0, n);
}

/** A file that is broken or gone is sent empty: then it is refused like any that cannot be read. */
const bytesOf = async (photo) => {
    try {
        return await photo.read();
    } catch {
        return new Blob([]);
    }
};

async function sendPart(part, again, signal) {
    const form = new FormData();
    for (const photo of part) form.append('image', await bytesOf(photo), photo.path);
    const within = AbortSignal.any([signal, AbortSignal.timeout(PART_MS)]);
    const { items } = await upload(`imports/photos?dry_run=false&again=${again}`, form, within);
    return items;
}

const pause = (ms, signal) =>
    new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        for (const [target, name] of [[window, 'online'], [signal, 'abort']])
            target.addEventListener(name, () => (clearTimeout(timer), resolve()), { once: true });
    });

/** The state after a part was dealt with. */
function after(now, part, items) {
    const counts = { ...now.counts };
    const refused = [...now.refused];
    for (const item of items) {
        counts[item.outcome] = (counts[item.outcome] ?? 0) + 1;
        if (item.outcome !== 'refused' && item.outcome !== 'nobody') continue;
        refused.push({ ...item, photo: part.find(({ path }) => path === item.file) });
    }
    return { ...now, state: 'sending', counts, refused, waits: now.waits.slice(part.length) };
}

const tooLarge = (part) => part.map(({ path }) => ({ file: path, outcome: 'refused', reason: 'too_large' }));

/**
 * {state: empty | sending | waiting | stopped | done, total, counts, refused, waits, trouble,
 * add(files), stop(), go(), again()}: `waits` are still to be sent, `refused` have a reason.
 */
function usePhotoQueue() {
    const [shown, setShown] = useState(NOTHING);
    const now = useRef(NOTHING);
    const stopper = useRef();
    const note = (next) => setShown((now.current = next));

    async function one(signal, again) {
        const part = nextPart(now.current.waits);
        try {
            const isLarge = part[0].size > PHOTO_BYTES;
            const items = isLarge ? tooLarge(part.slice(0, 1)) : await sendPart(part, again, signal);
            note(after(now.current, part.slice(0, items.length), items));
        } catch (trouble) {
            if (signal.aborted) return;
            if (!['offline', 'busy', 'many'].includes(trouble.kind)) {
                note({ ...now.current, state: 'stopped', trouble });
                stopper.current.abort();
                return;
            }
            note({ ...now.current, state: 'waiting' });
            await pause((trouble.retryAfter ?? 0) * 1000 || AGAIN_MS, signal);
        }
    }
    async function run(again = false) {
        stopper.current = new AbortController();
        const { signal } = stopper.current;
        note({ ...now.current, state: 'sending', trouble: null });
        while (now.current.waits.length > 0 && !signal.aborted) await one(signal, again);
        if (!signal.aborted) note({ ...now.current, state: 'done' });
    }
    async function add(files) {
        const photos = await photosOf(files);
        const { total, waits, state } = now.current;
        const found = { none: photos.length === 0, total: total + photos.length, waits: [...waits, ...photos] };
        note({ ...now.current, ...found });
        if (photos.length > 0 && state !== 'sending' && state !== 'waiting') run();
    }
    function stop() {
        stopper.current?.abort();
        note({ ...now.current, state: 'stopped' });
    }
    /** Those that were refused once more, and no others. */
    function again() {
        const photos = now.current.refused.map(({ photo }) => photo).filter(Boolean);
        note({ ...NOTHING, total: photos.length, waits: photos });
        run(true);
    }
    const isBusy = shown.state === 'sending' || shown.state === 'waiting';
    useEffect(() => {
        if (!isBusy) return undefined;
        const ask = (event) => event.preventDefault();
        addEventListener('beforeunload', ask);
        return () => removeEventListener('beforeunload', ask);
    }, [isBusy]);
    useEffect(() => () => stopper.current?.abort(), []);
    return { ...shown, isBusy, add, stop, go: run, again, clear: () => note(NOTHING) };
}

// Photos of many people: chosen as files, a folder or a ZIP file, sent in parts, and what became of
// each of them.

const KINDS = '.jpg,.jpeg,.png,.webp,.zip';
const OUTCOMES = ['enrolled', 'done_before', 'refused', 'nobody'];

function adviceOf({ outcome, reason, quality, message }) {
    if (outcome === 'nobody') return t('import.photos.nobody');
    const key = [quality, reason].map((name) => `photo.${name}`).find(hasText);
    if (key) return t(key);
    return reason === 'too_many' ? t('import.photos.too-many') : message;
}

function Progress({ queue }) {
    const { state, total, waits } = queue;
    const done = total - waits.length;
    const label = t(`import.photos.${state}`, { n: done, of: number(total) });
    return html`
        <div class="card stack" data-state=${state}>
            <div class="row wrap">
                <p class="grow figures" role="status">
                    <b>${label}</b> <span class="quiet">${percent(total ? done / total : 0)}</span></p>
                ${queue.isBusy && html`<button class="button plain small"
                    onClick=${queue.stop}>${t('app.cancel')}</button>`}
                ${state === 'stopped' &&
                html`<button class="button small" onClick=${() => queue.go()}>
                    <${Icon} name="play" size="small" />${t('import.photos.go-on')}</button>`}
            </div>
            <progress class="unseen" max=${total} value=${done}>${label}</progress>
            <div class="bar" aria-hidden="true"><i style=${{ width: `${(100 * done) / total}%` }}></i></div>
            ${queue.trouble && html`<${Notice} kind="warn">${t(troubleText(queue.trouble))}<//>`}
            ${state === 'waiting' && html`<${Notice} kind="warn">${t('import.photos.lost')}<//>`}
            <dl class="photo-counts figures">${OUTCOMES.map(
                (name) => html`<div key=${name} data-outcome=${name}><dt
                    class="tiny">${t(`import.outcome.${name}`)}</dt>
                    <dd><b>${number(queue.counts[name] ?? 0)}</b></dd></div>`,
            )}</dl>
        </div>`;
}

function Refusals({ queue }) {
    const list = usePages(queue.refused, [queue.refused.length]);
    return html`
    <section class="stack">
        <div class="row wrap"><h2 class="grow">${t('import.photos.refusals', { n: queue.refused.length })}</h2>
            ${!queue.isBusy &&
            html`<button class="button plain small" onClick=${queue.again}>
                <${Icon} name="rotate-ccw" size="small" />${t('import.photos.again')}</button>`}</div>
        <p class="small quiet">${t('import.photos.again.hint')}</p>
        <${Table} label=${t('import.outcome.refused')} rows=${list.items}
            keyOf=${(row) => queue.refused.indexOf(row)} columns=${[
            { name: t('import.photos.file'), class: 'file-cell', cell: ({ file }) => file },
            { name: t('import.photos.advice'), cell: adviceOf },
        ]} />
        <${Pager} list=${list} />
    </section>`;
}

function PhotosImport() {
    const queue = usePhotoQueue();
    return html`
        <${FileDrop} text=${t('import.photos.drop')} onFiles=${queue.add} choices=${[
            { label: t('import.photos.choose'), icon: 'images', multiple: true, accept: KINDS },
            { label: t('import.photos.folder'), icon: 'image-plus', plain: true, webkitdirectory: true },
        ]} />
        <p class="small quiet">${t('import.photos.names')} ${t('import.photos.vouch')}</p>
        ${queue.none && html`<${Notice} kind="warn">${t('import.photos.none')}<//>`}
        ${queue.total > 0 && html`<${Progress} queue=${queue} />`}
        ${queue.refused.length > 0 && html`<${Refusals} queue=${queue} />`}`;
}

// Lists of people from elsewhere: tried first, looked at line by line, then stored in one go. Photos
// of many people are the other part of the page.

const ITEMS_SHOWN = 200;
const ACTIONS = ['create', 'update', 'move', 'withdraw', 'unchanged', 'skip'];

/** Spreadsheets of Windows write another encoding than the usual one. */
async function encodingOf(file) {
    try {
        new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
        return undefined;
    } catch {
        return 'windows-1252';
    }
}

const isZip = (file) => /\.zip$/i.test(file.name);

async function ask(file, options, dryRun, onSent, signal) {
    const given = Object.entries(options).filter(([, value]) => value);
    const values = new URLSearchParams([...given, ['dry_run', dryRun]]);
    const encoding = !isZip(file) && (await encodingOf(file));
    if (encoding) values.set('encoding', encoding);
    const form = new FormData();
    form.append('file', file, file.name);
    return uploadTold(`imports/${isZip(file) ? 'oneroster' : 'roster'}?${values}`, form, onSent, signal);
}

/** What is wrong with a line, in the reader's words where they are known. */
function whyOf(message) {
    const values = [...message.matchAll(/"([^"]*)"/g)].map(([, value]) => value);
    const words = message.replace(/"[^"]*"/g, '').match(/[a-z]+/gi) ?? [];
    const key = `import.why.${words.slice(0, 6).join('-').toLowerCase()}`;
    return hasText(key) ? t(key, { value: values[0], line: message.match(/line (\d+)/)?.[1] }) : message;
}

const Refused = ({ errors, total }) => html`
    <${Notice} kind="bad" live="assertive">${t('import.refused', { n: total })}<//>
    <${Table} label=${t('import.bad-rows')} rows=${errors} keyOf=${(row) => errors.indexOf(row)} columns=${[
        { name: t('import.line'), class: 'figures', cell: ({ line }) => number(line) },
        { name: t('import.column'), cell: ({ column, file }) => [file, column].filter(Boolean).join(' · ') || '–' },
        { name: t('import.why'), cell: ({ message }) => whyOf(message) },
    ]} />`;

const Counts = ({ counts }) => html`
    <ul class="import-counts">${Object.entries(counts).map(
        ([thing, actions]) => html`<li class="card stack close" key=${thing} data-thing=${thing}>
            <h3 class="tiny">${t(`import.thing.${thing}`)}</h3>
            ${ACTIONS.filter((action) => actions[action]).map(
                (action) => html`<span class="row figures" key=${action} data-action=${action}>
                    <b>${number(actions[action])}</b><span
                        class="quiet small">${t(`import.action.${action}`)}</span></span>`,
            )}</li>`,
    )}</ul>`;

const Items = ({ items, total }) => html`
    <details class="card">
        <summary><b>${t('import.each', { n: total })}</b></summary>
        <ul class="each import-items">${items.slice(0, ITEMS_SHOWN).map(
            (item, i) => html`<li class="row wrap" key=${i}>
                <span class="tiny figures">${item.line ? t('import.at-line', { n: item.line }) : ''}</span>
                <b class="grow">${item.name}</b>
                <span class="quiet small">${item.detail}</span>
                <span class="chip">${t(`import.action.${item.action}`)}</span></li>`,
        )}</ul>
        ${total > ITEMS_SHOWN && html`<p class="tiny">${t('import.more', { n: total - ITEMS_SHOWN })}</p>`}
    </details>`;

function Result({ result, children }) {
    const isEmpty = Object.keys(result.counts).length === 0;
    return html`
        ${result.applied
            ? html`<${Notice} kind="good">${t('import.applied')}<//>`
            : result.errors_total === 0 && html`<${Notice}>${t(isEmpty ? 'import.nothing' : 'import.tried')}<//>`}
        ${result.errors_total > 0 && html`<${Refused} errors=${result.errors} total=${result.errors_total} />`}
        ${result.notes.map((note) => html`<p class="small quiet" key=${note}>${whyOf(note)}</p>`)}
        <${Counts} counts=${result.counts} />
        ${result.items_total > 0 && html`<${Items} items=${result.items} total=${result.items_total} />`}
        ${children}`;
}

const Options = ({ file, options, onChange }) => html`
    <${CheckField} name="withdraw_missing" label=${t('import.withdraw')} hint=${t('import.withdraw.hint')}
        checked=${options.withdraw_missing}
            onChange=${(withdraw_missing) => onChange({ ...options, withdraw_missing })} />
    ${isZip(file) &&
    html`<${CheckField} name="admins" label=${t('import.admins')} checked=${options.admins}
        onChange=${(admins) => onChange({ ...options, admins })} />`}
    <details><summary>${t('import.options')}</summary>
        <${Field} name="email_domain" label=${t('import.domain')} hint=${t('import.domain.hint')}
            placeholder="uni.edu"
            value=${options.email_domain}
                onChange=${({ target }) => onChange({ ...options, email_domain: target.value.trim() })} />
    </details>`;

/** {file, options, result, trouble, working, share, look, apply}: a list that is tried, then stored. */
function useRoster() {
    const [state, setState] = useState({ options: {} });
    const { file, options } = state;
    const turn = useRef(null);
    useEffect(() => () => turn.current?.abort(), []);
    async function run(wanted, chosen, dryRun) {
        // Trying another file, or the same with other wishes, ends the try before.
        if (dryRun) turn.current?.abort();
        const { signal } = (turn.current = new AbortController());
        const now = { file: wanted, options: chosen };
        setState({ ...now, result: dryRun ? null : state.result, working: dryRun ? 'look' : 'apply', share: 0 });
        try {
            const sent = (share) => setState((old) => (old.working ? { ...old, share } : old));
            const result = await ask(wanted, chosen, dryRun, sent, dryRun ? signal : undefined);
            if (signal.aborted) return;
            setState({ ...now, result });
            if (!dryRun) toast(t('import.applied'));
        } catch (trouble) {
            if (signal.aborted) return;
            // Between looking and storing a line may have become wrong: then that is shown.
            const late = trouble.details?.errors ? trouble.details : null;
            setState({ ...now, result: late ?? (dryRun ? null : state.result), trouble: late ? null : trouble });
        }
    }
    return {
        ...state,
        look: (wanted, chosen = options) => run(wanted, chosen, true),
        apply: () => run(file, options, false),
    };
}

function giveExample() {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['\ufeff', t('import.example.rows')], { type: 'text/csv' }));
    link.download = t('import.example.name');
    link.click();
    URL.revokeObjectURL(link.href);
}

function workingOn(working, share) {
    if (working === 'apply') return t('import.storing');
    return share < 1 ? t('import.sending', { share: percent(share) }) : t('import.reading');
}

const Working = ({ working, share }) => html`
    <div class="card stack"><${Busy} label=${workingOn(working, share)} />
        <div class="bar" aria-hidden="true"><i style=${{ width: `${share * 100}%` }}></i></div></div>`;

function Lists() {
    const roster = useRoster();
    const { file, result, trouble, working, share } = roster;
    const isGood = result && !result.applied && result.errors_total === 0 && Object.keys(result.counts).length > 0;
    return html`
        <${FileDrop} text=${t('import.drop')} onFiles=${([one]) => one && roster.look(one.file)}
            choices=${[{ label: t('import.choose'), icon: 'file-spreadsheet', accept: '.csv,.txt,.zip' }]} />
        <p class="small quiet">${t('import.columns')} <button class="link"
            onClick=${giveExample}>${t('import.example')}</button></p>
        ${file && html`<section class="stack" aria-live="polite">
            <h2>${file.name}</h2>
            ${!result?.applied && html`<div class="card stack"><${Options} file=${file}
                options=${roster.options}
                onChange=${(chosen) => roster.look(file, chosen)} /></div>`}
            ${working && html`<${Working} working=${working} share=${share} />`}
            ${trouble &&
            (trouble.kind === 'invalid'
                ? html`<${Notice} kind="bad" live="assertive">${t('import.unreadable')}<//>`
                : html`<${Trouble} trouble=${trouble}
                    onRetry=${() => (result ? roster.apply() : roster.look(file))} />`)}
            ${result && html`<${Result} result=${result}>
                ${isGood && html`<div class="row actions"><${WorkButton} class="button"
                    working=${working === 'apply'} onClick=${roster.apply}>
                    <${Icon} name="check" />${t('import.apply')}<//></div>`}
                ${result.applied && html`<div class="row wrap"><a class="button"
                    href="#/people">${t('place.people')}</a></div>`}<//>`}
        </section>`}`;
}

const PARTS = ['lists', 'photos'];

export function ImportPage({ query }) {
    const [part, setPart] = useState(PARTS.includes(query.part) ? query.part : 'lists');
    function show(id) {
        setPart(id);
        noteInAddress({ part: id });
    }
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('import.title')}<//></header>
            <${Tabs} label=${t('import.title')} current=${part} onChange=${show}
                tabs=${PARTS.map((id) => ({ id, name: t(`import.part.${id}`) }))} />
            <${TabPanel}
                current=${part}>${part === 'lists' ? html`<${Lists} />` : html`<${PhotosImport} />`}<//>
        </div>`;
}
