#include "db/query/session.h"

#include "db/driver.h"
#include "db/query/enrolment.h"
#include "db/query/row.h"
#include "db/query/session_row.h"

enum { INSERT_ROWS = 32 };

#define COLUMNS                                                                                    \
    "id, course_id, slot_id, slot_day, external_uid, room_id, title, local_day, start_second, "    \
    "end_second, starts_at, ends_at, state, edited, note, closed_at, created_at, updated_at"
#define COLUMNS_N 18
#define ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define ROWS_4 ROW ", " ROW ", " ROW ", " ROW
#define ROWS_16 ROWS_4 ", " ROWS_4 ", " ROWS_4 ", " ROWS_4
#define ROWS_32 ROWS_16 ", " ROWS_16

static enum core_session_state read_state(struct db_rows *rows, guint column)
{
    enum core_session_state state = CORE_SESSION_PLANNED;

    if (!core_session_state_from_name(db_rows_text(rows, column), &state))
        db_rows_fail(rows, "the state of a session");
    return state;
}

gpointer db_session_read(struct db_rows *rows)
{
    struct core_session *session = g_new0(struct core_session, 1);

    session->id = db_rows_uuid(rows, 0);
    session->course_id = db_rows_uuid(rows, 1);
    session->slot_id = db_rows_uuid(rows, 2);
    session->slot_day = db_rows_dup_text(rows, 3);
    session->external_uid = db_rows_dup_text(rows, 4);
    session->room_id = db_rows_uuid(rows, 5);
    session->title = db_rows_dup_text(rows, 6);
    session->local_day = db_rows_dup_text(rows, 7);
    session->start_second = (gint32)db_rows_int(rows, 8);
    session->end_second = (gint32)db_rows_int(rows, 9);
    session->starts_at = db_rows_time(rows, 10);
    session->ends_at = db_rows_time(rows, 11);
    session->state = read_state(rows, 12);
    session->edited = db_rows_bool(rows, 13);
    session->note = db_rows_dup_text(rows, 14);
    session->closed_at = db_rows_time(rows, 15);
    session->created_at = db_rows_time(rows, 16);
    session->updated_at = db_rows_time(rows, 17);
    session->course_name = db_rows_dup_text(rows, 18);
    session->room_name = db_rows_dup_text(rows, 19);
    return session;
}

static void bind_row(const struct core_session *session, struct db_value values[COLUMNS_N])
{
    const struct db_value row[COLUMNS_N] = {
        db_uuid(&session->id),
        db_uuid(&session->course_id),
        db_uuid(&session->slot_id),
        db_text(session->slot_day),
        db_text(session->external_uid),
        db_uuid(&session->room_id),
        db_text(session->title),
        db_text(session->local_day),
        db_int(session->start_second),
        db_int(session->end_second),
        db_time(session->starts_at),
        db_time(session->ends_at),
        db_text(core_session_state_name(session->state)),
        db_bool(session->edited),
        db_text(session->note),
        db_time_or_null(session->closed_at),
        db_time(session->created_at),
        db_time(session->updated_at),
    };

    for (gsize i = 0; i < COLUMNS_N; i++)
        values[i] = row[i];
}

bool db_session_insert(struct db_connection *connection, const struct core_session *session,
                       GError **error)
{
    struct db_value values[COLUMNS_N];

    bind_row(session, values);
    return db_execute_values(connection, NULL, error,
                             "INSERT INTO sessions (" COLUMNS ") VALUES " ROW, values, COLUMNS_N);
}

bool db_session_insert_all(struct db_connection *connection, const GPtrArray *sessions,
                           GError **error)
{
    struct db_value values[INSERT_ROWS * COLUMNS_N];
    guint i = 0;

    for (; i + INSERT_ROWS <= sessions->len; i += INSERT_ROWS) {
        for (guint row = 0; row < INSERT_ROWS; row++)
            bind_row(sessions->pdata[i + row], values + (gsize)row * COLUMNS_N);
        if (!db_execute_values(connection, NULL, error,
                               "INSERT INTO sessions (" COLUMNS ") VALUES " ROWS_32, values,
                               G_N_ELEMENTS(values)))
            return false;
    }
    for (; i < sessions->len; i++)
        if (!db_session_insert(connection, sessions->pdata[i], error))
            return false;
    return true;
}

