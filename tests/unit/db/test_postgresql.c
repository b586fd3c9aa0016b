/* The types of PostgreSQL, the text of its statements, and what its errors become. */
#include "../database.h"
#include "fixture.h"

#include "db/postgresql.h"

#include <math.h>
#include <string.h>

/* ---- Values ---- */

static void make_kinds(struct fixture *fixture)
{
    GError *error = NULL;

    db_execute(fixture->connection, NULL, &error,
               "CREATE TABLE kinds (id INTEGER PRIMARY KEY, flag BOOLEAN, small SMALLINT, "
               "whole BIGINT, rough REAL, number DOUBLE PRECISION, words TEXT COLLATE \"C\", "
               "short VARCHAR(5), bytes BYTEA, key UUID, moment TIMESTAMPTZ)");
    assert_no_error(error);
}

struct kinds {
    bool flag;
    gint64 small, whole;
    double rough, number;
    const char *words;
    gsize size;
    guint8 byte;
    base_time moment;
};

static void store_kinds(struct fixture *fixture, gint64 id, const struct kinds *kinds,
                        const struct base_uuid *key)
{
    GError *error = NULL;
    g_autofree char *bytes = g_strnfill(kinds->size, (char)kinds->byte);
    gint64 changed = 0;

    db_execute(fixture->connection, &changed, &error,
               "INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", db_int(id),
               db_bool(kinds->flag), db_int(kinds->small), db_int(kinds->whole),
               db_real(kinds->rough), db_real(kinds->number), db_text(kinds->words), db_text("ñ"),
               db_blob(bytes, kinds->size), db_uuid(key), db_time(kinds->moment));
    assert_no_error(error);
    assert_int_equal(changed, 1);
}

static void read_kinds(struct fixture *fixture, gint64 id, const struct kinds *kinds,
                       const struct base_uuid *key)
{
    GError *error = NULL;
    gsize size;
    g_autoptr(db_rows) rows =
        db_query(fixture->connection, &error, "SELECT * FROM kinds WHERE id = ?", db_int(id));

    assert_no_error(error);
    if (!db_rows_next(rows, &error))
        fail_msg("no row: %s", error ? error->message : "");
    assert_int_equal(db_rows_bool(rows, 1), kinds->flag);
    assert_true(db_rows_int(rows, 2) == kinds->small);
    assert_true(db_rows_int(rows, 3) == kinds->whole);
    assert_true(db_rows_real(rows, 4) == kinds->rough);
    assert_true(db_rows_real(rows, 5) == kinds->number);
    assert_string_equal(db_rows_text(rows, 6), kinds->words);
    assert_string_equal(db_rows_text(rows, 7), "ñ");
    const guint8 *bytes = db_rows_blob(rows, 8, &size);
    assert_int_equal(size, kinds->size);
    assert_false(db_rows_is_null(rows, 8));
    for (gsize i = 0; i < size; i++)
        assert_int_equal(bytes[i], kinds->byte);
    struct base_uuid read = db_rows_uuid(rows, 9);
    assert_true(base_uuid_equal(&read, key));
    assert_true(db_rows_time(rows, 10) == kinds->moment);
    assert_false(db_rows_next(rows, &error));
    assert_no_error(error);
}

static void test_values_come_back(void **state)
{
    static const struct kinds KINDS[] = {
        {true, G_MAXINT16, G_MAXINT64, 0.5, 0.1, "Núñez 'x' ? $1 \xF0\x9F\x99\x82", 3, 0, NOON},
        {false, G_MININT16, G_MININT64, -INFINITY, -INFINITY, "", 0, 0, G_MAXINT64},
        {true, 0, 0, INFINITY, 4.9e-324, "\n\t\\", 1048576, 0xff, G_MININT64},
        {false, -1, -1, 0, 1.7976931348623157e308, "a", 1, '\\', -1},
        {false, 1, 1, 1, -0.0, "b", 1, '\'', (base_time)253402300799 * BASE_TIME_SECOND},
        {false, 1, 1, 1, 1, "c", 1, 'x', (base_time)-62135596800 * BASE_TIME_SECOND + 1},
    };
    struct fixture *fixture = *state;
    struct base_uuid key;

    base_uuid_new(&key);
    make_kinds(fixture);
    for (guint i = 0; i < G_N_ELEMENTS(KINDS); i++) {
        store_kinds(fixture, i, &KINDS[i], &key);
        read_kinds(fixture, i, &KINDS[i], &key);
    }
    /* The server knows them as what they are. */
    assert_int_equal(fixture_count(fixture->connection,
                                   "SELECT COUNT(*) FROM kinds WHERE moment = 'infinity' OR "
                                   "moment = '-infinity' OR moment = '2026-03-12 14:00:00+00'"),
                     3);
}

