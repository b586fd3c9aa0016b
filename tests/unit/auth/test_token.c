#include "keys.h"

#include "auth/key_file.h"
#include "auth/token.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

struct issued {
    struct test_keys keys;
    struct auth_tokens *tokens;
    struct auth_token_claims claims;
    base_time now;
    char *text;
};

static void issued_open(struct issued *test)
{
    GError *error = NULL;

    test_keys_open(&test->keys);
    test->tokens = auth_tokens_create(test->keys.keyring, &error);
    test->now = 1770000000 * BASE_TIME_SECOND;
    test->claims = (struct auth_token_claims){
        .role = "teacher",
        .generation = 7,
        .issued_at = test->now,
        .expires_at = test->now + 3600 * BASE_TIME_SECOND,
    };
    base_uuid_new(&test->claims.user);
    base_uuid_new(&test->claims.id);
    test->text = auth_tokens_issue(test->tokens, &test->claims, &error);
    assert_no_error(error);
}

static void issued_close(struct issued *test)
{
    g_free(test->text);
    auth_tokens_destroy(test->tokens);
    test_keys_close(&test->keys);
}

static void refuse_at(struct issued *test, const char *text, base_time now)
{
    struct auth_token_claims claims;
    GError *error = NULL;

    assert_false(auth_tokens_verify(test->tokens, text, now, &claims, &error));
    assert_base_error(error, BASE_ERROR_UNAUTHENTICATED);
}

static void refuse(struct issued *test, const char *text)
{
    refuse_at(test, text, test->now);
}

static void test_round_trip(void **state)
{
    struct issued test;
    struct auth_token_claims claims;
    GError *error = NULL;

    (void)state;
    issued_open(&test);
    assert_true(strlen(test.text) < AUTH_TOKEN_TEXT_MAX);
    assert_true(auth_tokens_verify(test.tokens, test.text, test.now, &claims, &error));
    assert_true(base_uuid_equal(&claims.user, &test.claims.user));
    assert_true(base_uuid_equal(&claims.id, &test.claims.id));
    assert_string_equal(claims.role, "teacher");
    assert_int_equal(claims.generation, 7);
    assert_int_equal(claims.issued_at, test.claims.issued_at);
    assert_int_equal(claims.expires_at, test.claims.expires_at);
    issued_close(&test);
}

static void test_times(void **state)
{
    struct issued test;
    struct auth_token_claims claims;

    (void)state;
    issued_open(&test);
    refuse_at(&test, test.text, test.claims.expires_at);
    assert_true(
        auth_tokens_verify(test.tokens, test.text, test.claims.expires_at - 1, &claims, NULL));
    refuse_at(&test, test.text, test.now - 61 * BASE_TIME_SECOND);
    assert_true(auth_tokens_verify(test.tokens, test.text, test.now - 59 * BASE_TIME_SECOND,
                                   &claims, NULL));
    issued_close(&test);
}

/* Every character of the token matters, those at the end of a base64 group too. */
static void test_any_changed_character_is_noticed(void **state)
{
    struct issued test;

    (void)state;
    issued_open(&test);
    for (char *at = test.text; *at; at++) {
        const char kept = *at;
        *at = kept == 'A' ? 'B' : 'A';
        refuse(&test, test.text);
        *at = kept;
    }
    issued_close(&test);
}

static void test_another_key_is_refused(void **state)
{
    struct issued test, other;

    (void)state;
    issued_open(&test);
    issued_open(&other);
    refuse(&test, other.text);
    issued_close(&other);
    issued_close(&test);
}

/* A token with the right claims, and the right key where the algorithm takes one. */
static char *forge(struct issued *test, jwt_alg_t algorithm)
{
    uint8_t key[64];
    char user[BASE_UUID_TEXT_SIZE], id[BASE_UUID_TEXT_SIZE];
    jwt_t *jwt = NULL;

    assert_true(auth_keys_sub(test->keys.keys, auth_keys_current(test->keys.keys),
                              AUTH_KEY_USE_TOKEN, key));
    assert_int_equal(jwt_new(&jwt), 0);
    jwt_add_grant(jwt, "sub", base_uuid_format(&test->claims.user, user));
    jwt_add_grant(jwt, "jti", base_uuid_format(&test->claims.id, id));
    jwt_add_grant(jwt, "role", "admin");
    jwt_add_grant_int(jwt, "gen", 7);
    jwt_add_grant_int(jwt, "iat", test->claims.issued_at / BASE_TIME_SECOND);
    jwt_add_grant_int(jwt, "exp", test->claims.expires_at / BASE_TIME_SECOND);
    if (algorithm != JWT_ALG_NONE)
        assert_int_equal(jwt_set_alg(jwt, algorithm, key, AUTH_KEY_BYTES), 0);
    char *made = jwt_encode_str(jwt);
    char *text = g_strdup(made);
    free(made);
    jwt_free(jwt);
    return text;
}

