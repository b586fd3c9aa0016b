#include "../unit.h"

#include "base/json.h"

#include <string.h>

static json_t *parse(const char *text)
{
    GError *error = NULL;
    json_t *json = base_json_parse(text, strlen(text), &error);
    assert_no_error(error);
    return json;
}

static void parse_refuses_what_is_not_strict_json(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",      "{",           "{\"a\":1,\"a\":2}", "[1,]",          "{'a':1}", "[01]",
        "[NaN]", "{\"a\":1} x", "[\"\xFF\"]",        "[\"\\u0000\"]", "[1e999]", "[\"\\ud800\"]",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        GError *error = NULL;
        assert_null(base_json_parse(BAD[i], strlen(BAD[i]), &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void parse_limits_nesting(void **state)
{
    (void)state;
    GError *error = NULL;
    g_autofree char *deep = g_strnfill(BASE_JSON_DEPTH_MAX + 1, '[');

    assert_null(base_json_parse(deep, strlen(deep), &error));
    assert_base_error(error, BASE_ERROR_INVALID);

    /* Brackets inside a text are not nesting. */
    g_autofree char *flat = g_strdup_printf("[\"\\\"%s\"]", deep);
    g_autoptr(json_t) json = parse(flat);
    assert_non_null(json);
}

static void read_fills_every_kind(void **state)
{
    (void)state;
    const char *text = NULL;
    gint64 integer = 0;
    double real = 0;
    bool flag = false, present = false, null = false;
    struct base_uuid uuid = {0};
    base_time time = 0;
    json_t *list = NULL, *object = NULL;
    const struct base_json_field FIELDS[] = {
        {"text", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &text, .min = 1, .max = 5},
        {"integer", BASE_JSON_INTEGER, BASE_JSON_REQUIRED, &integer, .min = 5, .max = 120},
        {"real", BASE_JSON_REAL, BASE_JSON_REQUIRED, &real},
        {"flag", BASE_JSON_BOOL, BASE_JSON_REQUIRED, &flag, .present = &present},
        {"uuid", BASE_JSON_UUID, BASE_JSON_REQUIRED, &uuid},
        {"time", BASE_JSON_TIME, BASE_JSON_REQUIRED, &time},
        {"list", BASE_JSON_ARRAY, BASE_JSON_REQUIRED, &list},
        {"object", BASE_JSON_OBJECT, BASE_JSON_REQUIRED, &object},
        {"nothing", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &text, .null = &null},
        {"missing", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &integer},
    };
    g_autoptr(json_t) json = parse("{\"text\":\"Ana\",\"integer\":19,\"real\":2,\"flag\":true,"
                                   "\"uuid\":\"0190163d-8694-739b-aea5-966c26f8ad91\","
                                   "\"time\":\"1970-01-01T00:00:01Z\",\"list\":[1],\"object\":{},"
                                   "\"nothing\":null}");
    GError *error = NULL;

    assert_true(base_json_read(json, FIELDS, G_N_ELEMENTS(FIELDS), &error));
    assert_no_error(error);
    assert_string_equal(text, "Ana");
    assert_int_equal(integer, 19);
    assert_true(real == 2.0 && flag && present && null);
    assert_int_equal(uuid.bytes[0], 1);
    assert_int_equal(time, BASE_TIME_SECOND);
    assert_int_equal(json_array_size(list), 1);
    assert_non_null(object);
}

static void read_names_the_field_that_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *json, *mention;
    } BAD[] = {
        {"[]", "object"},
        {"{\"name\":\"A\",\"nmae\":1}", "nmae"},
        {"{}", "name"},
        {"{\"name\":1}", "name"},
        {"{\"name\":null}", "name"},
        {"{\"name\":\"\"}", "name"},
        {"{\"name\":\"A\",\"age\":\"19\"}", "age"},
        {"{\"name\":\"A\",\"age\":4}", "age"},
        {"{\"name\":\"A\",\"age\":19.5}", "age"},
    };
    const char *name = NULL;
    gint64 age = 0;
    const struct base_json_field FIELDS[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &name, .min = 1, .max = 100},
        {"age", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, &age, .min = 5, .max = 120},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(json_t) json = parse(BAD[i].json);
        GError *error = NULL;
        assert_false(base_json_read(json, FIELDS, G_N_ELEMENTS(FIELDS), &error));
        assert_non_null(error);
        assert_non_null(strstr(error->message, BAD[i].mention));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void format_is_compact(void **state)
{
    (void)state;
    g_autoptr(json_t) json = json_object();
    json_object_set_new(json, "at", base_json_time(0));
    json_object_set_new(json, "note", base_json_text_or_null(NULL));
    g_autofree char *text = base_json_format(json);

    assert_string_equal(text, "{\"at\":\"1970-01-01T00:00:00Z\",\"note\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_refuses_what_is_not_strict_json),
        cmocka_unit_test(parse_limits_nesting),
        cmocka_unit_test(read_fills_every_kind),
        cmocka_unit_test(read_names_the_field_that_is_wrong),
        cmocka_unit_test(format_is_compact),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
