/* The institutions table. Errors are those of db.h. */
#ifndef DB_QUERY_INSTITUTION_H
#define DB_QUERY_INSTITUTION_H

#include "core/types.h"
#include "db/db.h"

/* Stores a new one, its id and times as given. */
bool db_institution_insert(struct db_connection *connection,
                           const struct core_institution *institution, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_institution *db_institution_find(struct db_connection *connection,
                                             const struct base_uuid *id, GError **error);

/* The oldest one: the institution of an installation that has one. NULL with BASE_ERROR_NOT_FOUND
 * when there is none. */
struct core_institution *db_institution_first(struct db_connection *connection, GError **error);

/* Writes everything but id and created_at. BASE_ERROR_NOT_FOUND when there is no such id. */
bool db_institution_update(struct db_connection *connection,
                           const struct core_institution *institution, GError **error);

#endif
