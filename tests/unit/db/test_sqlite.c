/* SQLite alone: who may read its files, how it commits, and what damage, a full disk and a file of
 * somebody else do to it. */
#include "fixture.h"

#include "../database.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_a_new_file_is_private(void **state)
{
    (void)state;
    struct fixture fixture;
    GError *error = NULL;
    struct stat file, folder, wal;
    gint64 version = -1;

    fixture_folder(&fixture);
    g_autofree char *url = g_strconcat("SQLite:", fixture.folder, "/a/b/new.db", NULL);
    g_autofree char *path = g_build_filename(fixture.folder, "a", "b", "new.db", NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    g_autofree char *wal_path = g_strconcat(path, "-wal", NULL);

    struct db_options options = {.must_exist = true};
    assert_null(db_open(url, &options, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_false(g_file_test(parent, G_FILE_TEST_EXISTS));

    mode_t before = umask(0);
    fixture.db = db_open(url, NULL, &error);
    umask(before);
    assert_no_error(error);
    assert_string_equal(db_dialect_name(fixture.db), "sqlite");
    assert_true(db_ping(fixture.db, &error));
    assert_true(db_schema_version(fixture.db, &version, &error));
    assert_int_equal(version, 0);
    assert_true(db_migrate(fixture.db, NULL, &error));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(stat(parent, &folder), 0);
    assert_int_equal(stat(wal_path, &wal), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_equal(wal.st_mode & 0777, 0600);
    assert_int_equal(folder.st_mode & 0777, 0700);
    fixture_remove(&fixture);
}

static void test_settings_of_a_connection(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    g_autoptr(db_rows) mode = db_query(connection, NULL, "PRAGMA journal_mode");

    assert_true(db_rows_next(mode, NULL));
    assert_string_equal(db_rows_text(mode, 0), "wal");
    assert_int_equal(fixture_count(connection, "PRAGMA synchronous"), 2);
    assert_int_equal(fixture_count(connection, "PRAGMA foreign_keys"), 1);
    assert_int_equal(fixture_count(connection, "PRAGMA secure_delete"), 1);
}

static bool fill(struct db_connection *connection, gpointer data, GError **error)
{
    g_autofree char *big = g_strnfill(100000, 'x');

    (void)data;
    return db_setting_set(connection, "small", "lost", NOON, error) &&
           db_setting_set(connection, "big", big, NOON, error);
}

static void test_a_full_database_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autofree char *value = NULL;

    assert_true(db_setting_set(fixture->connection, "small", "kept", NOON, &error));
    gint64 pages = fixture_count(fixture->connection, "PRAGMA page_count");
    g_autofree char *limit =
        g_strdup_printf("PRAGMA max_page_count = %" G_GINT64_FORMAT, pages + 5);
    assert_true(db_execute(fixture->connection, NULL, &error, limit));

    assert_false(db_transaction_on(fixture->connection, fill, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_true(db_setting_get(fixture->connection, "small", &value, &error));
    assert_string_equal(value, "kept");
    /* The connection and the queue of writers go on. */
    assert_true(db_setting_set(fixture->connection, "small", "again", NOON, &error));
    db_release(g_steal_pointer(&fixture->connection)); /* its statement names `limit` */
    db_close(g_steal_pointer(&fixture->db));
}

static int fill_with_little_room(struct fixture *fixture)
{
    const struct rlimit room = {.rlim_cur = 400 * 1024, .rlim_max = 400 * 1024};
    GError *error = NULL;
    g_autofree char *big = g_strnfill(20000, 'x');
    g_autoptr(GString) name = g_string_new(NULL);

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &room);
    struct db *db = db_open(fixture->url, NULL, &error);
    struct db_connection *connection = db ? db_acquire(db, &error) : NULL;
    if (!connection)
        return 2;
    for (int i = 0; i < 1000; i++) {
        g_string_printf(name, "n%04d", i);
        if (db_setting_set(connection, name->str, big, NOON, &error))
            continue;
        if (!g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE))
            return 3;
        /* Everything acknowledged before is still there. */
        return fixture_count(connection, "SELECT COUNT(*) FROM settings") == i && i > 0 ? 0 : 4;
    }
    return 5;
}

static void test_a_file_that_cannot_grow(void **state)
{
    struct fixture *fixture = *state;
    int status = -1;

    db_release(g_steal_pointer(&fixture->connection));
    db_close(g_steal_pointer(&fixture->db));
    pid_t child = fork();
    if (child == 0)
        _exit(fill_with_little_room(fixture));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);

    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    fixture_reopen(fixture, NULL);
    assert_true(db_check(fixture->db, findings, NULL));
    assert_int_equal(findings->len, 0);
}

static void test_a_file_that_is_no_database(void **state)
{
    (void)state;
    struct fixture fixture;
    GError *error = NULL;

    fixture_folder(&fixture);
    g_autofree char *junk = g_strnfill(20000, 'j');
    assert_true(g_file_set_contents(fixture.path, junk, -1, NULL));
    assert_null(db_open(fixture.url, NULL, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    /* It was left as it was. */
    g_autofree char *after = NULL;
    assert_true(g_file_get_contents(fixture.path, &after, NULL, NULL));
    assert_string_equal(after, junk);

    g_unlink(fixture.path);
    g_mkdir(fixture.path, 0700);
    assert_null(db_open(fixture.url, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    fixture_remove(&fixture);
}

static void test_a_damaged_database(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    char *content;
    gsize size;

    for (int i = 0; i < 200; i++) {
        g_autofree char *email = g_strdup_printf("u%d@uni.mx", i);
        fixture_user(fixture, "Ana", email, CORE_ROLE_STUDENT, NULL);
    }
    db_release(g_steal_pointer(&fixture->connection));
    db_close(g_steal_pointer(&fixture->db)); /* brings the log into the file */

    assert_true(g_file_get_contents(fixture->path, &content, &size, NULL));
    for (gsize page = 4096; page + 4096 <= size; page += 4096)
        memset(content + page, 0xa5, 2000); /* all pages but the first, which holds the schema */
    assert_true(g_file_set_contents(fixture->path, content, (gssize)size, NULL));
    g_free(content);

    fixture->db = db_open(fixture->url, NULL, &error);
    if (fixture->db) {
        g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GError) trouble = NULL;
        fixture->connection = db_acquire(fixture->db, &error);
        assert_null(db_user_list(fixture->connection, NULL, NULL, NULL, &error));
        assert_base_error(error, BASE_ERROR_CORRUPT);
        assert_true(!db_check(fixture->db, findings, &trouble) || findings->len > 0);
    } else {
        assert_base_error(error, BASE_ERROR_CORRUPT);
    }
}

static void test_a_truncated_database(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;

    db_release(g_steal_pointer(&fixture->connection));
    db_close(g_steal_pointer(&fixture->db));
    assert_int_equal(truncate(fixture->path, 8192 + 100), 0);
    fixture->db = db_open(fixture->url, NULL, &error);
    if (fixture->db) {
        assert_false(db_migrate(fixture->db, NULL, &error));
        assert_base_error(error, BASE_ERROR_CORRUPT);
    } else {
        assert_base_error(error, BASE_ERROR_CORRUPT);
    }
}

/* Root may write anything: the kernel has to say no to an ordinary user. */
static void test_a_file_of_somebody_else(void **state)
{
    struct fixture *fixture = *state;
    int status = -1;

    if (geteuid() != 0) {
        print_message("skipped: needs root to become somebody else\n");
        skip();
    }
    db_release(g_steal_pointer(&fixture->connection));
    db_close(g_steal_pointer(&fixture->db));
    g_chmod(fixture->folder, 0755);
    pid_t child = fork();
    if (child == 0) {
        GError *error = NULL;
        if (setgid(65534) || setuid(65534))
            _exit(2);
        struct db *db = db_open(fixture->url, NULL, &error);
        _exit(!db && g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_file_is_private),
        TEST(test_settings_of_a_connection),
        TEST(test_a_full_database_loses_nothing),
        TEST(test_a_file_that_cannot_grow),
        cmocka_unit_test(test_a_file_that_is_no_database),
        TEST(test_a_damaged_database),
        TEST(test_a_truncated_database),
        TEST(test_a_file_of_somebody_else),
    };

    if (!unit_database_is_file())
        return unit_database_skip_program("it is about SQLite's files alone");
    return cmocka_run_group_tests_name("db_sqlite", tests, NULL, NULL);
}
