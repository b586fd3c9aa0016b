// The page: which place is open, who is signed in, loading what the place needs, and the frame round
// every page.
import {
    chooseLanguage, currentLanguage, currentTheme, html, loadTexts, matchPath, paintBrowser,
    readAddress, remember, remembered, render, setTimeZone, switchTheme, t, useAddress, useEffect,
    useRef, useState,
} from './base/page.js';
import { homeOf, PLACES } from './places.js';
import { Icon, Notice, toast, Toasts, Waiting } from './ui/parts.js';
import * as api from './base/api.js';

// The frame round every page: the list of places, language and colours. On a phone the first places
// stand at the bottom, under the thumb, and the others behind "More".

// What fits at the bottom of a phone.
const TABS = 5;

const Brand = ({ institution, where }) => html`
    <a class=${`brand ${where}`} href="#/">
        ${institution.short_name ?? 'presente'}${!institution.short_name && html`<i>.</i>`}</a>`;

const PlaceLink = ({ place, current, count }) => html`
    <a href=${`#/${place.path}`} aria-current=${place === current ? 'page' : undefined}>
        <${Icon} name=${place.icon} /><span class="grow">${t(`place.${place.name}`)}</span>
        ${count > 0 && html`<span class="count figures">${count}</span>`}</a>`;

/** [[section, places]] in the order of the table; only administrators have enough for sections. */
function bySection(places, user) {
    const sections = new Map();
    for (const place of places) {
        const name = (user?.role === 'admin' && place.section) || '';
        sections.set(name, [...(sections.get(name) ?? []), place]);
    }
    return [...sections];
}

const Section = ({ name, places, current, counts }) => html`
    <div class="section">
        ${name && html`<h2 class="section-name" id=${`section-${name}`}>${t(`section.${name}`)}</h2>`}
        <div role="group" aria-labelledby=${name ? `section-${name}` : undefined}>
            ${places.map(
                (place) => html`<${PlaceLink} key=${place.path} place=${place}
                    current=${current} count=${counts[place.name]} />`,
            )}
        </div>
    </div>`;

function Tabs({ places, current, counts, onMore, open }) {
    const all = places.length <= TABS;
    const shown = all ? places : places.slice(0, TABS - 1);
    return html`
        <div class="tabs">
            ${shown.map(
                (place) => html`<${PlaceLink} key=${place.path} place=${place}
                    current=${current} count=${counts[place.name]} />`,
            )}
            ${!all &&
            html`<button class=${shown.includes(current) ? '' : 'here'} onClick=${onMore}
                aria-expanded=${open ? 'true' : 'false'}>
                <${Icon} name=${open ? 'x' : 'menu'} />${t('app.more')}</button>`}
        </div>`;
}

/** `counts` says how much waits behind a place: {review: 3}. */
function Places({ current, user, institution, counts = {} }) {
    const [open, setOpen] = useState(false);
    useEffect(() => setOpen(false), [current]);
    useEffect(() => {
        const close = ({ key }) => key === 'Escape' && setOpen(false);
        addEventListener('keydown', close);
        return () => removeEventListener('keydown', close);
    }, []);
    const places = PLACES.filter((place) => place.icon && (place.listed ?? place.for)(user));
    return html`
        <nav class=${`places ${open ? 'open' : ''}`} aria-label=${t('app.places')}>
            <${Brand} institution=${institution} where="side-brand" />
            <div class="sections">
                ${bySection(places, user).map(
                    ([name, list]) => html`<${Section} key=${name} name=${name} places=${list}
                        current=${current} counts=${counts} />`,
                )}
            </div>
            <${Tabs} ...${{ places, current, counts, open }} onMore=${() => setOpen(!open)} />
        </nav>`;
}

const Tools = ({ institution, theme, onTheme, onLanguage }) => html`
    <header class="top">
        <${Brand} institution=${institution} where="" />
        <span class="grow"></span>
        <button class="tool" onClick=${onLanguage} aria-label=${t('app.language.label')}
            lang=${currentLanguage() === 'es' ? 'en' : 'es'}>
            <${Icon} name="languages" />${t('app.language')}</button>
        <button class="tool" onClick=${onTheme}
            aria-label=${t(theme === 'dark' ? 'app.theme.to-light' : 'app.theme.to-dark')}>
            <${Icon} name=${theme === 'dark' ? 'sun' : 'moon'} /></button>
    </header>`;

function skipToPage(event) {
    event.preventDefault();
    document.getElementById('main').focus();
}

const Shell = ({ place, user, institution, counts, theme, onTheme, onLanguage, children }) =>
    place?.bare
        ? html`<main id="main" tabindex="-1" class="bare">${children}</main>`
        : html`
              <a class="skip" href="#main" onClick=${skipToPage}>${t('app.skip')}</a>
              <div class="shell">
                  <${Tools} ...${{ institution, theme, onTheme, onLanguage }} />
                  <main id="main" tabindex="-1" class=${`main ${place?.wide ? '' : 'narrow'}`}>
                      ${children}</main>
                  <${Places} current=${PLACES.find(({ name }) => name === place?.under) ?? place} ...${{ user, institution, counts }} />
              </div>`;

// The page: which place is open, who is signed in, and loading what the place needs.

/** The place of an address and the values in it; where one may not go, where to go instead. */
function findPlace(path, user, welcomed) {
    for (const place of PLACES) {
        const values = matchPath(place.path, path);
        if (!values) continue;
        if (place.for(user) || (welcomed && place.name === 'register'))
            return { place, values, sentHere: false };
        break;
    }
    const name = user ? homeOf(user) : 'sign-in';
    return { place: PLACES.find((one) => one.name === name), values: {}, sentHere: !user };
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

/** The component of a place, with its words. */
async function openPlace(place) {
    const [module] = await Promise.all([place.load(), loadTexts(place.area)]);
    return module[place.page];
}

// What the first picture of the page is drawn with. What is not known by then comes when it does.
const start = { user: remembered('signed-in') === 'yes' ? undefined : null, institution: null };
const PATIENCE_MS = 1000;

async function prepare() {
    start.asked = institutionHere();
    const { path } = readAddress();
    // Read while the server is asked who is here.
    const named = PLACES.find((place) => matchPath(place.path, path));
    named?.load().catch(() => {});
    start.user ??= await whoIsHere();
    const { place } = findPlace(path, start.user, null);
    const Page = await openPlace(place);
    if (!place.early) start.institution = await start.asked;
    Object.assign(start, { place, Page });
}

/** The component of a place, once it is here. */
function usePage(place) {
    const [loaded, setLoaded] = useState({ place: start.place, Page: start.Page });
    const wanted = useRef();
    wanted.current = place;
    async function load(again) {
        let found = { failed: true };
        try {
            found = { Page: await openPlace(place) };
        } catch {
            // Of an older page some files may be gone from the server: then the newer one is taken.
            if (again && navigator.onLine) location.reload();
        }
        if (wanted.current === place) setLoaded({ place, ...found });
    }
    useEffect(() => void (place && place !== loaded.place && load()), [place]);
    return { ...(loaded.place === place ? loaded : {}), load: () => load(true) };
}

const Unanswered = ({ kind, onRetry }) => html`
    <${Notice} kind="warn">${t(api.troubleText({ kind }))}
        <div><button class="link" onClick=${onRetry}>${t('app.retry')}</button></div><//>`;

