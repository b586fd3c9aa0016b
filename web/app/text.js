// The reader's language: texts with {places}, plurals, dates and times.
import en from '../texts/en.js';
import es from '../texts/es.js';
import { remember, remembered } from './storage.js';

const TEXTS = { en, es };

function preferred() {
    const chosen = remembered('language');
    if (chosen in TEXTS) return chosen;
    for (const tag of navigator.languages ?? []) {
        const language = tag.slice(0, 2).toLowerCase();
        if (language in TEXTS) return language;
    }
    return 'es';
}

let language = preferred();
let timeZone;

export const currentLanguage = () => language;

document.documentElement.lang = language;

export function chooseLanguage(wanted) {
    language = wanted;
    remember('language', wanted);
    document.documentElement.lang = wanted;
}

/** Times are shown on the institution's clock once the server has named its zone. */
export function setTimeZone(name) {
    try {
        new Intl.DateTimeFormat('en', { timeZone: name });
        timeZone = name;
    } catch {
        timeZone = undefined;
    }
}

// {n, plural, =0 {…} one {…} other {… # …}}
const PLURAL = /\{(\w+), plural,((?:[^{}]|\{[^{}]*\})*)\}/g;

function plural(choices, n) {
    const forms = Object.fromEntries(
        [...choices.matchAll(/(=?\w+) \{([^{}]*)\}/g)].map(([, form, text]) => [form, text]),
    );
    const rule = new Intl.PluralRules(language).select(n);
    const text = forms[`=${n}`] ?? forms[rule] ?? forms.other;
    return text.replace('#', new Intl.NumberFormat(language).format(n));
}

/** The text of a key in the reader's language. */
export function t(key, values = {}) {
    const text = TEXTS[language][key] ?? key;
    return text
        .replace(PLURAL, (_, name, choices) => plural(choices, values[name]))
        .replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Does the key exist? For words that the server chooses. */
export const hasText = (key) => key in TEXTS[language];

function format(date, options) {
    const locale = language === 'es' ? 'es-MX' : 'en-GB';
    return new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(new Date(date));
}

export const clockTime = (date) =>
    format(date, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const longDay = (date) => {
    const text = format(date, { weekday: 'long', day: 'numeric', month: 'long' });
    return text[0].toUpperCase() + text.slice(1);
};

/** A local day "YYYY-MM-DD" in words; it names a day, not a moment, so no zone moves it. */
export const dayName = (day) =>
    format(`${day}T12:00:00Z`, {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        year: day.slice(0, 4) === today().slice(0, 4) ? undefined : 'numeric',
        timeZone: 'UTC',
    });

/** Today's "YYYY-MM-DD" where the institution is. */
export function today() {
    const parts = new Intl.DateTimeFormat('en-CA', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
    });
    return parts.format(new Date());
}

export const firstName = (name) => (name ?? '').trim().split(/\s+/)[0] ?? '';

export function initials(name) {
    const words = (name ?? '').trim().split(/\s+/).filter(Boolean);
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
    return letters.map((word) => [...word][0].toLocaleUpperCase(language)).join('');
}
