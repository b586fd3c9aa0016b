/* The rooms table. Errors are those of db.h. */
#ifndef DB_QUERY_ROOM_H
#define DB_QUERY_ROOM_H

#include "core/catalogue.h"
#include "db/db.h"
#include "db/query/page.h"

/* Stores a new room; name_key is made from the name. BASE_ERROR_CONFLICT ("rooms.name_key") when
 * the institution has one of that name but for case and accents. */
bool db_room_insert(struct db_connection *connection, const struct core_room *room, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_room *db_room_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error);
struct core_room *db_room_find_name(struct db_connection *connection,
                                    const struct base_uuid *institution_id, const char *name,
                                    GError **error);

struct db_room_filter {
    struct base_uuid institution_id; /* nil: any */
    const char *search;              /* part of the name; NULL: any */
};

/* Rooms by name, as an array of struct core_room * that frees them. `total` (may be NULL) gets how
 * many match the filter. Filter and page may be NULL: all. */
GPtrArray *db_room_list(struct db_connection *connection, const struct db_room_filter *filter,
                        const struct db_page *page, gint64 *total, GError **error);

/* Writes name, capacity and updated_at. BASE_ERROR_NOT_FOUND when there is no such room. */
bool db_room_update(struct db_connection *connection, const struct core_room *room, GError **error);

/* Slots and sessions that name it lose it: see db_room_uses(). */
bool db_room_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* How many weekly slots and sessions take place in it. */
bool db_room_uses(struct db_connection *connection, const struct base_uuid *id, gint64 *slots,
                  gint64 *sessions, GError **error);

#endif
