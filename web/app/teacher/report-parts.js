// What reports are made of, and their files and mail.
import { file, get, post, remove, troubleText } from '../base/api.js';
import {
    currentLanguage, dayAfter, dayName, html, number, percent, shortTime, t, today, useEffect,
    useState, weekdayName,
} from '../base/page.js';
import { DataFrame, Pager, Table, useData, usePages } from '../ui/list.js';
import { Icon, StatusChip, TabPanel, Tabs, toast, WorkButton } from '../ui/parts.js';
import { Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';

const MAX = 1000;

const byName = (a, b) => a.name.localeCompare(b.name);
export const distinct = (list) => [...new Map(list.map((one) => [one.id, one])).values()].sort(byName);

// Teachers choose among the groups that they teach, which the courses name.
async function groupsTaught(courses) {
    const details = await Promise.all(courses.map(({ id }) => get(`courses/${id}`)));
    return distinct(details.flatMap(({ groups }) => groups));
}

/** What may be chosen: {groups, courses, term}; the courses are those of the chosen group. */
export async function choicesOf(user, group) {
    const [{ items: courses }, { items: terms }, all] = await Promise.all([
        get('courses', { limit: MAX, group_id: group }),
        get('terms', { limit: MAX }),
        user.role === 'admin' && get('groups', { limit: MAX }),
    ]);
    const taught = group && !all ? (await get('courses', { limit: MAX })).items : courses;
    const day = today();
    const term = terms.find((one) => one.first_day <= day && day <= one.last_day) ?? terms[0];
    return { courses, term, groups: all ? all.items : await groupsTaught(taught) };
}

// What a report on the screen is made of: several reports of the server about the same people and
// days. Nothing is reckoned here that the server reckons.

const SESSION = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d) (\S+)$/;

export const scopeOf = ({ group, course, subject }) => ({ group, course, subject });
export const isChosen = ({ group, course, subject }) => Boolean(group || course || subject);

/** As many days, just before. */
function daysBefore({ from, to }) {
    const days = 1 + (Date.parse(to) - Date.parse(from)) / 86_400_000;
    return { from: dayAfter(from, -days), to: dayAfter(from, -1) };
}

export async function askReport(choice) {
    const scope = { ...scopeOf(choice), language: currentLanguage() };
    const period = { from: choice.from, to: choice.to };
    const ask = (name, days) => get(`reports/${name}`, { ...scope, ...days });
    const names = ['register', 'summary', 'trends', 'methods', 'late', 'corrections'];
    const [risk, before, ...answers] = await Promise.all([
        ask('at-risk'),
        ask('summary', daysBefore(period)),
        ...names.map((name) => ask(name, period)),
    ]);
    return { risk, before, ...Object.fromEntries(names.map((name, i) => [name, answers[i]])) };
}

/** The sessions of a register: [{key, id, day, time, course}]. */
export const sessionsOf = (register) =>
    register.columns.flatMap(({ key, group }) => {
        const [, day, time, id] = SESSION.exec(key) ?? [];
        return id ? [{ key, id, day, time, course: group }] : [];
    });

/** What a report adds up to at its end; {} when it has nothing in it. */
export const totalOf = (report) => report.summary.at(-1) ?? {};

/** The rows of the weeks, weekdays or hours: the server gives one after the other. */
export function weeksOf(trends) {
    return trends.rows.filter(({ label }) => /^\d{4}-W\d\d$/.test(label));
}

/** The share of those who came that were on time, or came at all; null where nobody counts. */
export const shareOf = (n, { present, late, absent }) =>
    present + late + absent ? n / (present + late + absent) : null;

export function sumOf(rows) {
    const sum = { present: 0, late: 0, absent: 0, excused: 0 };
    for (const row of rows) for (const status of Object.keys(sum)) sum[status] += row[status];
    return sum;
}

/** One of the four kinds; null where there is no mark. */
export const kindOf = (row, key) => row.counts_as?.[key] ?? row[key];

