#include "db/query/report.h"

#include "db/query/attendance_filter.h"
#include "db/query/row.h"

#define TAKES_PLACE "AND (a.session_id IS NULL OR x.state = 'planned') "
#define JOINS                                                                                      \
    "LEFT JOIN courses c ON c.id = a.course_id LEFT JOIN sessions x ON x.id = a.session_id "

/* ---- Marks ---- */

#define MARKS                                                                                      \
    "a.id, a.user_id, a.course_id, a.session_id, u.name, u.student_number, g.name, c.name, "       \
    "a.local_day, a.marked_at, x.starts_at, a.status, a.status_code, a.method, a.note "
#define PEOPLE                                                                                     \
    "LEFT JOIN users u ON u.id = a.user_id LEFT JOIN class_groups g ON g.id = a.group_id "

/* The day is in the conditions as well: whoever goes on begins with the index on it. */
#define BEHIND                                                                                     \
    "AND (a.local_day > ? OR a.marked_at > ? OR (a.marked_at = ? AND a.id > ?)) "                  \
    "ORDER BY a.local_day, a.marked_at, a.id LIMIT ?"
#define BEHIND_VALUES 5

static const char *const LISTS[DB_ATTENDANCE_SCOPE_N] =
    DB_ATTENDANCE_TEXTS(MARKS, PEOPLE JOINS, DB_ATTENDANCE_EVERY, TAKES_PLACE BEHIND);

static void mark_free(gpointer data)
{
    struct db_report_mark *mark = data;

    g_free(mark->user_name);
    g_free(mark->student_number);
    g_free(mark->group_name);
    g_free(mark->course_name);
    g_free(mark->local_day);
    g_free(mark->status_code);
    g_free(mark->note);
    g_free(mark);
}

static gpointer mark_read(struct db_rows *rows)
{
    struct db_report_mark *mark = g_new0(struct db_report_mark, 1);

    mark->id = db_rows_uuid(rows, 0);
    mark->user_id = db_rows_uuid(rows, 1);
    mark->course_id = db_rows_uuid(rows, 2);
    mark->session_id = db_rows_uuid(rows, 3);
    mark->user_name = db_rows_dup_text(rows, 4);
    mark->student_number = db_rows_dup_text(rows, 5);
    mark->group_name = db_rows_dup_text(rows, 6);
    mark->course_name = db_rows_dup_text(rows, 7);
    mark->local_day = db_rows_dup_text(rows, 8);
    mark->marked_at = db_rows_time(rows, 9);
    mark->session_start = db_rows_time(rows, 10);
    mark->status = db_rows_status(rows, 11);
    mark->status_code = db_rows_dup_text(rows, 12);
    mark->method = db_rows_method(rows, 13);
    mark->note = db_rows_dup_text(rows, 14);
    return mark;
}

GPtrArray *db_report_marks(struct db_connection *connection,
                           const struct db_attendance_filter *filter,
                           const struct db_report_mark *after, gint64 limit, GError **error)
{
    struct db_value values[DB_ATTENDANCE_VALUES + BEHIND_VALUES];
    struct db_attendance_filter rest = *filter;
    const enum db_attendance_scope scope = db_attendance_scope(filter);

    if (after)
        rest.from_day = after->local_day;
    gsize n = db_attendance_bind(&rest, scope, false, values);
    values[n++] = db_text(after ? after->local_day : "");
    values[n++] = db_time(after ? after->marked_at : 0);
    values[n++] = db_time(after ? after->marked_at : 0);
    values[n++] = db_uuid(after ? &after->id : NULL);
    values[n++] = db_int(limit);
    return db_rows_collect(db_query_values(connection, error, LISTS[scope], values, n), mark_read,
                           mark_free, error);
}

/* ---- Changes ---- */

#define CHANGES                                                                                    \
    "h.id, h.changed_at, w.name, h.from_status, h.from_code, h.from_method, h.to_status, "         \
    "h.to_code, h.reason, a.id, a.user_id, a.course_id, u.name, u.student_number, g.name, "        \
    "c.name, a.local_day "
