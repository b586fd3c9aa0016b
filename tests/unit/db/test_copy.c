/* The list of tables against the real schema, and moving an installation between engines. */
#include "installation.h"

#include "../database.h"
#include "db/copy.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEOPLE 1700

/* ---- The list of tables ---- */

static const struct db_sql COLUMNS_OF_SCHEMA = {
    .sqlite = "SELECT m.name, p.name, p.type, p.pk FROM sqlite_master m, pragma_table_info(m.name) "
              "p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
    .postgresql =
        "SELECT c.table_name::text, c.column_name::text, c.data_type::text, "
        "COALESCE((SELECT k.ordinal_position FROM information_schema.key_column_usage k "
        "JOIN information_schema.table_constraints t USING (constraint_schema, constraint_name) "
        "WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema AND "
        "k.table_name = c.table_name AND k.column_name = c.column_name), 0)::int "
        "FROM information_schema.columns c WHERE c.table_schema = current_schema()",
    /* Each view names the database itself: MariaDB reads those of all databases otherwise. */
    .mariadb = "SELECT c.table_name, c.column_name, c.column_type, COALESCE(k.ordinal_position, 0) "
               "FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k "
               "ON k.constraint_name = 'PRIMARY' AND k.table_schema = DATABASE() AND "
               "k.table_name = c.table_name AND k.column_name = c.column_name "
               "WHERE c.table_schema = DATABASE()",
};

static const struct db_sql REFERENCES_OF_SCHEMA = {
    .sqlite = "SELECT m.name, f.\"from\", f.\"table\" FROM sqlite_master m, "
              "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    .postgresql =
        "SELECT k.table_name::text, k.column_name::text, u.table_name::text "
        "FROM information_schema.table_constraints t "
        "JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name) "
        "JOIN information_schema.constraint_column_usage u "
        "USING (constraint_schema, constraint_name) "
        "WHERE t.constraint_type = 'FOREIGN KEY' AND k.table_schema = current_schema()",
    .mariadb = "SELECT table_name, column_name, referenced_table_name "
               "FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
               "AND referenced_table_name IS NOT NULL",
};

/* What a column of each kind may be declared as. */
static const struct {
    enum db_kind kind;
    const char *types[8];
} TYPES[] = {
    {DB_KIND_BOOL, {"INTEGER", "boolean", "tinyint(1)"}},
    {DB_KIND_INT, {"INTEGER", "integer", "bigint", "int(11)", "bigint(20)", "int"}},
    {DB_KIND_REAL, {"REAL", "double precision", "double"}},
    {DB_KIND_BLOB, {"BLOB", "bytea", "longblob", "binary(32)", "mediumblob"}},
    {DB_KIND_UUID, {"BLOB", "uuid", "binary(16)"}},
    {DB_KIND_TIME, {"INTEGER", "timestamp with time zone", "datetime(6)"}},
};

static bool type_fits(enum db_kind kind, const char *type)
{
    if (kind == DB_KIND_TEXT)
        return g_ascii_strcasecmp(type, "text") == 0 || g_str_has_suffix(type, "text") ||
               g_str_has_prefix(type, "varchar") || g_str_has_prefix(type, "char");
    for (gsize i = 0; i < G_N_ELEMENTS(TYPES); i++)
        if (TYPES[i].kind == kind)
            return g_strv_contains(TYPES[i].types, type);
    return false;
}

static int table_index(const char *name)
{
    for (guint i = 0; i < db_schema_tables_n; i++)
        if (strcmp(db_schema_tables[i].name, name) == 0)
            return (int)i;
    fail_msg("The table %s is not in db/schema.c", name);
    return -1;
}

static void test_the_list_is_the_schema(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    guint columns = 0;
    guint listed = 0;
    g_autoptr(db_rows) rows =
        db_query(fixture->connection, &error, fixture_sql_pick(&COLUMNS_OF_SCHEMA));

    assert_no_error(error);
    while (db_rows_next(rows, &error)) {
        const char *table_name = db_rows_text(rows, 0);
        const char *name = db_rows_text(rows, 1);
        gint64 key = db_rows_int(rows, 3);
        guint at = 0;

        if (strcmp(table_name, "schema_steps") == 0)
            continue;
        columns++;
        const struct db_schema_table *table = &db_schema_tables[table_index(table_name)];
        while (at < table->columns_n && strcmp(table->columns[at].name, name) != 0)
            at++;
        if (at == table->columns_n)
            fail_msg("The column %s.%s is not in db/schema.c", table_name, name);
        if (!type_fits(table->columns[at].kind, db_rows_text(rows, 2)))
            fail_msg("%s.%s is of another type: %s", table_name, name, db_rows_text(rows, 2));
        assert_int_equal(key, at < table->key_n ? at + 1 : 0);
    }
    assert_no_error(error);
    for (guint i = 0; i < db_schema_tables_n; i++) {
        listed += db_schema_tables[i].columns_n;
        assert_true(db_schema_tables[i].columns_n <= DB_SCHEMA_COLUMNS_MAX);
        assert_true(db_schema_tables[i].key_n <= DB_SCHEMA_KEY_MAX);
    }
    assert_int_equal(columns, listed);
}

