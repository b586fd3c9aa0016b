/* Sessions of PostgreSQL: races, limits of time, plans, streams, lost connections and health. */
#include "../database.h"
#include "fixture.h"

#include <string.h>

/* ---- Races ---- */

struct skew {
    struct db_connection *other;
    const char *name;
    guint runs;
};

/* Writes how many there are, which is right only if nobody else does so at the same time. */
static bool count_and_write(struct db_connection *connection, gpointer data, GError **error)
{
    struct skew *skew = data;
    struct skew rival = {NULL, "rival", 0};
    g_autofree char *value =
        g_strdup_printf("%d", (int)fixture_count(connection, "SELECT COUNT(*) FROM settings"));

    if (skew->runs++ == 0 && skew->other)
        assert_true(db_transaction_on(skew->other, count_and_write, &rival, error));
    return db_setting_set(connection, skew->name, value, NOON, error);
}

static void test_a_lost_race_is_run_again(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autofree char *mine = NULL, *rivals = NULL;
    g_autoptr(db_connection) other = db_acquire(fixture->db, &error);
    struct skew skew = {other, "mine", 0};

    assert_true(db_transaction_on(fixture->connection, count_and_write, &skew, &error));
    assert_int_equal(skew.runs, 2);
    assert_true(db_setting_get(fixture->connection, "rival", &rivals, &error));
    assert_true(db_setting_get(fixture->connection, "mine", &mine, &error));
    assert_string_equal(rivals, "0");
    assert_string_equal(mine, "1");
}

struct knot {
    struct db *db;
    const char *first, *second;
    gint *met; /* how many hold their first row */
    gint *runs;
};

static bool take_both(struct db_connection *connection, gpointer data, GError **error)
{
    struct knot *knot = data;

    g_atomic_int_inc(knot->runs);
    if (!db_setting_set(connection, knot->first, knot->first, NOON, error))
        return false;
    g_atomic_int_inc(knot->met);
    while (g_atomic_int_get(knot->met) < 2)
        g_usleep(1000);
    return db_setting_set(connection, knot->second, knot->first, NOON, error);
}

static gpointer tie(gpointer data)
{
    struct knot *knot = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_connection) connection = db_acquire(knot->db, &error);
    bool done = connection && db_transaction_keyed_on(connection, take_both, knot, &error);

    return done ? NULL : GINT_TO_POINTER(1);
}

static void test_a_deadlock_is_run_again(void **state)
{
    struct fixture *fixture = *state;
    gint met = 0, runs = 0;
    struct knot knots[2] = {{fixture->db, "a", "b", &met, &runs},
                            {fixture->db, "b", "a", &met, &runs}};
    GError *error = NULL;

    assert_true(db_setting_set(fixture->connection, "a", "", NOON, &error));
    assert_true(db_setting_set(fixture->connection, "b", "", NOON, &error));
    GThread *one = g_thread_new("one", tie, &knots[0]);
    GThread *two = g_thread_new("two", tie, &knots[1]);
    assert_null(g_thread_join(one));
    assert_null(g_thread_join(two));
    assert_true(runs >= 3); /* the one that lost may meet the other once more */
    assert_int_equal(
        fixture_count(fixture->connection, "SELECT COUNT(DISTINCT value) FROM settings"), 1);
}

/* ---- Limits of time ---- */

static void reopen_with(struct fixture *fixture, const char *option)
{
    g_autofree char *url = g_steal_pointer(&fixture->url);

    fixture->url = g_strconcat(url, strchr(url, '?') ? "&" : "?", option, NULL);
    fixture_reopen(fixture, NULL);
}

static void test_a_statement_that_takes_too_long(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;

    reopen_with(fixture, "statement_timeout=1");
    g_autoptr(db_rows) rows = db_query(fixture->connection, &error, "SELECT pg_sleep(60)");
    assert_false(db_rows_next(rows, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(fixture_count(fixture->connection, "SELECT 1"), 1);
}

/* ---- Plans ---- */

static void test_searches_are_planned_for_their_values(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    struct db_attendance_filter filter = DB_ATTENDANCE_FILTER_ALL;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_TEACHER, NULL);
    struct core_statistics statistics;

    filter.teacher_id = ana;
    for (int i = 0; i < 12; i++) {
        assert_true(db_attendance_count(connection, &filter, &statistics, NULL));
        core_user_free(db_user_find(connection, &ana, NULL));
    }
    assert_int_equal(
        fixture_count(connection,
                      "SELECT COUNT(*) FROM pg_prepared_statements "
                      "WHERE generic_plans > 0 AND statement LIKE 'SELECT a.%= 0 OR %'"),
        0);
    assert_int_equal(fixture_count(connection,
                                   "SELECT COUNT(*) FROM pg_prepared_statements "
                                   "WHERE generic_plans > 0 AND statement LIKE '% u.id = $1'"),
                     1);
}

static const char WHOLE[] = "SELECT whole FROM kinds";

static bool read_whole(struct db_connection *connection, gpointer data, GError **error)
{
    gint64 *whole = data;

    return db_query_int(connection, whole, error, WHOLE);
}

static void test_a_changed_table_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    gint64 whole = 0;

    assert_true(db_execute(fixture->connection, NULL, &error,
                           "CREATE TABLE kinds (id INTEGER PRIMARY KEY, whole BIGINT)"));
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "INSERT INTO kinds (id, whole) VALUES (1, 5)"));
    assert_true(db_transaction(fixture->db, read_whole, &whole, &error));
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "ALTER TABLE kinds ALTER COLUMN whole TYPE integer"));
    whole = 0;
    assert_true(db_transaction(fixture->db, read_whole, &whole, &error));
    assert_int_equal(whole, 5);
}

