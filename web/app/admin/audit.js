// The log of changes, and whether anybody has touched it.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { hasText, number, shortTime, t } from '../base/text.js';
import { Trouble } from '../ui/data.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Icon, Notice, Title, WorkButton } from '../ui/parts.js';
import { PersonPicker } from '../ui/search.js';
import { Table } from '../ui/table.js';

/** "user.create" in words, as far as there are words for its two halves. */
function actionName(action) {
    const [thing, ...rest] = action.split('.');
    const verb = rest.join('.');
    if (hasText(`audit.${action}`)) return t(`audit.${action}`);
    const name = hasText(`audit.thing.${thing}`) ? t(`audit.thing.${thing}`) : thing;
    return `${name}: ${hasText(`audit.verb.${verb}`) ? t(`audit.verb.${verb}`) : verb.replaceAll('_', ' ')}`;
}

// Ids and digests say nothing to people.
const TOLD = /^(?![0-9a-f-]{24,}$)/;

const detailsOf = (details) =>
    Object.entries(details ?? {})
        .filter(([, value]) => value !== null && typeof value !== 'object' && TOLD.test(value))
        .map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`)
        .join(', ');

/** {id: name} of who stands in the entries: few people do most of what is logged. */
function useActors(entries) {
    const [names, setNames] = useState({});
    const missing = [...new Set(entries.map((one) => one.actor_id))].filter((id) => id && !(id in names));
    useEffect(() => {
        if (missing.length === 0) return;
        const asked = missing.map(async (id) => [id, (await get(`users/${id}`).catch(() => ({}))).name]);
        Promise.all(asked).then((found) => setNames({ ...names, ...Object.fromEntries(found) }));
    }, [missing.join()]);
    return (id) => (id ? (id in names ? (names[id] ?? t('audit.somebody')) : '…') : t('audit.program'));
}

const columnsOf = (nameOf) => [
    { name: t('audit.when'), class: 'figures', cell: (one) => shortTime(one.happened_at) },
    { name: t('audit.who'), cell: (one) => nameOf(one.actor_id) },
    { name: t('audit.what'), cell: (one) => html`<b>${actionName(one.action)}</b>` },
    { name: t('audit.details'), class: 'wide-cell quiet small details-cell', cell: (one) => detailsOf(one.details) },
];

const Report = ({ report }) => html`
    <${Notice} kind=${report.sound ? 'good' : 'bad'}>
        ${t(report.sound ? 'audit.sound' : 'audit.unsound', { n: number(report.entries) })}
        ${report.findings.map((finding) => html`<p class="small" key=${finding}>${finding}</p>`)}
        ${report.hash && html`<p class="tiny hash">${t('audit.head')} ${report.hash}</p>`}<//>`;

function Verify() {
    const [state, setState] = useState({});
    async function verify() {
        setState({ working: true });
        try {
            setState({ report: await get('audit/verify') });
        } catch (trouble) {
            setState({ trouble });
        }
    }
    return html`
        <div class="card stack">
            <div class="row wrap"><p class="grow quiet">${t('audit.text')}</p>
                <${WorkButton} class="button" working=${state.working} onClick=${verify}>
                    <${Icon} name="shield-check" />${t('audit.verify')}<//></div>
            ${state.report && html`<${Report} report=${state.report} />`}
            ${state.trouble && html`<${Trouble} trouble=${state.trouble} onRetry=${verify} />`}
        </div>`;
}

export function AuditPage({ query: { action } }) {
    const [person, setPerson] = useState(null);
    const list = useList(
        (page) => get('audit', { ...page, action, actor_id: person?.id }),
        [action, person?.id],
    );
    return html`
        <div class="page">
            <${Title}>${t('place.audit')}<//>
            <${Verify} />
            <div class="filter">
                <${PersonPicker} name="actor" label=${t('audit.only')} onPick=${setPerson} />
                ${person &&
                html`<button class="button plain" onClick=${() => setPerson(null)}>
                    ${person.name}<${Icon} name="x" /></button>`}
                ${action && html`<a class="button plain" href="#/audit">${actionName(action)}<${Icon} name="x" /></a>`}
            </div>
            <${ListFrame} list=${list} icon="scroll-text" empty=${t('audit.empty')}>
                <${Table} label=${t('place.audit')} columns=${columnsOf(nameOf)} rows=${list.items}
                    keyOf=${(one) => one.sequence} />
                <${Pager} list=${list} />
            <//>
        </div>`;
}
