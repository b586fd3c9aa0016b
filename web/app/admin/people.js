// People: the list of all, making somebody, and pairs that may be one person or look alike.
import { get, post, troubleText } from '../base/api.js';
import { dayMonth, dayName, dayOf, go, html, noteInAddress, t, useState } from '../base/page.js';
import { ListFrame, Pager, SearchField, Table, useData, useList, useSettled } from '../ui/list.js';
import {
    CheckField, Confirm, Dialog, Field, FormTrouble, SelectField, useForm,
} from '../ui/form.js';
import { Avatar, Icon, TabPanel, Tabs, Title, toast, WorkButton } from '../ui/parts.js';

// What the pages about people share: the fields of an account, who is in which group, pictures.

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const ROLES = ['student', 'teacher', 'admin'];
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
function FacesOf({ user }) {
    const faces = useData(() => get(`users/${user.id}/faces`), [user.id]).data?.items ?? [];
    return html`<ul class="own-photos">
        ${faces.map((face) => html`<${FacePicture} key=${face.id} user=${user} face=${face} />`)}</ul>`;
}

// Everybody: looking for people, choosing some of them, adding one, inviting several.

// What the last filter shows, as the server is asked for it.
const SHOWN = {
    active: { active: true },
    'no-face': { active: true, faces: false },
    'no-consent': { active: true, consent: false },
    inactive: { active: false },
    all: {},
};

function NewPerson({ groups, onClose }) {
    const form = useForm(
        { name: '', email: '', role: 'student', student_number: '', group_id: '', invite: true },
        {
            check: checkPerson,
            send: async (values) => {
                const user = await post('user/create', personOf(values));
                const mailed = values.invite && post(`users/${user.id}/invitation`);
                const said = await Promise.resolve(mailed).then(
                    () => 'people.created',
                    () => 'people.created.unmailed',
                );
                toast(t(said, { name: user.name }), { kind: said === 'people.created' ? 'good' : 'warn' });
                go(`people/${user.id}`);
            },
        },
    );
    return html`
        <${Dialog} title=${t('people.new')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${PersonFields} form=${form} groups=${groups} />
                <${CheckField} name="invite" label=${t('people.invite.now')} hint=${t('people.invite.hint')}
                    checked=${form.values.invite} onChange=${(invite) => form.set({ invite })} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('people.add')}<//>
            </form>
        <//>`;
}

const Filters = ({ filter, groups, onChange }) => {
    const select = (name, label, children) => html`
        <${SelectField} name=${`filter-${name}`} label=${label} value=${filter[name]}
            onInput=${({ target }) => onChange({ [name]: target.value })}>${children}<//>`;
    return html`
        <div class="card people-filter">
            <${SearchField} label=${t('people.search')} value=${filter.q} onInput=${(q) => onChange({ q })} />
            ${select('role', t('people.role'), html`<option value="">${t('people.any')}</option>
                ${ROLES.map((role) => html`<option key=${role}
                    value=${role}>${t(`people.roles.${role}`)}</option>`)}`)}
            ${select('group', t('people.group'), html`<${Options} items=${groups} none=${t('people.any')} />`)}
            ${select('show', t('people.show'), Object.keys(SHOWN).map(
                (name) => html`<option key=${name} value=${name}>${t(`people.show.${name}`)}</option>`,
            ))}
        </div>`;
};

const Face = ({ user }) => {
    const state = user.faces_held ? 'held' : user.face_count ? 'known' : 'none';
    const icon = { held: 'clock', known: 'check', none: 'minus' }[state];
    const look = { held: 'late', known: 'present', none: '' }[state];
    return html`<span class=${`chip ${look}`}><${Icon} name=${icon} />${t(`people.face.${state}`)}</span>`;
};

