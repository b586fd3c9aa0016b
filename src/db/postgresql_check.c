/* What PostgreSQL itself knows of its health. That every row can be read and leads somewhere is
 * looked for elsewhere, for all databases alike (check.c). */
#include "db/postgresql.h"

#include "base/error.h"

#define OF_THIS_SCHEMA "JOIN pg_namespace n ON n.nspname = current_schema() AND n.oid = "

/* Each row is a sentence. */
static const char SWITCHED_OFF[] =
    "SELECT 'The index ' || c.relname || ' is not complete: have it rebuilt (REINDEX).' "
    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid " OF_THIS_SCHEMA "c.relnamespace "
    "WHERE NOT i.indisvalid "
    "UNION ALL SELECT 'The rule ' || f.conname || ' was never verified for all rows.' "
    "FROM pg_constraint f " OF_THIS_SCHEMA "f.connamespace WHERE NOT f.convalidated "
    "UNION ALL SELECT DISTINCT 'The rule ' || f.conname || ' is switched off.' "
    "FROM pg_trigger t JOIN pg_constraint f ON f.oid = t.tgconstraint " OF_THIS_SCHEMA
    "f.connamespace WHERE t.tgenabled = 'D'";

/* The indexes that can be compared with their tables, where the extension amcheck is installed. */
static const char CHECKABLE[] =
    "SELECT c.oid, c.relname FROM pg_class c " OF_THIS_SCHEMA "c.relnamespace "
    "JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree' "
    "JOIN pg_proc p ON p.proname = 'bt_index_check' AND p.pronargs = 2 "
    "AND pg_function_is_visible(p.oid) AND has_function_privilege(p.oid, 'EXECUTE') "
    "JOIN pg_index i ON i.indexrelid = c.oid AND i.indisvalid "
    "WHERE c.relkind = 'i' ORDER BY c.relname";

static bool find_switched_off(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    g_autoptr(db_rows) rows = db_query(connection, error, SWITCHED_OFF);
    GError *problem = NULL;

    if (!rows)
        return false;
    while (db_rows_next(rows, &problem))
        g_ptr_array_add(findings, db_rows_dup_text(rows, 0));
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

/* False only when the connection was lost: everything else that goes wrong is a finding. */
static bool check_index(struct db_connection *connection, struct db_rows *rows, GPtrArray *findings,
                        GError **error)
{
    g_autoptr(GError) damage = NULL;

    if (db_execute(connection, NULL, &damage,
                   "SELECT bt_index_check(CAST(CAST(? AS bigint) AS oid), TRUE)",
                   db_int(db_rows_int(rows, 0))))
        return true;
    if (connection->broken) {
        g_propagate_error(error, g_steal_pointer(&damage));
        return false;
    }
    g_ptr_array_add(findings, g_strdup_printf("Damage: the index %s: %s", db_rows_text(rows, 1),
                                              damage->message));
    return true;
}

bool postgresql_examine(struct db_connection *connection, GPtrArray *findings, GError **error)
{
    GError *problem = NULL;

    if (!find_switched_off(connection, findings, error))
        return false;
    g_autoptr(db_rows) indexes = db_query(connection, error, CHECKABLE);
    if (!indexes)
        return false;
    while (db_rows_next(indexes, &problem))
        if (!check_index(connection, indexes, findings, error))
            return false;
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}