#define CHANGE_PEOPLE "LEFT JOIN users w ON w.id = h.changed_by " PEOPLE JOINS
#define CHANGE_JOINS "JOIN attendance_changes h ON h.attendance_id = a.id " CHANGE_PEOPLE
/* CROSS JOIN, because SQLite takes it as the order to read in: changes are few beside marks. */
#define ALL_CHANGES                                                                                \
    "SELECT " CHANGES "FROM attendance_changes h CROSS JOIN attendance a " CHANGE_PEOPLE           \
    "WHERE " DB_ATTENDANCE_EVERY "AND a.id = h.attendance_id "
#define CHANGED                                                                                    \
    TAKES_PLACE "AND h.changed_at >= ? AND h.changed_at < ? "                                      \
                "AND (h.changed_at > ? OR ? = 0 OR h.id > ?) "
#define CHANGED_VALUES 6

static const char *const CHANGE_LISTS[2][DB_ATTENDANCE_SCOPE_N] = {
    DB_ATTENDANCE_TEXTS(CHANGES, CHANGE_JOINS, DB_ATTENDANCE_EVERY,
                        CHANGED "ORDER BY h.changed_at, h.id LIMIT ?"),
    DB_ATTENDANCE_TEXTS(CHANGES, CHANGE_JOINS, DB_ATTENDANCE_EVERY,
                        CHANGED "ORDER BY h.changed_at DESC, h.id DESC LIMIT ?"),
};

static const char *const CHANGES_OF_ALL[2] = {
    ALL_CHANGES CHANGED "ORDER BY h.changed_at, h.id LIMIT ?",
    ALL_CHANGES CHANGED "ORDER BY h.changed_at DESC, h.id DESC LIMIT ?",
};

static void change_free(gpointer data)
{
    struct db_report_change *change = data;

    g_free(change->changed_by_name);
    g_free(change->from_code);
    g_free(change->to_code);
    g_free(change->reason);
    g_free(change->user_name);
    g_free(change->student_number);
    g_free(change->group_name);
    g_free(change->course_name);
    g_free(change->local_day);
    g_free(change);
}

static gpointer change_read(struct db_rows *rows)
{
    struct db_report_change *change = g_new0(struct db_report_change, 1);

    change->id = db_rows_uuid(rows, 0);
    change->changed_at = db_rows_time(rows, 1);
    change->changed_by_name = db_rows_dup_text(rows, 2);
    change->from_status = db_rows_status(rows, 3);
    change->from_code = db_rows_dup_text(rows, 4);
    change->from_method = db_rows_method(rows, 5);
    change->to_status = db_rows_status(rows, 6);
    change->to_code = db_rows_dup_text(rows, 7);
    change->reason = db_rows_dup_text(rows, 8);
    change->attendance_id = db_rows_uuid(rows, 9);
    change->user_id = db_rows_uuid(rows, 10);
    change->course_id = db_rows_uuid(rows, 11);
    change->user_name = db_rows_dup_text(rows, 12);
    change->student_number = db_rows_dup_text(rows, 13);
    change->group_name = db_rows_dup_text(rows, 14);
    change->course_name = db_rows_dup_text(rows, 15);
    change->local_day = db_rows_dup_text(rows, 16);
    return change;
}

GPtrArray *db_report_changes(struct db_connection *connection,
                             const struct db_attendance_filter *filter, base_time from,
                             base_time to, bool newest, const struct db_report_change *after,
                             gint64 limit, GError **error)
{
    struct db_value values[DB_ATTENDANCE_VALUES + CHANGED_VALUES];
    const enum db_attendance_scope scope = db_attendance_scope(filter);
    gsize n = db_attendance_bind(filter, scope, false, values);
    const base_time start = after ? MAX(from, after->changed_at) : from;

    values[n++] = db_time(start);
    values[n++] = db_time(to);
    values[n++] = db_time(start);
    values[n++] = db_int(after != NULL);
    values[n++] = db_uuid(after ? &after->id : NULL);
    values[n++] = db_int(limit);
    const char *sql =
        scope == DB_ATTENDANCE_SCOPE_ALL ? CHANGES_OF_ALL[newest] : CHANGE_LISTS[newest][scope];
    return db_rows_collect(db_query_values(connection, error, sql, values, n), change_read,
                           change_free, error);
}

