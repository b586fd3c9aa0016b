// The report of a group, a subject or a course over a period: four numbers first, then the register
// as a grid of days, then how it went. What is shown stands in the address.
import { get } from '../base/api.js';
import {
    currentLanguage, dayAfter, dayMonth, dayName, html, isDay, mondayOf, monthName, noteInAddress,
    number, percent, t, today, useEffect, useMemo, useState, weekdayName,
} from '../base/page.js';
import { Dialog, Field, SelectField } from '../ui/form.js';
import {
    askReport, choicesOf, distinct, FileButtons, isChosen, Jobs, kindOf, Lists, MailDialog,
    mondayOfWeek, scopeOf, sessionsOf, shareOf, slotsOf, sumOf, totalOf, useJobs, weeksOf,
} from './report-parts.js';
import { LineChart } from '../ui/chart.js';
import { DataFrame, useData, useSettled } from '../ui/list.js';
import { Busy, Empty, Icon, Notice, Numbers, Title } from '../ui/parts.js';

// What a report is of: group, subject or course, and period; all of it in the address.

/** The usual periods: {week: [from, to], …}. */
function periodsOf(term) {
    const day = today();
    const monday = mondayOf(day);
    const periods = { week: [monday, dayAfter(monday, 6)], month: [`${day.slice(0, 7)}-01`, day] };
    if (term) periods.term = [term.first_day, day < term.last_day ? day : term.last_day];
    return periods;
}

const Periods = ({ periods, choice, onChoose }) => html`
    <div class="presets" role="group" aria-label=${t('report.period')}>
        ${Object.entries(periods).map(
            ([name, [from, to]]) => html`<button key=${name} class="button plain" type="button"
                aria-pressed=${from === choice.from && to === choice.to ? 'true' : 'false'}
                onClick=${() => onChoose({ from, to })}>${t(`report.period.${name}`)}</button>`,
        )}
    </div>`;

const Options = ({ label, kind, items }) => html`
    <optgroup label=${label}>${items.map(
        ({ id, name }) => html`<option key=${id} value=${`${kind}:${id}`}>${name}</option>`,
    )}</optgroup>`;

/** Subjects that are taught in several courses, and the courses themselves. */
function What({ courses, choice, onChoose }) {
    const counted = new Map();
    for (const { subject_id: id } of courses) counted.set(id, (counted.get(id) ?? 0) + 1);
    const subjects = distinct(
        courses
            .filter(({ subject_id: id }) => counted.get(id) > 1)
            .map(({ subject_id: id, subject_name: name }) => ({ id, name })),
    );
    const kind = ['course', 'subject'].find((name) => choice[name]);
    const value = kind ? `${kind}:${choice[kind]}` : '';
    function chosen({ target }) {
        const [name, id] = target.value.split(':');
        onChoose({ course: '', subject: '', ...(id && { [name]: id }) });
    }
    return html`
        <${SelectField} name="what" label=${t('report.course')} value=${value} onChange=${chosen}>
            <option value="">${t('report.course.all')}</option>
            ${subjects.length > 0 &&
            html`<${Options} label=${t('report.subjects')} kind="subject" items=${subjects} />`}
            <${Options} label=${t('report.courses')} kind="course" items=${courses} />
        <//>`;
}

// On a phone the choice makes room for the report once it is made.
const isWide = () => matchMedia('(min-width: 700px)').matches;

