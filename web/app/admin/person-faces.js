// A person's face for whoever vouches for them: photos, adding and deleting them, the consent.
import { get, remove, upload } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { t } from '../base/text.js';
import { refusedPhotos } from '../account/register-answer.js';
import { PHOTOS, Photos, usableCount } from '../camera/photos.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Icon, Notice, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { dayIn, FacePicture } from './people-parts.js';

const MOST_MS = 120_000;

function Add({ person, onDone, onClose }) {
    const [photos, setPhotos] = useState(Array(PHOTOS).fill(null));
    const form = useForm(
        {},
        {
            check: () => (usableCount(photos) > 0 ? {} : { photos: t('person.photos.none') }),
            send: async () => {
                const data = new FormData();
                const sent = photos.flatMap((photo, i) => (photo?.blob ? [i] : []));
                for (const i of sent) data.append('image', photos[i].blob, `photo-${i + 1}`);
                try {
                    const { held } = await upload(`users/${person.id}/faces`, data, AbortSignal.timeout(MOST_MS));
                    toast(t(held ? 'person.photos.held' : 'person.photos.added'), { kind: held ? 'warn' : 'good' });
                    onDone();
                } catch (trouble) {
                    const refused = refusedPhotos(trouble.details);
                    if (refused.length === 0) throw trouble;
                    const noteOf = ({ index, key }) => [sent[index], { kind: 'bad', key }];
                    const notes = Object.fromEntries(refused.map(noteOf));
                    setPhotos((now) => now.map((photo, i) => (notes[i] ? { ...photo, note: notes[i] } : photo)));
                }
            },
        },
    );
    return html`
        <${Dialog} title=${t('person.photos.of', { name: person.name })} onClose=${onClose} wide>
            <p class="quiet">${t('person.photos.vouch')}</p>
            <form class="form" ...${form.form}>
                <${Photos} photos=${photos} onChange=${setPhotos} wrong=${form.wrong.photos} />
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working} label=${t('person.photos.looking')}>
                    ${t('person.photos.use')}<//>
            </form>
        <//>`;
}

function consentText(consent) {
    const day = consent.given_at && dayIn(consent.given_at);
    if (consent.state === 'withdrawn') return t('person.consent.withdrawn');
    if (consent.state === 'none') return t('person.consent.none');
    if (consent.given_by === 'person') return t('person.consent.own', { day, n: consent.version });
    return t('person.consent.vouched', { day: day ?? '–', name: consent.vouched_by ?? '–' });
}

const Consent = ({ consent }) => html`
    <p class="small consent-state"><${Icon}
        name=${consent.state === 'standing' ? 'shield-check' : 'shield-alert'} size="small" />
        ${consentText(consent)}</p>
    ${consent.receipt &&
    html`<${Notice}>${t('consent.receipt', {
        faces: consent.receipt.erased_faces,
        images: consent.receipt.erased_images,
        day: dayIn(consent.receipt.at),
    })}<//>`}`;

export function PersonFace({ person, onChange }) {
    const faces = useData(() => get(`users/${person.id}/faces`));
    const consent = useData(() => get(`users/${person.id}/consent`));
    const [open, setOpen] = useState({});
    const close = () => setOpen({});
    function changed() {
        close();
        faces.refresh();
        consent.refresh();
        onChange();
    }
    return html`
        <section class="card stack">
            <div class="row"><h2 class="grow">${t('people.face')}</h2>
                <button class="button plain small" onClick=${() => setOpen({ add: true })}>
                    <${Icon} name="camera" size="small" />${t('person.photos.add')}</button></div>
            ${person.faces_held > 0 && html`<${Notice} kind="warn">${t('person.photos.held')} <a
                href="#/duplicates">${t('place.duplicates')}</a><//>`}
            <${DataFrame} of=${faces}>${({ items }) =>
                items.length === 0
                    ? html`<p class="quiet">${t('person.photos.empty')}</p>`
                    : html`<ul class="own-photos">${items.map(
                          (face) => html`<${FacePicture} key=${face.id} user=${person} face=${face}>
                              <button class="link small"
                                  onClick=${() => setOpen({ face })}>${t('person.photo.delete')}</button><//>`,
                      )}</ul>`}<//>
            <${DataFrame} of=${consent}>${(data) => html`<${Consent} consent=${data} />`}<//>
            ${open.add && html`<${Add} person=${person} onDone=${changed} onClose=${close} />`}
            ${open.face &&
            html`<${Confirm} title=${t('person.photo.delete')} text=${t('person.photo.delete.text')} danger
                yes=${t('person.photo.delete')} onClose=${close}
                onYes=${() => remove(`users/${person.id}/faces/${open.face.id}`).then(changed)} />`}
        </section>`;
}
