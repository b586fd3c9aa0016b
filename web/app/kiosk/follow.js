// Following faces between the server's answers: the piece of the picture that was a face is looked
// for near where it was, in a small grey copy. Each answer puts the boxes right again.
import { shownPart } from '../camera/camera.js';

const SIDE = 160;
const REACH = 8;
const SAMPLES = 12;
// The middle of a box is face; its rim is whatever stands behind.
const MIDDLE = 0.7;
// A box moves only where it gains more than this a step: noise moves nothing.
const STEP_COST = 0.6;
const MISSED_MAX = 2;

const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', { willReadFrequently: true });

/** A small grey copy of what the video shows. */
export function grab(video) {
    const part = shownPart(video);
    const scale = SIDE / Math.max(part.w, part.h);
    const [w, h] = [Math.round(part.w * scale), Math.round(part.h * scale)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    context.drawImage(video, part.x, part.y, part.w, part.h, 0, 0, w, h);
    const { data } = context.getImageData(0, 0, w, h);
    const grey = new Uint8Array(w * h);
    for (let i = 0; i < grey.length; i++)
        grey[i] = (data[4 * i] * 77 + data[4 * i + 1] * 151 + data[4 * i + 2] * 28) >> 8;
    return { w, h, grey };
}

/** Mean difference of a piece of one picture and the same, moved, in the next. */
function differenceOf(from, to, piece, dx, dy) {
    let sum = 0;
    let n = 0;
    for (let y = piece.y; y < piece.y + piece.h; y += piece.step) {
        for (let x = piece.x; x < piece.x + piece.w; x += piece.step) {
            const [u, v] = [x + dx, y + dy];
            if (x < 0 || y < 0 || x >= from.w || y >= from.h) continue;
            if (u < 0 || v < 0 || u >= to.w || v >= to.h) continue;
            sum += Math.abs(from.grey[y * from.w + x] - to.grey[v * to.w + u]);
            n++;
        }
    }
    return n > SAMPLES ? sum / n : Infinity;
}

function pieceOf({ x, y, w, h }, { w: width, h: height }) {
    const [pw, ph] = [Math.max(4, w * width * MIDDLE), Math.max(4, h * height * MIDDLE)];
    return {
        x: Math.round((x + w / 2) * width - pw / 2),
        y: Math.round((y + h / 2) * height - ph / 2),
        w: pw,
        h: ph,
        step: Math.max(1, Math.floor(Math.max(pw, ph) / SAMPLES)),
    };
}

/** How far the box has moved, in shares of the picture. */
function moveOf(box, from, to) {
    const piece = pieceOf(box, from);
    const reach = Math.min(REACH, Math.max(2, Math.ceil(piece.w / 3)));
    let best = { cost: differenceOf(from, to, piece, 0, 0), dx: 0, dy: 0 };
    for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
            if (!dx && !dy) continue;
            const cost = differenceOf(from, to, piece, dx, dy) + STEP_COST * Math.hypot(dx, dy);
            if (cost < best.cost) best = { cost, dx, dy };
        }
    }
    return { dx: best.dx / from.w, dy: best.dy / from.h };
}

const near = (a, b) =>
    Math.hypot(a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2) < Math.max(a.w, b.w);

const shareOf = ({ box }, { width, height }) => ({
    x: box.x / width,
    y: box.y / height,
    w: box.width / width,
    h: box.height / height,
});

let count = 0;

// Who was recognised and looks away for a moment is who they were.
const GLANCE_MS = 3000;

function faceNow({ face, told }, answered, now) {
    const glance = answered.result === 'poor_quality' && face?.result === 'match';
    return glance && now - told < GLANCE_MS ? face : answered;
}

/** {key, x, y, w, h, face, changed}: since when it has had this result. */
function meet(track, answered, place, now) {
    const known = track ?? { key: ++count, x: place.x, y: place.y, noted: place };
    const face = faceNow(known, answered, now);
    const same = known.face?.result === face.result && known.face?.id === face.id;
    return {
        ...known,
        // Where it was when the picture was taken is where the answer says; since then it has moved.
        x: place.x + known.x - known.noted.x,
        y: place.y + known.y - known.noted.y,
        w: place.w,
        h: place.h,
        face,
        told: face === answered ? now : known.told,
        changed: same ? known.changed : now,
        missed: 0,
    };
}

export function createTracks() {
    let tracks = [];
    return {
        list: () => tracks,
        clear: () => (tracks = []),
        /** The picture that is to be asked about shows this. */
        note() {
            tracks = tracks.map((track) => ({ ...track, noted: { ...track } }));
        },
        follow(from, to) {
            tracks = tracks.map((track) => {
                const { dx, dy } = moveOf(track, from, to);
                return dx || dy ? { ...track, x: track.x + dx, y: track.y + dy } : track;
            });
        },
        /** The server's answer to the picture that was noted. */
        take(answer, now) {
            const left = new Set(tracks);
            const met = answer.faces.map((face) => {
                const place = shareOf(face, answer);
                const before = [...left].find(({ noted }) => noted && near(noted, place));
                left.delete(before);
                return meet(before, face, place, now);
            });
            const missed = [...left].map((track) => ({ ...track, missed: track.missed + 1 }));
            tracks = [...met, ...missed.filter((track) => track.missed < MISSED_MAX)];
        },
    };
}
