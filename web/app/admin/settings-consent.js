// The text that people agree to before their face is kept.
import { get, put } from '../base/api.js';
import { html } from '../base/html.js';
import { dayName, dayOf, LANGUAGES, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { CheckField, TextField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

function ConsentForm({ consent, onDone }) {
    const form = useForm(
        { es: consent.text.es, en: consent.text.en, required: consent.required },
        {
            send: async ({ es, en, required }) => {
                onDone(await put('consent', { text: { es, en }, required }));
                toast(t('app.saved'));
            },
        },
    );
    return html`
        <form class="card form" ...${form.form}>
            <p class="quiet small">${t('settings.consent.text')}
                ${consent.created_at && t('settings.consent.now', { n: consent.version, day: dayName(dayOf(consent.created_at)) })}</p>
            ${Object.entries(LANGUAGES).map(
                ([code, name]) => html`<${TextField} key=${code} ...${form.field(code)} label=${name} rows="9" lang=${code} />`,
            )}
            <${CheckField} name="required" label=${t('settings.consent.required')} checked=${form.values.required}
                hint=${t('settings.consent.required.hint')} onChange=${(required) => form.set({ required })} />
            <${FormTrouble} trouble=${form.trouble} />
            <div><${WorkButton} class="button" type="submit" working=${form.working}>${t('app.save')}<//></div>
        </form>`;
}

export function ConsentText() {
    const consent = useData(() => get('consent'));
    return html`<${DataFrame} of=${consent}>${(data) =>
        html`<${ConsentForm} key=${data.version} consent=${data} onDone=${consent.change} />`}<//>`;
}
