#include "db/query/status.h"

#include "db/driver.h"

#include <stddef.h>

static const struct {
    gsize offset;
    const char *sql;
} COUNTS[] = {
#define COUNT_(member, sql)                                                                        \
    {                                                                                              \
        offsetof(struct db_status, member), sql                                                    \
    }
    COUNT_(people, "SELECT COUNT(*) FROM users WHERE deleted_at IS NULL"),
    COUNT_(active, "SELECT COUNT(*) FROM users WHERE deleted_at IS NULL AND active = TRUE"),
    COUNT_(groups, "SELECT COUNT(*) FROM class_groups"),
    COUNT_(courses, "SELECT COUNT(*) FROM courses"),
    COUNT_(marks, "SELECT COUNT(*) FROM attendance"),
    COUNT_(reviews_open, "SELECT COUNT(*) FROM reviews WHERE state = 'open'"),
    COUNT_(duplicates_open, "SELECT COUNT(*) FROM duplicates WHERE state = 'open'"),
    COUNT_(disputes_open, "SELECT COUNT(*) FROM disputes WHERE state = 'open'"),
    COUNT_(photos, "SELECT COUNT(*) FROM face_templates"),
    COUNT_(held, "SELECT COUNT(*) FROM face_templates WHERE held = TRUE"),
    COUNT_(enrolled, "SELECT COUNT(DISTINCT user_id) FROM face_templates"),
    COUNT_(images, "SELECT COUNT(*) FROM images"),
    COUNT_(mail_waiting, "SELECT COUNT(*) FROM outbox WHERE state = 'waiting'"),
    COUNT_(mail_failed, "SELECT COUNT(*) FROM outbox WHERE state = 'dead'"),
    COUNT_(audit_entries, "SELECT COUNT(*) FROM audit_log"),
    COUNT_(audit_pending, "SELECT COUNT(*) FROM audit_log WHERE position IS NULL"),
#undef COUNT_
};

/* What is more than a count: a sum, which is a decimal on some engines, and a time. */
static bool read_rest(struct db_connection *connection, struct db_status *status, GError **error)
{
    static const struct db_sql BYTES = {
        .common = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM images",
        .mariadb = "SELECT CAST(COALESCE(SUM(size), 0) AS SIGNED) FROM images",
    };
    GError *problem = NULL;

    if (!db_query_int(connection, &status->image_bytes, error, db_sql(connection, &BYTES)))
        return false;
    g_autoptr(db_rows) rows =
        db_query(connection, error, "SELECT MIN(created_at) FROM outbox WHERE state = 'waiting'");
    if (!rows)
        return false;
    if (db_rows_next(rows, &problem))
        status->mail_oldest = db_rows_time(rows, 0);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

bool db_status_read(struct db_connection *connection, struct db_status *status, GError **error)
{
    *status = (struct db_status){0};
    for (gsize i = 0; i < G_N_ELEMENTS(COUNTS); i++) {
        gint64 *count = G_STRUCT_MEMBER_P(status, (glong)COUNTS[i].offset);
        if (!db_query_int(connection, count, error, COUNTS[i].sql))
            return false;
    }
    return read_rest(connection, status, error);
}

bool db_status_file(struct db_connection *connection, char **path, GError **error)
{
    static const struct db_sql FILE_OF = {
        .common = "SELECT NULL",
        .sqlite = "SELECT file FROM pragma_database_list WHERE name = 'main'",
    };
    GError *problem = NULL;
    g_autoptr(db_rows) rows = db_query(connection, error, db_sql(connection, &FILE_OF));

    *path = NULL;
    if (!rows)
        return false;
    if (db_rows_next(rows, &problem))
        *path = db_rows_dup_text(rows, 0);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}
