#include "db/query/term.h"

#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT t.id, t.institution_id, t.name, t.name_key, t.first_day, t.last_day, t.created_at, "   \
    "t.updated_at FROM terms t "

#define FILTER                                                                                     \
    "WHERE (? = 0 OR t.institution_id = ?) AND (? = 0 OR (t.first_day <= ? AND t.last_day >= ?)) " \
    "AND (? = 0 OR t.name_key LIKE ? ESCAPE '!') "
#define FILTER_VALUES 7

static gpointer read_term(struct db_rows *rows)
{
    struct core_term *term = g_new0(struct core_term, 1);

    term->id = db_rows_uuid(rows, 0);
    term->institution_id = db_rows_uuid(rows, 1);
    term->name = db_rows_dup_text(rows, 2);
    term->name_key = db_rows_dup_text(rows, 3);
    term->first_day = db_rows_dup_text(rows, 4);
    term->last_day = db_rows_dup_text(rows, 5);
    term->created_at = db_rows_time(rows, 6);
    term->updated_at = db_rows_time(rows, 7);
    return term;
}

static struct core_term *single(struct db_rows *rows, GError **error)
{
    return db_rows_single(rows, read_term, (GDestroyNotify)core_term_free, "term", error);
}

bool db_term_insert(struct db_connection *connection, const struct core_term *term, GError **error)
{
    g_autofree char *key = base_text_key(term->name);

    return db_execute(connection, NULL, error,
                      "INSERT INTO terms (id, institution_id, name, name_key, first_day, last_day, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&term->id), db_uuid(&term->institution_id), db_text(term->name),
                      db_text(key), db_text(term->first_day), db_text(term->last_day),
                      db_time(term->created_at), db_time(term->updated_at));
}

struct core_term *db_term_find(struct db_connection *connection, const struct base_uuid *id,
                               GError **error)
{
    return single(db_query(connection, error, SELECT "WHERE t.id = ?", db_uuid(id)), error);
}

struct core_term *db_term_find_name(struct db_connection *connection,
                                    const struct base_uuid *institution_id, const char *name,
                                    GError **error)
{
    g_autofree char *key = base_text_key(name);

    return single(db_query(connection, error,
                           SELECT "WHERE t.institution_id = ? AND t.name_key = ?",
                           db_uuid(institution_id), db_text(key)),
                  error);
}

struct core_term *db_term_find_day(struct db_connection *connection,
                                   const struct base_uuid *institution_id, const char *day,
                                   GError **error)
{
    return single(db_query(connection, error,
                           SELECT "WHERE t.institution_id = ? AND t.first_day <= ? "
                                  "AND t.last_day >= ? ORDER BY t.first_day DESC, t.id LIMIT 1",
                           db_uuid(institution_id), db_text(day), db_text(day)),
                  error);
}

GPtrArray *db_term_list(struct db_connection *connection, const struct db_term_filter *filter,
                        const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_term_filter ALL = {.search = NULL};
    static const struct db_list LIST = {
        SELECT FILTER "ORDER BY t.first_day DESC, t.name_key, t.id LIMIT ? OFFSET ?",
        "SELECT COUNT(*) FROM terms t " FILTER, read_term, (GDestroyNotify)core_term_free};

    if (!filter)
        filter = &ALL;
    g_autofree char *key = filter->search ? base_text_key(filter->search) : NULL;
    g_autofree char *pattern = db_like_pattern(key);
    struct db_value values[FILTER_VALUES + 2] = {
        db_asked_uuid(&filter->institution_id),
        db_uuid(&filter->institution_id),
        db_asked_text(filter->day),
        db_text(filter->day),
        db_text(filter->day),
        db_asked_text(key),
        db_text(pattern),
    };
    return db_list_read(connection, &LIST, values, FILTER_VALUES, page, total, error);
}

bool db_term_update(struct db_connection *connection, const struct core_term *term, GError **error)
{
    g_autofree char *key = base_text_key(term->name);
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE terms SET name = ?, name_key = ?, first_day = ?, last_day = ?, "
                      "updated_at = ? WHERE id = ?",
                      db_text(term->name), db_text(key), db_text(term->first_day),
                      db_text(term->last_day), db_time(term->updated_at), db_uuid(&term->id)) &&
           db_changed_some(changed, "term", error);
}

bool db_term_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM terms WHERE id = ?", db_uuid(id)) &&
           db_changed_some(changed, "term", error);
}

bool db_term_courses(struct db_connection *connection, const struct base_uuid *id, gint64 *courses,
                     GError **error)
{
    return db_query_int(connection, courses, error,
                        "SELECT COUNT(*) FROM courses WHERE term_id = ?", db_uuid(id));
}
