/* MariaDB and MySQL: values, refusals and tables. See test_mariadb_session.c for connections. */
#include "fixture.h"

#include "../database.h"

#include "base/text.h"
#include "db/mariadb.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MIB (1024 * 1024)

/* ---- Values ---- */

static void create_kept(struct fixture *fixture)
{
    GError *error = NULL;

    db_execute(fixture->connection, NULL, &error,
               "CREATE TABLE kept (number INT PRIMARY KEY, b TINYINT(1), i BIGINT, r DOUBLE, "
               "t LONGTEXT, d LONGBLOB, u BINARY(16), w DATETIME(6)) CHARSET = utf8mb4");
    assert_no_error(error);
}

static void keep(struct fixture *fixture, int number, gint64 integer, double real, const char *text,
                 struct db_value blob, base_time time)
{
    GError *error = NULL;
    struct base_uuid uuid = {{(uint8_t)number, 0, 255, 0, [15] = 0}};

    db_execute(fixture->connection, NULL, &error,
               "INSERT INTO kept (number, b, i, r, t, d, u, w) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               db_int(number), db_bool(number % 2), db_int(integer), db_real(real), db_text(text),
               blob, db_uuid(&uuid), db_time(time));
    assert_no_error(error);
}

static void test_values_are_kept(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    gsize size;

    create_kept(fixture);
    keep(fixture, 1, G_MININT64, -DBL_MAX, "", db_blob(NULL, 0), -1);
    keep(fixture, 2, G_MAXINT64, DBL_MIN, "Núñez \xF0\x9F\x99\x82 'x' \\ -- \x7F",
         db_blob("\0\xff\0", 3), 1773324000123456);
    keep(fixture, 3, 0, 0.1, NULL, db_null(), 0);

    g_autoptr(db_rows) rows = db_query(fixture->connection, &error,
                                       "SELECT b, i, r, t, d, u, w FROM kept ORDER BY number");
    assert_true(db_rows_next(rows, &error));
    assert_true(db_rows_bool(rows, 0));
    assert_true(db_rows_int(rows, 1) == G_MININT64);
    assert_true(db_rows_real(rows, 2) == -DBL_MAX);
    assert_string_equal(db_rows_text(rows, 3), "");
    assert_false(db_rows_is_null(rows, 4));
    db_rows_blob(rows, 4, &size);
    assert_int_equal(size, 0);
    struct base_uuid uuid = db_rows_uuid(rows, 5);
    assert_memory_equal(uuid.bytes, ((uint8_t[16]){1, 0, 255}), 16);
    assert_true(db_rows_time(rows, 6) == -1);

    assert_true(db_rows_next(rows, &error));
    assert_false(db_rows_bool(rows, 0));
    assert_true(db_rows_int(rows, 1) == G_MAXINT64);
    assert_true(db_rows_real(rows, 2) == DBL_MIN);
    assert_string_equal(db_rows_text(rows, 3), "Núñez \xF0\x9F\x99\x82 'x' \\ -- \x7F");
    assert_memory_equal(db_rows_blob(rows, 4, &size), "\0\xff\0", 3);
    assert_int_equal(size, 3);
    assert_true(db_rows_time(rows, 6) == 1773324000123456);

    assert_true(db_rows_next(rows, &error));
    assert_true(db_rows_real(rows, 2) == 0.1);
    assert_true(db_rows_is_null(rows, 3));
    assert_null(db_rows_dup_bytes(rows, 4));
    assert_true(db_rows_time(rows, 6) == 0);
    assert_false(db_rows_is_null(rows, 6));
    assert_false(db_rows_next(rows, &error));
    assert_no_error(error);
}

