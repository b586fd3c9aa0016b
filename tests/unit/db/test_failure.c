/* What can go wrong beneath the database, whichever it is: no permission to write, another writer,
 * a kill. What happens to SQLite's files is in test_sqlite.c. */
#include "../database.h"
#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_something(struct db_connection *connection, gpointer data, GError **error)
{
    (void)data;
    return db_setting_set(connection, "a", "3", NOON, error);
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
    assert_false(db_transaction_on(fixture->connection, write_something, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);

    fixture_reopen(fixture, NULL);
    fixture_reopen(fixture, &(struct db_options){.read_only = true, .must_exist = true});
    assert_true(db_ping(fixture->db, &error));
}

/* The program is not at fault: whoever asks is to come back later. SQLite's tables stay. */
static void test_a_table_that_was_dropped(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autofree char *value = NULL;

    if (unit_database_is_file()) {
        unit_database_say_skipped("there is no server whose tables others drop");
        skip();
    }
    assert_true(db_execute(fixture->connection, NULL, &error, "DROP TABLE settings"));
    assert_false(db_setting_get(fixture->connection, "a", &value, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
}

static void test_interrupted(void **state)
{
    struct fixture *fixture = *state;
    bool is_server = db_url_is_server(fixture->url);
    GError *error = NULL;
    gint64 one;

    db_interrupt(fixture->db);
    assert_int_equal(db_query_int(fixture->connection, &one, &error, "SELECT 1"), !is_server);
    if (is_server)
        assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(db_ping(fixture->db, &error), !is_server);
    if (is_server)
        assert_base_error(error, BASE_ERROR_UNAVAILABLE);
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
        TEST(test_read_only),
        TEST(test_a_table_that_was_dropped),
        TEST(test_interrupted),
        TEST(test_a_writer_that_takes_too_long),
        TEST(test_a_kill_loses_nothing_acknowledged),
    };
    return cmocka_run_group_tests_name("db_failure", tests, NULL, NULL);
}
