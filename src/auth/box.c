#include "auth/box.h"

#include "auth/init.h"

static struct auth_hpke_key *key_of(const struct auth_keys *keys, uint32_t id, GError **error)
{
    uint8_t seed[AUTH_KEY_BYTES];

    if (!auth_keys_sub(keys, id, AUTH_KEY_USE_BOX, seed)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                            "It was sealed to a key that the key file does not have.");
        return NULL;
    }
    struct auth_hpke_key *key = auth_hpke_key_derive(seed, sizeof seed, error);
    sodium_memzero(seed, sizeof seed);
    return key;
}

bool auth_box_public(struct auth_keyring *keyring, uint32_t *id,
                     uint8_t point[AUTH_HPKE_POINT_BYTES])
{
    g_autoptr(auth_keys) keys = auth_keyring_keys_to_seal(keyring, NULL);
    g_autoptr(auth_hpke_key) key = keys ? key_of(keys, auth_keys_current(keys), NULL) : NULL;

    if (!key)
        return false;
    *id = auth_keys_current(keys);
    auth_hpke_key_public(key, point);
    return true;
}

GBytes *auth_box_open(struct auth_keyring *keyring, struct auth_hpke_bytes info,
                      struct auth_hpke_bytes associated, struct auth_hpke_bytes sealed,
                      GError **error)
{
    const uint8_t *bytes = sealed.data;

    if (sealed.size < AUTH_BOX_OVERHEAD) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT, "It is too short.");
        return NULL;
    }
    g_autoptr(auth_keys) file = auth_keyring_file_keys(keyring);
    if (!file) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                            "The key file cannot be used now.");
        return NULL;
    }
    const uint32_t id = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                        (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
    g_autoptr(auth_keys) keys = auth_keyring_keys_with(keyring, id);
    g_autoptr(auth_hpke_key) key = key_of(keys, id, error);
    if (!key)
        return NULL;
    const struct auth_hpke_bytes rest = {bytes + 4, sealed.size - 4};
    return auth_hpke_open(key, AUTH_HPKE_AES_256_GCM, info, associated, rest, error);
}
