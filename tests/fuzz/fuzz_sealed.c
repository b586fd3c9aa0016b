/*
 * Input: one byte that chooses, then what a kiosk hands in: a sealed entry, its plain text, or a
 * code that somebody typed. Rubbish is refused with an error; what is accepted is usable.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/box.h"
#include "auth/code.h"
#include "service/kiosk_content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct auth_hpke_bytes INFO = {"info", 4};

static bool try_box(const uint8_t *data, size_t size, GError **error)
{
    static struct auth_keyring *keyring;

    if (!keyring) {
        g_autoptr(auth_keys) keys = auth_keys_create(NULL);
        keyring = auth_keyring_create(keys, NULL);
    }
    GBytes *plain = auth_box_open(keyring, INFO, INFO, (struct auth_hpke_bytes){data, size}, error);
    if (plain)
        abort(); /* the key is drawn for each run */
    return false;
}

/* The same key for every run, so that the corpus can hold what was sealed to it. */
static bool try_hpke(const uint8_t *data, size_t size, GError **error)
{
    static struct auth_hpke_key *key;

    if (!key)
        key = auth_hpke_key_derive("0123456789abcdef0123456789abcdef", 32, NULL);
    GBytes *plain = auth_hpke_open(key, AUTH_HPKE_AES_256_GCM, INFO, INFO,
                                   (struct auth_hpke_bytes){data, size}, error);
    if (!plain)
        return false;
    if (g_bytes_get_size(plain) + AUTH_HPKE_OVERHEAD != size)
        abort();
    g_bytes_unref(plain);
    return true;
}

static bool try_content(const uint8_t *data, size_t size, GError **error)
{
    struct kiosk_content content;

    if (!kiosk_content_read(data, size, &content, error))
        return false;
    if (!content.typed.pin == (content.frames_n == 0))
        abort();
    for (size_t i = 0; i < content.frames_n; i++)
        if (!content.frames[i].data)
            abort();
    kiosk_content_clear(&content);
    return true;
}

static bool try_code(const uint8_t *data, size_t size, GError **error)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    char code[AUTH_CODE_PAIRING_SIZE];

    if (auth_code_pairing_read(text, code)) {
        if (strlen(code) != AUTH_CODE_PAIRING_SIZE - 1)
            abort();
        return true;
    }
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "no code");
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool (*const tries[])(const uint8_t *data, size_t size,
                                 GError **error) = {try_box, try_hpke, try_content, try_code};
    g_autoptr(GError) error = NULL;

    if (size == 0 || size > 1 << 16)
        return 0;
    const bool good = tries[data[0] % G_N_ELEMENTS(tries)](data + 1, size - 1, &error);
    if (good == (error != NULL))
        abort();
    return 0;
}
