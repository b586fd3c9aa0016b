/* MariaDB and MySQL: connections, time limits, transactions that meet, and TLS. */
#include "fixture.h"

#include "../database.h"

#include "db/driver.h"

#include <string.h>

/* ---- Sessions ---- */

static void assert_text(struct db_connection *connection, const char *sql, const char *expected)
{
    GError *error = NULL;
    g_autoptr(db_rows) rows = db_query(connection, &error, sql);

    assert_no_error(error);
    assert_true(db_rows_next(rows, &error));
    assert_string_equal(db_rows_text(rows, 0), expected);
}

static void test_settings_of_a_session(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.busy_seconds = 7, .statement_seconds = 86400};

    fixture_reopen(fixture, &options);
    struct db_connection *connection = fixture->connection;
    assert_text(connection, "SELECT @@session.time_zone", "+00:00");
    assert_text(connection, "SELECT @@session.character_set_client", "utf8mb4");
    assert_text(connection, "SELECT @@session.collation_connection", "utf8mb4_bin");
    assert_text(connection, "SELECT 'x' || 'y'", "xy");
    assert_int_equal(fixture_count(connection, "SELECT @@session.innodb_lock_wait_timeout"), 7);
    assert_int_equal(fixture_count(connection, "SELECT @@session.max_statement_time"), 86400);
    assert_int_equal(fixture_count(connection, "SELECT @@session.autocommit"), 1);
    assert_int_equal(
        fixture_count(connection, "SELECT @@session.sql_mode LIKE '%STRICT_ALL_TABLES%'"), 1);
}

static char *with_option(const char *url, const char *option)
{
    return g_strconcat(url, strchr(url, '?') ? "&" : "?", option, NULL);
}

static void test_limits_in_the_url(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *url = with_option(fixture->url, "statement_timeout=3");
    GError *error = NULL;
    g_autoptr(db_handle) db = db_open(url, NULL, &error);
    g_autoptr(db_connection) connection = db ? db_acquire(db, &error) : NULL;

    assert_no_error(error);
    assert_int_equal(fixture_count(connection, "SELECT @@session.max_statement_time"), 3);
}

static void test_read_only(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.read_only = true};
    GError *error = NULL;

    fixture_reopen(fixture, &options);
    assert_false(db_setting_set(fixture->connection, "a", "b", NOON, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM settings"), 0);
}

/* The URL with another part between two texts, the first of which is kept. */
static char *replaced(const char *url, const char *after, const char *before, const char *with)
{
    const char *start = strstr(url, after) + strlen(after);
    const char *end = strstr(start, before);

    return g_strdup_printf("%.*s%s%s", (int)(start - url), url, with, end);
}

static void test_who_cannot_connect_is_told_why(void **state)
{
    struct fixture *fixture = *state;
    const char *password = strchr(strstr(fixture->url, "://") + 3, ':') + 1;
    g_autofree char *secret = g_strndup(password, strcspn(password, "@"));
    g_autofree char *user = replaced(fixture->url, "://", ":", "nobody-here");
    g_autofree char *database = replaced(fixture->url, "/presente_", "_", "x");
    g_autofree char *port = replaced(fixture->url, "@", "/", "127.0.0.1:1");
    g_autofree char *host = replaced(fixture->url, "@", "/", "nowhere.invalid");
    const struct {
        const char *url;
        const char *words;
    } BAD[] = {
        {user, "user and password"},
        {database, "no such database"},
        {port, "127.0.0.1:1: The database server cannot be reached"},
        {host, "nowhere.invalid:3306: "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        GError *error = NULL;
        assert_null(db_open(BAD[i].url, NULL, &error));
        if (!strstr(error->message, BAD[i].words) || strstr(error->message, secret))
            fail_msg("%s", error->message);
        assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    }
}

/* By then the error may be shown to strangers. */
static void test_a_server_that_was_reached_is_not_named(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(db_connection) first = db_acquire(fixture->db, &error);

    unit_database_drop(fixture->url);
    assert_null(db_acquire(fixture->db, &error));
    assert_non_null(strstr(error->message, "no such database"));
    assert_null(strstr(error->message, "127.0.0.1"));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
}

/* ---- Time limits and streams ---- */

/* More pairs than any machine counts in a second. */
#define ENDLESS                                                                                    \
    "SELECT COUNT(*) FROM information_schema.collations a, information_schema.collations b, "      \
    "information_schema.collations c, information_schema.collations d "                            \
    "WHERE a.id + b.id + c.id + d.id > 7"

static void test_a_statement_that_takes_too_long(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.statement_seconds = 1};
    GError *error = NULL;
    gint64 count;

    fixture_reopen(fixture, &options);
    assert_false(db_query_int(fixture->connection, &count, &error, ENDLESS));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(fixture->connection->broken);
    assert_int_equal(fixture_count(fixture->connection, "SELECT 5"), 5);
}

#define NUMBERS                                                                                    \
    "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "    \
    "SELECT n, REPEAT('x', n % 500) FROM numbers"

/* More than fits between server and program. */
#define MEGABYTES_MANY 32
#define MEGABYTES                                                                                  \
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ?) "               \
    "SELECT REPEAT('x', 1048576) FROM n"

