#include "db/query/image.h"

#include "base/error.h"
#include "db/query/row.h"

#include <string.h>

#define SELECT                                                                                     \
    "SELECT i.id, i.user_id, i.kind, i.template_id, i.attendance_id, i.blob_key, i.media_type, "   \
    "i.size, i.sha256, i.sealed, i.key_id, i.created_at, i.review_id FROM images i "

static gpointer read_image(struct db_rows *rows)
{
    struct core_image *image = g_new0(struct core_image, 1);
    gsize digest = 0;

    image->id = db_rows_uuid(rows, 0);
    image->user_id = db_rows_uuid(rows, 1);
    image->kind = db_rows_image_kind(rows, 2);
    image->template_id = db_rows_uuid(rows, 3);
    image->attendance_id = db_rows_uuid(rows, 4);
    image->blob_key = db_rows_dup_text(rows, 5);
    image->media_type = db_rows_dup_text(rows, 6);
    image->size = db_rows_int(rows, 7);
    const void *sha256 = db_rows_blob(rows, 8, &digest);
    if (sha256)
        memcpy(image->sha256, sha256, MIN(digest, sizeof image->sha256));
    image->sealed = db_rows_bool(rows, 9);
    image->key_id = (guint32)db_rows_int(rows, 10);
    image->created_at = db_rows_time(rows, 11);
    image->review_id = db_rows_uuid(rows, 12);
    return image;
}

static struct core_image *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_image, (GDestroyNotify)core_image_free, "picture", error);
}

static GPtrArray *collect(struct db_rows *rows, GError **error)
{
    return db_rows_collect(rows, read_image, (GDestroyNotify)core_image_free, error);
}

static struct db_value key_value(bool sealed, guint32 key_id)
{
    return sealed ? db_int(key_id) : db_null();
}

bool db_image_insert(struct db_connection *connection, const struct core_image *image,
                     GError **error)
{
    const struct base_uuid *person = image->kind == CORE_IMAGE_PROFILE ? &image->user_id : NULL;

    return db_execute(connection, NULL, error,
                      "INSERT INTO images (id, user_id, kind, profile_of, template_id, "
                      "attendance_id, blob_key, media_type, size, sha256, sealed, key_id, "
                      "created_at, review_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&image->id), db_uuid(&image->user_id),
                      db_text(core_image_kind_name(image->kind)), db_uuid(person),
                      db_uuid(&image->template_id), db_uuid(&image->attendance_id),
                      db_text(image->blob_key), db_text(image->media_type), db_int(image->size),
                      db_blob(image->sha256, sizeof image->sha256), db_bool(image->sealed),
                      key_value(image->sealed, image->key_id), db_time(image->created_at),
                      db_uuid(&image->review_id));
}

struct core_image *db_image_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE i.id = ?", db_uuid(id)), error);
}

struct core_image *db_image_find_profile(struct db_connection *connection,
                                         const struct base_uuid *user_id, GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE i.profile_of = ?", db_uuid(user_id)),
                  error);
}

struct core_image *db_image_find_enrolment(struct db_connection *connection,
                                           const struct base_uuid *user_id,
                                           const struct base_uuid *template_id, GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE i.template_id = ? AND i.user_id = ?",
                           db_uuid(template_id), db_uuid(user_id)),
                  error);
}

struct core_image *db_image_find_mark(struct db_connection *connection,
                                      const struct base_uuid *attendance_id, GError **error)
{
    return single(
        db_query(connection, error, SELECT "WHERE i.attendance_id = ?", db_uuid(attendance_id)),
        error);
}

struct core_image *db_image_find_review(struct db_connection *connection,
                                        const struct base_uuid *review_id, GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE i.review_id = ?", db_uuid(review_id)),
                  error);
}

GPtrArray *db_image_list_user(struct db_connection *connection, const struct base_uuid *user_id,
                              GError **error)
{
    return collect(
        db_query(connection, error, SELECT "WHERE i.user_id = ? ORDER BY i.id", db_uuid(user_id)),
        error);
}

/* The nil UUID is NULL to the database, and comparing with NULL finds nothing. */
static struct db_value after_value(const struct base_uuid *after)
{
    return (struct db_value){.kind = DB_KIND_UUID, .uuid = *after};
}

GPtrArray *db_image_list(struct db_connection *connection, const struct base_uuid *after,
                         gint64 limit, GError **error)
{
    return collect(db_query(connection, error, SELECT "WHERE i.id > ? ORDER BY i.id LIMIT ?",
                            after_value(after), db_int(limit)),
                   error);
}

GPtrArray *db_image_list_sealed_otherwise(struct db_connection *connection, guint32 key_id,
                                          const struct base_uuid *after, gint64 limit,
                                          GError **error)
{
    return collect(db_query(connection, error,
                            SELECT "WHERE i.id > ? AND i.key_id <> ? ORDER BY i.id LIMIT ?",
                            after_value(after), db_int(key_id), db_int(limit)),
                   error);
}

GPtrArray *db_image_list_marks_before(struct db_connection *connection, base_time before,
                                      gint64 limit, GError **error)
{
    return collect(db_query(connection, error,
                            SELECT "WHERE i.kind = ? AND i.created_at < ? "
                                   "ORDER BY i.created_at, i.id LIMIT ?",
                            db_text(core_image_kind_name(CORE_IMAGE_MARK)), db_time(before),
                            db_int(limit)),
                   error);
}

bool db_image_count_marks_before(struct db_connection *connection, base_time before, gint64 *count,
                                 GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM images WHERE kind = ? AND created_at < ?",
                        db_text(core_image_kind_name(CORE_IMAGE_MARK)), db_time(before));
}

bool db_image_names_blob(struct db_connection *connection, const char *blob_key, bool *named,
                         GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error, "SELECT COUNT(*) FROM images WHERE blob_key = ?",
                      db_text(blob_key)))
        return false;
    *named = count > 0;
    return true;
}

bool db_image_replace_blob(struct db_connection *connection, const struct base_uuid *id,
                           const char *from, const char *to, bool sealed, guint32 key_id,
                           GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE images SET blob_key = ?, sealed = ?, key_id = ? "
                      "WHERE id = ? AND blob_key = ?",
                      db_text(to), db_bool(sealed), key_value(sealed, key_id), db_uuid(id),
                      db_text(from)) &&
           db_changed_some(changed, "picture", error);
}

bool db_image_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM images WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "picture", error);
}