static void test_nothing_comes_back_as_nothing(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;

    make_kinds(fixture);
    assert_true(db_execute(fixture->connection, NULL, &error,
                           "INSERT INTO kinds VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", db_null(),
                           db_null(), db_null(), db_real(NAN), db_null(), db_text(NULL), db_null(),
                           db_bytes(NULL), db_uuid(NULL), db_time_or_null(0)));
    g_autoptr(db_rows) rows = db_query(fixture->connection, &error, "SELECT * FROM kinds");
    assert_true(db_rows_next(rows, &error));
    for (guint i = 1; i <= 10; i++)
        assert_true(db_rows_is_null(rows, i));
    assert_false(db_rows_bool(rows, 1));
    assert_true(isnan(db_rows_real(rows, 5)));
    assert_null(db_rows_text(rows, 6));
    assert_null(db_rows_dup_bytes(rows, 8));
    assert_true(db_rows_time(rows, 10) == 0);
    assert_false(db_rows_next(rows, &error));
    assert_no_error(error);
}

static void test_what_does_not_fit_is_refused(void **state)
{
    static const char SMALL[] = "INSERT INTO kinds (id, small) VALUES (1, ?)";
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;

    make_kinds(fixture);
    assert_false(db_execute(connection, NULL, &error, SMALL, db_int(32768)));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(db_execute(connection, NULL, &error, SMALL, db_text("1")));
    assert_base_error(error, BASE_ERROR_INTERNAL);
    assert_false(db_execute(connection, NULL, &error, "INSERT INTO kinds (id, words) VALUES (1, ?)",
                            db_text("\xff")));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(db_execute(connection, NULL, &error, "INSERT INTO kinds (id, short) VALUES (1, ?)",
                            db_text("123456")));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_int_equal(fixture_count(connection, "SELECT COUNT(*) FROM kinds"), 0);
}

