// How somebody gets in and is marked without a face: language, password, PIN, calendar address.
import { patch, post, put, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { chooseLanguage, LANGUAGES, t } from '../base/text.js';
import { Dialog } from '../ui/dialog.js';
import { PasswordField, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Icon, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const PASSWORD_MIN = 8;
const PIN = /^\d{6,12}$/;

function PasswordDialog({ onClose }) {
    const form = useForm(
        { current_password: '', password: '' },
        {
            check: ({ current_password: current, password }) => {
                const wrong = {};
                if (!current) wrong.current_password = t('field.required');
                if (password.length < PASSWORD_MIN) wrong.password = t('field.password.short');
                return wrong;
            },
            send: async (values) => {
                await patch('me', values);
                toast(t('me.password.done'));
                onClose();
            },
        },
    );
    return html`
        <${Dialog} title=${t('me.password')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${PasswordField} ...${form.field('current_password')} label=${t('me.password.current')}
                    autocomplete="current-password" />
                <${PasswordField} ...${form.field('password')} label=${t('password.new')}
                    hint=${t('register.password.hint')} autocomplete="new-password" />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('password.button')}<//>
            </form>
        <//>`;
}

function PinDialog({ onClose }) {
    const form = useForm(
        { pin: '' },
        {
            check: ({ pin }) => (PIN.test(pin) ? {} : { pin: t('me.pin.short') }),
            send: async ({ pin }) => {
                await put('me/pin', { pin });
                toast(t('me.pin.done'));
                onClose();
            },
        },
    );
    async function forget() {
        await remove('me/pin').catch(() => {});
        toast(t('me.pin.gone'));
        onClose();
    }
    return html`
        <${Dialog} title=${t('me.pin')} onClose=${onClose}>
            <p class="quiet">${t('me.pin.text')}</p>
            <form class="form" ...${form.form}>
                <${PasswordField} ...${form.field('pin')} label=${t('me.pin.label')}
                    hint=${t('me.pin.hint')} inputmode="numeric" autocomplete="off" maxlength="12" />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    <button type="button" class="button plain" onClick=${forget}>${t('me.pin.forget')}</button>
                    <${WorkButton} type="submit" class="button" working=${form.working}>
                        ${t('me.pin.button')}<//>
                </div>
            </form>
        <//>`;
}

/** The address is shown once: the server keeps only what it needs to know it again. */
function CalendarDialog({ onClose }) {
    const [address, setAddress] = useState(null);
    const form = useForm(
        {},
        {
            send: async () => {
                const { path } = await post('me/calendar', {});
                setAddress(new URL(path, location.href).href);
            },
        },
    );
    async function copy() {
        await navigator.clipboard?.writeText(address).catch(() => {});
        toast(t('me.calendar.copied'));
    }
    return html`
        <${Dialog} title=${t('me.calendar')} onClose=${onClose}>
            <p class="quiet">${t('me.calendar.text')}</p>
            ${address
                ? html`<div class="field"><label for="calendar">${t('me.calendar.address')}</label>
                        <input class="input" id="calendar" readonly value=${address}
                            onFocus=${({ target }) => target.select()} /></div>
                    <div class="row actions">
                        <a class="button plain" href=${address.replace(/^https?:/, 'webcal:')}>
                            <${Icon} name="calendar-plus" />${t('me.calendar.open')}</a>
                        <button class="button" onClick=${copy}><${Icon} name="copy" />${t('me.calendar.copy')}</button>
                    </div>`
                : html`<form class="form" ...${form.form}>
                      <${FormTrouble} trouble=${form.trouble} />
                      <${WorkButton} type="submit" working=${form.working}>${t('me.calendar.make')}<//>
                  </form>`}
        <//>`;
}

function LanguageField({ user, onUser }) {
    async function choose({ target }) {
        try {
            onUser(await patch('me', { language: target.value }));
            await chooseLanguage(target.value);
            onUser((now) => ({ ...now }));
        } catch {
            toast(t('trouble.offline'), { kind: 'warn' });
        }
    }
    return html`
        <${SelectField} name="language" label=${t('me.language')} hint=${t('me.language.hint')}
            value=${user.language ?? ''} onInput=${choose}>
            ${!user.language && html`<option value="">${t('me.language.none')}</option>`}
            ${Object.entries(LANGUAGES).map(
                ([code, name]) => html`<option key=${code} value=${code} lang=${code}>${name}</option>`,
            )}
        <//>`;
}

const DIALOGS = { password: PasswordDialog, pin: PinDialog, calendar: CalendarDialog };
const BUTTONS = [
    ['password', 'key-round'],
    ['pin', 'keyboard'],
    ['calendar', 'calendar-plus'],
];

export function Access({ user, onUser }) {
    const [open, setOpen] = useState(null);
    const shown = BUTTONS.filter(([name]) => name !== 'pin' || user.role === 'student');
    return html`
        <section class="card stack">
            <h2>${t('me.access')}</h2>
            <${LanguageField} user=${user} onUser=${onUser} />
            <div class="row wrap">${shown.map(
                ([name, icon]) => html`<button key=${name} class="button plain" onClick=${() => setOpen(name)}>
                    <${Icon} name=${icon} />${t(`me.${name}`)}</button>`,
            )}</div>
            ${open && html`<${DIALOGS[open]} onClose=${() => setOpen(null)} />`}
        </section>`;
}
