/* What can go wrong beneath the database: full disk, damage, no permission, another writer, a kill.
 */
#include "fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void test_read_only(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.read_only = true};
    GError *error = NULL;
    g_autofree char *value = NULL;

    assert_true(db_setting_set(fixture->connection, "a", "1", NOON, &error));
    fixture_reopen(fixture, &options);
    assert_true(db_setting_get(fixture->connection, "a", &value, &error));
    assert_string_equal(value, "1");
    assert_false(db_setting_set(fixture->connection, "a", "2", NOON, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(db_transaction_on(fixture->connection, fill, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);

    fixture_reopen(fixture, NULL);
    fixture_reopen(fixture, &(struct db_options){.read_only = true, .must_exist = true});
    assert_true(db_ping(fixture->db, &error));
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

static bool write_from_outside(struct db_connection *connection, gpointer data, GError **error)
{
    struct db_connection *other = data;
    GError *problem = NULL;
    g_autofree char *value = NULL;

    assert_true(db_setting_set(connection, "a", "mine", NOON, error));
    assert_false(db_setting_set(other, "a", "theirs", NOON, &problem));
    assert_base_error(problem, BASE_ERROR_UNAVAILABLE);
    /* Readers are not held up. */
    assert_true(db_setting_get(other, "a", &value, &problem));
    assert_null(value);
    return true;
}

static void test_a_writer_that_takes_too_long(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options impatient = {.busy_seconds = 1};
    GError *error = NULL;

    /* Once in another process, once in this one. */
    struct db *elsewhere = db_open(fixture->url, &impatient, &error);
    struct db_connection *other = db_acquire(elsewhere, &error);
    assert_true(db_transaction_on(fixture->connection, write_from_outside, other, &error));
    db_release(other);
    db_close(elsewhere);

    assert_true(db_setting_set(fixture->connection, "a", NULL, NOON, &error));
    fixture_reopen(fixture, &impatient);
    other = db_acquire(fixture->db, &error);
    assert_true(db_transaction_on(fixture->connection, write_from_outside, other, &error));
    assert_true(db_setting_set(other, "a", "free again", NOON, &error));
    db_release(other);
}

/* The child tells through the pipe how many writes were acknowledged, and is killed at work. */
static void write_until_killed(const char *url, int pipe_end)
{
    GError *error = NULL;
    struct db *db = db_open(url, NULL, &error);
    struct db_connection *connection = db_acquire(db, &error);
    g_autoptr(GString) name = g_string_new(NULL);

    for (guint32 i = 1;; i++) {
        g_string_printf(name, "n%u", i);
        if (!db_setting_set(connection, name->str, "x", NOON, &error) ||
            write(pipe_end, &i, sizeof i) != sizeof i)
            _exit(1);
    }
}

static void test_a_kill_loses_nothing_acknowledged(void **state)
{
    struct fixture *fixture = *state;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    guint32 acknowledged = 0, more;
    int ends[2];

    db_release(g_steal_pointer(&fixture->connection));
    db_close(g_steal_pointer(&fixture->db));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(fixture->url, ends[1]);
    }
    close(ends[1]);
    while (acknowledged < 200 && read(ends[0], &more, sizeof more) == sizeof more)
        acknowledged = more;
    kill(child, SIGKILL);
    while (read(ends[0], &more, sizeof more) == sizeof more)
        acknowledged = more;
    close(ends[0]);
    waitpid(child, NULL, 0);
    assert_true(acknowledged >= 200);

    fixture_reopen(fixture, NULL);
    gint64 stored = fixture_count(fixture->connection, "SELECT COUNT(*) FROM settings");
    assert_true(stored >= acknowledged && stored <= acknowledged + 1);
    assert_true(db_check(fixture->db, findings, NULL));
    assert_int_equal(findings->len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_database_loses_nothing),
        TEST(test_a_file_that_cannot_grow),
        cmocka_unit_test(test_a_file_that_is_no_database),
        TEST(test_a_damaged_database),
        TEST(test_a_truncated_database),
        TEST(test_read_only),
        TEST(test_a_file_of_somebody_else),
        TEST(test_a_writer_that_takes_too_long),
        TEST(test_a_kill_loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests_name("db_failure", tests, NULL, NULL);
}
