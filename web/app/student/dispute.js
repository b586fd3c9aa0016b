// Saying that a mark is wrong, and what became of it.
import { post } from '../base/api.js';
import { html } from '../base/html.js';
import { dayName, t } from '../base/text.js';
import { Dialog } from '../ui/dialog.js';
import { TextField } from '../ui/field.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { StatusChip, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';

const MESSAGE_MAX = 500;

export function DisputeDialog({ mark, onDone, onClose }) {
    const form = useForm(
        { message: '' },
        {
            check: ({ message }) => (message.trim() ? {} : { message: t('field.required') }),
            send: async ({ message }) => {
                await post(`attendance/marks/${mark.id}/dispute`, { message: message.trim() });
                toast(t('dispute.sent'));
                onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('dispute.title')} onClose=${onClose}>
            <p class="row"><${StatusChip} status=${mark.status} />
                <span class="quiet">${mark.course_name ?? ''} ${dayName(mark.day)}</span></p>
            <form class="form" ...${form.form}>
                <${TextField} ...${form.field('message')} label=${t('dispute.message')}
                    hint=${t('dispute.hint')} maxlength=${MESSAGE_MAX} rows="4" />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    <button type="button" class="button plain" onClick=${onClose}>${t('app.cancel')}</button>
                    <${WorkButton} type="submit" class="button" working=${form.working}>
                        ${t('dispute.button')}<//>
                </div>
            </form>
        <//>`;
}

export const DisputeState = ({ dispute }) => html`
    <span class="quiet small">${t(`dispute.${dispute.state}`)}
        ${dispute.answer && html` “${dispute.answer}” ${dispute.answered_by_name}`}</span>`;