static void test_references_point_backwards(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    guint found = 0;
    g_autoptr(db_rows) rows =
        db_query(fixture->connection, &error, fixture_sql_pick(&REFERENCES_OF_SCHEMA));

    assert_no_error(error);
    while (db_rows_next(rows, &error)) {
        const char *from = db_rows_text(rows, 0);
        const char *to = db_rows_text(rows, 2);
        guint at = 0;

        while (at < db_schema_references_n &&
               (strcmp(db_schema_references[at].table, from) != 0 ||
                strcmp(db_schema_references[at].column, db_rows_text(rows, 1)) != 0 ||
                strcmp(db_schema_references[at].target, to) != 0))
            at++;
        if (at == db_schema_references_n)
            fail_msg("The reference %s.%s is not in db/schema.c", from, db_rows_text(rows, 1));
        assert_true(table_index(to) < table_index(from));
        found++;
    }
    assert_no_error(error);
    assert_int_equal(found, db_schema_references_n);
}

/* ---- Copying ---- */

struct place {
    char *folder;
    char *source;
    char *destination; /* of the engine under test */
    char *digest;      /* of the source */
};

static struct db *open_database(const char *url)
{
    GError *error = NULL;
    struct db *db = db_open(url, NULL, &error);

    assert_no_error(error);
    return db;
}

static int set_up(void **state)
{
    struct place *place = g_new0(struct place, 1);

    place->folder = installation_folder();
    place->source = installation_database("sqlite", place->folder, "source");
    place->destination = installation_database(unit_database_engine(), place->folder, "new");
    struct db *db = open_database(place->source);
    installation_fill(db, PEOPLE);
    place->digest = installation_digest(db);
    db_close(db);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    installation_drop(place->source);
    installation_drop(place->destination);
    installation_remove_folder(place->folder);
    g_free(place->digest);
    g_free(place);
    return 0;
}

static bool copy(const char *from, const char *to, const struct db_copy_options *options,
                 struct db_copy_result *result, GError **error)
{
    g_autoptr(db_handle) source = db_copy_open_source(from, error);
    g_autoptr(db_handle) destination = source ? db_copy_open_destination(to, error) : NULL;

    return destination && db_copy(source, destination, options, result, error);
}

static void assert_holds(const char *url, const char *digest)
{
    g_autoptr(db_handle) db = open_database(url);
    g_autofree char *found = installation_digest(db);
    bool unfinished = true;

    assert_string_equal(found, digest);
    assert_true(db_copy_is_unfinished(db, &unfinished, NULL));
    assert_false(unfinished);
}

static void assert_unfinished(const char *url)
{
    g_autoptr(db_handle) db = open_database(url);
    g_autofree char *findings = installation_check(db);
    bool unfinished = false;

    assert_true(db_copy_is_unfinished(db, &unfinished, NULL));
    assert_true(unfinished);
    assert_non_null(strstr(findings, "never finished"));
}

/* Every ordered pair of engines once, one after the other. */
static void test_round_all_engines(void **state)
{
    static const char *const ROUTE[] = {"postgresql", "mariadb",    "sqlite",
                                        "mariadb",    "postgresql", "sqlite"};
    struct place *place = *state;
    GError *error = NULL;
    char *urls[G_N_ELEMENTS(ROUTE) + 1] = {place->source};

    if (!unit_database_is_file()) {
        unit_database_say_skipped("the round is made once, in the run for SQLite");
        skip();
    }
    if (!installation_engine_is_there("postgresql") || !installation_engine_is_there("mariadb")) {
        print_message("# skipped: TEST_POSTGRESQL_URL and TEST_MARIADB_URL name no servers\n");
        skip();
    }
    g_autoptr(db_handle) first = open_database(place->source);
    g_autofree char *order = installation_order_of_names(first);
    for (gsize i = 0; i < G_N_ELEMENTS(ROUTE); i++) {
        g_autofree char *name = g_strdup_printf("round%zu", i);

        urls[i + 1] = installation_database(ROUTE[i], place->folder, name);
        if (!copy(urls[i], urls[i + 1], NULL, NULL, &error))
            fail_msg("to %s: %s", ROUTE[i], error->message);
        assert_holds(urls[i + 1], place->digest);

        g_autoptr(db_handle) db = open_database(urls[i + 1]);
        g_autofree char *found = installation_order_of_names(db);
        g_autofree char *findings = installation_check(db);
        assert_string_equal(found, order);
        assert_string_equal(findings, "");
    }
    for (gsize i = 0; i < G_N_ELEMENTS(ROUTE); i++)
        installation_drop(urls[i + 1]);
}

