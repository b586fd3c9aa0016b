#include "auth/seal.h"

#include "auth/init.h"
#include "base/error.h"

#include <string.h>

enum {
    SEAL_VERSION = 1,
    SEAL_KEY_AT = 1,
    SEAL_NONCE_AT = 5,
    SEAL_NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL_BODY_AT = SEAL_NONCE_AT + SEAL_NONCE,
    SEAL_TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SEAL_MODEL_MAX = 255,
    SEAL_BOUND_MAX = SEAL_NONCE_AT + 2 * BASE_UUID_SIZE + 1 + SEAL_MODEL_MAX,
};

G_STATIC_ASSERT(SEAL_BODY_AT + SEAL_TAG == AUTH_SEAL_OVERHEAD);

/* Writes the associated data; every part has a fixed length or carries it, so no two contexts give
 * the same bytes. Returns the length, 0 when the model's name is too long. */
static size_t seal_bind(const uint8_t head[SEAL_NONCE_AT], const struct auth_seal_context *context,
                        uint8_t bound[SEAL_BOUND_MAX])
{
    const size_t model = strlen(context->model);
    uint8_t *at = bound;

    if (model > SEAL_MODEL_MAX)
        return 0;
    at = mempcpy(at, head, SEAL_NONCE_AT);
    at = mempcpy(at, context->user.bytes, BASE_UUID_SIZE);
    at = mempcpy(at, context->template_id.bytes, BASE_UUID_SIZE);
    *at++ = (uint8_t)model;
    at = mempcpy(at, context->model, model);
    return (size_t)(at - bound);
}

GBytes *auth_seal_close(struct auth_keyring *keyring, const struct auth_seal_context *context,
                        const void *plain, size_t n, GError **error)
{
    g_autoptr(auth_keys) keys = NULL;
    uint8_t bound[SEAL_BOUND_MAX], key[AUTH_KEY_BYTES];

    if (!auth_init(error))
        return NULL;
    if (n > AUTH_SEAL_PLAIN_MAX || strlen(context->model) > SEAL_MODEL_MAX) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The data to seal or the model's name is too long.");
        return NULL;
    }
    keys = auth_keyring_keys_to_seal(keyring, error);
    if (!keys)
        return NULL;
    const uint32_t id = auth_keys_current(keys);
    uint8_t *sealed = g_malloc(AUTH_SEAL_OVERHEAD + n);
    unsigned long long body = 0;

    sealed[0] = SEAL_VERSION;
    for (int i = 0; i < 4; i++)
        sealed[SEAL_KEY_AT + i] = (uint8_t)(id >> (24 - 8 * i));
    randombytes_buf(sealed + SEAL_NONCE_AT, SEAL_NONCE);
    const size_t bound_n = seal_bind(sealed, context, bound);
    (void)auth_keys_sub(keys, id, AUTH_KEY_USE_SEAL, key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + SEAL_BODY_AT, &body, plain, n, bound,
                                               bound_n, NULL, sealed + SEAL_NONCE_AT, key);
    sodium_memzero(key, sizeof key);
    return g_bytes_new_take(sealed, SEAL_BODY_AT + (size_t)body);
}

bool auth_seal_key_id(const void *sealed, size_t n, uint32_t *id)
{
    const uint8_t *bytes = sealed;

    if (!bytes || n < AUTH_SEAL_OVERHEAD || bytes[0] != SEAL_VERSION)
        return false;
    *id = 0;
    for (int i = 0; i < 4; i++)
        *id = *id << 8 | bytes[SEAL_KEY_AT + i];
    return true;
}

static GBytes *seal_fail(GError **error, const char *why)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "What was sealed %s.", why);
    return NULL;
}

GBytes *auth_seal_open(struct auth_keyring *keyring, const struct auth_seal_context *context,
                       const void *sealed, size_t n, GError **error)
{
    const uint8_t *bytes = sealed;
    uint8_t bound[SEAL_BOUND_MAX], key[AUTH_KEY_BYTES];
    uint32_t id = 0;

    if (!auth_init(error))
        return NULL;
    if (!bytes || n < AUTH_SEAL_OVERHEAD || n > AUTH_SEAL_OVERHEAD + (size_t)AUTH_SEAL_PLAIN_MAX)
        return seal_fail(error, "has an impossible length");
    if (!auth_seal_key_id(bytes, n, &id))
        return seal_fail(error, "has a version that this program does not know");
    const size_t bound_n = seal_bind(bytes, context, bound);
    if (bound_n == 0)
        return seal_fail(error, "names an impossible model");
    g_autoptr(auth_keys) keys = auth_keyring_keys_with(keyring, id);
    if (!auth_keys_sub(keys, id, AUTH_KEY_USE_SEAL, key))
        return seal_fail(error, "needs a key that is not in the key file");

    uint8_t *plain = g_malloc(MAX(n - AUTH_SEAL_OVERHEAD, 1));
    unsigned long long plain_n = 0;
    const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, &plain_n, NULL, bytes + SEAL_BODY_AT, n - SEAL_BODY_AT, bound, bound_n,
        bytes + SEAL_NONCE_AT, key);
    sodium_memzero(key, sizeof key);
    if (failed) {
        g_free(plain);
        return seal_fail(error, "was changed after it was sealed, or belongs to another person");
    }
    return g_bytes_new_take(plain, (size_t)plain_n);
}
