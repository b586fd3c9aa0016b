// Keeps the kiosk's own files, so that its page opens while the server is away. VERSION and FILES
// are written above this line by assemble.sh: another version is another worker, with a cache of its
// own. Where the server answers, its answer is what the page gets.
const CACHE = `kiosk-${VERSION}`;
const PAGE = 'kiosk';
// Made by the server from its settings, so no version names it.
const BRANDING = 'branding.css';
const PATIENCE_MS = 6000;

const addressOf = (name) => new URL(name, registration.scope).href;
const OWN = new Set([...FILES, BRANDING].map(addressOf));

// The page shares its address with a route, and is what a browser that goes there gets.
const fetchPage = (signal) => fetch(PAGE, { headers: { Accept: 'text/html' }, cache: 'no-cache', signal });

async function install() {
    const cache = await caches.open(CACHE);
    const page = await fetchPage();
    if (!page.ok) throw new Error('the page is not there');
    await cache.addAll([...OWN].map((url) => new Request(url, { cache: 'no-cache' })));
    await cache.put(addressOf(PAGE), page);
    await skipWaiting();
}

async function activate() {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith('kiosk-') && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await clients.claim();
}

const kept = async (url) =>
    (await caches.open(CACHE)).match(url, { ignoreSearch: true, ignoreVary: true });

// A page that was opened from the cache gets the files of the same version with it.
const opened = new Set();

async function openPage(event) {
    try {
        const answer = await fetchPage(AbortSignal.timeout(PATIENCE_MS));
        // A browser that goes somewhere takes no answer that came by a detour.
        if (answer.redirected) return Response.redirect(answer.url);
        if (answer.status < 500) return answer;
    } catch {
        // Away: what is kept is shown.
    }
    opened.add(event.resultingClientId);
    return (await kept(addressOf(PAGE))) ?? Response.error();
}

async function giveFile({ request, clientId }) {
    const own = opened.has(clientId) ? await kept(request.url) : undefined;
    if (own) return own;
    const answer = await fetch(request).catch(() => null);
    if (!answer || answer.status >= 500) return (await kept(request.url)) ?? Response.error();
    if (request.url === addressOf(BRANDING) && answer.ok)
        await (await caches.open(CACHE)).put(request, answer.clone());
    return answer;
}

addEventListener('install', (event) => event.waitUntil(install()));
addEventListener('activate', (event) => event.waitUntil(activate()));
addEventListener('fetch', (event) => {
    const { request } = event;
    if (request.method !== 'GET') return;
    if (request.mode === 'navigate') event.respondWith(openPage(event));
    else if (OWN.has(request.url.split(/[?#]/)[0])) event.respondWith(giveFile(event));
});
