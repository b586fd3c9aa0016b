// Runs before the first paint: the page does not flash in the wrong colours, and what the place that
// is opened will ask for is asked for at once, not when the modules that ask for it are here. FILES
// is written above this line by first-view.mjs: {address: [area of its texts, modules…]}.
(() => {
    const root = document.documentElement;
    function kept(name) {
        try {
            return localStorage.getItem(`presente.${name}`);
        } catch {
            return null; // Storage is switched off.
        }
    }
    const wanted = [kept('language'), ...(navigator.languages ?? [])].map((tag) => tag?.slice(0, 2).toLowerCase());
    root.lang = wanted.find((one) => one === 'es' || one === 'en') ?? 'es';

    function soon(href, as) {
        const link = document.createElement('link');
        link.rel = as ? 'preload' : 'modulepreload';
        if (as) Object.assign(link, { as, crossOrigin: '' });
        link.href = href;
        document.head.append(link);
    }
    const isKiosk = 'kiosk' in document.currentScript.dataset;
    const [area, ...modules] = isKiosk ? ['kiosk'] : (FILES[location.hash.replace(/^#?\/?|\?.*/g, '')] ?? []);
    for (const one of new Set(['common', area ?? 'common'])) soon(`texts/${root.lang}/${one}.json`, 'fetch');
    modules.forEach((name) => soon(name));
    if (kept(isKiosk ? 'kiosk' : 'signed-in') === 'yes') soon(isKiosk ? 'kiosk' : 'me', 'fetch');
    for (const one of isKiosk ? [] : ['institution', 'version']) soon(one, 'fetch');
    const dark = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    root.dataset.theme = kept('theme') ?? dark;
})();