static void test_a_copy_tells_what_it_did(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct db_copy_result result = {0};
    gint64 rows = 0;

    assert_true(copy(place->source, place->destination, NULL, &result, &error));
    assert_int_equal(result.tables->len, db_schema_tables_n);
    assert_int_equal(result.rows_found, 0);
    for (guint i = 0; i < result.tables->len; i++) {
        const struct db_copy_table *table = &g_array_index(result.tables, struct db_copy_table, i);
        assert_string_equal(table->name, db_schema_tables[i].name);
        assert_non_null(strstr(place->digest, table->digest));
        rows += table->rows;
    }
    assert_int_equal(result.rows, rows);
    db_copy_result_clear(&result);
}

static void test_new_entries_follow_the_copied(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    struct core_audit entry = {.happened_at = NOON, .action = (char *)"test"};

    assert_true(copy(place->source, place->destination, NULL, NULL, &error));
    g_autoptr(db_handle) db = open_database(place->destination);
    g_autoptr(db_connection) connection = db_acquire(db, &error);
    gint64 before = fixture_count(connection, "SELECT MAX(sequence) FROM audit_log");
    db_audit_append(connection, &entry, &error);
    assert_no_error(error);
    assert_int_equal(fixture_count(connection, "SELECT MAX(sequence) FROM audit_log"), before + 1);
}

