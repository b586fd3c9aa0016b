// Everybody: looking for people, choosing some of them, adding one, inviting several.
import { get, post } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { go, noteInAddress } from '../base/router.js';
import { t } from '../base/text.js';
import { Dialog } from '../ui/dialog.js';
import { CheckField, SelectField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Avatar, Icon, Title, WorkButton } from '../ui/parts.js';
import { SearchField, useSettled } from '../ui/search.js';
import { Table } from '../ui/table.js';
import { toast } from '../ui/toast.js';
import { checkPerson, Options, PersonFields, personOf, ROLES, useAll } from './people-parts.js';

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