/** [{weekday: 0…6 from Monday, time, present, late, absent}] of the sessions' weekdays and hours. */
export function slotsOf(register) {
    const slots = new Map();
    for (const { key, day, time } of sessionsOf(register)) {
        const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
        const name = `${weekday} ${time}`;
        const slot = slots.get(name) ?? { weekday, time, present: 0, late: 0, absent: 0 };
        for (const row of register.rows) if (kindOf(row, key) in slot) slot[kindOf(row, key)]++;
        slots.set(name, slot);
    }
    return [...slots.values()].filter(({ present, late, absent }) => present + late + absent > 0);
}

/** The Monday of an ISO week such as 2026-W40. */
export function mondayOfWeek(label) {
    const [year, week] = label.split('-W').map(Number);
    const fourth = new Date(Date.UTC(year, 0, 4));
    const first = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * 86_400_000;
    return new Date(first + (week - 1) * 7 * 86_400_000).toISOString().slice(0, 10);
}

// The people of a report: at risk, late, and what was corrected.

const person = () => ({ name: t('report.name'), cell: ({ name }) => html`<b>${name}</b>` });
const course = () => ({
    name: t('column.course'),
    class: 'wide-cell quiet',
    cell: (row) => row.course,
});

const COLUMNS = {
    risk: () => [
        person(),
        course(),
        {
            name: t('report.share'),
            class: 'number-cell',
            cell: ({ share }) => (share === null ? '' : percent(share, 1)),
        },
        { name: t('report.what'), cell: ({ warnings }) => warnings },
    ],
    late: () => [
        {
            name: t('column.day'),
            class: 'figures',
            cell: ({ day, time }) => `${dayName(day)}, ${time.slice(0, 5)}`,
        },
        person(),
        course(),
        { name: t('report.minutes'), class: 'number-cell', cell: ({ minutes }) => minutes },
    ],
    corrections: () => [
        { name: t('column.day'), class: 'figures', cell: ({ day }) => dayName(day) },
        person(),
        {
            name: t('report.change'),
            cell: (row) => html`<span class="row wrap"><${StatusChip} status=${row.from} />→
                <${StatusChip} status=${row.to} /></span>`,
        },
        { name: t('report.reason'), cell: ({ reason }) => reason },
        {
            name: t('report.by'),
            class: 'wide-cell quiet',
            cell: (row) => `${row.changed_by ?? ''}, ${shortTime(row.changed_at)}`,
        },
    ],
};

function Rows({ name, report, label }) {
    const { rows } = report;
    const list = usePages(rows, [name, report.generated_at]);
    if (rows.length === 0) return html`<p class="quiet">${t(`report.${name}.none`)}</p>`;
    return html`
        <${Table} label=${label} columns=${COLUMNS[name]()} rows=${list.items}
            keyOf=${(row) => rows.indexOf(row)} />
        <${Pager} list=${list} />`;
}

export function Lists({ data }) {
    const [current, setCurrent] = useState('risk');
    const tabs = Object.keys(COLUMNS).map((id) => ({
        id,
        name: t(`report.tab.${id}`),
        count: data[id].rows.length,
    }));
    const { name: label } = tabs.find(({ id }) => id === current);
    return html`
        <section class="stack">
            <${Tabs} label=${t('report.lists')} ...${{ tabs, current }} onChange=${setCurrent} />
            <${TabPanel} current=${current}>
                <${Rows} key=${current} name=${current} report=${data[current]} label=${label} /><//>
        </section>`;
}

// A report as a file: at once, or, when it is long, written in the background while one goes on.

const FORMATS = { csv: 'CSV', xlsx: 'Excel', pdf: 'PDF' };
const LOOK_MS = 1000;
const SHOWN = 5;

const isActive = ({ state }) => state === 'waiting' || state === 'running';

