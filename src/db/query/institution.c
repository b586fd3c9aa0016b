#include "db/query/institution.h"

#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT id, name, email_domain, time_zone, late_after, absent_after, created_at, updated_at "  \
    "FROM institutions "

static gpointer read_institution(struct db_rows *rows)
{
    struct core_institution *institution = g_new0(struct core_institution, 1);

    institution->id = db_rows_uuid(rows, 0);
    institution->name = db_rows_dup_text(rows, 1);
    institution->email_domain = db_rows_dup_text(rows, 2);
    institution->time_zone = db_rows_dup_text(rows, 3);
    institution->policy.late_after = (gint32)db_rows_int(rows, 4);
    institution->policy.absent_after = (gint32)db_rows_int(rows, 5);
    institution->created_at = db_rows_time(rows, 6);
    institution->updated_at = db_rows_time(rows, 7);
    return institution;
}

bool db_institution_insert(struct db_connection *connection,
                           const struct core_institution *institution, GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO institutions (id, name, email_domain, time_zone, late_after, "
                      "absent_after, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&institution->id), db_text(institution->name),
                      db_text(institution->email_domain), db_text(institution->time_zone),
                      db_int(institution->policy.late_after),
                      db_int(institution->policy.absent_after), db_time(institution->created_at),
                      db_time(institution->updated_at));
}

struct core_institution *db_institution_find(struct db_connection *connection,
                                             const struct base_uuid *id, GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE id = ?", db_uuid(id)),
                          read_institution, (GDestroyNotify)core_institution_free, "institution",
                          error);
}

struct core_institution *db_institution_first(struct db_connection *connection, GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "ORDER BY created_at, id LIMIT 1"),
                          read_institution, (GDestroyNotify)core_institution_free, "institution",
                          error);
}

bool db_institution_update(struct db_connection *connection,
                           const struct core_institution *institution, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE institutions SET name = ?, email_domain = ?, time_zone = ?, "
                      "late_after = ?, absent_after = ?, updated_at = ? WHERE id = ?",
                      db_text(institution->name), db_text(institution->email_domain),
                      db_text(institution->time_zone), db_int(institution->policy.late_after),
                      db_int(institution->policy.absent_after), db_time(institution->updated_at),
                      db_uuid(&institution->id)) &&
           db_changed_some(changed, "institution", error);
}