/* The server counts the time that the reader takes, as long as rows are waiting to be sent. */
static void test_a_slow_reader_of_a_stream(void **state)
{
    const struct db_options hurried = {.statement_seconds = 1};
    struct fixture *fixture = *state;
    GError *error = NULL;
    int n = 0;

    fixture_reopen(fixture, &hurried);
    g_autoptr(db_rows) rows =
        db_query_stream(fixture->connection, &error, MEGABYTES, db_int(MEGABYTES_MANY));
    while (db_rows_next(rows, &error))
        if (++n == 1)
            g_usleep(2 * G_TIME_SPAN_SECOND);
    assert_no_error(error);
    assert_int_equal(n, MEGABYTES_MANY);
    g_clear_pointer(&rows, db_rows_free);
    /* What comes after it is limited again. */
    assert_int_equal(fixture_count(fixture->connection,
                                   fixture_sql(.mariadb = "SELECT @@session.max_statement_time")),
                     1);
}

static void test_rows_are_streamed(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    gint64 sum = 0;

    assert_true(db_execute(fixture->connection, NULL, &error,
                           "SET SESSION max_recursive_iterations = 100000"));
    g_autoptr(db_rows) rows = db_query_stream(fixture->connection, &error, NUMBERS, db_int(50000));
    while (db_rows_next(rows, &error)) {
        assert_int_equal(strlen(db_rows_text(rows, 1)), db_rows_int(rows, 0) % 500);
        sum += db_rows_int(rows, 0);
    }
    assert_no_error(error);
    assert_true(sum == 50000LL * 50001 / 2);
    g_clear_pointer(&rows, db_rows_free);

    /* Left in the middle, the connection can be used on. */
    rows = db_query_stream(fixture->connection, &error, NUMBERS, db_int(50000));
    assert_true(db_rows_next(rows, &error));
    assert_true(db_rows_next(rows, &error));
    g_clear_pointer(&rows, db_rows_free);
    assert_int_equal(fixture_count(fixture->connection, "SELECT 5"), 5);
    rows = db_query(fixture->connection, &error, NUMBERS, db_int(3));
    for (int i = 1; i <= 3; i++) {
        assert_true(db_rows_next(rows, &error));
        assert_int_equal(db_rows_int(rows, 0), i);
    }
    assert_false(db_rows_next(rows, &error));
}

/* ---- Lost connections ---- */