struct core_session *db_session_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error)
{
    return db_rows_single(
        db_query(connection, error, DB_SESSION_SELECT "WHERE s.id = ?", db_uuid(id)),
        db_session_read, (GDestroyNotify)core_session_free, "session", error);
}

bool db_session_update(struct db_connection *connection, const struct core_session *session,
                       GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE sessions SET slot_day = ?, external_uid = ?, room_id = ?, "
                      "title = ?, local_day = ?, start_second = ?, end_second = ?, starts_at = ?, "
                      "ends_at = ?, state = ?, edited = ?, note = ?, updated_at = ? WHERE id = ?",
                      db_text(session->slot_day), db_text(session->external_uid),
                      db_uuid(&session->room_id), db_text(session->title),
                      db_text(session->local_day), db_int(session->start_second),
                      db_int(session->end_second), db_time(session->starts_at),
                      db_time(session->ends_at), db_text(core_session_state_name(session->state)),
                      db_bool(session->edited), db_text(session->note),
                      db_time(session->updated_at), db_uuid(&session->id)) &&
           db_changed_some(changed, "session", error);
}

bool db_session_delete(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM sessions WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "session", error);
}

bool db_session_delete_course(struct db_connection *connection, const struct base_uuid *course_id,
                              GError **error)
{
    return db_execute(connection, NULL, error, "DELETE FROM sessions WHERE course_id = ?",
                      db_uuid(course_id));
}

bool db_session_count_marks(struct db_connection *connection, const struct base_uuid *id,
                            gint64 *count, GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM attendance a WHERE a.session_id = ?", db_uuid(id));
}

GHashTable *db_session_marked(struct db_connection *connection, const struct base_uuid *course_id,
                              GError **error)
{
    g_autoptr(GHashTable) marked =
        g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT s.id FROM sessions s WHERE s.course_id = ? AND EXISTS "
                 "(SELECT 1 FROM attendance a WHERE a.session_id = s.id)",
                 db_uuid(course_id));
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        g_hash_table_add(marked, g_memdup2(&id, sizeof id));
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&marked);
}

bool db_session_count_course(struct db_connection *connection, const struct base_uuid *course_id,
                             gint64 *count, GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM sessions s WHERE s.course_id = ?",
                        db_uuid(course_id));
}

/* ---- rosters ---- */

GArray *db_session_roster(struct db_connection *connection, const struct core_session *session,
                          GError **error)
{
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    g_autoptr(db_rows) rows = db_query(
        connection, error,
        "SELECT u.id FROM users u WHERE u.deleted_at IS NULL AND u.id IN (SELECT m.user_id FROM "
        "(SELECT e.user_id FROM course_groups g JOIN enrolments e ON e.group_id = g.group_id "
        "WHERE g.course_id = ? AND e.first_day <= ? AND (e.last_day IS NULL OR e.last_day >= ?) "
        "UNION SELECT o.user_id FROM enrolments o WHERE o.course_id = ? AND o.first_day <= ? "
        "AND (o.last_day IS NULL OR o.last_day >= ?)) m)",
        db_uuid(&session->course_id), db_text(session->local_day), db_text(session->local_day),
        db_uuid(&session->course_id), db_text(session->local_day), db_text(session->local_day));
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        g_array_append_val(people, id);
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&people);
}

bool db_session_has_student(struct db_connection *connection, const struct core_session *session,
                            const struct base_uuid *user_id, bool *has, GError **error)
{
    return db_enrolment_is_on_roster(connection, &session->course_id, user_id, session->local_day,
                                     has, error);
}

/* ---- closing ---- */

