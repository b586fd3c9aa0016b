/* The photo_imports table: what became of the photos of bulk enrolments. Errors are those of db.h.
 */
#ifndef DB_QUERY_PHOTO_IMPORT_H
#define DB_QUERY_PHOTO_IMPORT_H

#include "db/db.h"

#define DB_PHOTO_DIGEST_SIZE 32 /* SHA-256 */

/* `outcome` gets the text (g_free() it), or NULL when this photo of this person is new. */
bool db_photo_import_find(struct db_connection *connection, const struct base_uuid *user_id,
                          const guint8 sha256[static DB_PHOTO_DIGEST_SIZE], char **outcome,
                          GError **error);

/* Notes the outcome in place of an earlier one. Call it in a transaction. */
bool db_photo_import_set(struct db_connection *connection, const struct base_uuid *user_id,
                         const guint8 sha256[static DB_PHOTO_DIGEST_SIZE], const char *outcome,
                         base_time now, GError **error);

#endif
