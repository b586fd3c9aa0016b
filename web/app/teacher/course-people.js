// Who is in a course on a day, and where each stands: the share with its arithmetic, what can still
// be missed, and what each session was worth.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { currentLanguage, dayName, number, percent, t, today } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { Empty, Icon, StatusChip } from '../ui/parts.js';
import { Table } from '../ui/table.js';

const MAX = 200;

/** Everybody's standing in a course, by the person's id. */
async function standingsOf(course) {
    const all = [];
    for (let total = 1; all.length < total; ) {
        const page = { limit: MAX, offset: all.length, language: currentLanguage() };
        const answer = await get(`courses/${course.id}/standing`, page);
        all.push(...answer.items);
        total = answer.items.length ? answer.total : 0;
    }
    return Object.fromEntries(all.map((one) => [one.user_id, one]));
}

async function peopleOf(course, day) {
    const [{ items }, standings] = await Promise.all([
        get(`courses/${course.id}/roster`, { day }),
        standingsOf(course),
    ]);
    return items.map((person) => ({ ...person, standing: standings[person.id] }));
}

export const moodOf = (standing) =>
    standing.cannot_pass || standing.share_past < standing.required_share
        ? 'bad'
        : standing.warnings.length
          ? 'warn'
          : 'good';

export const ShareBar = ({ standing }) => html`
    <span class=${`bar mood-${moodOf(standing)}`}><svg viewBox="0 0 100 6" aria-hidden="true"
        preserveAspectRatio="none"><rect width=${(standing.share ?? 0) * 100} height="6" /></svg></span>`;

/** The share, how it came about, and what is to be said of it. */
export const Share = ({ standing }) =>
    standing &&
    html`<div class="stack close share">
        ${standing.share === null
            ? html`<span class="quiet">–</span>`
            : html`<b class="figures">${percent(standing.share, 1)}</b><${ShareBar} standing=${standing} />`}
        <span class="quiet small">${standing.arithmetic}</span>
    </div>`;

/** Its warnings, without what another one says already. */
function sayings({ warnings, outlook }) {
    const below = warnings.some(({ warning }) => warning === 'below_required');
    return warnings.filter(
        ({ warning, text }) => text !== outlook && !(below && warning === 'below_warning'),
    );
}

export const Outlook = ({ standing }) =>
    standing &&
    html`<div class="stack close small">
        <span>${standing.outlook}</span>
        ${sayings(standing).map(
            ({ warning, text }) => html`<span class="warning" key=${warning}>
                <${Icon} name="triangle-alert" size="small" />${text}</span>`,
        )}
    </div>`;

const USES = ['dropped', 'excused', 'to_come', 'unmarked'];

const Session = ({ one }) => html`
    <li class="row">
        <a class="grow figures" href=${`#/sessions/${one.session_id}`}>${dayName(one.day)}</a>
        ${USES.includes(one.use) &&
        html`<span class="quiet small">${t(`courses.use.${one.use}`)}</span>`}
        ${one.points !== null && one.use === 'counted' && html`<span class="quiet small figures">
            ${t('courses.worth', { n: number(one.points, 2) })}</span>`}
        ${one.status && html`<${StatusChip} status=${one.status} name=${one.status_code} />`}
    </li>`;

/** Every session of a person in a course. */
export function StandingDialog({ person, courseId, onClose }) {
    const values = { detail: true, language: currentLanguage(), limit: 100 };
    const asked = useData(() => get(`students/${person.id}/standing`, values));
    return html`
        <${Dialog} title=${person.name} onClose=${onClose}>
            <${DataFrame} of=${asked}>${({ items }) => {
                const standing = items.find(({ course_id: id }) => id === courseId);
                if (!standing) return html`<p class="quiet">${t('courses.no-standing')}</p>`;
                return html`
                    <p class="quiet">${standing.course_name}</p>
                    <${Share} standing=${standing} /><${Outlook} standing=${standing} />
                    <ul class="each">${standing.detail.map(
                        (one) => html`<${Session} key=${one.session_id} one=${one} />`,
                    )}</ul>`;
            }}<//>
        <//>`;
}

const ORDERS = {
    name: (a, b) => a.name.localeCompare(b.name),
    share: (a, b) => (a.standing?.share ?? 2) - (b.standing?.share ?? 2),
    miss: (a, b) => (a.standing?.can_miss ?? 0) - (b.standing?.can_miss ?? 0),
};

export function sortedBy(rows, { by, down }) {
    return [...rows].sort((a, b) => (down ? -1 : 1) * ORDERS[by](a, b));
}

/** Who; the name opens every session of theirs. */
export const personColumn = (onOpen) => ({
    name: t('report.name'),
    sort: 'name',
    cell: ({ student_number: code, ...person }) => html`
        <button class="link name" aria-label=${t('courses.each.of', { name: person.name })}
            onClick=${() => onOpen(person)}>${person.name}</button>
        ${code && html`<span class="quiet small figures block">${code}</span>`}`,
});

export const standingColumns = () => [
    {
        name: t('report.share'),
        sort: 'share',
        cell: ({ standing }) => html`<${Share} standing=${standing} />
            <div class="phone-only"><${Outlook} standing=${standing} /></div>`,
    },
    {
        name: t('courses.outlook'),
        sort: 'miss',
        class: 'wide-cell',
        cell: ({ standing }) => html`<${Outlook} standing=${standing} />`,
    },
];

export function People({ course }) {
    const [day, setDay] = useState(today());
    const [sort, setSort] = useState({ by: 'name', down: false });
    const [open, setOpen] = useState(null);
    const people = useData(() => peopleOf(course, day), [day, currentLanguage()]);
    return html`
        <div class="row day-row">
            <label class="small quiet" for="roster-day">${t('courses.day')}</label>
            <input class="input" id="roster-day" type="date" value=${day}
                onChange=${({ target }) => target.value && setDay(target.value)} />
        </div>
        <${DataFrame} of=${people}>${(rows) =>
            rows.length === 0
                ? html`<${Empty} icon="users" text=${t('courses.nobody')} />`
                : html`<p class="small quiet figures">${t('courses.count', { n: rows.length })}</p>
                    <${Table} label=${t('courses.tab.people')} rows=${sortedBy(rows, sort)} sort=${sort}
                        onSort=${setSort} columns=${[personColumn(setOpen), ...standingColumns()]} />`}<//>
        ${open &&
        html`<${StandingDialog} person=${open} courseId=${course.id}
            onClose=${() => setOpen(null)} />`}`;
}
