// The page's words: both languages say everything, and say it to people.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { projectDir } from '../helpers/server.mjs';
import { readTexts } from './browser.mjs';

const AREAS = ['common', 'student', 'teacher', 'admin', 'kiosk'];
const appDir = path.join(projectDir, 'web/app');

const textsOf = async (language) =>
    Object.assign({}, ...(await Promise.all(AREAS.map((area) => readTexts(language, area)))));

const TEXTS = { en: await textsOf('en'), es: await textsOf('es') };
const { en, es } = TEXTS;

async function pageSource() {
    const entries = await readdir(appDir, { recursive: true });
    const names = entries.filter((name) => name.endsWith('.js'));
    const texts = await Promise.all(names.map((name) => readFile(path.join(appDir, name), 'utf8')));
    return texts.join('\n');
}

const places = (text) => [...text.matchAll(/\{(\w+)[},]/g)].map(([, name]) => name).sort();

test('both languages have the same texts, with the same values in them', () => {
    assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort());
    for (const key of Object.keys(en))
        assert.deepEqual(new Set(places(es[key])), new Set(places(en[key])), key);
});

test('an area says what no other area says', async () => {
    for (const language of Object.keys(TEXTS)) {
        const said = new Set();
        for (const area of AREAS) {
            for (const key of Object.keys(await readTexts(language, area))) {
                assert.ok(!said.has(key), `${language} ${key}`);
                said.add(key);
            }
        }
    }
});

test('every text that the page names exists, and every icon is copied', async () => {
    const source = await pageSource();
    for (const [, key] of source.matchAll(/\bt\('([\w.-]+)'/g)) assert.ok(key in en, key);
    const names = await readFile(path.join(projectDir, 'web/icons/names.txt'), 'utf8');
    const icons = new Set(names.split('\n'));
    for (const [, name] of source.matchAll(/<\$\{Icon\} name="([\w-]+)"/g))
        assert.ok(icons.has(name), name);
});

// A key is named whole, or with values in it: `status.${status}.count`.
test('the page has a use for every text', async () => {
    const source = await pageSource();
    const whole = new Set([...source.matchAll(/'([\w.-]+)'/g)].map(([, key]) => key));
    const made = [...source.matchAll(/`((?:[\w.-]|\$\{[^}]*\})+)`/g)]
        .map(([, key]) => key.replace(/\$\{[^}]*\}/g, '+'))
        .filter((key) => /\w\w/.test(key) && key.includes('.'))
        .map((key) => new RegExp(`^${key.replaceAll('.', '\\.').replaceAll('+', '.+')}$`));
    for (const key of Object.keys(en))
        assert.ok(whole.has(key) || made.some((pattern) => pattern.test(key)), key);
});

const BANNED = /error|fall[oó]|inválid|invalid|\b[45]\d\d\b|\d ?%/i;

test('no text shows a code, a score or the word error', () => {
    for (const [language, texts] of Object.entries(TEXTS))
        for (const [key, text] of Object.entries(texts)) {
            assert.doesNotMatch(text, BANNED, `${language} ${key}`);
            assert.equal(text.trim(), text, `${language} ${key}`);
        }
});

test('the reasons that the recogniser gives have advice in the page', async () => {
    const header = await readFile(path.join(projectDir, 'src/face/quality.h'), 'utf8');
    const names = header.matchAll(/^\s+FACE_QUALITY_(\w+),/gm);
    const reasons = [...names].map(([, name]) => name.toLowerCase());
    assert.ok(reasons.length > 2);
    for (const reason of reasons.filter((name) => name !== 'good' && name !== 'n')) {
        assert.ok(`mark.${reason}` in en, reason);
        assert.ok(`photo.${reason}` in en, reason);
    }
});

test('every refusal of a photo by the server has its own sentence', async () => {
    const source = await readFile(path.join(projectDir, 'src/service/photos.c'), 'utf8');
    const names = source.matchAll(/\[SERVICE_PHOTO_\w+\] = "([a-z_]+)"/g);
    const results = [...names].map(([, name]) => name).filter((name) => name !== 'accepted');
    assert.ok(results.includes('other_person') && results.length >= 7);
    for (const texts of Object.values(TEXTS)) {
        for (const result of results) assert.ok(`photo.${result}` in texts, result);
        const sentences = results.map((result) => texts[`photo.${result}`]);
        assert.equal(new Set(sentences).size, results.length);
    }
});

test('the colours of text keep 4.5:1 on the grounds they stand on, in both themes', async () => {
    const css = await readFile(path.join(projectDir, 'web/styles/tokens.css'), 'utf8');
    const tokens = (text) => {
        const found = text.matchAll(/--([\w-]+): (#[0-9a-f]{3,6});/g);
        return Object.fromEntries([...found].map(([, name, value]) => [name, value]));
    };
    const [light, dark] = css.split(":root[data-theme='dark']").map(tokens);
    const pairs = {
        ink: ['paper', 'wash', 'hover'],
        'ink-2': ['paper', 'wash', 'hover'],
        'ink-3': ['paper', 'wash', 'hover'],
        accent: ['paper', 'wash', 'accent-wash'],
        'accent-ink': ['accent', 'accent-2'],
        present: ['present-wash'],
        late: ['late-wash'],
        absent: ['absent-wash', 'paper'],
        excused: ['excused-wash'],
    };
    for (const [theme, values] of Object.entries({ light, dark: { ...light, ...dark } }))
        for (const [text, grounds] of Object.entries(pairs))
            for (const ground of grounds) {
                const ratio = contrast(values[text], values[ground]);
                assert.ok(ratio >= 4.5, `${theme}: ${text} on ${ground} is ${ratio.toFixed(2)}:1`);
            }
});

// WCAG 2.2, relative luminance and contrast ratio.
function luminance(colour) {
    const short = colour.length === 4;
    const parts = colour.slice(1).match(short ? /./g : /../g);
    const [r, g, b] = parts
        .map((part) => (short ? part + part : part))
        .map((d) => parseInt(d, 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
}
