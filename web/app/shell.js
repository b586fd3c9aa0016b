// The frame round every page: the list of places, language and colours. On a phone the first places
// stand at the bottom, under the thumb, and the others behind "More".
import { html, useEffect, useState } from './base/html.js';
import { currentLanguage, t } from './base/text.js';
import { PLACES } from './places.js';
import { Icon } from './ui/parts.js';

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

export const Shell = ({ place, user, institution, counts, theme, onTheme, onLanguage, children }) =>
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
