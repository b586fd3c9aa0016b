/* The holidays table. Errors are those of db.h. */
#ifndef DB_QUERY_HOLIDAY_H
#define DB_QUERY_HOLIDAY_H

#include "core/catalogue.h"
#include "db/db.h"

bool db_holiday_insert(struct db_connection *connection, const struct core_holiday *holiday,
                       GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_holiday *db_holiday_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error);

/* Name and days. BASE_ERROR_NOT_FOUND when there is none. */
bool db_holiday_update(struct db_connection *connection, const struct core_holiday *holiday,
                       GError **error);
bool db_holiday_delete(struct db_connection *connection, const struct base_uuid *id,
                       GError **error);

/* Those with a day between the two, both included (NULL: any), by day. An array of struct
 * core_holiday * that frees them. */
GPtrArray *db_holiday_list(struct db_connection *connection, const struct base_uuid *institution_id,
                           const char *from_day, const char *to_day, GError **error);

#endif
