#include "db/query/live.h"

#include "db/query/row.h"

#define NEWS "SELECT sequence, action, subject, details, position FROM audit_log "

static gpointer read_entry(struct db_rows *rows)
{
    struct core_audit *entry = g_new0(struct core_audit, 1);

    entry->sequence = db_rows_int(rows, 0);
    entry->action = db_rows_dup_text(rows, 1);
    entry->subject = db_rows_dup_text(rows, 2);
    entry->details = db_rows_dup_text(rows, 3);
    entry->position = db_rows_int(rows, 4);
    return entry;
}

/* The entries without a place first: one that gets it meanwhile is found again among the others. */
GPtrArray *db_live_news(struct db_connection *connection, gint64 after, gint64 limit,
                        GError **error)
{
    g_autoptr(GPtrArray) fresh = db_rows_collect(
        db_query(connection, error, NEWS "WHERE position IS NULL ORDER BY sequence LIMIT ?",
                 db_int(limit)),
        read_entry, (GDestroyNotify)core_audit_free, error);
    g_autoptr(GPtrArray) placed =
        fresh ? db_rows_collect(db_query(connection, error,
                                         NEWS "WHERE position > ? ORDER BY position LIMIT ?",
                                         db_int(after), db_int(limit)),
                                read_entry, (GDestroyNotify)core_audit_free, error)
              : NULL;

    if (!placed)
        return NULL;
    g_ptr_array_extend_and_steal(fresh, g_steal_pointer(&placed));
    return g_steal_pointer(&fresh);
}

GHashTable *db_live_reviews(struct db_connection *connection, base_time since, GError **error)
{
    g_autoptr(GHashTable) counts =
        g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, g_free);
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT session_id, COUNT(*) FROM reviews WHERE state = 'open' AND taken_at >= ? "
                 "AND session_id IS NOT NULL GROUP BY session_id",
                 db_time(since));
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        const gint64 count = db_rows_int(rows, 1);
        g_hash_table_insert(counts, g_memdup2(&id, sizeof id), g_memdup2(&count, sizeof count));
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&counts);
}

bool db_live_reviews_of(struct db_connection *connection, const struct base_uuid *session_id,
                        gint64 *count, GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM reviews WHERE session_id = ? AND state = 'open'",
                        db_uuid(session_id));
}

static bool count_marks(struct db_connection *connection, const struct base_uuid *session_id,
                        struct db_live_counts *counts, GError **error)
{
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT status, COUNT(*) FROM attendance WHERE session_id = ? GROUP BY status",
                 db_uuid(session_id));
    GError *problem = NULL;

    if (!rows)
        return false;
    while (db_rows_next(rows, &problem))
        counts->marks[db_rows_status(rows, 0)] = db_rows_int(rows, 1);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static bool count_roster(struct db_connection *connection, const struct core_session *session,
                         struct db_live_counts *counts, GError **error)
{
    const struct db_value course = db_uuid(&session->course_id), day = db_text(session->local_day);
    g_autoptr(db_rows) rows = db_query(
        connection, error,
        "SELECT COUNT(*), COUNT(a.id) FROM (SELECT x.user_id FROM enrolments x "
        "WHERE x.course_id = ? AND x.first_day <= ? AND (x.last_day IS NULL OR x.last_day >= ?) "
        "UNION SELECT x.user_id FROM course_groups k JOIN enrolments x ON x.group_id = k.group_id "
        "WHERE k.course_id = ? AND x.first_day <= ? "
        "AND (x.last_day IS NULL OR x.last_day >= ?)) roster "
        "LEFT JOIN attendance a ON a.session_id = ? AND a.user_id = roster.user_id",
        course, day, day, course, day, day, db_uuid(&session->id));
    GError *problem = NULL;

    if (!rows)
        return false;
    if (db_rows_next(rows, &problem)) {
        counts->total = db_rows_int(rows, 0);
        counts->unmarked = counts->total - db_rows_int(rows, 1);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

bool db_live_counts(struct db_connection *connection, const struct core_session *session,
                    struct db_live_counts *counts, GError **error)
{
    *counts = (struct db_live_counts){0};
    return count_marks(connection, &session->id, counts, error) &&
           count_roster(connection, session, counts, error) &&
           db_live_reviews_of(connection, &session->id, &counts->reviews, error);
}