static void test_instants_end_where_the_calendar_does(void **state)
{
    struct fixture *fixture = *state;
    static const base_time YEAR_1 = -62135596800 * BASE_TIME_SECOND;
    static const base_time YEAR_9999 = 253402300800 * BASE_TIME_SECOND - 1;
    static const struct {
        base_time given;
        base_time kept;
    } TIMES[] = {
        {G_MININT64, YEAR_1},
        {YEAR_1 - 1, YEAR_1},
        {YEAR_1, YEAR_1},
        {YEAR_1 + 1, YEAR_1 + 1},
        {-1, -1},
        {-86400 * BASE_TIME_SECOND, -86400 * BASE_TIME_SECOND},
        {951782400 * BASE_TIME_SECOND, 951782400 * BASE_TIME_SECOND}, /* 2000-02-29 */
        {NOON + 999999, NOON + 999999},
        {YEAR_9999, YEAR_9999},
        {YEAR_9999 + 1, YEAR_9999},
        {G_MAXINT64, YEAR_9999},
    };
    GError *error = NULL;

    create_kept(fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(TIMES); i++) {
        keep(fixture, (int)i, 0, 0, "", db_null(), TIMES[i].given);
        g_autoptr(db_rows) rows =
            db_query(fixture->connection, &error, "SELECT w, ? FROM kept WHERE number = ?",
                     db_time(TIMES[i].given), db_int((gint64)i));
        assert_true(db_rows_next(rows, &error));
        assert_true(db_rows_time(rows, 0) == TIMES[i].kept);
        assert_true(db_rows_time(rows, 1) == TIMES[i].kept);
    }
    assert_int_equal(
        fixture_count(fixture->connection,
                      "SELECT COUNT(*) FROM kept WHERE w = '2026-03-12 14:00:00.999999'"),
        1);
}

static void test_large_and_small_rows_mix(void **state)
{
    struct fixture *fixture = *state;
    g_autofree char *large = g_strnfill(MIB, 'x');
    GError *error = NULL;
    gsize size;

    memset(large, 0, 1000);
    large[MIB - 1] = '\1';
    g_autofree char *text = g_strnfill(70000, 't');
    create_kept(fixture);
    keep(fixture, 1, 0, 0, "a", db_blob("s", 1), 0);
    keep(fixture, 2, 0, 0, text, db_blob(large, MIB), 0);
    keep(fixture, 3, 0, 0, "b", db_blob(NULL, 0), 0);
    for (int round = 0; round < 2; round++) {
        g_autoptr(db_rows) rows =
            round == 0
                ? db_query(fixture->connection, &error, "SELECT t, d FROM kept ORDER BY number")
                : db_query_stream(fixture->connection, &error,
                                  "SELECT t, d FROM kept ORDER BY number");
        assert_true(db_rows_next(rows, &error));
        assert_memory_equal(db_rows_blob(rows, 1, &size), "s", 1);
        assert_true(db_rows_next(rows, &error));
        assert_string_equal(db_rows_text(rows, 0), text);
        assert_memory_equal(db_rows_blob(rows, 1, &size), large, MIB);
        assert_int_equal(size, MIB);
        assert_true(db_rows_next(rows, &error));
        assert_string_equal(db_rows_text(rows, 0), "b");
        db_rows_blob(rows, 1, &size);
        assert_int_equal(size, 0);
        assert_false(db_rows_next(rows, &error));
        assert_no_error(error);
    }
}

static void test_numbers_of_every_type(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autoptr(db_rows) rows =
        db_query(fixture->connection, &error,
                 "SELECT SUM(x), AVG(x), COUNT(*), 1.5, 2e0, '12', CAST(9 AS UNSIGNED), NULL "
                 "FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 6) AS numbers");

    assert_true(db_rows_next(rows, &error));
    assert_int_equal(db_rows_int(rows, 0), 9);
    assert_string_equal(db_rows_text(rows, 0), "9");
    assert_true(db_rows_real(rows, 1) == 3);
    assert_int_equal(db_rows_int(rows, 2), 3);
    assert_string_equal(db_rows_text(rows, 2), "3");
    assert_true(db_rows_real(rows, 3) == 1.5);
    assert_int_equal(db_rows_int(rows, 4), 2);
    assert_string_equal(db_rows_text(rows, 4), "2");
    assert_int_equal(db_rows_int(rows, 5), 12);
    assert_int_equal(db_rows_int(rows, 6), 9);
    assert_true(isnan(db_rows_real(rows, 7)));
    assert_null(db_rows_text(rows, 7));
}

