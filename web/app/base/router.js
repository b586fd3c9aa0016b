// Where the reader is: the part of the address behind "#", such as #/sessions/ID?tab=roll.
import { useEffect, useState } from './html.js';

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
        if (wanted[i].startsWith(':')) values[wanted[i].slice(1)] = decodeURIComponent(given[i]);
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
