#include "db/query/seal.h"

#include "db/query/row.h"
#include "db/query/user.h"

GPtrArray *db_seal_templates(struct db_connection *connection, const struct base_uuid *after,
                             gint64 limit, GError **error)
{
    struct db_rows *rows =
        base_uuid_is_nil(after)
            ? db_query(connection, error, DB_TEMPLATE_SELECT "ORDER BY f.id LIMIT ?", db_int(limit))
            : db_query(connection, error, DB_TEMPLATE_SELECT "WHERE f.id > ? ORDER BY f.id LIMIT ?",
                       db_uuid(after), db_int(limit));

    return db_rows_collect(rows, db_template_read, (GDestroyNotify)core_template_free, error);
}

bool db_seal_template_replace(struct db_connection *connection, const struct base_uuid *id,
                              GBytes *before, GBytes *sealed, bool *replaced, GError **error)
{
    gint64 changed;

    if (!db_execute(connection, &changed, error,
                    "UPDATE face_templates SET sealed = ? WHERE id = ? AND sealed = ?",
                    db_bytes(sealed), db_uuid(id), db_bytes(before)))
        return false;
    if (replaced)
        *replaced = changed > 0;
    return true;
}

bool db_seal_template_delete(struct db_connection *connection, const struct core_template *face,
                             bool *deleted, GError **error)
{
    gint64 changed;

    if (!db_execute(connection, &changed, error,
                    "DELETE FROM face_templates WHERE id = ? AND sealed = ?", db_uuid(&face->id),
                    db_bytes(face->sealed)))
        return false;
    *deleted = changed > 0;
    return !*deleted || db_face_revision_bump(connection, &face->user_id, error);
}

/* Whoever stores a face reads this counter first and raises it last. */
bool db_seal_fence(struct db_connection *connection, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE counters SET value = value + 1 WHERE name = 'faces_revision'");
}

GArray *db_seal_images(struct db_connection *connection, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT key_id, COUNT(*) FROM images WHERE key_id IS NOT NULL GROUP BY key_id "
                 "ORDER BY key_id");
    GArray *counts = rows ? g_array_new(FALSE, FALSE, sizeof(struct db_seal_count)) : NULL;

    while (rows && db_rows_next(rows, &problem)) {
        const struct db_seal_count count = {(guint32)db_rows_int(rows, 0), db_rows_int(rows, 1)};
        g_array_append_val(counts, count);
    }
    if (problem) {
        g_propagate_error(error, problem);
        g_clear_pointer(&counts, g_array_unref);
    }
    return counts;
}

bool db_seal_images_delete(struct db_connection *connection, guint32 key_id, gint64 *deleted,
                           GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE users SET profile_image_url = NULL "
                      "WHERE profile_image_url LIKE '/users/%/image' AND id IN "
                      "(SELECT i.user_id FROM images i WHERE i.kind = 'profile' "
                      "AND i.key_id = ?)",
                      db_int(key_id)) &&
           db_execute(connection, deleted, error, "DELETE FROM images WHERE key_id = ?",
                      db_int(key_id));
}