const Person = ({ user }) => html`
    <span class="person"><${Avatar} name=${user.name} /><span>
        <a href=${`#/people/${user.id}`}><b>${user.name}</b></a>
        ${!user.active && html` <span class="chip">${t('people.left')}</span>`}
        <span class="quiet small mail">${user.email}</span></span></span>`;

const Box = ({ label, checked, onChange }) => html`
    <label class="pick-box"><input type="checkbox" aria-label=${label} checked=${checked}
        onChange=${onChange} /></label>`;

function columnsOf(rows, chosen, setChosen) {
    const all = rows.length > 0 && rows.every(({ id }) => chosen.has(id));
    const toggle = (ids, on) => {
        const next = new Set(chosen);
        for (const id of ids) next[on ? 'add' : 'delete'](id);
        setChosen(next);
    };
    return [
        {
            name: t('people.choose'),
            class: 'pick-cell',
            head: html`<${Box} label=${t('people.choose.all')} checked=${all}
                onChange=${() => toggle(rows.map(({ id }) => id), !all)} />`,
            cell: ({ id, name }) => html`<${Box} label=${t('people.choose.one', { name })}
                checked=${chosen.has(id)}
                onChange=${() => toggle([id], !chosen.has(id))} />`,
        },
        { name: t('people.name'), sort: 'name', class: 'person-cell', cell: (user) => html`<${Person}
            user=${user} />` },
        { name: t('people.role'), class: 'wide-cell', cell: ({ role }) => t(`people.role.${role}`) },
        { name: t('people.group'), class: 'wide-cell', cell: ({ group_name: group }) => group ?? '–' },
        { name: t('people.number'), class: 'wide-cell figures', cell: ({ student_number: n }) => n ?? '–' },
        { name: t('people.face'), class: 'face-cell', cell: (user) => html`<${Face} user=${user} />` },
    ];
}

/** What can be done with those who are chosen. */
function Chosen({ chosen, onDone }) {
    const [working, setWorking] = useState(false);
    async function invite() {
        setWorking(true);
        try {
            const { invited } = await post('invitations', { user_ids: [...chosen] });
            toast(t('people.invited', { n: invited }));
            onDone();
        } catch (trouble) {
            toast(t(trouble.kind === 'offline' ? 'trouble.offline' : 'people.invite.refused'), { kind: 'warn' });
        }
        setWorking(false);
    }
    return html`
        <div class="card row wrap chosen appear" role="region" aria-label=${t('people.choose')}>
            <b class="grow figures" role="status">${t('people.chosen', { n: chosen.size })}</b>
            <button class="button plain small" onClick=${onDone}>${t('people.choose.none')}</button>
            <${WorkButton} class="button small" working=${working} onClick=${invite}>
                <${Icon} name="send" size="small" />${t('people.invite')}<//>
        </div>`;
}

export function PeoplePage({ query }) {
    const [filter, setFilter] = useState({ q: '', role: '', group: '', show: 'active', ...query });
    const [sort, setSort] = useState({ by: 'name', down: false });
    const [chosen, setChosen] = useState(new Set());
    const [adding, setAdding] = useState(false);
    const groups = useAll('groups');
    const q = useSettled(filter.q);
    const { role, group: group_id, show } = filter;
    const values = { q, role, group_id, ...SHOWN[show], sort: `${sort.down ? '-' : ''}${sort.by}` };
    const list = useList((page) => get('users', { ...values, ...page }), [values]);
    function change(changes) {
        setFilter({ ...filter, ...changes });
        setChosen(new Set());
        noteInAddress(changes);
    }
    return html`
        <div class="page">
            <header class="page-head">
                <${Title} above=${list.ready && t('people.count', { n: list.total })}>${t('place.people')}<//>
                <a class="button plain" href="#/import"><${Icon} name="upload" />${t('place.import')}</a>
                <button class="button" onClick=${() => setAdding(true)}><${Icon}
                    name="user-plus" />${t('people.new')}</button>
            </header>
            <${Filters} filter=${filter} groups=${groups} onChange=${change} />
            ${chosen.size > 0 && html`<${Chosen} chosen=${chosen} onDone=${() => setChosen(new Set())} />`}
            <${ListFrame} list=${list} icon="users" empty=${t('people.empty')}
                button=${html`<a class="button plain" href="#/import">${t('people.empty.button')}</a>`}>
                <${Table} label=${t('place.people')} rows=${list.items} sort=${sort} onSort=${setSort}
                    columns=${columnsOf(list.items, chosen, setChosen)}
                        rowClass=${({ active }) => !active && 'gone'} />
                <${Pager} list=${list} />
            <//>
            ${adding && html`<${NewPerson} groups=${groups} onClose=${() => setAdding(false)} />`}
        </div>`;
}

// Two accounts whose photos look alike: one person or two? And people whom a camera may take for
// each other.

const Side = ({ person, label }) => {
    const user = useData(() => get(`users/${person.id}`), [person.id]).data;
    const facts = user && [user.group_name, user.student_number, t('duplicates.since', { day: dayIn(user.created_at) })];
    return html`
        <div class="side stack close">
            ${label && html`<span class="tiny">${label}</span>`}
            <a class="person" href=${`#/people/${person.id}`}><${Avatar}
                name=${person.name} /><b>${person.name}</b></a>
            <span class="quiet small">${user?.email ?? person.email}</span>
            <span class="quiet small figures">${facts?.filter(Boolean).join(' · ')}</span>
            <${FacesOf} user=${person} />
        </div>`;
};

/** Which account stays is chosen, and what becomes of the other is said before. */
function SamePerson({ pair, onDone, onClose }) {
    const [keepNew, setKeepNew] = useState(false);
    const closed = keepNew ? pair.other : pair.user;
    const choice = (value, person, label) => html`
        <label class="check"><input type="radio" name="keep" checked=${keepNew === value}
            onChange=${() => setKeepNew(value)} />
            <span><b>${person.name}</b> <span
                class="quiet small mail">${person.email} · ${label}</span></span></label>`;
    return html`
        <${Confirm} title=${t('duplicates.same')} text=${t('duplicates.same.text')}
            yes=${t('duplicates.same.yes')} onClose=${onClose}
            onYes=${() => post(`duplicates/${pair.id}`, { decision: 'same', keep_new: keepNew }).then(onDone)}>
            <fieldset><legend>${t('duplicates.keep')}</legend>
                ${choice(false, pair.other, t('duplicates.older'))}
                ${choice(true, pair.user, t('duplicates.newer'))}</fieldset>
            <p class="quiet">${t('duplicates.same.closed', { name: closed.name, email: closed.email ?? '–' })}</p>
        <//>`;
}

