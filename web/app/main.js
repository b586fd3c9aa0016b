// The page: which place is open, who is signed in, and the frame round it all.
import * as api from './api.js';
import { HistoryPage } from './history.js';
import { Fragment, html, render, useEffect, useState } from './html.js';
import { placeOf } from './link.js';
import { MarkPage } from './mark.js';
import { MePage } from './me.js';
import { Icon, Notice } from './parts.js';
import { ForgotPage, PasswordPage } from './password.js';
import { RegisterPage } from './register.js';
import { SignInPage } from './sign-in.js';
import { remember, remembered } from './storage.js';
import { chooseLanguage, currentLanguage, setTimeZone, t } from './text.js';
import { currentTheme, paintBrowser, switchTheme } from './theme.js';
import { TodayPage } from './today.js';
import { UnsubscribePage } from './unsubscribe.js';

const STAFF = new Set(['admin', 'teacher']);
const anybody = () => true;
const signedIn = (user) => Boolean(user);
const signedOut = (user) => !user;
const staff = (user) => STAFF.has(user?.role);

// Every place: its address, who may go there, and what it looks like among the places.
const PLACES = [
    { path: '', name: 'mark', icon: 'scan-face', allowed: anybody, wide: true },
    { path: 'today', name: 'today', icon: 'users-round', allowed: staff, wide: true },
    { path: 'history', name: 'history', icon: 'calendar-days', allowed: signedIn },
    { path: 'me', name: 'me', icon: 'user-round', allowed: signedIn },
    { path: 'register', name: 'register', icon: 'user-plus', allowed: signedOut },
    { path: 'sign-in', name: 'sign-in', icon: 'log-in', allowed: signedOut },
    // Those that a mail or another page leads to.
    { path: 'forgot', name: 'forgot', allowed: signedOut, unlisted: true },
    { path: 'password', name: 'password', allowed: anybody, unlisted: true },
    { path: 'unsubscribe', name: 'unsubscribe', allowed: anybody, unlisted: true },
];
const PAGES = {
    mark: MarkPage,
    today: TodayPage,
    history: HistoryPage,
    me: MePage,
    register: RegisterPage,
    'sign-in': SignInPage,
    forgot: ForgotPage,
    password: PasswordPage,
    unsubscribe: UnsubscribePage,
};

const pathOf = () => placeOf(location.hash);

function placeFor(path, user, welcomed) {
    const place = PLACES.find((one) => one.path === path) ?? PLACES[0];
    if (place.allowed(user) || (welcomed && path === 'register')) return place;
    return user ? PLACES[0] : PLACES.find((one) => one.path === 'sign-in');
}

const Places = ({ current, user }) => html`
    <nav class="places" aria-label=${t('app.places')}>
        <a class="brand side-brand" href="#/">presente<i>.</i></a>
        ${PLACES.filter((place) => !place.unlisted && place.allowed(user)).map(
            (place) => html`
            <a key=${place.path} href=${`#/${place.path}`}
                aria-current=${place === current ? 'page' : undefined}>
                <${Icon} name=${place.icon} />${t(`place.${place.name}`)}</a>`,
        )}
    </nav>`;

const Tools = ({ theme, onTheme, onLanguage }) => html`
    <header class="top">
        <a class="brand" href="#/">presente<i>.</i></a>
        <span class="grow"></span>
        <button class="tool" onClick=${onLanguage} aria-label=${t('app.language.label')}
            lang=${currentLanguage() === 'es' ? 'en' : 'es'}>
            <${Icon} name="languages" />${t('app.language')}</button>
        <button class="tool" onClick=${onTheme}
            aria-label=${t(theme === 'dark' ? 'app.theme.to-light' : 'app.theme.to-dark')}>
            <${Icon} name=${theme === 'dark' ? 'sun' : 'moon'} /></button>
    </header>`;

function usePath() {
    const [path, setPath] = useState(pathOf);
    useEffect(() => {
        const changed = () => setPath(pathOf());
        addEventListener('hashchange', changed);
        return () => removeEventListener('hashchange', changed);
    }, []);
    return path;
}

// Asking who is signed in is only worth it where somebody has signed in. Without an answer that
// stays remembered: the cookie may still be good.
async function whoIsHere() {
    if (remembered('signed-in') !== 'yes') return null;
    const user = await api.me();
    remember('signed-in', user ? 'yes' : 'no');
    return user;
}

/** What a page needs to know of the institution; without it the browser's own clock counts. */
async function institutionHere() {
    const answer = await api.version().catch(() => ({}));
    if (answer.time_zone) setTimeZone(answer.time_zone);
    return answer;
}

const Unanswered = ({ trouble, onRetry }) => html`
    <${Notice} kind="warn">${t(api.troubleText(trouble))}
        <div><button class="link" onClick=${onRetry}>${t('app.retry')}</button></div><//>`;

function App() {
    const path = usePath();
    const [institution, setInstitution] = useState({});
    const [welcomed, setWelcomed] = useState(null);
    const [user, setUser] = useState(undefined);
    const [trouble, setTrouble] = useState(null);
    const [language, setShownLanguage] = useState(currentLanguage);
    const [theme, setTheme] = useState(currentTheme);

    async function lookRound() {
        const asked = institutionHere();
        let problem = null;
        const someone = await whoIsHere().catch((unanswered) => {
            problem = unanswered;
            return null;
        });
        setInstitution(await asked);
        setTrouble(problem);
        setUser(someone);
    }
    useEffect(() => void lookRound(), []);
    useEffect(() => {
        if (path !== 'register') setWelcomed(null);
    }, [path]);

    function arrived(someone) {
        remember('signed-in', 'yes');
        setTrouble(null);
        setUser(someone);
    }
    function registeredAs(someone) {
        setWelcomed({ name: someone.name, waits: someone.faces_held > 0 });
        arrived(someone);
    }
    function signedInAs(someone) {
        arrived(someone);
        location.hash = STAFF.has(someone.role) ? '#/today' : '#/history';
    }
    async function signOut() {
        await api.signOut();
        remember('signed-in', 'no');
        setUser(null);
        location.hash = '#/';
    }
    function changeLanguage() {
        chooseLanguage(currentLanguage() === 'es' ? 'en' : 'es');
        setShownLanguage(currentLanguage());
    }

    const place = user === undefined ? null : placeFor(path, user, welcomed);
    useEffect(() => {
        if (place) document.title = `${t(`place.${place.name}`)} · Presente`;
        scrollTo(0, 0);
    }, [place, language]);
    return html`<${Fragment}>
        <a class="skip" href="#main" onClick=${(event) => {
            event.preventDefault();
            document.getElementById('main').focus();
        }}>${t('app.skip')}</a>
        <div class="shell">
            <${Tools} theme=${theme} onTheme=${() => setTheme(switchTheme())}
                onLanguage=${changeLanguage} />
            <main id="main" tabindex="-1" class=${`main ${place?.wide ? '' : 'narrow'}`}>
                ${trouble && html`<${Unanswered} trouble=${trouble} onRetry=${lookRound} />`}
                ${place &&
                html`<${PAGES[place.name]} key=${place.path} user=${user} institution=${institution}
                    sentHere=${path !== place.path} welcomed=${welcomed}
                    onRegistered=${registeredAs} onSignedIn=${signedInAs} onSignOut=${signOut} />`}
            </main>
            <${Places} current=${place} user=${user} />
        </div>
    <//>`;
}

paintBrowser();
render(html`<${App} />`, document.getElementById('app'));
