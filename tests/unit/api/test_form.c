/* JSON and forms say the same, and both are refused when they are not what they should be. */
#include "../unit.h"

#include "api/form.h"

#include <string.h>

static struct http_request json_request(const char *body)
{
    return (struct http_request){
        .method = HTTP_METHOD_POST,
        .content_type = "application/json",
        .body = body,
        .body_size = strlen(body),
    };
}

static void json_pictures_are_decoded(void **state)
{
    (void)state;
    static const char *const GOOD[] = {
        "{\"image\":\"aGVsbG8=\",\"name\":\"Ana\"}",
        "{\"image\":[\"aGVsbG8=\"],\"name\":\"Ana\"}",
        "{\"image\":\"data:image/jpeg;base64,aGVsbG8=\",\"name\":\"Ana\"}",
        "{\"image\":\"aGVs\\r\\nbG8=\",\"name\":\"Ana\"}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(GOOD); i++) {
        struct http_request request = json_request(GOOD[i]);
        const char *name = NULL;
        const struct base_json_field FIELDS[] = {
            {"name", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &name},
        };
        GError *error = NULL;
        g_auto(api_form) form = {0};

        assert_true(api_form_read(&request, 1, &form, &error));
        assert_int_equal(form.pictures_n, 1);
        assert_int_equal(form.pictures[0].size, 5);
        assert_memory_equal(form.pictures[0].data, "hello", 5);
        assert_true(api_form_values(&form, FIELDS, G_N_ELEMENTS(FIELDS), &error));
        assert_string_equal(name, "Ana");
    }
}

static void json_pictures_that_are_not_base64_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "{\"image\":5}",
        "{\"image\":null}",
        "{\"image\":[1]}",
        "{\"image\":\"\"}",
        "{\"image\":\"a\"}",
        "{\"image\":\"a=bc\"}",
        "{\"image\":\"ab!d\"}",
        "{\"image\":\"====\"}",
        "{\"image\":\"data:image/jpeg,abcd\"}",
        "{\"image\":{}}",
        "[]",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct http_request request = json_request(BAD[i]);
        GError *error = NULL;
        struct api_form form;
        assert_false(api_form_read(&request, 3, &form, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void too_many_pictures_are_refused(void **state)
{
    (void)state;
    struct http_request request = json_request("{\"image\":[\"aGVsbG8=\",\"aGVsbG8=\"]}");
    GError *error = NULL;
    struct api_form form;

    assert_false(api_form_read(&request, 1, &form, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);
    assert_false(api_form_read(&request, 0, &form, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void no_body_means_no_values(void **state)
{
    (void)state;
    struct http_request request = {.method = HTTP_METHOD_POST, .body = ""};
    GError *error = NULL;
    g_auto(api_form) form = {0};

    assert_true(api_form_read(&request, 3, &form, &error));
    assert_int_equal(form.pictures_n, 0);
    assert_true(api_form_values(&form, NULL, 0, &error));
}

static void query_texts_become_numbers_and_truth_values(void **state)
{
    (void)state;
    const struct http_pair PAIRS[] = {{"limit", "20"}, {"active", "true"}, {"q", ""}};
    struct http_request request = {.query = PAIRS, .query_n = G_N_ELEMENTS(PAIRS)};
    gint64 limit = 0;
    bool active = false, has_search = false;
    const char *search = NULL;
    const struct base_json_field FIELDS[] = {
        {"limit", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &limit, .min = 1, .max = 100},
        {"active", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &active},
        {"q", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &search, &has_search},
    };
    GError *error = NULL;
    g_auto(api_form) query = {0};

    assert_true(api_form_read_query(&request, &query, &error));
    assert_true(api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error));
    assert_int_equal(limit, 20);
    assert_true(active);
    assert_false(has_search);
}

static void query_values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct http_pair BAD[][2] = {
        {{"limit", "many"}, {"limit2", ""}},
        {{"limit", "0"}, {"", ""}},
        {{"limit", "1x"}, {"", ""}},
        {{"lmit", "1"}, {"", ""}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct http_request request = {.query = BAD[i], .query_n = 1};
        gint64 limit;
        const struct base_json_field FIELDS[] = {
            {"limit", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &limit, .min = 1, .max = 100},
        };
        GError *error = NULL;
        g_auto(api_form) query = {0};

        assert_true(api_form_read_query(&request, &query, &error));
        assert_false(api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    const struct http_pair TWICE[] = {{"q", "a"}, {"q", "b"}};
    struct http_request request = {.query = TWICE, .query_n = 2};
    struct api_form query;
    GError *error = NULL;
    assert_false(api_form_read_query(&request, &query, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_pictures_are_decoded),
        cmocka_unit_test(json_pictures_that_are_not_base64_are_refused),
        cmocka_unit_test(too_many_pictures_are_refused),
        cmocka_unit_test(no_body_means_no_values),
        cmocka_unit_test(query_texts_become_numbers_and_truth_values),
        cmocka_unit_test(query_values_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("api form", tests, NULL, NULL);
}
