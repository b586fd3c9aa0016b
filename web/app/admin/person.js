// One person as an administrator sees them: facts, where they belong, their face, and erasing them.
import { get, patch, post, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { currentLanguage, dayName, percent, shortTime, t } from '../base/text.js';
import { Share } from '../student/standings.js';
import { DataFrame, useData } from '../ui/data.js';
import { Dialog } from '../ui/dialog.js';
import { CheckField, Field } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Avatar, Icon, Title, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { checkPerson, dayIn, PersonFields, personOf, useAll } from './people-parts.js';
import { Enrolments } from './person-enrolments.js';
import { PersonFace } from './person-faces.js';

function Edit({ person, onDone, onClose }) {
    const groups = useAll('groups');
    const form = useForm(person, {
        check: checkPerson,
        send: async (values) => {
            const { group_id: group, ...rest } = personOf(values);
            // An unchanged group is not sent: its enrolment may begin or end on days of its own.
            const moved = group !== person.group_id ? { group_id: group } : {};
            onDone(await patch(`users/${person.id}`, { ...rest, ...moved, active: values.active }));
            toast(t('app.saved'));
            onClose();
        },
    });
    return html`
        <${Dialog} title=${t('person.edit')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${PersonFields} form=${form} groups=${groups} groupHint=${t('person.group.hint')} />
                <${CheckField} name="active" label=${t('person.active')} hint=${t('person.active.hint')}
                    checked=${form.values.active} onChange=${(active) => form.set({ active })} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('app.save')}<//>
            </form>
        <//>`;
}

const same = (a, b) => a.trim().toLocaleLowerCase() === b.trim().toLocaleLowerCase();

/** The name has to be written: this cannot be taken back. */
function Erase({ person, onErased, onClose }) {
    const form = useForm(
        { name: '' },
        {
            check: ({ name }) =>
                same(name, person.name) ? {} : { name: t('person.erase.differs', { name: person.name }) },
            send: async () => {
                await remove(`users/${person.id}`);
                const log = await get('audit', { action: 'user.erase', limit: 10 }).catch(() => ({ items: [] }));
                onErased(log.items.find(({ subject }) => subject === person.id) ?? {});
            },
        },
    );
    return html`
        <${Dialog} title=${t('person.erase.title', { name: person.name })} onClose=${onClose}>
            <p>${t('person.erase.text')}</p>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('name')} label=${t('person.erase.label')} hint=${person.name}
                    autocomplete="off" />
                ${form.trouble?.code === 'conflict'
                    ? html`<p class="wrong" role="alert">${t('person.erase.last')}</p>`
                    : html`<${FormTrouble} trouble=${form.trouble} />`}
                <div class="row actions">
                    <button type="button" class="button plain" onClick=${onClose}>${t('app.cancel')}</button>
                    <${WorkButton} type="submit" class="button danger"
                        working=${form.working}>${t('person.erase.yes')}<//>
                </div>
            </form>
        <//>`;
}

const Receipt = ({ person, entry }) => html`
    <div class="page">
        <${Title} above=${t('person.receipt')} focus>${person.name}<//>
        <div class="card stack" data-receipt="erase">
            <p>${t('person.receipt.text')}</p>
            <dl class="facts-list figures">
                <dt>${t('person.receipt.when')}</dt><dd>${shortTime(entry.happened_at ?? Date.now())}</dd>
                <dt>${t('person.receipt.photos')}</dt><dd>${person.face_count + person.faces_held}</dd>
                <dt>${t('person.receipt.account')}</dt><dd>${person.id}</dd>
                ${entry.sequence && html`<dt>${t('person.receipt.entry')}</dt><dd>${entry.sequence}</dd>`}
            </dl>
            <div class="row wrap">
                <button class="button plain" onClick=${() => print()}><${Icon}
                    name="printer" />${t('person.receipt.print')}</button>
                <a class="button" href="#/people">${t('place.people')}</a>
            </div>
        </div>
    </div>`;

const Facts = ({ person }) => {
    const fact = (key, value) => value && html`<dt>${t(key)}</dt><dd>${value}</dd>`;
    return html`
        <section class="card stack">
            <h2>${t('person.facts')}</h2>
            <dl class="facts-list">
                ${fact('people.email', person.email)}
                ${fact('people.number', person.student_number)}
                ${fact('people.group', person.group_name)}
                ${fact('person.born', person.date_of_birth && dayName(person.date_of_birth))}
                ${fact('person.since', dayIn(person.created_at))}
            </dl>
        </section>`;
};

function Standing({ person }) {
    const asked = { language: currentLanguage(), limit: 100 };
    const standing = useData(() => get(`students/${person.id}/standing`, asked), [asked]);
    return html`
        <section class="card stack">
            <h2>${t('person.standing')}</h2>
            <${DataFrame} of=${standing}>${({ items }) =>
                items.length === 0
                    ? html`<p class="quiet">${t('person.standing.none')}</p>`
                    : html`<ul class="stack">${items.map(
                          (one) => html`<li class="stack close" key=${one.course_id}>
                              <div class="row"><a class="grow"
                                  href=${`#/courses/${one.course_id}`}>${one.course_name}</a>
                                  ${one.share !== null && html`<b
                                      class="figures">${percent(one.share)}</b>`}</div>
                              <${Share} standing=${one} />
                              <p class="tiny">${one.arithmetic}</p></li>`,
                      )}</ul>`}<//>
            <div><a class="link" href=${`#/reports/student?student=${person.id}`}>${t('person.marks')}</a></div>
        </section>`;
}

function Actions({ person, onOpen }) {
    const [working, setWorking] = useState(false);
    async function invite() {
        setWorking(true);
        try {
            await post(`users/${person.id}/invitation`);
            toast(t('person.mailed', { email: person.email }));
        } catch (trouble) {
            toast(t(trouble.kind === 'offline' ? 'trouble.offline' : 'people.invite.refused'), { kind: 'warn' });
        }
        setWorking(false);
    }
    return html`
        <div class="row wrap person-actions">
            ${person.active &&
            html`<${WorkButton} class="button plain" working=${working} onClick=${invite}>
                <${Icon} name="mail" />${t('person.mail')}<//>`}
            <button class="button plain" onClick=${() => onOpen('erase')}><${Icon}
                name="trash-2" />${t('person.erase')}</button>
            <button class="button" onClick=${() => onOpen('edit')}><${Icon}
                name="pencil" />${t('person.edit')}</button>
        </div>`;
}

function Person({ person, onChange, onErased }) {
    const [open, setOpen] = useState(null);
    const close = () => setOpen(null);
    const reload = async () => onChange(await get(`users/${person.id}`));
    const above = [t(`people.role.${person.role}`), !person.active && t('people.left')].filter(Boolean).join(' · ');
    return html`
        <div class="page">
            <a class="link back" href="#/people"><${Icon} name="arrow-left"
                size="small" /> ${t('place.people')}</a>
            <header class="page-head person-head"><${Avatar} name=${person.name} size="large" />
                <${Title} above=${above}>${person.name}<//>
                <${Actions} person=${person} onOpen=${setOpen} /></header>
            <div class="two-columns">
                <div class="stack">
                    ${person.role === 'student'
                        ? html`<${Standing} person=${person} /><${Enrolments} person=${person}
                            onChange=${reload} />`
                        : html`<${Facts} person=${person} />`}
                </div>
                <div class="stack">
                    ${person.role === 'student' && html`<${Facts} person=${person} />`}
                    <${PersonFace} person=${person} onChange=${reload} />
                </div>
            </div>
            ${open === 'edit' && html`<${Edit} person=${person} onDone=${onChange} onClose=${close} />`}
            ${open === 'erase' && html`<${Erase} person=${person} onErased=${onErased} onClose=${close} />`}
        </div>`;
}

export function PersonPage({ values }) {
    const person = useData(() => get(`users/${values.id}`));
    const [erased, setErased] = useState(null);
    if (erased) return html`<${Receipt} person=${person.data} entry=${erased} />`;
    return html`<${DataFrame} of=${person}>${(data) => html`
        <${Person} key=${data.updated_at} person=${data} onChange=${person.change}
            onErased=${setErased} />`}<//>`;
}
