// The account of who is signed in.
import { troubleText } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { Avatar, Icon, Notice, Title, WorkButton } from '../ui/parts.js';
import { t } from '../base/text.js';

/** `onSignOut` throws while the session lives on: then that is said, and nobody walks away. */
function SignOut({ onSignOut }) {
    const [working, setWorking] = useState(false);
    const [trouble, setTrouble] = useState(null);
    async function leave() {
        if (working) return;
        setWorking(true);
        setTrouble(null);
        try {
            await onSignOut();
        } catch (problem) {
            setTrouble(problem);
            setWorking(false);
        }
    }
    return html`
        ${trouble &&
        html`<${Notice} kind="warn" live="assertive">
            ${t('sign-out.still')} ${t(troubleText(trouble))}<//>`}
        <div><${WorkButton} class="button plain" working=${working} onClick=${leave}>
            <${Icon} name="log-out" />${t('sign-out')}<//></div>`;
}

export const MePage = ({ user, onSignOut }) => html`
    <div class="page">
        <header class="page-head row"><${Avatar} name=${user.name} size="large" />
            <${Title} above=${t(`me.role.${user.role}`)}>${user.name}<//></header>
        <div class="card">
            <dl class="facts-list">
                <dt>${t('me.email')}</dt><dd>${user.email}</dd>
                <dt>${t('me.group')}</dt><dd>${user.group_name ?? t('me.none')}</dd>
                <dt>${t('me.faces')}</dt>
                <dd>${t('me.faces.count', { n: user.face_count ?? 0 })}
                    ${user.faces_held > 0 && html`<div class="quiet small">${t('me.faces.waits')}</div>`}</dd>
            </dl>
        </div>
        <${SignOut} onSignOut=${onSignOut} />
    </div>`;
