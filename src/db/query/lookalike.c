#include "db/query/lookalike.h"

#include "base/error.h"
#include "db/query/row.h"

#define FROM                                                                                       \
    "FROM lookalikes l JOIN users a ON a.id = l.first_id JOIN users b ON b.id = l.second_id "      \
    "LEFT JOIN users w ON w.id = l.seen_by "
#define SELECT                                                                                     \
    "SELECT l.first_id, l.second_id, l.score, l.found_at, l.seen_at, l.seen_by, a.name, b.name, "  \
    "w.name " FROM
#define CONDITIONS                                                                                 \
    "WHERE (? = 0 OR l.first_id = ? OR l.second_id = ?) AND (? = 0 OR (l.seen_at IS NULL) = ?) "   \
    "AND (? = 0 OR (l.first_id IN (" DB_TAUGHT_PEOPLE ") AND l.second_id IN (" DB_TAUGHT_PEOPLE    \
    "))) "
#define CONDITION_VALUES (6 + 2 * DB_TAUGHT_PEOPLE_VALUES)
#define ORDER "ORDER BY l.score DESC, l.first_id, l.second_id LIMIT ? OFFSET ?"

void db_lookalike_free(struct db_lookalike *pair)
{
    if (!pair)
        return;
    g_free(pair->first_name);
    g_free(pair->second_name);
    g_free(pair->seen_by_name);
    g_free(pair);
}

void db_lookalike_order(struct base_uuid *first_id, struct base_uuid *second_id)
{
    if (base_uuid_compare(first_id, second_id) > 0) {
        const struct base_uuid smaller = *second_id;
        *second_id = *first_id;
        *first_id = smaller;
    }
}

static gpointer read_pair(struct db_rows *rows)
{
    struct db_lookalike *pair = g_new0(struct db_lookalike, 1);

    pair->first_id = db_rows_uuid(rows, 0);
    pair->second_id = db_rows_uuid(rows, 1);
    pair->score = db_rows_real(rows, 2);
    pair->found_at = db_rows_time(rows, 3);
    pair->seen_at = db_rows_time(rows, 4);
    pair->seen_by = db_rows_uuid(rows, 5);
    pair->first_name = db_rows_dup_text(rows, 6);
    pair->second_name = db_rows_dup_text(rows, 7);
    pair->seen_by_name = db_rows_dup_text(rows, 8);
    return pair;
}

bool db_lookalike_put(struct db_connection *connection, const struct db_lookalike *pair,
                      bool *is_new, GError **error)
{
    gint64 known = 0;

    if (!db_query_int(connection, &known, error,
                      "SELECT COUNT(*) FROM lookalikes WHERE first_id = ? AND second_id = ?",
                      db_uuid(&pair->first_id), db_uuid(&pair->second_id)))
        return false;
    if (is_new)
        *is_new = known == 0;
    if (known > 0)
        return db_execute(connection, NULL, error,
                          "UPDATE lookalikes SET score = ? WHERE first_id = ? AND second_id = ?",
                          db_real(pair->score), db_uuid(&pair->first_id),
                          db_uuid(&pair->second_id));
    return db_execute(connection, NULL, error,
                      "INSERT INTO lookalikes (first_id, second_id, score, found_at) "
                      "VALUES (?, ?, ?, ?)",
                      db_uuid(&pair->first_id), db_uuid(&pair->second_id), db_real(pair->score),
                      db_time(pair->found_at));
}

bool db_lookalike_delete(struct db_connection *connection, const struct base_uuid *first_id,
                         const struct base_uuid *second_id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "DELETE FROM lookalikes WHERE first_id = ? AND second_id = ?",
                      db_uuid(first_id), db_uuid(second_id)) &&
           db_changed_some(changed, "pair of look-alikes", error);
}

struct db_lookalike *db_lookalike_find(struct db_connection *connection,
                                       const struct base_uuid *first_id,
                                       const struct base_uuid *second_id, GError **error)
{
    return db_rows_single(
        db_query(connection, error, SELECT "WHERE l.first_id = ? AND l.second_id = ?",
                 db_uuid(first_id), db_uuid(second_id)),
        read_pair, (GDestroyNotify)db_lookalike_free, "pair of look-alikes", error);
}

bool db_lookalike_see(struct db_connection *connection, const struct db_lookalike *pair,
                      GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE lookalikes SET seen_at = ?, seen_by = ? "
                      "WHERE first_id = ? AND second_id = ?",
                      db_time_or_null(pair->seen_at), db_uuid(&pair->seen_by),
                      db_uuid(&pair->first_id), db_uuid(&pair->second_id));
}

GPtrArray *db_lookalike_list(struct db_connection *connection,
                             const struct db_lookalike_filter *filter, const struct db_page *page,
                             gint64 *total, GError **error)
{
    static const struct db_lookalike_filter ALL = {.seen = DB_ANY};
    static const struct db_list LIST = {
        .select = SELECT CONDITIONS ORDER,
        .count = "SELECT COUNT(*) " FROM CONDITIONS,
        .read = read_pair,
        .destroy = (GDestroyNotify)db_lookalike_free,
    };
    struct db_value values[CONDITION_VALUES + 2];
    gsize n = 0;

    if (!filter)
        filter = &ALL;
    values[n++] = db_asked_uuid(&filter->user_id);
    values[n++] = db_uuid(&filter->user_id);
    values[n++] = db_uuid(&filter->user_id);
    values[n++] = db_asked_enum(filter->seen);
    values[n++] = db_bool(filter->seen == 0);
    values[n++] = db_asked_uuid(&filter->teacher_id);
    for (int i = 0; i < 2 * DB_TAUGHT_PEOPLE_VALUES; i++)
        values[n++] = db_uuid(&filter->teacher_id);
    return db_list_read(connection, &LIST, values, n, page, total, error);
}
