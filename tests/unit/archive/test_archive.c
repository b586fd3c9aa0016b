/* ZIP files: what is written comes back, what others send is taken only within limits. */
#include "../unit.h"

#include "archive/archive.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char *folder;
    char *path;
};

static int set_up(void **state)
{
    struct place *place = g_new0(struct place, 1);

    place->folder = g_dir_make_tmp("presente-zip-XXXXXX", NULL);
    place->path = g_build_filename(place->folder, "a.zip", NULL);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    g_unlink(place->path);
    assert_int_equal(g_rmdir(place->folder), 0); /* nothing else was left */
    g_free(place->path);
    g_free(place->folder);
    g_free(place);
    return 0;
}

static void write_zip(struct archive_writer *writer)
{
    GError *error = NULL;

    assert_no_error(error);
    assert_true(archive_writer_begin(writer, "a/long.txt", ARCHIVE_DEFLATED, &error));
    for (int i = 0; i < 20000; i++)
        assert_true(archive_writer_put(writer, "0123456789\n", 11, &error));
    assert_true(archive_writer_add(writer, "b.jpg", ARCHIVE_STORED, "\xff\xd8\x00x", 4, &error));
    assert_true(archive_writer_add(writer, "empty", ARCHIVE_DEFLATED, "", 0, &error));
    if (!archive_writer_finish(writer, &error))
        fail_msg("%s", error->message);
}

static GBytes *zip_of(struct place *place)
{
    GError *error = NULL;
    char *data;
    gsize size;
    g_autoptr(archive_writer) writer = archive_writer_create(place->path, true, &error);

    write_zip(writer);
    assert_true(g_file_get_contents(place->path, &data, &size, NULL));
    return g_bytes_new_take(data, size);
}

