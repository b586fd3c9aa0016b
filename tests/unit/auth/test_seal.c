#include "keys.h"

#include "auth/seal.h"

#include <string.h>

struct sealed {
    struct test_keys keys;
    struct auth_seal_context context;
    uint8_t plain[2048];
    GBytes *bytes;
    uint8_t *data; /* a copy that may be changed */
    gsize n;
};

static void sealed_open(struct sealed *test)
{
    GError *error = NULL;

    test_keys_open(&test->keys);
    base_uuid_new(&test->context.user);
    base_uuid_new(&test->context.template_id);
    test->context.model = "87aacdfe-1";
    for (size_t i = 0; i < sizeof test->plain; i++)
        test->plain[i] = (uint8_t)(i * 7);
    test->bytes = auth_seal_close(test->keys.keyring, &test->context, test->plain,
                                  sizeof test->plain, &error);
    assert_no_error(error);
    test->data = g_bytes_unref_to_data(g_bytes_ref(test->bytes), &test->n);
}

static void sealed_close(struct sealed *test)
{
    g_free(test->data);
    g_bytes_unref(test->bytes);
    test_keys_close(&test->keys);
}

static void assert_corrupt(struct auth_keyring *keys, const struct auth_seal_context *context,
                           const void *data, size_t n)
{
    GError *error = NULL;

    assert_null(auth_seal_open(keys, context, data, n, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

static void test_round_trip(void **state)
{
    struct sealed test;
    GError *error = NULL;
    gsize n = 0;

    (void)state;
    sealed_open(&test);
    assert_int_equal(test.n, sizeof test.plain + AUTH_SEAL_OVERHEAD);
    GBytes *plain = auth_seal_open(test.keys.keyring, &test.context, test.data, test.n, &error);
    assert_no_error(error);
    assert_memory_equal(g_bytes_get_data(plain, &n), test.plain, sizeof test.plain);
    assert_int_equal(n, sizeof test.plain);
    g_bytes_unref(plain);
    GBytes *again =
        auth_seal_close(test.keys.keyring, &test.context, test.plain, sizeof test.plain, &error);
    assert_false(g_bytes_equal(again, test.bytes)); /* another nonce */
    g_bytes_unref(again);
    sealed_close(&test);
}

static void test_any_changed_byte_is_noticed(void **state)
{
    struct sealed test;

    (void)state;
    sealed_open(&test);
    for (gsize i = 0; i < test.n; i += i < AUTH_SEAL_OVERHEAD ? 1 : 97) {
        test.data[i] ^= 0x10;
        assert_corrupt(test.keys.keyring, &test.context, test.data, test.n);
        test.data[i] ^= 0x10;
    }
    for (gsize n = 0; n < test.n; n += 61)
        assert_corrupt(test.keys.keyring, &test.context, test.data, n);
    assert_corrupt(test.keys.keyring, &test.context, NULL, 0);
    sealed_close(&test);
}

static void test_bound_to_person_row_and_model(void **state)
{
    struct sealed test;

    (void)state;
    sealed_open(&test);
    struct auth_seal_context other = test.context;
    base_uuid_new(&other.user);
    assert_corrupt(test.keys.keyring, &other, test.data, test.n);
    other = test.context;
    base_uuid_new(&other.template_id);
    assert_corrupt(test.keys.keyring, &other, test.data, test.n);
    other = test.context;
    other.model = "87aacdfe-2";
    assert_corrupt(test.keys.keyring, &other, test.data, test.n);
    sealed_close(&test);
}

static void test_another_key_does_not_open_it(void **state)
{
    struct sealed test;
    struct test_keys stranger;
    GError *error = NULL;

    (void)state;
    sealed_open(&test);
    test_keys_open(&stranger);
    assert_null(auth_seal_open(stranger.keyring, &test.context, test.data, test.n, &error));
    assert_non_null(strstr(error->message, "key"));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    test_keys_close(&stranger);
    sealed_close(&test);
}

static void test_too_long_is_refused(void **state)
{
    struct sealed test;
    GError *error = NULL;
    char model[300];

    (void)state;
    sealed_open(&test);
    g_autofree uint8_t *large = g_malloc0(AUTH_SEAL_PLAIN_MAX + 1);
    assert_null(
        auth_seal_close(test.keys.keyring, &test.context, large, AUTH_SEAL_PLAIN_MAX + 1, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    memset(model, 'm', sizeof model);
    model[sizeof model - 1] = '\0';
    struct auth_seal_context other = test.context;
    other.model = model;
    assert_null(auth_seal_close(test.keys.keyring, &other, test.plain, 16, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_corrupt(test.keys.keyring, &other, test.data, test.n);
    sealed_close(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_any_changed_byte_is_noticed),
        cmocka_unit_test(test_bound_to_person_row_and_model),
        cmocka_unit_test(test_another_key_does_not_open_it),
        cmocka_unit_test(test_too_long_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
