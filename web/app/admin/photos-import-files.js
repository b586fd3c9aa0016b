// The photos in what was chosen: files, folders, and ZIP files, which are read here a piece at a time
// so that the largest one can be sent in parts.
const PHOTO = /(^|\/)[^./][^/]*\.(jpe?g|png|webp)$/i;
const END_MAX = 66_000;
const END_SIZE = 22;
const END_OF_ZIP = 0x06054b50;
const ENTRY_SIZE = 46;
const HEADER_SIZE = 30;
const DEFLATED = 8;

const viewOf = async (file, from, to) => new DataView(await file.slice(from, to).arrayBuffer());

/** Where the table of contents begins, how long it is, and how many entries it has. */
async function endOf(file) {
    const view = await viewOf(file, Math.max(0, file.size - END_MAX), file.size);
    for (let at = view.byteLength - END_SIZE; at >= 0; at--)
        if (view.getUint32(at, true) === END_OF_ZIP)
            return {
                n: view.getUint16(at + 10, true),
                size: view.getUint32(at + 12, true),
                from: view.getUint32(at + 16, true),
            };
    throw new Error('no ZIP file');
}

async function readEntry(file, { method, size, at }) {
    const header = await viewOf(file, at, at + HEADER_SIZE);
    const from = at + HEADER_SIZE + header.getUint16(26, true) + header.getUint16(28, true);
    const bytes = file.slice(from, from + size);
    if (method !== DEFLATED) return bytes;
    return new Response(bytes.stream().pipeThrough(new DecompressionStream('deflate-raw'))).blob();
}

async function photosOfZip(file) {
    const { n, size, from } = await endOf(file);
    const view = await viewOf(file, from, from + size);
    const photos = [];
    for (let i = 0, at = 0; i < n; i++) {
        const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
        const path = new TextDecoder().decode(new Uint8Array(view.buffer, at + ENTRY_SIZE, name));
        const entry = {
            method: view.getUint16(at + 10, true),
            size: view.getUint32(at + 20, true),
            at: view.getUint32(at + 42, true),
        };
        photos.push({ path, size: view.getUint32(at + 24, true), read: () => readEntry(file, entry) });
        at += ENTRY_SIZE + name + extra + comment;
    }
    return photos;
}

/** [{path, size, read}] of [{file, path}]; `read()` gives the bytes of one when it is its turn. */
export async function photosOf(files) {
    const found = await Promise.all(
        files.map(({ file, path }) =>
            /\.zip$/i.test(path) ? photosOfZip(file).catch(() => []) : [{ path, size: file.size, read: () => file }],
        ),
    );
    return found.flat().filter(({ path }) => PHOTO.test(path) && !path.startsWith('__MACOSX/'));
}
