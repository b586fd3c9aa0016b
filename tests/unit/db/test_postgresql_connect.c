/* The way to a PostgreSQL server: what is asked for, who is believed, and what is said when it
 * fails. Needs the certificates of scripts/databases.sh for TLS. */
#include "../database.h"
#include "fixture.h"

#include <string.h>

/* The URL of the fixture's database with another user part, host or database; NULL: the same. */
static char *url_with(const struct fixture *fixture, const char *user, const char *host,
                      const char *database, const char *options)
{
    const char *rest = strstr(fixture->url, "://") + 3;
    const char *at = strchr(rest, '@');
    const char *slash = strchr(at, '/');
    const char *colon = g_strrstr_len(at, slash - at, ":");
    g_autofree char *own_user = g_strndup(rest, (gsize)(at - rest));
    g_autofree char *own_host = g_strndup(at + 1, (gsize)(colon - at - 1));
    g_autofree char *port = g_strndup(colon, (gsize)(slash - colon));
    g_autofree char *own_database = g_strndup(slash + 1, strcspn(slash + 1, "?"));
    bool has_port = host && strchr(host, ':') && *host != '[';

    return g_strdup_printf("postgresql://%s@%s%s/%s%s", user ? user : own_user,
                           host ? host : own_host, has_port ? "" : port,
                           database ? database : own_database, options ? options : "");
}

/* Fails, as UNAVAILABLE, with words that hold `part` and no password. */
static void assert_refused(const char *url, const char *part)
{
    const struct db_options options = {.connect_seconds = 5};
    GError *error = NULL;

    assert_null(db_open(url, &options, &error));
    assert_non_null(error);
    if (!strstr(error->message, part))
        fail_msg("without \"%s\": %s", part, error->message);
    const char *secret = strchr(strstr(url, "://") + 3, ':');
    g_autofree char *password = g_strndup(secret + 1, strcspn(secret + 1, "@"));
    assert_null(strstr(error->message, password));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
}

static gint64 count_at(const char *url, const char *sql)
{
    GError *error = NULL;
    g_autoptr(db_handle) db = db_open(url, NULL, &error);

    assert_no_error(error);
    g_autoptr(db_connection) connection = db_acquire(db, &error);
    return fixture_count(connection, sql);
}

static void test_refusals_say_why(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *no_database = url_with(fixture, NULL, NULL, "not_there", NULL);
    g_autofree char *no_password = url_with(fixture, "presente:wrong%20one", NULL, NULL, NULL);
    g_autofree char *no_user = url_with(fixture, "nobody_at_all:x1x2x3", NULL, NULL, NULL);
    g_autofree char *no_server = url_with(fixture, NULL, "127.0.0.1:1", NULL, NULL);
    g_autofree char *no_host = url_with(fixture, NULL, "host.invalid", NULL, "?tls=off");
    g_autofree char *no_socket = url_with(fixture, NULL, "", NULL, "?socket=/nowhere");

    assert_refused(no_database, "\"not_there\"");
    assert_refused(no_password, "password");
    assert_refused(no_user, "user name");
    assert_refused(no_server, "refused");
    assert_refused(no_host, "host.invalid");
    assert_refused(no_socket, "/nowhere");
}

static void test_settings_of_a_session(void **state)
{
    static const char *const SETTINGS[][2] = {
        {"SHOW TimeZone", "UTC"},
        {"SHOW statement_timeout", "7s"},
        {"SHOW lock_timeout", "3s"},
        {"SHOW idle_in_transaction_session_timeout", "28s"},
        {"SHOW client_encoding", "UTF8"},
        {"SHOW synchronous_commit", "on"},
        {"SHOW default_transaction_isolation", "read committed"},
        {"SHOW application_name", "presente"},
    };
    const struct db_options options = {.busy_seconds = 3, .statement_seconds = 7};
    struct fixture *fixture = *state;

    fixture_reopen(fixture, &options);
    for (gsize i = 0; i < G_N_ELEMENTS(SETTINGS); i++) {
        g_autoptr(db_rows) rows = db_query(fixture->connection, NULL, SETTINGS[i][0]);
        assert_true(db_rows_next(rows, NULL));
        assert_string_equal(db_rows_text(rows, 0), SETTINGS[i][1]);
    }
}

