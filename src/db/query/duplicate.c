#include "db/query/duplicate.h"

#include "base/text.h"
#include "db/driver.h"
#include "db/query/row.h"

#define FROM                                                                                       \
    "FROM duplicates d JOIN users u ON u.id = d.user_id JOIN users o ON o.id = d.other_id "        \
    "LEFT JOIN users w ON w.id = d.settled_by "
#define SELECT                                                                                     \
    "SELECT d.id, d.user_id, d.other_id, d.score, d.state, d.closed_id, d.settled_by, "            \
    "d.settled_at, d.created_at, d.updated_at, u.name, u.email, o.name, o.email, w.name, "         \
    "(SELECT COUNT(*) FROM face_templates f WHERE f.user_id = d.user_id), "                        \
    "(SELECT COUNT(*) FROM face_templates f WHERE f.user_id = d.other_id) " FROM
#define ORDER "ORDER BY d.created_at, d.id LIMIT ? OFFSET ?"

static const char *const STATES[DB_DUPLICATE_STATE_N] = {
    [DB_DUPLICATE_OPEN] = "open",
    [DB_DUPLICATE_DIFFERENT] = "different",
    [DB_DUPLICATE_SAME] = "same",
};

const char *db_duplicate_state_name(enum db_duplicate_state state)
{
    return (unsigned)state < DB_DUPLICATE_STATE_N ? STATES[state] : NULL;
}

bool db_duplicate_state_from_name(const char *name, enum db_duplicate_state *state)
{
    const int index = base_text_index(STATES, DB_DUPLICATE_STATE_N, name);

    if (index >= 0)
        *state = (enum db_duplicate_state)index;
    return index >= 0;
}

void db_duplicate_free(struct db_duplicate *duplicate)
{
    if (!duplicate)
        return;
    g_free(duplicate->user_name);
    g_free(duplicate->user_email);
    g_free(duplicate->other_name);
    g_free(duplicate->other_email);
    g_free(duplicate->settled_by_name);
    g_free(duplicate);
}

static gpointer read_duplicate(struct db_rows *rows)
{
    struct db_duplicate *duplicate = g_new0(struct db_duplicate, 1);

    duplicate->id = db_rows_uuid(rows, 0);
    duplicate->user_id = db_rows_uuid(rows, 1);
    duplicate->other_id = db_rows_uuid(rows, 2);
    duplicate->score = db_rows_real(rows, 3);
    if (!db_duplicate_state_from_name(db_rows_text(rows, 4), &duplicate->state))
        db_rows_fail(rows, "the state of a duplicate");
    duplicate->closed_id = db_rows_uuid(rows, 5);
    duplicate->settled_by = db_rows_uuid(rows, 6);
    duplicate->settled_at = db_rows_time(rows, 7);
    duplicate->created_at = db_rows_time(rows, 8);
    duplicate->updated_at = db_rows_time(rows, 9);
    duplicate->user_name = db_rows_dup_text(rows, 10);
    duplicate->user_email = db_rows_dup_text(rows, 11);
    duplicate->other_name = db_rows_dup_text(rows, 12);
    duplicate->other_email = db_rows_dup_text(rows, 13);
    duplicate->settled_by_name = db_rows_dup_text(rows, 14);
    duplicate->user_faces = db_rows_int(rows, 15);
    duplicate->other_faces = db_rows_int(rows, 16);
    return duplicate;
}

bool db_duplicate_insert(struct db_connection *connection, const struct db_duplicate *duplicate,
                         GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO duplicates (id, user_id, other_id, open_of, score, state, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'open', ?, ?)",
                      db_uuid(&duplicate->id), db_uuid(&duplicate->user_id),
                      db_uuid(&duplicate->other_id), db_uuid(&duplicate->user_id),
                      db_real(duplicate->score), db_time(duplicate->created_at),
                      db_time(duplicate->updated_at));
}