/** Hands a file to the browser's own list of downloads. */
function save({ blob, name }) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name ?? '';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** One's files: those asked for here, or still being written, are news. */
export function useJobs() {
    const [jobs, setJobs] = useState([]);
    const [asked, setAsked] = useState([]);
    const look = () =>
        get('jobs', { limit: SHOWN }).then(
            ({ items }) => setJobs(items),
            () => {},
        );
    const active = jobs.some(isActive);
    useEffect(() => void look(), []);
    useEffect(() => {
        const timer = active && setInterval(look, LOOK_MS);
        return () => clearInterval(timer);
    }, [active]);
    const onJob = ({ id }) => {
        setAsked((all) => [...all, id]);
        look();
    };
    const isNews = (job) => isActive(job) || asked.includes(job.id);
    return { jobs, look, isNews, onJob };
}

/** Buttons for the formats of one report; `values` narrow it. */
export function FileButtons({ name, values, onJob, small }) {
    const [working, setWorking] = useState(null);
    async function take(format) {
        if (working) return;
        setWorking(format);
        // Excel reads the letters of a CSV file rightly only behind this mark.
        const bom = format === 'csv' || undefined;
        const asked = { ...values, format, bom, language: currentLanguage() };
        try {
            save(await file(`reports/${name}`, asked));
        } catch (trouble) {
            if (trouble.kind !== 'large') toast(t(troubleText(trouble)), { kind: 'warn' });
            else await post(`reports/${name}/jobs`, given(asked)).then(onJob, failed);
        }
        setWorking(null);
    }
    const failed = (trouble) => toast(t(troubleText(trouble)), { kind: 'warn' });
    return Object.entries(FORMATS).map(
        ([format, word]) => html`<button key=${format} class=${`button plain ${small ? 'small' : ''}`}
            aria-disabled=${working ? 'true' : undefined} onClick=${() => take(format)}>
            ${working === format
                ? html`<span class="spinner" aria-hidden="true"></span>`
                : html`<${Icon} name="download" size="small" />`}
            ${word}</button>`,
    );
}

/** Without what is not chosen: the server wants ids or nothing. */
const given = (values) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value));

function stateOf({ state, done, total }) {
    if (state !== 'running') return t(`report.job.${state}`);
    if (!total) return t('report.job.running');
    return t('report.job.rows', { n: number(done), total: number(total) });
}

function Job({ job, title, onDone }) {
    const drop = () => remove(`jobs/${job.id}`).then(onDone, onDone);
    return html`
        <li class="row wrap">
            <span class="grow"><b>${title}</b> · ${FORMATS[job.format] ?? job.format}
                <span class="quiet small figures block">${stateOf(job)}</span></span>
            ${isActive(job) &&
            html`<progress aria-label=${title} max=${job.total ?? undefined}
                value=${job.total ? job.done : undefined}></progress>`}
            ${job.state === 'done' &&
            html`<a class="button small" href=${`jobs/${job.id}/file`} download=${job.file_name}>
                <${Icon} name="download" size="small" />${t('report.job.take')}</a>`}
            <button class="button plain small" onClick=${drop}>
                ${t(isActive(job) ? 'report.job.cancel' : 'report.job.remove')}</button>
        </li>`;
}

/** The files that are written in the background; `titleOf(name)` says what each is. */
export const Jobs = ({ jobs, titleOf, onDone }) =>
    jobs.length > 0 &&
    html`<section class="card files no-print" aria-label=${t('report.files')}>
        <ul class="each" aria-live="polite">${jobs.map(
            (job) => html`<${Job} key=${job.id} job=${job} title=${titleOf(job.report)} onDone=${onDone} />`,
        )}</ul>
    </section>`;

// A report by mail: now, and regularly.

const MAIL_FORMATS = { pdf: 'PDF', xlsx: 'Excel', csv: 'CSV' };
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

const Formats = ({ of }) => html`
    <${SelectField} ...${of} label=${t('report.mail.format')}>
        ${Object.entries(MAIL_FORMATS).map(
            ([format, word]) => html`<option key=${format} value=${format}>${word}</option>`,
        )}
    <//>`;

