/*
 * Input: one byte that chooses, then a key file, a session token or a sealed template. Rubbish is
 * refused with an error; what is accepted is usable.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/key.h"
#include "auth/seal.h"
#include "auth/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key file in memory, mode 0600. */
static struct auth_keys *load(const void *text, size_t size, GError **error)
{
    char path[64];
    int fd = memfd_create("key", MFD_CLOEXEC);

    if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, text, size) != (ssize_t)size)
        abort();
    g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct auth_keys *keys = auth_keys_load(path, error);
    close(fd);
    return keys;
}

/* The same keys for every run, so that the corpus can hold what the older one signed and sealed. */
static struct auth_keyring *keys_fixed(void)
{
    static const char text[] = "presente-key-v1 4b4c11f1 "
                               "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\n"
                               "presente-key-v1 5312dd4f "
                               "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    static struct auth_keyring *keyring;

    if (!keyring) {
        g_autoptr(auth_keys) keys = load(text, sizeof text - 1, NULL);
        if (!keys)
            abort();
        keyring = auth_keyring_create(keys, NULL);
    }
    return keyring;
}

static bool try_key(const uint8_t *data, size_t size, GError **error)
{
    uint8_t sub[AUTH_KEY_BYTES];
    struct auth_keys *keys = load(data, size, error);

    if (keys && !auth_keys_sub(keys, auth_keys_current(keys), AUTH_KEY_USE_SEAL, sub))
        abort();
    auth_keys_unref(keys);
    return keys != NULL;
}

static bool try_token(const uint8_t *data, size_t size, GError **error)
{
    static struct auth_tokens *tokens;
    struct auth_token_claims claims;
    g_autofree char *text = g_strndup((const char *)data, size);
    const base_time now = 1770000000 * BASE_TIME_SECOND;

    if (!tokens)
        tokens = auth_tokens_create(keys_fixed(), NULL);
    const bool good = auth_tokens_verify(tokens, text, now, &claims, error);
    if (good && claims.expires_at <= now)
        abort();
    return good;
}

static bool try_seal(const uint8_t *data, size_t size, GError **error)
{
    const struct auth_seal_context context = {.model = "model"};
    GBytes *plain = auth_seal_open(keys_fixed(), &context, data, size, error);

    if (!plain)
        return false;
    if (g_bytes_get_size(plain) + AUTH_SEAL_OVERHEAD != size)
        abort();
    g_bytes_unref(plain);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const tries[])(const uint8_t *data, size_t size,
                                 GError **error) = {try_key, try_token, try_seal};
    g_autoptr(GError) error = NULL;

    if (size == 0 || size > 1 << 16)
        return 0;
    const bool good = tries[data[0] % G_N_ELEMENTS(tries)](data + 1, size - 1, &error);
    if (good == (error != NULL))
        abort();
    return 0;
}