static void test_texts_are_compared_by_their_bytes(void **state)
{
    struct fixture *fixture = *state;
    static const char *const NAMES[] = {"A", "Z", "a", "ae", "b", "\xC3\xA1", "\xF0\x9F\x99\x82"};
    GError *error = NULL;
    gsize n = 0;

    for (gsize i = G_N_ELEMENTS(NAMES); i-- > 0;)
        assert_true(db_setting_set(fixture->connection, NAMES[i], "x", NOON, &error));
    g_autoptr(db_rows) rows =
        db_query(fixture->connection, &error, "SELECT name FROM settings ORDER BY name");
    for (; db_rows_next(rows, &error); n++)
        assert_string_equal(db_rows_text(rows, 0), NAMES[n]);
    assert_int_equal(n, G_N_ELEMENTS(NAMES));
    assert_int_equal(
        fixture_count(fixture->connection, "SELECT COUNT(*) FROM settings WHERE name LIKE 'A%'"),
        1);
}

static void test_an_unchanged_row_counts(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    gint64 changed = 0;

    assert_true(db_setting_set(fixture->connection, "a", "x", NOON, &error));
    for (int i = 0; i < 2; i++) {
        assert_true(db_execute(fixture->connection, &changed, &error,
                               "UPDATE settings SET value = 'y' WHERE name = 'a'"));
        assert_int_equal(changed, 1);
    }
    assert_true(db_execute(fixture->connection, &changed, &error,
                           "UPDATE settings SET value = 'y' WHERE name = 'b'"));
    assert_int_equal(changed, 0);
}

/* ---- Refusals ---- */