static void test_a_used_destination_is_refused(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    assert_true(copy(place->source, place->destination, NULL, NULL, &error));
    assert_false(copy(place->source, place->destination, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    const struct db_copy_options again = {.again = true};
    assert_false(copy(place->source, place->destination, &again, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_holds(place->destination, place->digest);

    const struct db_copy_options replace = {.replace = true};
    assert_true(copy(place->source, place->destination, &replace, NULL, &error));
    assert_holds(place->destination, place->digest);
}

static void test_bad_sources(void **state)
{
    struct place *place = *state;
    GError *error = NULL;
    g_autofree char *empty = g_strconcat("sqlite:", place->folder, "/empty.db", NULL);

    assert_false(copy("sqlite:/nowhere/at.all", place->destination, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    g_autoptr(db_handle) db = open_database(empty);
    assert_false(copy(empty, place->destination, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_true(db_migrate(db, NULL, &error));
    assert_false(copy(empty, place->destination, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_true(copy(place->source, place->destination, NULL, NULL, &error));
}

/* ---- Interrupted ---- */

struct stop {
    gint64 after; /* rows */
    bool kill;
    gint64 seen;
};

static bool stop_after(const struct db_copy_progress *progress, gpointer data)
{
    struct stop *stop = data;

    if (progress->phase == DB_COPY_ROWS)
        stop->seen = progress->done;
    if (progress->done < stop->after)
        return true;
    if (stop->kill)
        raise(SIGKILL);
    return false;
}

static void copy_until(const struct place *place, gint64 rows)
{
    struct stop stop = {.after = rows};
    const struct db_copy_options options = {.batch_rows = 1, .progress = stop_after, .data = &stop};
    GError *error = NULL;

    assert_false(copy(place->source, place->destination, &options, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_true(stop.seen >= rows);
    assert_unfinished(place->destination);
}

static void test_a_killed_copy_goes_on(void **state)
{
    struct place *place = *state;
    struct stop stop = {.after = PEOPLE * 3, .kill = true};
    const struct db_copy_options options = {.batch_rows = 1, .progress = stop_after, .data = &stop};
    struct db_copy_result result;
    GError *error = NULL;
    int status = 0;

    pid_t child = fork();
    if (child == 0) {
        copy(place->source, place->destination, &options, NULL, NULL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_unfinished(place->destination);

    assert_true(copy(place->source, place->destination, NULL, &result, &error));
    assert_true(result.rows_found >= PEOPLE * 3);
    assert_true(result.rows_found < result.rows);
    db_copy_result_clear(&result);
    assert_holds(place->destination, place->digest);
}

static void test_a_copy_stopped_again_and_again(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    for (gint64 rows = 1; rows < 5; rows++)
        copy_until(place, rows * PEOPLE);
    assert_true(copy(place->source, place->destination, NULL, NULL, &error));
    assert_holds(place->destination, place->digest);
}

static void change_source(const struct place *place, const char *sql)
{
    g_autoptr(db_handle) db = open_database(place->source);
    g_autoptr(db_connection) connection = db_acquire(db, NULL);
    gint64 changed = 0;

    assert_true(db_execute(connection, &changed, NULL, sql));
    assert_true(changed > 0);
}

static void test_a_source_that_changed_meanwhile(void **state)
{
    struct place *place = *state;
    const struct db_copy_options again = {.again = true};
    GError *error = NULL;

    copy_until(place, PEOPLE * 3);
    change_source(place, "UPDATE users SET age = 33 WHERE email = 'p5@uni.mx'");
    assert_false(copy(place->source, place->destination, NULL, NULL, &error));
    assert_non_null(strstr(error->message, "users"));
    assert_base_error(error, BASE_ERROR_CORRUPT);
    assert_unfinished(place->destination);

    assert_true(copy(place->source, place->destination, &again, NULL, &error));
    g_autoptr(db_handle) db = open_database(place->source);
    g_autofree char *digest = installation_digest(db);
    assert_string_not_equal(digest, place->digest);
    assert_holds(place->destination, digest);
}

static void test_a_destination_that_was_touched(void **state)
{
    struct place *place = *state;
    GError *error = NULL;

    copy_until(place, PEOPLE * 3);
    struct db *db = open_database(place->destination);
    struct db_connection *connection = db_acquire(db, &error);
    assert_true(
        db_execute(connection, NULL, &error, "UPDATE users SET age = 1 WHERE email = 'p5@uni.mx'"));
    db_release(connection);
    db_close(db);
    assert_false(copy(place->source, place->destination, NULL, NULL, &error));
    assert_non_null(strstr(error->message, "users"));
    assert_base_error(error, BASE_ERROR_CORRUPT);
}

static void test_another_source_does_not_go_on(void **state)
{
    struct place *place = *state;
    const struct db_copy_options again = {.again = true};
    GError *error = NULL;
    g_autofree char *other = installation_database("sqlite", place->folder, "other");
    struct db *db = open_database(other);

    installation_fill(db, 10);
    g_autofree char *digest = installation_digest(db);
    db_close(db);
    copy_until(place, PEOPLE * 3);
    assert_false(copy(other, place->destination, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    /* Neither may it be a source. */
    assert_false(copy(place->destination, other, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_unfinished(place->destination);
    assert_true(copy(other, place->destination, &again, NULL, &error));
    assert_holds(place->destination, digest);
}

/* What a server does while its database is being copied. */
static bool write_meanwhile(const struct db_copy_progress *progress, gpointer data)
{
    const struct place *place = data;

    if (progress->phase == DB_COPY_ROWS && progress->done > PEOPLE && progress->done < PEOPLE * 3)
        change_source(place, "UPDATE revoked_tokens SET expires_at = expires_at + 1");
    return true;
}

static void test_the_source_may_be_in_use(void **state)
{
    struct place *place = *state;
    const struct db_copy_options options = {
        .batch_rows = 1, .progress = write_meanwhile, .data = place};
    GError *error = NULL;

    copy(place->source, place->destination, &options, NULL, &error);
    assert_no_error(error);
    assert_holds(place->destination, place->digest);
    g_autoptr(db_handle) db = open_database(place->source);
    g_autofree char *digest = installation_digest(db);
    assert_string_not_equal(digest, place->digest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SCHEMA_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCHEMA_TEST(test_the_list_is_the_schema),
        SCHEMA_TEST(test_references_point_backwards),
        TEST(test_round_all_engines),
        TEST(test_a_copy_tells_what_it_did),
        TEST(test_new_entries_follow_the_copied),
        TEST(test_a_used_destination_is_refused),
        TEST(test_bad_sources),
        TEST(test_a_killed_copy_goes_on),
        TEST(test_a_copy_stopped_again_and_again),
        TEST(test_a_source_that_changed_meanwhile),
        TEST(test_a_destination_that_was_touched),
        TEST(test_another_source_does_not_go_on),
        TEST(test_the_source_may_be_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
