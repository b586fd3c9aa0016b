#include "db/query/template.h"

#include "db/query/row.h"

gpointer db_template_read(struct db_rows *rows)
{
    struct core_template *face = g_new0(struct core_template, 1);

    face->id = db_rows_uuid(rows, 0);
    face->user_id = db_rows_uuid(rows, 1);
    face->sealed = db_rows_dup_bytes(rows, 2);
    face->model = db_rows_dup_text(rows, 3);
    face->quality = db_rows_real(rows, 4);
    face->source = db_rows_dup_text(rows, 5);
    face->created_at = db_rows_time(rows, 6);
    face->held = db_rows_bool(rows, 7);
    return face;
}

bool db_template_insert(struct db_connection *connection, const struct core_template *face,
                        GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO face_templates (id, user_id, sealed, model, quality, source, "
                      "created_at, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&face->id), db_uuid(&face->user_id), db_bytes(face->sealed),
                      db_text(face->model), db_real(face->quality), db_text(face->source),
                      db_time(face->created_at), db_bool(face->held));
}

GPtrArray *db_template_list_user(struct db_connection *connection, const struct base_uuid *user_id,
                                 GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_TEMPLATE_SELECT "WHERE f.user_id = ? ORDER BY f.id",
                                    db_uuid(user_id)),
                           db_template_read, (GDestroyNotify)core_template_free, error);
}

bool db_template_each(struct db_connection *connection, const char *model,
                      db_template_visitor visitor, gpointer data, GError **error)
{
    GError *problem = NULL;
    bool going = true;
    g_autoptr(db_rows) rows = db_query_stream(
        connection, error,
        DB_TEMPLATE_SELECT "JOIN users u ON u.id = f.user_id WHERE (? = 0 OR f.model = ?) "
                           "AND f.held = FALSE AND u.active = TRUE AND u.deleted_at IS NULL "
                           "ORDER BY f.user_id, f.id",
        db_asked_text(model), db_text(model));

    if (!rows)
        return false;
    while (going && db_rows_next(rows, &problem)) {
        g_autoptr(core_template) face = db_template_read(rows);
        going = visitor(face, data, error);
    }
    if (problem)
        g_propagate_error(error, problem);
    return going && !problem;
}

bool db_template_delete(struct db_connection *connection, const struct base_uuid *user_id,
                        const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "DELETE FROM face_templates WHERE id = ? AND user_id = ?", db_uuid(id),
                      db_uuid(user_id)) &&
           db_changed_some(changed, "face", error);
}

bool db_template_delete_user(struct db_connection *connection, const struct base_uuid *user_id,
                             gint64 *removed, GError **error)
{
    return db_execute(connection, removed, error, "DELETE FROM face_templates WHERE user_id = ?",
                      db_uuid(user_id));
}

bool db_template_release(struct db_connection *connection, const struct base_uuid *user_id,
                         gint64 *released, GError **error)
{
    return db_execute(connection, released, error,
                      "UPDATE face_templates SET held = FALSE WHERE user_id = ? AND held = TRUE",
                      db_uuid(user_id));
}

bool db_template_count(struct db_connection *connection, gint64 *templates, gint64 *people,
                       GError **error)
{
    gint64 all, owners;

    if (!db_query_int(connection, &all, error, "SELECT COUNT(*) FROM face_templates") ||
        !db_query_int(connection, &owners, error,
                      "SELECT COUNT(DISTINCT user_id) FROM face_templates"))
        return false;
    if (templates)
        *templates = all;
    if (people)
        *people = owners;
    return true;
}
