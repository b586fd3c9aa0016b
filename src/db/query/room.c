#include "db/query/room.h"

#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT r.id, r.institution_id, r.name, r.name_key, r.capacity, r.created_at, r.updated_at "   \
    "FROM rooms r "

#define FILTER "WHERE (? = 0 OR r.institution_id = ?) AND (? = 0 OR r.name_key LIKE ? ESCAPE '!') "
#define FILTER_VALUES 4

static gpointer read_room(struct db_rows *rows)
{
    struct core_room *room = g_new0(struct core_room, 1);

    room->id = db_rows_uuid(rows, 0);
    room->institution_id = db_rows_uuid(rows, 1);
    room->name = db_rows_dup_text(rows, 2);
    room->name_key = db_rows_dup_text(rows, 3);
    room->capacity = db_rows_int(rows, 4);
    room->created_at = db_rows_time(rows, 5);
    room->updated_at = db_rows_time(rows, 6);
    return room;
}

static struct core_room *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_room, (GDestroyNotify)core_room_free, "room", error);
}

static struct db_value capacity_value(gint64 capacity)
{
    return capacity > 0 ? db_int(capacity) : db_null();
}

bool db_room_insert(struct db_connection *connection, const struct core_room *room, GError **error)
{
    g_autofree char *key = base_text_key(room->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO rooms (id, institution_id, name, name_key, capacity, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&room->id), db_uuid(&room->institution_id), db_text(room->name),
                      db_text(key), capacity_value(room->capacity), db_time(room->created_at),
                      db_time(room->updated_at));
}

struct core_room *db_room_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE r.id = ?", db_uuid(id)), error);
}

struct core_room *db_room_find_name(struct db_connection *connection,
                                    const struct base_uuid *institution_id, const char *name,
                                    GError **error)
{
    g_autofree char *key = base_text_key(name);

    return single(db_query(connection, error,
                           SELECT "WHERE r.institution_id = ? AND r.name_key = ?",
                           db_uuid(institution_id), db_text(key)),
                  error);
}

GPtrArray *db_room_list(struct db_connection *connection, const struct db_room_filter *filter,
                        const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_room_filter ALL = {.search = NULL};
    static const struct db_list LIST = {SELECT FILTER "ORDER BY r.name_key, r.id LIMIT ? OFFSET ?",
                                        "SELECT COUNT(*) FROM rooms r " FILTER, read_room,
                                        (GDestroyNotify)core_room_free};

    if (!filter)
        filter = &ALL;
    g_autofree char *key = filter->search ? base_text_key(filter->search) : NULL;
    g_autofree char *pattern = db_like_pattern(key);
    struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->institution_id),
        db_uuid(&filter->institution_id),
        db_asked_text(key),
        db_text(pattern),
    };
    return db_list_read(connection, &LIST, values, FILTER_VALUES, page, total, error);
}

bool db_room_update(struct db_connection *connection, const struct core_room *room, GError **error)
{
    g_autofree char *key = base_text_key(room->name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE rooms SET name = ?, name_key = ?, capacity = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(room->name), db_text(key), capacity_value(room->capacity),
                      db_time(room->updated_at), db_uuid(&room->id)) &&
           db_changed_some(changed, "room", error);
}

bool db_room_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM rooms WHERE id = ?", db_uuid(id)) &&
           db_changed_some(changed, "room", error);
}

bool db_room_uses(struct db_connection *connection, const struct base_uuid *id, gint64 *slots,
                  gint64 *sessions, GError **error)
{
    return db_query_int(connection, slots, error, "SELECT COUNT(*) FROM slots WHERE room_id = ?",
                        db_uuid(id)) &&
           db_query_int(connection, sessions, error,
                        "SELECT COUNT(*) FROM sessions WHERE room_id = ?", db_uuid(id));
}
