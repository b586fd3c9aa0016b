/* Opening and closing: what is made, what is refused, what is never replaced. */
#include "../unit.h"

#include "../database.h"

#include "app/app.h"
#include "db/driver.h"

#include <glib/gstdio.h>

struct place {
    char *folder, *key, *url;
    struct app_settings settings;
};

static int set_up(void **state)
{
    struct place *place = g_new0(struct place, 1);
    GError *error = NULL;

    for (size_t i = 0; i < app_settings_table.keys_n; i++)
        g_unsetenv(app_settings_table.keys[i].name);
    place->folder = g_dir_make_tmp("presente-app-XXXXXX", NULL);
    place->key = g_build_filename(place->folder, "presente.key", NULL);
    place->url = unit_database_create(place->folder);
    g_setenv("PRESENTE_DATABASE_URL", place->url, TRUE);
    g_setenv("PRESENTE_KEY_FILE", place->key, TRUE);
    *state = place;
    return app_settings_load("there-is-no-such-file", &place->settings, NULL, &error) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    GDir *folder = g_dir_open(place->folder, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *path = g_build_filename(place->folder, name, NULL);
        g_unlink(path);
    }
    if (folder)
        g_dir_close(folder);
    g_rmdir(place->folder);
    app_settings_clear(&place->settings);
    unit_database_drop(place->url);
    g_free(place->folder);
    g_free(place->url);
    g_free(place->key);
    g_free(place);
    return 0;
}

static void make(struct place *place)
{
    GError *error = NULL;
    struct app app;

    if (!app_open(&place->settings, APP_PART_CREATE, &app, &error))
        fail_msg("%s", error->message);
    assert_true(app.bootstrap.created);
    app_close(&app);
    app_close(&app);
}

static void test_nothing_is_made_unless_asked(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct app app;

    assert_false(app_open(&place->settings, 0, &app, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(g_file_test(place->key, G_FILE_TEST_EXISTS));
}

static void test_made_once(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct app app;

    make(place);
    if (!app_open(&place->settings, APP_PART_CREATE, &app, &error))
        fail_msg("%s", error->message);
    assert_false(app.bootstrap.created);
    assert_null(app.bootstrap.password);
    app_close(&app);
    assert_true(app_open(&place->settings, 0, &app, &error));
    app_close(&app);
}

static void test_lost_key_is_not_replaced(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct app app;

    make(place);
    g_unlink(place->key);
    assert_false(app_open(&place->settings, APP_PART_CREATE, &app, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(g_file_test(place->key, G_FILE_TEST_EXISTS));
}

static void test_missing_models(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct app app;

    make(place);
    g_free(place->settings.models_dir);
    place->settings.models_dir = g_build_filename(place->folder, "none", NULL);
    assert_false(app_open(&place->settings, APP_PART_FACES, &app, &error));
    assert_non_null(error);
    g_clear_error(&error);
    assert_true(app_open(&place->settings, APP_PART_FACES | APP_PART_FACES_OPTIONAL, &app, &error));
    assert_null(app.recogniser);
    app_close(&app);
}

static void test_a_connection_for_each_thread(void **state)
{
    enum { WORKERS = 40 };
    struct place *place = *state;
    struct db_connection *lent[WORKERS + 4];
    GError *error = NULL;

    place->settings.workers = WORKERS;
    struct db *db = app_open_database(&place->settings, true, &error);
    assert_non_null(db);
    for (size_t i = 0; i < G_N_ELEMENTS(lent); i++)
        if (!(lent[i] = db_acquire(db, &error)))
            fail_msg("%zu: %s", i, error->message);
    for (size_t i = 0; i < G_N_ELEMENTS(lent); i++)
        db_release(lent[i]);
    db_close(db);
}

static void test_maintenance_may_take_its_time(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    g_autoptr(db_handle) db = app_open_database(&place->settings, true, &error);
    assert_no_error(error);
    assert_int_equal(db_statement_seconds(db), 86400);
}

static void test_database_that_is_none(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct app app;
    char text[4096] = "This is a letter, not a database.";

    if (!unit_database_is_file()) {
        unit_database_say_skipped("a database there is not a file");
        skip();
    }
    g_autofree char *path = g_build_filename(place->folder, "presente.db", NULL);
    assert_true(g_file_set_contents(path, text, sizeof text, NULL));
    assert_false(app_open(&place->settings, APP_PART_CREATE, &app, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_made_unless_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_made_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lost_key_is_not_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_models, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_connection_for_each_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_maintenance_may_take_its_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_database_that_is_none, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