static void kill_session(struct db *db, gint64 session)
{
    GError *error = NULL;
    g_autoptr(db_connection) other = db_acquire(db, &error);

    assert_no_error(error);
    assert_true(db_execute(other, NULL, &error, "KILL ?", db_int(session)));
    while (db_query_int(other, &session, &error,
                        "SELECT id FROM information_schema.processlist WHERE id = ?",
                        db_int(session)))
        g_usleep(1000);
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

struct killed {
    struct fixture *fixture;
    guint runs;
};

static bool write_while_killed(struct db_connection *connection, gpointer data, GError **error)
{
    struct killed *killed = data;

    if (!db_execute(connection, NULL, error, "INSERT INTO counters (name, value) VALUES ('x', 1)"))
        return false;
    if (++killed->runs == 1)
        kill_session(killed->fixture->db, fixture_count(connection, "SELECT CONNECTION_ID()"));
    return db_execute(connection, NULL, error,
                      "UPDATE counters SET value = value + 1 WHERE name = 'x'");
}

static void test_a_stream_loses_its_connection(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    const gint64 session = fixture_count(fixture->connection, "SELECT CONNECTION_ID()");
    g_autoptr(db_rows) rows =
        db_query_stream(fixture->connection, &error, MEGABYTES, db_int(MEGABYTES_MANY));

    assert_true(db_rows_next(rows, &error));
    kill_session(fixture->db, session);
    while (db_rows_next(rows, &error))
        ;
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_true(fixture->connection->broken);
}

static void test_a_transaction_survives_its_connection(void **state)
{
    struct fixture *fixture = *state;
    struct killed killed = {.fixture = fixture};
    GError *error = NULL;

    assert_true(db_transaction_on(fixture->connection, write_while_killed, &killed, &error));
    assert_int_equal(killed.runs, 2);
    assert_int_equal(
        fixture_count(fixture->connection, "SELECT value FROM counters WHERE name = 'x'"), 2);
}

static void test_an_idle_connection_is_known_to_be_dead(void **state)
{
    struct fixture *fixture = *state;
    const struct db_driver *driver = db_driver_of(fixture->db);
    GError *error = NULL;

    g_autoptr(db_connection) idle = db_acquire(fixture->db, &error);
    assert_true(driver->alive(idle->native));
    kill_session(fixture->db, fixture_count(idle, "SELECT CONNECTION_ID()"));
    assert_false(driver->alive(idle->native));

    /* Back in the pool it is replaced without anybody noticing. */
    db_release(g_steal_pointer(&idle));
    g_autoptr(db_connection) next = db_acquire(fixture->db, &error);
    g_autoptr(db_connection) after = db_acquire(fixture->db, &error);
    assert_int_equal(fixture_count(next, "SELECT 5"), 5);
    assert_int_equal(fixture_count(after, "SELECT 5"), 5);
}

static void test_a_lost_connection_says_so(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    gint64 count;
    g_autoptr(db_connection) lost = db_acquire(fixture->db, &error);

    kill_session(fixture->db, fixture_count(lost, "SELECT CONNECTION_ID()"));
    assert_false(db_query_int(lost, &count, &error, "SELECT 7"));
    assert_true(lost->broken);
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
}

/* ---- Transactions that meet ---- */

struct meeting {
    struct db *db;
    const char *first;
    const char *second;
    gint *arrived; /* of both */
    gint *runs;    /* of both */
};

/* Each holds one row when the other asks for it, the first time. */
static bool cross(struct db_connection *connection, gpointer data, GError **error)
{
    struct meeting *meeting = data;
    static const char SQL[] = "UPDATE counters SET value = value + 1 WHERE name = ?";

    g_atomic_int_inc(meeting->runs);
    if (!db_execute(connection, NULL, error, SQL, db_text(meeting->first)))
        return false;
    g_atomic_int_inc(meeting->arrived);
    while (g_atomic_int_get(meeting->arrived) < 2)
        g_usleep(1000);
    return db_execute(connection, NULL, error, SQL, db_text(meeting->second));
}

static gpointer cross_in_thread(gpointer data)
{
    struct meeting *meeting = data;
    GError *error = NULL;
    bool done = db_transaction(meeting->db, cross, meeting, &error);

    if (error)
        print_message("%s\n", error->message);
    g_clear_error(&error);
    return GINT_TO_POINTER(done);
}

static void test_a_deadlock_is_resolved(void **state)
{
    struct fixture *fixture = *state;
    gint arrived = 0, runs = 0;
    struct meeting meetings[] = {
        {fixture->db, "a", "b", &arrived, &runs},
        {fixture->db, "b", "a", &arrived, &runs},
    };
    GError *error = NULL;

    assert_true(db_execute(fixture->connection, NULL, &error,
                           "INSERT INTO counters (name, value) VALUES ('a', 0), ('b', 0)"));
    GThread *thread = g_thread_new("cross", cross_in_thread, &meetings[0]);
    assert_non_null(cross_in_thread(&meetings[1]));
    assert_non_null(g_thread_join(thread));
    assert_true(runs >= 3);
    assert_int_equal(fixture_count(fixture->connection,
                                   "SELECT SUM(value) FROM counters WHERE name IN ('a', 'b')"),
                     4);
}

static bool read_then_write(struct db_connection *connection, gpointer data, GError **error)
{
    gint64 value;

    g_atomic_int_inc((gint *)data);
    return db_query_int(connection, &value, error,
                        "SELECT value FROM counters WHERE name = 'faces_revision'") &&
           db_execute(connection, NULL, error,
                      "UPDATE counters SET value = ? WHERE name = 'faces_revision'",
                      db_int(value + 1));
}

/* ---- An error among the rows ---- */

struct stubborn {
    struct db_connection *holder; /* of a lock */
    gint released_at;             /* the run at which it gives the lock back; 0: never */
    gint runs;
};

static bool read_what_is_locked(struct db_connection *connection, gpointer data, GError **error)
{
    struct stubborn *stubborn = data;
    GError *problem = NULL;

    if (++stubborn->runs == stubborn->released_at)
        assert_true(db_execute(stubborn->holder, NULL, error, "ROLLBACK"));
    /* Several rows, of which the last cannot be had. */
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT name, value FROM counters ORDER BY value DESC");
    while (rows && db_rows_next(rows, &problem))
        ;
    if (problem)
        g_propagate_error(error, problem);
    return rows && !problem;
}

static void lock_a_row(struct fixture *fixture, const struct db_options *options)
{
    GError *error = NULL;

    fixture_reopen(fixture, options);
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "INSERT INTO counters (name, value) VALUES ('a', 1), ('b', 2)"));
    assert_true(db_execute(fixture->connection, NULL, &error, "START TRANSACTION"));
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "UPDATE counters SET value = 3 WHERE name = 'b'"));
}

