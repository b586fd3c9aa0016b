// A photograph's own time, as cameras write it: the EXIF segment of a JPEG (CIPA DC-008).

/** An entry of a TIFF directory: tag, type (2: text, 4: number), value. */
function directory(entries, at) {
    const head = Buffer.alloc(2 + 12 * entries.length + 4);
    const texts = [];
    let free = at + head.length;
    head.writeUInt16LE(entries.length, 0);
    entries.forEach(([tag, type, value], i) => {
        const entry = 2 + 12 * i;
        head.writeUInt16LE(tag, entry);
        head.writeUInt16LE(type, entry + 2);
        if (type === 4) {
            head.writeUInt32LE(1, entry + 4);
            head.writeUInt32LE(value, entry + 8);
            return;
        }
        const text = Buffer.from(`${value}\0`, 'latin1');
        head.writeUInt32LE(text.length, entry + 4);
        head.writeUInt32LE(free, entry + 8);
        texts.push(text);
        free += text.length;
    });
    return Buffer.concat([head, ...texts]);
}

/** The JPEG, taken at `time` ("2026:03:12 08:55:00"), `offset` ("-06:00") from UTC if given. */
export function takenAt(jpeg, time, offset) {
    const tags = [[0x9003, 2, time]];
    if (offset) tags.push([0x9011, 2, offset]);
    const HEADER = 8; // bytes of TIFF's head; IFD0 has one entry
    const inner = HEADER + 2 + 12 + 4;
    const tiff = Buffer.concat([
        Buffer.from([0x49, 0x49, 0x2a, 0, HEADER, 0, 0, 0]),
        directory([[0x8769, 4, inner]], HEADER),
        directory(tags, inner),
    ]);
    const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
    const segment = Buffer.from([0xff, 0xe1, 0, 0]);
    segment.writeUInt16BE(content.length + 2, 2);
    return Buffer.concat([jpeg.subarray(0, 2), segment, content, jpeg.subarray(2)]);
}
