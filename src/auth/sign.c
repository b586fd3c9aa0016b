#include "auth/sign.h"

#include "auth/init.h"
#include "base/error.h"

#include <string.h>

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"
#define PEM_END "-----END PUBLIC KEY-----"

/* SubjectPublicKeyInfo of RFC 8410 up to the key itself. */
static const uint8_t DER_HEAD[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

enum { DER_SIZE = sizeof DER_HEAD + AUTH_SIGN_PUBLIC_BYTES };

G_STATIC_ASSERT((int)AUTH_SIGN_PUBLIC_BYTES == (int)crypto_sign_PUBLICKEYBYTES);
G_STATIC_ASSERT((int)AUTH_SIGN_BYTES == (int)crypto_sign_BYTES);
G_STATIC_ASSERT((int)AUTH_KEY_BYTES == (int)crypto_sign_SEEDBYTES);

/* The caller wipes `secret`. */
static bool derive(const struct auth_keys *keys, uint32_t id, struct auth_sign_public *key,
                   uint8_t secret[crypto_sign_SECRETKEYBYTES])
{
    uint8_t seed[AUTH_KEY_BYTES];

    if (!auth_init(NULL) || !auth_keys_sub(keys, id, AUTH_KEY_USE_SIGN, seed))
        return false;
    crypto_sign_seed_keypair(key->bytes, secret, seed);
    sodium_memzero(seed, sizeof seed);
    return true;
}

bool auth_sign_public_of(const struct auth_keys *keys, uint32_t id, struct auth_sign_public *out)
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    if (!derive(keys, id, out, secret))
        return false;
    sodium_memzero(secret, sizeof secret);
    return true;
}

bool auth_sign(const struct auth_keys *keys, uint32_t id, const void *data, size_t n,
               uint8_t signature[AUTH_SIGN_BYTES])
{
    struct auth_sign_public key;
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    if (!derive(keys, id, &key, secret))
        return false;
    crypto_sign_detached(signature, NULL, data, n, secret);
    sodium_memzero(secret, sizeof secret);
    return true;
}

bool auth_sign_verify(const struct auth_sign_public *key, const void *data, size_t n,
                      const uint8_t signature[AUTH_SIGN_BYTES])
{
    return auth_init(NULL) && crypto_sign_verify_detached(signature, data, n, key->bytes) == 0;
}

char *auth_sign_public_hex(const struct auth_sign_public *key)
{
    char *text = g_malloc(2 * AUTH_SIGN_PUBLIC_BYTES + 1);

    return sodium_bin2hex(text, 2 * AUTH_SIGN_PUBLIC_BYTES + 1, key->bytes, sizeof key->bytes);
}

static void to_der(const struct auth_sign_public *key, uint8_t der[DER_SIZE])
{
    memcpy(mempcpy(der, DER_HEAD, sizeof DER_HEAD), key->bytes, sizeof key->bytes);
}

char *auth_sign_public_pem(const struct auth_sign_public *key)
{
    uint8_t der[DER_SIZE];

    to_der(key, der);
    g_autofree char *base64 = g_base64_encode(der, sizeof der);
    return g_strdup_printf(PEM_BEGIN "\n%s\n" PEM_END "\n", base64);
}

char *auth_sign_public_fingerprint(const struct auth_sign_public *key)
{
    uint8_t der[DER_SIZE];

    to_der(key, der);
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, der, sizeof der);
}

static bool parse_pem(const char *text, struct auth_sign_public *key)
{
    const char *end = strstr(text, PEM_END);

    if (!g_str_has_prefix(text, PEM_BEGIN) || !end || end[strlen(PEM_END)] != '\0')
        return false;
    const char *start = text + strlen(PEM_BEGIN);
    uint8_t der[DER_SIZE];
    size_t size = 0;
    if (sodium_base642bin(der, sizeof der, start, (size_t)(end - start), " \r\n", &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != sizeof der || memcmp(der, DER_HEAD, sizeof DER_HEAD) != 0)
        return false;
    memcpy(key->bytes, der + sizeof DER_HEAD, sizeof key->bytes);
    return true;
}

static bool parse_hex(const char *text, struct auth_sign_public *key)
{
    size_t size = 0;

    return strlen(text) == 2 * AUTH_SIGN_PUBLIC_BYTES &&
           sodium_hex2bin(key->bytes, sizeof key->bytes, text, 2 * AUTH_SIGN_PUBLIC_BYTES, NULL,
                          &size, NULL) == 0 &&
           size == sizeof key->bytes;
}

bool auth_sign_public_parse(const char *text, struct auth_sign_public *key, GError **error)
{
    g_autofree char *bare = g_strstrip(g_strdup(text));

    if (parse_hex(bare, key) || parse_pem(bare, key))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "This is no public key: 64 hexadecimal digits or a PEM text are.");
    return false;
}
