/* What is sealed with which key: for rotating the key and for finding what no key opens. A changed
 * seal is no change of anybody's face, so nothing here bumps a person's revision but the deletion.
 * Errors are those of db.h. */
#ifndef DB_QUERY_SEAL_H
#define DB_QUERY_SEAL_H

#include "core/types.h"
#include "db/db.h"

/* A page of all templates, of inactive people too, in the order of ids from the first behind
 * `after` (nil: from the start): an array of struct core_template *. */
GPtrArray *db_seal_templates(struct db_connection *connection, const struct base_uuid *after,
                             gint64 limit, GError **error);

/* Puts one sealed blob in the place of another, only where that still stands: `replaced` (may be
 * NULL) tells whether it did. */
bool db_seal_template_replace(struct db_connection *connection, const struct base_uuid *id,
                              GBytes *before, GBytes *sealed, bool *replaced, GError **error);

/* Deletes this template if it is still sealed as `face` says, and counts its person as changed.
 * In a transaction. */
bool db_seal_template_delete(struct db_connection *connection, const struct core_template *face,
                             bool *deleted, GError **error);

/*
 * Makes every transaction that is storing a face at this moment start over, unless it is committed
 * already. After it, what was sealed before it can be seen or will never be.
 */
bool db_seal_fence(struct db_connection *connection, GError **error);

struct db_seal_count {
    guint32 key_id;
    gint64 images;
};

/* How many pictures each key sealed, as an array of struct db_seal_count. */
GArray *db_seal_images(struct db_connection *connection, GError **error);

/* Deletes the rows of the pictures that this key sealed, and the paths to the profile pictures
 * among them; their blobs are garbage then. */
bool db_seal_images_delete(struct db_connection *connection, guint32 key_id, gint64 *deleted,
                           GError **error);

#endif
