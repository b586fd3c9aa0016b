// Other systems that are told of marks and corrections.
import { get, patch, post, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { CheckField, Field } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Empty, Icon, Notice, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const EVENTS = ['attendance.marked', 'attendance.corrected', 'session.closed', 'dispute.opened', 'dispute.settled'];

/** The secret is told once: afterwards only who checks signatures knows it. */
const Secret = ({ secret }) => html`
    <${Notice} kind="good">${t('webhook.secret')}
        <p><code class="secret">${secret}</code></p><//>`;

function AddDialog({ onDone, onClose }) {
    const [secret, setSecret] = useState(null);
    const form = useForm(
        { url: '', events: EVENTS.slice(0, 2) },
        {
            check: ({ url, events }) => ({
                ...(/^https?:\/\/\S+$/.test(url) ? {} : { url: t('webhook.url.wrong') }),
                ...(events.length ? {} : { events: t('field.required') }),
            }),
            send: async (values) => {
                setSecret((await post('webhooks', values)).secret);
                onDone();
            },
        },
    );
    const choose = (event) => (wanted) =>
        form.set({ events: EVENTS.filter((one) => (one === event ? wanted : form.values.events.includes(one))) });
    return html`
        <${Dialog} title=${t('webhook.new')} onClose=${onClose}>
            ${secret
                ? html`<${Secret} secret=${secret} />`
                : html`<form class="form" ...${form.form}>
                      <${Field} ...${form.field('url')} type="url" label=${t('webhook.url')} hint=${t('webhook.url.hint')} />
                      <fieldset class="field"><legend>${t('webhook.events')}</legend>${EVENTS.map(
                          (event) => html`<${CheckField} key=${event} name=${event} label=${t(`webhook.${event}`)}
                              checked=${form.values.events.includes(event)} onChange=${choose(event)} />`,
                      )}</fieldset>
                      <${FormTrouble} trouble=${form.trouble} />
                      <${WorkButton} type="submit" working=${form.working}>${t('webhook.new')}<//>
                  </form>`}
        <//>`;
}

function Webhook({ webhook, onDone, onDelete }) {
    const act = (work, said) => async () => {
        try {
            await work();
            toast(t(said));
            onDone();
        } catch {
            toast(t('trouble.ours'), { kind: 'warn' });
        }
    };
    const path = `webhooks/${webhook.id}`;
    return html`
        <li class="card row wrap">
            <div class="grow stack close"><b class="address">${webhook.url}</b>
                <span class="quiet small">${webhook.events.map((event) => t(`webhook.${event}`)).join(' · ')}</span></div>
            <${CheckField} name=${`active-${webhook.id}`} label=${t('webhook.active')} checked=${webhook.active}
                onChange=${(active) => act(() => patch(path, { active }), 'app.saved')()} />
            <button class="button plain small" onClick=${act(() => post(`${path}/test`, {}), 'webhook.tested')}>${t('webhook.test')}</button>
            <button class="button plain small icon-only" aria-label=${t('webhook.delete')} onClick=${() => onDelete(webhook)}>
                <${Icon} name="trash-2" /></button>
        </li>`;
}

export function Webhooks() {
    const webhooks = useData(() => get('webhooks'));
    const [open, setOpen] = useState(null);
    const close = () => setOpen(null);
    const add = html`<button class="button" onClick=${() => setOpen('new')}><${Icon} name="plus" />${t('webhook.new')}</button>`;
    return html`
        <${DataFrame} of=${webhooks}>${({ items }) =>
            items.length === 0
                ? html`<${Empty} icon="link" text=${t('webhook.empty')}>${add}<//>`
                : html`<ul class="stack">${items.map(
                      (one) => html`<${Webhook} key=${one.id} webhook=${one} onDone=${webhooks.refresh} onDelete=${setOpen} />`,
                  )}</ul><div>${add}</div>`}<//>
        ${open === 'new' && html`<${AddDialog} onDone=${webhooks.refresh} onClose=${close} />`}
        ${open?.id &&
        html`<${Confirm} title=${t('webhook.delete')} text=${open.url} yes=${t('webhook.delete')} danger onClose=${close}
            onYes=${() => remove(`webhooks/${open.id}`).then(webhooks.refresh)} />`}`;
}
