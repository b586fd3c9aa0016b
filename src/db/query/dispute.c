#include "db/query/dispute.h"

#include "base/text.h"
#include "db/driver.h"
#include "db/query/row.h"

#define FROM                                                                                       \
    "FROM disputes d JOIN attendance a ON a.id = d.attendance_id "                                 \
    "LEFT JOIN users u ON u.id = d.user_id LEFT JOIN users w ON w.id = d.answered_by "             \
    "LEFT JOIN courses c ON c.id = a.course_id "
#define SELECT                                                                                     \
    "SELECT d.id, d.attendance_id, d.user_id, d.message, d.state, d.answer, d.answered_by, "       \
    "d.answered_at, d.created_at, d.updated_at, u.name, w.name, a.course_id, c.name, "             \
    "a.session_id, a.local_day, a.status, a.status_code " FROM

#define CONDITIONS                                                                                 \
    "(? = 0 OR d.user_id = ?) AND (? = 0 OR a.course_id = ?) AND (? = 0 OR d.state = ?) "          \
    "AND (? = 0 OR EXISTS (SELECT 1 FROM course_teachers t WHERE t.course_id = a.course_id "       \
    "AND t.teacher_id = ?) OR (a.course_id IS NULL AND EXISTS (SELECT 1 FROM group_teachers k "    \
    "WHERE k.group_id = u.group_id AND k.teacher_id = ?))) "
#define CONDITION_VALUES 9
#define ORDER "ORDER BY d.created_at DESC, d.id DESC LIMIT ? OFFSET ?"

/* What the search starts from: each has its index. */
enum scope {
    SCOPE_ALL,
    SCOPE_USER,
    SCOPE_STATE,
};

static const struct {
    const char *list, *count;
} STATEMENTS[] = {
#define STATEMENT(where)                                                                           \
    {                                                                                              \
        SELECT "WHERE " where CONDITIONS ORDER, "SELECT COUNT(*) " FROM "WHERE " where CONDITIONS  \
    }
    [SCOPE_ALL] = STATEMENT(""),
    [SCOPE_USER] = STATEMENT("d.user_id = ? AND "),
    [SCOPE_STATE] = STATEMENT("d.state = ? AND "),
};

static const char *const STATES[DB_DISPUTE_STATE_N] = {
    [DB_DISPUTE_OPEN] = "open",
    [DB_DISPUTE_ACCEPTED] = "accepted",
    [DB_DISPUTE_REJECTED] = "rejected",
    [DB_DISPUTE_WITHDRAWN] = "withdrawn",
};

const char *db_dispute_state_name(enum db_dispute_state state)
{
    return (unsigned)state < DB_DISPUTE_STATE_N ? STATES[state] : NULL;
}

bool db_dispute_state_from_name(const char *name, enum db_dispute_state *state)
{
    const int index = base_text_index(STATES, DB_DISPUTE_STATE_N, name);

    if (index >= 0)
        *state = (enum db_dispute_state)index;
    return index >= 0;
}

void db_dispute_free(struct db_dispute *dispute)
{
    if (!dispute)
        return;
    g_free(dispute->message);
    g_free(dispute->answer);
    g_free(dispute->user_name);
    g_free(dispute->answered_by_name);
    g_free(dispute->course_name);
    g_free(dispute->local_day);
    g_free(dispute->status_code);
    g_free(dispute);
}

static gpointer read_dispute(struct db_rows *rows)
{
    struct db_dispute *dispute = g_new0(struct db_dispute, 1);

    dispute->id = db_rows_uuid(rows, 0);
    dispute->attendance_id = db_rows_uuid(rows, 1);
    dispute->user_id = db_rows_uuid(rows, 2);
    dispute->message = db_rows_dup_text(rows, 3);
    if (!db_dispute_state_from_name(db_rows_text(rows, 4), &dispute->state))
        db_rows_fail(rows, "the state of a dispute");
    dispute->answer = db_rows_dup_text(rows, 5);
    dispute->answered_by = db_rows_uuid(rows, 6);
    dispute->answered_at = db_rows_time(rows, 7);
    dispute->created_at = db_rows_time(rows, 8);
    dispute->updated_at = db_rows_time(rows, 9);
    dispute->user_name = db_rows_dup_text(rows, 10);
    dispute->answered_by_name = db_rows_dup_text(rows, 11);
    dispute->course_id = db_rows_uuid(rows, 12);
    dispute->course_name = db_rows_dup_text(rows, 13);
    dispute->session_id = db_rows_uuid(rows, 14);
    dispute->local_day = db_rows_dup_text(rows, 15);
    dispute->status = db_rows_status(rows, 16);
    dispute->status_code = db_rows_dup_text(rows, 17);
    return dispute;
}

