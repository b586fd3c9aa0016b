#include "keys.h"

#include <string.h>
#include <sys/stat.h>

static void test_created_once_private_and_stable(void **state)
{
    struct test_keys test;
    struct stat status;
    uint8_t first[AUTH_KEY_BYTES], again[AUTH_KEY_BYTES], other[AUTH_KEY_BYTES];
    GError *error = NULL;
    bool created = true;

    (void)state;
    test_keys_open(&test);
    assert_int_equal(stat(test.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    struct auth_keys *second = auth_keys_load_or_create(test.path, &created, &error);
    assert_no_error(error);
    assert_false(created);
    const uint32_t id = auth_keys_current(test.keys);
    assert_int_equal(auth_keys_current(second), id);
    assert_true(auth_keys_sub(test.keys, id, AUTH_KEY_USE_SEAL, first));
    assert_true(auth_keys_sub(second, id, AUTH_KEY_USE_SEAL, again));
    assert_true(auth_keys_sub(second, id, AUTH_KEY_USE_TOKEN, other));
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
    assert_false(auth_keys_sub(second, id + 1, AUTH_KEY_USE_TOKEN, other));
    auth_keys_unref(second);
    test_keys_close(&test);
}

static void test_missing_file_is_not_found(void **state)
{
    GError *error = NULL;

    (void)state;
    assert_null(auth_keys_load("no-such-folder/presente.key", &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static void test_open_permissions_are_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0666};
    struct test_keys test;
    GError *error = NULL;

    (void)state;
    test_keys_open(&test);
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        assert_int_equal(g_chmod(test.path, (int)modes[i]), 0);
        assert_null(auth_keys_load_or_create(test.path, NULL, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
    }
    test_keys_close(&test);
}

static void refuse(const char *path, const char *text, gssize n)
{
    GError *error = NULL;

    g_file_set_contents_full(path, text, n, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
    assert_null(auth_keys_load_or_create(path, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    g_autofree char *kept = NULL;
    gsize kept_n = 0;
    assert_true(g_file_get_contents(path, &kept, &kept_n, NULL));
    assert_int_equal(kept_n, n < 0 ? strlen(text) : (gsize)n); /* never replaced by a new key */
}

static void test_damaged_files_are_refused_and_kept(void **state)
{
    struct test_keys test;
    g_autofree char *text = NULL;

    (void)state;
    test_keys_open(&test);
    assert_true(g_file_get_contents(test.path, &text, NULL, NULL));
    const size_t n = strlen(text);
    refuse(test.path, "", 0);
    refuse(test.path, "rubbish\n", -1);
    refuse(test.path, text, (gssize)n / 2);
    refuse(test.path, text, (gssize)n - 2);
    g_autofree char *longer = g_strconcat(text, "x", NULL);
    refuse(test.path, longer, -1);
    refuse(test.path, text, (gssize)n + 1); /* a NUL byte at the end */
    g_autofree char *flipped = g_strdup(text);
    flipped[n - 10] = flipped[n - 10] == '0' ? '1' : '0';
    refuse(test.path, flipped, -1);
    g_autofree char *many = g_strdup("");
    for (int i = 0; i <= AUTH_KEYS_MAX; i++) {
        char *more = g_strconcat(many, text, NULL);
        g_free(many);
        many = more;
    }
    refuse(test.path, many, -1);
    test_keys_close(&test);
}

static void test_older_keys_stay_loaded(void **state)
{
    struct test_keys test, other;
    g_autofree char *older = NULL, *newer = NULL;
    uint8_t expected[AUTH_KEY_BYTES], got[AUTH_KEY_BYTES];
    GError *error = NULL;

    (void)state;
    test_keys_open(&test);
    test_keys_open(&other);
    assert_true(g_file_get_contents(test.path, &older, NULL, NULL));
    assert_true(g_file_get_contents(other.path, &newer, NULL, NULL));
    g_autofree char *both = g_strconcat(newer, older, NULL);
    g_file_set_contents_full(other.path, both, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
    struct auth_keys *keys = auth_keys_load(other.path, &error);
    assert_no_error(error);
    assert_int_equal(auth_keys_current(keys), auth_keys_current(other.keys));
    const uint32_t id = auth_keys_current(test.keys);
    assert_true(auth_keys_sub(test.keys, id, AUTH_KEY_USE_SEAL, expected));
    assert_true(auth_keys_sub(keys, id, AUTH_KEY_USE_SEAL, got));
    assert_memory_equal(expected, got, sizeof got);
    auth_keys_unref(keys);
    test_keys_close(&test);
    test_keys_close(&other);
}

static gpointer create_in_thread(gpointer path)
{
    struct auth_keys *keys = auth_keys_load_or_create(path, NULL, NULL);
    const uint32_t id = keys ? auth_keys_current(keys) : 0;

    auth_keys_unref(keys);
    return GUINT_TO_POINTER(id);
}

static void test_racing_creators_agree(void **state)
{
    struct test_keys test;
    GThread *threads[8];
    guint first = 0;

    (void)state;
    test_keys_open(&test);
    assert_int_equal(g_unlink(test.path), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("create", create_in_thread, test.path);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        const guint id = GPOINTER_TO_UINT(g_thread_join(threads[i]));
        assert_int_not_equal(id, 0);
        first = first ? first : id;
        assert_int_equal(id, first);
    }
    test_keys_close(&test);
}

static void test_digest_depends_on_text_and_key(void **state)
{
    struct test_keys test, other;

    (void)state;
    test_keys_open(&test);
    test_keys_open(&other);
    g_autofree char *a = auth_keys_digest(test.keys, "203.0.113.9");
    g_autofree char *b = auth_keys_digest(test.keys, "203.0.113.9");
    g_autofree char *c = auth_keys_digest(test.keys, "203.0.113.8");
    g_autofree char *d = auth_keys_digest(other.keys, "203.0.113.9");
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    assert_string_not_equal(a, d);
    assert_int_equal(strlen(a), 32);
    test_keys_close(&test);
    test_keys_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_created_once_private_and_stable),
        cmocka_unit_test(test_missing_file_is_not_found),
        cmocka_unit_test(test_open_permissions_are_refused),
        cmocka_unit_test(test_damaged_files_are_refused_and_kept),
        cmocka_unit_test(test_older_keys_stay_loaded),
        cmocka_unit_test(test_racing_creators_agree),
        cmocka_unit_test(test_digest_depends_on_text_and_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
