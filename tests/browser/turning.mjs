// A head that turns and nods, made of one photograph: each pixel is where a surface in the shape of a
// face would have come from. Not a person, but what a camera sees of depth.

// Runs in the browser.
async function turnInPage({ base64, region, width, height, poses }) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(picture, ...region, 0, 0, width, height);
    const still = context.getImageData(0, 0, width, height);
    const radius = height * 0.24; // half of a face's height, as the region is cut
    const middle = { x: width / 2, y: height * 0.45 };

    // Towards the camera, in radii: the round of a head, and the nose on it.
    const depth = (x, y) => {
        const round = Math.max(0, 1 - (x / 1.05) ** 2 - (y / 1.5) ** 2);
        const nose = Math.exp(-((x / 0.16) ** 2) - ((y - 0.12) / 0.3) ** 2);
        return 0.75 * Math.sqrt(round) - 0.75 + 0.28 * nose;
    };

    function turned({ yaw, pitch, number }) {
        const [sy, cy] = [Math.sin(yaw), Math.cos(yaw)];
        const [sp, cp] = [Math.sin(pitch), Math.cos(pitch)];
        const frame = context.createImageData(width, height);
        for (let v = 0; v < height; v++)
            for (let u = 0; u < width; u++) {
                const toX = (u - middle.x) / radius;
                const toY = (v - middle.y) / radius;
                // Away from the head nothing moves.
                const part = 1 / (1 + Math.exp(8 * (Math.hypot(toX / 1.15, toY / 1.45) - 1.25)));
                let [x, y] = [toX, toY];
                for (let i = 0; i < 6; i++) {
                    const z = depth(x, y);
                    x = (toX - z * sy * part) / (1 + (cy - 1) * part);
                    y = (toY - z * sp * part) / (1 + (cp - 1) * part);
                }
                const fromX = Math.max(0, Math.min(width - 1, Math.round(middle.x + x * radius)));
                const fromY = Math.max(0, Math.min(height - 1, Math.round(middle.y + y * radius)));
                const from = 4 * (fromY * width + fromX);
                const to = 4 * (v * width + u);
                for (let c = 0; c < 4; c++) frame.data[to + c] = still.data[from + c];
            }
        // Two frames of a camera are never the same.
        frame.data[4 * number] ^= 32;
        context.putImageData(frame, 0, 0);
        return canvas.toDataURL('image/jpeg', 0.92).split(',')[1];
    }
    return poses.map((pose, number) => turned({ ...pose, number: number * 64 }));
}

const RADIANS = Math.PI / 180;
const DIRECTIONS = {
    turn_left: { yaw: 55, pitch: 0 },
    turn_right: { yaw: -55, pitch: 0 },
    nod: { yaw: 0, pitch: 34 },
};

/** Whether a step can be shown. */
export const canShow = (step) => step in DIRECTIONS;

function posesOf(step, count) {
    const { yaw, pitch } = DIRECTIONS[step];
    return Array.from({ length: count }, (_, i) => {
        const away = Math.max(0, Math.sin(((i - 3) / (count - 6)) * Math.PI));
        return { yaw: yaw * away * RADIANS, pitch: pitch * away * RADIANS };
    });
}

/** JPEGs (Buffer) of the face in this region of a photograph as it does the steps. */
export async function filmSteps(browser, { base64, region, steps, each = 14 }) {
    const page = await browser.newPage();
    try {
        const poses = steps.flatMap((step) => posesOf(step, each));
        const frames = await page.evaluate(turnInPage, {
            base64,
            region,
            width: 400,
            height: 300,
            poses,
        });
        return frames.map((frame) => Buffer.from(frame, 'base64'));
    } finally {
        await page.close();
    }
}
