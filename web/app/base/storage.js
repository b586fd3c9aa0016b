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
