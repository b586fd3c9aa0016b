// Makes a photo ready to be sent, and looks at it first: what can be told here need not wait for
// the server.

const SIDE_MAX = 1600;
const PREVIEW_SIDE = 480;
const BYTES_MAX = 20 * 1024 * 1024;
const SIDE_MIN = 160;
const KINDS = new Set(['image/jpeg', 'image/png', 'image/webp']);
const LOOK_SIDE = 32;
// Mean grey of the middle of the picture, 0 to 255.
const DARK = 32;
const BRIGHT = 238;
const SAME_PHOTO = 1.5;

function scaled(source, width, height, side) {
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
    return canvas;
}

function greyOf(canvas) {
    const small = document.createElement('canvas');
    small.width = small.height = LOOK_SIDE;
    const context = small.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0, LOOK_SIDE, LOOK_SIDE);
    const { data } = context.getImageData(0, 0, LOOK_SIDE, LOOK_SIDE);
    return Float32Array.from({ length: LOOK_SIDE * LOOK_SIDE }, (_, i) => data[4 * i + 1]);
}

function middleBrightness(grey) {
    let sum = 0;
    let n = 0;
    const [from, to] = [LOOK_SIDE / 4, (3 * LOOK_SIDE) / 4];
    for (let y = from; y < to; y++)
        for (let x = from; x < to; x++, n++) sum += grey[y * LOOK_SIDE + x];
    return sum / n;
}

function noteOf(canvas, grey) {
    const brightness = middleBrightness(grey);
    const side = Math.min(canvas.width, canvas.height);
    if (side < SIDE_MIN) return { kind: 'bad', key: 'photo.too_small' };
    if (brightness < DARK) return { kind: 'warn', key: 'photo.too_dark' };
    if (brightness > BRIGHT) return { kind: 'warn', key: 'photo.too_bright' };
    return { kind: 'good', key: 'photo.ready' };
}

/** A photo of the form: {blob, preview, grey, note: {kind: good | warn | bad, key}}. */
function photoOf(canvas, blob) {
    const preview = scaled(canvas, canvas.width, canvas.height, PREVIEW_SIDE);
    const grey = greyOf(canvas);
    return { blob, preview, grey, note: noteOf(canvas, grey) };
}

export const photoOfFrame = (canvas, blob) => photoOf(canvas, blob);

const unusable = (key) => ({ blob: null, preview: null, grey: null, note: { kind: 'bad', key } });

/** Reads a chosen file. Pictures of a modern phone are made smaller; their orientation is kept. */
export async function photoOfFile(file) {
    if (file.size > BYTES_MAX) return unusable('photo.too_large');
    let picture;
    try {
        picture = await createImageBitmap(file);
    } catch {
        return unusable('photo.unreadable');
    }
    const canvas = scaled(picture, picture.width, picture.height, SIDE_MAX);
    const asItIs = KINDS.has(file.type) && Math.max(picture.width, picture.height) <= SIDE_MAX;
    picture.close();
    if (asItIs) return photoOf(canvas, file);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
    return photoOf(canvas, blob);
}

function same(a, b) {
    if (!a?.grey || !b?.grey) return false;
    let sum = 0;
    for (let i = 0; i < a.grey.length; i++) sum += Math.abs(a.grey[i] - b.grey[i]);
    return sum / a.grey.length < SAME_PHOTO;
}

/** Marks a photo that was chosen before; the server would learn nothing from it. */
export function withoutRepeats(photos) {
    return photos.map((photo, i) => {
        const repeated = photo && photos.slice(0, i).some((other) => same(photo, other));
        return repeated ? { ...photo, note: { kind: 'bad', key: 'photo.repeated' } } : photo;
    });
}
