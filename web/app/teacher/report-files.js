// A report as a file: at once, or, when it is long, written in the background while one goes on.
import { file, get, post, remove, troubleText } from '../base/api.js';
import { html, useEffect, useState } from '../base/html.js';
import { currentLanguage, number, t } from '../base/text.js';
import { Icon } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

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
export const given = (values) =>
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
