#include "db/query/holiday.h"

#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT h.id, h.institution_id, h.name, h.first_day, h.last_day, h.created_at, h.updated_at "  \
    "FROM holidays h "

static gpointer read_holiday(struct db_rows *rows)
{
    struct core_holiday *holiday = g_new0(struct core_holiday, 1);

    holiday->id = db_rows_uuid(rows, 0);
    holiday->institution_id = db_rows_uuid(rows, 1);
    holiday->name = db_rows_dup_text(rows, 2);
    holiday->first_day = db_rows_dup_text(rows, 3);
    holiday->last_day = db_rows_dup_text(rows, 4);
    holiday->created_at = db_rows_time(rows, 5);
    holiday->updated_at = db_rows_time(rows, 6);
    return holiday;
}

bool db_holiday_insert(struct db_connection *connection, const struct core_holiday *holiday,
                       GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO holidays (id, institution_id, name, first_day, last_day, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&holiday->id), db_uuid(&holiday->institution_id),
                      db_text(holiday->name), db_text(holiday->first_day),
                      db_text(holiday->last_day), db_time(holiday->created_at),
                      db_time(holiday->updated_at));
}

struct core_holiday *db_holiday_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE h.id = ?", db_uuid(id)),
                          read_holiday, (GDestroyNotify)core_holiday_free, "holiday", error);
}

bool db_holiday_update(struct db_connection *connection, const struct core_holiday *holiday,
                       GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE holidays SET name = ?, first_day = ?, last_day = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(holiday->name), db_text(holiday->first_day),
                      db_text(holiday->last_day), db_time(holiday->updated_at),
                      db_uuid(&holiday->id)) &&
           db_changed_some(changed, "holiday", error);
}

bool db_holiday_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM holidays WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "holiday", error);
}

GPtrArray *db_holiday_list(struct db_connection *connection, const struct base_uuid *institution_id,
                           const char *from_day, const char *to_day, GError **error)
{
    return db_rows_collect(
        db_query(connection, error,
                 SELECT "WHERE h.institution_id = ? AND h.first_day <= ? AND h.last_day >= ? "
                        "ORDER BY h.first_day, h.last_day, h.id",
                 db_uuid(institution_id), db_text(to_day ? to_day : "9999-99-99"),
                 db_text(from_day ? from_day : "0000-00-00")),
        read_holiday, (GDestroyNotify)core_holiday_free, error);
}
