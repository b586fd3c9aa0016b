// Two accounts whose photos look alike: one person or two? And people whom a camera may take for
// each other.
import { get, post } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { useData } from '../ui/data.js';
import { Confirm } from '../ui/dialog.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Avatar, Icon, Title, WorkButton } from '../ui/parts.js';
import { TabPanel, Tabs } from '../ui/tabs.js';
import { toast } from '../ui/toast.js';
import { dayIn, FacesOf } from './people-parts.js';

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
        } catch {
            toast(t('trouble.offline'), { kind: 'warn' });
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
