#include "db/query/subject.h"

#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT s.id, s.institution_id, s.code, s.name, s.name_key, s.created_at, s.updated_at "       \
    "FROM subjects s "

#define FILTER                                                                                     \
    "WHERE (? = 0 OR s.institution_id = ?) "                                                       \
    "AND (? = 0 OR s.name_key LIKE ? ESCAPE '!' OR UPPER(s.code) LIKE ? ESCAPE '!') "
#define FILTER_VALUES 5

static gpointer read_subject(struct db_rows *rows)
{
    struct core_subject *subject = g_new0(struct core_subject, 1);

    subject->id = db_rows_uuid(rows, 0);
    subject->institution_id = db_rows_uuid(rows, 1);
    subject->code = db_rows_dup_text(rows, 2);
    subject->name = db_rows_dup_text(rows, 3);
    subject->name_key = db_rows_dup_text(rows, 4);
    subject->created_at = db_rows_time(rows, 5);
    subject->updated_at = db_rows_time(rows, 6);
    return subject;
}

static struct core_subject *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_subject, (GDestroyNotify)core_subject_free, "subject", error);
}

bool db_subject_insert(struct db_connection *connection, const struct core_subject *subject,
                       GError **error)
{
    g_autofree char *key = base_text_key(subject->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO subjects (id, institution_id, code, name, name_key, created_at, "
                      "updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&subject->id), db_uuid(&subject->institution_id),
                      db_text(subject->code), db_text(subject->name), db_text(key),
                      db_time(subject->created_at), db_time(subject->updated_at));
}

struct core_subject *db_subject_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE s.id = ?", db_uuid(id)), error);
}

struct core_subject *db_subject_find_name(struct db_connection *connection,
                                          const struct base_uuid *institution_id, const char *name,
                                          GError **error)
{
    g_autofree char *key = base_text_key(name);
    g_autofree char *code = g_ascii_strup(name, -1);

    return single(db_query(connection, error,
                           SELECT
                           "WHERE s.institution_id = ? AND (s.name_key = ? OR UPPER(s.code) = ?) "
                           "ORDER BY CASE WHEN s.name_key = ? THEN 0 ELSE 1 END, s.id "
                           "LIMIT 1",
                           db_uuid(institution_id), db_text(key), db_text(code), db_text(key)),
                  error);
}

GPtrArray *db_subject_list(struct db_connection *connection, const struct db_subject_filter *filter,
                           const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_subject_filter ALL = {.search = NULL};
    static const struct db_list LIST = {SELECT FILTER "ORDER BY s.name_key, s.id LIMIT ? OFFSET ?",
                                        "SELECT COUNT(*) FROM subjects s " FILTER, read_subject,
                                        (GDestroyNotify)core_subject_free};

    if (!filter)
        filter = &ALL;
    g_autofree char *key = filter->search ? base_text_key(filter->search) : NULL;
    g_autofree char *pattern = db_like_pattern(key);
    g_autofree char *upper = filter->search ? g_ascii_strup(filter->search, -1) : NULL;
    g_autofree char *code_pattern = db_like_pattern(upper);
    struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->institution_id),
        db_uuid(&filter->institution_id),
        db_asked_text(key),
        db_text(pattern),
        db_text(code_pattern),
    };
    return db_list_read(connection, &LIST, values, FILTER_VALUES, page, total, error);
}

bool db_subject_update(struct db_connection *connection, const struct core_subject *subject,
                       GError **error)
{
    g_autofree char *key = base_text_key(subject->name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE subjects SET code = ?, name = ?, name_key = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_text(subject->code), db_text(subject->name), db_text(key),
                      db_time(subject->updated_at), db_uuid(&subject->id)) &&
           db_changed_some(changed, "subject", error);
}

bool db_subject_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM subjects WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "subject", error);
}

bool db_subject_courses(struct db_connection *connection, const struct base_uuid *id,
                        gint64 *courses, GError **error)
{
    return db_query_int(connection, courses, error,
                        "SELECT COUNT(*) FROM courses WHERE subject_id = ?", db_uuid(id));
}