function Chooser({ choices, choice, onChoose }) {
    const group = ({ target }) => onChoose({ group: target.value, course: '', subject: '' });
    const day = (name) => (event) => event.target.value && onChoose({ [name]: event.target.value });
    return html`
        <details class="card fold no-print" open=${isWide() || !isChosen(choice)}>
        <summary><b>${t('report.choice')}</b></summary>
        <form class="chooser" onSubmit=${(event) => event.preventDefault()}>
            <${SelectField} name="group" label=${t('report.group')} value=${choice.group}
                onChange=${group}>
                <option value="">${t('report.group.all')}</option>
                ${choices.groups.map(
                    ({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`,
                )}
            <//>
            <${What} courses=${choices.courses} ...${{ choice, onChoose }} />
            <${Field} name="from" type="date" label=${t('report.from')} value=${choice.from}
                max=${choice.to} onChange=${day('from')} />
            <${Field} name="to" type="date" label=${t('report.to')} value=${choice.to}
                min=${choice.from} onChange=${day('to')} />
            <${Periods} periods=${periodsOf(choices.term)} ...${{ choice, onChoose }} />
        </form></details>`;
}

// The register as a grid of days: who, by sessions. Names and heads stay in sight, the grid scrolls
// alone. Cells hold the status in words, for who hears them; the sign that is seen is drawn over.

const STATUSES = ['present', 'late', 'absent', 'excused'];

const wordOf = (status) => (STATUSES.includes(status) ? t(`status.${status}`) : status);
const signOf = (status) =>
    STATUSES.includes(status) ? t(`report.sign.${status}`) : status[0].toUpperCase();

/** [[name of the month, how many sessions]] */
function monthsOf(sessions) {
    const months = [];
    for (const { day } of sessions) {
        const last = months.at(-1);
        if (last?.month === day.slice(0, 7)) last.n++;
        else months.push({ month: day.slice(0, 7), n: 1 });
    }
    return months;
}

/** Arrow keys go from head to head, so that Tab does not stop at each. */
function walk(event) {
    const links = [...event.currentTarget.querySelectorAll('a')];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = links[links.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
}

const Heads = ({ sessions }) => html`
    <tr onKeyDown=${walk}>
        ${sessions.map(({ key, id, day, time, course }, i) => {
            const label = `${dayName(day)} ${time} · ${course}`;
            return html`<th key=${key} scope="col" class="day-head figures">
                <a href=${`#/sessions/${id}`} title=${label} aria-label=${label} tabindex=${i ? -1 : 0}>
                    ${Number(day.slice(8))}</a></th>`;
        })}
    </tr>`;

const Cell = ({ status, kind }) =>
    status
        ? html`<td class=${`cell ${kind}`} data-sign=${signOf(status)}>${wordOf(status)}</td>`
        : html`<td class="cell"></td>`;

const Row = ({ row, at, sessions }) => html`
    <tr key=${at}>
        <th scope="row">${row.name}</th>
        ${sessions.map(({ key }) => Cell({ status: row[key], kind: kindOf(row, key) }))}
        <td class="total figures">${row.share === null ? '' : percent(row.share)}</td>
    </tr>`;

function Corner({ name, by, sort, onSort, ...rest }) {
    const active = sort.by === by;
    const order = sort.down ? 'descending' : 'ascending';
    const arrow = sort.down ? '↓' : '↑';
    return html`
        <th scope="col" rowspan="2" aria-sort=${active ? order : undefined} ...${rest}>
            <button title=${t('app.sort', { name })}
                onClick=${() => onSort({ by, down: active && !sort.down })}>
                ${name}<span aria-hidden="true">${active ? arrow : ''}</span></button></th>`;
}

function sorted(rows, { by, down }) {
    const way = down ? -1 : 1;
    const order = (a, b) =>
        by === 'name' ? a.name.localeCompare(b.name) : (a.share ?? 2) - (b.share ?? 2);
    return [...rows].sort((a, b) => way * order(a, b));
}

const Legend = () => html`
    <ul class="counts" aria-hidden="true">${STATUSES.map(
        (status) => html`<li key=${status} class="row small quiet legend-sign">
            <i class=${`cell ${status}`}>${signOf(status)}</i>${wordOf(status)}</li>`,
    )}</ul>`;

function RegisterGrid({ register }) {
    const [sort, setSort] = useState({ by: 'name', down: false });
    const sessions = useMemo(() => sessionsOf(register), [register]);
    // Thousands of cells: made again only when they change.
    const body = useMemo(
        () =>
            sorted(register.rows, sort).map((row) =>
                Row({ row, sessions, at: register.rows.indexOf(row) }),
            ),
        [register, sort],
    );
    const attended = register.summary[0] ?? {};
    return html`
        <div class="grid-wrap" tabindex="0" role="region" aria-label=${t('report.register')}>
            <table class="register-grid">
                <thead>
                    <tr>
                        <${Corner} name=${t('report.name')} by="name" ...${{ sort, onSort: setSort }}
                            class="name-head" />
                        ${monthsOf(sessions).map(
                            ({ month, n }) => html`<th key=${month} scope="colgroup" colspan=${n}
                                class="month-head"><span>${monthName(`${month}-01`)}</span></th>`,
                        )}
                        <${Corner} name=${t('report.share')} by="share" ...${{ sort, onSort: setSort }}
                            class="total" />
                    </tr>
                    <${Heads} sessions=${sessions} />
                </thead>
                <tbody>${body}</tbody>
                <tfoot><tr>
                    <th scope="row">${t('report.attended')}</th>
                    ${sessions.map(({ key }) => html`<td key=${key} class="figures">${attended[key]}</td>`)}
                    <td class="total"></td>
                </tr></tfoot>
            </table>
        </div>
        <${Legend} />`;
}

// The plots of a report: by week, by weekday and hour, by how marks were made.

const came = (row) => shareOf(row.present + row.late, row);
const inTime = (row) => shareOf(row.present, row);

/** The tenth that leaves some room under the lowest value. */
function floorOf(values) {
    const lowest = Math.min(1, ...values.filter((value) => value !== null));
    return Math.max(0, Math.floor(lowest * 10 - 0.5) / 10);
}

function ByWeek({ trends }) {
    const weeks = weeksOf(trends);
    if (weeks.length < 2) return html`<p class="quiet">${t('report.week.few')}</p>`;
    const series = [
        { name: t('report.attendance'), colour: '--accent', values: weeks.map(came) },
        { name: t('report.on-time'), colour: '--late', dashed: true, values: weeks.map(inTime) },
    ];
    return html`<${LineChart} label=${t('report.week')} series=${series} format=${(share) => percent(share)}
        names=${weeks.map(({ label }) => dayMonth(mondayOfWeek(label)))}
        low=${floorOf(series.flatMap(({ values }) => values))} />`;
}

const heatOf = (share) => (share >= 0.9 ? 'present' : share >= 0.75 ? 'late' : 'absent');

/** The weekday and hour with the fewest on time, or undefined. */
const worstSlot = (register) =>
    slotsOf(register).sort((a, b) => inTime(a) - inTime(b) || a.weekday - b.weekday)[0];

/** On time by weekday and hour. */
function ByHour({ register }) {
    const slots = slotsOf(register);
    const times = [...new Set(slots.map(({ time }) => time))].sort();
    const days = [...new Set(slots.map(({ weekday }) => weekday))].sort();
    if (slots.length === 0) return html`<p class="quiet">${t('report.none')}</p>`;
    const cell = (weekday, time) => {
        const slot = slots.find((one) => one.weekday === weekday && one.time === time);
        if (!slot) return html`<td key=${weekday}></td>`;
        const share = inTime(slot);
        return html`<td key=${weekday} class=${`heat figures ${heatOf(share)}`}
            title=${t('report.of', { n: slot.present, total: slot.present + slot.late + slot.absent })}>
            ${percent(share)}</td>`;
    };
    return html`
        <div class="scroll" tabindex="0" role="region" aria-label=${t('report.hour')}>
        <table class="heat-table">
            <thead><tr><td></td>${days.map(
                (day) => html`<th key=${day} scope="col">${weekdayName(day)}</th>`,
            )}</tr></thead>
            <tbody>${times.map(
                (time) => html`<tr key=${time}><th scope="row" class="figures">${time}</th>
                    ${days.map((day) => cell(day, time))}</tr>`,
            )}</tbody>
        </table></div>`;
}

/** How the marks were made, most first. */
function ByMethod({ methods }) {
    const { week: _, total, ...counts } = totalOf(methods);
    const nameOf = (key) => methods.columns.find((column) => column.key === key).title;
    const ways = Object.entries(counts).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
    if (ways.length === 0) return html`<p class="quiet">${t('report.none')}</p>`;
    return html`
        <ul class="stack">${ways.map(
            ([key, n]) => html`<li key=${key} class="stack close">
                <span class="row small"><b class="grow">${nameOf(key)}</b>
                    <span class="quiet figures">${t('report.of', { n: number(n), total: number(total) })}
                        ${` = ${percent(n / total)}`}</span></span>
                <span class="bar"><svg class="accent" viewBox="0 0 100 6" aria-hidden="true"
                    preserveAspectRatio="none"><rect width=${(100 * n) / total} height="6" /></svg></span>
            </li>`,
        )}</ul>`;
}

const FIELDS = ['group', 'course', 'subject', 'from', 'to'];
const EMPTY = Object.fromEntries(FIELDS.map((name) => [name, '']));

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const people = (rows) => new Set(rows.map((row) => row.student_number ?? row.name)).size;

/** "+1.9 on the 21 days before", or nothing where there was nothing before. */
function changeOf(share, before, days) {
    if (share == null || before == null) return '';
    const points = number(Math.abs(share - before) * 100, 1);
    const sign = share < before ? '−' : '+';
    return t('report.before', { change: `${sign}${points}`, n: days });
}

function averageOf({ summary, before }, days) {
    const { share, present, late, absent } = totalOf(summary);
    if (share == null) return { value: '–' };
    const how = t('report.average.how', { present, late, n: present + late + absent });
    const change = changeOf(share, totalOf(before).share, days);
    return { value: percent(share, 1), line: [how, change].filter(Boolean).join(' · ') };
}

function onTimeOf({ trends, register }) {
    const sum = sumOf(weeksOf(trends));
    const share = shareOf(sum.present, sum);
    const worst = worstSlot(register);
    if (share === null || !worst) return { value: '–' };
    const slot = `${weekdayName(worst.weekday, 'long')} ${worst.time}`;
    const least = percent(shareOf(worst.present, worst));
    return { value: percent(share, 1), line: t('report.worst', { slot, share: least }) };
}

function numbersOf(data, { from, to, course }) {
    const days = 1 + (Date.parse(to) - Date.parse(from)) / 86_400_000;
    const { risk, summary, corrections, methods } = data;
    return [
        { name: t('report.average'), ...averageOf(data, days) },
        { name: t('report.on-time'), ...onTimeOf(data) },
        {
            name: t('report.at-risk'),
            value: number(people(risk.rows)),
            line: t('report.of-students', { n: people(summary.rows) }),
            href: `#/risk${course ? `?course=${course}` : ''}`,
        },
        {
            name: t('report.corrected'),
            value: number(corrections.rows.length),
            line: t('report.of-marks', { n: number(totalOf(methods).total ?? 0) }),
        },
    ];
}

const Part = ({ name, children }) => html`
    <section class="card stack"><h2>${t(`report.${name}`)}</h2>${children}</section>`;

function Shown({ data, choice, onAll }) {
    if (data.register.rows.length === 0)
        return html`<${Empty} icon="calendar-days" text=${t('report.empty')}>
            ${onAll &&
            html`<button class="button" onClick=${onAll}>${t('report.empty.button')}</button>`}<//>`;
    return html`
        <${Numbers} items=${numbersOf(data, choice)} />
        <div class="report-main">
            <${Part} name="register"><${RegisterGrid} register=${data.register} /><//>
            <div class="plots">
                <${Part} name="week"><${ByWeek} trends=${data.trends} /><//>
                <${Part} name="hour"><${ByHour} register=${data.register} /><//>
                <${Part} name="method"><${ByMethod} methods=${data.methods} /><//>
            </div>
        </div>
        <${Lists} data=${data} />`;
}

/** On paper everything is light. */
function usePaper() {
    useEffect(() => {
        const root = document.documentElement;
        let theme;
        const before = () => ((theme = root.dataset.theme), (root.dataset.theme = 'light'));
        const after = () => (root.dataset.theme = theme);
        addEventListener('beforeprint', before);
        addEventListener('afterprint', after);
        return () => {
            removeEventListener('beforeprint', before);
            removeEventListener('afterprint', after);
        };
    }, []);
}

/** Every report there is of what is chosen, as files. */
function OtherFiles({ kinds, choice, jobs, titleOf, onJob, onDone, onClose }) {
    const language = currentLanguage();
    const fits = ({ one_of: needed }) => !needed.length || needed.some((name) => choice[name]);
    const valuesFor = ({ parameters }) =>
        Object.fromEntries(parameters.map((name) => [name, choice[name]]));
    return html`
        <${Dialog} title=${t('report.others')} wide onClose=${onClose}>
            <ul class="each">${kinds.filter(fits).map(
                (kind) => html`<li key=${kind.name} class="row wrap">
                    <span class="grow kind"><b>${kind.title[language]}</b>
                        <span class="quiet small block">${kind.description[language]}</span></span>
                    <span class="row"><${FileButtons} name=${kind.name} values=${valuesFor(kind)}
                        onJob=${onJob} small /></span></li>`,
            )}</ul>
            <${Jobs} ...${{ jobs, titleOf, onDone }} /><//>`;
}

const Head = ({ above, ready, choice, onOpen, onJob }) => html`
    <header class="page-head wrap">
        <${Title} above=${above}>${t('report.title')}<//>
        <div class="row wrap no-print">
            ${ready && html`<${FileButtons} name="register" values=${choice} onJob=${onJob} />`}
            <button class="button plain" onClick=${() => onOpen('files')}>${t('report.others.open')}</button>
            ${ready &&
            html`<button class="button plain icon-only" aria-label=${t('report.print')}
                    onClick=${() => print()}><${Icon} name="printer" /></button>
                <button class="button" onClick=${() => onOpen('mail')}>
                    <${Icon} name="mail" />${t('report.mail')}</button>`}
        </div>
    </header>`;

/** "2A Mecatrónica · Álgebra lineal · 1 Oct – 21 Nov" */
function aboveOf({ group, course, subject, from, to }, choices) {
    const nameIn = (list, id) => list.find((one) => one.id === id)?.name;
    const subjectName = choices.courses.find((one) => one.subject_id === subject)?.subject_name;
    const what = [nameIn(choices.groups, group), nameIn(choices.courses, course)];
    const days = from && `${dayName(from)} – ${dayName(to)}`;
    return [...what, subject && subjectName, days].filter(Boolean).join(' · ');
}

/** What is chosen, first by the address; nothing chosen yet is a teacher's first course. */
function useChoice(user, query) {
    const [choice, setChoice] = useState({ ...EMPTY, ...query, from: '', to: '' });
    const choices = useData(() => choicesOf(user, choice.group), [choice.group, currentLanguage()]);
    const { ready, data } = choices;
    useEffect(() => {
        if (!data) return;
        const given = { ...EMPTY, ...query };
        const [from, to] = Object.values(periodsOf(data.term)).at(-1);
        const free = isChosen(given) || user.role === 'admin';
        const first = free ? {} : { course: data.courses[0]?.id ?? '' };
        const days = isDay(given.from) && isDay(given.to) ? {} : { from, to };
        setChoice({ ...given, ...first, ...days });
    }, [ready && Boolean(data), query]);
    const choose = (changes) => setChoice((now) => ({ ...now, ...changes }));
    return { choice, choices, choose };
}

/** Its words where a report is too long for the screen. */
const TooLong = () => html`<${Notice} kind="warn">${t('report.long')}<//>`;

function Report({ choice, choices, choose }) {
    const settled = useSettled(choice);
    const asked = isChosen(settled) && settled.from <= settled.to && Boolean(settled.from);
    const report = useData(
        async () => asked && { choice: settled, ...(await askReport(settled)) },
        [settled, currentLanguage()],
    );
    useEffect(() => {
        const shown = FIELDS.map((name) => [name, settled[name]]);
        if (settled.from) noteInAddress(Object.fromEntries(shown));
    }, [settled]);
    if (!isChosen(choice)) return html`<${Empty} icon="chart-line" text=${t('report.choose')} />`;
    if (report.trouble?.kind === 'large') return html`<${TooLong} />`;
    const waits = asked && !report.trouble && !isSame(report.data?.choice, settled);
    const term = periodsOf(choices.term).term;
    const all = term && term[0] !== choice.from && (() => choose({ from: term[0], to: term[1] }));
    return html`
        ${waits && html`<div class="late-busy"><${Busy} label=${t('app.loading')} /></div>`}
        <${DataFrame} of=${report}>${(data) =>
            data &&
            html`<div class=${`page ${waits ? 'waits' : ''}`} aria-busy=${waits ? 'true' : undefined}>
                <${Shown} data=${data} choice=${data.choice} onAll=${all} /></div>`}<//>`;
}

export function ReportPage({ user, query }) {
    const { choice, choices, choose } = useChoice(user, query);
    const kinds = useData(() => get('reports'));
    const { jobs, look, isNews, onJob } = useJobs();
    const [open, setOpen] = useState(null);
    usePaper();
    const { items = [] } = kinds.data ?? {};
    const kindOf = (name) => items.find((kind) => kind.name === name);
    const titleOf = (name) => kindOf(name)?.title[currentLanguage()] ?? '';
    const ready = isChosen(choice) && Boolean(choices.data);
    const values = { ...scopeOf(choice), from: choice.from, to: choice.to };
    const close = () => setOpen(null);
    return html`
        <div class="page report">
            <${Head} above=${choices.data && aboveOf(choice, choices.data)} ready=${ready}
                choice=${values} onOpen=${setOpen} onJob=${onJob} />
            <${DataFrame} of=${choices}>${(data) => html`
                <${Chooser} choices=${data} choice=${choice} onChoose=${choose} />
                <${Jobs} jobs=${jobs.filter(isNews)} titleOf=${titleOf} onDone=${look} />
                <${Report} choice=${choice} choices=${data} choose=${choose} />`}<//>
            ${open === 'files' &&
            html`<${OtherFiles} ...${{ jobs, titleOf }} kinds=${items} choice=${values} onDone=${look}
                onJob=${onJob} onClose=${close} />`}
            ${open === 'mail' &&
            html`<${MailDialog} ...${{ user, choice, values }} courses=${choices.data.courses}
                onClose=${close} />`}
        </div>`;
}
