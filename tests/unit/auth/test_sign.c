#include "keys.h"

#include "auth/sign.h"

#include <sodium.h>
#include <string.h>

/* RFC 8032, 7.1, test 1: the empty message. */
static void test_a_signature_of_the_rfc(void **state)
{
    (void)state;
    static const char KEY[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    static const char SIGNATURE[] =
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"
        "b8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    struct auth_sign_public key;
    uint8_t signature[AUTH_SIGN_BYTES];
    size_t n = 0;
    GError *error = NULL;

    assert_true(auth_sign_public_parse(KEY, &key, &error));
    sodium_hex2bin(signature, sizeof signature, SIGNATURE, strlen(SIGNATURE), NULL, &n, NULL);
    assert_int_equal(n, sizeof signature);
    assert_true(auth_sign_verify(&key, "", 0, signature));
    signature[3] ^= 1;
    assert_false(auth_sign_verify(&key, "", 0, signature));
}

static void test_what_was_signed_verifies(void **state)
{
    (void)state;
    static const char TEXT[] = "Álgebra, 2026";
    struct test_keys test;
    struct auth_sign_public key;
    struct auth_sign_public other;
    uint8_t signature[AUTH_SIGN_BYTES];
    uint8_t again[AUTH_SIGN_BYTES];
    GError *error = NULL;

    test_keys_open(&test);
    g_autoptr(auth_keys) others = auth_keys_create(&error);
    const uint32_t id = auth_keys_current(test.keys);
    assert_true(auth_sign_public_of(test.keys, id, &key));
    assert_true(auth_sign(test.keys, id, TEXT, sizeof TEXT, signature));
    assert_true(auth_sign(test.keys, id, TEXT, sizeof TEXT, again));
    assert_memory_equal(signature, again, sizeof signature);
    assert_true(auth_sign_verify(&key, TEXT, sizeof TEXT, signature));
    assert_false(auth_sign_verify(&key, TEXT, sizeof TEXT - 1, signature));
    assert_true(auth_sign_public_of(others, auth_keys_current(others), &other));
    assert_memory_not_equal(key.bytes, other.bytes, sizeof key.bytes);
    assert_false(auth_sign_verify(&other, TEXT, sizeof TEXT, signature));
    assert_false(auth_sign(test.keys, id + 1, TEXT, sizeof TEXT, signature));
    assert_false(auth_sign_public_of(test.keys, id + 1, &key));
    test_keys_close(&test);
}

static void test_public_keys_as_text(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "d75a",
        "g75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA",
    };
    g_autoptr(auth_keys) keys = auth_keys_create(NULL);
    struct auth_sign_public key;
    struct auth_sign_public again;
    GError *error = NULL;

    assert_true(auth_sign_public_of(keys, auth_keys_current(keys), &key));
    g_autofree char *hex = auth_sign_public_hex(&key);
    g_autofree char *pem = auth_sign_public_pem(&key);
    g_autofree char *spaced = g_strconcat("\n ", pem, "\n", NULL);
    g_autofree char *trailed = g_strconcat(pem, "x", NULL);
    assert_true(auth_sign_public_parse(hex, &again, &error));
    assert_memory_equal(key.bytes, again.bytes, sizeof key.bytes);
    assert_true(auth_sign_public_parse(spaced, &again, &error));
    assert_memory_equal(key.bytes, again.bytes, sizeof key.bytes);
    assert_false(auth_sign_public_parse(trailed, &again, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        assert_false(auth_sign_public_parse(BAD[i], &again, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signature_of_the_rfc),
        cmocka_unit_test(test_what_was_signed_verifies),
        cmocka_unit_test(test_public_keys_as_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
