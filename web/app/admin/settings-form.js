// A part of the institution's settings as a form of its own.
import { patch } from '../base/api.js';
import { html } from '../base/html.js';
import { t } from '../base/text.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

/** `first(institution)` gives the values, `body(values)` what is sent; `children` is called with the form. */
export function SettingsForm({ institution, first, body = (values) => values, onDone, children }) {
    const form = useForm(first(institution), {
        send: async (values) => {
            onDone(await patch('institution', body(values)));
            toast(t('app.saved'));
        },
    });
    return html`
        <form class="card form" ...${form.form}>
            ${children(form)}
            <${FormTrouble} trouble=${form.trouble} />
            <div><${WorkButton} class="button" type="submit" working=${form.working}>${t('app.save')}<//></div>
        </form>`;
}