static void test_only_one_algorithm(void **state)
{
    struct issued test;
    struct auth_token_claims claims;

    (void)state;
    issued_open(&test);
    g_autofree char *right = forge(&test, JWT_ALG_HS256);
    assert_true(auth_tokens_verify(test.tokens, right, test.now, &claims, NULL));
    g_autofree char *longer = forge(&test, JWT_ALG_HS384);
    refuse(&test, longer);
    g_autofree char *longest = forge(&test, JWT_ALG_HS512);
    refuse(&test, longest);
    g_autofree char *none = forge(&test, JWT_ALG_NONE);
    refuse(&test, none);
    g_autofree char *unsigned_text =
        g_strndup(test.text, (gsize)(strrchr(test.text, '.') - test.text + 1));
    refuse(&test, unsigned_text);
    issued_close(&test);
}

static void test_rubbish_is_refused(void **state)
{
    static const char *const rubbish[] = {
        "",  ".",   "..",    "...",   "a.b.c",   "a.b.c.d", "e30.e30.e30",
        " ", "a b", "\xFF.", "a.b.=", "a\n.b.c", "a.b.c\n", "Bearer x",
    };
    struct issued test;

    (void)state;
    issued_open(&test);
    refuse(&test, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rubbish); i++)
        refuse(&test, rubbish[i]);
    g_autofree char *padded = g_strconcat(test.text, "=", NULL);
    refuse(&test, padded);
    g_autofree char *spaced = g_strconcat(test.text, " ", NULL);
    refuse(&test, spaced);
    g_autofree char *fill = g_strnfill(1 << 20, 'A');
    g_autofree char *huge = g_strconcat(test.text, fill, NULL);
    refuse(&test, huge);
    issued_close(&test);
}

/* What a token says of its key is believed only once that key has verified it. */
static void test_older_keys_verify_until_they_are_dropped(void **state)
{
    struct issued test;
    struct auth_token_claims claims;
    GError *error = NULL;
    jwt_t *jwt = NULL;
    char kid[AUTH_KEY_ID_TEXT_SIZE];
    uint32_t id = 0;

    (void)state;
    issued_open(&test);
    const uint32_t old = auth_keys_current(test.keys.keys);
    g_autofree char *nameless = forge(&test, JWT_ALG_HS256);
    g_snprintf(kid, sizeof kid, "%08x", old);
    assert_int_equal(jwt_decode(&jwt, test.text, NULL, 0), 0);
    assert_string_equal(jwt_get_header(jwt, "kid"), kid);
    jwt_free(jwt);

    struct auth_key_file *file = auth_key_file_open(test.keys.path, &error);
    assert_true(auth_key_file_add(file, true, &id, &error));
    g_usleep(2 * AUTH_KEYRING_LOOK_MS * G_TIME_SPAN_MILLISECOND);
    g_autofree char *fresh = auth_tokens_issue(test.tokens, &test.claims, &error);
    g_snprintf(kid, sizeof kid, "%08x", id);
    assert_int_equal(jwt_decode(&jwt, fresh, NULL, 0), 0);
    assert_string_equal(jwt_get_header(jwt, "kid"), kid);
    jwt_free(jwt);
    assert_true(auth_tokens_verify(test.tokens, fresh, test.now, &claims, &error));
    assert_true(auth_tokens_verify(test.tokens, test.text, test.now, &claims, &error));
    assert_true(auth_tokens_verify(test.tokens, nameless, test.now, &claims, &error));
    /* One key's signature under the other's name. */
    g_auto(GStrv) a = g_strsplit(fresh, ".", 3);
    g_auto(GStrv) b = g_strsplit(test.text, ".", 3);
    g_autofree char *mixed = g_strjoin(".", b[0], a[1], a[2], NULL);
    refuse(&test, mixed);
    g_autofree char *crossed = g_strjoin(".", a[0], b[1], b[2], NULL);
    refuse(&test, crossed);

    assert_true(auth_key_file_drop(file, old, &error));
    auth_key_file_close(file);
    g_usleep(2 * AUTH_KEYRING_LOOK_MS * G_TIME_SPAN_MILLISECOND);
    assert_true(auth_tokens_verify(test.tokens, fresh, test.now, &claims, &error));
    refuse(&test, test.text);
    refuse(&test, nameless);
    issued_close(&test);
}

/* Another node has rotated a moment ago. */
static void test_a_token_of_a_newer_key_counts_at_once(void **state)
{
    struct issued test;
    struct auth_token_claims claims;
    GError *error = NULL;
    uint32_t id = 0;

    (void)state;
    issued_open(&test);
    struct auth_key_file *file = auth_key_file_open(test.keys.path, &error);
    assert_true(auth_key_file_add(file, true, &id, &error));
    g_autoptr(auth_keyring) other = auth_keyring_create(auth_key_file_keys(file), NULL);
    struct auth_tokens *tokens = auth_tokens_create(other, &error);
    g_autofree char *fresh = auth_tokens_issue(tokens, &test.claims, &error);
    assert_true(auth_tokens_verify(test.tokens, fresh, test.now, &claims, &error));
    auth_tokens_destroy(tokens);
    auth_key_file_close(file);
    issued_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_any_changed_character_is_noticed),
        cmocka_unit_test(test_another_key_is_refused),
        cmocka_unit_test(test_only_one_algorithm),
        cmocka_unit_test(test_older_keys_verify_until_they_are_dropped),
        cmocka_unit_test(test_a_token_of_a_newer_key_counts_at_once),
        cmocka_unit_test(test_rubbish_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
