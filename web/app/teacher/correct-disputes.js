// Marks that students say are wrong: read, then accepted or left as they are, with an answer.
import { get, post } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { noteInAddress } from '../base/router.js';
import { dayName, shortTime, t } from '../base/text.js';
import { waitingChanged } from '../base/waiting.js';
import { Dialog } from '../ui/dialog.js';
import { SelectField, TextField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Avatar, StatusChip, Title, WorkButton } from '../ui/parts.js';
import { TabPanel, Tabs } from '../ui/tabs.js';
import { toast } from '../ui/toast.js';
import { dotted } from './session-parts.js';

const ANSWER_MAX = 500;
const BECOMES = ['present', 'late', 'excused'];

const About = ({ dispute }) => html`
    <div class="row wrap"><${StatusChip} status=${dispute.status} />
        <span class="quiet small figures">${dotted(dispute.course_name, dayName(dispute.day))}</span></div>
    ${dispute.message && html`<blockquote>${dispute.message}</blockquote>`}`;

/** Says yes with what the mark becomes, or no, each with a sentence. */
export function AnswerDialog({ dispute, onDone, onClose }) {
    const form = useForm(
        { status: 'present', answer: '', accept: true },
        {
            check: ({ answer }) => (answer.trim() ? {} : { answer: t('dispute.answer.missing') }),
            send: async ({ accept, status, answer }) => {
                const becomes = accept ? { status } : {};
                await post(`disputes/${dispute.id}/answer`, { accept, answer: answer.trim(), ...becomes });
                toast(t(accept ? 'dispute.done.accepted' : 'dispute.done.rejected'));
                waitingChanged();
                onDone();
                onClose();
            },
        },
    );
    const send = (accept) => form.submit({ ...form.values, accept });
    return html`
        <${Dialog} title=${dispute.user_name ?? t('today.gone')} onClose=${onClose}>
            <${About} dispute=${dispute} />
            <form class="form" ...${form.form}>
                <${TextField} ...${form.field('answer')} rows="3" maxlength=${ANSWER_MAX}
                    label=${t('dispute.answer')} hint=${t('dispute.answer.hint')} />
                <${SelectField} ...${form.field('status')} label=${t('dispute.becomes')}>
                    ${BECOMES.map(
                        (status) => html`<option key=${status} value=${status}>${t(`status.${status}`)}</option>`,
                    )}
                <//>
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    <button type="button" class="button plain" disabled=${form.working}
                        onClick=${() => send(false)}>${t('dispute.reject')}</button>
                    <${WorkButton} type="button" class="button" working=${form.working}
                        onClick=${() => send(true)}>${t('dispute.accept')}<//>
                </div>
            </form>
        <//>`;
}

/** Those of one session, in the panel beside its register. */
export const DisputesPanel = ({ disputes, onOpen }) =>
    disputes.length > 0 &&
    html`<section class="card stack" aria-labelledby="said-wrong">
        <h2 id="said-wrong">${t('dispute.here')}</h2>
        <ul class="stack">${disputes.map(
            (dispute) => html`<li class="row" key=${dispute.id}>
                <div class="grow small"><b>${dispute.user_name}</b><div class="quiet">${dispute.message}</div></div>
                <button class="button plain small" onClick=${() => onOpen(dispute)}>${t('dispute.read')}</button></li>`,
        )}</ul>
    </section>`;

const Row = ({ dispute, onOpen }) => html`
    <li class="card stack">
        <div class="row">
            <${Avatar} name=${dispute.user_name} />
            <div class="grow"><h2>${dispute.user_name ?? t('today.gone')}</h2>
                <span class="tiny figures">${shortTime(dispute.created_at)}</span></div>
            ${dispute.state === 'open' &&
            html`<button class="button" onClick=${() => onOpen(dispute)}>${t('dispute.read')}</button>`}
        </div>
        <${About} dispute=${dispute} />
        ${dispute.state !== 'open' &&
        html`<p class="small quiet">${t(`dispute.was.${dispute.state}`)}
            ${dispute.answer && html` “${dispute.answer}” ${dispute.answered_by_name}`}</p>`}
    </li>`;

const STATES = ['open', 'accepted', 'rejected'];

export function DisputesPage({ query }) {
    const [state, setState] = useState(STATES.includes(query.state) ? query.state : 'open');
    const [open, setOpen] = useState(null);
    const list = useList((page) => get('disputes', { state, ...page }), [state]);
    const waiting = state === 'open' ? list.total : 0;
    const tabs = STATES.map((id) => ({
        id,
        name: t(`dispute.state.${id}`),
        count: id === 'open' ? waiting : 0,
    }));
    function show(id) {
        setState(id);
        noteInAddress({ state: id });
    }
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.disputes')}<//></header>
            <${Tabs} label=${t('place.disputes')} tabs=${tabs} current=${state} onChange=${show} />
            <${TabPanel} current=${state}>
                <${ListFrame} list=${list} icon="message-circle" empty=${t(`dispute.none.${state}`)}
                    button=${html`<a class="button plain" href="#/live">${t('place.live')}</a>`}>
                    <ul class="stack">${list.items.map(
                        (dispute) => html`<${Row} key=${dispute.id} dispute=${dispute} onOpen=${setOpen} />`,
                    )}</ul>
                    <${Pager} list=${list} />
                <//>
            <//>
            ${open && html`<${AnswerDialog} dispute=${open} onDone=${list.refresh} onClose=${() => setOpen(null)} />`}
        </div>`;
}
