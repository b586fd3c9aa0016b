// Kiosks: adding one and pairing it by a code, which room or course it marks in, when it was seen,
// and what it handed in after it had been without the server.
import { get, patch, post, remove, repeat } from '../base/api.js';
import {
    addressOf, clockTime, html, number, shortTime, t, useEffect, useState,
} from '../base/page.js';
import { Confirm, Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';
import { ListFrame, Pager, Table, useList } from '../ui/list.js';
import { Icon, Notice, Title, toast, WorkButton } from '../ui/parts.js';
import { useAll } from './people.js';

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