static void test_conflicts_name_every_column(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    struct base_uuid group = fixture_group(fixture, "It's 1'A");
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_TEACHER, &group);
    static const struct {
        const char *sql; /* stores once more what is there */
        const char *columns;
    } AGAIN[] = {
        {"INSERT INTO users SELECT * FROM users", "(users.id)"},
        {"INSERT INTO class_groups SELECT UNHEX(MD5('x')), institution_id, name, name_key, "
         "created_at, updated_at FROM class_groups",
         "(class_groups.institution_id, class_groups.name_key)"},
        {"INSERT INTO group_teachers (group_id, teacher_id) SELECT group_id, teacher_id "
         "FROM group_teachers",
         "(group_teachers.teacher_id, group_teachers.group_id)"},
        {"INSERT INTO attendance SELECT UNHEX(MD5('x')), user_id, group_id, occasion, local_day, "
         "marked_at, status, method, score, marked_by, note, created_at, updated_at, NULL, NULL, "
         "NULL, NULL, NULL FROM attendance",
         "(attendance.user_id, attendance.occasion)"},
        {"INSERT INTO counters (name, value) SELECT name, value FROM counters", "(counters.name)"},
        {"INSERT INTO revoked_tokens (jti, expires_at) SELECT jti, expires_at FROM revoked_tokens",
         "(revoked_tokens.jti)"},
    };
    GError *error = NULL;

    assert_true(db_group_add_teacher(connection, &group, &user, &error));
    fixture_store_mark(fixture, &user, &group, DAY, NOON, CORE_STATUS_LATE);
    assert_true(db_token_revoke(connection, "t", NOON, &error));
    for (gsize i = 0; i < G_N_ELEMENTS(AGAIN); i++) {
        assert_false(db_execute(connection, NULL, &error, AGAIN[i].sql));
        if (!g_str_has_suffix(error->message, ").") || !strstr(error->message, AGAIN[i].columns))
            fail_msg("%s", error->message);
        assert_base_error(error, BASE_ERROR_CONFLICT);
    }

    fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_STUDENT, NULL);
    assert_false(db_execute(connection, NULL, &error, "UPDATE users SET email = 'a@uni.mx'"));
    assert_true(db_conflict_is(error, "users.email"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(db_execute(connection, NULL, &error, "DELETE FROM users"));
    assert_true(db_conflict_is(error, "foreign key"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_false(db_execute(connection, NULL, &error,
                            "INSERT INTO face_templates (id, user_id, sealed, model, quality, "
                            "source, created_at) VALUES (?, ?, '', 'm', 1, 's', ?)",
                            db_uuid(&group), db_uuid(&group), db_time(NOON)));
    assert_true(db_conflict_is(error, "foreign key"));
    assert_base_error(error, BASE_ERROR_CONFLICT);
}

static void test_what_breaks_a_rule_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    g_autofree char *long_name = g_strnfill(256, 'n');
    static const struct {
        const char *sql;
        const char *column;
    } BAD[] = {
        {"UPDATE users SET name = NULL", "(users.name)"},
        {"UPDATE users SET age = 151", "(users.age)"},
        {"UPDATE users SET age = 99999999999", "(users.age)"},
        {"UPDATE users SET email = 'A@UNI.MX'", "(users.email)"},
        {"UPDATE users SET role = 'boss'", "(users.role)"},
        {"UPDATE users SET role = 'a role that has more letters'", "(users.role)"},
        {"UPDATE users SET active = 2", "(users.active)"},
        {"UPDATE users SET date_of_birth = '2001'", "(users.date_of_birth)"},
        {"UPDATE users SET created_at = 'secret'", "(users)"},
        {"UPDATE users SET name = X'736563726574FF'", "(users)"},
        {"UPDATE institutions SET late_after = 86000", "(institutions."},
        {"INSERT INTO counters (name) VALUES ('x')", "(counters.value)"},
    };
    GError *error = NULL;

    fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_TEACHER, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        assert_false(db_execute(connection, NULL, &error, BAD[i].sql));
        if (!strstr(error->message, BAD[i].column))
            fail_msg("%s: %s", BAD[i].sql, error->message);
        assert_null(strstr(error->message, "secret"));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    /* Neither cut nor replaced, even where the client sends it as a value. */
    assert_false(
        db_execute(connection, NULL, &error, "UPDATE users SET name = ?", db_text(long_name)));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(
        db_execute(connection, NULL, &error, "UPDATE users SET name = ?", db_text("Jos\xE9")));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_int_equal(
        fixture_count(connection, "SELECT COUNT(*) FROM users WHERE name = 'Ana' AND age IS NULL"),
        1);
}

/* What this server cannot be made to say, in the words of those that do: MySQL, clusters, damaged
 * or hurried servers. */
static void test_what_other_servers_say(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        unsigned code;
        const char *detail;
        enum base_error error;
        const char *words;
        bool lost_race;
        bool broken;
    } SAID[] = {
        {1062, "Duplicate entry 'x' for key 'users.users_once'", BASE_ERROR_CONFLICT,
         "(users.email).", false, false},
        {1062, "Duplicate entry 'it''s' for key 'users.PRIMARY'", BASE_ERROR_CONFLICT,
         "(users.id).", false, false},
        {1062, "Duplicate entry", BASE_ERROR_CONFLICT, "(users.).", false, false},
        {3819, "Check constraint 'users_chk_1' is violated.", BASE_ERROR_INVALID,
         "(users.users_chk_1).", false, false},
        {1406, "Data too long", BASE_ERROR_INVALID, "(users).", false, false},
        {1030, "Got error 1877 \"Unknown error 1877\" from storage engine InnoDB",
         BASE_ERROR_CORRUPT, "damaged", false, false},
        {1030, "Got error 28 \"No space left on device\" from storage engine InnoDB",
         BASE_ERROR_UNAVAILABLE, "full", false, false},
        {1030, "Got error 168", BASE_ERROR_INTERNAL, "168", false, false},
        {1020, "Record has changed since last read in table 'users'", BASE_ERROR_UNAVAILABLE,
         "busy", true, false},
        {3024, "maximum statement execution time exceeded", BASE_ERROR_UNAVAILABLE, "too long",
         false, false},
        {4031, "The client was disconnected by the server because of inactivity.",
         BASE_ERROR_UNAVAILABLE, "lost", false, true},
        {2027, "Malformed packet", BASE_ERROR_UNAVAILABLE, "lost", false, true},
        {2014, "Commands out of sync", BASE_ERROR_INTERNAL, "2014", false, true},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(SAID); i++) {
        GError *error = NULL;
        fixture->connection->broken = false;
        assert_false(db_mariadb_fail(fixture->connection, SAID[i].code, SAID[i].detail,
                                     "UPDATE users SET email = ?", &error));
        if (!strstr(error->message, SAID[i].words) ||
            fixture->connection->lost_race != SAID[i].lost_race ||
            fixture->connection->broken != SAID[i].broken)
            fail_msg("%s: %s", SAID[i].detail, error->message);
        assert_base_error(error, SAID[i].error);
    }
    fixture->connection->broken = false;
}

/* Whatever base_text_email() lets through satisfies the rule of the table. */
static void test_every_letter_of_an_email(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    g_autofree char *email =
        base_text_email(" ABCDEFGHIJKLMNOPQRSTUVWXYZ.!#$%&'*+/=?^_`{|}~-09@UNI-1.EXAMPLE ", &error);

    assert_no_error(error);
    struct base_uuid id = fixture_user(fixture, "Ana", email, CORE_ROLE_STUDENT, NULL);
    g_autoptr(core_user) user = db_user_find_email(fixture->connection, email, &error);
    assert_no_error(error);
    assert_true(base_uuid_equal(&user->id, &id));
}

/* ---- Tables ---- */

static void test_tables_say_whose_they_are(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_count(fixture->connection,
                                   "SELECT COUNT(*) FROM information_schema.tables WHERE "
                                   "table_schema = DATABASE() AND table_name <> 'schema_steps' AND "
                                   "(table_comment <> 'Presente' OR engine <> 'InnoDB' OR "
                                   "table_collation <> 'utf8mb4_bin')"),
                     0);
    assert_int_equal(fixture_count(fixture->connection,
                                   "SELECT COUNT(*) FROM information_schema.columns WHERE "
                                   "table_schema = DATABASE() AND table_name <> 'schema_steps' AND "
                                   "collation_name <> 'utf8mb4_bin'"),
                     0);
}

