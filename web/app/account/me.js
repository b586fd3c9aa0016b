// The account of who is signed in: who they are, their face, how they get in, what is sent to them.
import { troubleText } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { Avatar, Icon, Notice, Title, WorkButton } from '../ui/parts.js';
import { Access } from './me-access.js';
import { OwnFace } from './me-face.js';
import { OwnMail } from './me-mail.js';

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

const About = ({ user }) => html`
    <div class="card">
        <dl class="facts-list">
            <dt>${t('me.email')}</dt><dd>${user.email}</dd>
            ${user.student_number && html`<dt>${t('me.number')}</dt><dd>${user.student_number}</dd>`}
            <dt>${t('me.group')}</dt><dd>${user.group_name ?? t('me.none')}</dd>
        </dl>
    </div>`;

export const MePage = ({ user, onUser, onSignOut }) => html`
    <div class="page">
        <header class="page-head row"><${Avatar} name=${user.name} size="large" />
            <${Title} above=${t(`me.role.${user.role}`)}>${user.name}<//></header>
        <${About} user=${user} />
        <${OwnFace} user=${user} onUser=${onUser} />
        <${Access} user=${user} onUser=${onUser} />
        <${OwnMail} user=${user} />
        <${SignOut} onSignOut=${onSignOut} />
    </div>`;
