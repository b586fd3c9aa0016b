// The reader's language: texts with {places}, plurals, numbers, dates and times. The words of a
// part of the application are loaded with its first page, in the language that is read alone.
import { remember, remembered } from './storage.js';

export const LANGUAGES = { en: 'English', es: 'Español' };

function preferred() {
    const chosen = remembered('language');
    if (chosen in LANGUAGES) return chosen;
    for (const tag of navigator.languages ?? []) {
        const language = tag.slice(0, 2).toLowerCase();
        if (language in LANGUAGES) return language;
    }
    return 'es';
}

let language = preferred();
let timeZone;
const areas = new Set();
const texts = { en: {}, es: {} };

export const currentLanguage = () => language;

document.documentElement.lang = language;

async function load(area, wanted) {
    const { default: words } = await import(`../../texts/${wanted}/${area}.js`);
    Object.assign(texts[wanted], words);
}

/** The words of an area: common | student | teacher | admin | kiosk. Loaded once. */
export async function loadTexts(area) {
    await load(area, language);
    areas.add(area);
}

/** Speaks another language from now on, once its words are here. */
export async function chooseLanguage(wanted) {
    await Promise.all([...areas].map((area) => load(area, wanted)));
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
    const text = texts[language][key] ?? key;
    return text
        .replace(PLURAL, (_, name, choices) => plural(choices, values[name]))
        .replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Does the key exist? For words that the server chooses. */
export const hasText = (key) => key in texts[language];

const locale = () => (language === 'es' ? 'es-MX' : 'en-GB');

const format = (date, options) =>
    new Intl.DateTimeFormat(locale(), { timeZone, ...options }).format(new Date(date));

export const number = (n, digits = 0) =>
    new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(n);

/** A share of 0 to 1 as "91 %", with the space that keeps it on one line. */
export const percent = (share, digits = 0) => {
    const exact = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return `${new Intl.NumberFormat(locale(), exact).format(share * 100)}\u00a0%`;
};

export const clockTime = (date) =>
    format(date, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const longDay = (date) => {
    const text = format(date, { weekday: 'long', day: 'numeric', month: 'long' });
    return text[0].toUpperCase() + text.slice(1);
};

export const shortTime = (date) =>
    format(date, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** The local day "YYYY-MM-DD" of a moment. */
export const dayOf = (date) =>
    new Intl.DateTimeFormat('en-CA', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
    }).format(new Date(date));

/** A local day "YYYY-MM-DD" in words; it names a day, not a moment, so no zone moves it. */
export const dayName = (day) =>
    format(`${day}T12:00:00Z`, {
        weekday: 'short',
        day: 'numeric',
        month: 'short',
        year: day.slice(0, 4) === today().slice(0, 4) ? undefined : 'numeric',
        timeZone: 'UTC',
    });

const partsOfDay = (options) => (day) => format(`${day}T12:00:00Z`, { timeZone: 'UTC', ...options });

/** Of a local day: "28 Sep", "Sep". */
export const dayMonth = partsOfDay({ day: 'numeric', month: 'short' });
export const monthName = partsOfDay({ month: 'short' });

/** 0 is Monday. */
export const weekdayName = (n, weekday = 'short') => partsOfDay({ weekday })(`2024-01-0${n + 1}`);

/** Today's "YYYY-MM-DD" where the institution is. */
export const today = () => dayOf(new Date());

/** The day so many days later. */
export function dayAfter(day, days) {
    const moved = new Date(`${day}T12:00:00Z`);
    moved.setUTCDate(moved.getUTCDate() + days);
    return moved.toISOString().slice(0, 10);
}

export const firstName = (name) => (name ?? '').trim().split(/\s+/)[0] ?? '';

export function initials(name) {
    const words = (name ?? '').trim().split(/\s+/).filter(Boolean);
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
    return letters.map((word) => [...word][0].toLocaleUpperCase(language)).join('');
}