/* A step up to and including its nth statement. */
static char *beginning(const struct db_migration *step, guint n)
{
    const char *end = step->sql;

    for (; n > 0; n--) {
        end = strstr(end, ";\n");
        if (!end)
            return NULL;
        end += 2;
    }
    return g_strndup(step->sql, (gsize)(end - step->sql));
}

/* Whether to stop a step after its nth statement. Among tables that are made one after the other
 * one place stands for all. */
static bool is_worth_stopping(const char *done, const char *rest, guint n)
{
    const char *last = g_strrstr_len(done, (gssize)strlen(done) - 2, ";\n");

    while (*rest == '\n' || g_str_has_prefix(rest, "--")) /* to the next statement */
        rest += strcspn(rest, "\n") + 1;
    return n == 1 || !last || !strstr(last, "CREATE TABLE ") ||
           !g_str_has_prefix(rest, "CREATE TABLE ");
}

static void finish_interrupted(const struct db_migration *step, guint n, const char *sql)
{
    struct fixture fixture;
    GError *error = NULL;
    guint applied = 0;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);

    fixture_folder(&fixture);
    fixture_reopen(&fixture, NULL);
    const struct db_driver *driver = db_driver_of(fixture.db);
    for (gint64 before = 1; before < step->number; before++)
        assert_true(driver->script(fixture.connection, driver->migrations[before - 1].sql, &error));
    assert_true(driver->script(fixture.connection, sql, &error));
    if (!db_migrate(fixture.db, &applied, &error))
        fail_msg("step %s after %u statements: %s", step->name, n, error->message);
    assert_int_equal(applied, db_schema_latest(fixture.db));
    assert_true(db_check(fixture.db, findings, &error));
    assert_int_equal(findings->len, 0);
    assert_int_equal(fixture_count(fixture.connection, "SELECT COUNT(*) FROM counters"), 2);
    fixture_remove(&fixture);
}

