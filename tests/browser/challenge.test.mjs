// Being asked to move: over HTTP with frames of a head made to turn, and on the page with a still
// before the camera, which must fail kindly.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, samplesDir, startServer } from '../helpers/server.mjs';
import { launchBrowser, noBrowser, PHONE, visitPage } from './browser.mjs';
import { cutPicture, PEOPLE, POSES, regionOf, writeCamera } from './camera.mjs';
import { canShow, filmSteps } from './turning.mjs';

const skip = missingParts({ faces: true, samples: true, web: true }) || noBrowser();
const ANSWER_MS = 20_000;

describe('a challenge', { skip, timeout: 120_000 }, () => {
    let server, dir, anyone, admin, plain, camera, still;

    const setPolicy = async (challenge) =>
        assert.equal((await admin.patch('/institution', { challenge })).status, 200);
    const answer = (id, frames) =>
        anyone.submit('/attendance/mark', { challenge_id: id }, frames);

    /** A challenge whose steps can be shown: some have a blink, which a photograph cannot. */
    async function askedFor() {
        for (let tries = 0; tries < 12; tries++) {
            const { status, body } = await anyone.post('/challenges', {});
            assert.equal(status, 201, JSON.stringify(body));
            assert.equal(body.steps.length, 2);
            assert.notEqual(body.steps[0], body.steps[1]);
            if (body.steps.every(canShow)) return body;
        }
        throw new Error('none of 12 challenges was without a blink');
    }

    async function film(steps) {
        const person = PEOPLE.stranger;
        const base64 = (await readFile(path.join(samplesDir, person.file))).toString('base64');
        const region = regionOf(person, { share: 0.4 });
        return filmSteps(plain, { base64, region, steps });
    }

    before(async () => {
        dir = await mkdtemp(path.join(tmpdir(), 'presente-challenge-'));
        server = await startServer({ env: { PRESENTE_LIVENESS_THRESHOLD: '0.02' } });
        anyone = new Client(server.url);
        admin = await anyone.signIn(server.admin.email, server.admin.password);
        plain = await launchBrowser();
        const rosa = await createPerson(admin, {
            name: 'Rosa Dzul', email: 'rosa@uni.mx', role: 'student',
        });
        const photo = await cutPicture(plain, PEOPLE.stranger, POSES[0]);
        const { status, body } = await admin.submit(`/users/${rosa.user.id}/faces`, {}, [photo]);
        assert.equal(status, 201, JSON.stringify(body));
        still = await cutPicture(plain, PEOPLE.stranger, POSES[0]);
        camera = await launchBrowser({
            camera: await writeCamera(path.join(dir, 'still.mjpeg'), [still]),
        });
        await setPolicy('always');
    });
    after(async () => {
        await camera?.close();
        await plain?.close();
        await server?.stop();
        await rm(dir, { recursive: true, force: true });
    });

    it('is asked for without telling a name or a number', async () => {
        const { status, body } = await anyone.submit('/attendance/mark', {}, [still]);
        assert.equal(status, 200, JSON.stringify(body));
        assert.equal(body.result, 'challenge_required', JSON.stringify(body));
        assert.deepEqual(Object.keys(body).sort(), ['face', 'result', 'time_zone']);
    });

    it('fails for a still, and is used up by that', async () => {
        const { id } = await askedFor();
        const shown = await answer(id, Array(20).fill(still));
        assert.equal(shown.body.result, 'challenge_failed', JSON.stringify(shown.body));
        assert.equal(shown.body.reason, 'not_followed');
        assert.equal((await answer(id, [still])).status, 409);
    });

    it('passes for a head that turns as told, and not for the same frames again', async () => {
        const { id, steps } = await askedFor();
        const frames = await film(steps);
        const passed = await answer(id, frames);
        assert.equal(passed.status, 200, JSON.stringify(passed.body));
        assert.equal(passed.body.result, 'match', JSON.stringify([steps, passed.body]));
        assert.equal(passed.body.user.name, 'Rosa Dzul');

        const other = await anyone.post('/challenges', {});
        const replayed = await answer(other.body.id, frames);
        assert.equal(replayed.body.result, 'challenge_failed');
    });

    it('fails for the steps in another order', async () => {
        const { id, steps } = await askedFor();
        const { body } = await answer(id, await film([steps[1], steps[0]]));
        assert.equal(body.result, 'challenge_failed', JSON.stringify([steps, body]));
    });

    it('may be left to a teacher, who must confirm', async () => {
        const { body } = await anyone.submit('/attendance/mark', { alternative: 'true' }, [still]);
        assert.equal(body.result, 'needs_review', JSON.stringify(body));
        assert.equal(body.user, undefined);
        const listed = await admin.get('/reviews');
        assert.equal(listed.body.items?.length, 1, JSON.stringify(listed.body));
    });

    it('refuses more pictures than an answer may have, and times that do not fit', async () => {
        const { body } = await anyone.post('/challenges', {});
        assert.equal((await answer(body.id, Array(49).fill(still))).status, 413);
        assert.equal((await anyone.submit('/attendance/mark', {}, Array(17).fill(still))).status, 413);
        const odd = await anyone.submit('/attendance/mark', { times: '[1,2]' }, [still]);
        assert.equal(odd.status, 400);
        assert.equal(odd.body.error.details[0].field, 'times');
    });

    it('leads through it on the page, and is kind when it fails', async () => {
        await visitPage(camera, server.url, async (page) => {
            const result = (kind) =>
                page.waitForSelector(`[data-result="${kind}"]`, { timeout: ANSWER_MS });
            await result('challenge_required');
            await page.getByRole('button', { name: 'Empezar' }).click();
            for (const phase of ['read', 'move']) {
                await page.waitForSelector(`[data-challenge="${phase}"]`);
                const step = await page.locator('.challenge h2').innerText();
                assert.match(await page.locator('[role=status]').innerText(), new RegExp(step));
            }
            await result('challenge_failed');
            assert.match(await page.locator('.result').innerText(), /No vimos los movimientos/);
            await page.getByRole('button', { name: 'Sin moverme' }).click();
            await result('handed-over');
        }, { viewport: PHONE });
    });
});
