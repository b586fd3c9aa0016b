// Lists of people from elsewhere: tried first, looked at line by line, then stored in one go. Photos
// of many people are the other part of the page.
import { uploadTold } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { hasText, number, percent, t } from '../base/text.js';
import { Trouble } from '../ui/data.js';
import { CheckField, Field } from '../ui/field.js';
import { Busy, Icon, Notice, Title, WorkButton } from '../ui/parts.js';
import { Table } from '../ui/table.js';
import { TabPanel, Tabs } from '../ui/tabs.js';
import { toast } from '../ui/toast.js';
import { FileDrop } from './import-drop.js';
import { PhotosImport } from './photos-import.js';

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

async function ask(file, options, dryRun, onSent) {
    const given = Object.entries(options).filter(([, value]) => value);
    const values = new URLSearchParams([...given, ['dry_run', dryRun]]);
    const encoding = !isZip(file) && (await encodingOf(file));
    if (encoding) values.set('encoding', encoding);
    const form = new FormData();
    form.append('file', file, file.name);
    return uploadTold(`imports/${isZip(file) ? 'oneroster' : 'roster'}?${values}`, form, onSent);
}

/** What is wrong with a line, in the reader's words where they are known. */
export function whyOf(message) {
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
    async function run(wanted, chosen, dryRun) {
        const now = { file: wanted, options: chosen };
        setState({ ...now, result: dryRun ? null : state.result, working: dryRun ? 'look' : 'apply', share: 0 });
        try {
            const sent = (share) => setState((old) => (old.working ? { ...old, share } : old));
            const result = await ask(wanted, chosen, dryRun, sent);
            setState({ ...now, result });
            if (!dryRun) toast(t('import.applied'));
        } catch (trouble) {
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