static bool write_something(struct db_connection *connection, gpointer data, GError **error)
{
    (void)data;
    return db_setting_set(connection, "a", "1", NOON, error);
}

static void test_read_only(void **state)
{
    const struct db_options options = {.read_only = true};
    struct fixture *fixture = *state;
    GError *error = NULL;

    fixture_reopen(fixture, &options);
    assert_false(write_something(fixture->connection, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_false(db_transaction_on(fixture->connection, write_something, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM settings"), 0);
}

/* What a stranger may be told once the program has started: neither host nor reason. */
static void test_a_server_that_has_gone_is_not_described(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autofree char *url = url_with(fixture, NULL, NULL, "postgres", NULL);
    g_autofree char *shut = g_strdup_printf("ALTER DATABASE %s WITH ALLOW_CONNECTIONS false",
                                            strrchr(fixture->url, '/') + 1);
    struct db *elsewhere = db_open(url, NULL, &error);

    assert_no_error(error);
    fixture_reopen(fixture, NULL); /* with no connection but the one that is lent */
    struct db_connection *connection = db_acquire(elsewhere, &error);
    db_execute(connection, NULL, &error, shut);
    assert_no_error(error);
    assert_null(db_acquire(fixture->db, &error));
    assert_null(strstr(error->message, "127.0.0.1"));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    db_release(connection);
    db_close(elsewhere); /* before `shut`, which its statement names */
}

/* ---- TLS ---- */

#define IS_ENCRYPTED "SELECT COUNT(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"

static char *authority(const char *variable)
{
    const char *path = g_getenv(variable);

    if (!path)
        return NULL;
    return g_strconcat("?tls=verify&ca=", path, NULL);
}

static void test_the_server_is_verified(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *right = authority("TEST_TLS_CA");
    g_autofree char *wrong = authority("TEST_TLS_OTHER_CA");

    if (!right || !wrong) {
        print_message("skipped: TEST_TLS_CA and TEST_TLS_OTHER_CA are not set\n");
        skip();
    }
    g_autofree char *believed = url_with(fixture, NULL, NULL, NULL, right);
    g_autofree char *named = url_with(fixture, NULL, "localhost", NULL, right);
    g_autofree char *doubted = url_with(fixture, NULL, NULL, NULL, wrong);
    g_autofree char *unknown = url_with(fixture, NULL, NULL, NULL, "?tls=verify");
    /* The same socket under an address that the certificate does not have. */
    g_autofree char *misnamed = url_with(fixture, NULL, "[::ffff:127.0.0.1]", NULL, right);

    assert_int_equal(count_at(believed, IS_ENCRYPTED), 1);
    assert_int_equal(count_at(named, IS_ENCRYPTED), 1);
    assert_refused(doubted, "certificate");
    assert_refused(unknown, "certificate");
    assert_refused(misnamed, "certificate");
}

static void test_encryption_without_verification(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *off = url_with(fixture, NULL, NULL, NULL, "?tls=off");
    g_autofree char *prefer = url_with(fixture, NULL, NULL, NULL, "?tls=prefer");
    g_autofree char *require = url_with(fixture, NULL, NULL, NULL, "?tls=require");

    if (!g_getenv("TEST_TLS_CA")) {
        print_message("skipped: TEST_TLS_CA is not set\n");
        skip();
    }
    assert_int_equal(count_at(off, IS_ENCRYPTED), 0);
    assert_int_equal(count_at(require, IS_ENCRYPTED), 1);
    assert_int_equal(count_at(prefer, IS_ENCRYPTED), 1);
    assert_int_equal(count_at(fixture->url, IS_ENCRYPTED), 0); /* on this machine */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refusals_say_why),
        TEST(test_settings_of_a_session),
        TEST(test_read_only),
        TEST(test_a_server_that_has_gone_is_not_described),
        TEST(test_the_server_is_verified),
        TEST(test_encryption_without_verification),
    };
    if (strcmp(unit_database_engine(), "postgresql") != 0)
        return unit_database_skip_program("it is about PostgreSQL's own ways");
    return cmocka_run_group_tests_name("db_postgresql_connect", tests, NULL, NULL);
}
