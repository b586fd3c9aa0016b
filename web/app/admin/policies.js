// Statuses of the site's own beside the four: a name, a short code, which of the four it is a kind
// of, and what it is worth.
import { get, patch, post, put, remove, troubleText } from '../base/api.js';
import { html, number, percent, t, useState } from '../base/page.js';
import { ListFrame, useList } from '../ui/list.js';
import { Confirm, Dialog, Field, FormTrouble, SelectField, useForm } from '../ui/form.js';
import { Icon, Title, toast, WorkButton } from '../ui/parts.js';

const KINDS = ['present', 'late', 'absent', 'excused'];

/** Points as they were written: none means what its kind is worth. */
function points(written) {
    const text = String(written ?? '').trim();
    return text === '' ? null : Math.min(1, Math.max(0, Number(text.replace(',', '.')) || 0));
}

const statusOf = (status) => ({ ...status, points: points(status.points) });

function Row({ status, index, onChange, onRemove }) {
    const set = (change) => onChange({ ...status, ...change });
    const name = (what) => `status-${index}-${what}`;
    return html`
        <li class="form-four">
            <${Field} name=${name('name')} label=${t('status.name')} value=${status.name} onInput=${({ target }) => set({ name: target.value })} />
            <${Field} name=${name('code')} label=${t('status.code')} value=${status.code} maxlength="12"
                onInput=${({ target }) => set({ code: target.value })} />
            <${SelectField} name=${name('kind')} label=${t('status.kind')} value=${status.kind} onInput=${({ target }) => set({ kind: target.value })}>
                ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`status.${kind}`)}</option>`)}<//>
            <div class="row"><div class="grow"><${Field} name=${name('points')} label=${t('status.points')} inputmode="decimal"
                    value=${status.points ?? ''} onInput=${({ target }) => set({ points: target.value })} /></div>
                <button type="button" class="tool" aria-label=${t('status.remove', { name: status.name })} onClick=${onRemove}>
                    <${Icon} name="trash-2" /></button></div>
        </li>`;
}

function Statuses({ statuses, onChange }) {
    const replace = (index, status) => onChange(statuses.map((one, i) => (i === index ? status : one)));
    return html`
        <fieldset class="stack"><legend><h3>${t('policy.statuses')}</h3></legend>
            <p class="quiet small">${t('policy.statuses.hint')}</p>
            <ul class="stack">${statuses.map(
                (status, i) => html`<${Row} key=${i} index=${i} status=${status} onChange=${(one) => replace(i, one)}
                    onRemove=${() => onChange(statuses.filter((_, at) => at !== i))} />`,
            )}</ul>
            <div><button type="button" class="button plain small"
                onClick=${() => onChange([...statuses, { code: '', name: '', kind: 'late', points: null }])}>
                <${Icon} name="plus" size="small" />${t('status.add')}</button></div>
        </fieldset>`;
}

// Rules of courses: when a mark counts as what, what happens to who has none, and how the share is
// reckoned. A timeline shows what the numbers mean.

const MINUTE_S = 60;
// What new rules begin with: those of a lesson that is used to people coming late.
const FIRST = {
    opens_before: 900,
    present_until: 600,
    late_until: 1800,
    closes_after: 0,
    unmarked: 'absent',
    excused: 'out',
    late_worth: 0.5,
    drop_worst: 0,
    basis: 'past',
    required_share: 0.8,
    warning_share: 0.85,
    warning_absences: 3,
    challenge: 'doubt',
    search: 'roster',
    statuses: [],
};
const MINUTES = ['opens_before', 'present_until', 'late_until', 'closes_after'];
const SHARES = ['required_share', 'warning_share', 'late_worth'];
const WHOLE = ['drop_worst', 'warning_absences'];
const CHOICES = {
    unmarked: ['absent', 'excused', 'open'],
    excused: ['out', 'present', 'absent'],
    basis: ['past', 'term'],
    challenge: ['never', 'doubt', 'always'],
    search: ['roster', 'institution'],
};

/** Seconds and shares as people write them: minutes and hundredths; and back. */
function shown(rules) {
    const values = { ...FIRST, ...rules };
    for (const name of MINUTES) values[name] = Math.round(values[name] / MINUTE_S);
    for (const name of SHARES) values[name] = Math.round(values[name] * 100);
    return values;
}

function sent(values) {
    const rules = { statuses: values.statuses.map(statusOf) };
    for (const name of MINUTES) rules[name] = Number(values[name]) * MINUTE_S;
    for (const name of SHARES) rules[name] = Number(values[name]) / 100;
    for (const name of WHOLE) rules[name] = Number(values[name]);
    for (const name of Object.keys(CHOICES)) rules[name] = values[name];
    return rules;
}

/** Before – present – late – closed, in proportion, with the minutes under it. */
function Timeline({ values }) {
    const [before, present, late] = MINUTES.map((name) => Math.max(0, Number(values[name]) || 0));
    const whole = Math.max(1, before + Math.max(present, late));
    const x = (minutes) => ((before + minutes) / whole) * 100;
    const parts = [
        ['present', 0, x(present)],
        ['late', x(present), x(Math.max(present, late)) - x(present)],
    ];
    return html`
        <div class="timeline">
            <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                ${parts.map(([status, at, width]) => html`<rect class=${status} key=${status} x=${at} width=${Math.max(0, width)} height="8" />`)}
                <line x1=${x(0)} x2=${x(0)} y1="0" y2="8" /></svg>
            <p class="quiet small">${t('policy.timeline', { before, present, late: Math.max(present, late) })}</p>
        </div>`;
}

const NumberField = ({ form, name }) => html`
    <${Field} ...${form.field(name)} type="number" min="0" inputmode="numeric" label=${t(`policy.${name}`)} />`;

const ChoiceField = ({ form, name }) => html`
    <${SelectField} ...${form.field(name)} label=${t(`policy.${name}`)}>${CHOICES[name].map(
        (one) => html`<option key=${one} value=${one}>${t(`policy.${name}.${one}`)}</option>`,
    )}<//>`;