/* The library once waited, at the next execution, for the rows that the error had kept away. */
static void test_a_statement_runs_again_after_an_error_among_its_rows(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.busy_seconds = 1};
    GError *error = NULL;

    lock_a_row(fixture, &options);
    struct stubborn stubborn = {.holder = fixture->connection, .released_at = 2};
    const gint64 start = g_get_monotonic_time();
    assert_true(db_transaction(fixture->db, read_what_is_locked, &stubborn, &error));
    assert_no_error(error);
    assert_int_equal(stubborn.runs, 2);
    assert_true(g_get_monotonic_time() - start < 10 * G_TIME_SPAN_SECOND);
}

/* Each attempt waits for the lock: as many as against a deadlock would take minutes. */
static void test_a_lock_is_not_waited_for_over_and_over(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.busy_seconds = 1, .statement_seconds = 2};
    GError *error = NULL;

    lock_a_row(fixture, &options);
    struct stubborn stubborn = {.holder = fixture->connection};
    assert_false(db_transaction(fixture->db, read_what_is_locked, &stubborn, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_in_range(stubborn.runs, 2, 4);
}

struct addition {
    struct db *db;
    gint runs;
};

static gpointer add_in_thread(gpointer data)
{
    struct addition *addition = data;
    GError *error = NULL;

    for (int i = 0; i < 10; i++)
        db_transaction(addition->db, read_then_write, &addition->runs, &error);
    if (error)
        print_message("%s\n", error->message);
    bool done = !error;
    g_clear_error(&error);
    return GINT_TO_POINTER(done);
}

/* A read and a write that rests on it lose nothing: transactions are serialisable. */
static void test_no_update_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct addition addition = {.db = fixture->db};
    GThread *threads[4];

    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("add", add_in_thread, &addition);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_non_null(g_thread_join(threads[i]));
    assert_int_equal(fixture_count(fixture->connection,
                                   "SELECT value FROM counters WHERE name = 'faces_revision'"),
                     10 * G_N_ELEMENTS(threads));
}

struct lock {
    struct fixture *fixture;
    gint taken;
};

static gpointer lock_in_thread(gpointer data)
{
    struct lock *lock = data;
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(lock->fixture->db, &error);
    const struct db_driver *driver = db_driver_of(lock->fixture->db);

    bool done = connection && driver->lock_schema(connection, true, &error);
    g_atomic_int_set(&lock->taken, 1);
    done = done && driver->lock_schema(connection, false, &error);
    g_clear_error(&error);
    return GINT_TO_POINTER(done);
}

