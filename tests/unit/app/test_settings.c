/* The configuration table: what it reads, what it refuses, and that .env.example repeats it. */
#include "../unit.h"

#include "app/settings.h"

#include <glib/gstdio.h>
#include <string.h>

static void clear_environment(void)
{
    for (size_t i = 0; i < app_settings_table.keys_n; i++)
        g_unsetenv(app_settings_table.keys[i].name);
}

static bool load(struct app_settings *settings, GError **error)
{
    return app_settings_load("there-is-no-such-file", settings, NULL, error);
}

static void test_defaults(void **state)
{
    struct app_settings settings;
    GError *error = NULL;

    (void)state;
    clear_environment();
    assert_true(load(&settings, &error));
    assert_string_equal(settings.listen, "127.0.0.1:8000");
    assert_string_equal(settings.database_url, "sqlite:data/presente.db");
    assert_int_equal(settings.max_image_bytes, 20 << 20);
    assert_true(settings.max_image_megapixels > 49.9 && settings.max_image_megapixels < 50.1);
    assert_true(settings.liveness);
    assert_true(settings.self_registration);
    assert_false(settings.cookie_secure);
    assert_true(app_settings_workers(&settings) >= 1);
    app_settings_clear(&settings);
    app_settings_clear(&settings);
}

static void test_every_key_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < app_settings_table.keys_n; i++) {
        const struct base_config_key *key = &app_settings_table.keys[i];
        assert_true(g_str_has_prefix(key->name, "PRESENTE_"));
        assert_non_null(key->help);
        assert_non_null(key->fallback);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(key->name, app_settings_table.keys[k].name);
            assert_int_not_equal(key->offset, app_settings_table.keys[k].offset);
        }
    }
}

static void test_environment_wins_over_file(void **state)
{
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "presente-settings-XXXXXX", NULL);
    const char *text = "PRESENTE_QUEUE=7\nPRESENTE_WORKERS=3\n";
    struct app_settings settings;
    GError *error = NULL;
    int handle = g_mkstemp(file);

    (void)state;
    assert_true(handle >= 0);
    g_close(handle, NULL);
    assert_true(g_file_set_contents(file, text, -1, NULL));
    clear_environment();
    g_setenv("PRESENTE_QUEUE", "9", TRUE);
    assert_true(app_settings_load(file, &settings, NULL, &error));
    assert_int_equal(settings.queue, 9);
    assert_int_equal(app_settings_workers(&settings), 3);
    app_settings_clear(&settings);
    g_unlink(file);
    clear_environment();
}

static void test_bad_values_are_named(void **state)
{
    static const struct {
        const char *key, *value;
    } BAD[] = {
        {"PRESENTE_QUEUE", "many"},
        {"PRESENTE_QUEUE", "-1"},
        {"PRESENTE_QUEUE", ""},
        {"PRESENTE_WORKERS", "100000"},
        {"PRESENTE_LIVENESS", "maybe"},
        {"PRESENTE_LOG_LEVEL", "loud"},
        {"PRESENTE_MATCH_THRESHOLD", "1.5"},
        {"PRESENTE_MATCH_THRESHOLD", "nan"},
        {"PRESENTE_TIME_ZONE", "Mars/Olympus"},
        {"PRESENTE_ADMIN_EMAIL", "nobody"},
        {"PRESENTE_DETECT_SIZE", "333"},
        {"PRESENTE_PUBLIC_URL", "presente.uni.edu"},
        {"PRESENTE_PUBLIC_URL", "https://presente.uni.edu/"},
        {"PRESENTE_MAIL_FROM", "nobody"},
        {"PRESENTE_SMTP_URL", "mail.uni.edu"},
        {"PRESENTE_SMTP_URL", "smtp://me:secret@mail.uni.edu"},
        {"PRESENTE_SMTP_URL", "smtp://mail.uni.edu"},
        {"PRESENTE_SMTP_TLS", "perhaps"},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct app_settings settings;
        GError *error = NULL;
        clear_environment();
        g_setenv(BAD[i].key, BAD[i].value, TRUE);
        if (load(&settings, &error))
            fail_msg("%s=%s was taken", BAD[i].key, BAD[i].value);
        assert_non_null(strstr(error->message, BAD[i].key));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    clear_environment();
}

static void test_review_above_match_is_refused(void **state)
{
    struct app_settings settings;
    GError *error = NULL;

    (void)state;
    clear_environment();
    g_setenv("PRESENTE_MATCH_THRESHOLD", "0.4", TRUE);
    g_setenv("PRESENTE_REVIEW_THRESHOLD", "0.5", TRUE);
    assert_false(load(&settings, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    clear_environment();
}

static void test_unknown_keys_are_named(void **state)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    struct app_settings settings;
    GError *error = NULL;
    bool found = false;

    (void)state;
    clear_environment();
    g_setenv("PRESENTE_LISTENN", "x", TRUE);
    assert_true(app_settings_load("there-is-no-such-file", &settings, warnings, &error));
    for (guint i = 0; i < warnings->len; i++) {
        const char *warning = warnings->pdata[i];
        found =
            found || (strstr(warning, "PRESENTE_LISTENN") && strstr(warning, "PRESENTE_LISTEN?"));
    }
    assert_true(found);
    app_settings_clear(&settings);
    g_unsetenv("PRESENTE_LISTENN");
}

static void test_lists(void **state)
{
    g_auto(GStrv) items = app_settings_list(" 10.0.0.0/8 , ,::1,");
    g_auto(GStrv) none = app_settings_list("");

    (void)state;
    assert_int_equal(g_strv_length(items), 2);
    assert_string_equal(items[0], "10.0.0.0/8");
    assert_string_equal(items[1], "::1");
    assert_int_equal(g_strv_length(none), 0);
}

/* A line "# help" with a line "#KEY=default" right behind it or behind the choices, for each key,
 * and no others. */
static void test_env_example_is_the_table(void **state)
{
    const char *source = g_getenv("PRESENTE_SOURCE_DIR");
    g_autofree char *text = NULL;
    size_t keys = 0;

    (void)state;
    if (!source) {
        print_message("skipped: PRESENTE_SOURCE_DIR is not set\n");
        skip();
    }
    g_autofree char *path = g_build_filename(source, ".env.example", NULL);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        keys += g_str_has_prefix(*line, "#PRESENTE_") || g_str_has_prefix(*line, "PRESENTE_");
    for (size_t i = 0; i < app_settings_table.keys_n; i++) {
        const struct base_config_key *key = &app_settings_table.keys[i];
        g_autofree char *help = g_strdup_printf("# %s", key->help);
        g_autofree char *setting = g_strdup_printf("#%s=%s", key->name, key->fallback);
        if (!g_strv_contains((const char *const *)lines, help) ||
            !g_strv_contains((const char *const *)lines, setting))
            fail_msg("%s is not in .env.example as \"presente config --defaults\" prints it",
                     key->name);
    }
    assert_int_equal(keys, app_settings_table.keys_n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_key_is_described),
        cmocka_unit_test(test_environment_wins_over_file),
        cmocka_unit_test(test_bad_values_are_named),
        cmocka_unit_test(test_review_above_match_is_refused),
        cmocka_unit_test(test_unknown_keys_are_named),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_env_example_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
