// Pictures of single faces, cut out of the sample photographs by the program itself.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { samplesDir } from './server.mjs';

/** One picture (Buffer) a face of a sample photograph, from left to right. */
export async function cutFaces(server, sample) {
    const dir = await mkdtemp(path.join(tmpdir(), 'presente-faces-'));
    try {
        await server.presente('detect', path.join(samplesDir, sample), '--size', '640', '--crop', dir);
        const names = (await readdir(dir)).sort();
        return await Promise.all(names.map((name) => readFile(path.join(dir, name))));
    } finally {
        await rm(dir, { recursive: true, force: true });
    }
}
