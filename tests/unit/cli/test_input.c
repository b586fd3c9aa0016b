#include "../unit.h"

#include "base/time.h"
#include "cli/input.h"

#include <glib/gstdio.h>
#include <string.h>

static void test_times(void **state)
{
    g_autoptr(GTimeZone) merida = g_time_zone_new_identifier("America/Merida");
    static const char *const SAME[] = {"2026-03-12 08:55", "2026-03-12T08:55",
                                       "2026-03-12 08:55:00", "2026-03-12T14:55:00Z",
                                       "2026-03-12T08:55:00-06:00"};
    base_time expected, moment;
    GError *error = NULL;

    (void)state;
    assert_non_null(merida);
    assert_true(base_time_parse("2026-03-12T14:55:00Z", &expected));
    for (size_t i = 0; i < G_N_ELEMENTS(SAME); i++) {
        if (!cli_time_parse(SAME[i], merida, &moment, &error))
            fail_msg("%s: %s", SAME[i], error->message);
        assert_true(moment == expected);
    }
}

static void test_what_is_no_time(void **state)
{
    static const char *const BAD[] = {"",
                                      "now",
                                      "2026-03-12",
                                      "08:55",
                                      "2026-13-12 08:55",
                                      "2026-02-30 08:55",
                                      "2026-03-12 25:00",
                                      "2026-03-12 08:55 ",
                                      "2026-03-12  08:55",
                                      "2026-W10-1 08:55"};
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        base_time moment;
        GError *error = NULL;
        if (cli_time_parse(BAD[i], zone, &moment, &error))
            fail_msg("\"%s\" was taken", BAD[i]);
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

/* Clocks in New York went from 02:00 to 03:00 that night. */
static void test_time_that_the_clocks_skipped(void **state)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("America/New_York");
    GError *error = NULL;
    base_time moment;

    (void)state;
    if (!zone)
        skip();
    assert_false(cli_time_parse("2026-03-08 02:30", zone, &moment, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void test_picture_names(void **state)
{
    (void)state;
    assert_true(cli_picture_has_name("a.jpg"));
    assert_true(cli_picture_has_name("A.JPEG"));
    assert_true(cli_picture_has_name("a.png"));
    assert_true(cli_picture_has_name("a.WebP"));
    assert_false(cli_picture_has_name("a.txt"));
    assert_false(cli_picture_has_name("jpg"));
}

static void test_files(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("presente-input-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "b.jpg", NULL);
    g_autofree char *inner = g_build_filename(folder, "inner", NULL);
    g_autofree char *deep = g_build_filename(inner, "a.png", NULL);
    GError *error = NULL;

    (void)state;
    assert_true(cli_file_write(path, "12345", 5, &error));
    assert_int_equal(g_mkdir(inner, 0700), 0);
    assert_true(cli_file_write(deep, "1", 1, &error));

    g_autoptr(GBytes) content = cli_file_read(path, 5, &error);
    assert_non_null(content);
    assert_int_equal(g_bytes_get_size(content), 5);
    assert_null(cli_file_read(path, 4, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);
    assert_null(cli_file_read(folder, 4, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_null(cli_file_read("/no/such/file", 4, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_false(cli_file_write("/no/such/file", "1", 1, &error));
    assert_base_error(error, BASE_ERROR_IO);

    g_autoptr(GPtrArray) flat = cli_pictures_in(folder, false, &error);
    g_autoptr(GPtrArray) all = cli_pictures_in(folder, true, &error);
    g_autoptr(GPtrArray) folders = cli_folders_in(folder, &error);
    assert_int_equal(flat->len, 1);
    assert_int_equal(all->len, 2);
    assert_string_equal(all->pdata[0], path);
    assert_int_equal(folders->len, 1);
    assert_null(cli_pictures_in("/no/such/folder", false, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);

    g_unlink(deep);
    g_unlink(path);
    g_rmdir(inner);
    g_rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_time_that_the_clocks_skipped),
        cmocka_unit_test(test_picture_names),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
