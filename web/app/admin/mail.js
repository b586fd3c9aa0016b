// What is to leave the house: mail and webhooks that wait, went out, or were given up.
import { get, post, troubleText } from '../base/api.js';
import { hasText, html, noteInAddress, shortTime, t, useState } from '../base/page.js';
import { Dialog, Field, FormTrouble, useForm } from '../ui/form.js';
import { DataFrame, ListFrame, Pager, Table, useData, useList } from '../ui/list.js';
import { Icon, TabPanel, Tabs, Title, toast, WorkButton } from '../ui/parts.js';

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
