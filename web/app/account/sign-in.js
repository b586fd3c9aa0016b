// Signing in, and the pages that links in mails lead to: a new password, and no more mail.
import {
    forgotPassword, lookUnsubscribe, refusedFields, setPassword, signIn, troubleText, unsubscribe,
} from '../base/api.js';
import { Dialog, Field, FormTrouble, PasswordField, useForm } from '../ui/form.js';
import { firstName, html, linkToken, t, useEffect, useState } from '../base/page.js';
import { Busy, Notice, Title, WorkButton } from '../ui/parts.js';

// Signing in, to see one's own attendance.

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
    const set = (name) => ({ target }) => setValues((now) => ({ ...now, [name]: target.value }));

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

// Passwords by mail: asking for a link, and what the link leads to.

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

// What the link at the end of a mail leads to: no more mail of that kind, or again after all.

const explain = (problem) =>
    problem.kind === 'invalid' ? 'unsubscribe.link' : troubleText(problem);

export function UnsubscribePage() {
    const [token] = useState(linkToken);
    const [wish, setWish] = useState(null);
    const [trouble, setTrouble] = useState('');
    const [working, setWorking] = useState(false);

    async function ask(call) {
        setTrouble('');
        try {
            setWish(await call());
        } catch (problem) {
            setTrouble(explain(problem));
        }
    }
    useEffect(() => {
        if (token) ask(() => lookUnsubscribe(token));
        else setTrouble('unsubscribe.link');
    }, []);

    async function change() {
        if (working) return;
        setWorking(true);
        await ask(() => unsubscribe(token, !wish.refused));
        setWorking(false);
    }
    const body = wish && html`
        <p>${t(`unsubscribe.${wish.refused ? 'off' : 'on'}.${wish.kind}`)}</p>
        <${WorkButton} working=${working} onClick=${change}>
            ${t(wish.refused ? 'unsubscribe.again' : 'unsubscribe.button')}<//>`;
    return html`
        <div class="page">
            <${Title}>${t('unsubscribe.title')}<//>
            ${trouble && html`<${Notice} kind="bad" live="assertive">${t(trouble)}<//>`}
            ${body ? html`<div class="card form" aria-live="polite">${body}</div>`
                : !trouble && html`<${Busy} label=${t('unsubscribe.look')} />`}
        </div>`;
}

// The session of whoever is signed in has ended: they sign in again over the page, which keeps what
// was typed, and goes on with what it was about to do.

const NO = ['signed-out', 'invalid'];

/** `onDone(true)` when they are back, `onDone(false)` when not now; `onLeave()` when not at all. */
export function SignInAgain({ user, onDone, onLeave }) {
    const form = useForm(
        { password: '' },
        {
            check: ({ password }) => (password ? {} : { password: t('field.required') }),
            send: async ({ password }) => {
                try {
                    await signIn(user.email, password);
                } catch (trouble) {
                    if (!NO.includes(trouble.kind)) throw trouble;
                    return { password: t('sign-in.password.wrong') };
                }
                return onDone(true);
            },
        },
    );
    return html`
        <${Dialog} title=${t('again.title')} onClose=${() => onDone(false)}>
            <p class="quiet">${t('again.text', { name: firstName(user.name) })}</p>
            <form class="form" ...${form.form}>
                <input type="hidden" name="email" autocomplete="username" value=${user.email} />
                <${PasswordField} ...${form.field('password')} label=${t('sign-in.password')}
                    autocomplete="current-password" autofocus />
                <${FormTrouble} trouble=${form.trouble} />
                <div class="row actions">
                    <button type="button" class="button plain" onClick=${onLeave}>${t('again.leave')}</button>
                    <${WorkButton} class="button" type="submit" working=${form.working}>
                        ${t('sign-in.button')}<//>
                </div>
            </form>
        <//>`;
}
