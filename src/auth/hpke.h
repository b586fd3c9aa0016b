/*
 * Opening what somebody sealed to a public key of ours: Hybrid Public Key Encryption (RFC 9180),
 * base mode, one message (its section 6.1), with DHKEM(P-256, HKDF-SHA256) and HKDF-SHA256; over
 * libcrypto. Browsers seal with nothing but WebCrypto.
 *
 * Base mode says nothing of who sealed: whoever knows the public key can.
 */
#ifndef AUTH_HPKE_H
#define AUTH_HPKE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AUTH_HPKE_POINT_BYTES = 65,  /* an uncompressed point (SEC 1, 2.3.3) */
    AUTH_HPKE_SECRET_BYTES = 32, /* a scalar, big endian */
    AUTH_HPKE_TAG_BYTES = 16,
    AUTH_HPKE_OVERHEAD = AUTH_HPKE_POINT_BYTES + AUTH_HPKE_TAG_BYTES,
};

/* By their numbers in RFC 9180, section 7.3. */
enum auth_hpke_aead {
    AUTH_HPKE_AES_128_GCM = 1,
    AUTH_HPKE_AES_256_GCM = 2,
};

/* A key pair; immutable, so threads may share it. */
struct auth_hpke_key;
typedef struct auth_hpke_key auth_hpke_key;

/* DeriveKeyPair (section 7.1.3): the same pair for the same `n` bytes, which must be as random as a
 * key. BASE_ERROR_INTERNAL when libcrypto fails. */
struct auth_hpke_key *auth_hpke_key_derive(const void *material, size_t n, GError **error);

/* Wipes the secret; takes NULL. */
void auth_hpke_key_free(struct auth_hpke_key *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(auth_hpke_key, auth_hpke_key_free)

void auth_hpke_key_public(const struct auth_hpke_key *key, uint8_t out[AUTH_HPKE_POINT_BYTES]);

struct auth_hpke_bytes {
    const void *data;
    size_t size;
};

/*
 * Opens `sealed`, which is the encapsulated key followed by the ciphertext with its tag, as the
 * first message of its context. BASE_ERROR_CORRUPT when it is too short, the encapsulated key is no
 * point of the curve, or it does not authenticate: another key, info or associated data, or
 * something was changed.
 */
GBytes *auth_hpke_open(const struct auth_hpke_key *key, enum auth_hpke_aead aead,
                       struct auth_hpke_bytes info, struct auth_hpke_bytes associated,
                       struct auth_hpke_bytes sealed, GError **error);

#endif
