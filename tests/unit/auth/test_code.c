/* Short secrets: the codes of sessions, codes for pairing, tokens. */
#include "../unit.h"

#include "auth/code.h"

#include <string.h>

#define STEP (AUTH_CODE_STEP_SECONDS * BASE_TIME_SECOND)

static const base_time START = 1770000000 * BASE_TIME_SECOND; /* a step begins here */

static struct auth_keyring *keyring_new(void)
{
    GError *error = NULL;
    g_autoptr(auth_keys) keys = auth_keys_create(&error);

    assert_no_error(error);
    return auth_keyring_create(keys, NULL);
}

static void test_a_code_holds_for_its_step_and_the_next(void **state)
{
    (void)state;
    g_autoptr(auth_keyring) keyring = keyring_new();
    g_autoptr(auth_keyring) other = keyring_new();
    struct base_uuid session, another;
    char code[AUTH_CODE_SIZE], later[AUTH_CODE_SIZE];
    base_time changes_at;

    base_uuid_new(&session);
    base_uuid_new(&another);
    auth_code_now(keyring, &session, START + STEP - 1, code, &changes_at);
    assert_true(changes_at == START + STEP);
    assert_int_equal(strspn(code, "0123456789"), AUTH_CODE_SIZE - 1);
    auth_code_now(keyring, &session, START, later, &changes_at);
    assert_string_equal(code, later);
    assert_true(auth_code_matches(keyring, &session, START, code));
    assert_true(auth_code_matches(keyring, &session, START + 2 * STEP - 1, code));
    /* One in a million that codes are alike by chance; so of several none is. */
    int strangers = 0;
    strangers += auth_code_matches(keyring, &session, START + 2 * STEP, code);
    strangers += auth_code_matches(keyring, &session, START - 1, code);
    strangers += auth_code_matches(keyring, &another, START, code);
    strangers += auth_code_matches(other, &session, START, code);
    assert_true(strangers < 2);
}

static void test_what_is_no_code_matches_nothing(void **state)
{
    (void)state;
    static const char *const NONE[] = {"", "1", "12345", "1234567", "12 456", "١٢٣٤٥٦", "abcdef"};
    g_autoptr(auth_keyring) keyring = keyring_new();
    struct base_uuid session;
    char code[AUTH_CODE_SIZE];
    base_time changes_at;

    base_uuid_new(&session);
    for (size_t i = 0; i < G_N_ELEMENTS(NONE); i++)
        assert_false(auth_code_matches(keyring, &session, START, NONE[i]));
    auth_code_now(keyring, &session, START, code, &changes_at);
    g_autofree char *longer = g_strconcat(code, "0", NULL);
    assert_false(auth_code_matches(keyring, &session, START, longer));
}

static void test_pairing_codes_are_read_as_they_are_typed(void **state)
{
    (void)state;
    char code[AUTH_CODE_PAIRING_SIZE], read[AUTH_CODE_PAIRING_SIZE];
    static const char *const NONE[] = {"",          "ACEF",     "ACEFHKM0",
                                       "ACEFHKMNP", "ACEFHKMÑ", "ACEFHKM\n"};

    for (int i = 0; i < 200; i++) {
        auth_code_pairing(code);
        assert_int_equal(strlen(code), AUTH_CODE_PAIRING_SIZE - 1);
        assert_null(strpbrk(code, "0ODQ1ILJ2Z5SG8BUV"));
        g_autofree char *small = g_ascii_strdown(code, -1);
        g_autofree char *typed = g_strdup_printf(" %.4s - %s ", small, small + 4);
        assert_true(auth_code_pairing_read(typed, read));
        assert_string_equal(read, code);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(NONE); i++)
        assert_false(auth_code_pairing_read(NONE[i], read));
}

static void test_tokens_differ_and_are_cookie_values(void **state)
{
    (void)state;
    char one[AUTH_CODE_TOKEN_SIZE], two[AUTH_CODE_TOKEN_SIZE];
    uint8_t digest[AUTH_CODE_DIGEST_BYTES], again[AUTH_CODE_DIGEST_BYTES];

    auth_code_token(one);
    auth_code_token(two);
    assert_int_equal(strlen(one), AUTH_CODE_TOKEN_SIZE - 1);
    assert_string_not_equal(one, two);
    for (const char *at = one; *at; at++)
        assert_true(g_ascii_isalnum(*at) || *at == '-' || *at == '_');
    auth_code_digest(one, digest);
    auth_code_digest(one, again);
    assert_memory_equal(digest, again, sizeof digest);
    auth_code_digest(two, again);
    assert_memory_not_equal(digest, again, sizeof digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_holds_for_its_step_and_the_next),
        cmocka_unit_test(test_what_is_no_code_matches_nothing),
        cmocka_unit_test(test_pairing_codes_are_read_as_they_are_typed),
        cmocka_unit_test(test_tokens_differ_and_are_cookie_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
