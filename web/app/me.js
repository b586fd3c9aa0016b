// The account of who is signed in.
import { html } from './html.js';
import { Avatar, Icon, Title } from './parts.js';
import { t } from './text.js';

export const MePage = ({ user, onSignOut }) => html`
    <div class="page">
        <header class="page-head row"><${Avatar} name=${user.name} size="large" />
            <${Title} above=${t(`me.role.${user.role}`)}>${user.name}<//></header>
        <div class="card">
            <dl class="facts-list">
                <dt>${t('me.email')}</dt><dd>${user.email}</dd>
                <dt>${t('me.group')}</dt><dd>${user.group_name ?? t('me.none')}</dd>
                <dt>${t('me.faces')}</dt>
                <dd>${t('me.faces.count', { n: user.face_count ?? 0 })}</dd>
            </dl>
        </div>
        <div><button class="button plain" onClick=${onSignOut}>
            <${Icon} name="log-out" />${t('sign-out')}</button></div>
    </div>`;
