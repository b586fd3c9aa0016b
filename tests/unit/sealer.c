#include "unit.h"

#include "sealer.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <string.h>

enum { HASH = 32, POINT = 65, TAG = 16, NONCE = 12 };

GBytes *sealer_hex(const char *digits)
{
    const size_t n = strlen(digits) / 2;
    uint8_t *bytes = g_malloc(n + 1);

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(g_ascii_xdigit_value(digits[2 * i]) << 4 |
                             g_ascii_xdigit_value(digits[2 * i + 1]));
    return g_bytes_new_take(bytes, n);
}

static void put(GByteArray *array, const void *data, size_t n)
{
    g_byte_array_append(array, data, (guint)n);
}

static void put_label(GByteArray *array, const char *suite, size_t suite_n, const char *label)
{
    put(array, "HPKE-v1", 7);
    put(array, suite, suite_n);
    put(array, label, strlen(label));
}

static void hmac(const void *key, size_t key_n, const GByteArray *text, uint8_t out[HASH])
{
    unsigned n = HASH;

    assert_non_null(
        HMAC(EVP_sha256(), key_n ? key : "", (int)key_n, text->data, text->len, out, &n));
}

static void extract(const void *salt, size_t salt_n, const char *suite, size_t suite_n,
                    const char *label, const void *material, size_t n, uint8_t out[HASH])
{
    g_autoptr(GByteArray) text = g_byte_array_new();

    put_label(text, suite, suite_n, label);
    put(text, material, n);
    hmac(salt, salt_n, text, out);
}

static void expand(const uint8_t secret[HASH], const char *suite, size_t suite_n, const char *label,
                   const void *info, size_t info_n, uint8_t *out, size_t n)
{
    g_autoptr(GByteArray) text = g_byte_array_new();
    const uint8_t length[2] = {(uint8_t)(n >> 8), (uint8_t)n};
    uint8_t block[HASH];

    put(text, length, 2);
    put_label(text, suite, suite_n, label);
    put(text, info, info_n);
    put(text, "\x01", 1);
    hmac(secret, HASH, text, block);
    memcpy(out, block, n);
}

/* The ephemeral point, and the x coordinate that both sides know. */
static void agree(const uint8_t peer[POINT], const uint8_t scalar[HASH], uint8_t point[POINT],
                  uint8_t shared[HASH])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *own = EC_POINT_new(group), *other = EC_POINT_new(group), *both = EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(scalar, HASH, NULL), *x = BN_new();

    assert_int_equal(EC_POINT_mul(group, own, number, NULL, NULL, NULL), 1);
    assert_int_equal(
        EC_POINT_point2oct(group, own, POINT_CONVERSION_UNCOMPRESSED, point, POINT, NULL), POINT);
    assert_int_equal(EC_POINT_oct2point(group, other, peer, POINT, NULL), 1);
    assert_int_equal(EC_POINT_mul(group, both, NULL, other, number, NULL), 1);
    assert_int_equal(EC_POINT_get_affine_coordinates(group, both, x, NULL, NULL), 1);
    assert_int_equal(BN_bn2binpad(x, shared, HASH), HASH);
    BN_free(x);
    BN_free(number);
    EC_POINT_free(both);
    EC_POINT_free(other);
    EC_POINT_free(own);
    EC_GROUP_free(group);
}

static void encapsulate(const uint8_t peer[POINT], const uint8_t scalar[HASH], uint8_t point[POINT],
                        uint8_t secret[HASH])
{
    static const char KEM[] = {'K', 'E', 'M', 0, 0x10};
    uint8_t shared[HASH], prk[HASH], both[2 * POINT];

    agree(peer, scalar, point, shared);
    memcpy(both, point, POINT);
    memcpy(both + POINT, peer, POINT);
    extract(NULL, 0, KEM, sizeof KEM, "eae_prk", shared, HASH, prk);
    expand(prk, KEM, sizeof KEM, "shared_secret", both, sizeof both, secret, HASH);
}

GBytes *sealer_seal(const uint8_t point[65], int aead, const uint8_t *scalar, GBytes *info,
                    GBytes *associated, GBytes *plain)
{
    const char suite[] = {'H', 'P', 'K', 'E', 0, 0x10, 0, 1, 0, (char)aead};
    uint8_t drawn[HASH], secret[HASH], context[1 + 2 * HASH] = {0}, prk[HASH], key[HASH];
    uint8_t nonce[NONCE];
    gsize info_n, associated_n, plain_n;
    const void *info_data = g_bytes_get_data(info, &info_n);
    const void *associated_data = g_bytes_get_data(associated, &associated_n);
    const void *text = g_bytes_get_data(plain, &plain_n);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int n = 0;

    assert_int_equal(RAND_bytes(drawn, sizeof drawn), 1);
    drawn[0] &= 0x7f; /* below the order */
    uint8_t *out = g_malloc(POINT + plain_n + TAG);
    encapsulate(point, scalar ? scalar : drawn, out, secret);
    extract(NULL, 0, suite, sizeof suite, "psk_id_hash", NULL, 0, context + 1);
    extract(NULL, 0, suite, sizeof suite, "info_hash", info_data, info_n, context + 1 + HASH);
    extract(secret, HASH, suite, sizeof suite, "secret", NULL, 0, prk);
    expand(prk, suite, sizeof suite, "key", context, sizeof context, key, aead == 1 ? 16 : 32);
    expand(prk, suite, sizeof suite, "base_nonce", context, sizeof context, nonce, NONCE);
    assert_int_equal(EVP_EncryptInit_ex2(cipher, aead == 1 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(),
                                         key, nonce, NULL),
                     1);
    if (associated_n > 0)
        assert_int_equal(EVP_EncryptUpdate(cipher, NULL, &n, associated_data, (int)associated_n),
                         1);
    if (plain_n > 0)
        assert_int_equal(EVP_EncryptUpdate(cipher, out + POINT, &n, text, (int)plain_n), 1);
    assert_int_equal(EVP_EncryptFinal_ex(cipher, out + POINT + plain_n, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG, out + POINT + plain_n),
                     1);
    EVP_CIPHER_CTX_free(cipher);
    return g_bytes_new_take(out, POINT + plain_n + TAG);
}
