// Runs before the first paint so that the page does not flash in the wrong colours.
(() => {
    let chosen = null;
    try {
        chosen = localStorage.getItem('presente.theme');
    } catch {
        // Storage is switched off: follow the system.
    }
    const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
