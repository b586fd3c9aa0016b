// The log of changes, and whether anybody has touched it.
import { get } from '../base/api.js';
import { dayName, hasText, html, number, shortTime, t, useEffect, useState } from '../base/page.js';
import { ListFrame, Pager, PersonPicker, Table, Trouble, useList } from '../ui/list.js';
import { Icon, Notice, Title, WorkButton } from '../ui/parts.js';

/** "user.create" in words, as far as there are words for its two halves. */
function actionName(action) {
    const [thing, ...rest] = action.split('.');
    const verb = rest.join('.');
    if (hasText(`audit.${action}`)) return t(`audit.${action}`);
    const name = hasText(`audit.thing.${thing}`) ? t(`audit.thing.${thing}`) : thing;
    return hasText(`audit.verb.${verb}`) ? `${name}: ${t(`audit.verb.${verb}`)}` : name;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A value in words: a status, a role, a day, or what it was and became. */
function said(value) {
    if (value === null) return '–';
    if (typeof value === 'object') return 'to' in value ? `${said(value.from)} → ${said(value.to)}` : '';
    if (DAY.test(value)) return dayName(value);
    const key = [`status.${value}`, `people.role.${value}`].find(hasText);
    return key ? t(key) : value;
}

/** Ids and the like say nothing to people: what there are words for is told. */
const detailsOf = (details) =>
    Object.entries(details ?? {})
        .filter(([name, value]) => hasText(`audit.detail.${name}`) && said(value) !== '')
        .map(([name, value]) => t(`audit.detail.${name}`, { value: said(value) }))
        .join(', ');

// Whose subject is an account; the others' is a mark, a session or the like.
const OF_PEOPLE = /^(user|faces|consent|password|pin|calendar|mail|attendance\.(mark|correct|not_me))\b/;

/** {id: name} of who stands in the entries, as those who did it or those it was about. */
function useNames(entries) {
    const [names, setNames] = useState({});
    const about = entries.flatMap(({ actor_id: actor, action, subject }) => [actor, OF_PEOPLE.test(action) && subject]);
    const missing = [...new Set(about)].filter((id) => id && !(id in names));
    useEffect(() => {
        if (missing.length === 0) return;
        const asked = missing.map(async (id) => [id, (await get(`users/${id}`).catch(() => ({}))).name]);
        Promise.all(asked).then((found) => setNames((now) => ({ ...now, ...Object.fromEntries(found) })));
    }, [missing.join()]);
    return names;
}

const nameIn = (names, id) => (id in names ? (names[id] ?? t('audit.somebody')) : '…');

/** Whom it is about, where somebody else did it, and what there is to say of it. */
function aboutOf(one, names) {
    const isOther = OF_PEOPLE.test(one.action) && one.subject && one.subject !== one.actor_id;
    return [isOther && nameIn(names, one.subject), detailsOf(one.details)].filter(Boolean).join(' · ');
}

const auditColumns = (names) => [
    { name: t('audit.when'), class: 'figures', cell: (one) => shortTime(one.happened_at) },
    { name: t('audit.who'), cell: (one) => (one.actor_id ? nameIn(names, one.actor_id) : t('audit.program')) },
    { name: t('audit.what'), cell: (one) => html`<b>${actionName(one.action)}</b>` },
    { name: t('audit.details'), class: 'wide-cell quiet small details-cell', cell: (one) => aboutOf(one, names) },
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
    const names = useNames(list.items);
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
                <${Table} label=${t('place.audit')} columns=${auditColumns(names)} rows=${list.items}
                    keyOf=${(one) => one.sequence} />
                <${Pager} list=${list} />
            <//>
        </div>`;
}
