// Sealing what is kept here so that the server alone can open it: HPKE (RFC 9180), base mode,
// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message. The browser's own cryptography;
// the key of each message is made for it and thrown away.

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const INFO = 'presente kiosk entry 1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

const bytesOf = (text) => new TextEncoder().encode(text);
const EMPTY = new Uint8Array();

function join(...parts) {
    const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

const PROTOCOL = bytesOf('HPKE-v1');
const KEM = join(bytesOf('KEM'), [0, 0x10]);
const SUITE = join(bytesOf('HPKE'), [0, 0x10, 0, 1, 0, 2]);

export function toBase64(bytes) {
    let text = '';
    const piece = 0x8000; // what a call may have as arguments
    for (let at = 0; at < bytes.length; at += piece)
        text += String.fromCharCode(...bytes.subarray(at, at + piece));
    return btoa(text);
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

async function hmac(secret, data) {
    // An empty key is refused here, and is zeros to HMAC.
    const raw = secret.length ? secret : new Uint8Array(KEY_BYTES);
    const hash = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', raw, hash, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, data));
}

const extract = (suite, salt, label, secret) =>
    hmac(salt, join(PROTOCOL, suite, bytesOf(label), secret));

/** At most one block of the hash is ever needed here. */
async function expand(suite, secret, label, info, size) {
    const block = join([0, size], PROTOCOL, suite, bytesOf(label), info, [1]);
    return (await hmac(secret, block)).slice(0, size);
}

/** A secret with the holder of `point`, and what tells it to them. */
async function encapsulate(point) {
    const { subtle } = crypto;
    const mine = await subtle.generateKey(CURVE, false, ['deriveBits']);
    const told = new Uint8Array(await subtle.exportKey('raw', mine.publicKey));
    const theirs = await subtle.importKey('raw', point, CURVE, false, []);
    const agreed = await subtle.deriveBits({ name: 'ECDH', public: theirs }, mine.privateKey, 256);
    const root = await extract(KEM, EMPTY, 'eae_prk', new Uint8Array(agreed));
    return { told, secret: await expand(KEM, root, 'shared_secret', join(told, point), KEY_BYTES) };
}

async function seal(point, bound, plain) {
    const { told, secret } = await encapsulate(point);
    const context = join(
        [0],
        await extract(SUITE, EMPTY, 'psk_id_hash', EMPTY),
        await extract(SUITE, EMPTY, 'info_hash', bytesOf(INFO)),
    );
    const root = await extract(SUITE, secret, 'secret', EMPTY);
    const raw = await expand(SUITE, root, 'key', context, KEY_BYTES);
    const iv = await expand(SUITE, root, 'base_nonce', context, NONCE_BYTES);
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']);
    const way = { name: 'AES-GCM', iv, additionalData: bound };
    return join(told, new Uint8Array(await crypto.subtle.encrypt(way, key, plain)));
}

/**
 * An entry as it is kept, its `sealed` as bytes. It is bound to the kiosk (its id), its counter and
 * its time: none of them can be changed afterwards. `key` is the server's public_key.
 */
export async function sealEntry({ device, counter, key, at, content }) {
    const captured = new Date(at).toISOString();
    const bound = bytesOf(`${device} ${counter} ${captured}`);
    const sealed = await seal(fromBase64(key.key), bound, bytesOf(JSON.stringify(content)));
    return { device, counter, captured_at: captured, sealed: join(fromHex(key.id), sealed) };
}
