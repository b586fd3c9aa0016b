// One person: who they are, their faces and their courses.
import { get, patch, post, remove } from '../base/api.js';
import {
    currentLanguage, dayAfter, dayName, html, percent, shortTime, t, today, useState,
} from '../base/page.js';
import { sendPhotos } from '../account/faces.js';
import { PHOTOS, Photos, usableCount } from '../camera/photos.js';
import { DataFrame, useData } from '../ui/list.js';
import {
    CheckField, Confirm, Dialog, Field, FormTrouble, SelectField, useForm,
} from '../ui/form.js';
import { Avatar, Icon, Notice, Title, toast, WorkButton } from '../ui/parts.js';
import {
    checkPerson, dayIn, FacePicture, Options, PersonFields, personOf, useAll,
} from './people.js';
import { Share } from '../student/attendance.js';

// A person's face for whoever vouches for them: photos, adding and deleting them, the consent.

function AddPhotos({ person, onDone, onClose }) {
    const [photos, setPhotos] = useState(Array(PHOTOS).fill(null));
    const form = useForm(
        {},
        {
            check: () => (usableCount(photos) > 0 ? {} : { photos: t('person.photos.none') }),
            send: async () => {
                const { held, refused } = await sendPhotos(person, photos, setPhotos);
                if (refused) return { photos: t('register.photos.look') };
                toast(t(held ? 'person.photos.held' : 'person.photos.added'), { kind: held ? 'warn' : 'good' });
                return onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('person.photos.of', { name: person.name })} onClose=${onClose} wide>
            <p class="quiet">${t('person.photos.vouch')}</p>
            <form class="form" ...${form.form}>
                <${Photos} photos=${photos} onChange=${setPhotos} wrong=${form.wrong.photos} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working} label=${t('person.photos.looking')}>
                    ${t('person.photos.use')}<//>
            </form>
        <//>`;
}

function consentText(consent) {
    const day = consent.given_at && dayIn(consent.given_at);
    if (consent.state === 'withdrawn') return t('person.consent.withdrawn');
    if (consent.state === 'none') return t('person.consent.none');
    if (consent.given_by === 'person') return t('person.consent.own', { day, n: consent.version });
    return t('person.consent.vouched', { day: day ?? '–', name: consent.vouched_by ?? '–' });
}

const Consent = ({ consent }) => html`
    <p class="small consent-state"><${Icon}
        name=${consent.state === 'standing' ? 'shield-check' : 'shield-alert'} size="small" />
        ${consentText(consent)}</p>
    ${consent.receipt &&
    html`<${Notice}>${t('consent.receipt', {
        faces: consent.receipt.erased_faces,
        images: consent.receipt.erased_images,
        day: dayIn(consent.receipt.at),
    })}<//>`}`;

function PersonFace({ person, onChange }) {
    const faces = useData(() => get(`users/${person.id}/faces`));
    const consent = useData(() => get(`users/${person.id}/consent`));
    const [open, setOpen] = useState({});
    const close = () => setOpen({});
    function changed() {
        close();
        faces.refresh();
        consent.refresh();
        onChange();
    }
    return html`
        <section class="card stack">
            <div class="row"><h2 class="grow">${t('people.face')}</h2>
                <button class="button plain small" onClick=${() => setOpen({ add: true })}>
                    <${Icon} name="camera" size="small" />${t('person.photos.add')}</button></div>
            ${person.faces_held > 0 && html`<${Notice} kind="warn">${t('person.photos.held')} <a
                href="#/duplicates">${t('place.duplicates')}</a><//>`}
            <${DataFrame} of=${faces}>${({ items }) =>
                items.length === 0
                    ? html`<p class="quiet">${t('person.photos.empty')}</p>`
                    : html`<ul class="own-photos">${items.map(
                          (face) => html`<${FacePicture} key=${face.id} user=${person} face=${face}>
                              <button class="link small"
                                  onClick=${() => setOpen({ face })}>${t('person.photo.delete')}</button><//>`,
                      )}</ul>`}<//>
            <${DataFrame} of=${consent}>${(data) => html`<${Consent} consent=${data} />`}<//>
            ${open.add && html`<${AddPhotos} person=${person} onDone=${changed} onClose=${close} />`}
            ${open.face &&
            html`<${Confirm} title=${t('person.photo.delete')} text=${t('person.photo.delete.text')} danger
                yes=${t('person.photo.delete')} onClose=${close}
                onYes=${() => remove(`users/${person.id}/faces/${open.face.id}`).then(changed)} />`}
        </section>`;
}

// Where somebody belongs and belonged: groups and single courses with their days. What is over stays.

const nameOf = (one) => one.group_name ?? one.course_name;
const isOver = ({ last_day: last }) => Boolean(last) && last < today();

/** Ends the place until now and begins another one; when that is refused, the first goes on. */
async function move(current, day, begin) {
    await patch(`enrolments/${current.id}`, { last_day: dayAfter(day, -1) });
    try {
        await begin();
    } catch (trouble) {
        await patch(`enrolments/${current.id}`, { last_day: current.last_day });
        throw trouble;
    }
}

