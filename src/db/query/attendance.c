#include "db/query/attendance.h"

#include "base/error.h"
#include "db/query/row.h"

#define INSERT                                                                                     \
    "INSERT INTO attendance (id, user_id, group_id, session_id, course_id, occasion, local_day, "  \
    "marked_at, captured_at, last_seen_at, status, status_code, method, score, marked_by, note, "  \
    "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "

static const struct db_sql INSERT_IF_ABSENT = {
    .common = INSERT "ON CONFLICT (user_id, occasion) DO NOTHING",
    .mariadb = INSERT "ON DUPLICATE KEY UPDATE id = id",
};

gpointer db_attendance_read(struct db_rows *rows)
{
    struct core_attendance *mark = g_new0(struct core_attendance, 1);

    mark->id = db_rows_uuid(rows, 0);
    mark->user_id = db_rows_uuid(rows, 1);
    mark->user_name = db_rows_dup_text(rows, 2);
    mark->group_id = db_rows_uuid(rows, 3);
    mark->group_name = db_rows_dup_text(rows, 4);
    mark->occasion = db_rows_dup_text(rows, 5);
    mark->local_day = db_rows_dup_text(rows, 6);
    mark->marked_at = db_rows_time(rows, 7);
    mark->status = db_rows_status(rows, 8);
    mark->method = db_rows_method(rows, 9);
    mark->score = db_rows_real(rows, 10);
    mark->marked_by = db_rows_uuid(rows, 11);
    mark->note = db_rows_dup_text(rows, 12);
    mark->created_at = db_rows_time(rows, 13);
    mark->updated_at = db_rows_time(rows, 14);
    mark->session_id = db_rows_uuid(rows, 15);
    mark->course_id = db_rows_uuid(rows, 16);
    mark->course_name = db_rows_dup_text(rows, 17);
    mark->captured_at = db_rows_time(rows, 18);
    mark->last_seen_at = db_rows_time(rows, 19);
    mark->status_code = db_rows_dup_text(rows, 20);
    return mark;
}

static struct core_attendance *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, db_attendance_read, (GDestroyNotify)core_attendance_free, "mark",
                          error);
}

struct core_attendance *db_attendance_find(struct db_connection *connection,
                                           const struct base_uuid *id, GError **error)
{
    return single(db_query(connection, error, DB_ATTENDANCE_SELECT "WHERE a.id = ?", db_uuid(id)),
                  error);
}

struct core_attendance *db_attendance_find_occasion(struct db_connection *connection,
                                                    const struct base_uuid *user_id,
                                                    const char *occasion, GError **error)
{
    return single(db_query(connection, error,
                           DB_ATTENDANCE_SELECT "WHERE a.user_id = ? AND a.occasion = ?",
                           db_uuid(user_id), db_text(occasion)),
                  error);
}

GPtrArray *db_attendance_list_session(struct db_connection *connection,
                                      const struct base_uuid *session_id, GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_ATTENDANCE_SELECT
                                    "WHERE a.session_id = ? ORDER BY a.user_id",
                                    db_uuid(session_id)),
                           db_attendance_read, (GDestroyNotify)core_attendance_free, error);
}

bool db_attendance_insert(struct db_connection *connection, const struct core_attendance *mark,
                          GError **error)
{
    return db_execute(connection, NULL, error, db_sql(connection, &INSERT_IF_ABSENT),
                      db_uuid(&mark->id), db_uuid(&mark->user_id), db_uuid(&mark->group_id),
                      db_uuid(&mark->session_id), db_uuid(&mark->course_id),
                      db_text(mark->occasion), db_text(mark->local_day), db_time(mark->marked_at),
                      db_time_or_null(mark->captured_at), db_time_or_null(mark->last_seen_at),
                      db_text(core_status_name(mark->status)), db_text(mark->status_code),
                      db_text(core_method_name(mark->method)), db_real(mark->score),
                      db_uuid(&mark->marked_by), db_text(mark->note), db_time(mark->created_at),
                      db_time(mark->updated_at));
}

struct core_attendance *db_attendance_mark(struct db_connection *connection,
                                           const struct core_attendance *mark, bool *is_new,
                                           GError **error)
{
    /* Written before it is read: each is a round trip to a server, and the row is rarely there,
     * because whoever marks faces has looked before the transaction. */
    if (!db_attendance_insert(connection, mark, error))
        return NULL;

    struct core_attendance *standing =
        db_attendance_find_occasion(connection, &mark->user_id, mark->occasion, error);
    if (standing && is_new)
        *is_new = base_uuid_equal(&standing->id, &mark->id);
    return standing;
}

bool db_attendance_correct(struct db_connection *connection, const struct base_uuid *id,
                           enum core_status status, const char *status_code, const char *note,
                           const struct base_uuid *marked_by, base_time now, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE attendance SET status = ?, status_code = ?, note = ?, "
                      "marked_by = ?, method = 'manual', updated_at = ? WHERE id = ?",
                      db_text(core_status_name(status)), db_text(status_code), db_text(note),
                      db_uuid(marked_by), db_time(now), db_uuid(id)) &&
           db_changed_some(changed, "mark", error);
}

bool db_attendance_settle(struct db_connection *connection, const struct base_uuid *id,
                          enum core_status status, const char *status_code, base_time now,
                          GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE attendance SET status = ?, status_code = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(core_status_name(status)), db_text(status_code), db_time(now),
                      db_uuid(id)) &&
           db_changed_some(changed, "mark", error);
}

bool db_attendance_replace_automatic(struct db_connection *connection,
                                     const struct core_attendance *mark, bool *changed,
                                     GError **error)
{
    gint64 rows = 0;

    if (!db_execute(connection, &rows, error,
                    "UPDATE attendance SET marked_at = ?, captured_at = ?, status = ?, "
                    "status_code = ?, method = ?, score = ?, marked_by = ?, note = ?, "
                    "updated_at = ? WHERE id = ? AND method = 'automatic'",
                    db_time(mark->marked_at), db_time_or_null(mark->captured_at),
                    db_text(core_status_name(mark->status)), db_text(mark->status_code),
                    db_text(core_method_name(mark->method)), db_real(mark->score),
                    db_uuid(&mark->marked_by), db_text(mark->note), db_time(mark->updated_at),
                    db_uuid(&mark->id)))
        return false;
    *changed = rows > 0;
    return true;
}

bool db_attendance_see(struct db_connection *connection, const struct base_uuid *id, base_time at,
                       base_time apart, base_time now, bool *changed, GError **error)
{
    gint64 rows = 0;

    if (!db_execute(connection, &rows, error,
                    "UPDATE attendance SET last_seen_at = ?, updated_at = ? WHERE id = ? "
                    "AND marked_at <= ? AND (last_seen_at IS NULL OR last_seen_at <= ?)",
                    db_time(at), db_time(now), db_uuid(id), db_time(at - apart),
                    db_time(at - apart)))
        return false;
    *changed = rows > 0;
    return true;
}

bool db_attendance_move(struct db_connection *connection, const struct base_uuid *session_id,
                        const char *local_day, base_time now, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE attendance SET local_day = ?, updated_at = ? WHERE session_id = ?",
                      db_text(local_day), db_time(now), db_uuid(session_id));
}

bool db_attendance_delete(struct db_connection *connection, const struct base_uuid *id,
                          GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM attendance WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "mark", error);
}