GPtrArray *db_sessions_to_close(struct db_connection *connection, base_time now,
                                const struct core_session *after, gint64 limit, GError **error)
{
    const struct db_page page = {.limit = limit};

    return db_rows_collect(
        db_query(
            connection, error,
            DB_SESSION_SELECT "WHERE s.closed_at IS NULL AND s.ends_at <= ? AND s.ends_at >= ? "
                              "AND s.state = 'planned' AND (s.ends_at > ? OR s.id > ?) "
                              "ORDER BY s.ends_at, s.id LIMIT ?",
            db_time(now), db_time(after ? after->ends_at : 0), db_time(after ? after->ends_at : 0),
            db_uuid(after ? &after->id : NULL), db_int(db_page_limit(&page))),
        db_session_read, (GDestroyNotify)core_session_free, error);
}

bool db_session_set_closed(struct db_connection *connection, const struct base_uuid *id,
                           base_time closed_at, bool *changed, GError **error)
{
    gint64 there, rows;

    if (!db_execute(connection, &rows, error,
                    "UPDATE sessions SET closed_at = ? WHERE id = ? "
                    "AND ((? = 0 AND closed_at IS NOT NULL) OR (? = 1 AND closed_at IS NULL))",
                    db_time_or_null(closed_at), db_uuid(id), db_int(closed_at != 0),
                    db_int(closed_at != 0)))
        return false;
    if (changed)
        *changed = rows > 0;
    return rows > 0 || (db_query_int(connection, &there, error,
                                     "SELECT COUNT(*) FROM sessions WHERE id = ?", db_uuid(id)) &&
                        db_changed_some(there, "session", error));
}

/* ---- generating ---- */

static void generated_free(gpointer data)
{
    struct db_session_generated *generated = data;

    core_session_free(generated->session);
    g_free(generated);
}

static gpointer read_generated(struct db_rows *rows)
{
    struct db_session_generated *generated = g_new0(struct db_session_generated, 1);

    generated->session = db_session_read(rows);
    generated->marked = db_rows_int(rows, DB_SESSION_COLUMNS_N) != 0;
    return generated;
}

#define GENERATED                                                                                  \
    "SELECT " DB_SESSION_COLUMNS ", CASE WHEN EXISTS (SELECT 1 FROM attendance a WHERE "           \
    "a.session_id = s.id) THEN 1 ELSE 0 END " DB_SESSION_FROM

GPtrArray *db_session_list_generated(struct db_connection *connection,
                                     const struct base_uuid *course_id,
                                     const struct base_uuid *term_id, const char *from_day,
                                     const char *to_day, GError **error)
{
    struct db_rows *rows =
        base_uuid_is_nil(course_id)
            ? db_query(connection, error,
                       GENERATED "WHERE c.term_id = ? AND s.slot_id IS NOT NULL "
                                 "AND s.slot_day >= ? AND s.slot_day <= ?",
                       db_uuid(term_id), db_text(from_day), db_text(to_day))
            : db_query(connection, error,
                       GENERATED "WHERE s.course_id = ? AND s.slot_id IS NOT NULL "
                                 "AND s.slot_day >= ? AND s.slot_day <= ?",
                       db_uuid(course_id), db_text(from_day), db_text(to_day));

    return db_rows_collect(rows, read_generated, generated_free, error);
}

GPtrArray *db_session_list_future(struct db_connection *connection, base_time from, GError **error)
{
    return db_rows_collect(db_query(connection, error,
                                    DB_SESSION_SELECT
                                    "WHERE s.starts_at >= ? ORDER BY s.starts_at, s.id",
                                    db_time(from)),
                           db_session_read, (GDestroyNotify)core_session_free, error);
}

bool db_session_set_instants(struct db_connection *connection, const struct base_uuid *id,
                             base_time starts_at, base_time ends_at, base_time now, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE sessions SET starts_at = ?, ends_at = ?, updated_at = ? WHERE id = ?",
                      db_time(starts_at), db_time(ends_at), db_time(now), db_uuid(id));
}
