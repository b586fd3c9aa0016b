#include "db/query/session_open.h"

#include "core/rules.h"
#include "db/query/row.h"
#include "db/query/session_row.h"

/* The person's courses first, by the keys of enrolments: a handful, whose sessions of two days the
 * index over (course_id, starts_at) finds. */
#define COLUMNS                                                                                    \
    "SELECT " DB_SESSION_COLUMNS ", COALESCE(p.rules, d.rules), a.id, a.method " DB_SESSION_FROM   \
    "LEFT JOIN policies p ON p.id = c.policy_id "                                                  \
    "LEFT JOIN policies d ON d.default_of = c.institution_id "                                     \
    "LEFT JOIN attendance a ON a.session_id = s.id AND a.user_id = ? "
#define ON_ROSTER                                                                                  \
    "s.state = 'planned' AND EXISTS (SELECT 1 FROM enrolments e WHERE e.user_id = ? "              \
    "AND e.first_day <= s.local_day AND (e.last_day IS NULL OR e.last_day >= s.local_day) "        \
    "AND (e.course_id = s.course_id OR EXISTS (SELECT 1 FROM course_groups h "                     \
    "WHERE h.course_id = s.course_id AND h.group_id = e.group_id))) "
#define COURSES                                                                                    \
    "(SELECT taken.course_id FROM (SELECT k.course_id FROM enrolments n JOIN course_groups k "     \
    "ON k.group_id = n.group_id WHERE n.user_id = ? UNION SELECT o.course_id FROM enrolments o "   \
    "WHERE o.user_id = ? AND o.course_id IS NOT NULL) taken) "

#define DAY (24 * 3600 * BASE_TIME_SECOND)
#define HOUR (3600 * BASE_TIME_SECOND)

static void open_free(gpointer data)
{
    struct db_session_open *open = data;

    core_session_free(open->session);
    g_free(open->rules);
    g_free(open);
}

static gpointer read_open(struct db_rows *rows)
{
    struct db_session_open *open = g_new0(struct db_session_open, 1);

    open->session = db_session_read(rows);
    open->rules = db_rows_dup_text(rows, DB_SESSION_COLUMNS_N);
    open->mark = db_rows_uuid(rows, DB_SESSION_COLUMNS_N + 1);
    if (!base_uuid_is_nil(&open->mark))
        open->method = db_rows_method(rows, DB_SESSION_COLUMNS_N + 2);
    return open;
}

GPtrArray *db_session_open_list(struct db_connection *connection, const struct base_uuid *user_id,
                                const struct base_uuid *session_id, base_time instant,
                                GError **error)
{
    const base_time before = CORE_RULES_OPENS_BEFORE_MAX * BASE_TIME_SECOND;
    const base_time after = CORE_RULES_CLOSES_AFTER_MAX * BASE_TIME_SECOND;
    struct db_rows *rows;

    /* A session lasts a day at most, and an hour more when the clocks are turned back. */
    if (base_uuid_is_nil(session_id))
        rows = db_query(connection, error,
                        COLUMNS "WHERE s.course_id IN " COURSES
                                "AND s.starts_at >= ? AND s.starts_at <= ? AND s.ends_at >= ? "
                                "AND " ON_ROSTER "ORDER BY s.starts_at, s.id",
                        db_uuid(user_id), db_uuid(user_id), db_uuid(user_id),
                        db_time(instant - after - DAY - HOUR), db_time(instant + before),
                        db_time(instant - after), db_uuid(user_id));
    else
        rows = db_query(connection, error, COLUMNS "WHERE s.id = ? AND " ON_ROSTER,
                        db_uuid(user_id), db_uuid(session_id), db_uuid(user_id));
    return db_rows_collect(rows, read_open, open_free, error);
}

#define NOW_OPEN                                                                                   \
    "s.state = 'planned' AND s.starts_at >= ? AND s.starts_at <= ? AND s.ends_at >= ? "            \
    "AND e.first_day <= s.local_day AND (e.last_day IS NULL OR e.last_day >= s.local_day) "

GArray *db_session_open_people(struct db_connection *connection, base_time instant, GError **error)
{
    const struct db_value earliest = db_time(instant - DAY - 2 * HOUR);
    const struct db_value latest = db_time(instant + HOUR), over = db_time(instant - HOUR);
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));
    g_autoptr(db_rows) rows =
        db_query(connection, error,
                 "SELECT e.user_id FROM sessions s JOIN enrolments e ON e.course_id = s.course_id "
                 "WHERE " NOW_OPEN "UNION SELECT e.user_id FROM sessions s "
                 "JOIN course_groups g ON g.course_id = s.course_id "
                 "JOIN enrolments e ON e.group_id = g.group_id WHERE " NOW_OPEN,
                 earliest, latest, over, earliest, latest, over);
    GError *problem = NULL;

    while (rows && db_rows_next(rows, &problem)) {
        const struct base_uuid id = db_rows_uuid(rows, 0);
        g_array_append_val(people, id);
    }
    if (problem)
        g_propagate_error(error, problem);
    return rows && !problem ? g_steal_pointer(&people) : NULL;
}

bool db_session_lock(struct db_connection *connection, const struct base_uuid *id, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE sessions SET updated_at = updated_at WHERE id = ?", db_uuid(id));
}

GArray *db_session_unmarked(struct db_connection *connection, const struct core_session *session,
                            gint64 limit, GError **error)
{
    g_autoptr(GArray) people = g_array_new(FALSE, FALSE, sizeof(struct db_session_person));
    const char *day = session->local_day;
    g_autoptr(db_rows) rows = db_query(
        connection, error,
        "SELECT u.id, u.group_id FROM users u WHERE u.deleted_at IS NULL AND u.active = TRUE "
        "AND u.id IN (SELECT roster.user_id FROM "
        "(SELECT e.user_id FROM course_groups g JOIN enrolments e ON e.group_id = g.group_id "
        "WHERE g.course_id = ? AND e.first_day <= ? AND (e.last_day IS NULL OR e.last_day >= ?) "
        "UNION SELECT o.user_id FROM enrolments o WHERE o.course_id = ? AND o.first_day <= ? "
        "AND (o.last_day IS NULL OR o.last_day >= ?)) roster) "
        "AND NOT EXISTS (SELECT 1 FROM attendance a WHERE a.session_id = ? AND a.user_id = u.id) "
        "ORDER BY u.id LIMIT ?",
        db_uuid(&session->course_id), db_text(day), db_text(day), db_uuid(&session->course_id),
        db_text(day), db_text(day), db_uuid(&session->id), db_int(limit));
    GError *problem = NULL;

    if (!rows)
        return NULL;
    while (db_rows_next(rows, &problem)) {
        const struct db_session_person person = {
            .id = db_rows_uuid(rows, 0),
            .group_id = db_rows_uuid(rows, 1),
        };
        g_array_append_val(people, person);
    }
    if (problem) {
        g_propagate_error(error, problem);
        return NULL;
    }
    return g_steal_pointer(&people);
}
