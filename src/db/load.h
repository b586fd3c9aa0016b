/* Filling an empty database with rows that come from elsewhere (schema.h has their statements). */
#ifndef DB_LOAD_H
#define DB_LOAD_H

#include "db/db.h"

/* Removes the rows that new tables come with. In the transaction, before the first row. */
bool db_load_begin(struct db_connection *connection, GError **error);

/* After the last row: rows that were stored with their numbers leave the counter of new ones
 * behind, which PostgreSQL keeps apart from the table; the others follow by themselves. */
bool db_load_end(struct db_connection *connection, GError **error);

#endif
