// The page: which place is open, who is signed in, and loading what the place needs.
import * as api from './base/api.js';
import { html, render, useEffect, useState } from './base/html.js';
import { matchPath, useAddress } from './base/router.js';
import { remember, remembered } from './base/storage.js';
import { chooseLanguage, currentLanguage, loadTexts, setTimeZone, t } from './base/text.js';
import { currentTheme, paintBrowser, switchTheme } from './base/theme.js';
import { useWaiting } from './base/waiting.js';
import { homeOf, PLACES } from './places.js';
import { Shell } from './shell.js';
import { Notice } from './ui/parts.js';
import { Toasts } from './ui/toast.js';

/** The place of an address and the values in it; where one may not go, where to go instead. */
function findPlace(path, user, welcomed) {
    for (const place of PLACES) {
        const values = matchPath(place.path, path);
        if (!values) continue;
        if (place.for(user) || (welcomed && place.name === 'register'))
            return { place, values, sentHere: false };
        break;
    }
    const name = user || path === '' ? 'mark' : 'sign-in';
    return { place: PLACES.find((one) => one.name === name), values: {}, sentHere: path !== name };
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
    const nothing = () => ({});
    const [version, institution] = await Promise.all([
        api.version().catch(nothing),
        api.get('institution').catch(nothing),
    ]);
    if (version.time_zone) setTimeZone(version.time_zone);
    return { ...institution, ...version };
}

/** The component of a place, once its module and its words are here. */
function usePage(place) {
    const [loaded, setLoaded] = useState({});
    async function load() {
        try {
            const [module] = await Promise.all([place.load(), loadTexts(place.area)]);
            setLoaded({ place, Page: module[place.page] });
        } catch {
            setLoaded({ place, failed: true });
        }
    }
    useEffect(() => void (place && load()), [place]);
    return { ...(loaded.place === place ? loaded : {}), load };
}

const Unanswered = ({ kind, onRetry }) => html`
    <${Notice} kind="warn">${t(api.troubleText({ kind }))}
        <div><button class="link" onClick=${onRetry}>${t('app.retry')}</button></div><//>`;

function useVisitor() {
    const [institution, setInstitution] = useState({});
    const [user, setUser] = useState(undefined);
    const [trouble, setTrouble] = useState(null);
    async function look() {
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
    useEffect(() => void look(), []);
    return { institution, user, trouble, look, setUser, setTrouble, setInstitution };
}

function App() {
    const { path, query } = useAddress();
    const { institution, user, trouble, look, setUser, setTrouble, setInstitution } = useVisitor();
    const [welcomed, setWelcomed] = useState(null);
    const [language, setLanguage] = useState(currentLanguage);
    const [theme, setTheme] = useState(currentTheme);
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
        location.hash = `#/${homeOf(someone)}`;
    }
    async function signOut() {
        await api.signOut();
        remember('signed-in', 'no');
        setUser(null);
        location.hash = '#/';
    }
    async function changeLanguage() {
        const wanted = currentLanguage() === 'es' ? 'en' : 'es';
        await chooseLanguage(wanted).catch(() => {});
        setLanguage(currentLanguage());
    }

    const { place, values, sentHere } = user === undefined ? {} : findPlace(path, user, welcomed);
    const { Page, failed, load } = usePage(place);
    const counts = useWaiting(user);
    useEffect(() => {
        if (place) document.title = `${t(`place.${place.name}`)} · ${institution.short_name ?? 'Presente'}`;
    }, [place, language]);
    useEffect(() => scrollTo(0, 0), [path]);
    return html`
        <${Shell} ...${{ place, user, institution, counts, theme }} onLanguage=${changeLanguage}
            onTheme=${() => setTheme(switchTheme())}>
            ${trouble && html`<${Unanswered} kind=${trouble.kind} onRetry=${look} />`}
            ${failed && html`<${Unanswered} kind="offline" onRetry=${load} />`}
            ${Page &&
            html`<${Page} key=${path} ...${{ user, institution, values, query, sentHere, welcomed }}
                onRegistered=${registeredAs} onSignedIn=${signedInAs} onSignOut=${signOut}
                onUser=${setUser}
                onInstitution=${(changed) => setInstitution({ ...institution, ...changed })} />`}
        <//>
        <${Toasts} />`;
}

paintBrowser();
await loadTexts('common');
render(html`<${App} />`, document.getElementById('app'));
