// Where a student stands in each course: the share with its arithmetic, and what can still be missed.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { currentLanguage, dayName, percent, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { Icon, StatusChip } from '../ui/parts.js';

const ask = (values = {}) => get('me/standing', { language: currentLanguage(), limit: 100, ...values });

const moodOf = (standing) =>
    standing.cannot_pass || standing.share_past < standing.required_share ? 'bad' : standing.warnings.length ? 'warn' : 'good';

export const Share = ({ standing }) => html`
    <div class=${`bar mood-${moodOf(standing)}`}>
        <progress class="unseen" max="1" value=${standing.share ?? 0}></progress>
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width=${(standing.share ?? 0) * 100} height="6" /></svg>
    </div>`;

const Standing = ({ standing, onOpen }) => html`
    <li class="card stack close">
        <div class="row">
            <h2 class="grow">${standing.course_name}</h2>
            ${standing.share !== null && html`<b class="figures">${percent(standing.share)}</b>`}
        </div>
        <${Share} standing=${standing} />
        <p class="quiet small">${standing.arithmetic}</p>
        ${standing.outlook && html`<p class="small">${standing.outlook}</p>`}
        ${standing.warnings.map(
            ({ warning, text }) => html`<p class="small warning" key=${warning}>
                <${Icon} name="triangle-alert" size="small" />${text}</p>`,
        )}
        <div><button class="link small" onClick=${() => onOpen(standing)}>${t('standing.each')}</button></div>
    </li>`;

const USES = { dropped: 'standing.dropped', excused: 'standing.excused', to_come: 'standing.to-come' };

/** Every session of a course and what it is worth. */
function Each({ standing, onClose }) {
    const each = useData(() => ask({ detail: true }));
    const detailOf = ({ items }) =>
        items.find(({ course_id: id }) => id === standing.course_id)?.detail ?? [];
    return html`
        <${Dialog} title=${standing.course_name} onClose=${onClose}>
            <p class="quiet">${standing.arithmetic}</p>
            <${DataFrame} of=${each}>${(data) => html`
                <ul class="each">${detailOf(data)
                    .filter(({ use }) => use !== 'to_come')
                    .map(
                        (one) => html`<li key=${one.session_id} class="row">
                            <span class="grow figures">${dayName(one.day)}</span>
                            ${USES[one.use] && html`<span class="quiet small">${t(USES[one.use])}</span>`}
                            ${one.status
                                ? html`<${StatusChip} status=${one.status} />`
                                : html`<span class="quiet small">${t('day.none')}</span>`}
                        </li>`,
                    )}</ul>`}<//>
        <//>`;
}

export function Standings() {
    const [open, setOpen] = useState(null);
    const standings = useData(() => ask());
    return html`
        <${DataFrame} of=${standings}>${({ items }) =>
            items.length > 0 &&
            html`<section class="stack">
                <h2>${t('standing.title')}</h2>
                <ul class="standings">${items.map(
                    (one) => html`<${Standing} key=${one.course_id} standing=${one} onOpen=${setOpen} />`,
                )}</ul>
            </section>`}<//>
        ${open && html`<${Each} standing=${open} onClose=${() => setOpen(null)} />`}`;
}
