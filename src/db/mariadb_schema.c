/*
 * The MariaDB driver: its tables. Every statement that changes them is committed by itself, so a
 * step that was interrupted is run again from its beginning, over what it has done already.
 */
#include "base/error.h"
#include "db/mariadb.h"

#include <string.h>

/* The comment of a table that a migration made. */
#define OURS "Presente"

#define LOCK_POLL_US (50 * G_TIME_SPAN_MILLISECOND)

/* What a statement of a migration fails with when it has been carried out before. */
static const unsigned DONE_BEFORE[] = {
    1050, /* the table exists */
    1051, /* the table is gone */
    1060, /* the column exists */
    1061, /* the index exists */
    1091, /* the column or key is gone */
    1826, /* the constraint exists */
    3822, /* the check exists, MySQL */
    3821, /* the check is gone, MySQL */
};

/* The name of a lock holds 64 characters on MySQL, that of a database as many. */
#define LOCK_NAME "CONCAT('presente.', MD5(DATABASE()))"

bool db_mariadb_lock_schema(struct db_connection *connection, bool lock, GError **error)
{
    gint64 taken = 0;

    if (!lock)
        return db_query_int(connection, &taken, error, "SELECT RELEASE_LOCK(" LOCK_NAME ")");
    /* To ask again and again keeps clear of every time limit on a single statement. */
    while (!taken) {
        if (!db_query_int(connection, &taken, error, "SELECT GET_LOCK(" LOCK_NAME ", 0)"))
            return false;
        if (!taken)
            g_usleep(LOCK_POLL_US);
    }
    return true;
}

bool db_mariadb_table_exists(struct db_connection *connection, const char *name, bool *exists,
                             GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM information_schema.tables "
                      "WHERE table_schema = DATABASE() AND table_name = ?",
                      db_text(name)))
        return false;
    *exists = count > 0;
    return true;
}

/* ---- Steps ---- */

/* The statements of a step; each ends with a semicolon at the end of a line. Comments before one
 * are left out. */
static GPtrArray *split(const char *sql)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    GString *statement = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(sql, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_strchomp(*line);
        if (statement->len == 0 && (!**line || g_str_has_prefix(*line, "--")))
            continue;
        bool last = g_str_has_suffix(*line, ";");
        g_string_append_len(statement, *line, (gssize)strlen(*line) - last);
        g_string_append_c(statement, '\n');
        if (last) {
            g_ptr_array_add(statements, g_string_free(statement, FALSE));
            statement = g_string_new(NULL);
        }
    }
    if (statement->len > 0)
        g_ptr_array_add(statements, g_strdup(statement->str));
    g_string_free(statement, TRUE);
    return statements;
}

/* Without this a table of the same name that another program keeps here would be taken for one
 * that an interrupted run has made. */
static bool refuse_foreign_table(struct db_connection *connection, const char *statement,
                                 GError **error)
{
    static const char CREATE[] = "CREATE TABLE ";
    gint64 foreign;

    if (!g_str_has_prefix(statement, CREATE))
        return true;

    const char *start = statement + strlen(CREATE);
    g_autofree char *name = g_strndup(start, strcspn(start, " (\n"));
    if (!db_query_int(connection, &foreign, error,
                      "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                      "DATABASE() AND table_name = ? AND table_comment <> '" OURS "'",
                      db_text(name)))
        return false;
    if (foreign > 0)
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "The database holds a table \"%s\" of another program.", name);
    return foreign == 0;
}

static bool was_done_before(unsigned code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(DONE_BEFORE); i++)
        if (DONE_BEFORE[i] == code)
            return true;
    return false;
}

static bool run_step(struct db_connection *connection, MYSQL *handle, const GPtrArray *statements,
                     GError **error)
{
    for (guint i = 0; i < statements->len; i++) {
        const char *sql = g_ptr_array_index(statements, i);
        if (mysql_query(handle, sql) == 0)
            continue;
        unsigned code = mysql_errno(handle);
        if (was_done_before(code))
            g_info("Passed over what an earlier run has done: %s", mysql_error(handle));
        else
            return db_mariadb_fail(connection, code, mysql_error(handle), sql, error);
    }
    return true;
}

bool db_mariadb_script(struct db_connection *connection, const char *sql, GError **error)
{
    const struct db_mariadb *native = connection->native;
    g_autoptr(GPtrArray) statements = split(sql);

    for (guint i = 0; i < statements->len; i++)
        if (!refuse_foreign_table(connection, g_ptr_array_index(statements, i), error))
            return false;

    /* Rebuilding a large table takes longer than the limits of an ordinary connection allow. */
    MYSQL *handle = db_mariadb_connect(native->shared, false, error);
    if (!handle)
        return false;
    bool done = run_step(connection, handle, statements, error);
    mysql_close(handle);
    return done;
}

/* ---- Damage ---- */

static void quote(GString *sql, const char *name)
{
    g_string_append_c(sql, '`');
    for (; *name; name++)
        g_string_append(sql, *name == '`' ? "``" : (const char[]){*name, '\0'});
    g_string_append_c(sql, '`');
}

/* "CHECK TABLE a, b, …" over our tables; NULL with an error. */
static GString *check_statement(struct db_connection *connection, guint *tables, GError **error)
{
    GError *problem = NULL;
    GString *sql = g_string_new("CHECK TABLE ");
    g_autoptr(db_rows) rows = db_query(
        connection, error,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND (table_comment = '" OURS "' OR table_name = 'schema_steps') ORDER BY table_name");

    *tables = 0;
    while (rows && db_rows_next(rows, &problem)) {
        if ((*tables)++ > 0)
            g_string_append(sql, ", ");
        quote(sql, db_rows_text(rows, 0));
    }
    if (rows && !problem)
        return sql;
    if (problem)
        g_propagate_error(error, problem);
    g_string_free(sql, TRUE);
    return NULL;
}

/* Rows of (table, "check", kind, text); a sound table has one row "status", "OK". */
static void collect_findings(MYSQL_RES *result, GPtrArray *findings)
{
    MYSQL_ROW row;

    while ((row = mysql_fetch_row(result))) {
        const char *dot = row[0] ? strchr(row[0], '.') : NULL;
        if (!row[2] || !row[3] || g_strcmp0(row[2], "note") == 0 || g_strcmp0(row[3], "OK") == 0)
            continue;
        g_ptr_array_add(findings,
                        g_strdup_printf("Damage: table %s: %s", dot ? dot + 1 : "unknown", row[3]));
    }
}

/* On a connection without limits: a check reads everything. */
bool db_mariadb_check(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    const struct db_mariadb *native = connection->native;
    guint tables;
    GString *sql = check_statement(connection, &tables, error);

    if (!sql)
        return false;

    MYSQL *handle = tables > 0 ? db_mariadb_connect(native->shared, false, error) : NULL;
    MYSQL_RES *result = NULL;
    bool done = tables == 0;
    if (handle) {
        if (mysql_query(handle, sql->str) == 0)
            result = mysql_store_result(handle);
        if (result)
            collect_findings(result, findings);
        else
            db_mariadb_fail(connection, mysql_errno(handle), mysql_error(handle), sql->str, error);
        done = result != NULL;
        mysql_free_result(result);
        mysql_close(handle);
    }
    g_string_free(sql, TRUE);
    return done;
}
