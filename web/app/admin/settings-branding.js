// Name, logo and colour of the institution. The colour is checked for contrast while it is chosen,
// as the server will check it.
import { remove, send } from '../base/api.js';
import { html, useRef, useState } from '../base/html.js';
import { number, t } from '../base/text.js';
import { Field } from '../ui/field.js';
import { Icon, StatusChip } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { SettingsForm } from './settings-form.js';

const OURS = '#1f5eff';
const ENOUGH = 4.5;

/** WCAG 2.2: contrast of a colour "#rrggbb" with white. */
function contrastWithPaper(colour) {
    const light = colour
        .slice(1)
        .match(/../g)
        .map((part) => parseInt(part, 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05);
}

/** The page itself in the colour that is being chosen, not saved yet. */
function Sample({ colour }) {
    const place = (element) => element?.style.setProperty('--accent', colour);
    const ratio = contrastWithPaper(colour);
    const well = ratio >= ENOUGH;
    return html`
        <div class="brand-sample" ref=${place}>
            <span class="button">${t('settings.sample')}</span><a>${t('settings.sample.link')}</a>
            <${StatusChip} status="present" />
            <p class=${`small ${well ? 'quiet' : 'bad-line'}`} role="status">
                ${t(well ? 'settings.contrast.good' : 'settings.contrast.bad', { ratio: number(ratio, 1) })}</p>
        </div>`;
}

function Logo({ institution, onDone }) {
    const input = useRef();
    const [turn, setTurn] = useState(0);
    async function change(work) {
        try {
            await work();
            setTurn(turn + 1);
            onDone({ ...institution, logo_url: institution.logo_url ?? 'institution/logo' });
            toast(t('app.saved'));
        } catch {
            toast(t('settings.logo.refused'), { kind: 'warn' });
        }
    }
    async function chosen({ target }) {
        const [file] = target.files;
        target.value = '';
        if (!file) return;
        await change(() => send('institution/logo', { method: 'PUT', headers: { 'Content-Type': file.type }, body: file }));
    }
    async function drop() {
        await change(() => remove('institution/logo'));
        onDone({ ...institution, logo_url: null });
    }
    return html`
        <div class="card row wrap">
            <div class="grow stack close"><h2>${t('settings.logo')}</h2>
                <p class="quiet small">${t('settings.logo.hint')}</p></div>
            ${institution.logo_url && html`<img class="logo" src=${`${institution.logo_url}?turn=${turn}`} alt=${t('settings.logo')} />`}
            <button class="button plain" onClick=${() => input.current.click()}>
                <${Icon} name="upload" />${t('settings.logo.choose')}</button>
            ${institution.logo_url && html`<button class="button plain" onClick=${drop}>${t('settings.logo.none')}</button>`}
            <input ref=${input} type="file" accept="image/png,image/jpeg,image/webp" hidden onChange=${chosen}
                aria-label=${t('settings.logo.choose')} />
        </div>`;
}

const first = ({ name, short_name: short, accent }) => ({ name, short_name: short ?? '', accent: accent ?? OURS });
const body = ({ accent, ...values }) => ({ ...values, accent: accent === OURS ? '' : accent });

/** The style sheet with the colours is asked for anew, so that the whole page shows them. */
function repaint() {
    const sheet = document.querySelector('link[href^="branding.css"]');
    if (sheet) sheet.href = `branding.css?${Date.now()}`;
}

export function Branding({ institution, onDone }) {
    const done = (answer) => {
        onDone(answer);
        repaint();
    };
    return html`
        <${SettingsForm} institution=${institution} first=${first} body=${body} onDone=${done}>
            ${(form) => html`
                <div class="form-two">
                    <${Field} ...${form.field('name')} label=${t('settings.name')} hint=${t('settings.name.hint')} />
                    <${Field} ...${form.field('short_name')} label=${t('settings.short_name')} hint=${t('settings.short_name.hint')} />
                    <${Field} ...${form.field('accent')} type="color" label=${t('settings.accent')} hint=${t('settings.accent.hint')} />
                    <${Sample} colour=${form.values.accent} />
                </div>`}<//>
        <${Logo} institution=${institution} onDone=${onDone} />`;
}
