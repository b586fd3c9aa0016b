/* The images table: a row for each picture that the blob store keeps. Rows tell what exists; a blob
 * without a row is garbage. Errors are those of db.h. */
#ifndef DB_QUERY_IMAGE_H
#define DB_QUERY_IMAGE_H

#include "core/types.h"
#include "db/db.h"

/* BASE_ERROR_CONFLICT when the person, the photo's template, the mark or the review is not there,
 * or has a picture of this kind already. */
bool db_image_insert(struct db_connection *connection, const struct core_image *image,
                     GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_image *db_image_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error);
struct core_image *db_image_find_profile(struct db_connection *connection,
                                         const struct base_uuid *user_id, GError **error);
/* The photo that a template of this person was made of. */
struct core_image *db_image_find_enrolment(struct db_connection *connection,
                                           const struct base_uuid *user_id,
                                           const struct base_uuid *template_id, GError **error);
struct core_image *db_image_find_mark(struct db_connection *connection,
                                      const struct base_uuid *attendance_id, GError **error);

struct core_image *db_image_find_review(struct db_connection *connection,
                                        const struct base_uuid *review_id, GError **error);

/* All of a person's, as an array of struct core_image * that frees them. */
GPtrArray *db_image_list_user(struct db_connection *connection, const struct base_uuid *user_id,
                              GError **error);

/* A page in the order of ids: at most `limit`, from the first id behind `after` (nil: from the
 * start). All of them, or those that are sealed with another key than `key_id`. */
GPtrArray *db_image_list(struct db_connection *connection, const struct base_uuid *after,
                         gint64 limit, GError **error);
GPtrArray *db_image_list_sealed_otherwise(struct db_connection *connection, guint32 key_id,
                                          const struct base_uuid *after, gint64 limit,
                                          GError **error);

/* Of the pictures behind marks those stored before an instant: the oldest, at most `limit`, and how
 * many there are. */
GPtrArray *db_image_list_marks_before(struct db_connection *connection, base_time before,
                                      gint64 limit, GError **error);
bool db_image_count_marks_before(struct db_connection *connection, base_time before, gint64 *count,
                                 GError **error);

/* Whether a row names this blob. */
bool db_image_names_blob(struct db_connection *connection, const char *blob_key, bool *named,
                         GError **error);

/* Points a row from the blob `from` to another one with the same picture. BASE_ERROR_NOT_FOUND when
 * the row is gone or names another blob by now. */
bool db_image_replace_blob(struct db_connection *connection, const struct base_uuid *id,
                           const char *from, const char *to, bool sealed, guint32 key_id,
                           GError **error);

/* BASE_ERROR_NOT_FOUND when there is none. */
bool db_image_delete(struct db_connection *connection, const struct base_uuid *id, GError **error);

#endif
