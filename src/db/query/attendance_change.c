#include "db/query/attendance_change.h"

#include "db/query/row.h"

void db_attendance_change_free(struct db_attendance_change *change)
{
    if (!change)
        return;
    g_free(change->changed_by_name);
    g_free(change->from_code);
    g_free(change->to_code);
    g_free(change->reason);
    g_free(change);
}

static gpointer read_change(struct db_rows *rows)
{
    struct db_attendance_change *change = g_new0(struct db_attendance_change, 1);

    change->id = db_rows_uuid(rows, 0);
    change->attendance_id = db_rows_uuid(rows, 1);
    change->changed_at = db_rows_time(rows, 2);
    change->changed_by = db_rows_uuid(rows, 3);
    change->changed_by_name = db_rows_dup_text(rows, 4);
    change->from_status = db_rows_status(rows, 5);
    change->from_code = db_rows_dup_text(rows, 6);
    change->from_method = db_rows_method(rows, 7);
    change->to_status = db_rows_status(rows, 8);
    change->to_code = db_rows_dup_text(rows, 9);
    change->reason = db_rows_dup_text(rows, 10);
    return change;
}

bool db_attendance_change_insert(struct db_connection *connection,
                                 const struct db_attendance_change *change, GError **error)
{
    return db_execute(
        connection, NULL, error,
        "INSERT INTO attendance_changes (id, attendance_id, changed_at, changed_by, from_status, "
        "from_code, from_method, to_status, to_code, reason) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        db_uuid(&change->id), db_uuid(&change->attendance_id), db_time(change->changed_at),
        db_uuid(&change->changed_by), db_text(core_status_name(change->from_status)),
        db_text(change->from_code), db_text(core_method_name(change->from_method)),
        db_text(core_status_name(change->to_status)), db_text(change->to_code),
        db_text(change->reason));
}

GPtrArray *db_attendance_change_list(struct db_connection *connection,
                                     const struct base_uuid *attendance_id, GError **error)
{
    return db_rows_collect(
        db_query(connection, error,
                 "SELECT h.id, h.attendance_id, h.changed_at, h.changed_by, u.name, "
                 "h.from_status, h.from_code, h.from_method, h.to_status, h.to_code, h.reason "
                 "FROM attendance_changes h LEFT JOIN users u ON u.id = h.changed_by "
                 "WHERE h.attendance_id = ? ORDER BY h.changed_at, h.id",
                 db_uuid(attendance_id)),
        read_change, (GDestroyNotify)db_attendance_change_free, error);
}
