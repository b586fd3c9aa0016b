#include "db/query/term_export.h"

#include "db/query/row.h"

#include <string.h>

void db_term_mark_free(struct db_term_mark *mark)
{
    if (!mark)
        return;
    g_free(mark->student_number);
    g_free(mark->user_name);
    g_free(mark->user_email);
    g_free(mark->group_name);
    g_free(mark->course_name);
    g_free(mark->subject_code);
    g_free(mark->occasion);
    g_free(mark->local_day);
    g_free(mark->status_code);
    g_free(mark->note);
    g_free(mark);
}

static gpointer read_mark(struct db_rows *rows)
{
    struct db_term_mark *mark = g_new0(struct db_term_mark, 1);

    mark->id = db_rows_uuid(rows, 0);
    mark->user_id = db_rows_uuid(rows, 1);
    mark->student_number = db_rows_dup_text(rows, 2);
    mark->user_name = db_rows_dup_text(rows, 3);
    mark->user_email = db_rows_dup_text(rows, 4);
    mark->group_id = db_rows_uuid(rows, 5);
    mark->group_name = db_rows_dup_text(rows, 6);
    mark->course_id = db_rows_uuid(rows, 7);
    mark->course_name = db_rows_dup_text(rows, 8);
    mark->subject_code = db_rows_dup_text(rows, 9);
    mark->session_id = db_rows_uuid(rows, 10);
    mark->starts_at = db_rows_time(rows, 11);
    mark->ends_at = db_rows_time(rows, 12);
    mark->occasion = db_rows_dup_text(rows, 13);
    mark->local_day = db_rows_dup_text(rows, 14);
    mark->status = db_rows_status(rows, 15);
    mark->status_code = db_rows_dup_text(rows, 16);
    mark->method = db_rows_method(rows, 17);
    mark->score = db_rows_real(rows, 18);
    mark->marked_at = db_rows_time(rows, 19);
    mark->captured_at = db_rows_time(rows, 20);
    mark->last_seen_at = db_rows_time(rows, 21);
    mark->marked_by = db_rows_uuid(rows, 22);
    mark->note = db_rows_dup_text(rows, 23);
    mark->created_at = db_rows_time(rows, 24);
    mark->updated_at = db_rows_time(rows, 25);
    mark->changed = db_rows_int(rows, 26) > 0;
    return mark;
}

bool db_term_marks_begin(struct db_connection *connection, const struct core_term *term,
                         struct db_term_marks *marks, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT MIN(a.local_day), MAX(a.local_day) FROM courses c "
                 "JOIN attendance a ON a.course_id = c.id WHERE c.term_id = ?",
                 db_uuid(&term->id));

    if (!rows)
        return false;
    *marks = (struct db_term_marks){.term = term};
    if (db_rows_next(rows, &problem)) {
        marks->first_day = db_rows_dup_text(rows, 0);
        marks->last_day = db_rows_dup_text(rows, 1);
    }
    if (!marks->first_day || strcmp(term->first_day, marks->first_day) < 0) {
        g_free(marks->first_day);
        marks->first_day = g_strdup(term->first_day);
    }
    if (!marks->last_day || strcmp(term->last_day, marks->last_day) > 0) {
        g_free(marks->last_day);
        marks->last_day = g_strdup(term->last_day);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

GPtrArray *db_term_marks_page(struct db_connection *connection, const struct db_term_marks *marks,
                              const struct db_term_mark *after, guint limit, GError **error)
{
    static const struct base_uuid NONE;
    const char *day = after ? after->local_day : "";
    /* Not db_uuid(): the first page compares with the id of zeros. */
    const struct db_value id = {.kind = DB_KIND_UUID, .uuid = after ? after->id : NONE};

    return db_rows_collect(
        db_query(connection, error,
                 "SELECT a.id, a.user_id, u.student_number, u.name, u.email, a.group_id, g.name, "
                 "a.course_id, c.name, b.code, a.session_id, s.starts_at, s.ends_at, a.occasion, "
                 "a.local_day, a.status, a.status_code, a.method, a.score, a.marked_at, "
                 "a.captured_at, a.last_seen_at, a.marked_by, a.note, a.created_at, a.updated_at, "
                 "(SELECT COUNT(*) FROM attendance_changes h WHERE h.attendance_id = a.id) "
                 "FROM attendance a JOIN users u ON u.id = a.user_id "
                 "LEFT JOIN class_groups g ON g.id = a.group_id "
                 "LEFT JOIN courses c ON c.id = a.course_id "
                 "LEFT JOIN subjects b ON b.id = c.subject_id "
                 "LEFT JOIN sessions s ON s.id = a.session_id "
                 "WHERE a.local_day >= ? AND a.local_day <= ? "
                 "AND (a.local_day > ? OR (a.local_day = ? AND (a.marked_at > ? "
                 "OR (a.marked_at = ? AND a.id > ?)))) "
                 "AND (c.term_id = ? OR (a.course_id IS NULL "
                 "AND a.local_day >= ? AND a.local_day <= ?)) "
                 "ORDER BY a.local_day, a.marked_at, a.id LIMIT ?",
                 db_text(after ? day : marks->first_day), db_text(marks->last_day), db_text(day),
                 db_text(day), db_time(after ? after->marked_at : 0),
                 db_time(after ? after->marked_at : 0), id, db_uuid(&marks->term->id),
                 db_text(marks->term->first_day), db_text(marks->term->last_day), db_int(limit)),
        read_mark, (GDestroyNotify)db_term_mark_free, error);
}
