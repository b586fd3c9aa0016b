/*
 * Sealing of face templates: XChaCha20-Poly1305 (libsodium, 24 random bytes of nonce).
 *
 * Layout: version (1 byte, 1) | key id (4 bytes, big endian) | nonce (24) | ciphertext | tag (16).
 * The associated data are version, key id, user id, template id and model id, so a sealed template
 * opens only in the row it was written for: moved to another person it is noticed.
 */
#ifndef AUTH_SEAL_H
#define AUTH_SEAL_H

#include "auth/key.h"
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

/* Seals `n` bytes with the current key. BASE_ERROR_INVALID when too long. */
GBytes *auth_seal_close(const struct auth_keys *keys, const struct auth_seal_context *context,
                        const void *plain, size_t n, GError **error);

/*
 * The plain bytes. BASE_ERROR_CORRUPT, naming the reason, when the text is too short, of another
 * version, sealed with a key that is not loaded, or does not authenticate (tampered, moved to
 * another row, or another key with the same id).
 */
GBytes *auth_seal_open(const struct auth_keys *keys, const struct auth_seal_context *context,
                       const void *sealed, size_t n, GError **error);

#endif
