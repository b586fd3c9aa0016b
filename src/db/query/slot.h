/* The slots table. Errors are those of db.h. */
#ifndef DB_QUERY_SLOT_H
#define DB_QUERY_SLOT_H

#include "core/catalogue.h"
#include "db/db.h"

/* BASE_ERROR_CONFLICT when there is no such course or room. */
bool db_slot_insert(struct db_connection *connection, const struct core_slot *slot, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_slot *db_slot_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error);

/* Changes everything but the course. BASE_ERROR_NOT_FOUND when there is none. */
bool db_slot_update(struct db_connection *connection, const struct core_slot *slot, GError **error);

/* Its sessions stay as single ones. BASE_ERROR_NOT_FOUND when there is none. */
bool db_slot_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

/* Slots of a course, of a term's courses, or of all: by course, weekday and time. An array of
 * struct core_slot * that frees them. */
GPtrArray *db_slot_list_course(struct db_connection *connection, const struct base_uuid *course_id,
                               GError **error);
GPtrArray *db_slot_list_term(struct db_connection *connection, const struct base_uuid *term_id,
                             GError **error);

/* Moves the bounds of the term's slots that stand at the term's own bounds: first_day where it is
 * `old_first`, last_day where it is `old_last`. */
bool db_slot_follow_term(struct db_connection *connection, const struct base_uuid *term_id,
                         const char *old_first, const char *new_first, const char *old_last,
                         const char *new_last, base_time now, GError **error);

#endif
