// The institution's settings: name and colours, periods, the consent, and who is told by webhooks.
import { get, patch, post, put, remove, send, troubleText } from '../base/api.js';
import {
    dayName, dayOf, html, LANGUAGES, noteInAddress, number, t, useRef, useState,
} from '../base/page.js';
import {
    CheckField, Confirm, Dialog, Field, FormTrouble, SelectField, TextField, useForm,
} from '../ui/form.js';
import {
    Empty, Icon, Notice, StatusChip, TabPanel, Tabs, Title, toast, WorkButton,
} from '../ui/parts.js';
import { DataFrame, useData } from '../ui/list.js';

// A part of the institution's settings as a form of its own.

/** `first(institution)` gives the values, `body(values)` what is sent; `children` is called with the form. */
function SettingsForm({ institution, first, body = (values) => values, onDone, children }) {
    const form = useForm(first(institution), {
        send: async (values) => {
            onDone(await patch('institution', body(values)));
            toast(t('app.saved'));
        },
    });
    return html`
        <form class="card form" ...${form.form}>
            ${children(form)}
            <${FormTrouble} trouble=${form.trouble} />
            <div><${WorkButton} class="button" type="submit" working=${form.working}>${t('app.save')}<//></div>
        </form>`;
}

// The text that people agree to before their face is kept.

function ConsentForm({ consent, onDone }) {
    const form = useForm(
        { es: consent.text.es, en: consent.text.en, required: consent.required },
        {
            send: async ({ es, en, required }) => {
                onDone(await put('consent', { text: { es, en }, required }));
                toast(t('app.saved'));
            },
        },
    );
    return html`
        <form class="card form" ...${form.form}>
            <p class="quiet small">${t('settings.consent.text')}
                ${consent.created_at && t('settings.consent.now', { n: consent.version, day: dayName(dayOf(consent.created_at)) })}</p>
            ${Object.entries(LANGUAGES).map(
                ([code, name]) => html`<${TextField} key=${code} ...${form.field(code)} label=${name} rows="9" lang=${code} />`,
            )}
            <${CheckField} name="required" label=${t('settings.consent.required')} checked=${form.values.required}
                hint=${t('settings.consent.required.hint')} onChange=${(required) => form.set({ required })} />
            <${FormTrouble} trouble=${form.trouble} />
            <div><${WorkButton} class="button" type="submit" working=${form.working}>${t('app.save')}<//></div>
        </form>`;
}

function ConsentText() {
    const consent = useData(() => get('consent'));
    return html`<${DataFrame} of=${consent}>${(data) =>
        html`<${ConsentForm} key=${data.version} consent=${data} onDone=${consent.change} />`}<//>`;
}

// Name, logo and colour of the institution. The colour is checked for contrast while it is chosen,
// as the server will check it.

const OURS = '#1f5eff';
const ENOUGH = 4.5;

