// The installation: kiosks, mail that goes out, the audit log, and how everything is.
import { get, patch, post, remove, repeat, troubleText } from '../base/api.js';
import {
    addressOf, clockTime, dayName, hasText, html, noteInAddress, number, shortTime, t, useEffect,
    useState,
} from '../base/page.js';
import { Confirm, Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';
import {
    DataFrame, ListFrame, Pager, PersonPicker, Table, Trouble, useData, useList,
} from '../ui/list.js';
import { Icon, Notice, Numbers, TabPanel, Tabs, Title, toast, WorkButton } from '../ui/parts.js';
import { useAll } from './people.js';

// Kiosks: adding one and pairing it by a code, which room or course it marks in, when it was seen,
// and what it handed in after it had been without the server.

// A kiosk says that it is alive once a minute.
const LATELY_MS = 150_000;
const LONG_MS = 86_400_000;
const LOOK_MS = 3000;
const AGAIN_MS = 30_000;

const placeOf = ({ room, course }) =>
    (room && `room:${room.id}`) || (course && `course:${course.id}`) || '';

/** null takes away what was there. */
function inputOf({ name, place }, isNew) {
    const [kind, id] = place.split(':');
    const none = isNew ? undefined : null;
    return { name: name.trim(), room_id: kind === 'room' ? id : none, course_id: kind === 'course' ? id : none };
}

const Choices = ({ kind, items, label }) => html`
    <optgroup label=${label}>${items.map(
        ({ id, name }) => html`<option key=${id} value=${`${kind}:${id}`}>${name}</option>`,
    )}</optgroup>`;

function DeviceForm({ device, onDone, onClose }) {
    const rooms = useAll('rooms');
    const courses = useAll('courses');
    const form = useForm(
        { name: device?.name ?? '', place: device ? placeOf(device) : '' },
        {
            check: ({ name }) => (name.trim() ? {} : { name: t('field.required') }),
            send: async (values) =>
                onDone(device
                    ? await patch(`devices/${device.id}`, inputOf(values, false))
                    : await post('devices', inputOf(values, true))),
        },
    );
    // A name that is taken is refused as a whole.
    const taken = form.trouble?.code === 'conflict' && t('devices.name.taken');
    return html`
        <${Dialog} title=${t(device ? 'devices.change' : 'devices.new')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('name')} label=${t('devices.name')} hint=${t('devices.name.hint')}
                    wrong=${form.wrong.name || taken} autocomplete="off" />
                <${SelectField} ...${form.field('place')} label=${t('devices.place')} hint=${t('devices.place.hint')}>
                    <option value="">${t('devices.everybody')}</option>
                    <${Choices} kind="room" items=${rooms} label=${t('devices.rooms')} />
                    <${Choices} kind="course" items=${courses} label=${t('devices.courses')} />
                <//>
                ${!taken && html`<${FormTrouble} trouble=${form.trouble} />`}
                <${WorkButton} type="submit" working=${form.working}>${t(device ? 'devices.save' : 'devices.add')}<//>
            </form>
        <//>`;
}

function useSecondsLeft(until) {
    const left = () => Math.max(0, Math.ceil((Date.parse(until) - Date.now()) / 1000));
    const [seconds, setSeconds] = useState(left);
    useEffect(() => {
        const timer = setInterval(() => setSeconds(left()), 1000);
        return () => clearInterval(timer);
    }, [until]);
    return seconds;
}

/** Whether the code was used: the kiosk was paired since. */
function usePaired({ device }) {
    const [paired, setPaired] = useState(false);
    useEffect(() => {
        const look = async () => {
            const { items } = await get('devices', { limit: 200 });
            const now = items.find(({ id }) => id === device.id);
            if (now?.paired && now.paired_at !== device.paired_at) setPaired(true);
        };
        return repeat(() => look().catch(() => {}), LOOK_MS);
    }, [device.id]);
    return paired;
}

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

function CodeDialog({ made, onAgain, onClose }) {
    const seconds = useSecondsLeft(made.code_expires_at);
    const paired = usePaired(made);
    const address = new URL('kiosk', document.baseURI).href;
    return html`
        <${Dialog} title=${made.device.name} onClose=${onClose}>
            ${paired && html`<${Notice} kind="good">${t('devices.paired.now')}<//>`}
            ${!paired && seconds > 0 && html`
                <p>${t('devices.code.how')} <b class="address">${address}</b></p>
                <p class="device-code figures" data-code=${made.code}>${made.code}</p>
                <p class="quiet figures" role="timer">${t('devices.code.left', { time: minutes(seconds) })}</p>`}
            ${!paired && seconds === 0 && html`
                <${Notice} kind="warn">${t('devices.code.over')}<//>`}
            <div class="row actions">
                ${!paired && seconds === 0 && html`
                    <button class="button plain" onClick=${onAgain}>${t('devices.code.new')}</button>`}
                <button class="button" onClick=${onClose}>${t('app.close')}</button></div>
        <//>`;
}

function stateOf({ paired, last_seen_at: seen, code_expires_at: code }, now) {
    if (!paired && code && Date.parse(code) > now)
        return { look: 'late', icon: 'clock', text: t('devices.state.code', { time: clockTime(code) }) };
    if (!paired) return { look: '', icon: 'minus', text: t('devices.state.unpaired') };
    if (!seen) return { look: 'late', icon: 'clock', text: t('devices.state.paired') };
    const ago = now - Date.parse(seen);
    if (ago < LATELY_MS) return { look: 'present', icon: 'check', text: t('devices.state.here') };
    const text = t('devices.state.seen', { time: shortTime(seen) });
    return ago > LONG_MS ? { look: 'absent', icon: 'wifi-off', text } : { look: 'late', icon: 'clock', text };
}

const State = ({ device }) => {
    const { look, icon, text } = stateOf(device, Date.now());
    return html`<span class=${`chip figures ${look}`}><${Icon} name=${icon} />${text}</span>`;
};

const Entries = ({ entries: { accepted, refused, waiting } }) => html`
    <span class="figures">${accepted + refused ? t('devices.accepted', { n: number(accepted) }) : '–'}</span>
    ${refused > 0 && html`<br /><a class="figures" href=${addressOf('audit', { action: 'kiosk.entry_refused' })}>
        ${t('devices.refused', { n: number(refused) })}</a>`}
    ${waiting > 0 && html`<br /><span class="figures">${t('devices.unsettled', { n: number(waiting) })}</span>`}`;

const Do = ({ icon, label, onPress }) => html`
    <button class="tool" aria-label=${label} title=${label} onClick=${onPress}><${Icon} name=${icon} /></button>`;

const deviceColumns = (open) => [
    {
        name: t('devices.name'),
        cell: (device) => html`<b>${device.name}</b><span class="quiet small device-place">
            ${(device.room ?? device.course)?.name ?? t('devices.everybody')}</span>
            <span class="device-state"><${State} device=${device} /></span>`,
    },
    { name: t('devices.state'), class: 'wide-cell', cell: (device) => html`<${State} device=${device} />` },
    {
        name: t('devices.entries'),
        class: 'wide-cell',
        cell: ({ entries }) => html`<${Entries} entries=${entries} />`,
    },
    {
        name: t('devices.do'),
        class: 'do-cell',
        head: html`<span class="unseen">${t('devices.do')}</span>`,
        cell: (device) => html`
            <${Do} icon="key-round" label=${t('devices.code.of', device)} onPress=${() => open('code', device)} />
            <${Do} icon="pencil" label=${t('devices.change.of', device)} onPress=${() => open('form', device)} />
            <${Do} icon="trash-2" label=${t('devices.delete.of', device)} onPress=${() => open('delete', device)} />`,
    },
];

export function DevicesPage() {
    const list = useList((page) => get('devices', page), []);
    const [dialog, setDialog] = useState(null);
    const [made, setMade] = useState(null);
    useEffect(() => repeat(list.refresh, AGAIN_MS), []);
    const close = () => {
        setDialog(null);
        setMade(null);
        list.refresh();
    };
    const newCode = async ({ id }) => setMade(await post(`devices/${id}/code`));
    const open = (kind, device) => setDialog({ kind, device });
    function saved(answer) {
        if (answer.code) {
            setDialog(null);
            setMade(answer);
        } else {
            close();
            toast(t('app.saved'));
        }
    }
    const { kind, device } = dialog ?? {};
    const add = html`<button class="button" onClick=${() => open('form')}><${Icon} name="plus" />${t('devices.new')}</button>`;
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.devices')}<//>${list.total > 0 && add}</header>
            <${ListFrame} list=${list} icon="tablet" empty=${t('devices.none')} button=${add}>
                <${Table} label=${t('place.devices')} columns=${deviceColumns(open)} rows=${list.items} />
                <${Pager} list=${list} />
                <p class="tiny">${t('devices.waiting')}</p>
            <//>
            ${kind === 'form' && html`<${DeviceForm} device=${device} onDone=${saved} onClose=${close} />`}
            ${kind === 'code' && html`<${Confirm} title=${t('devices.code.of', device)} yes=${t('devices.code.new')}
                text=${t(device.paired ? 'devices.code.paired' : 'devices.code.text')}
                onYes=${() => newCode(device)} onClose=${() => setDialog(null)} />`}
            ${kind === 'delete' && html`<${Confirm} title=${t('devices.delete.of', device)} yes=${t('devices.delete')} danger
                text=${t('devices.delete.text')} onClose=${close}
                onYes=${async () => {
                    await remove(`devices/${device.id}`);
                    toast(t('devices.deleted', device));
                }} />`}
            ${made && html`<${CodeDialog} key=${made.code} made=${made} onClose=${close}
                onAgain=${() => newCode(made.device).catch(() => toast(t('trouble.ours'), { kind: 'warn' }))} />`}
        </div>`;
}

// What is to leave the house: mail and webhooks that wait, went out, or were given up.

const STATES = ['waiting', 'dead', 'sent', 'cancelled'];
const ICONS = { waiting: 'clock', dead: 'triangle-alert', sent: 'check', cancelled: 'x' };

const kindName = ({ kind }) => (hasText(`mail.kind.${kind}`) ? t(`mail.kind.${kind}`) : kind.replaceAll('_', ' '));

function Preview({ entry, onClose }) {
    const mail = useData(() => get(`outbox/${entry.id}/preview`));
    return html`
        <${Dialog} title=${kindName(entry)} onClose=${onClose} wide>
            <${DataFrame} of=${mail}>${(data) => html`
                <dl class="facts-list">
                    <dt>${t('mail.to')}</dt><dd>${data.to_name} ${data.to}</dd>
                    <dt>${t('mail.subject')}</dt><dd>${data.subject}</dd>
                    ${data.attachment && html`<dt>${t('mail.attachment')}</dt><dd>${data.attachment}</dd>`}
                </dl>
                <pre class="mail-text" tabindex="0">${data.text}</pre>`}<//>
        <//>`;
}

function Actions({ entry, onLook, onDone }) {
    const act = (what, said) => async () => {
        try {
            await post(`outbox/${entry.id}/${what}`);
            toast(t(said));
            onDone();
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
    };
    const again = entry.state === 'dead' || entry.state === 'cancelled';
    return html`<div class="row wrap">
        ${entry.channel === 'mail' &&
        html`<button class="link small" onClick=${() => onLook(entry)}>${t('mail.look')}</button>`}
        ${again && html`<button class="link small" onClick=${act('retry', 'mail.retried')}>${t('mail.retry')}</button>`}
        ${entry.state === 'waiting' &&
        html`<button class="link small" onClick=${act('cancel', 'mail.cancelled')}>${t('mail.cancel')}</button>`}</div>`;
}

/** What kept it here, in our words; the other server's own stand behind them. */
function whyOf(said) {
    if (/ 5\d\d /.test(said)) return 'mail.why.refused';
    return / 4\d\d /.test(said) ? 'mail.why.later' : 'mail.why.away';
}

const mailColumns = (onLook, onDone) => [
    {
        name: t('mail.what'),
        cell: (one) => html`<div class="row"><${Icon} name=${ICONS[one.state]} size="small" />
            <span><b>${kindName(one)}</b>
            <span class="quiet small block">${t(`mail.channel.${one.channel}`)}</span></span></div>`,
    },
    { name: t('mail.when'), class: 'figures', cell: (one) => shortTime(one.finished_at ?? one.due_at) },
    {
        name: t('mail.tries'),
        class: 'wide-cell',
        cell: (one) => html`<span class="figures">${one.attempts}</span>
            ${one.last_error &&
            html`<details class="quiet small details-cell"><summary>${t(whyOf(one.last_error))}</summary>
                <span lang="en">${one.last_error}</span></details>`}`,
    },
    { name: t('mail.do'), cell: (one) => html`<${Actions} entry=${one} onLook=${onLook} onDone=${onDone} />` },
];

function TryDialog({ user, onClose }) {
    const form = useForm(
        { address: user.email ?? '' },
        {
            send: async (values) => {
                await post('mail/test', values);
                toast(t('mail.try.done', { address: values.address }));
                onClose();
            },
        },
    );
    return html`
        <${Dialog} title=${t('mail.try')} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('address')} label=${t('mail.try.to')} type="email" />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('mail.try.button')}<//>
            </form>
        <//>`;
}

export function MailPage({ user, query }) {
    const [state, setState] = useState(STATES.includes(query.state) ? query.state : 'waiting');
    const [open, setOpen] = useState(null);
    const list = useList((page) => get('outbox', { ...page, state }), [state]);
    const choose = (wanted) => {
        setState(wanted);
        noteInAddress({ state: wanted });
    };
    const tabs = STATES.map((id) => ({ id, name: t(`mail.${id}`), count: id === state ? list.total : 0 }));
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.mail')}<//>
                <button class="button plain" onClick=${() => setOpen('try')}>
                    <${Icon} name="send" />${t('mail.try')}</button></header>
            <${Tabs} label=${t('place.mail')} tabs=${tabs} current=${state} onChange=${choose} />
            <${TabPanel} current=${state}>
                <${ListFrame} list=${list} icon="mail" empty=${t(`mail.empty.${state}`)}>
                    <${Table} label=${t(`mail.${state}`)} columns=${mailColumns(setOpen, list.refresh)} rows=${list.items} />
                    <${Pager} list=${list} />
                <//>
            <//>
            ${open === 'try' && html`<${TryDialog} user=${user} onClose=${() => setOpen(null)} />`}
            ${open?.id && html`<${Preview} entry=${open} onClose=${() => setOpen(null)} />`}
        </div>`;
}

// The log of changes, and whether anybody has touched it.

/** "user.create" in words, as far as there are words for its two halves. */
function actionName(action) {
    const [thing, ...rest] = action.split('.');
    const verb = rest.join('.');
    if (hasText(`audit.${action}`)) return t(`audit.${action}`);
    const name = hasText(`audit.thing.${thing}`) ? t(`audit.thing.${thing}`) : thing;
    return hasText(`audit.verb.${verb}`) ? `${name}: ${t(`audit.verb.${verb}`)}` : name;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** A value in words: a status, a role, a day, or what it was and became. */
function said(value) {
    if (value === null) return '–';
    if (typeof value === 'object') return 'to' in value ? `${said(value.from)} → ${said(value.to)}` : '';
    if (DAY.test(value)) return dayName(value);
    const key = [`status.${value}`, `people.role.${value}`].find(hasText);
    return key ? t(key) : value;
}

/** Ids and the like say nothing to people: what there are words for is told. */
const detailsOf = (details) =>
    Object.entries(details ?? {})
        .filter(([name, value]) => hasText(`audit.detail.${name}`) && said(value) !== '')
        .map(([name, value]) => t(`audit.detail.${name}`, { value: said(value) }))
        .join(', ');

// Whose subject is an account; the others' is a mark, a session or the like.
const OF_PEOPLE = /^(user|faces|consent|password|pin|calendar|mail|attendance\.(mark|correct|not_me))\b/;

/** {id: name} of who stands in the entries, as those who did it or those it was about. */
function useNames(entries) {
    const [names, setNames] = useState({});
    const about = entries.flatMap(({ actor_id: actor, action, subject }) => [actor, OF_PEOPLE.test(action) && subject]);
    const missing = [...new Set(about)].filter((id) => id && !(id in names));
    useEffect(() => {
        if (missing.length === 0) return;
        const asked = missing.map(async (id) => [id, (await get(`users/${id}`).catch(() => ({}))).name]);
        Promise.all(asked).then((found) => setNames((now) => ({ ...now, ...Object.fromEntries(found) })));
    }, [missing.join()]);
    return names;
}

const nameIn = (names, id) => (id in names ? (names[id] ?? t('audit.somebody')) : '…');

/** Whom it is about, where somebody else did it, and what there is to say of it. */
function aboutOf(one, names) {
    const isOther = OF_PEOPLE.test(one.action) && one.subject && one.subject !== one.actor_id;
    return [isOther && nameIn(names, one.subject), detailsOf(one.details)].filter(Boolean).join(' · ');
}

const auditColumns = (names) => [
    { name: t('audit.when'), class: 'figures', cell: (one) => shortTime(one.happened_at) },
    { name: t('audit.who'), cell: (one) => (one.actor_id ? nameIn(names, one.actor_id) : t('audit.program')) },
    { name: t('audit.what'), cell: (one) => html`<b>${actionName(one.action)}</b>` },
    { name: t('audit.details'), class: 'wide-cell quiet small details-cell', cell: (one) => aboutOf(one, names) },
];

const Report = ({ report }) => html`
    <${Notice} kind=${report.sound ? 'good' : 'bad'}>
        ${t(report.sound ? 'audit.sound' : 'audit.unsound', { n: number(report.entries) })}
        ${report.findings.map((finding) => html`<p class="small" key=${finding}>${finding}</p>`)}
        ${report.hash && html`<p class="tiny hash">${t('audit.head')} ${report.hash}</p>`}<//>`;

function Verify() {
    const [state, setState] = useState({});
    async function verify() {
        setState({ working: true });
        try {
            setState({ report: await get('audit/verify') });
        } catch (trouble) {
            setState({ trouble });
        }
    }
    return html`
        <div class="card stack">
            <div class="row wrap"><p class="grow quiet">${t('audit.text')}</p>
                <${WorkButton} class="button" working=${state.working} onClick=${verify}>
                    <${Icon} name="shield-check" />${t('audit.verify')}<//></div>
            ${state.report && html`<${Report} report=${state.report} />`}
            ${state.trouble && html`<${Trouble} trouble=${state.trouble} onRetry=${verify} />`}
        </div>`;
}

export function AuditPage({ query: { action } }) {
    const [person, setPerson] = useState(null);
    const list = useList(
        (page) => get('audit', { ...page, action, actor_id: person?.id }),
        [action, person?.id],
    );
    const names = useNames(list.items);
    return html`
        <div class="page">
            <${Title}>${t('place.audit')}<//>
            <${Verify} />
            <div class="filter">
                <${PersonPicker} name="actor" label=${t('audit.only')} onPick=${setPerson} />
                ${person &&
                html`<button class="button plain" onClick=${() => setPerson(null)}>
                    ${person.name}<${Icon} name="x" /></button>`}
                ${action && html`<a class="button plain" href="#/audit">${actionName(action)}<${Icon} name="x" /></a>`}
            </div>
            <${ListFrame} list=${list} icon="scroll-text" empty=${t('audit.empty')}>
                <${Table} label=${t('place.audit')} columns=${auditColumns(names)} rows=${list.items}
                    keyOf=${(one) => one.sequence} />
                <${Pager} list=${list} />
            <//>
        </div>`;
}

// How the installation is doing: what works, what waits, how much room there is, what goes next.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const DAY_S = 86_400;
// A nightly backup may be late by some hours; less room than this fills in a bad week.
const BACKUP_LATE_S = 2 * DAY_S;
const ROOM_LITTLE = 2e9;

/** Bytes in the largest unit that leaves a number above one. */
function bytesText(bytes) {
    const step = bytes > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
    return `${number(bytes / 1000 ** step, step > 2 ? 1 : 0)}\u00a0${UNITS[step]}`;
}

const room = (bytes) => (bytes === null ? null : { text: t('health.room', { size: bytesText(bytes) }), well: bytes > ROOM_LITTLE });

function backupLine({ last_at: at, age_seconds: age }) {
    if (!at) return { text: t('health.backup.none'), well: false };
    return { text: t('health.backup.last', { when: shortTime(at) }), well: age < BACKUP_LATE_S };
}

/** [{name, lines: [{text, well}]}]: a part is well when all of its lines are. */
function partsOf({ database, images, faces, mail, backup, audit }) {
    const well = (text, good = true) => ({ text, well: good });
    return [
        {
            name: t('health.database'),
            lines: [
                well(t('health.database.text', { engine: database.engine, ms: number(database.answer_ms, 1), schema: database.schema })),
                room(database.free_bytes),
            ],
        },
        {
            name: t('health.faces'),
            lines: [
                faces.state === 'ok'
                    ? well(t('health.faces.text', { people: number(faces.people), photos: number(faces.photos) }))
                    : well(t('health.faces.off', { reason: faces.reason ?? '' }), false),
            ],
        },
        {
            name: t('health.images'),
            lines: images.kept
                ? [
                      well(
                          t(images.store === 'ok' ? 'health.images.text' : 'health.images.away', { n: number(images.count), size: bytesText(images.bytes) }),
                          images.store === 'ok',
                      ),
                      room(images.free_bytes),
                  ]
                : [well(t('health.images.none'))],
        },
        {
            name: t('health.mail'),
            href: '#/mail?state=dead',
            lines: mail.configured
                ? [well(t('health.mail.text', { waiting: number(mail.waiting), failed: number(mail.failed) }), mail.failed === 0)]
                : [well(t('health.mail.none'), false)],
        },
        { name: t('health.backup'), lines: [backupLine(backup)] },
        {
            name: t('health.audit'),
            href: '#/audit',
            lines: [well(t('health.audit.text', { n: number(audit.entries), pending: number(audit.pending) }))],
        },
    ];
}

function Part({ name, href, lines }) {
    const said = lines.filter(Boolean);
    const good = said.every((line) => line.well);
    return html`
        <li class="card stack close">
            <h2 class="row"><span class=${`sign-small ${good ? 'good' : 'warn'}`}>
                <${Icon} name=${good ? 'check' : 'triangle-alert'} size="small" /></span>
                ${href ? html`<a href=${href}>${name}</a>` : name}
                <span class="unseen">${t(good ? 'health.good' : 'health.look')}</span></h2>
            ${said.map(({ text, well }) => html`<p class=${`small ${well ? 'quiet' : 'bad-line'}`} key=${text}>${text}</p>`)}
        </li>`;
}

const GOING = ['mark_pictures', 'reviews', 'audit_entries', 'people'];

const Next = ({ retention }) => html`
    <section class="card stack close">
        <h2>${t('health.next')}</h2>
        <p class="quiet small">${retention.last_run_at
            ? t('health.next.last', { when: shortTime(retention.last_run_at) })
            : t('health.next.never')} <a href="#/settings?tab=retention">${t('health.next.change')}</a></p>
        <ul>${GOING.map(
            (name) => html`<li key=${name} class="small figures">
                ${t(`health.next.${name}`, { n: retention.next[name] })}</li>`,
        )}</ul>
    </section>`;

const COUNTS = ['people', 'courses', 'marks', 'groups'];

export function HealthPage() {
    const status = useData(() => get('system/status'));
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.health')}<//>
                <button class="button plain icon-only" aria-label=${t('health.refresh')} onClick=${status.refresh}>
                    <${Icon} name="refresh-cw" /></button></header>
            <${DataFrame} of=${status}>${(data) => html`
                <${Numbers} items=${COUNTS.map((name) => ({ name: t(`health.count.${name}`), value: number(data.counts[name]) }))} />
                <ul class="cards">${partsOf(data).map((part) => html`<${Part} key=${part.name} ...${part} />`)}</ul>
                <${Next} retention=${data.retention} />
                <p class="tiny">Presente ${data.version} · ${shortTime(data.time)}</p>`}<//>
        </div>`;
}
