// Pictures for the tests, cut inside Chromium from the sample photographs: no other tool is needed
// and no picture is committed. The fake camera plays a file of JPEGs one after another.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { samplesDir } from '../helpers/server.mjs';

/**
 * Where single people are: the centre of the face and its height, in pixels of the photograph.
 * The woman of `officer` in sample1 is also in sample3: `officerElsewhere`.
 */
export const PEOPLE = {
    officer: { file: 'sample1.jpg', x: 1535, y: 345, face: 235 },
    officerElsewhere: { file: 'sample3.jpg', x: 1200, y: 410, face: 225 },
    two: { file: 'sample6.jpg', x: 1430, y: 470, face: 230 },
    stranger: { file: 'sample3.jpg', x: 679, y: 461, face: 240 },
};

export const WALL = { file: 'sample1.jpg', region: [640, 60, 320, 240] };

const WIDTH = 640;
const HEIGHT = 480;

/**
 * How a picture is cut: the face's share of the height, moved and mirrored. One made wider or taller
 * is not taken for a copy of another, as a head that turns or nods a little is not.
 */
export const POSES = [
    { share: 0.4 },
    { share: 0.44, dx: 0.04, wider: 1.1, brightness: 1.06 },
    { share: 0.43, dx: 0.02, dy: 0.04, taller: 1.1, brightness: 0.94 },
];

export function regionOf(person, { share = 0.4, dx = 0, dy = 0, wider = 1, taller = 1 } = {}) {
    if (person.region) return person.region;
    const whole = person.face / share;
    const width = (whole * WIDTH) / HEIGHT / wider;
    const height = whole / taller;
    return [person.x - width * (0.5 + dx), person.y - height * (0.45 + dy), width, height];
}

// Runs in the browser.
async function cutInPage({ base64, region, width, height, brightness, mirror }) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
    const [x, y, w, h] = region;
    const within = (start, length, whole) => Math.max(0, Math.min(start, whole - length));
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.filter = `brightness(${brightness})`;
    if (mirror) {
        context.translate(width, 0);
        context.scale(-1, 1);
    }
    const [left, top] = [within(x, w, picture.width), within(y, h, picture.height)];
    context.drawImage(picture, left, top, w, h, 0, 0, width, height);
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
}

/** A JPEG of one of PEOPLE, 640×480 unless `size` says otherwise, as a Buffer. */
export async function cutPicture(browser, person, pose = {}, size = { width: WIDTH, height: HEIGHT }) {
    const base64 = (await readFile(path.join(samplesDir, person.file))).toString('base64');
    const page = await browser.newPage();
    try {
        const cut = await page.evaluate(cutInPage, {
            base64,
            region: regionOf(person, pose),
            ...size,
            brightness: pose.brightness ?? 1,
            mirror: pose.mirror ?? false,
        });
        return Buffer.from(cut, 'base64');
    } finally {
        await page.close();
    }
}

// About a second of the fake camera.
const FRAMES_EACH = 24;

/** Writes what the fake camera shows: each picture for about a second, again and again. */
export async function writeCamera(file, pictures) {
    const frames = pictures.flatMap((picture) => Array(FRAMES_EACH).fill(picture));
    await writeFile(file, Buffer.concat(frames));
    return file;
}
