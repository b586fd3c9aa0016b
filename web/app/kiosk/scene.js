// Is anybody there? What the camera shows is compared with what it shows when nobody is, so that
// nothing is asked of the server before an empty room. The server's answers teach what empty looks
// like; while it is away, what does not move for long does.
const CELL = 5;
// Grey values of 255 that noise, and a lamp that flickers, stay under.
const MOVED = 12;
const OTHER = 18;
// Shares of the picture.
const SOME = 0.01;
const SOMEBODY = 0.02;
const BEFORE_US = 0.03;
const SOMEBODY_ELSE = 0.06;

// A face may be missed once.
const TIMES_NOBODY = 3;
const STILL_MS = 1000;
const EMPTY_MS = 20_000;
const FACES_MS = 3000;

/** The picture in means of small squares. */
function cellsOf({ grey, w, h }) {
    const [columns, rows] = [Math.floor(w / CELL), Math.floor(h / CELL)];
    const cells = new Float32Array(columns * rows);
    for (let y = 0; y < rows * CELL; y++)
        for (let x = 0; x < columns * CELL; x++)
            cells[Math.floor(y / CELL) * columns + Math.floor(x / CELL)] += grey[y * w + x];
    return cells.map((sum) => sum / CELL ** 2);
}

/** The share of cells that differ by more than `limit`, once all became lighter or darker alike. */
function otherShare(a, b, limit) {
    if (a.length !== b.length) return 1;
    let shift = 0;
    for (let i = 0; i < a.length; i++) shift += (a[i] - b[i]) / a.length;
    let n = 0;
    for (let i = 0; i < a.length; i++) if (Math.abs(a[i] - b[i] - shift) > limit) n++;
    return n / a.length;
}

export function createScene() {
    let now = 0;
    let cells = null;
    let empty = null;
    let taken = null;
    let nobody = 0;
    let movedAt = -Infinity;
    let facesAt = -Infinity;
    const differs = (from, limit) => !from || otherShare(cells, from, OTHER) > limit;

    return {
        look(picture, time) {
            const before = cells;
            now = time;
            cells = cellsOf(picture);
            if (!before || otherShare(cells, before, MOVED) > SOME) movedAt = now;
            if (now - movedAt > EMPTY_MS && now - facesAt > EMPTY_MS) empty = cells;
            if (taken && differs(taken, SOMEBODY_ELSE)) taken = null;
        },
        /** What an answer said of the picture of now. */
        told(faces) {
            const isStill = now - movedAt > STILL_MS;
            if (faces > 0) facesAt = now;
            nobody = faces === 0 && isStill ? nobody + 1 : 0;
            if (nobody >= TIMES_NOBODY) empty = cells;
        },
        /** Whether it is worth asking who is there. */
        isWorth: () => cells !== null && (now - facesAt < FACES_MS || differs(empty, SOMEBODY)),
        /** Whether anybody was there or anything moved lately. */
        isAwake: (ms) => now - Math.max(movedAt, facesAt) < ms,
        /** Whether somebody stands still before the camera who was not taken yet. */
        isStanding: () =>
            cells !== null && now - movedAt > STILL_MS && !taken && differs(empty, BEFORE_US),
        took: () => (taken = cells),
    };
}
