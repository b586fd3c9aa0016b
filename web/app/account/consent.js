// What somebody agrees to before their face is kept.
import { get } from '../base/api.js';
import { html } from '../base/html.js';
import { currentLanguage, t } from '../base/text.js';
import { DataFrame, useData } from '../ui/data.js';
import { CheckField } from '../ui/field.js';

/** `onConsent(consent)` tells which text is shown: what is agreed to is its version. */
export function ConsentField({ agreed, wrong, onChange, onConsent }) {
    const consent = useData(async () => {
        const answer = await get('consent');
        onConsent?.(answer);
        return answer;
    });
    return html`
        <div class="consent stack close">
            <${DataFrame} of=${consent}>${({ version, text }) => html`
                <details><summary><b>${t('consent.read')}</b></summary>
                    <div class="consent-text" tabindex="0">${text[currentLanguage()]}</div>
                    <p class="tiny">${t('consent.version', { n: version })}</p></details>`}<//>
            <${CheckField} name="agreed" label=${t('consent.agree')} checked=${agreed} wrong=${wrong}
                onChange=${onChange} />
        </div>`;
}
