// Which mail one gets.
import { get, patch } from '../base/api.js';
import { html } from '../base/html.js';
import { t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { CheckField } from '../ui/field.js';
import { toast } from '../ui/toast.js';

const KINDS = ['absence', 'warning', 'report'];

export function OwnMail() {
    const wishes = useData(() => get('me/mail'));
    const choose = (kind) => async (wanted) => {
        wishes.change({ ...wishes.data, [kind]: wanted });
        try {
            wishes.change(await patch('me/mail', { [kind]: wanted }));
            toast(t('app.saved'));
        } catch {
            wishes.change({ ...wishes.data, [kind]: !wanted });
            toast(t('trouble.offline'), { kind: 'warn' });
        }
    };
    return html`
        <section class="card stack close">
            <h2>${t('me.mail')}</h2>
            <${DataFrame} of=${wishes}>${(data) =>
                KINDS.map(
                    (kind) => html`<${CheckField} key=${kind} name=${`mail-${kind}`}
                        label=${t(`me.mail.${kind}`)} checked=${data[kind]} onChange=${choose(kind)} />`,
                )}<//>
        </section>`;
}
