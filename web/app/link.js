// Links that people follow out of a mail: #/password?token=… and the like.

/** The place that an address names, without what follows the question mark. */
export const placeOf = (hash) => hash.replace(/^#\/?/, '').split('?')[0];

/** The token of the link that was followed, or "". */
export const linkToken = () => new URLSearchParams(location.hash.split('?')[1] ?? '').get('token') ?? '';
