// What happens on the server, as it happens (server-sent events). The browser comes back by itself
// after a lost line; where it gives up (the server was full, or away), listening begins anew, later
// each time. A page that nobody sees gives its line back after a while: a browser has few for one
// server, and they are needed for everything else.

const AGAIN_MS = 4000;
const AGAIN_MOST_MS = 60_000;
const UNSEEN_MS = 60_000;

/**
 * Listens at `path`. `on` has a function for each event by its name, called with the data; "end" is
 * the last event. `onLine(live)` says whether events arrive. Gives what stops it.
 */
export function listen(path, on, onLine) {
    let source = null;
    let timer;
    let pause = AGAIN_MS;
    let over = false;
    function hush() {
        clearTimeout(timer);
        source?.close();
        source = null;
    }
    function stop() {
        over = true;
        hush();
        document.removeEventListener('visibilitychange', look);
    }
    function hear(name, { data }) {
        pause = AGAIN_MS;
        if (name === 'end') stop();
        on[name](JSON.parse(data));
    }
    function fail() {
        if (over) return;
        onLine(false);
        if (source.readyState !== EventSource.CLOSED) return;
        hush();
        // Not all pages at once.
        timer = setTimeout(open, pause * (0.5 + Math.random()));
        pause = Math.min(2 * pause, AGAIN_MOST_MS);
    }
    function open() {
        source = new EventSource(path);
        source.onopen = () => onLine(true);
        source.onerror = fail;
        for (const name of Object.keys(on))
            source.addEventListener(name, (event) => hear(name, event));
    }
    /** The first event tells a page that is seen again to read what it missed. */
    function look() {
        clearTimeout(timer);
        if (document.hidden) timer = setTimeout(hush, UNSEEN_MS);
        else if (!source) open();
    }
    document.addEventListener('visibilitychange', look);
    open();
    return stop;
}

/** Calls `act` every `ms` while the page is seen. Gives what stops it. */
export function repeat(act, ms) {
    const timer = setInterval(() => !document.hidden && act(), ms);
    return () => clearInterval(timer);
}