struct db_duplicate *db_duplicate_find(struct db_connection *connection, const struct base_uuid *id,
                                       GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE d.id = ?", db_uuid(id)),
                          read_duplicate, (GDestroyNotify)db_duplicate_free, "duplicate", error);
}

bool db_duplicate_is_open(struct db_connection *connection, const struct base_uuid *user_id,
                          bool *open, GError **error)
{
    gint64 n = 0;

    if (!db_query_int(connection, &n, error, "SELECT COUNT(*) FROM duplicates WHERE open_of = ?",
                      db_uuid(user_id)))
        return false;
    *open = n > 0;
    return true;
}

bool db_duplicate_settle(struct db_connection *connection, const struct db_duplicate *duplicate,
                         bool *changed, GError **error)
{
    gint64 rows = 0;
    const bool closed = !base_uuid_is_nil(&duplicate->closed_id);

    if (!db_execute(connection, &rows, error,
                    "UPDATE duplicates SET state = ?, open_of = NULL, closed_id = ?, "
                    "settled_by = ?, settled_at = ?, updated_at = ? "
                    "WHERE id = ? AND state = 'open'",
                    db_text(db_duplicate_state_name(duplicate->state)),
                    closed ? db_uuid(&duplicate->closed_id) : db_null(),
                    db_uuid(&duplicate->settled_by), db_time(duplicate->settled_at),
                    db_time(duplicate->updated_at), db_uuid(&duplicate->id)))
        return false;
    *changed = rows > 0;
    return true;
}

bool db_duplicate_withdraw(struct db_connection *connection, const struct base_uuid *user_id,
                           GError **error)
{
    return db_execute(connection, NULL, error, "DELETE FROM duplicates WHERE open_of = ?",
                      db_uuid(user_id));
}

/* The ids of the first column. */
static GArray *read_ids(struct db_rows *given, GError **error)
{
    GError *problem = NULL;
    g_autoptr(db_rows) rows = given;
    GArray *ids = rows ? g_array_new(FALSE, FALSE, sizeof(struct base_uuid)) : NULL;

    while (rows && db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        g_array_append_val(ids, id);
    }
    if (problem) {
        g_propagate_error(error, problem);
        g_clear_pointer(&ids, g_array_unref);
    }
    return ids;
}

GArray *db_duplicate_apart(struct db_connection *connection, const struct base_uuid *user_id,
                           GError **error)
{
    return read_ids(db_query(connection, error,
                             "SELECT d.other_id FROM duplicates d WHERE d.user_id = ? "
                             "AND d.state = 'different' UNION SELECT d.user_id FROM duplicates d "
                             "WHERE d.other_id = ? AND d.state = 'different'",
                             db_uuid(user_id), db_uuid(user_id)),
                    error);
}

GArray *db_duplicate_waiting(struct db_connection *connection, const struct base_uuid *other_id,
                             GError **error)
{
    return read_ids(db_query(connection, error,
                             "SELECT d.user_id FROM duplicates d WHERE d.other_id = ? "
                             "AND d.state = 'open'",
                             db_uuid(other_id)),
                    error);
}

GPtrArray *db_duplicate_list(struct db_connection *connection, int state,
                             const struct db_page *page, gint64 *total, GError **error)
{
    const bool any = state == DB_ANY;
    struct db_value values[1 + 2];
    const struct db_list list = {
        .select = any ? SELECT ORDER : SELECT "WHERE d.state = ? " ORDER,
        .count = any ? "SELECT COUNT(*) FROM duplicates"
                     : "SELECT COUNT(*) FROM duplicates WHERE state = ?",
        .read = read_duplicate,
        .destroy = (GDestroyNotify)db_duplicate_free,
    };

    if (!any)
        values[0] = db_text(db_duplicate_state_name((enum db_duplicate_state)state));
    return db_list_read(connection, &list, values, any ? 0 : 1, page, total, error);
}
