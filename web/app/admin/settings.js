// What is set for the whole institution, in parts: name and colours, the day, mail, what is kept and
// for how long, the consent text, other systems.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { CheckField, Field, SelectField } from '../ui/field.js';
import { Notice, Title } from '../ui/parts.js';
import { TabPanel, Tabs } from '../ui/tabs.js';
import { Branding } from './settings-branding.js';
import { ConsentText } from './settings-consent.js';
import { SettingsForm } from './settings-form.js';
import { Webhooks } from './settings-webhooks.js';

const pick = (...names) => (institution) => Object.fromEntries(names.map((name) => [name, institution[name]]));
const options = (key, names) =>
    names.map((name) => html`<option key=${name} value=${name}>${t(`${key}.${name}`)}</option>`);

const zones = () => Intl.supportedValuesOf?.('timeZone') ?? [];

// What the server's configuration fixes is not sent: it would be refused.
const dayBody = ({ time_zone_fixed: fixed, time_zone: zone, ...values }) => (fixed ? values : { ...values, time_zone: zone });

const Day = (props) => html`
    <${SettingsForm} ...${props} first=${pick('time_zone', 'late_after', 'absent_after', 'challenge', 'language', 'paper')}
        body=${dayBody}>
        ${(form) => html`
            <div class="form-two">
                <${Field} ...${form.field('time_zone')} label=${t('settings.time_zone')} hint=${t('settings.time_zone.hint')} list="zones" />
                <datalist id="zones">${zones().map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>
                <${SelectField} ...${form.field('language')} label=${t('settings.language')}>${options('settings.language', ['es', 'en'])}<//>
                <${Field} ...${form.field('late_after')} type="time" step="1" label=${t('settings.late_after')} hint=${t('settings.late_after.hint')} />
                <${Field} ...${form.field('absent_after')} type="time" step="1" label=${t('settings.absent_after')} />
                <${SelectField} ...${form.field('challenge')} label=${t('settings.challenge')} hint=${t('settings.challenge.hint')}>
                    ${options('settings.challenge', ['never', 'doubt', 'always'])}<//>
                <${SelectField} ...${form.field('paper')} label=${t('settings.paper')}>${options('settings.paper', ['a4', 'letter'])}<//>
            </div>`}<//>`;

const WARNINGS = ['absence', 'consecutive', 'at_risk'];
const FREQUENCIES = ['off', 'daily', 'weekly', 'course_end'];

function Mailing({ form, name }) {
    const mailing = form.values[name];
    return html`
        <${SelectField} name=${name} label=${t(`settings.${name}`)} value=${mailing.frequency} wrong=${form.wrong[name]}
            onInput=${({ target }) => form.set({ [name]: { ...mailing, frequency: target.value } })}>
            ${options('settings.frequency', FREQUENCIES)}<//>`;
}

const toggled = (list, name, wanted) => (wanted ? [...list, name] : list.filter((one) => one !== name));

const MailSettings = (props) => html`
    <${SettingsForm} ...${props} first=${pick('mail_sender', 'email_domain', 'student_report', 'teacher_report', 'warnings')}>
        ${(form) => html`
            <div class="form-two">
                <${Field} ...${form.field('mail_sender')} label=${t('settings.mail_sender')} />
                <${Field} ...${form.field('email_domain')} label=${t('settings.email_domain')} hint=${t('settings.email_domain.hint')} />
                <${Mailing} form=${form} name="student_report" />
                <${Mailing} form=${form} name="teacher_report" />
            </div>
            <fieldset class="field"><legend>${t('settings.warnings')}</legend>
                ${WARNINGS.map(
                    (name) => html`<${CheckField} key=${name} name=${name} label=${t(`settings.warning.${name}`)}
                        checked=${form.values.warnings.includes(name)}
                        onChange=${(wanted) => form.set({ warnings: toggled(form.values.warnings, name, wanted) })} />`,
                )}</fieldset>`}<//>`;

const PERIODS = ['mark_picture_days', 'review_days', 'audit_months', 'left_months'];

const Retention = (props) => html`
    <${Notice}>${t('settings.retention.text')} <a href="#/health">${t('place.health')}</a><//>
    <${SettingsForm} ...${props} first=${({ retention }) => retention}
        body=${(values) => ({ retention: Object.fromEntries(PERIODS.map((name) => [name, Number(values[name])])) })}>
        ${(form) => html`<div class="form-two">${PERIODS.map(
            (name) => html`<${Field} key=${name} ...${form.field(name)} type="number" min="0" max="3650" inputmode="numeric"
                label=${t(`settings.${name}`)} hint=${t(`settings.${name}.hint`)} />`,
        )}</div>`}<//>`;

const PARTS = { branding: Branding, day: Day, mail: MailSettings, retention: Retention, consent: ConsentText, webhooks: Webhooks };

export function SettingsPage({ query, onInstitution }) {
    const [part, setPart] = useState(query.tab in PARTS ? query.tab : 'branding');
    const institution = useData(() => get('institution'));
    const choose = (wanted) => {
        setPart(wanted);
        noteInAddress({ tab: wanted });
    };
    const done = (answer) => {
        institution.change(answer);
        onInstitution?.(answer);
    };
    const tabs = Object.keys(PARTS).map((id) => ({ id, name: t(`settings.tab.${id}`) }));
    return html`
        <div class="page">
            <${Title}>${t('place.settings')}<//>
            <${Tabs} label=${t('place.settings')} tabs=${tabs} current=${part} onChange=${choose} />
            <${TabPanel} current=${part}>
                <${DataFrame} of=${institution}>${(data) =>
                    html`<${PARTS[part]} key=${part} institution=${data} onDone=${done} />`}<//>
            <//>
        </div>`;
}
