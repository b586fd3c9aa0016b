// Debian's Chromium as a person would use it: a fresh profile, and a note of everything that the
// page complains about.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';

import { projectDir } from '../helpers/server.mjs';

export const chromiumPath = process.env.PRESENTE_CHROMIUM ?? '/usr/bin/chromium';

export const noBrowser = () =>
    existsSync(chromiumPath) ? false : `no Chromium at ${chromiumPath}: set PRESENTE_CHROMIUM`;

const FLAGS = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

/**
 * `camera`: a file of JPEGs one after another that the fake camera shows, or nothing for a computer
 * without one. `refused`: the person does not let the page use it. `more`: further flags.
 */
export function launchBrowser({ camera, refused = false, more = [] } = {}) {
    const flags = [...FLAGS, ...more];
    if (camera || refused) flags.push('--use-fake-device-for-media-stream');
    if (camera) flags.push(`--use-file-for-fake-video-capture=${camera}`);
    if (camera && !refused) flags.push('--use-fake-ui-for-media-stream');
    return chromium.launch({ executablePath: chromiumPath, headless: true, args: flags });
}

/** The words of an area of the page: {key: text}. */
export const readTexts = async (language, area) =>
    JSON.parse(await readFile(path.join(projectDir, 'web/texts', language, `${area}.json`), 'utf8'));

export const PHONE = { width: 390, height: 844 };
export const LAPTOP = { width: 1280, height: 800 };

// The browser itself writes a line for every answer of 4xx and 503 and for a lost connection; the
// page handles those.
const EXPECTED =
    /^Failed to load resource: (the server responded with a status of (4\d\d|503)|net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|INCOMPLETE_CHUNKED_ENCODING))/;

/**
 * A page at `url`, with `complaints`: the lines of its console, its uncaught exceptions and what
 * the Content-Security-Policy refused.
 */
export async function openPage(browser, url, options = {}) {
    const { locale = 'es-MX', viewport = LAPTOP, ...rest } = options;
    const context = await browser.newContext({ locale, viewport, ...rest });
    const page = await context.newPage();
    const complaints = [];
    page.on('pageerror', (problem) => complaints.push(String(problem)));
    page.on('console', (line) => {
        if (!['error', 'warning'].includes(line.type())) return;
        if (!EXPECTED.test(line.text())) complaints.push(line.text());
    });
    await page.goto(url);
    return { page, context, complaints };
}

/** Opens a page, runs `check(page, context)`, and expects that the page had nothing to complain of. */
export async function visitPage(browser, url, check, options = {}) {
    const { page, context, complaints } = await openPage(browser, url, options);
    try {
        await check(page, context);
        assert.deepEqual(complaints, []);
    } finally {
        await context.close();
    }
}