function useVisitor() {
    const [institution, setInstitution] = useState(start.institution);
    const [user, setUser] = useState(start.user);
    const [trouble, setTrouble] = useState(null);
    async function look() {
        let problem = null;
        const someone = await whoIsHere().catch((unanswered) => {
            problem = unanswered;
            return null;
        });
        setTrouble(problem);
        setUser(someone);
    }
    useEffect(() => {
        start.asked.then(setInstitution);
        if (user === undefined) look();
    }, []);
    const known = institution !== null;
    return { institution: institution ?? {}, known, user, trouble, look, setUser, setTrouble, setInstitution };
}

/** What is shown over the page to somebody whose session ended: signing in again, or leaving. */
function useReturn(user, onLeave) {
    const [asked, setAsked] = useState(null);
    const here = useRef();
    here.current = user;
    useEffect(() => {
        let waits = null;
        async function ask() {
            try {
                const { SignInAgain } = await import('./account/sign-in.js');
                return await new Promise((onDone) => setAsked({ SignInAgain, onDone }));
            } catch {
                return false;
            } finally {
                waits = null;
                setAsked(null);
            }
        }
        api.onSignedOut(async () => Boolean(here.current) && (waits ??= ask()));
    }, []);
    const { SignInAgain, onDone } = asked ?? {};
    const leave = () => {
        onDone(false);
        onLeave();
    };
    return asked && html`<${SignInAgain} ...${{ user, onDone }} onLeave=${leave} />`;
}

function App() {
    const { path, query } = useAddress();
    const { institution, known, user, trouble, look, setUser, setTrouble, setInstitution } = useVisitor();
    const [welcomed, setWelcomed] = useState(null);
    const [, setLanguage] = useState(currentLanguage);
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
        // Who was sent here goes on to where they were going.
        if (path === 'sign-in') location.hash = `#/${homeOf(someone)}`;
    }
    function gone() {
        remember('signed-in', 'no');
        setUser(null);
    }
    async function signOut() {
        await api.signOut();
        gone();
        location.hash = '#/';
    }
    async function changeLanguage() {
        const wanted = currentLanguage() === 'es' ? 'en' : 'es';
        await chooseLanguage(wanted).catch(() => toast(t('trouble.offline'), { kind: 'warn' }));
        setLanguage(currentLanguage());
    }

    const { place, values, sentHere } = user === undefined ? {} : findPlace(path, user, welcomed);
    const { Page, failed, load } = usePage(place);
    const comingBack = useReturn(user, gone);
    const counts = api.useWaiting(user);
    useEffect(() => {
        if (place) document.title = `${t(`place.${place.name}`)} · ${institution.short_name ?? 'Presente'}`;
    }, [place, institution.short_name, currentLanguage()]);
    useEffect(() => scrollTo(0, 0), [path]);
    return html`
        <${Shell} ...${{ place, user, institution, counts, theme }} onLanguage=${changeLanguage}
            onTheme=${() => setTheme(switchTheme())}>
            ${trouble && html`<${Unanswered} kind=${trouble.kind} onRetry=${look} />`}
            ${failed && html`<${Unanswered} kind="offline" onRetry=${load} />`}
            ${!Page && !failed && html`<${Waiting} />`}
            ${Page && (known || place.early) &&
            html`<${Page} key=${path} ...${{ user, institution, values, query, sentHere, welcomed }}
                onRegistered=${registeredAs} onSignedIn=${signedInAs} onSignOut=${signOut}
                onUser=${setUser}
                onInstitution=${(changed) => setInstitution({ ...institution, ...changed })} />`}
        <//>
        ${comingBack}
        <${Toasts} />`;
}

// Who is waited for too long, or not to be reached, is looked for again by the page itself.
const prepared = prepare().catch(() => {});
const enough = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
await Promise.all([loadTexts('common'), Promise.race([prepared, enough])]);
const frame = document.getElementById('app');
frame.replaceChildren();
render(html`<${App} />`, frame);
requestAnimationFrame(paintBrowser);
