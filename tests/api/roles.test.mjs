// Every operation of the contract, with every role and with none.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Client, createPerson } from '../helpers/client.mjs';
import { missingParts, projectDir, startServer } from '../helpers/server.mjs';

const NOTHING = '00000000-0000-7000-8000-000000000000';
const contract = JSON.parse(await readFile(path.join(projectDir, 'docs/openapi.json'), 'utf8'));

const operations = Object.entries(contract.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        route,
        roles: operation['x-roles'],
        // The first kind of body that it takes.
        type: Object.keys(operation.requestBody?.content ?? {})[0],
    })),
);

/** Ids that exist nowhere: whoever is let in is told so, and nothing is changed. Everybody's own
 * faces and picture are theirs to change, so those paths name whoever is asking. */
function urlFor(route, client) {
    const own = /^\/users\/\{id\}\/(faces|image)/.test(route) ? route.replace('{id}', client.user?.id ?? NOTHING) : route;
    return own.replace(/\{[^}]+\}/g, NOTHING);
}

/** An empty document; of a picture or a file the bytes do not matter. */
function bodyOf(type) {
    if (!type) return {};
    if (type === 'application/json') return { json: {} };
    if (type === 'multipart/form-data') return { form: new FormData() };
    return { body: 'nothing', headers: { 'Content-Type': type } };
}

/** A client with the cookie of a kiosk, and no other. */
async function pairedKiosk(admin) {
    const { body } = await admin.post('/devices', { name: 'Door' });
    const client = new Client(admin.url);
    const { headers } = await client.post('/devices/pair', { code: body.code });
    const [cookie] = headers.getSetCookie()[0].split(';');
    const send = client.send.bind(client);
    client.send = (method, path, options) =>
        send(method, path, { ...options, headers: { ...options?.headers, Cookie: cookie } });
    return client;
}

/** Who has no account is asked for one; what is for kiosks alone has nothing to do with accounts. */
const refusal = (role, roles) =>
    ['nobody', 'device'].includes(role) || roles.every((one) => one === 'device') ? 401 : 403;

describe('roles', { skip: missingParts() }, () => {
    let server;
    const clients = {};

    before(async () => {
        server = await startServer();
        clients.nobody = new Client(server.url);
        const admin = await clients.nobody.signIn(server.admin.email, server.admin.password);
        for (const role of ['admin', 'teacher', 'student'])
            clients[role] = await createPerson(admin, { email: `${role}@uni.mx`, role });
        clients.device = await pairedKiosk(admin);
    });
    after(() => server?.stop());

    for (const { method, route, roles, type } of operations) {
        if (route === '/logout') continue; // would end the very sessions used here
        it(`${method} ${route}: ${roles.join(', ')}`, async () => {
            for (const [role, client] of Object.entries(clients)) {
                const { status, body } = await client.send(method, urlFor(route, client), bodyOf(type));
                const answer = `${role}: ${status} ${JSON.stringify(body).slice(0, 200)}`;
                if (roles.includes('anyone') || roles.includes(role)) {
                    // An empty login or mark is a bad request, but never a forbidden one.
                    assert.ok(![401, 403, 405, 500, 501].includes(status), answer);
                } else {
                    assert.equal(status, refusal(role, roles), answer);
                    assert.ok(body.error.code && body.error.message, answer);
                }
            }
        });
    }
});
