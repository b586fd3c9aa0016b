// What every module begins with: markup, the reader's words, and what the browser keeps and shows.
import { h, htm, render, useEffect, useMemo, useRef, useState } from '../../vendor/preact.js';

// Markup in template literals, no compiler: Preact with htm. No other module names the vendor file.
export { render, useEffect, useMemo, useRef, useState };
export const html = htm.bind(h);

// Small choices kept in this browser. Private windows may refuse storage; then they are forgotten.

export function remember(name, value) {
    try {
        localStorage.setItem(`presente.${name}`, value);
    } catch {
        // Nothing to do: the choice holds until the page is left.
    }
}

export function remembered(name) {
    try {
        return localStorage.getItem(`presente.${name}`);
    } catch {
        return null;
    }
}

// Light or dark: as the system says, until the reader chooses.

export const currentTheme = () => document.documentElement.dataset.theme;

export function paintBrowser() {
    const wash = getComputedStyle(document.documentElement).getPropertyValue('--wash').trim();
    document.querySelector('meta[name=theme-color]').content = wash;
}

export function switchTheme() {
    const theme = currentTheme() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = theme;
    remember('theme', theme);
    paintBrowser();
    return theme;
}

// Where the reader is: the part of the address behind "#", such as #/sessions/ID?tab=roll.

/** {path, query}: "sessions/ID" and the values behind the question mark. */
export function readAddress() {
    const [path, values] = location.hash.replace(/^#\/?/, '').split('?');
    return { path, query: Object.fromEntries(new URLSearchParams(values ?? '')) };
}

/** The address of a place, for links. Values that are not given are left out. */
export function addressOf(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value || value === 0);
    const text = new URLSearchParams(given).toString();
    return `#/${path}${text && `?${text}`}`;
}

export const go = (path, query) => {
    location.hash = addressOf(path, query);
};

/** Notes what is shown in the address, so that it can be kept and sent; "back" skips it. */
export function noteInAddress(query) {
    history.replaceState(null, '', addressOf(readAddress().path, { ...readAddress().query, ...query }));
}

/** The values of a pattern such as "sessions/:id" in a path, or null where it is another path. */
export function matchPath(pattern, path) {
    const wanted = pattern.split('/');
    const given = path.split('/');
    if (wanted.length !== given.length) return null;
    const values = {};
    for (let i = 0; i < wanted.length; i++) {
        if (wanted[i].startsWith(':')) values[wanted[i].slice(1)] = given[i];
        else if (wanted[i] !== given[i]) return null;
    }
    return values;
}

export function useAddress() {
    const [address, setAddress] = useState(readAddress);
    useEffect(() => {
        const changed = () => setAddress(readAddress());
        addEventListener('hashchange', changed);
        return () => removeEventListener('hashchange', changed);
    }, []);
    return address;
}

/** The token of the link that was followed out of a mail, or "". */
export const linkToken = () => readAddress().query.token ?? '';

// The screen stays on while a page that nobody touches is looked at.

export function useWakeLock() {
    useEffect(() => {
        let lock = null;
        let left = false;
        // The browser lets go of it when the page is hidden.
        const wake = async () => {
            if (document.hidden) return;
            lock = await navigator.wakeLock?.request('screen').catch(() => null);
            if (left) lock?.release();
        };
        wake();
        document.addEventListener('visibilitychange', wake);
        return () => {
            left = true;
            document.removeEventListener('visibilitychange', wake);
            lock?.release();
        };
    }, []);
}

// The reader's language: texts with {places}, plurals, numbers, dates and times. The words of a
// part of the application are loaded with its first page, in the language that is read alone.

export const LANGUAGES = { en: 'English', es: 'Español' };

// Chosen by first-paint.js.
let language = document.documentElement.lang;
let timeZone;
const areas = new Set();
const texts = { en: {}, es: {} };

export const currentLanguage = () => language;

const asked = new Map();

async function fetchWords(file) {
    const answer = await fetch(file);
    if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
    return answer.json();
}

/** Asks for a file once, and again where that failed. */
async function load(area, wanted) {
    const file = `texts/${wanted}/${area}.json`;
    if (!asked.has(file)) asked.set(file, fetchWords(file));
    try {
        Object.assign(texts[wanted], await asked.get(file));
    } catch (problem) {
        asked.delete(file);
        throw problem;
    }
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
export const setTimeZone = (name) => {
    timeZone = name;
};

// To make one takes longer than all that it ever formats.
const formatters = new Map();

function formatter(kind, where, options = {}) {
    const key = JSON.stringify([kind, where, timeZone, options]);
    if (!formatters.has(key))
        try {
            formatters.set(key, new Intl[kind](where, { timeZone, ...options }));
        } catch (problem) {
            if (!timeZone) throw problem;
            // A zone that this browser has not heard of: its own counts.
            timeZone = undefined;
            return formatter(kind, where, options);
        }
    return formatters.get(key);
}

// {n, plural, =0 {…} one {…} other {… # …}}
const PLURAL = /\{(\w+), plural,((?:[^{}]|\{[^{}]*\})*)\}/g;

function plural(choices, n) {
    const forms = Object.fromEntries(
        [...choices.matchAll(/(=?\w+) \{([^{}]*)\}/g)].map(([, form, text]) => [form, text]),
    );
    const rule = formatter('PluralRules', language).select(n);
    const text = forms[`=${n}`] ?? forms[rule] ?? forms.other;
    return text.replace('#', formatter('NumberFormat', language).format(n));
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
    formatter('DateTimeFormat', locale(), options).format(new Date(date));

export const number = (n, digits = 0) =>
    formatter('NumberFormat', locale(), { maximumFractionDigits: digits }).format(n);

/** A share of 0 to 1 as "91 %", with the space that keeps it on one line. */
export const percent = (share, digits = 0) => {
    const exact = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return `${formatter('NumberFormat', locale(), exact).format(share * 100)}\u00a0%`;
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
    formatter('DateTimeFormat', 'en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(
        new Date(date),
    );

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

/** An address is anybody's to write: is this a day? */
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));

/** The Monday of the week that a day is in. */
export function mondayOf(day) {
    const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
    return dayAfter(day, -((weekday + 6) % 7));
}

export const firstName = (name) => (name ?? '').trim().split(/\s+/)[0] ?? '';

export function initials(name) {
    const words = (name ?? '').trim().split(/\s+/).filter(Boolean);
    const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
    return letters.map((word) => [...word][0].toLocaleUpperCase(language)).join('');
}