const Open = ({ pair, onOpen }) => html`
    <div class="row actions">
        <button class="button plain" onClick=${() => onOpen({ same: pair })}><${Icon}
            name="user-round" />${t('duplicates.same')}</button>
        <button class="button plain" onClick=${() => onOpen({ different: pair })}><${Icon}
            name="users-round" />${t('duplicates.different')}</button>
    </div>`;

const Settled = ({ pair }) => html`
    <p class="row quiet small"><${Icon} name="check" size="small" />
        ${t(`duplicates.settled.${pair.state}`, { name: pair.settled_by_name ?? '–', day: dayIn(pair.settled_at) })}</p>`;

function Tabbed({ title, text, tabs, tab, setTab, children }) {
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${title}<//></header>
            <p class="quiet">${text}</p>
            <${Tabs} label=${title} current=${tab} onChange=${setTab} tabs=${tabs} />
            <${TabPanel} current=${tab}>${children}<//>
        </div>`;
}

const settleDifferent = ({ id }) => post(`duplicates/${id}`, { decision: 'different' });

export function DuplicatesPage() {
    const [tab, setTab] = useState('open');
    const [open, setOpen] = useState(null);
    const list = useList((page) => get('duplicates', { state: tab, ...page }), [tab]);
    const close = () => setOpen(null);
    const done = (key) => () => {
        toast(t(key));
        list.refresh();
    };
    const tabs = ['open', 'different', 'same'].map((id) => ({ id, name: t(`duplicates.tab.${id}`) }));
    return html`
        <${Tabbed} ...${{ title: t('place.duplicates'), text: t('duplicates.text'), tabs, tab, setTab }}>
            <${ListFrame} list=${list} icon="git-compare" empty=${t(`duplicates.empty.${tab}`)}>
                <ul class="stack">${list.items.map(
                    (pair) => html`<li class="card stack" key=${pair.id} data-pair=${pair.state}>
                        <div class="pair"><${Side} person=${pair.other} label=${t('duplicates.older')} />
                            <${Side} person=${pair.user} label=${t('duplicates.newer')} /></div>
                        ${pair.state === 'open' ? html`<${Open} pair=${pair}
                            onOpen=${setOpen} />` : html`<${Settled} pair=${pair} />`}</li>`,
                )}</ul>
                <${Pager} list=${list} /><//>
        <//>
        ${open?.same && html`<${SamePerson} pair=${open.same} onDone=${done('duplicates.same.done')}
            onClose=${close} />`}
        ${open?.different &&
        html`<${Confirm} title=${t('duplicates.different')} text=${t('duplicates.different.text')}
            yes=${t('duplicates.different.yes')} onClose=${close}
            onYes=${() => settleDifferent(open.different).then(done('duplicates.different.done'))} />`}`;
}

function Noted({ pair, onDone }) {
    const [working, setWorking] = useState(false);
    const [a, b] = pair.people;
    async function note() {
        setWorking(true);
        try {
            await post(`lookalikes/${a.id}/${b.id}`, { seen: !pair.seen });
            onDone();
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
        setWorking(false);
    }
    return html`
        <div class="row wrap actions">
            ${pair.seen && html`<span
                class="grow quiet small">${t('lookalikes.seen-by', { name: pair.seen_by_name ?? '–', day: dayIn(pair.seen_at) })}</span>`}
            <${WorkButton} class="button plain" working=${working} onClick=${note}>
                <${Icon} name=${pair.seen ? 'undo-2' : 'check'} />
                ${t(pair.seen ? 'lookalikes.unsee' : 'lookalikes.see')}<//>
        </div>`;
}

export function LookalikesPage() {
    const [tab, setTab] = useState('new');
    const list = useList((page) => get('lookalikes', { seen: tab === 'seen', ...page }), [tab]);
    const tabs = ['new', 'seen'].map((id) => ({ id, name: t(`lookalikes.tab.${id}`) }));
    return html`
        <${Tabbed} ...${{ title: t('place.lookalikes'), text: t('lookalikes.text'), tabs, tab, setTab }}>
            <${ListFrame} list=${list} icon="users-round" empty=${t(`lookalikes.empty.${tab}`)}>
                <ul class="stack">${list.items.map((pair) => {
                    const key = pair.people.map(({ id }) => id).join();
                    return html`<li class="card stack" key=${key} data-pair="lookalike">
                        <div class="pair">${pair.people.map((person) => html`<${Side} key=${person.id}
                            person=${person} />`)}</div>
                        <${Noted} pair=${pair} onDone=${list.refresh} /></li>`;
                })}</ul>
                <${Pager} list=${list} /><//>
        <//>`;
}
