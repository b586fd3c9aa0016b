// What is kept of one's own face: the photos, the agreement to it, and taking both back.
import { get, me, post, remove, send } from '../base/api.js';
import { html, useState } from '../base/html.js';
import { dayName, dayOf, t } from '../base/text.js';
import { PHOTOS, Photos, usableCount } from '../camera/photos.js';
import { DataFrame, useData } from '../ui/data.js';
import { Confirm, Dialog } from '../ui/dialog.js';
import { FormTrouble, useForm } from '../ui/form.js';
import { Icon, Notice, WorkButton } from '../ui/parts.js';
import { toast } from '../ui/toast.js';
import { ConsentField } from './consent.js';

const dayIn = (moment) => dayName(dayOf(moment));

/** The photo itself where the institution keeps it, else a sign that there is one. */
function OwnPhoto({ user, face, onRemove }) {
    const [gone, setGone] = useState(false);
    const from = t('me.photo', { day: dayIn(face.created_at) });
    return html`
        <li class="own-photo">
            ${gone
                ? html`<span class="own-photo-none"><${Icon} name="fingerprint" size="large" /></span>`
                : html`<img src=${`users/${user.id}/faces/${face.id}/image`} alt=${from}
                      onError=${() => setGone(true)} />`}
            <span class="tiny">${from}${face.held && html`<br />${t('me.faces.waits')}`}</span>
            <button class="link small" onClick=${() => onRemove(face)}>${t('me.photo.remove')}</button>
        </li>`;
}

const consentOf = ({ values, wrong, set }) => ({
    agreed: values.agreed,
    wrong: wrong.agreed,
    onChange: (agreed) => set({ agreed }),
});

function AddPhotos({ user, consent, onDone, onClose }) {
    const [photos, setPhotos] = useState(Array(PHOTOS).fill(null));
    const needed = consent?.required && consent.state !== 'standing';
    const form = useForm(
        { agreed: false },
        {
            check: ({ agreed }) => {
                const wrong = {};
                if (usableCount(photos) === 0) wrong.photos = t('me.photos.none');
                if (needed && !agreed) wrong.agreed = t('consent.needed');
                return wrong;
            },
            send: async () => {
                if (needed) await post('me/consent', { version: consent.current_version });
                const data = new FormData();
                photos.filter((photo) => photo?.blob).forEach(({ blob }, i) => data.append('image', blob, `photo-${i + 1}`));
                await send(`users/${user.id}/faces`, { method: 'POST', body: data });
                toast(t('me.photos.added'));
                onDone();
            },
        },
    );
    return html`
        <${Dialog} title=${t('me.photos.add')} onClose=${onClose} wide>
            <form class="form" ...${form.form}>
                <${Photos} photos=${photos} onChange=${setPhotos} wrong=${form.wrong.photos} />
                ${needed && html`<${ConsentField} ...${consentOf(form)} />`}
                <${FormTrouble} trouble=${form.trouble} />
                <${WorkButton} type="submit" working=${form.working} label=${t('register.sending')}>
                    ${t('me.photos.button')}<//>
            </form>
        <//>`;
}

const STATES = { none: 'consent.none', withdrawn: 'consent.withdrawn' };

const Agreement = ({ consent }) => html`
    <p class="quiet small">
        ${consent.state === 'standing'
            ? t('consent.standing', { n: consent.version, day: dayIn(consent.given_at) })
            : t(STATES[consent.state])}</p>`;

const Receipt = ({ receipt }) => html`
    <${Notice} kind="good">${t('consent.receipt', {
        faces: receipt.erased_faces,
        images: receipt.erased_images,
        day: dayIn(receipt.at),
    })}<//>`;

export function OwnFace({ user, onUser }) {
    const faces = useData(() => get(`users/${user.id}/faces`));
    const consent = useData(() => get('me/consent'));
    const [open, setOpen] = useState(null);
    const [receipt, setReceipt] = useState(null);

    async function changed() {
        setOpen(null);
        faces.refresh();
        consent.refresh();
        onUser((await me().catch(() => null)) ?? user);
    }
    async function withdraw() {
        setReceipt(await remove('me/consent'));
        await changed();
    }
    async function removeOne(face) {
        await remove(`users/${user.id}/faces/${face.id}`);
        await changed();
    }
    const kept = faces.data?.items ?? [];
    return html`
        <section class="card stack">
            <div class="stack close"><h2>${t('me.faces')}</h2>
                <p class="quiet">${t('me.faces.count', { n: user.face_count ?? 0 })}
                    ${user.faces_held > 0 && html`<span class="quiet small"> ${t('me.faces.waits')}</span>`}</p></div>
            <${DataFrame} of=${faces}>${({ items }) =>
                items.length > 0 &&
                html`<ul class="own-photos">${items.map(
                    (face) => html`<${OwnPhoto} key=${face.id} user=${user} face=${face}
                        onRemove=${(one) => setOpen({ face: one })} />`,
                )}</ul>`}<//>
            <${DataFrame} of=${consent}>${(data) => html`<${Agreement} consent=${data} />`}<//>
            ${receipt && html`<${Receipt} receipt=${receipt} />`}
            <div class="row wrap">
                <button class="button plain" onClick=${() => setOpen('add')}>
                    <${Icon} name="camera" />${t('me.photos.add')}</button>
                ${(kept.length > 0 || consent.data?.state === 'standing') &&
                html`<button class="button plain" onClick=${() => setOpen('withdraw')}>
                    <${Icon} name="trash-2" />${t('me.faces.erase')}</button>`}
            </div>
            ${open === 'add' &&
            html`<${AddPhotos} user=${user} consent=${consent.data} onDone=${changed} onClose=${() => setOpen(null)} />`}
            ${open === 'withdraw' &&
            html`<${Confirm} title=${t('me.faces.erase')} text=${t('me.faces.erase.text')} danger
                yes=${t('me.faces.erase.yes')} onYes=${withdraw} onClose=${() => setOpen(null)} />`}
            ${open?.face &&
            html`<${Confirm} title=${t('me.photo.remove')} text=${t('me.photo.remove.text')} danger
                yes=${t('me.photo.remove')} onYes=${() => removeOne(open.face)} onClose=${() => setOpen(null)} />`}
        </section>`;
}
