/* The settings table: text values by name. Errors are those of db.h. */
#ifndef DB_QUERY_SETTING_H
#define DB_QUERY_SETTING_H

#include "db/db.h"

/* `value` gets the text (g_free() it), or NULL when it is not set: that is no error. */
bool db_setting_get(struct db_connection *connection, const char *name, char **value,
                    GError **error);

/* A NULL value removes it. */
bool db_setting_set(struct db_connection *connection, const char *name, const char *value,
                    base_time now, GError **error);

/* Sets it unless it is set, and gives the value that stands (g_free() it): for what is decided
 * once, by whoever comes first. */
bool db_setting_set_once(struct db_connection *connection, const char *name, const char *value,
                         base_time now, char **standing, GError **error);

#endif
