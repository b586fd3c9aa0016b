/*
 * Signatures that others can verify without our key file: Ed25519 (RFC 8032, libsodium). The key
 * pair of each key of the key file is made of its sub-key for AUTH_KEY_USE_SIGN, so it comes and
 * goes with that key; who has written the public key down can verify for ever.
 */
#ifndef AUTH_SIGN_H
#define AUTH_SIGN_H

#include "auth/key.h"

#include <stddef.h>

enum {
    AUTH_SIGN_PUBLIC_BYTES = 32,
    AUTH_SIGN_BYTES = 64,
};

struct auth_sign_public {
    uint8_t bytes[AUTH_SIGN_PUBLIC_BYTES];
};

/* The public key of the key `id`. False when no such key is loaded. */
bool auth_sign_public_of(const struct auth_keys *keys, uint32_t id, struct auth_sign_public *out);

/* Signs with the key `id`. False when no such key is loaded. */
bool auth_sign(const struct auth_keys *keys, uint32_t id, const void *data, size_t n,
               uint8_t signature[AUTH_SIGN_BYTES]);

bool auth_sign_verify(const struct auth_sign_public *key, const void *data, size_t n,
                      const uint8_t signature[AUTH_SIGN_BYTES]);

/* 64 lower-case hexadecimal digits; g_free() it. */
char *auth_sign_public_hex(const struct auth_sign_public *key);

/* The same as a PEM file (RFC 8410), as openssl reads it; g_free() it. */
char *auth_sign_public_pem(const struct auth_sign_public *key);

/* SHA-256 of the DER form in hexadecimal, to compare over the telephone; g_free() it. */
char *auth_sign_public_fingerprint(const struct auth_sign_public *key);

/* Reads hexadecimal digits or a PEM text, with white space around them. BASE_ERROR_INVALID. */
bool auth_sign_public_parse(const char *text, struct auth_sign_public *key, GError **error);

#endif