static void test_sums_are_exact(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;

    assert_true(
        fixture_count(connection,
                      "SELECT SUM(n) FROM (VALUES (9007199254740993::bigint), (0)) v (n)") ==
        G_GINT64_CONSTANT(9007199254740993));
    assert_int_equal(
        fixture_count(connection, "SELECT SUM(n) FROM (VALUES (-10000::bigint)) v (n)"), -10000);
    assert_int_equal(fixture_count(connection, "SELECT 0::numeric"), 0);
    g_autoptr(db_rows) rows =
        db_query(connection, &error, "SELECT -123456789.25, 0.0001, 99999999999999999999::numeric");
    assert_true(db_rows_next(rows, &error));
    assert_true(db_rows_real(rows, 0) == -123456789.25);
    assert_true(db_rows_real(rows, 1) == 0.0001);
    assert_int_equal(db_rows_int(rows, 2), 0);
    assert_false(db_rows_next(rows, &error));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

static void test_a_value_of_another_type_is_noticed(void **state)
{
    static const char *const TEXTS[] = {"SELECT '\\x0102'::bytea UNION ALL SELECT '\\x0304'",
                                        "SELECT 1", "SELECT '{1}'::int[]"};
    struct fixture *fixture = *state;

    for (gsize i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
        GError *error = NULL;
        g_autoptr(db_rows) rows = db_query(fixture->connection, &error, TEXTS[i]);
        assert_true(db_rows_next(rows, &error));
        struct base_uuid uuid = db_rows_uuid(rows, 0);
        assert_true(base_uuid_is_nil(&uuid));
        assert_false(db_rows_next(rows, &error));
        assert_base_error(error, BASE_ERROR_CORRUPT);
    }
    GError *error = NULL;
    gint64 number;
    assert_false(db_query_int(fixture->connection, &number, &error, "SELECT 'many'"));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

/* ---- The text of a statement ---- */

static void test_values_are_numbered(void **state)
{
    static const struct {
        const char *sql, *numbered;
        guint n;
    } TEXTS[] = {
        {"a = ? AND b = ?", "a = $1 AND b = $2", 2},
        {"'?' || '''?' || ? || \"?\"", "'?' || '''?' || $1 || \"?\"", 1},
        {"? -- ?\n?", "$1 -- ?\n$2", 2},
        {"/* ? /* ? */ ? */ ? /**/ ?", "/* ? /* ? */ ? */ $1 /**/ $2", 2},
        {"'never ended ?", "'never ended ?", 0},
        {"1 /* ?", "1 /* ?", 0},
        {"? - ? / ?", "$1 - $2 / $3", 3},
        {"", NULL, 0},
        {" \n-- ?", NULL, 0},
        {"/* ? */", NULL, 0},
    };
    (void)state;

    for (gsize i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
        guint n;
        g_autofree char *numbered = postgresql_number_values(TEXTS[i].sql, &n);
        if (g_strcmp0(numbered, TEXTS[i].numbered) != 0)
            fail_msg("%s became %s", TEXTS[i].sql, numbered);
        assert_int_equal(n, TEXTS[i].n);
    }
}

/* ---- Errors ---- */

static void test_conflicts_name_the_columns(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);

    fixture_store_mark(fixture, &ana, NULL, DAY, NOON, CORE_STATUS_PRESENT);
    assert_false(db_execute(fixture->connection, NULL, &error,
                            "INSERT INTO attendance (id, user_id, occasion, local_day, marked_at, "
                            "status, method, created_at, updated_at) "
                            "SELECT gen_random_uuid(), user_id, occasion, local_day, marked_at, "
                            "status, method, created_at, updated_at FROM attendance"));
    assert_string_equal(error->message,
                        "This exists already (attendance.user_id, attendance.occasion).");
    assert_true(db_conflict_is(error, "attendance.occasion"));
    assert_base_error(error, BASE_ERROR_CONFLICT);

    assert_false(db_execute(fixture->connection, NULL, &error,
                            "UPDATE users SET group_id = gen_random_uuid()"));
    assert_non_null(strstr(error->message, "(foreign key)"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(db_execute(fixture->connection, NULL, &error, "UPDATE users SET email = 'A@b'"));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(db_execute(fixture->connection, NULL, &error, "UPDATE users SET name = NULL"));
    assert_non_null(strstr(error->message, "users.name"));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static bool go_on_after_a_failure(struct db_connection *connection, gpointer data, GError **error)
{
    GError *ignored = NULL;

    (void)data;
    assert_true(db_setting_set(connection, "a", "1", NOON, error));
    assert_false(db_execute(connection, NULL, &ignored, "UPDATE settings SET value = NULL"));
    g_clear_error(&ignored);
    return true;
}

static void test_a_failed_transaction_is_never_called_done(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;

    assert_false(db_transaction(fixture->db, go_on_after_a_failure, NULL, &error));
    assert_base_error(error, BASE_ERROR_INTERNAL);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM settings"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_values_come_back),
        TEST(test_nothing_comes_back_as_nothing),
        TEST(test_what_does_not_fit_is_refused),
        TEST(test_sums_are_exact),
        TEST(test_a_value_of_another_type_is_noticed),
        cmocka_unit_test(test_values_are_numbered),
        TEST(test_conflicts_name_the_columns),
        TEST(test_a_failed_transaction_is_never_called_done),
    };
    if (strcmp(unit_database_engine(), "postgresql") != 0)
        return unit_database_skip_program("it is about PostgreSQL's own ways");
    return cmocka_run_group_tests_name("db_postgresql", tests, NULL, NULL);
}
