// Moving a session, cancelling it, a note to those who come, and settling who has no mark.
import { get, patch, post } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { dayName, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { Field, SelectField, TextField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Notice, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const ROOMS_MAX = 1000;
const FIELDS = ['day', 'start_time', 'end_time', 'room_id', 'title', 'note'];

const everything = async (id) => {
    const [session, rooms] = await Promise.all([get(`sessions/${id}`), get('rooms', { limit: ROOMS_MAX })]);
    return { session, rooms: rooms.items };
};

/** Only what was changed; an empty text takes away what was there. */
function changesOf(before, now) {
    const changed = FIELDS.filter((name) => (now[name] || null) !== (before[name] || null));
    return Object.fromEntries(changed.map((name) => [name, now[name] || null]));
}

const Conflicts = ({ of: list }) => html`
    <${Notice} kind="warn">${t('session.conflicts')}
        <ul>${list.map(
            (one) => html`<li key=${one.kind + one.name}>${one.name}: ${one.other_course_name}</li>`,
        )}</ul><//>`;

function MoveForm({ session, rooms, onDone, onClose }) {
    const [conflicts, setConflicts] = useState([]);
    const form = useForm(session, {
        check: ({ day, start_time: from, end_time: to }) => ({
            ...(day ? {} : { day: t('field.required') }),
            ...(from && to && from < to ? {} : { end_time: t('session.end.wrong') }),
        }),
        send: async (values) => {
            const answer = await patch(`sessions/${session.id}`, changesOf(session, values));
            onDone();
            toast(t('app.saved'));
            if (answer.conflicts?.length) setConflicts(answer.conflicts);
            else onClose();
        },
    });
    return html`
        <form class="form" ...${form.form}>
            ${conflicts.length > 0 && html`<${Conflicts} of=${conflicts} />`}
            <${Field} ...${form.field('day')} type="date" label=${t('column.day')} />
            <div class="form-two">
                <${Field} ...${form.field('start_time')} type="time" label=${t('session.from')} />
                <${Field} ...${form.field('end_time')} type="time" label=${t('session.to')} />
            </div>
            <${SelectField} ...${form.field('room_id')} label=${t('session.room')}>
                <option value="">${t('session.room.none')}</option>
                ${rooms.map(({ id, name }) => html`<option key=${id} value=${id}>${name}</option>`)}
            <//>
            <${Field} ...${form.field('title')} label=${t('session.title')} maxlength="200" />
            <${TextField} ...${form.field('note')} label=${t('session.note')} hint=${t('session.note.hint')}
                rows="2" maxlength="500" />
            <${FormTrouble} trouble=${form.trouble} />
            <${WorkButton} type="submit" working=${form.working}>${t('app.save')}<//>
        </form>`;
}

function Others({ session, state, onDone, onClose }) {
    const [asked, setAsked] = useState(null);
    const cancelled = session.state === 'cancelled';
    const actions = {
        cancel: () => patch(`sessions/${session.id}`, { state: cancelled ? 'planned' : 'cancelled' }),
        close: () => post(`sessions/${session.id}/close`),
    };
    async function act() {
        await actions[asked]();
        toast(t('app.saved'));
        onDone();
        onClose();
    }
    const word = asked === 'cancel' && cancelled ? 'restore' : asked;
    return html`
        <div class="row wrap">
            ${state === 'after' &&
            html`<button class="button plain" onClick=${() => setAsked('close')}>${t('session.close')}</button>`}
            <button class="button plain" onClick=${() => setAsked('cancel')}>
                ${t(cancelled ? 'session.restore' : 'session.cancel')}</button>
        </div>
        ${asked &&
        html`<${Confirm} title=${t(`session.${word}`)} text=${t(`session.${word}.text`)} yes=${t(`session.${word}.yes`)}
            danger=${word === 'cancel'} onYes=${act} onClose=${() => setAsked(null)} />`}`;
}

/** `onDone()` after each change. */
export function ChangeDialog({ id, state, onDone, onClose }) {
    const all = useData(() => everything(id), [id]);
    return html`
        <${Dialog} title=${t('session.change')} onClose=${onClose}>
            <${DataFrame} of=${all}>${({ session, rooms }) => html`
                <p class="quiet">${session.course_name} · ${dayName(session.day)}</p>
                <${MoveForm} ...${{ session, rooms, onDone, onClose }} />
                <${Others} ...${{ session, state, onDone, onClose }} />`}<//>
        <//>`;
}
