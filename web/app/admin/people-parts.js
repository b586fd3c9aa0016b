// What the pages about people share: the fields of an account, who is in which group, pictures.
import { get } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { dayMonth, dayName, dayOf, t } from '../base/text.js';
import { useData } from '../ui/data.js';
import { Field, SelectField } from '../ui/field.js';
import { Icon } from '../ui/parts.js';

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export const ROLES = ['student', 'teacher', 'admin'];
export const dayIn = (moment) => dayName(dayOf(moment));

/** Everything of a list that is short by nature: groups, rooms, terms. */
export const useAll = (path, values = {}) =>
    useData(() => get(path, { limit: 1000, ...values })).data?.items ?? [];

export const Options = ({ items, none }) => html`
    ${none && html`<option value="">${none}</option>`}
    ${items.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}`;

/** {field: sentence} of what an account cannot be without. */
export function checkPerson({ name, email }) {
    const wrong = {};
    if (!name.trim()) wrong.name = t('field.required');
    if (!EMAIL.test(email.trim())) wrong.email = t('field.email');
    return wrong;
}

/** What is sent for the fields: nothing written means none. */
export const personOf = ({ name, email, role, student_number: number, group_id: group }) => ({
    name,
    email: email.trim(),
    role,
    student_number: number?.trim() || null,
    group_id: (role === 'student' && group) || null,
});

export const PersonFields = ({ form, groups, groupHint }) => html`
    <${Field} ...${form.field('name')} label=${t('people.name')} autocomplete="off" />
    <${Field} ...${form.field('email')} label=${t('people.email')} type="email" autocomplete="off" />
    <div class="form-two">
        <${SelectField} ...${form.field('role')} label=${t('people.role')}>
            ${ROLES.map((role) => html`<option key=${role} value=${role}>${t(`people.role.${role}`)}</option>`)}
        <//>
        <${Field} ...${form.field('student_number')} label=${t('people.number')} autocomplete="off" />
    </div>
    ${form.values.role === 'student' &&
    html`<${SelectField} ...${form.field('group_id')} label=${t('people.group')} hint=${groupHint}>
        <${Options} items=${groups} none=${t('people.group.none')} /><//>`}`;

/** An enrolled photo where the institution keeps it, else a sign that there is one. */
export function FacePicture({ user, face, children }) {
    const [gone, setGone] = useState(false);
    const from = t('people.photo', { day: dayMonth(dayOf(face.created_at)) });
    return html`
        <li class="own-photo">
            ${gone
                ? html`<span class="own-photo-none"><${Icon} name="fingerprint" size="large" /></span>`
                : html`<img src=${`users/${user.id}/faces/${face.id}/image`} alt=${user.name}
                    onError=${() => setGone(true)} />`}
            <span class="tiny">${from}${face.held && html`<br />${t('people.photo.held')}`}</span>
            ${children}
        </li>`;
}

/** The photos of somebody, asked for when shown. */
export function FacesOf({ user }) {
    const faces = useData(() => get(`users/${user.id}/faces`), [user.id]).data?.items ?? [];
    return html`<ul class="own-photos">
        ${faces.map((face) => html`<${FacePicture} key=${face.id} user=${user} face=${face} />`)}</ul>`;
}
