// Registration by the student: who they are and three photos. The face counts at once.
import { groups as fetchGroups, register } from '../base/api.js';
import { Field, PasswordField, SelectField } from '../ui/form.js';
import { firstName, html, t, useEffect, useState } from '../base/page.js';
import { Avatar, Empty, Notice, Title, WorkButton } from '../ui/parts.js';
import { PHOTOS, Photos } from '../camera/photos.js';
import { ConsentField, missing, readRefusal } from './faces.js';

const EMPTY = { name: '', email: '', password: '', group_id: '' };
const ORDER = ['name', 'email', 'password', 'group_id', 'photos', 'agreed'];

function focusFirst(wrong) {
    const first = ORDER.find((field) => field in wrong);
    if (first) document.getElementById(first)?.focus();
}

function useGroups() {
    const [groups, setGroups] = useState([]);
    useEffect(() => {
        // Without the list one can still register; a teacher adds the group later.
        fetchGroups().then((answer) => setGroups(answer.items ?? []), () => {});
    }, []);
    return groups;
}

const Done = ({ name, waits }) => html`
    <div class="page">
        <div class="card empty" data-registered=${waits ? 'waits' : 'done'}>
            <${Avatar} name=${name} size="large" />
            <${Title} focus>${t('register.done.title', { name: firstName(name) })}<//>
            <p>${t(waits ? 'register.waits.text' : 'register.done.text')}</p>
            ${waits
                ? html`<a class="button" href="#/history">${t('register.waits.button')}</a>`
                : html`<a class="button" href="#/">${t('register.done.mark')}</a>`}
        </div>
    </div>`;

const Closed = () => html`
    <div class="page">
        <${Title}>${t('register.title')}<//>
        <${Empty} icon="user-plus" text=${t('register.closed')}>
            <a class="button" href="#/">${t('register.done.mark')}</a><//>
    </div>`;

const GroupField = ({ groups, value, onInput, wrong }) => html`
    <${SelectField} name="group_id" label=${t('register.group')} value=${value} onInput=${onInput}
        wrong=${wrong} disabled=${groups.length === 0}
        hint=${groups.length === 0 ? t('register.group.missing') : undefined}>
        <option value="">
            ${t(groups.length ? 'register.group.choose' : 'register.group.none')}</option>
        ${groups.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
    <//>`;

// ".uni.mx" stands for every domain below uni.mx.
const endingOf = (domain) => (domain.startsWith('.') ? `…${domain}` : `@${domain}`);

const About = ({ values, set, wrong, groups, domain }) => html`
    <h2>${t('register.who')}</h2>
    <div class="form-two">
        <${Field} name="name" label=${t('register.name')} hint=${t('register.name.hint')}
            autocomplete="name" value=${values.name} onInput=${set('name')} wrong=${wrong.name} />
        <${Field} name="email" type="email" label=${t('register.email')} autocomplete="email"
            hint=${domain && t('register.email.hint', { ending: endingOf(domain) })}
            inputmode="email" autocapitalize="none" spellcheck=${false}
            value=${values.email} onInput=${set('email')} wrong=${wrong.email} />
        <${PasswordField} name="password" label=${t('register.password')}
            hint=${t('register.password.hint')} autocomplete="new-password"
            value=${values.password} onInput=${set('password')} wrong=${wrong.password} />
        <${GroupField} groups=${groups} value=${values.group_id} onInput=${set('group_id')}
            wrong=${wrong.group_id} />
    </div>`;

export function RegisterPage({ institution, onRegistered, welcomed }) {
    const groups = useGroups();
    const [values, setValues] = useState(EMPTY);
    const [photos, setPhotos] = useState(Array(PHOTOS).fill(null));
    const [refusal, setRefusal] = useState({ wrong: {}, sentence: null });
    const [working, setWorking] = useState(false);
    const [consent, setConsent] = useState(null);
    const [agreed, setAgreed] = useState(false);
    const set = (name) => ({ target }) => setValues((now) => ({ ...now, [name]: target.value }));

    function refuse(wrong, sentence) {
        setRefusal({ wrong, sentence });
        requestAnimationFrame(() => focusFirst(wrong));
    }

    function showRefused(problem) {
        const { wrong, sentence, photos: refused } = readRefusal(problem);
        // The text that was agreed to is another one since: it is shown to be read.
        if (problem.code === 'conflict' && Object.keys(wrong).length === 0) {
            setConsent(null);
            setAgreed(false);
            return refuse({ agreed: t('consent.changed') }, t('register.look'));
        }
        setPhotos((now) =>
            now.map((photo, i) => {
                const found = refused.find(({ index }) => index === i);
                return found && photo ? { ...photo, note: { kind: 'bad', key: found.key } } : photo;
            }),
        );
        return refuse(wrong, sentence);
    }

    async function submit(event) {
        event.preventDefault();
        if (working) return;
        const wrong = missing(values, photos, groups);
        if (!consent || (consent.required && !agreed)) wrong.agreed = t('consent.needed');
        if (Object.keys(wrong).length > 0) return void refuse(wrong, t('register.look'));
        setRefusal({ wrong: {}, sentence: null });
        setWorking(true);
        try {
            const about = { ...values, name: values.name.trim(), email: values.email.trim() };
            if (agreed) about.consent_version = consent.version;
            const answer = await register(about, photos.map((photo) => photo.blob));
            return onRegistered(answer.user);
        } catch (problem) {
            showRefused(problem);
        }
        return setWorking(false);
    }

    if (welcomed) return html`<${Done} ...${welcomed} />`;
    if (institution.self_registration === false) return html`<${Closed} />`;
    const { wrong, sentence } = refusal;
    return html`
        <div class="page">
            <${Title}>${t('register.title')}<//>
            <p class="quiet">${t('register.lead')}</p>
            <form class="form" onSubmit=${submit} novalidate>
                <div class="card form">
                    <${About} ...${{ values, set, wrong, groups }}
                        domain=${institution.email_domain} />
                </div>
                <div class="card form">
                    <div class="stack close"><h2>${t('register.photos')}</h2>
                        <p class="quiet small">${t('register.photos.hint')}</p></div>
                    <${Photos} photos=${photos} onChange=${setPhotos} wrong=${wrong.photos} />
                </div>
                <${ConsentField} agreed=${agreed} wrong=${wrong.agreed} text=${consent}
                    onChange=${setAgreed} onText=${setConsent} />
                ${sentence && html`<${Notice} kind="warn" live="assertive">${sentence}<//>`}
                <${WorkButton} type="submit" working=${working} label=${t('register.sending')}>
                    ${t('register.button')}<//>
                <p class="tiny">${t('register.privacy')}</p>
            </form>
        </div>`;
}