/* ---- Counts ---- */

#define COUNT(what)                                                                                \
    DB_ATTENDANCE_TEXTS(what ", COUNT(*) ", JOINS, DB_ATTENDANCE_EVERY,                            \
                        TAKES_PLACE "GROUP BY " what)
#define COUNT_SESSIONS(what)                                                                       \
    DB_ATTENDANCE_TEXTS(what ", COUNT(*) ", JOINS, DB_ATTENDANCE_EVERY,                            \
                        TAKES_PLACE "AND a.session_id IS NOT NULL GROUP BY " what)

static const char *const COUNTS[DB_REPORT_BY_N][DB_ATTENDANCE_SCOPE_N] = {
    [DB_REPORT_BY_DAY] = COUNT("a.local_day, a.status, a.method"),
    [DB_REPORT_BY_HOUR] = COUNT_SESSIONS("x.start_second, a.status"),
    [DB_REPORT_BY_SESSION] = COUNT_SESSIONS("a.session_id, a.status"),
    [DB_REPORT_BY_ARRIVAL] =
        DB_ATTENDANCE_TEXTS("a.marked_at, a.status ", "LEFT JOIN courses c ON c.id = a.course_id ",
                            DB_ATTENDANCE_EVERY, "AND a.session_id IS NULL"),
};

static void count_read(struct db_rows *rows, enum db_report_by by, struct db_report_count *count)
{
    *count = (struct db_report_count){.status = db_rows_status(rows, 1), .n = 1};
    switch (by) {
    case DB_REPORT_BY_DAY:
        g_strlcpy(count->day, db_rows_text(rows, 0), sizeof count->day);
        count->method = db_rows_method(rows, 2);
        break;
    case DB_REPORT_BY_HOUR:
        count->start_second = (gint32)db_rows_int(rows, 0);
        break;
    case DB_REPORT_BY_SESSION:
        count->session_id = db_rows_uuid(rows, 0);
        break;
    default:
        count->instant = db_rows_time(rows, 0);
        return;
    }
    count->n = db_rows_int(rows, by == DB_REPORT_BY_DAY ? 3 : 2);
}

bool db_report_counts(struct db_connection *connection, const struct db_attendance_filter *filter,
                      enum db_report_by by, db_report_count_visit visit, gpointer data,
                      GError **error)
{
    struct db_value values[DB_ATTENDANCE_VALUES];
    struct db_report_count count;
    const enum db_attendance_scope scope = db_attendance_scope(filter);
    const gsize n = db_attendance_bind(filter, scope, false, values);
    GError *problem = NULL;
    g_autoptr(db_rows) rows =
        db_query_stream_values(connection, error, COUNTS[by][scope], values, n);

    if (!rows)
        return false;
    while (db_rows_next(rows, &problem)) {
        count_read(rows, by, &count);
        if (!visit(&count, data, error))
            return false;
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

/* ---- Cells ---- */

#define CELLS "SELECT a.session_id, a.user_id, a.status, a.status_code FROM attendance a "

GArray *db_report_cells(struct db_connection *connection, const struct base_uuid *course_id,
                        const struct base_uuid *user_id, GError **error)
{
    const bool one = user_id && !base_uuid_is_nil(user_id);
    GError *problem = NULL;
    g_autoptr(db_rows) rows =
        one ? db_query(connection, error, CELLS "WHERE a.user_id = ? AND a.course_id = ?",
                       db_uuid(user_id), db_uuid(course_id))
            : db_query(connection, error, CELLS "WHERE a.course_id = ?", db_uuid(course_id));
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(struct db_report_cell));

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        struct db_report_cell cell = {
            .session_id = db_rows_uuid(rows, 0),
            .user_id = db_rows_uuid(rows, 1),
            .status = db_rows_status(rows, 2),
        };
        if (!db_rows_is_null(rows, 3))
            g_strlcpy(cell.code, db_rows_text(rows, 3), sizeof cell.code);
        g_array_append_val(cells, cell);
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&cells);
}