function AddCourse({ person, current, onDone, onClose }) {
    const groups = useAll('groups');
    const courses = useAll('courses');
    const form = useForm(
        { kind: 'group', group_id: '', course_id: '', first_day: today(), ends: true },
        {
            check: (values) => {
                const place = `${values.kind}_id`;
                return values[place] ? {} : { [place]: t('field.required') };
            },
            send: async ({ kind, first_day: day, ends, ...places }) => {
                const place = `${kind}_id`;
                const enrolment = { user_id: person.id, [place]: places[place], first_day: day };
                const begin = () => post('enrolments', enrolment);
                if (kind === 'group' && current && ends) await move(current, day, begin);
                else await begin();
                toast(t('app.saved'));
                onDone();
            },
        },
    );
    const isGroup = form.values.kind === 'group';
    return html`
        <${Dialog} title=${t('person.enrol')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${SelectField} ...${form.field('kind')} label=${t('person.enrol.in')}>
                    <option value="group">${t('people.group')}</option>
                    <option value="course">${t('person.enrol.course')}</option><//>
                ${isGroup
                    ? html`<${SelectField} ...${form.field('group_id')} label=${t('people.group')}>
                          <${Options} items=${groups} none=${t('person.choose')} /><//>`
                    : html`<${SelectField} ...${form.field('course_id')} label=${t('person.enrol.course')}>
                          <${Options} items=${courses} none=${t('person.choose')} /><//>`}
                <${Field} ...${form.field('first_day')} type="date" label=${t('person.first-day')} />
                ${isGroup && current &&
                html`<${CheckField} name="ends" checked=${form.values.ends}
                    onChange=${(ends) => form.set({ ends })}
                    label=${t('person.enrol.ends', { group: nameOf(current) })}
                        hint=${t('person.enrol.ends.hint')} />`}
                ${form.trouble?.code === 'conflict'
                    ? html`<p class="wrong" role="alert">${t('person.enrol.already')}</p>`
                    : html`<${FormTrouble} trouble=${form.trouble} />`}
                <${WorkButton} type="submit" working=${form.working}>${t('person.enrol.yes')}<//>
            </form>
        <//>`;
}

function End({ enrolment, onDone, onClose }) {
    const form = useForm(
        { last_day: enrolment.last_day ?? today() },
        {
            check: ({ last_day: day }) =>
                day >= enrolment.first_day ? {} : { last_day: t('person.last-day.before') },
            send: async (values) => {
                await patch(`enrolments/${enrolment.id}`, values);
                toast(t('app.saved'));
                onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('person.end.title', { name: nameOf(enrolment) })} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('last_day')} type="date" label=${t('person.last-day')}
                    hint=${t('person.end.hint')} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('person.end')}<//>
            </form>
        <//>`;
}

const Enrolment = ({ one, onOpen }) => html`
    <li class=${`row wrap ${isOver(one) ? 'over' : ''}`}>
        <span class="grow"><b>${nameOf(one)}</b>
            <span class="quiet small figures days">${one.last_day
                ? t('person.days', { from: dayName(one.first_day), to: dayName(one.last_day) })
                : t('person.days.open', { from: dayName(one.first_day) })}</span></span>
        ${!isOver(one) && html`<button class="link small"
            onClick=${() => onOpen({ end: one })}>${t('person.end')}</button>`}
        <button class="tool" aria-label=${t('person.mistake', { name: nameOf(one) })}
            onClick=${() => onOpen({ mistake: one })}>
            <${Icon} name="trash-2" size="small" /></button>
    </li>`;

function Enrolments({ person, onChange }) {
    const list = useData(() => get(`users/${person.id}/enrolments`, { limit: 200 }));
    const [open, setOpen] = useState({});
    const close = () => setOpen({});
    const current = list.data?.items.find((one) => one.group_id && !isOver(one));
    function changed() {
        close();
        list.refresh();
        onChange();
    }
    return html`
        <section class="card stack">
            <div class="row"><h2 class="grow">${t('person.enrolments')}</h2>
                <button class="button plain small" onClick=${() => setOpen({ add: true })}>
                    <${Icon} name="plus" size="small" />${t('person.enrol')}</button></div>
            <${DataFrame} of=${list}>${({ items }) =>
                items.length === 0
                    ? html`<p class="quiet">${t('person.enrolments.none')}</p>`
                    : html`<ul class="each enrolments">${items.map(
                          (one) => html`<${Enrolment} key=${one.id} one=${one} onOpen=${setOpen} />`,
                      )}</ul>`}<//>
            ${open.add && html`<${AddCourse} person=${person} current=${current} onDone=${changed}
                onClose=${close} />`}
            ${open.end && html`<${End} enrolment=${open.end} onDone=${changed} onClose=${close} />`}
            ${open.mistake &&
            html`<${Confirm} title=${t('person.mistake.title')}
                text=${t('person.mistake.text', { name: nameOf(open.mistake) })}
                yes=${t('person.mistake.yes')} danger onClose=${close}
                onYes=${() => remove(`enrolments/${open.mistake.id}`).then(changed)} />`}
        </section>`;
}

// One person as an administrator sees them: facts, where they belong, their face, and erasing them.

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