function SendNow({ user, values, onClose }) {
    const form = useForm(
        { once: 'pdf' },
        {
            send: async ({ once: format }) => {
                const language = currentLanguage();
                await post('reports/register/mail', { ...given(values), format, language });
                toast(t('report.mail.sent', { email: user.email }));
                onClose();
            },
        },
    );
    return html`
        <form class="form" ...${form.form}>
            <p class="quiet">${t('report.mail.text', { email: user.email })}</p>
            <div class="form-two"><${Formats} of=${form.field('once')} />
                <div class="field at-end"><${WorkButton} type="submit" working=${form.working}>
                    ${t('report.mail.now')}<//></div></div>
            <${FormTrouble} trouble=${form.trouble} />
        </form>`;
}

/** "Every Friday at 18:30 · Excel · all courses" */
function ruleOf({ frequency, weekday, at, format, course_id: course }, courses) {
    const when = t(`report.mail.${frequency}.at`, { day: weekdayName(weekday - 1, 'long'), time: at });
    const what = course ? (courses.find(({ id }) => id === course)?.name ?? '') : t('report.course.all');
    return [when, MAIL_FORMATS[format], what].filter(Boolean).join(' · ');
}

function Schedule({ schedule, courses, onDone }) {
    const stop = () =>
        remove(`report-schedules/${schedule.id}`).then(
            () => (toast(t('report.mail.stopped')), onDone()),
            (trouble) => toast(t(troubleText(trouble)), { kind: 'warn' }),
        );
    return html`
        <li class="row"><span class="grow small">${ruleOf(schedule, courses)}</span>
            <button class="button plain small" onClick=${stop}>${t('report.mail.stop')}</button></li>`;
}

function Regularly({ courses, choice, onDone }) {
    const form = useForm(
        { frequency: 'weekly', weekday: '5', at: '18:00', format: 'pdf', course: choice.course ?? '' },
        {
            check: ({ at }) => (at ? {} : { at: t('field.required') }),
            send: async ({ frequency, weekday, at, format, course }) => {
                const when = { frequency, weekday: Number(weekday), at };
                const what = { kind: 'teacher', format, course_id: course || null };
                await post('report-schedules', { ...when, ...what, active: true });
                toast(t('report.mail.made'));
                onDone();
            },
        },
    );
    const { field, values } = form;
    return html`
        <form class="form" ...${form.form}>
            <div class="form-two">
                <${SelectField} ...${field('frequency')} label=${t('report.mail.how-often')}>
                    ${['daily', 'weekly', 'course_end'].map(
                        (one) => html`<option key=${one} value=${one}>${t(`report.mail.${one}`)}</option>`,
                    )}<//>
                ${values.frequency === 'weekly' &&
                html`<${SelectField} ...${field('weekday')} label=${t('report.mail.weekday')}>
                    ${WEEKDAYS.map(
                        (n) => html`<option key=${n} value=${n}>${weekdayName(n - 1, 'long')}</option>`,
                    )}<//>`}
                <${Field} ...${field('at')} type="time" label=${t('report.mail.time')} />
                <${Formats} of=${field('format')} />
                <${SelectField} ...${field('course')} label=${t('report.course')}>
                    <option value="">${t('report.course.all')}</option>
                    ${courses.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}<//>
            </div>
            <${FormTrouble} trouble=${form.trouble} />
            <${WorkButton} type="submit" class="button plain" working=${form.working}>${t('report.mail.make')}<//>
        </form>`;
}

export function MailDialog({ user, choice, values, courses, onClose }) {
    const mine = { user_id: user.role === 'admin' ? user.id : '', limit: 100 };
    const schedules = useData(() => get('report-schedules', mine));
    return html`
        <${Dialog} title=${t('report.mail')} onClose=${onClose}>
            <${SendNow} ...${{ user, values, onClose }} />
            <h2>${t('report.mail.regularly')}</h2>
            <${DataFrame} of=${schedules}>${({ items }) =>
                items.length === 0
                    ? html`<p class="quiet">${t('report.mail.none')}</p>`
                    : html`<ul class="each">${items.map(
                          (schedule) => html`<${Schedule} key=${schedule.id}
                              ...${{ schedule, courses }} onDone=${schedules.refresh} />`,
                      )}</ul>`}<//>
            <${Regularly} ...${{ courses, choice }} onDone=${schedules.refresh} />
        <//>`;
}
