#include "db/load.h"

bool db_load_begin(struct db_connection *connection, GError **error)
{
    return db_execute(connection, NULL, error, "DELETE FROM counters");
}

bool db_load_end(struct db_connection *connection, GError **error)
{
    static const struct db_sql SET = {
        .common = "SELECT 1",
        .postgresql = "SELECT setval(pg_get_serial_sequence('audit_log', 'sequence'), "
                      "COALESCE(MAX(sequence), 0) + 1, false) FROM audit_log",
    };
    gint64 number;

    return db_query_int(connection, &number, error, db_sql(connection, &SET));
}
