#include "../unit.h"

#include "base/config.h"

#include <glib/gstdio.h>
#include <string.h>

struct settings {
    char *listen, *level;
    gint64 workers;
    double threshold;
    bool liveness;
};

static const struct base_config_key KEYS[] = {
    {"UNIT_LISTEN", BASE_CONFIG_TEXT, offsetof(struct settings, listen), "127.0.0.1:8000"},
    {"UNIT_LEVEL", BASE_CONFIG_CHOICE, offsetof(struct settings, level), "info",
     .choices = "info|debug"},
    {"UNIT_WORKERS", BASE_CONFIG_INTEGER, offsetof(struct settings, workers), "2", 1, 64},
    {"UNIT_THRESHOLD", BASE_CONFIG_REAL, offsetof(struct settings, threshold), "0.5", 0, 1},
    {"UNIT_LIVENESS", BASE_CONFIG_BOOL, offsetof(struct settings, liveness), "on"},
};
static const struct base_config_table TABLE = {"UNIT_", KEYS, G_N_ELEMENTS(KEYS)};

static char *write_env(const char *text)
{
    char *path = NULL;
    int fd = g_file_open_tmp("presente-env-XXXXXX", &path, NULL);

    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void defaults_stand_without_file_or_environment(void **state)
{
    (void)state;
    struct settings settings = {0};
    GError *error = NULL;

    assert_true(base_config_load(&TABLE, "no/such/file", &settings, NULL, &error));
    assert_string_equal(settings.listen, "127.0.0.1:8000");
    assert_int_equal(settings.workers, 2);
    assert_true(settings.threshold == 0.5 && settings.liveness);
    base_config_clear(&TABLE, &settings);
    assert_null(settings.listen);
}

static void environment_wins_over_the_file(void **state)
{
    (void)state;
    g_autofree char *path = write_env("# a comment\nexport UNIT_LISTEN=\"[::1]:80\" # here\n"
                                      "UNIT_WORKERS=3\nUNIT_LIVENESS = off\nOTHER=1\n");
    struct settings settings = {0};
    GError *error = NULL;

    g_setenv("UNIT_WORKERS", "5", TRUE);
    assert_true(base_config_load(&TABLE, path, &settings, NULL, &error));
    g_unsetenv("UNIT_WORKERS");
    assert_string_equal(settings.listen, "[::1]:80");
    assert_int_equal(settings.workers, 5);
    assert_false(settings.liveness);
    base_config_clear(&TABLE, &settings);
    g_unlink(path);
}

static void unknown_keys_are_named_with_a_suggestion(void **state)
{
    (void)state;
    g_autofree char *path = write_env("UNIT_LISTN=x\nUNIT_SOMETHING_ELSE=y\n");
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    struct settings settings = {0};
    GError *error = NULL;

    assert_true(base_config_load(&TABLE, path, &settings, warnings, &error));
    assert_int_equal(warnings->len, 2);
    for (guint i = 0; i < 2; i++) {
        const char *warning = warnings->pdata[i];
        if (strstr(warning, "UNIT_LISTN"))
            assert_non_null(strstr(warning, "Did you mean UNIT_LISTEN?"));
        else
            assert_non_null(strstr(warning, "UNIT_SOMETHING_ELSE"));
    }
    base_config_clear(&TABLE, &settings);
    g_unlink(path);
}

static void bad_values_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "UNIT_WORKERS=0",     "UNIT_WORKERS=many",  "UNIT_WORKERS=",       "UNIT_WORKERS=3 4",
        "UNIT_THRESHOLD=1.5", "UNIT_THRESHOLD=nan", "UNIT_LIVENESS=maybe", "UNIT_LEVEL=loud",
        "UNIT_LISTEN=\xFF",   "UNIT_LISTEN",        "UNIT_LISTEN=\"open",  "1X=2",
        "UNIT_LISTEN='a' b",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autofree char *path = write_env(BAD[i]);
        struct settings settings = {0};
        GError *error = NULL;
        assert_false(base_config_load(&TABLE, path, &settings, NULL, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
        assert_null(settings.listen);
        g_unlink(path);
    }
}

static void env_values_keep_quotes_and_hashes_as_written(void **state)
{
    (void)state;
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GError *error = NULL;

    assert_true(base_config_parse_env("A=pass#word\nB='$x \\n'\nC=\"a\\\"b\\n\"\nD=\nE= x # y\n",
                                      values, &error));
    assert_string_equal(g_hash_table_lookup(values, "A"), "pass#word");
    assert_string_equal(g_hash_table_lookup(values, "B"), "$x \\n");
    assert_string_equal(g_hash_table_lookup(values, "C"), "a\"b\n");
    assert_string_equal(g_hash_table_lookup(values, "D"), "");
    assert_string_equal(g_hash_table_lookup(values, "E"), "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stand_without_file_or_environment),
        cmocka_unit_test(environment_wins_over_the_file),
        cmocka_unit_test(unknown_keys_are_named_with_a_suggestion),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(env_values_keep_quotes_and_hashes_as_written),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