bool db_dispute_insert(struct db_connection *connection, const struct db_dispute *dispute,
                       GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO disputes (id, attendance_id, open_of, user_id, message, state, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'open', ?, ?)",
                      db_uuid(&dispute->id), db_uuid(&dispute->attendance_id),
                      db_uuid(&dispute->attendance_id), db_uuid(&dispute->user_id),
                      db_text(dispute->message), db_time(dispute->created_at),
                      db_time(dispute->updated_at));
}

struct db_dispute *db_dispute_find(struct db_connection *connection, const struct base_uuid *id,
                                   GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE d.id = ?", db_uuid(id)),
                          read_dispute, (GDestroyNotify)db_dispute_free, "dispute", error);
}

bool db_dispute_end(struct db_connection *connection, const struct db_dispute *dispute,
                    bool *changed, GError **error)
{
    gint64 rows = 0;

    if (!db_execute(connection, &rows, error,
                    "UPDATE disputes SET state = ?, open_of = NULL, answer = ?, answered_by = ?, "
                    "answered_at = ?, updated_at = ? WHERE id = ? AND state = 'open'",
                    db_text(db_dispute_state_name(dispute->state)), db_text(dispute->answer),
                    db_uuid(&dispute->answered_by), db_time_or_null(dispute->answered_at),
                    db_time(dispute->updated_at), db_uuid(&dispute->id)))
        return false;
    *changed = rows > 0;
    return true;
}

/* Fills in the conditions and returns how many values they take. */
static gsize bind_filter(const struct db_dispute_filter *filter, enum scope scope,
                         struct db_value values[1 + CONDITION_VALUES])
{
    const char *state = db_dispute_state_name((enum db_dispute_state)filter->state);
    const struct db_value conditions[CONDITION_VALUES] = {
        db_asked_uuid(&filter->user_id),    db_uuid(&filter->user_id),
        db_asked_uuid(&filter->course_id),  db_uuid(&filter->course_id),
        db_asked_enum(filter->state),       db_text(state),
        db_asked_uuid(&filter->teacher_id), db_uuid(&filter->teacher_id),
        db_uuid(&filter->teacher_id),
    };
    gsize n = 0;

    if (scope == SCOPE_USER)
        values[n++] = db_uuid(&filter->user_id);
    else if (scope == SCOPE_STATE)
        values[n++] = db_text(state);
    for (gsize i = 0; i < CONDITION_VALUES; i++)
        values[n++] = conditions[i];
    return n;
}

GPtrArray *db_dispute_list(struct db_connection *connection, const struct db_dispute_filter *filter,
                           const struct db_page *page, gint64 *total, GError **error)
{
    static const struct db_dispute_filter ALL = {.state = DB_ANY};
    struct db_value values[1 + CONDITION_VALUES + 2];
    enum scope scope = SCOPE_ALL;

    if (!filter)
        filter = &ALL;
    if (!base_uuid_is_nil(&filter->user_id))
        scope = SCOPE_USER;
    else if (filter->state != DB_ANY)
        scope = SCOPE_STATE;
    const gsize n = bind_filter(filter, scope, values);
    const struct db_list list = {
        .select = STATEMENTS[scope].list,
        .count = STATEMENTS[scope].count,
        .read = read_dispute,
        .destroy = (GDestroyNotify)db_dispute_free,
    };
    return db_list_read(connection, &list, values, n, page, total, error);
}

bool db_dispute_erase_person(struct db_connection *connection, const struct base_uuid *user_id,
                             base_time now, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE disputes SET message = '', answer = NULL, state = CASE state "
                      "WHEN 'open' THEN 'withdrawn' ELSE state END, open_of = NULL, "
                      "updated_at = ? WHERE user_id = ?",
                      db_time(now), db_uuid(user_id)) &&
           db_execute(connection, NULL, error,
                      "UPDATE attendance_changes SET reason = NULL WHERE reason IS NOT NULL AND "
                      "attendance_id IN (SELECT a.id FROM attendance a WHERE a.user_id = ?)",
                      db_uuid(user_id));
}
