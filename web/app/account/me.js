// One's own account: the face, password and PIN, language, mail, and the calendar.
import { get, me, patch, post, put, remove, troubleText } from '../base/api.js';
import {
    chooseLanguage, dayName, dayOf, html, LANGUAGES, t, useRef, useState,
} from '../base/page.js';
import { DataFrame, useData } from '../ui/list.js';
import {
    CheckField, Confirm, Dialog, FormTrouble, PasswordField, SelectField, useForm,
} from '../ui/form.js';
import { Avatar, Icon, Notice, Title, toast, WorkButton } from '../ui/parts.js';
import { PHOTOS, Photos, usableCount } from '../camera/photos.js';
import { ConsentField, sendPhotos } from './faces.js';

// Which mail one gets.

const KINDS = ['absence', 'warning', 'report'];

function OwnMail() {
    const wishes = useData(() => get('me/mail'));
    const choose = (kind) => async (wanted) => {
        const show = (on) => wishes.change((now) => ({ ...now, [kind]: on }));
        show(wanted);
        try {
            await patch('me/mail', { [kind]: wanted });
            toast(t('app.saved'));
        } catch (trouble) {
            show(!wanted);
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
    };
    return html`
        <section class="card stack close">
            <h2>${t('me.mail')}</h2>
            <${DataFrame} of=${wishes}>${(data) =>
                KINDS.map(
                    (kind) => html`<${CheckField} key=${kind} name=${`mail-${kind}`}
                        label=${t(`me.mail.${kind}`)} checked=${data[kind]} onChange=${choose(kind)} />`,
                )}<//>
        </section>`;
}

// How somebody gets in and is marked without a face: language, password, PIN, calendar address.

const PASSWORD_MIN = 8;
const PIN = /^\d{6,12}$/;

function PasswordDialog({ onClose }) {
    const form = useForm(
        { current_password: '', password: '' },
        {
            check: ({ current_password: current, password }) => {
                const wrong = {};
                if (!current) wrong.current_password = t('field.required');
                if ([...password].length < PASSWORD_MIN) wrong.password = t('field.password.short');
                return wrong;
            },
            send: async (values) => {
                try {
                    await patch('me', values);
                } catch (trouble) {
                    if (trouble.kind !== 'refused') throw trouble;
                    return { current_password: t('wrong.current_password') };
                }
                toast(t('me.password.done'));
                return onClose();
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
    const known = useData(() => get('me/pin')).data;
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
        try {
            await remove('me/pin');
            toast(t('me.pin.gone'));
            onClose();
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
    }
    return html`
        <${Dialog} title=${t('me.pin')} onClose=${onClose}>
            <p class="quiet">${t('me.pin.text')}</p>
            <form class="form" ...${form.form}>
                <${PasswordField} ...${form.field('pin')} label=${t('me.pin.label')}
                    hint=${t('me.pin.hint')} inputmode="numeric" autocomplete="off" maxlength="12" />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    ${known?.set &&
                    html`<button type="button" class="button plain" onClick=${forget}>
                        ${t('me.pin.forget')}</button>`}
                    <${WorkButton} type="submit" class="button" working=${form.working}>
                        ${t('me.pin.button')}<//>
                </div>
            </form>
        <//>`;
}

/** The address is shown once: the server keeps only what it needs to know it again. */
function CalendarDialog({ onClose }) {
    const [address, setAddress] = useState(null);
    const field = useRef();
    const form = useForm(
        {},
        {
            send: async () => {
                const { path } = await post('me/calendar');
                setAddress(new URL(path, location.href).href);
            },
        },
    );
    /** Where the browser gives no clipboard, what is to be copied is chosen. */
    async function copy() {
        try {
            await navigator.clipboard.writeText(address);
            toast(t('me.calendar.copied'));
        } catch {
            field.current.select();
        }
    }
    return html`
        <${Dialog} title=${t('me.calendar')} onClose=${onClose}>
            <p class="quiet">${t('me.calendar.text')}</p>
            ${address
                ? html`<div class="field"><label for="calendar">${t('me.calendar.address')}</label>
                        <input class="input" id="calendar" readonly value=${address} ref=${field}
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
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
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

function Access({ user, onUser }) {
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

// What is kept of one's own face: the photos, the agreement to it, and taking both back.

const dayIn = (moment) => dayName(dayOf(moment));

/** The photo itself where the institution keeps it, else a sign that there is one. */
function OwnPhoto({ user, face, onRemove }) {
    const [gone, setGone] = useState(false);
    const from = t('me.photo', { day: dayIn(face.created_at) });
    return html`
        <li class="own-photo">
            ${gone
                ? html`<span class="own-photo-none"><${Icon} name="fingerprint" size="large" /></span>`
                : html`<img src=${`users/${user.id}/faces/${face.id}/image`} alt=${from}
                      onError=${() => setGone(true)} />`}
            <span class="tiny">${from}${face.held && html`<br />${t('me.faces.waits')}`}</span>
            <button class="link small" onClick=${() => onRemove(face)}>${t('me.photo.remove')}</button>
        </li>`;
}

function AddPhotos({ user, consent, onDone, onClose }) {
    const [photos, setPhotos] = useState(Array(PHOTOS).fill(null));
    const [text, setText] = useState(null);
    const [given, setGiven] = useState(!consent.required || consent.state === 'standing');
    const form = useForm(
        { agreed: false },
        {
            check: ({ agreed }) => {
                const wrong = {};
                if (usableCount(photos) === 0) wrong.photos = t('me.photos.none');
                if (!given && !(text && agreed)) wrong.agreed = t('consent.needed');
                return wrong;
            },
            send: async () => {
                try {
                    if (!given) await post('me/consent', { version: text.version });
                } catch (trouble) {
                    if (trouble.code !== 'conflict') throw trouble;
                    form.set({ agreed: false });
                    setText(null);
                    return { agreed: t('consent.changed') };
                }
                setGiven(true);
                const { held, refused } = await sendPhotos(user, photos, setPhotos);
                if (refused) return { photos: t('register.photos.look') };
                toast(t(held ? 'me.faces.waits' : 'me.photos.added'), { kind: held ? 'warn' : 'good' });
                return onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('me.photos.add')} onClose=${onClose} wide>
            <form class="form" ...${form.form}>
                <${Photos} photos=${photos} onChange=${setPhotos} wrong=${form.wrong.photos} />
                ${!given &&
                html`<${ConsentField} agreed=${form.values.agreed} wrong=${form.wrong.agreed} text=${text}
                    onChange=${(agreed) => form.set({ agreed })} onText=${setText} />`}
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working} label=${t('register.sending')}>
                    ${t('me.photos.button')}<//>
            </form>
        <//>`;
}

const STATES = { none: 'consent.none', withdrawn: 'consent.withdrawn' };

const Agreement = ({ consent }) => html`
    <p class="quiet small">
        ${consent.state === 'standing'
            ? t('consent.standing', { n: consent.version, day: dayIn(consent.given_at) })
            : t(STATES[consent.state])}</p>`;

const Receipt = ({ receipt }) => html`
    <${Notice} kind="good">${t('consent.receipt', {
        faces: receipt.erased_faces,
        images: receipt.erased_images,
        day: dayIn(receipt.at),
    })}<//>`;

function OwnFace({ user, onUser }) {
    const faces = useData(() => get(`users/${user.id}/faces`));
    const consent = useData(() => get('me/consent'));
    const [open, setOpen] = useState(null);
    const [receipt, setReceipt] = useState(null);

    async function changed() {
        setOpen(null);
        faces.refresh();
        consent.refresh();
        onUser((await me().catch(() => null)) ?? user);
    }
    async function withdraw() {
        setReceipt(await remove('me/consent'));
        await changed();
    }
    async function removeOne(face) {
        await remove(`users/${user.id}/faces/${face.id}`);
        await changed();
    }
    const kept = faces.data?.items ?? [];
    return html`
        <section class="card stack">
            <div class="stack close"><h2>${t('me.faces')}</h2>
                <p class="quiet">${t('me.faces.count', { n: user.face_count ?? 0 })}
                    ${user.faces_held > 0 && html`<span class="quiet small"> ${t('me.faces.waits')}</span>`}</p></div>
            <${DataFrame} of=${faces}>${({ items }) =>
                items.length > 0 &&
                html`<ul class="own-photos">${items.map(
                    (face) => html`<${OwnPhoto} key=${face.id} user=${user} face=${face}
                        onRemove=${(one) => setOpen({ face: one })} />`,
                )}</ul>`}<//>
            <${DataFrame} of=${consent}>${(data) => html`<${Agreement} consent=${data} />`}<//>
            ${receipt && html`<${Receipt} receipt=${receipt} />`}
            <div class="row wrap">
                <button class="button plain" onClick=${() => setOpen('add')}>
                    <${Icon} name="camera" />${t('me.photos.add')}</button>
                ${(kept.length > 0 || consent.data?.state === 'standing') &&
                html`<button class="button plain" onClick=${() => setOpen('withdraw')}>
                    <${Icon} name="trash-2" />${t('me.faces.erase')}</button>`}
            </div>
            ${open === 'add' && consent.data &&
            html`<${AddPhotos} user=${user} consent=${consent.data} onDone=${changed} onClose=${() => setOpen(null)} />`}
            ${open === 'withdraw' &&
            html`<${Confirm} title=${t('me.faces.erase')} text=${t('me.faces.erase.text')} danger
                yes=${t('me.faces.erase.yes')} onYes=${withdraw} onClose=${() => setOpen(null)} />`}
            ${open?.face &&
            html`<${Confirm} title=${t('me.photo.remove')} text=${t('me.photo.remove.text')} danger
                yes=${t('me.photo.remove')} onYes=${() => removeOne(open.face)} onClose=${() => setOpen(null)} />`}
        </section>`;
}

// The account of who is signed in: who they are, their face, how they get in, what is sent to them.

/** `onSignOut` throws while the session lives on: then that is said, and nobody walks away. */
function SignOut({ onSignOut }) {
    const [working, setWorking] = useState(false);
    const [trouble, setTrouble] = useState(null);
    async function leave() {
        if (working) return;
        setWorking(true);
        setTrouble(null);
        try {
            await onSignOut();
        } catch (problem) {
            setTrouble(problem);
            setWorking(false);
        }
    }
    return html`
        ${trouble &&
        html`<${Notice} kind="warn" live="assertive">
            ${t('sign-out.still')} ${t(troubleText(trouble))}<//>`}
        <div><${WorkButton} class="button plain" working=${working} onClick=${leave}>
            <${Icon} name="log-out" />${t('sign-out')}<//></div>`;
}

const About = ({ user }) => html`
    <div class="card">
        <dl class="facts-list">
            <dt>${t('me.email')}</dt><dd>${user.email}</dd>
            ${user.student_number && html`<dt>${t('me.number')}</dt><dd>${user.student_number}</dd>`}
            <dt>${t('me.group')}</dt><dd>${user.group_name ?? t('me.none')}</dd>
        </dl>
    </div>`;

export const MePage = ({ user, onUser, onSignOut }) => html`
    <div class="page">
        <header class="page-head row"><${Avatar} name=${user.name} size="large" />
            <${Title} above=${t(`me.role.${user.role}`)}>${user.name}<//></header>
        <${About} user=${user} />
        <${OwnFace} user=${user} onUser=${onUser} />
        <${Access} user=${user} onUser=${onUser} />
        <${OwnMail} user=${user} />
        <${SignOut} onSignOut=${onSignOut} />
    </div>`;
