// What the kiosk's page does in a browser: sealing an entry to the server by HPKE (RFC 9180, base
// mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM), with WebCrypto alone.
const { subtle } = globalThis.crypto;
const text = (value) => new TextEncoder().encode(value);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

const KEM = join(text('KEM'), [0x00, 0x10]);
const SUITE = join(text('HPKE'), [0x00, 0x10, 0x00, 0x01, 0x00, 0x02]);
const NONE = new Uint8Array();

async function hmac(key, data) {
    // WebCrypto refuses an empty key; HMAC fills a short one up with zeros anyway.
    const secret = await subtle.importKey('raw', key.length ? key : new Uint8Array(32),
        { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', secret, data));
}

const extract = (salt, suite, label, material) =>
    hmac(salt, join(text('HPKE-v1'), suite, text(label), material));

const expand = async (secret, suite, label, info, size) =>
    (await hmac(secret, join([0, size], text('HPKE-v1'), suite, text(label), info, [1])))
        .slice(0, size);

/** The encapsulated key, and the ciphertext with its tag. */
export async function hpkeSeal(point, info, associated, plain) {
    const curve = { name: 'ECDH', namedCurve: 'P-256' };
    const own = await subtle.generateKey(curve, false, ['deriveBits']);
    const encapsulated = new Uint8Array(await subtle.exportKey('raw', own.publicKey));
    const peer = await subtle.importKey('raw', point, curve, false, []);
    const agreed = await subtle.deriveBits({ name: 'ECDH', public: peer }, own.privateKey, 256);
    const kemSecret = await extract(NONE, KEM, 'eae_prk', new Uint8Array(agreed));
    const shared = await expand(kemSecret, KEM, 'shared_secret', join(encapsulated, point), 32);
    const context = join([0], await extract(NONE, SUITE, 'psk_id_hash', NONE),
        await extract(NONE, SUITE, 'info_hash', info));
    const secret = await extract(shared, SUITE, 'secret', NONE);
    const key = await expand(secret, SUITE, 'key', context, 32);
    const nonce = await expand(secret, SUITE, 'base_nonce', context, 12);
    const cipher = await subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
    const sealed = await subtle.encrypt(
        { name: 'AES-GCM', iv: nonce, additionalData: associated }, cipher, plain);
    return join(encapsulated, new Uint8Array(sealed));
}

/** An entry as POST /kiosk/entries takes it; `key` is the public_key that the server gave. */
export async function sealEntry({ device, key, counter, capturedAt, content }) {
    const at = new Date(capturedAt).toISOString();
    const sealed = await hpkeSeal(
        Buffer.from(key.key, 'base64'), text('presente kiosk entry 1'),
        text(`${device} ${counter} ${at}`), text(JSON.stringify(content)));
    return {
        counter,
        captured_at: at,
        sealed: Buffer.concat([Buffer.from(key.id, 'hex'), sealed]).toString('base64'),
    };
}
