#include "db/query/slot.h"

#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT s.id, s.course_id, s.room_id, r.name, s.weekday, s.start_second, s.end_second, "       \
    "s.first_day, s.last_day, s.every_weeks, s.created_at, s.updated_at "                          \
    "FROM slots s LEFT JOIN rooms r ON r.id = s.room_id "

static gpointer read_slot(struct db_rows *rows)
{
    struct core_slot *slot = g_new0(struct core_slot, 1);

    slot->id = db_rows_uuid(rows, 0);
    slot->course_id = db_rows_uuid(rows, 1);
    slot->room_id = db_rows_uuid(rows, 2);
    slot->room_name = db_rows_dup_text(rows, 3);
    slot->weekday = (gint32)db_rows_int(rows, 4);
    slot->start_second = (gint32)db_rows_int(rows, 5);
    slot->end_second = (gint32)db_rows_int(rows, 6);
    slot->first_day = db_rows_dup_text(rows, 7);
    slot->last_day = db_rows_dup_text(rows, 8);
    slot->every_weeks = (gint32)db_rows_int(rows, 9);
    slot->created_at = db_rows_time(rows, 10);
    slot->updated_at = db_rows_time(rows, 11);
    return slot;
}

bool db_slot_insert(struct db_connection *connection, const struct core_slot *slot, GError **error)
{
    return db_execute(
        connection, NULL, error,
        "INSERT INTO slots (id, course_id, room_id, weekday, start_second, end_second, first_day, "
        "last_day, every_weeks, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        db_uuid(&slot->id), db_uuid(&slot->course_id), db_uuid(&slot->room_id),
        db_int(slot->weekday), db_int(slot->start_second), db_int(slot->end_second),
        db_text(slot->first_day), db_text(slot->last_day), db_int(slot->every_weeks),
        db_time(slot->created_at), db_time(slot->updated_at));
}

struct core_slot *db_slot_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE s.id = ?", db_uuid(id)),
                          read_slot, (GDestroyNotify)core_slot_free, "slot", error);
}

bool db_slot_update(struct db_connection *connection, const struct core_slot *slot, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE slots SET room_id = ?, weekday = ?, start_second = ?, "
                      "end_second = ?, first_day = ?, last_day = ?, every_weeks = ?, "
                      "updated_at = ? WHERE id = ?",
                      db_uuid(&slot->room_id), db_int(slot->weekday), db_int(slot->start_second),
                      db_int(slot->end_second), db_text(slot->first_day), db_text(slot->last_day),
                      db_int(slot->every_weeks), db_time(slot->updated_at), db_uuid(&slot->id)) &&
           db_changed_some(changed, "slot", error);
}

bool db_slot_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM slots WHERE id = ?", db_uuid(id)) &&
           db_changed_some(changed, "slot", error);
}

GPtrArray *db_slot_list_course(struct db_connection *connection, const struct base_uuid *course_id,
                               GError **error)
{
    return db_rows_collect(
        db_query(connection, error,
                 SELECT "WHERE s.course_id = ? ORDER BY s.weekday, s.start_second, s.id",
                 db_uuid(course_id)),
        read_slot, (GDestroyNotify)core_slot_free, error);
}

GPtrArray *db_slot_list_term(struct db_connection *connection, const struct base_uuid *term_id,
                             GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    SELECT
                                    "JOIN courses c ON c.id = s.course_id WHERE c.term_id = ? "
                                    "ORDER BY s.course_id, s.weekday, s.start_second, s.id",
                                    db_uuid(term_id)),
                           read_slot, (GDestroyNotify)core_slot_free, error);
}

bool db_slot_follow_term(struct db_connection *connection, const struct base_uuid *term_id,
                         const char *old_first, const char *new_first, const char *old_last,
                         const char *new_last, base_time now, GError **error)
{
    /* Both bounds at once, or the check of their order could fail in between. One that does not
     * touch the new term any more keeps its days. */
    return db_execute(connection, NULL, error,
                      "UPDATE slots SET "
                      "first_day = CASE WHEN first_day = ? THEN ? ELSE first_day END, "
                      "last_day = CASE WHEN last_day = ? THEN ? ELSE last_day END, updated_at = ? "
                      "WHERE course_id IN (SELECT c.id FROM courses c WHERE c.term_id = ?) "
                      "AND (first_day = ? OR last_day = ?) "
                      "AND CASE WHEN first_day = ? THEN ? ELSE first_day END <= "
                      "CASE WHEN last_day = ? THEN ? ELSE last_day END",
                      db_text(old_first), db_text(new_first), db_text(old_last), db_text(new_last),
                      db_time(now), db_uuid(term_id), db_text(old_first), db_text(old_last),
                      db_text(old_first), db_text(new_first), db_text(old_last), db_text(new_last));
}
