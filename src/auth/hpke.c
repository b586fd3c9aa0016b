#include "auth/hpke.h"

#include "auth/init.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

enum {
    HASH_BYTES = 32, /* Nh of HKDF-SHA256; DH gives as many (Ndh) */
    NONCE_BYTES = 12,
    KEY_BYTES_MAX = 32,
    CONTEXT_BYTES = 1 + 2 * HASH_BYTES,
    SUITE_BYTES_MAX = 10,
    CANDIDATES = 256,
};

struct auth_hpke_key {
    EVP_PKEY *pair;
    uint8_t point[AUTH_HPKE_POINT_BYTES];
};

/* Which part of the RFC a label belongs to: the KEM, or HPKE with its AEAD. */
struct suite {
    uint8_t id[SUITE_BYTES_MAX];
    size_t size;
};

static const struct suite KEM = {{'K', 'E', 'M', 0x00, 0x10}, 5};

static struct suite suite_of(enum auth_hpke_aead aead)
{
    return (struct suite){
        {'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, (uint8_t)aead},
        10,
    };
}

static bool broken(GError **error)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                        "The cryptographic library failed.");
    return false;
}

static bool refused(GError **error)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                        "What was sealed does not open with this key.");
    return false;
}

/* ---- HKDF (RFC 5869) with the labels of RFC 9180, section 4 ---- */

static void hmac_label(crypto_auth_hmacsha256_state *state, const struct suite *suite,
                       const char *label)
{
    static const char VERSION[] = "HPKE-v1";

    crypto_auth_hmacsha256_update(state, (const uint8_t *)VERSION, strlen(VERSION));
    crypto_auth_hmacsha256_update(state, suite->id, suite->size);
    crypto_auth_hmacsha256_update(state, (const uint8_t *)label, strlen(label));
}

static void hmac_bytes(crypto_auth_hmacsha256_state *state, struct auth_hpke_bytes bytes)
{
    if (bytes.size > 0)
        crypto_auth_hmacsha256_update(state, bytes.data, bytes.size);
}

/* An empty salt is a key of zero bytes, which HMAC fills up with zeros as the RFC's default does.
 */
static void labeled_extract(struct auth_hpke_bytes salt, const struct suite *suite,
                            const char *label, struct auth_hpke_bytes material,
                            uint8_t out[HASH_BYTES])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, salt.size > 0 ? salt.data : (const uint8_t *)"", salt.size);
    hmac_label(&state, suite, label);
    hmac_bytes(&state, material);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

/* Nothing here needs more than one block of the hash. */
static void labeled_expand(const uint8_t secret[HASH_BYTES], const struct suite *suite,
                           const char *label, struct auth_hpke_bytes info, uint8_t *out, size_t n)
{
    const uint8_t length[2] = {0, (uint8_t)n}, first = 1;
    crypto_auth_hmacsha256_state state;
    uint8_t block[HASH_BYTES];

    crypto_auth_hmacsha256_init(&state, secret, HASH_BYTES);
    crypto_auth_hmacsha256_update(&state, length, sizeof length);
    hmac_label(&state, suite, label);
    hmac_bytes(&state, info);
    crypto_auth_hmacsha256_update(&state, &first, 1);
    crypto_auth_hmacsha256_final(&state, block);
    memcpy(out, block, n);
    sodium_memzero(block, sizeof block);
    sodium_memzero(&state, sizeof state);
}

/* ---- keys ---- */

