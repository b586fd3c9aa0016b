// Photos of many people: chosen as files, a folder or a ZIP file, sent in parts, and what became of
// each of them.
import { troubleText } from '../base/api.js';
import { html } from '../base/html.js';
import { hasText, number, percent, t } from '../base/text.js';
import { Icon, Notice } from '../ui/parts.js';
import { Table } from '../ui/table.js';
import { FileDrop } from './import-drop.js';
import { usePhotoQueue } from './photos-import-queue.js';

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

const Refusals = ({ queue }) => html`
    <section class="stack">
        <div class="row wrap"><h2 class="grow">${t('import.photos.refusals', { n: queue.refused.length })}</h2>
            ${!queue.isBusy &&
            html`<button class="button plain small" onClick=${queue.again}>
                <${Icon} name="rotate-ccw" size="small" />${t('import.photos.again')}</button>`}</div>
        <p class="small quiet">${t('import.photos.again.hint')}</p>
        <${Table} label=${t('import.outcome.refused')} rows=${queue.refused}
            keyOf=${(row) => queue.refused.indexOf(row)} columns=${[
            { name: t('import.photos.file'), class: 'file-cell', cell: ({ file }) => file },
            { name: t('import.photos.advice'), cell: adviceOf },
        ]} />
    </section>`;

export function PhotosImport() {
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
