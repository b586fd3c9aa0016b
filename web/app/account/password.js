// Passwords by mail: asking for a link, and what the link leads to.
import { forgotPassword, refusedFields, setPassword, troubleText } from '../base/api.js';
import { Field, PasswordField } from '../ui/field.js';
import { html, useState } from '../base/html.js';
import { linkToken } from '../base/router.js';
import { Notice, Title, WorkButton } from '../ui/parts.js';
import { t } from '../base/text.js';

const PASSWORD_MIN = 8;

/** State of a form with one field: `send(value)` throws a Trouble; `explain` gives its text key. */
function useOneField(send, explain) {
    const [value, setValue] = useState('');
    const [wrong, setWrong] = useState('');
    const [trouble, setTrouble] = useState('');
    const [state, setState] = useState('open');

    async function submit(check) {
        if (state === 'working') return;
        const found = check(value);
        setWrong(found);
        setTrouble('');
        if (found) return;
        setState('working');
        try {
            await send(value);
            setState('done');
        } catch (problem) {
            const [field] = refusedFields(problem);
            const isField = field && field !== 'token';
            setWrong(isField ? explain(problem) : '');
            setTrouble(isField ? '' : explain(problem));
            setState('open');
        }
    }
    const onInput = (event) => setValue(event.target.value);
    return { value, wrong, trouble, state, submit, onInput };
}

const Back = () => html`<p class="quiet"><a href="#/sign-in">${t('forgot.back')}</a></p>`;

export function ForgotPage() {
    const form = useOneField(
        (email) => forgotPassword(email.trim()),
        (problem) => (problem.kind === 'invalid' ? 'field.email' : troubleText(problem)),
    );
    const submit = (event) => {
        event.preventDefault();
        void form.submit((email) => (email.trim() ? '' : 'field.required'));
    };
    if (form.state === 'done')
        return html`
            <div class="page">
                <${Title} focus=${true}>${t('forgot.title')}<//>
                <${Notice} kind="good">${t('forgot.done')}<//>
                <${Back} />
            </div>`;
    return html`
        <div class="page">
            <${Title}>${t('forgot.title')}<//>
            <p class="quiet">${t('forgot.lead')}</p>
            <form class="card form" onSubmit=${submit} novalidate>
                ${form.trouble &&
                html`<${Notice} kind="bad" live="assertive">${t(form.trouble)}<//>`}
                <${Field} name="email" type="email" label=${t('sign-in.email')}
                    autocomplete="username" inputmode="email" autocapitalize="none"
                    spellcheck=${false} value=${form.value} onInput=${form.onInput}
                    wrong=${form.wrong && t(form.wrong)} />
                <${WorkButton} type="submit" working=${form.state === 'working'}>
                    ${t('forgot.button')}<//>
            </form>
            <${Back} />
        </div>`;
}

function explainPassword(problem) {
    if (refusedFields(problem).includes('token')) return 'password.link';
    return problem.kind === 'invalid' ? 'field.password.weak' : troubleText(problem);
}

export function PasswordPage() {
    // Read once: the token leaves the address bar, so that it does not stay in the history.
    const [token] = useState(() => {
        const found = linkToken();
        history.replaceState(null, '', '#/password');
        return found;
    });
    const form = useOneField((password) => setPassword(token, password), explainPassword);
    const submit = (event) => {
        event.preventDefault();
        void form.submit((password) => {
            if (!password) return 'field.required';
            return [...password].length < PASSWORD_MIN ? 'field.password.short' : '';
        });
    };
    if (form.state === 'done')
        return html`
            <div class="page">
                <${Title} focus=${true}>${t('password.title')}<//>
                <${Notice} kind="good">${t('password.done')}<//>
                <p><a class="button" href="#/sign-in">${t('sign-in.button')}</a></p>
            </div>`;
    const trouble = token ? form.trouble : 'password.link';
    return html`
        <div class="page">
            <${Title}>${t('password.title')}<//>
            <p class="quiet">${t('password.lead')}</p>
            <form class="card form" onSubmit=${submit} novalidate>
                ${trouble &&
                html`<${Notice} kind="bad" live="assertive">${t(trouble)}
                    ${trouble === 'password.link' &&
                    html`<div><a href="#/forgot">${t('forgot.button')}</a></div>`}<//>`}
                <${PasswordField} name="password" label=${t('password.new')}
                    autocomplete="new-password" value=${form.value} onInput=${form.onInput}
                    wrong=${form.wrong && t(form.wrong)} />
                <${WorkButton} type="submit" working=${form.state === 'working'}>
                    ${t('password.button')}<//>
            </form>
        </div>`;
}