static void test_what_is_written_comes_back(void **state)
{
    struct place *place = *state;
    struct archive_item item;
    GError *error = NULL;
    struct stat about;
    g_autoptr(GBytes) first = zip_of(place);
    g_autoptr(GBytes) second = zip_of(place);
    g_autoptr(archive_reader) reader = archive_reader_open(place->path, NULL, &error);

    assert_true(g_bytes_equal(first, second));
    assert_int_equal(g_stat(place->path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_true(archive_reader_next(reader, &item, &error));
    assert_string_equal(item.name, "a/long.txt");
    g_autoptr(GBytes) text = archive_reader_read_all(reader, 1 << 20, &error);
    assert_int_equal(g_bytes_get_size(text), 220000);
    assert_memory_equal(g_bytes_get_data(text, NULL), "0123456789\n0", 12);
    assert_true(archive_reader_next(reader, &item, &error));
    assert_string_equal(item.name, "b.jpg");
    g_autoptr(GBytes) picture = archive_reader_read_all(reader, 4, &error);
    assert_int_equal(g_bytes_get_size(picture), 4);
    assert_true(archive_reader_next(reader, &item, &error));
    assert_string_equal(item.name, "empty");
    g_autoptr(GBytes) nothing = archive_reader_read_all(reader, 0, &error);
    assert_int_equal(g_bytes_get_size(nothing), 0);
    assert_false(archive_reader_next(reader, &item, &error));
    assert_no_error(error);
}

static void test_whole_or_not_at_all(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    archive_writer *writer = archive_writer_create(place->path, false, &error);
    assert_true(archive_writer_add(writer, "x", ARCHIVE_DEFLATED, "x", 1, &error));
    assert_null(archive_writer_create(place->path, false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    archive_writer_destroy(writer);
    assert_false(g_file_test(place->path, G_FILE_TEST_EXISTS));

    assert_true(g_file_set_contents(place->path, "mine", -1, NULL));
    assert_null(archive_writer_create(place->path, false, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    writer = archive_writer_create(place->path, true, &error);
    archive_writer_destroy(writer);
    g_autofree char *still = NULL;
    assert_true(g_file_get_contents(place->path, &still, NULL, NULL));
    assert_string_equal(still, "mine");
    assert_null(archive_writer_create(place->folder, true, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_null(archive_writer_create("/dev/full/x", true, &error));
    assert_base_error(error, BASE_ERROR_IO);
}

static void test_into_an_open_file(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autoptr(GBytes) whole = zip_of(place);
    int fd = g_open(place->path, O_RDWR | O_TRUNC, 0);

    archive_writer *writer = archive_writer_create_fd(fd, &error);
    write_zip(writer);
    archive_writer_destroy(writer);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), g_bytes_get_size(whole)); /* it is still open */
    assert_int_equal(close(fd), 0);

    fd = g_open("/dev/full", O_WRONLY, 0);
    writer = archive_writer_create_fd(fd, &error);
    bool ok = archive_writer_add(writer, "x", ARCHIVE_STORED, "x", 1, &error) &&
              archive_writer_finish(writer, &error);
    assert_false(ok);
    assert_base_error(error, BASE_ERROR_IO);
    archive_writer_destroy(writer);
    close(fd);
}

/* Reads everything; the first error's code, -1 when there is none. */
static int read_through(const void *data, gsize size, const struct archive_limits *limits,
                        guint *files)
{
    g_autoptr(GError) error = NULL;
    struct archive_item item;
    char block[777];
    gssize got = 0;
    g_autoptr(archive_reader) reader = archive_reader_open_bytes(data, size, limits, &error);

    *files = 0;
    while (reader && got >= 0 && archive_reader_next(reader, &item, &error)) {
        (*files)++;
        while ((got = archive_reader_read(reader, block, sizeof block, &error)) > 0)
            continue;
    }
    return error ? error->code : -1;
}

static void test_limits(void **state)
{
    g_autoptr(GBytes) zip = zip_of(*state);
    static const struct {
        struct archive_limits limits;
        int error;
    } CASES[] = {
        {{0}, -1},
        {{.entries = 3, .entry_size = 220000, .total_size = 220004}, -1},
        {{.entries = 2}, BASE_ERROR_TOO_LARGE},
        {{.entry_size = 219999}, BASE_ERROR_TOO_LARGE},
        {{.total_size = 220003}, BASE_ERROR_TOO_LARGE},
    };
    gsize size;
    const void *data = g_bytes_get_data(zip, &size);
    guint files;

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
        assert_int_equal(read_through(data, size, &CASES[i].limits, &files), CASES[i].error);

    GError *error = NULL;
    struct archive_item item;
    g_autoptr(archive_reader) reader = archive_reader_open_bytes(data, size, NULL, &error);
    assert_true(archive_reader_next(reader, &item, &error));
    assert_null(archive_reader_read_all(reader, 219999, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);
}

/* Puts another name of the same length into both places where a ZIP file has it. */
static int read_renamed(GBytes *zip, const char *from, const char *to)
{
    gsize size;
    const char *data = g_bytes_get_data(zip, &size);
    g_autofree char *changed = g_memdup2(data, size);
    guint found = 0;
    guint files;

    for (gsize i = 0; i + strlen(from) <= size; i++)
        if (memcmp(changed + i, from, strlen(from)) == 0) {
            memcpy(changed + i, to, strlen(to));
            found++;
        }
    assert_int_equal(found, 2);
    return read_through(changed, size, NULL, &files);
}

static void test_names_that_lead_elsewhere(void **state)
{
    g_autoptr(GBytes) zip = zip_of(*state);
    static const struct {
        const char *from;
        const char *to;
    } BAD[] = {
        {"b.jpg", "/.jpg"},           {"b.jpg", "../xy"},  {"b.jpg", "./xyz"},
        {"b.jpg", "C:.jp"},           {"b.jpg", "b\n.jp"}, {"a/long.txt", "a/../x.txt"},
        {"a/long.txt", "a//ong.txt"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++)
        if (read_renamed(zip, BAD[i].from, BAD[i].to) != BASE_ERROR_INVALID)
            fail_msg("%s was taken", BAD[i].to);
    assert_int_equal(read_renamed(zip, "b.jpg", "c.jpg"), -1);
    assert_int_equal(read_renamed(zip, "b.jpg", "empty"), BASE_ERROR_INVALID); /* twice */
    assert_int_equal(read_renamed(zip, "b.jpg", "\x82.jpg"), -1); /* é of code page 437 */
    assert_int_equal(read_renamed(zip, "b.jpg", "\xc3\xb1.jp"), -1);
}

static void test_what_is_no_zip_file(void **state)
{
    struct place *place = *state;
    static const char TAR[512] = "a.txt";
    GError *error = NULL;
    guint files;
    g_autoptr(GBytes) zip = zip_of(place);
    gsize size;
    const char *data = g_bytes_get_data(zip, &size);

    assert_int_equal(read_through("", 0, NULL, &files), BASE_ERROR_UNSUPPORTED);
    assert_int_equal(read_through("PK\3\4", 4, NULL, &files), BASE_ERROR_UNSUPPORTED);
    assert_int_equal(read_through(TAR, sizeof TAR, NULL, &files), BASE_ERROR_UNSUPPORTED);
    assert_int_equal(read_through(data, size / 2, NULL, &files), BASE_ERROR_UNSUPPORTED);
    assert_null(archive_reader_open("/nowhere/at/all.zip", NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);

    /* One bit of what lies in an entry, and its checksum no longer fits. */
    g_autofree char *changed = g_memdup2(data, size);
    char *picture = memmem(changed, size, "\xff\xd8\x00x", 4);
    assert_non_null(picture);
    picture[3] ^= 1;
    assert_int_equal(read_through(changed, size, NULL, &files), BASE_ERROR_CORRUPT);

    /* The flag of an encrypted entry. */
    g_autofree char *encrypted = g_memdup2(data, size);
    for (gsize i = 0; i + 10 < size; i++) {
        if (memcmp(encrypted + i, "PK\3\4", 4) == 0)
            encrypted[i + 6] |= 1;
        if (memcmp(encrypted + i, "PK\1\2", 4) == 0)
            encrypted[i + 8] |= 1;
    }
    assert_int_equal(read_through(encrypted, size, NULL, &files), BASE_ERROR_UNSUPPORTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_written_comes_back), TEST(test_whole_or_not_at_all),
        TEST(test_into_an_open_file),          TEST(test_limits),
        TEST(test_names_that_lead_elsewhere),  TEST(test_what_is_no_zip_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