/** WCAG 2.2: contrast of a colour "#rrggbb" with white. */
function contrastWithPaper(colour) {
    const light = colour
        .slice(1)
        .match(/../g)
        .map((part) => parseInt(part, 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05);
}

/** The page itself in the colour that is being chosen, not saved yet. */
function Sample({ colour }) {
    const place = (element) => element?.style.setProperty('--accent', colour);
    const ratio = contrastWithPaper(colour);
    const well = ratio >= ENOUGH;
    return html`
        <div class="brand-sample in-light" ref=${place}>
            <span class="button">${t('settings.sample')}</span><a>${t('settings.sample.link')}</a>
            <${StatusChip} status="present" />
            <p class=${`small ${well ? 'quiet' : 'bad-line'}`} role="status">
                ${t(well ? 'settings.contrast.good' : 'settings.contrast.bad', { ratio: number(ratio, 1) })}</p>
        </div>`;
}

function Logo({ institution, onDone }) {
    const input = useRef();
    const [turn, setTurn] = useState(0);
    async function change(work) {
        try {
            await work();
            setTurn(turn + 1);
            onDone({ ...institution, logo_url: institution.logo_url ?? 'institution/logo' });
            toast(t('app.saved'));
        } catch {
            toast(t('settings.logo.refused'), { kind: 'warn' });
        }
    }
    async function chosen({ target }) {
        const [file] = target.files;
        target.value = '';
        if (!file) return;
        await change(() => send('institution/logo', { method: 'PUT', headers: { 'Content-Type': file.type }, body: file }));
    }
    async function drop() {
        await change(() => remove('institution/logo'));
        onDone({ ...institution, logo_url: null });
    }
    return html`
        <div class="card row wrap">
            <div class="grow stack close"><h2>${t('settings.logo')}</h2>
                <p class="quiet small">${t('settings.logo.hint')}</p></div>
            ${institution.logo_url && html`<img class="logo" src=${`${institution.logo_url}?turn=${turn}`} alt=${t('settings.logo')} />`}
            <button class="button plain" onClick=${() => input.current.click()}>
                <${Icon} name="upload" />${t('settings.logo.choose')}</button>
            ${institution.logo_url && html`<button class="button plain" onClick=${drop}>${t('settings.logo.none')}</button>`}
            <input ref=${input} type="file" accept="image/png,image/jpeg,image/webp" hidden onChange=${chosen}
                aria-label=${t('settings.logo.choose')} />
        </div>`;
}

const first = ({ name, short_name: short, accent }) => ({ name, short_name: short ?? '', accent: accent ?? OURS });
const body = ({ accent, ...values }) => ({ ...values, accent: accent === OURS ? '' : accent });

/** The style sheet with the colours is asked for anew, so that the whole page shows them. */
function repaint() {
    const sheet = document.querySelector('link[href^="branding.css"]');
    if (sheet) sheet.href = `branding.css?${Date.now()}`;
}

function Branding({ institution, onDone }) {
    const done = (answer) => {
        onDone(answer);
        repaint();
    };
    return html`
        <${SettingsForm} institution=${institution} first=${first} body=${body} onDone=${done}>
            ${(form) => html`
                <div class="form-two">
                    <${Field} ...${form.field('name')} label=${t('settings.name')} hint=${t('settings.name.hint')} />
                    <${Field} ...${form.field('short_name')} label=${t('settings.short_name')} hint=${t('settings.short_name.hint')} />
                    <${Field} ...${form.field('accent')} type="color" label=${t('settings.accent')} hint=${t('settings.accent.hint')} />
                    <${Sample} colour=${form.values.accent} />
                </div>`}<//>
        <${Logo} institution=${institution} onDone=${onDone} />`;
}

// Other systems that are told of marks and corrections.

const EVENTS = ['attendance.marked', 'attendance.corrected', 'session.closed', 'dispute.opened', 'dispute.settled'];

/** The secret is told once: afterwards only who checks signatures knows it. */
const Secret = ({ secret }) => html`
    <${Notice} kind="good">${t('webhook.secret')}
        <p><code class="secret">${secret}</code></p><//>`;

function AddDialog({ onDone, onClose }) {
    const [secret, setSecret] = useState(null);
    const form = useForm(
        { url: '', events: EVENTS.slice(0, 2) },
        {
            check: ({ url, events }) => ({
                ...(/^https?:\/\/\S+$/.test(url) ? {} : { url: t('webhook.url.wrong') }),
                ...(events.length ? {} : { events: t('field.required') }),
            }),
            send: async (values) => {
                setSecret((await post('webhooks', values)).secret);
                onDone();
            },
        },
    );
    const choose = (event) => (wanted) =>
        form.set({ events: EVENTS.filter((one) => (one === event ? wanted : form.values.events.includes(one))) });
    return html`
        <${Dialog} title=${t('webhook.new')} onClose=${onClose}>
            ${secret
                ? html`<${Secret} secret=${secret} />`
                : html`<form class="form" ...${form.form}>
                      <${Field} ...${form.field('url')} type="url" label=${t('webhook.url')} hint=${t('webhook.url.hint')} />
                      <fieldset class="field"><legend>${t('webhook.events')}</legend>${EVENTS.map(
                          (event) => html`<${CheckField} key=${event} name=${event} label=${t(`webhook.${event}`)}
                              checked=${form.values.events.includes(event)} onChange=${choose(event)} />`,
                      )}</fieldset>
                      <${FormTrouble} trouble=${form.trouble} />
                      <${WorkButton} type="submit" working=${form.working}>${t('webhook.new')}<//>
                  </form>`}
        <//>`;
}

function Webhook({ webhook, onDone, onDelete }) {
    const act = (work, said) => async () => {
        try {
            await work();
            toast(t(said));
            onDone();
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
    };
    const path = `webhooks/${webhook.id}`;
    return html`
        <li class="card row wrap">
            <div class="grow stack close"><b class="address">${webhook.url}</b>
                <span class="quiet small">${webhook.events.map((event) => t(`webhook.${event}`)).join(' · ')}</span></div>
            <${CheckField} name=${`active-${webhook.id}`} label=${t('webhook.active')} checked=${webhook.active}
                onChange=${(active) => act(() => patch(path, { active }), 'app.saved')()} />
            <button class="button plain small" onClick=${act(() => post(`${path}/test`), 'webhook.tested')}>${t('webhook.test')}</button>
            <button class="button plain small icon-only" aria-label=${t('webhook.delete')} onClick=${() => onDelete(webhook)}>
                <${Icon} name="trash-2" /></button>
        </li>`;
}

function Webhooks() {
    const webhooks = useData(() => get('webhooks'));
    const [open, setOpen] = useState(null);
    const close = () => setOpen(null);
    const add = html`<button class="button" onClick=${() => setOpen('new')}><${Icon} name="plus" />${t('webhook.new')}</button>`;
    return html`
        <${DataFrame} of=${webhooks}>${({ items }) =>
            items.length === 0
                ? html`<${Empty} icon="link" text=${t('webhook.empty')}>${add}<//>`
                : html`<ul class="stack">${items.map(
                      (one) => html`<${Webhook} key=${one.id} webhook=${one} onDone=${webhooks.refresh} onDelete=${setOpen} />`,
                  )}</ul><div>${add}</div>`}<//>
        ${open === 'new' && html`<${AddDialog} onDone=${webhooks.refresh} onClose=${close} />`}
        ${open?.id &&
        html`<${Confirm} title=${t('webhook.delete')} text=${open.url} yes=${t('webhook.delete')} danger onClose=${close}
            onYes=${() => remove(`webhooks/${open.id}`).then(webhooks.refresh)} />`}`;
}

// What is set for the whole institution, in parts: name and colours, the day, mail, what is kept and
// for how long, the consent text, other systems.

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