/* A key of the curve: of a point alone, or with its scalar. */
static EVP_PKEY *key_import(const uint8_t point[AUTH_HPKE_POINT_BYTES], const BIGNUM *scalar)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY *key = NULL;

    if (build && context &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         AUTH_HPKE_POINT_BYTES) &&
        (!scalar || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar)))
        parameters = OSSL_PARAM_BLD_to_param(build);
    if (!parameters || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          parameters) != 1)
        key = NULL;
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* The scalar of the first candidate that is one: nearly always the first. */
static bool scalar_derive(const EC_GROUP *group, struct auth_hpke_bytes material, BIGNUM *scalar)
{
    const BIGNUM *order = EC_GROUP_get0_order(group);
    uint8_t secret[HASH_BYTES], bytes[AUTH_HPKE_SECRET_BYTES];
    bool found = false;

    labeled_extract((struct auth_hpke_bytes){0}, &KEM, "dkp_prk", material, secret);
    for (int i = 0; order && !found && i < CANDIDATES; i++) {
        const uint8_t counter = (uint8_t)i;
        labeled_expand(secret, &KEM, "candidate", (struct auth_hpke_bytes){&counter, 1}, bytes,
                       sizeof bytes);
        found = BN_bin2bn(bytes, sizeof bytes, scalar) && !BN_is_zero(scalar) &&
                BN_cmp(scalar, order) < 0;
    }
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(bytes, sizeof bytes);
    return found;
}

static bool point_of(const EC_GROUP *group, const BIGNUM *scalar,
                     uint8_t out[AUTH_HPKE_POINT_BYTES])
{
    EC_POINT *point = EC_POINT_new(group);
    const bool ok = point && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
                    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out,
                                       AUTH_HPKE_POINT_BYTES, NULL) == AUTH_HPKE_POINT_BYTES;

    EC_POINT_free(point);
    return ok;
}

struct auth_hpke_key *auth_hpke_key_derive(const void *material, size_t n, GError **error)
{
    struct auth_hpke_key *key = g_new0(struct auth_hpke_key, 1);

    if (!auth_init(error)) {
        g_free(key);
        return NULL;
    }
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *scalar = BN_secure_new();
    if (group && scalar) {
        BN_set_flags(scalar, BN_FLG_CONSTTIME);
        if (scalar_derive(group, (struct auth_hpke_bytes){material, n}, scalar) &&
            point_of(group, scalar, key->point))
            key->pair = key_import(key->point, scalar);
    }
    BN_clear_free(scalar);
    EC_GROUP_free(group);
    if (key->pair)
        return key;
    g_free(key);
    broken(error);
    return NULL;
}

void auth_hpke_key_free(struct auth_hpke_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pair);
    g_free(key);
}

void auth_hpke_key_public(const struct auth_hpke_key *key, uint8_t out[AUTH_HPKE_POINT_BYTES])
{
    memcpy(out, key->point, AUTH_HPKE_POINT_BYTES);
}

/* ---- opening ---- */

/* The x coordinate that both sides compute; false for what is no point of the curve. */
static bool agree(const struct auth_hpke_key *key, const uint8_t *encapsulated,
                  uint8_t out[HASH_BYTES])
{
    EVP_PKEY *peer =
        *encapsulated == POINT_CONVERSION_UNCOMPRESSED ? key_import(encapsulated, NULL) : NULL;
    EVP_PKEY_CTX *context = peer ? EVP_PKEY_CTX_new_from_pkey(NULL, key->pair, NULL) : NULL;
    size_t n = HASH_BYTES;
    const bool ok = context && EVP_PKEY_derive_init(context) == 1 &&
                    EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                    EVP_PKEY_derive(context, out, &n) == 1 && n == HASH_BYTES;

    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    return ok;
}

/* Decap of section 4.1. */
static bool decapsulate(const struct auth_hpke_key *key, const uint8_t *encapsulated,
                        uint8_t shared[HASH_BYTES])
{
    uint8_t agreed[HASH_BYTES], secret[HASH_BYTES], both[2 * AUTH_HPKE_POINT_BYTES];

    if (!agree(key, encapsulated, agreed))
        return false;
    memcpy(both, encapsulated, AUTH_HPKE_POINT_BYTES);
    memcpy(both + AUTH_HPKE_POINT_BYTES, key->point, AUTH_HPKE_POINT_BYTES);
    labeled_extract((struct auth_hpke_bytes){0}, &KEM, "eae_prk",
                    (struct auth_hpke_bytes){agreed, sizeof agreed}, secret);
    labeled_expand(secret, &KEM, "shared_secret", (struct auth_hpke_bytes){both, sizeof both},
                   shared, HASH_BYTES);
    sodium_memzero(agreed, sizeof agreed);
    sodium_memzero(secret, sizeof secret);
    return true;
}

