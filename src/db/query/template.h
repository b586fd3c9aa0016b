/* The face_templates table. Whoever changes it also calls db_face_revision_bump() in the same
 * transaction. Errors are those of db.h. */
#ifndef DB_QUERY_TEMPLATE_H
#define DB_QUERY_TEMPLATE_H

#include "core/types.h"
#include "db/db.h"

/* BASE_ERROR_CONFLICT when there is no such user. */
bool db_template_insert(struct db_connection *connection, const struct core_template *face,
                        GError **error);

/* A person's templates, those held too, oldest first, as an array of struct core_template * that
 * frees them. */
GPtrArray *db_template_list_user(struct db_connection *connection, const struct base_uuid *user_id,
                                 GError **error);

/* Called for each row; `face` is only lent. False with an error stops. */
typedef bool (*db_template_visitor)(const struct core_template *face, gpointer data,
                                    GError **error);

/* Visits the templates, but for those held, of all active people that belong to `model` (NULL:
 * any), person by person. One row is in memory at a time: the visitor must not use the connection.
 */
bool db_template_each(struct db_connection *connection, const char *model,
                      db_template_visitor visitor, gpointer data, GError **error);

/* BASE_ERROR_NOT_FOUND when this person has no such template. */
bool db_template_delete(struct db_connection *connection, const struct base_uuid *user_id,
                        const struct base_uuid *id, GError **error);

/* All of a person's; `removed` may be NULL. */
bool db_template_delete_user(struct db_connection *connection, const struct base_uuid *user_id,
                             gint64 *removed, GError **error);

/* A person's held templates are held no longer; `released` may be NULL. */
bool db_template_release(struct db_connection *connection, const struct base_uuid *user_id,
                         gint64 *released, GError **error);

/* Templates, those held among them, and people who have any. Either pointer may be NULL. */
bool db_template_count(struct db_connection *connection, gint64 *templates, gint64 *people,
                       GError **error);

#endif
