// A list of things with a name that are added, changed and deleted in dialogs: groups, subjects, rooms,
// terms, holidays.
import { get, patch, post, remove } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { ListFrame, Pager, useList } from '../ui/list.js';
import { Icon, Title, WorkButton } from '../ui/parts.js';
import { SearchField, useSettled } from '../ui/search.js';
import { Table } from '../ui/table.js';
import { toast } from '../ui/toast.js';

/**
 * A kind: {path, icon, columns, Fields, first, bodyOf(values), check(values), dependants(row), told(answer),
 * page(row), ask(values)}; its words are "PATH.new" and so on. `Fields` gets {form, row}.
 */
function EditDialog({ kind, row, onDone, onClose }) {
    const { Fields } = kind;
    const form = useForm(row ?? { name: '', ...kind.first }, {
        check: (values) => ({
            ...(values.name.trim() ? {} : { name: t('field.required') }),
            ...kind.check?.(values),
        }),
        send: async (values) => {
            const body = { name: values.name, ...kind.bodyOf?.(values) };
            const answer = row ? await patch(`${kind.path}/${row.id}`, body) : await post(kind.path, body);
            toast(kind.told?.(answer) || t('app.saved'));
            onDone(answer);
        },
    });
    return html`
        <${Dialog} title=${row?.name ?? t(`${kind.path}.new`)} onClose=${onClose}>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('name')} label=${t('catalogue.name')} autocomplete="off" />
                ${Fields && html`<${Fields} form=${form} row=${row} />`}
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working}>${t('app.save')}<//>
            </form>
        <//>`;
}

/** Names what depends on it first: {names, note}; with names it cannot be deleted. */
function DeleteDialog({ kind, row, onDone, onClose }) {
    const found = useData(async () => (await kind.dependants?.(row)) ?? { names: [] });
    const title = t('catalogue.delete.title', { name: row.name });
    if (!found.data) return html`<${Dialog} title=${title} onClose=${onClose}><${DataFrame} of=${found} /><//>`;
    const { names, note } = found.data;
    if (names.length === 0)
        return html`<${Confirm} title=${title} text=${note ?? t('catalogue.delete.text')} danger
            yes=${t('catalogue.delete')}
            onClose=${onClose} onYes=${() => remove(`${kind.path}/${row.id}`).then(onDone)} />`;
    return html`
        <${Dialog} title=${title} onClose=${onClose}>
            <p>${t('catalogue.used')}</p>
            <ul class="each">${names.map((name) => html`<li class="row" key=${name}>${name}</li>`)}</ul>
            <div class="row actions"><button class="button" onClick=${onClose}>${t('app.close')}</button></div>
        <//>`;
}

export function Dialogs({ kind, open, onDone, onClose }) {
    if (!open) return null;
    const View = open.remove ? DeleteDialog : EditDialog;
    return html`<${View} kind=${kind} row=${open.remove ?? open.row} onDone=${onDone} onClose=${onClose} />`;
}

function columnsOf(kind, setOpen) {
    const name = (row) =>
        kind.page
            ? html`<a href=${`#/${kind.page(row)}`}><b>${row.name}</b></a>`
            : html`<button class="link named" onClick=${() => setOpen({ row })}>${row.name}</button>`;
    const tool = (row, key, icon, open) => html`
        <button class="tool" aria-label=${t(key, { name: row.name })}
            onClick=${() => setOpen(open)}><${Icon} name=${icon} size="small" /></button>`;
    return [
        { name: t('catalogue.name'), cell: name },
        ...(kind.columns?.() ?? []),
        {
            name: t('catalogue.do'),
            class: 'do-cell',
            head: html`<span class="unseen">${t('catalogue.do')}</span>`,
            cell: (row) => html`
                ${tool(row, 'catalogue.edit', 'pencil', { row })}
                ${tool(row, 'catalogue.delete.it', 'trash-2', { remove: row })}`,
        },
    ];
}

/** `part`: it stands within a page of something else. */
export function Catalogue({ kind, part, search = true }) {
    const [text, setText] = useState('');
    const [open, setOpen] = useState(null);
    const q = useSettled(text.trim());
    const ask = kind.ask ?? ((values) => get(kind.path, values));
    const list = useList((page) => ask({ q, ...page }), [q, kind.path]);
    const add = html`<button class="button" onClick=${() => setOpen({})}><${Icon}
        name="plus" />${t(`${kind.path}.new`)}</button>`;
    function done() {
        setOpen(null);
        list.refresh();
    }
    return html`
        <div class="page">
            <header class="page-head">
                ${part ? html`<h2
                    class="grow">${part}</h2>` : html`<${Title}>${t(`place.${kind.path}`)}<//>`}${add}</header>
            ${search && (text || list.total > 8) && html`<${SearchField} value=${text} onInput=${setText} />`}
            <${ListFrame} list=${list} icon=${kind.icon}
                empty=${t(q ? 'app.nothing-found' : `${kind.path}.empty`)}>
                <${Table} label=${part ?? t(`place.${kind.path}`)} rows=${list.items}
                    columns=${columnsOf(kind, setOpen)} />
                <${Pager} list=${list} /><//>
            <${Dialogs} kind=${kind} open=${open} onDone=${done} onClose=${() => setOpen(null)} />
        </div>`;
}