/* ---- Streams ---- */

static gint64 read_stream(struct db_connection *connection, guint limit)
{
    GError *error = NULL;
    gint64 sum = 0;
    g_autoptr(db_rows) rows = db_query_stream(connection, &error,
                                              "SELECT n, repeat('x', 1000) "
                                              "FROM generate_series(1, 20000) n");

    assert_no_error(error);
    for (guint i = 0; i < limit && db_rows_next(rows, &error); i++) {
        sum += db_rows_int(rows, 0);
        assert_int_equal(strlen(db_rows_text(rows, 1)), 1000);
    }
    assert_no_error(error);
    return sum;
}

static bool stream_and_write(struct db_connection *connection, gpointer data, GError **error)
{
    bool *succeed = data;

    assert_int_equal(read_stream(connection, 3), 6);
    if (!*succeed) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_FORBIDDEN, "No.");
        return false;
    }
    assert_true(db_setting_set(connection, "streamed", "x", NOON, error));
    assert_int_equal(read_stream(connection, 2), 3);
    return true;
}

static void test_streams(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    bool succeed = true;

    assert_true(read_stream(connection, G_MAXUINT) == (gint64)20000 * 20001 / 2);
    assert_int_equal(read_stream(connection, 1), 1); /* and the rest is thrown away */
    assert_int_equal(fixture_count(connection, "SELECT 5"), 5);
    g_autoptr(db_rows) limit = db_query(connection, &error, "SHOW statement_timeout");
    assert_true(db_rows_next(limit, &error));
    assert_string_equal(db_rows_text(limit, 0), "15s");

    assert_true(db_transaction_on(connection, stream_and_write, &succeed, &error));
    succeed = false;
    assert_false(db_transaction_on(connection, stream_and_write, &succeed, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_int_equal(fixture_count(connection, "SELECT COUNT(*) FROM settings"), 1);
}

static void test_a_stream_that_breaks_off(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    guint read = 0;
    g_autoptr(db_rows) rows =
        db_query_stream(fixture->connection, &error,
                        "SELECT 1 / (5000 - n), repeat('x', 1000) FROM generate_series(1, 9000) n");

    while (db_rows_next(rows, &error))
        read++;
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_true(read > 0 && read < 5000);
    db_rows_free(g_steal_pointer(&rows));
    assert_int_equal(fixture_count(fixture->connection, "SELECT 1"), 1);
}

/* ---- Lost connections ---- */

static gint64 backend_of(struct db_connection *connection)
{
    return fixture_count(connection, "SELECT pg_backend_pid()");
}

static void end_backend(struct fixture *fixture, gint64 backend)
{
    GError *error = NULL;
    g_autoptr(db_connection) killer = db_acquire(fixture->db, &error);
    gint64 left = 1;

    assert_no_error(error);
    assert_true(
        db_execute(killer, NULL, &error, "SELECT pg_terminate_backend(?)", db_int(backend)));
    for (int i = 0; left > 0 && i < 500; i++) {
        g_usleep(10000);
        assert_true(db_query_int(killer, &left, &error,
                                 "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = ?",
                                 db_int(backend)));
    }
    assert_int_equal(left, 0);
}

struct victim {
    struct fixture *fixture;
    guint runs;
};

static bool write_and_die(struct db_connection *connection, gpointer data, GError **error)
{
    struct victim *victim = data;

    if (!db_setting_set(connection, "n", "1", NOON, error))
        return false;
    if (victim->runs++ == 0)
        end_backend(victim->fixture, backend_of(connection));
    return db_setting_set(connection, "m", "1", NOON, error);
}

static void test_a_transaction_survives_its_connection(void **state)
{
    struct fixture *fixture = *state;
    struct victim victim = {fixture, 0};
    GError *error = NULL;

    assert_true(db_transaction(fixture->db, write_and_die, &victim, &error));
    assert_int_equal(victim.runs, 2);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM settings"), 2);
}

static void test_a_dead_connection_is_not_lent(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;

    for (int i = 0; i < 10; i++) {
        struct db_connection *idle = db_acquire(fixture->db, &error);
        gint64 backend = backend_of(idle);
        struct db_connection *second = db_acquire(fixture->db, &error);
        db_release(idle);
        db_release(second); /* the killer takes the one that came back last */
        end_backend(fixture, backend);
        g_autoptr(db_connection) first = db_acquire(fixture->db, &error);
        g_autoptr(db_connection) other = db_acquire(fixture->db, &error);
        assert_true(backend_of(first) != backend);
        assert_true(backend_of(other) != backend);
    }
}

static void test_a_stream_loses_its_connection(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = db_acquire(fixture->db, NULL);
    GError *error = NULL;
    gint64 backend = backend_of(connection);
    struct db_rows *rows = db_query_stream(connection, &error,
                                           "SELECT n, repeat('x', 10000) "
                                           "FROM generate_series(1, 1000000) n");

    assert_true(db_rows_next(rows, &error));
    assert_true(db_execute(fixture->connection, NULL, &error, "SELECT pg_terminate_backend(?)",
                           db_int(backend)));
    while (db_rows_next(rows, &error))
        ;
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    db_rows_free(rows);
    assert_false(db_setting_set(connection, "a", "b", NOON, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    db_release(connection);
    assert_true(db_ping(fixture->db, &error));
}

/* ---- Health ---- */

static bool is_found(const GPtrArray *findings, const char *part)
{
    for (guint i = 0; i < findings->len; i++)
        if (strstr(g_ptr_array_index(findings, i), part))
            return true;
    return false;
}

static void test_check(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    struct base_uuid group = fixture_group(fixture, "1A");

    fixture_user(fixture, "Ana", "ana@uni.mx", CORE_ROLE_STUDENT, &group);
    db_execute(fixture->connection, NULL, &error, "CREATE EXTENSION IF NOT EXISTS amcheck");
    g_clear_error(&error); /* another package brings it */
    db_check(fixture->db, findings, &error);
    assert_no_error(error);
    assert_int_equal(findings->len, 0);

    db_execute(fixture->connection, NULL, &error, "ALTER TABLE users DISABLE TRIGGER ALL");
    assert_no_error(error);
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "UPDATE pg_index SET indisvalid = FALSE "
                           "WHERE indexrelid = 'users_by_name'::regclass"));
    db_check(fixture->db, findings, &error);
    assert_no_error(error);
    assert_true(is_found(findings, "users_group_id_fkey is switched off"));
    assert_true(is_found(findings, "users_by_name is not complete"));
}

/* Makes an index disagree with its table, as a bad disk may. */
static void test_a_damaged_index_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);

    if (!db_execute(connection, NULL, &error, "CREATE EXTENSION IF NOT EXISTS amcheck")) {
        print_message("skipped: PostgreSQL's extension amcheck is not installed\n");
        g_clear_error(&error);
        skip();
    }
    /* An index over a rule that changes afterwards is in another order than it should be. */
    assert_true(db_execute(connection, NULL, &error,
                           "CREATE FUNCTION rule(text) RETURNS text LANGUAGE sql IMMUTABLE "
                           "AS 'SELECT $1'"));
    assert_true(db_execute(connection, NULL, &error,
                           "INSERT INTO settings (name, value, updated_at) "
                           "SELECT 'n' || n, n, now() FROM generate_series(1, 1000) n"));
    assert_true(
        db_execute(connection, NULL, &error, "CREATE INDEX bent ON settings (rule(value))"));
    assert_true(db_execute(connection, NULL, &error,
                           "CREATE OR REPLACE FUNCTION rule(text) RETURNS text LANGUAGE sql "
                           "IMMUTABLE AS 'SELECT reverse($1)'"));
    assert_true(db_check(fixture->db, findings, &error));
    assert_true(is_found(findings, "bent"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lost_race_is_run_again),
        TEST(test_a_deadlock_is_run_again),
        TEST(test_a_statement_that_takes_too_long),
        TEST(test_searches_are_planned_for_their_values),
        TEST(test_a_changed_table_is_noticed),
        TEST(test_streams),
        TEST(test_a_stream_that_breaks_off),
        TEST(test_a_transaction_survives_its_connection),
        TEST(test_a_dead_connection_is_not_lent),
        TEST(test_a_stream_loses_its_connection),
        TEST(test_check),
        TEST(test_a_damaged_index_is_found),
    };
    if (strcmp(unit_database_engine(), "postgresql") != 0)
        return unit_database_skip_program("it is about PostgreSQL's own ways");
    return cmocka_run_group_tests_name("db_postgresql_session", tests, NULL, NULL);
}
