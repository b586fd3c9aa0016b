// The report of a group, a subject or a course over a period: four numbers first, then the register
// as a grid of days, then how it went. What is shown stands in the address.
import { get } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { currentLanguage, dayName, number, percent, t, weekdayName } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { Numbers } from '../ui/numbers.js';
import { Busy, Empty, Icon, Notice, Title } from '../ui/parts.js';
import { useSettled } from '../ui/search.js';
import { Chooser, choicesOf, isDay, periodsOf } from './report-choose.js';
import { askReport, isChosen, scopeOf, shareOf, sumOf, totalOf, weeksOf } from './report-data.js';
import { FileButtons, Jobs, useJobs } from './report-files.js';
import { RegisterGrid } from './report-grid.js';
import { Lists } from './report-lists.js';
import { MailDialog } from './report-mail.js';
import { ByHour, ByMethod, ByWeek, worstSlot } from './report-plots.js';

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
