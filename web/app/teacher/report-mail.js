// A report by mail: now, and regularly.
import { get, post, remove, troubleText } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { currentLanguage, t, weekdayName } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { Field, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { given } from './report-files.js';

const FORMATS = { pdf: 'PDF', xlsx: 'Excel', csv: 'CSV' };
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

const Formats = ({ of }) => html`
    <${SelectField} ...${of} label=${t('report.mail.format')}>
        ${Object.entries(FORMATS).map(
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
    return [when, FORMATS[format], what].filter(Boolean).join(' · ');
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
