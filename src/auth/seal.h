/*
 * Sealing of face templates and pictures: XChaCha20-Poly1305 (libsodium, 24 random bytes of nonce).
 *
 * Layout: version (1 byte, 1) | key id (4 bytes, big endian) | nonce (24) | ciphertext | tag (16).
 * The associated data are version, key id, user id, template id and model id, so a sealed template
 * opens only in the row it was written for: moved to another person it is noticed.
 */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include "auth/keyring.h"
#include "base/uuid.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AUTH_SEAL_OVERHEAD = 1 + 4 + 24 + 16, /* bytes that sealing adds */
    AUTH_SEAL_PLAIN_MAX = 1 << 20,        /* bytes */
};

/* What a sealed text is bound to. */
struct auth_seal_context {
    struct base_uuid user;
    struct base_uuid template_id;
    const char *model; /* at most 255 bytes */
};

/* Seals `n` bytes with the key that is current at this moment. BASE_ERROR_INVALID when too long,
 * BASE_ERROR_UNAVAILABLE when the keyring is not trusted. */
GBytes *auth_seal_close(struct auth_keyring *keyring, const struct auth_seal_context *context,
                        const void *plain, size_t n, GError **error);

/*
 * The plain bytes. BASE_ERROR_CORRUPT, naming the reason, when the text is too short, of another
 * version, sealed with a key that the key file does not have, or does not authenticate (tampered,
 * moved to another row, or another key with the same id).
 */
GBytes *auth_seal_open(struct auth_keyring *keyring, const struct auth_seal_context *context,
                       const void *sealed, size_t n, GError **error);

/* The id of the key that sealed it; false when it is no sealed text of a version that is known. */
bool auth_seal_key_id(const void *sealed, size_t n, uint32_t *id);

#endif