static void test_the_schema_is_locked_for_as_long_as_it_takes(void **state)
{
    struct fixture *fixture = *state;
    const struct db_options options = {.statement_seconds = 1, .busy_seconds = 1};
    struct lock lock = {.fixture = fixture};
    GError *error = NULL;

    fixture_reopen(fixture, &options);
    const struct db_driver *driver = db_driver_of(fixture->db);
    assert_true(driver->lock_schema(fixture->connection, true, &error));
    GThread *thread = g_thread_new("lock", lock_in_thread, &lock);
    g_usleep(2 * G_USEC_PER_SEC); /* longer than the limits of a statement */
    assert_int_equal(g_atomic_int_get(&lock.taken), 0);
    assert_true(driver->lock_schema(fixture->connection, false, &error));
    assert_non_null(g_thread_join(thread));
    assert_no_error(error);
}

/* ---- TLS ---- */

/* The server's certificate is for localhost and 127.0.0.1; "127.1" is the same machine. */
static void test_tls(void **state)
{
    struct fixture *fixture = *state;
    const char *ca = g_getenv("TEST_TLS_CA");
    const char *other = g_getenv("TEST_TLS_OTHER_CA");
    static const struct {
        const char *host; /* NULL: as in the URL */
        const char *tls;
        bool other;
        bool accepted;
        bool encrypted;
    } CASES[] = {
        {NULL, "off", false, true, false},          {NULL, "prefer", false, true, true},
        {NULL, "require", false, true, true},       {NULL, "require", true, true, true},
        {NULL, "verify", false, true, true},        {NULL, "verify", true, false, false},
        {"127.1", "verify", false, false, false},   {"127.1", "require", false, true, true},
        {"localhost", "verify", false, true, true},
    };

    if (!ca || !other) {
        unit_database_say_skipped("TEST_TLS_CA names no authority");
        skip();
    }
    const char *port = strchr(strchr(fixture->url, '@'), ':');
    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *host = CASES[i].host ? replaced(fixture->url, "@", port, CASES[i].host)
                                              : g_strdup(fixture->url);
        g_autofree char *option =
            g_strdup_printf("tls=%s&ca=%s", CASES[i].tls, CASES[i].other ? other : ca);
        g_autofree char *url = with_option(host, option);
        GError *error = NULL;
        g_autoptr(db_handle) db = db_open(url, NULL, &error);

        if (!db != !CASES[i].accepted)
            fail_msg("%zu tls=%s: %s", i, CASES[i].tls, error ? error->message : "accepted");
        if (!db) {
            assert_base_error(error, BASE_ERROR_UNAVAILABLE);
            continue;
        }
        g_autoptr(db_connection) connection = db_acquire(db, &error);
        g_autoptr(db_rows) rows =
            db_query(connection, &error, "SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        assert_true(db_rows_next(rows, &error));
        if ((*db_rows_text(rows, 1) != '\0') != CASES[i].encrypted)
            fail_msg("%zu tls=%s: cipher %s", i, CASES[i].tls, db_rows_text(rows, 1));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings_of_a_session),
        TEST(test_limits_in_the_url),
        TEST(test_read_only),
        TEST(test_who_cannot_connect_is_told_why),
        TEST(test_a_server_that_was_reached_is_not_named),
        TEST(test_a_statement_that_takes_too_long),
        TEST(test_a_slow_reader_of_a_stream),
        TEST(test_rows_are_streamed),
        TEST(test_a_stream_loses_its_connection),
        TEST(test_a_transaction_survives_its_connection),
        TEST(test_an_idle_connection_is_known_to_be_dead),
        TEST(test_a_lost_connection_says_so),
        TEST(test_a_deadlock_is_resolved),
        TEST(test_a_statement_runs_again_after_an_error_among_its_rows),
        TEST(test_a_lock_is_not_waited_for_over_and_over),
        TEST(test_no_update_is_lost),
        TEST(test_the_schema_is_locked_for_as_long_as_it_takes),
        TEST(test_tls),
    };

    if (strcmp(unit_database_engine(), "mariadb") != 0)
        return unit_database_skip_program("it is about MariaDB alone");
    return cmocka_run_group_tests_name("db_mariadb_session", tests, NULL, NULL);
}