/* KeySchedule of section 5.1 in base mode: neither a psk nor its id. */
static void schedule(const uint8_t shared[HASH_BYTES], enum auth_hpke_aead aead,
                     struct auth_hpke_bytes info, uint8_t *key, size_t key_n,
                     uint8_t nonce[NONCE_BYTES])
{
    const struct suite suite = suite_of(aead);
    uint8_t context[CONTEXT_BYTES] = {0}, secret[HASH_BYTES];
    const struct auth_hpke_bytes whole = {context, sizeof context};

    labeled_extract((struct auth_hpke_bytes){0}, &suite, "psk_id_hash", (struct auth_hpke_bytes){0},
                    context + 1);
    labeled_extract((struct auth_hpke_bytes){0}, &suite, "info_hash", info,
                    context + 1 + HASH_BYTES);
    labeled_extract((struct auth_hpke_bytes){shared, HASH_BYTES}, &suite, "secret",
                    (struct auth_hpke_bytes){0}, secret);
    labeled_expand(secret, &suite, "key", whole, key, key_n);
    labeled_expand(secret, &suite, "base_nonce", whole, nonce, NONCE_BYTES);
    sodium_memzero(secret, sizeof secret);
}

static bool decrypt(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *nonce,
                    struct auth_hpke_bytes associated, const uint8_t *text, size_t n, uint8_t *out)
{
    uint8_t tag[AUTH_HPKE_TAG_BYTES];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const int plain = (int)(n - sizeof tag);
    int done = 0, rest = 0;

    memcpy(tag, text + plain, sizeof tag);
    const bool ok =
        context && EVP_DecryptInit_ex2(context, cipher, key, nonce, NULL) == 1 &&
        (associated.size == 0 ||
         EVP_DecryptUpdate(context, NULL, &done, associated.data, (int)associated.size) == 1) &&
        (plain == 0 || EVP_DecryptUpdate(context, out, &done, text, plain) == 1) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1 &&
        EVP_DecryptFinal_ex(context, out + plain, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    return ok;
}

GBytes *auth_hpke_open(const struct auth_hpke_key *key, enum auth_hpke_aead aead,
                       struct auth_hpke_bytes info, struct auth_hpke_bytes associated,
                       struct auth_hpke_bytes sealed, GError **error)
{
    const bool wide = aead == AUTH_HPKE_AES_256_GCM;
    uint8_t shared[HASH_BYTES], secret[KEY_BYTES_MAX], nonce[NONCE_BYTES];
    const uint8_t *bytes = sealed.data;

    if (sealed.size < AUTH_HPKE_OVERHEAD || sealed.size > G_MAXINT || associated.size > G_MAXINT ||
        !decapsulate(key, bytes, shared)) {
        refused(error);
        return NULL;
    }
    const size_t text_n = sealed.size - AUTH_HPKE_POINT_BYTES;
    /* One byte more than the text, so that there is something to point at when it is empty. */
    g_autofree uint8_t *plain = g_malloc(text_n - AUTH_HPKE_TAG_BYTES + 1);
    schedule(shared, aead, info, secret, wide ? 32 : 16, nonce);
    const bool ok = decrypt(wide ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), secret, nonce, associated,
                            bytes + AUTH_HPKE_POINT_BYTES, text_n, plain);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(secret, sizeof secret);
    if (ok)
        return g_bytes_new_take(g_steal_pointer(&plain), text_n - AUTH_HPKE_TAG_BYTES);
    sodium_memzero(plain, text_n - AUTH_HPKE_TAG_BYTES);
    refused(error);
    return NULL;
}
