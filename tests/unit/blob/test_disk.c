/* The store on the local disk: objects, lists of them, and what others put there. */
#include "place.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- objects ---- */

static void test_put_get_delete(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    put(place, KEY, "picture");
    assert_content(place, KEY, "picture");
    assert_false(blob_put(place->store, KEY, "other", 5, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_content(place, KEY, "picture");
    assert_true(blob_delete(place->store, KEY, &error));
    assert_true(blob_delete(place->store, KEY, &error));
    assert_true(blob_delete(place->store, "never/was/here", &error));
    assert_null(blob_get(place->store, KEY, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    put(place, KEY, "again");
    assert_content(place, KEY, "again");
}

static void test_files_are_sharded_and_ours_alone(void **state)
{
    struct place *place = *state;
    static const char *const FOLDERS[] = {"", "face", "face/f", "face/f/e", ".new"};
    g_autofree char *file = path_in(place, FILE_OF_KEY);
    struct stat status;

    put(place, KEY, "picture");
    assert_int_equal(stat(file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    for (size_t i = 0; i < G_N_ELEMENTS(FOLDERS); i++) {
        g_autofree char *folder = path_in(place, FOLDERS[i]);
        assert_int_equal(stat(folder, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
    }
    g_autofree char *incoming = path_in(place, ".new");
    g_autoptr(GDir) dir = g_dir_open(incoming, 0, NULL);
    assert_null(g_dir_read_name(dir));
}

static void test_ranges(void **state)
{
    struct place *place = *state;
    static const struct {
        struct blob_range range;
        const char *expected; /* NULL: refused */
    } CASES[] = {
        {{0, 0}, "0123456789"}, {{0, 3}, "012"},          {{4, 2}, "45"},  {{4, 0}, "456789"},
        {{9, 1}, "9"},          {{8, G_MAXUINT64}, "89"}, {{10, 0}, NULL}, {{G_MAXUINT64, 1}, NULL},
    };

    put(place, KEY, "0123456789");
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        GError *error = NULL;
        guint64 total = 0;
        gsize size;
        g_autoptr(GBytes) bytes = blob_get(place->store, KEY, &CASES[i].range, &total, &error);
        if (!CASES[i].expected) {
            assert_null(bytes);
            assert_base_error(error, BASE_ERROR_INVALID);
            continue;
        }
        assert_no_error(error);
        const void *data = g_bytes_get_data(bytes, &size);
        assert_int_equal(total, 10);
        assert_int_equal(size, strlen(CASES[i].expected));
        assert_memory_equal(data, CASES[i].expected, size);
    }
}

static void test_sizes(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autofree char *large = g_malloc0(BLOB_SIZE_MAX + 1);
    guint64 total = 0;

    assert_false(blob_put(place->store, "a", large, 0, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(blob_put(place->store, "a", large, BLOB_SIZE_MAX + 1, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);
    assert_true(blob_put(place->store, "a", large, BLOB_SIZE_MAX, &error));
    g_autoptr(GBytes) bytes = blob_get(place->store, "a", NULL, &total, &error);
    assert_int_equal(g_bytes_get_size(bytes), BLOB_SIZE_MAX);
    assert_int_equal(total, BLOB_SIZE_MAX);
}

static void test_keys(void **state)
{
    struct place *place = *state;
    g_autofree char *longest = g_strnfill(BLOB_SEGMENT_MAX, 'a');
    g_autofree char *too_long = g_strnfill(BLOB_SEGMENT_MAX + 1, 'a');
    const char *const good[] = {"a", "0", "-", "a/b", "a-b/0-1", longest, "a/b/c/d/e/f/g/h", KEY};
    const char *const bad[] = {
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "a.b",
        "A",
        "a b",
        "a\n",
        "a\\b",
        "ñ",
        "a%2fb",
        too_long,
        "a/b/c/d/e/f/g/h/i",
        ".new",
        "a:b",
        "~",
        "a_b",
    };

    assert_false(blob_key_is_valid(NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        if (!blob_key_is_valid(good[i]))
            fail_msg("%s", good[i]);
        put(place, good[i], good[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        assert_content(place, good[i], good[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;
        if (blob_key_is_valid(bad[i]))
            fail_msg("%s", bad[i]);
        assert_false(blob_put(place->store, bad[i], "x", 1, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
        assert_null(blob_get(place->store, bad[i], NULL, NULL, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
        assert_false(blob_delete(place->store, bad[i], &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void test_urls(void **state)
{
    GError *error = NULL;

    (void)state;
    assert_null(blob_open("file:", &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    static const char *const UNKNOWN[] = {"", "data/images", "s4:bucket", "/tmp", ":x", "fil:x"};
    for (size_t i = 0; i < G_N_ELEMENTS(UNKNOWN); i++) {
        assert_null(blob_open(UNKNOWN[i], &error));
        assert_base_error(error, BASE_ERROR_UNSUPPORTED);
    }
}

/* ---- listing ---- */

static void test_listing_by_pages(void **state)
{
    struct place *place = *state;
    enum { N = 120 };
    g_autoptr(GHashTable) expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    g_autofree char *none = listed(place, "", 10);
    assert_string_equal(none, "");
    for (int i = 0; i < N; i++) {
        char *key = g_strdup_printf("%s/%d", i % 3 ? "mark" : "face", i * 7919);
        put(place, key, key);
        g_hash_table_add(expected, key);
    }
    for (size_t limit = 1; limit <= 200; limit = limit * 3 + 1) {
        g_autofree char *keys = listed(place, "", limit);
        g_auto(GStrv) all = g_strsplit(keys, " ", -1);
        assert_int_equal(g_strv_length(all), N);
        for (char **key = all; *key; key++)
            assert_true(g_hash_table_contains(expected, *key));
    }
    g_autofree char *faces = listed(place, "face/", 7);
    g_auto(GStrv) some = g_strsplit(faces, " ", -1);
    assert_int_equal(g_strv_length(some), N / 3);
    g_autofree char *part = listed(place, "fa", 7);
    assert_string_equal(part, faces);
    g_autofree char *other = listed(place, "face/x", 7);
    assert_string_equal(other, "");
}

static void test_listing_tells_size_and_age(void **state)
{
    struct place *place = *state;
    const base_time before = base_time_now();
    struct blob_page page = {0};

    put(place, KEY, "0123456789");
    assert_true(blob_list(place->store, "", NULL, 5, &page, NULL));
    const struct blob_entry *entry = &g_array_index(page.entries, struct blob_entry, 0);
    assert_string_equal(entry->key, KEY);
    assert_int_equal(entry->size, 10);
    /* File systems keep time by a coarser clock. */
    assert_true(entry->modified_at > before - 2 * BASE_TIME_SECOND);
    assert_true(entry->modified_at < base_time_now() + 2 * BASE_TIME_SECOND);
    blob_page_clear(&page);
}

static void test_objects_deleted_between_pages(void **state)
{
    struct place *place = *state;
    struct blob_page page = {0};

    put(place, "a/1", "x");
    put(place, "a/2", "x");
    put(place, "a/3", "x");
    assert_true(blob_list(place->store, "", NULL, 2, &page, NULL));
    g_autofree char *cursor = g_strdup(page.cursor);
    assert_true(blob_delete(place->store, "a/2", NULL));
    assert_true(blob_list(place->store, "", cursor, 2, &page, NULL));
    assert_int_equal(page.entries->len, 1);
    assert_string_equal(g_array_index(page.entries, struct blob_entry, 0).key, "a/3");
    assert_null(page.cursor);
    blob_page_clear(&page);
}

static void test_foreign_files_are_left_alone(void **state)
{
    struct place *place = *state;
    static const char *const FOREIGN[] = {"README", "face/notes.txt", "face/f/e/.hidden",
                                          "face/x/y/abcd.blob", "stray.blob"};

    put(place, KEY, "x");
    for (size_t i = 0; i < G_N_ELEMENTS(FOREIGN); i++) {
        g_autofree char *path = path_in(place, FOREIGN[i]);
        g_autofree char *folder = g_path_get_dirname(path);
        g_mkdir_with_parents(folder, 0700);
        assert_true(g_file_set_contents(path, "theirs", -1, NULL));
    }
    g_autofree char *keys = listed(place, "", 10);
    assert_string_equal(keys, KEY);
    for (size_t i = 0; i < G_N_ELEMENTS(FOREIGN); i++) {
        g_autofree char *path = path_in(place, FOREIGN[i]);
        assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    }
}

/* ---- leftovers ---- */

static void set_age(const char *path, gint64 seconds)
{
    const time_t then = (time_t)(base_time_now() / BASE_TIME_SECOND - seconds);
    const struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_sweep(void **state)
{
    struct place *place = *state;
    const base_time hour_ago = base_time_now() - 3600 * BASE_TIME_SECOND;
    g_autofree char *old = path_in(place, ".new/old");
    g_autofree char *young = path_in(place, ".new/young");
    gint64 removed = -1;

    assert_true(blob_sweep(place->store, hour_ago, false, &removed, NULL));
    assert_int_equal(removed, 0);
    put(place, KEY, "x");
    assert_true(g_file_set_contents(old, "half", -1, NULL));
    assert_true(g_file_set_contents(young, "half", -1, NULL));
    set_age(old, 7200);
    assert_true(blob_sweep(place->store, hour_ago, true, &removed, NULL));
    assert_int_equal(removed, 1);
    assert_true(g_file_test(old, G_FILE_TEST_EXISTS));
    assert_true(blob_sweep(place->store, hour_ago, false, &removed, NULL));
    assert_int_equal(removed, 1);
    assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
    assert_true(g_file_test(young, G_FILE_TEST_EXISTS));
    assert_content(place, KEY, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_put_get_delete),
        PLACE_TEST(test_files_are_sharded_and_ours_alone),
        PLACE_TEST(test_ranges),
        PLACE_TEST(test_sizes),
        PLACE_TEST(test_keys),
        cmocka_unit_test(test_urls),
        PLACE_TEST(test_listing_by_pages),
        PLACE_TEST(test_listing_tells_size_and_age),
        PLACE_TEST(test_objects_deleted_between_pages),
        PLACE_TEST(test_foreign_files_are_left_alone),
        PLACE_TEST(test_sweep),
    };
    return cmocka_run_group_tests_name("blob disk", tests, NULL, NULL);
}
