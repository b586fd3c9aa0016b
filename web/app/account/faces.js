// Giving photos of a face: the consent, sending them, and what the server says of each.
import { get, refusedFields, troubleText, upload } from '../base/api.js';
import { currentLanguage, hasText, html, t, useEffect } from '../base/page.js';
import { DataFrame, useData } from '../ui/list.js';
import { CheckField } from '../ui/form.js';
import { PHOTOS, usableCount } from '../camera/photos.js';

// What somebody agrees to before their face is kept.

/** What is agreed to is a version of the text: `onText(consent)` tells which is shown; where `text`
 * is null it is read, again if need be. */
export function ConsentField({ agreed, wrong, text, onChange, onText }) {
    const consent = useData(() => get('consent'));
    useEffect(() => {
        if (consent.data) onText(consent.data);
    }, [consent.data]);
    useEffect(() => {
        if (consent.ready && !text) consent.refresh();
    }, [text]);
    return html`
        <div class="consent stack close">
            <${DataFrame} of=${consent}>${({ version, text: words }) => html`
                <details><summary><b>${t('consent.read')}</b></summary>
                    <div class="consent-text" tabindex="0">${words[currentLanguage()]}</div>
                    <p class="tiny">${t('consent.version', { n: version })}</p></details>`}<//>
            <${CheckField} name="agreed" label=${t('consent.agree')} checked=${agreed} wrong=${wrong}
                onChange=${onChange} />
        </div>`;
}

// What the registration form has to say: found here before sending, or by the server afterwards.

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
function refusedPhotos(details) {
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

// Photos of a face to be kept: one's own, or of somebody who is vouched for.

/** Sends those that are there: the server's answer, or {refused: true} with the reason at each photo. */
export async function sendPhotos(user, photos, setPhotos) {
    const data = new FormData();
    const sent = photos.flatMap((photo, i) => (photo?.blob ? [i] : []));
    for (const i of sent) data.append('image', photos[i].blob, `photo-${i + 1}`);
    try {
        return await upload(`users/${user.id}/faces`, data);
    } catch (trouble) {
        const refused = refusedPhotos(trouble.details);
        if (refused.length === 0) throw trouble;
        const notes = Object.fromEntries(refused.map(({ index, key }) => [sent[index], { kind: 'bad', key }]));
        setPhotos((now) => now.map((photo, i) => (notes[i] ? { ...photo, note: notes[i] } : photo)));
        return { refused: true };
    }
}