function PolicyDialog({ policy, onDone, onClose }) {
    const form = useForm(
        { name: policy?.name ?? '', ...shown(policy?.rules) },
        {
            check: ({ name }) => (name.trim() ? {} : { name: t('field.required') }),
            send: async ({ name, ...values }) => {
                const body = { name: name.trim(), rules: sent(values) };
                await (policy ? patch(`policies/${policy.id}`, body) : post('policies', body));
                toast(t('app.saved'));
                onDone();
            },
        },
    );
    const numbers = (names) => names.map((name) => html`<${NumberField} key=${name} form=${form} name=${name} />`);
    const choices = (...names) => names.map((name) => html`<${ChoiceField} key=${name} form=${form} name=${name} />`);
    return html`
        <${Dialog} title=${policy?.name ?? t('policy.new')} onClose=${onClose} wide>
            <form class="form" ...${form.form}>
                <${Field} ...${form.field('name')} label=${t('policy.name')} autocomplete="off" />
                <fieldset class="stack"><legend><h3>${t('policy.when')}</h3></legend>
                    <${Timeline} values=${form.values} />
                    <div class="form-four">${numbers(MINUTES)}</div>
                    <div class="form-two">${choices('unmarked', 'challenge', 'search')}</div></fieldset>
                <fieldset class="stack"><legend><h3>${t('policy.reckoning')}</h3></legend>
                    <div class="form-four">${numbers([...SHARES, ...WHOLE])}</div>
                    <div class="form-two">${choices('excused', 'basis')}</div></fieldset>
                <${Statuses} statuses=${form.values.statuses} onChange=${(statuses) => form.set({ statuses })} />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions"><${WorkButton} class="button" type="submit" working=${form.working}>${t('app.save')}<//></div>
            </form>
        <//>`;
}

const minutes = (seconds) => number(seconds / MINUTE_S);

const sentence = ({ rules }) =>
    t('policy.sentence', {
        present: minutes(rules.present_until),
        late: minutes(rules.late_until),
        worth: percent(rules.late_worth),
        required: percent(rules.required_share),
    });

const Policy = ({ policy, onEdit, onDefault, onDelete }) => html`
    <li class="card stack close">
        <div class="row wrap"><h2 class="grow">${policy.name}
                ${policy.default && html` <span class="chip">${t('policy.default')}</span>`}</h2>
            <button class="button plain small" onClick=${() => onEdit(policy)}><${Icon} name="pencil" size="small" />${t('policy.edit')}</button>
            ${!policy.default && html`<button class="button plain small" onClick=${() => onDefault(policy)}>${t('policy.make-default')}</button>`}
            <button class="button plain small icon-only" aria-label=${t('policy.delete', { name: policy.name })}
                onClick=${() => onDelete(policy)}><${Icon} name="trash-2" size="small" /></button></div>
        <p class="quiet">${sentence(policy)}</p>
        <p class="tiny">${t('policy.courses', { n: policy.course_count })}</p>
    </li>`;

export function PoliciesPage() {
    const list = useList((page) => get('policies', page), []);
    const [open, setOpen] = useState(null);
    const close = () => setOpen(null);
    const done = () => {
        close();
        list.refresh();
    };
    async function makeDefault(policy) {
        try {
            await put(`policies/${policy.id}/default`);
            toast(t('app.saved'));
            list.refresh();
        } catch (trouble) {
            toast(t(troubleText(trouble)), { kind: 'warn' });
        }
    }
    const add = html`<button class="button" onClick=${() => setOpen({})}><${Icon} name="plus" />${t('policy.new')}</button>`;
    return html`
        <div class="page">
            <header class="page-head"><${Title}>${t('place.policies')}<//>${list.total > 0 && add}</header>
            <${ListFrame} list=${list} icon="sliders-horizontal" empty=${t('policy.empty')} button=${add}>
                <ul class="stack">${list.items.map(
                    (policy) => html`<${Policy} key=${policy.id} policy=${policy} onDefault=${makeDefault}
                        onEdit=${(one) => setOpen({ edit: one })} onDelete=${(one) => setOpen({ gone: one })} />`,
                )}</ul><//>
            ${open && !open.gone && html`<${PolicyDialog} policy=${open.edit} onDone=${done} onClose=${close} />`}
            ${open?.gone &&
            html`<${Confirm} title=${t('policy.delete', { name: open.gone.name })} text=${t('policy.delete.text', { n: open.gone.course_count })}
                danger yes=${t('policy.delete.yes')} onClose=${close} onYes=${() => remove(`policies/${open.gone.id}`).then(list.refresh)} />`}
        </div>`;
}