static void test_an_interrupted_step_is_finished(void **state)
{
    struct fixture *fixture = *state;
    const struct db_driver *driver = db_driver_of(fixture->db);
    guint tried = 0;

    for (guint i = 0; i < driver->migrations_n; i++) {
        const struct db_migration *step = &driver->migrations[i];
        for (guint n = 1;; n++) {
            g_autofree char *sql = beginning(step, n);
            if (!sql)
                break;
            if (!is_worth_stopping(sql, step->sql + strlen(sql), n))
                continue;
            finish_interrupted(step, n, sql);
            tried++;
        }
    }
    assert_true(tried >= 10);
}

static void test_a_foreign_table_stops_a_step_before_it_begins(void **state)
{
    (void)state;
    struct fixture fixture;
    GError *error = NULL;

    fixture_folder(&fixture);
    fixture_reopen(&fixture, NULL);
    assert_true(db_execute(fixture.connection, NULL, &error, "CREATE TABLE audit_log (x INTEGER)"));
    assert_false(db_migrate(fixture.db, NULL, &error));
    assert_non_null(strstr(error->message, "\"audit_log\" of another program"));
    g_clear_error(&error);
    assert_int_equal(fixture_count(fixture.connection,
                                   "SELECT COUNT(*) FROM information_schema.tables "
                                   "WHERE table_schema = DATABASE() AND table_name NOT IN "
                                   "('audit_log', 'schema_steps')"),
                     0);
    fixture_remove(&fixture);
}

static void test_errors_of_a_step_are_not_passed_over(void **state)
{
    struct fixture *fixture = *state;
    const struct db_driver *driver = db_driver_of(fixture->db);
    GError *error = NULL;

    assert_false(driver->script(fixture->connection,
                                "ALTER TABLE users ADD COLUMN x INT;\nALTER TABLE users ADD "
                                "COLUMN x INT;\nALTER TABLE nobody ADD COLUMN x INT;\n",
                                &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE); /* the table is missing */
    assert_true(driver->script(fixture->connection,
                               "-- twice\nALTER TABLE users DROP COLUMN x;\n\nALTER TABLE users "
                               "DROP COLUMN x;\nDROP TABLE nothing_there;\n",
                               &error));
    assert_no_error(error);
}

/* The columns of a statement may change their types between two uses of it. */
static void test_a_table_changes_under_a_statement(void **state)
{
    struct fixture *fixture = *state;
    static const char READ[] = "SELECT i, t FROM kept WHERE number = 1";
    GError *error = NULL;

    create_kept(fixture);
    keep(fixture, 1, 42, 0, "x", db_null(), 0);
    for (int round = 0; round < 2; round++) {
        g_autoptr(db_rows) rows = db_query(fixture->connection, &error, READ);
        assert_true(db_rows_next(rows, &error));
        assert_int_equal(db_rows_int(rows, 0), 42);
        assert_string_equal(db_rows_text(rows, 0), "42");
        g_clear_pointer(&rows, db_rows_free);
        assert_true(db_execute(fixture->connection, NULL, &error,
                               "ALTER TABLE kept MODIFY i VARCHAR(20), ADD COLUMN IF NOT EXISTS "
                               "more INT FIRST"));
    }
    assert_no_error(error);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_values_are_kept),
        TEST(test_instants_end_where_the_calendar_does),
        TEST(test_large_and_small_rows_mix),
        TEST(test_numbers_of_every_type),
        TEST(test_texts_are_compared_by_their_bytes),
        TEST(test_an_unchanged_row_counts),
        TEST(test_conflicts_name_every_column),
        TEST(test_what_breaks_a_rule_is_refused),
        TEST(test_what_other_servers_say),
        TEST(test_every_letter_of_an_email),
        TEST(test_tables_say_whose_they_are),
        TEST(test_an_interrupted_step_is_finished),
        cmocka_unit_test(test_a_foreign_table_stops_a_step_before_it_begins),
        TEST(test_errors_of_a_step_are_not_passed_over),
        TEST(test_a_table_changes_under_a_statement),
    };

    if (strcmp(unit_database_engine(), "mariadb") != 0)
        return unit_database_skip_program("it is about MariaDB alone");
    return cmocka_run_group_tests_name("db_mariadb", tests, NULL, NULL);
}
