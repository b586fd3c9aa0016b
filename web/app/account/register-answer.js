// What the registration form has to say: found here before sending, or by the server afterwards.
import { refusedFields, troubleText } from '../base/api.js';
import { PHOTOS, usableCount } from '../camera/photos.js';
import { hasText, t } from '../base/text.js';

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
    photos: 'field.wrong',
};
const formName = (field) => (field === 'image' ? 'photos' : field);

/** {field of the form: text key} of what a refusal is about. */
function refusedKeys(trouble) {
    if (trouble.kind === 'refused') return { email: 'field.email.domain' };
    const texts =
        trouble.code === 'conflict' ? { ...FIELD_TEXTS, email: 'field.email.taken' } : FIELD_TEXTS;
    const names = refusedFields(trouble).map(formName);
    return Object.fromEntries(names.filter((name) => name in texts).map((n) => [n, texts[n]]));
}

/** {wrong: {field: sentence}, photos: [{index, key}], sentence} for a registration refused. */
export function readRefusal(trouble) {
    if (trouble.kind !== 'invalid' && trouble.kind !== 'refused')
        return { wrong: {}, photos: [], sentence: t(troubleText(trouble)) };
    const photos = refusedPhotos(trouble.details);
    const keys = photos.length > 0 ? { photos: 'register.photos.look' } : refusedKeys(trouble);
    const wrong = Object.fromEntries(Object.entries(keys).map(([field, key]) => [field, t(key)]));
    const sentence = t(Object.keys(wrong).length > 0 ? 'register.look' : 'field.wrong');
    return { wrong, photos, sentence };
}
