// What the registration form has to say: found here before sending, or by the server afterwards.
import { troubleText } from './api.js';
import { PHOTOS, usableCount } from './photos.js';
import { hasText, t } from './text.js';

const PASSWORD_MIN = 8;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** {field: sentence} of what is missing or cannot be right. */
export function missing(values, photos, groups) {
    const wrong = {};
    if (!values.name.trim()) wrong.name = t('field.required');
    if (!values.email.trim()) wrong.email = t('field.required');
    else if (!EMAIL.test(values.email.trim())) wrong.email = t('field.email');
    if ([...values.password].length < PASSWORD_MIN) wrong.password = t('field.password.short');
    if (groups.length > 0 && !values.group_id) wrong.group_id = t('field.required');
    const left = PHOTOS - usableCount(photos);
    if (left > 0) wrong.photos = t('field.photos', { n: left });
    return wrong;
}

function photoKey({ result, reason }) {
    const exact = `photo.${reason}`;
    if (result === 'poor_quality' && hasText(exact)) return exact;
    return hasText(`photo.${result}`) ? `photo.${result}` : 'photo.poor_quality';
}

/** [{index, key}] of the photos that the server refused. */
export function refusedPhotos(details) {
    if (!Array.isArray(details)) return [];
    return details
        .filter(({ index, result }) => Number.isInteger(index) && result !== 'accepted')
        .map((one) => ({ index: one.index, key: photoKey(one) }));
}

const FIELD_TEXTS = {
    name: 'field.wrong',
    email: 'field.email',
    password: 'field.password.weak',
    group_id: 'field.wrong',
    image: 'register.photos.look',
};

/** The field that a refusal is about: the server's sentences begin with its name. */
function refusedField({ code, kind, message }) {
    if (code === 'conflict') return { email: 'field.email.taken' };
    if (kind === 'refused') return { email: 'field.email.domain' };
    const field = message.split(' ', 1)[0];
    const name = field === 'image' ? 'photos' : field;
    return field in FIELD_TEXTS ? { [name]: FIELD_TEXTS[field] } : {};
}

/** {wrong: {field: sentence}, photos: [{index, key}], sentence} for a registration refused. */
export function readRefusal(trouble) {
    if (trouble.kind !== 'invalid' && trouble.kind !== 'refused')
        return { wrong: {}, photos: [], sentence: t(troubleText(trouble)) };
    const photos = refusedPhotos(trouble.details);
    const keys = photos.length > 0 ? { photos: 'register.photos.look' } : refusedField(trouble);
    const wrong = Object.fromEntries(Object.entries(keys).map(([field, key]) => [field, t(key)]));
    const sentence = t(Object.keys(wrong).length > 0 ? 'register.look' : 'field.wrong');
    return { wrong, photos, sentence };
}
