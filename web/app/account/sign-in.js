// Signing in, to see one's own attendance.
import { refusedFields, signIn, troubleText } from '../base/api.js';
import { Field, PasswordField } from '../ui/field.js';
import { html, useState } from '../base/html.js';
import { Notice, Title, WorkButton } from '../ui/parts.js';
import { t } from '../base/text.js';

function sentence(trouble) {
    if (trouble.kind === 'signed-out' || trouble.kind === 'invalid') return 'sign-in.wrong';
    if (trouble.kind === 'many') return 'sign-in.many';
    return troubleText(trouble);
}

const FIELD_TEXTS = { email: 'field.email', password: 'field.wrong' };

/** {field: sentence} of the fields that the server could not read. */
function refused(trouble) {
    const names = refusedFields(trouble).filter((name) => name in FIELD_TEXTS);
    return Object.fromEntries(names.map((name) => [name, t(FIELD_TEXTS[name])]));
}

function missing({ email, password }) {
    const wrong = {};
    if (!email.trim()) wrong.email = t('field.required');
    if (!password) wrong.password = t('field.required');
    return wrong;
}

export function SignInPage({ onSignedIn, sentHere }) {
    const [values, setValues] = useState({ email: '', password: '' });
    const [wrong, setWrong] = useState({});
    const [trouble, setTrouble] = useState(null);
    const [working, setWorking] = useState(false);
    const set = (name) => (event) => setValues({ ...values, [name]: event.target.value });

    /** Shows what is wrong beside the fields; is there anything? */
    function showWrong(found) {
        setWrong(found);
        const [first] = Object.keys(found);
        if (first) document.getElementById(first).focus();
        return Boolean(first);
    }

    async function submit(event) {
        event.preventDefault();
        if (working) return;
        setTrouble(null);
        if (showWrong(missing(values))) return;
        setWorking(true);
        try {
            const answer = await signIn(values.email.trim(), values.password);
            onSignedIn(answer.user);
        } catch (problem) {
            if (!showWrong(refused(problem))) setTrouble(sentence(problem));
            setWorking(false);
        }
    }

    return html`
        <div class="page">
            <${Title}>${t('sign-in.title')}<//>
            <p class="quiet">${t(sentHere ? 'sign-in.first' : 'sign-in.lead')}</p>
            <form class="card form" onSubmit=${submit} novalidate>
                ${trouble && html`<${Notice} kind="bad" live="assertive">${t(trouble)}<//>`}
                <${Field} name="email" type="email" label=${t('sign-in.email')}
                    autocomplete="username" inputmode="email" autocapitalize="none"
                    spellcheck=${false} value=${values.email} onInput=${set('email')}
                    wrong=${wrong.email} />
                <${PasswordField} name="password" label=${t('sign-in.password')}
                    autocomplete="current-password" value=${values.password}
                    onInput=${set('password')} wrong=${wrong.password} />
                <${WorkButton} type="submit" working=${working}>${t('sign-in.button')}<//>
            </form>
            <p class="quiet"><a href="#/forgot">${t('sign-in.forgot')}</a></p>
            <p class="quiet">
                ${t('sign-in.new')} <a href="#/register">${t('register.button')}</a></p>
        </div>`;
}
