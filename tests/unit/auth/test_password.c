#include "../unit.h"

#include "auth/password.h"

#include <string.h>

static void test_hash_verifies_and_says_its_parameters(void **state)
{
    GError *error = NULL;
    g_autofree char *stored = auth_password_hash("correct horse battery", &error);

    (void)state;
    assert_no_error(error);
    assert_true(g_str_has_prefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_true(auth_password_verify(stored, "correct horse battery"));
    assert_false(auth_password_verify(stored, "correct horse batterz"));
    assert_false(auth_password_verify(stored, ""));
    assert_false(auth_password_needs_rehash(stored));
    g_autofree char *again = auth_password_hash("correct horse battery", &error);
    assert_string_not_equal(stored, again); /* salted */
}

static void test_other_parameters_need_a_rehash(void **state)
{
    (void)state;
    assert_true(auth_password_needs_rehash("$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
                                           "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"));
    assert_true(auth_password_needs_rehash("rubbish"));
    assert_true(auth_password_needs_rehash(NULL));
}

static void test_composed_and_decomposed_are_the_same(void **state)
{
    g_autofree char *stored = auth_password_hash("contrase\xC3\xB1o larga", NULL);

    (void)state;
    assert_true(auth_password_verify(stored, "contrasen\xCC\x83o larga"));
}

static void test_unknown_account_is_never_right(void **state)
{
    (void)state;
    assert_false(auth_password_verify(NULL, "correct horse battery"));
    assert_false(auth_password_verify(NULL, NULL));
    assert_false(auth_password_verify("", ""));
    assert_false(auth_password_verify("$argon2id$rubbish", "correct horse battery"));
    assert_false(auth_password_verify("$1$md5$rubbish", "correct horse battery"));
}

static void test_rules(void **state)
{
    static const struct {
        const char *password;
        bool good;
    } cases[] = {
        {"seven77", false},
        {"eight888", true},
        {"\xC3\xB1\xC3\xB1\xC3\xB1\xC3\xB1", false}, /* eight bytes, four letters */
        {"sol de agosto", true},
        {"12345678", false},
        {"1234567890", false},
        {"987654321", false},
        {"aaaaaaaaaa", false},
        {"abcdefghij", false},
        {"password", false},
        {"Password1!", false},
        {"PASSWORD2026", false},
        {"contrase\xC3\xB1"
         "a1",
         false},
        {"qwertyuiop", false},
        {"passwords are poetry", true},
        {"maria y el mar azul", true},
        {"tab\tinside it", false},
        {"bad \xFF utf-8 text", false},
        {"has ana.lopez inside", false},
        {"has ANA.LOPEZ inside", false},
        {"ana.lopez@uni.edu", false},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        const bool good = auth_password_check(cases[i].password, "ana.lopez@uni.edu", &error);
        if (good != cases[i].good)
            fail_msg("case %zu: %s", i, cases[i].password);
        if (!good)
            assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void test_length_is_counted_in_characters(void **state)
{
    GError *error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    (void)state;
    for (int i = 0; i < AUTH_PASSWORD_MAX; i++)
        g_string_append_unichar(text, i % 2 ? 0x1F600 : 0xF1);
    assert_true(auth_password_check(text->str, NULL, &error));
    g_string_append_c(text, 'x');
    assert_false(auth_password_check(text->str, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    g_autofree char *huge = g_strnfill(1 << 20, 'q');
    assert_false(auth_password_check(huge, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_null(auth_password_hash(huge, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(auth_password_verify(NULL, huge));
    assert_false(auth_password_check(NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_generated_ones_pass_and_differ(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        g_autofree char *a = auth_password_generate();
        g_autofree char *b = auth_password_generate();
        assert_int_equal(strlen(a), 23);
        assert_string_not_equal(a, b);
        assert_true(auth_password_check(a, "admin@presente.local", NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_verifies_and_says_its_parameters),
        cmocka_unit_test(test_other_parameters_need_a_rehash),
        cmocka_unit_test(test_composed_and_decomposed_are_the_same),
        cmocka_unit_test(test_unknown_account_is_never_right),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_length_is_counted_in_characters),
        cmocka_unit_test(test_generated_ones_pass_and_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
