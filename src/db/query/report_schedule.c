#include "db/query/report_schedule.h"

#include "base/error.h"
#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT s.id, s.user_id, s.course_id, s.kind, s.frequency, s.weekday, s.at_second, s.format, " \
    "s.active, s.created_at, s.updated_at, u.name FROM report_schedules s "                        \
    "JOIN users u ON u.id = s.user_id "

static const char *const KINDS[DB_SCHEDULE_KIND_N] = {
    [DB_SCHEDULE_STUDENT] = "student",
    [DB_SCHEDULE_TEACHER] = "teacher",
};

static const char *const FREQUENCIES[DB_SCHEDULE_FREQUENCY_N] = {
    [DB_SCHEDULE_DAILY] = "daily",
    [DB_SCHEDULE_WEEKLY] = "weekly",
    [DB_SCHEDULE_COURSE_END] = "course_end",
};

const char *db_schedule_kind_name(enum db_schedule_kind kind)
{
    return (unsigned)kind < DB_SCHEDULE_KIND_N ? KINDS[kind] : NULL;
}

bool db_schedule_kind_from_name(const char *name, enum db_schedule_kind *kind)
{
    const int index = base_text_index(KINDS, DB_SCHEDULE_KIND_N, name);

    if (index >= 0)
        *kind = (enum db_schedule_kind)index;
    return index >= 0;
}

const char *db_schedule_frequency_name(enum db_schedule_frequency frequency)
{
    return (unsigned)frequency < DB_SCHEDULE_FREQUENCY_N ? FREQUENCIES[frequency] : NULL;
}

bool db_schedule_frequency_from_name(const char *name, enum db_schedule_frequency *frequency)
{
    const int index = base_text_index(FREQUENCIES, DB_SCHEDULE_FREQUENCY_N, name);

    if (index >= 0)
        *frequency = (enum db_schedule_frequency)index;
    return index >= 0;
}

void db_report_schedule_free(struct db_report_schedule *schedule)
{
    if (!schedule)
        return;
    g_free(schedule->format);
    g_free(schedule->user_name);
    g_free(schedule);
}

static gpointer read_schedule(struct db_rows *rows)
{
    struct db_report_schedule *schedule = g_new0(struct db_report_schedule, 1);

    schedule->id = db_rows_uuid(rows, 0);
    schedule->user_id = db_rows_uuid(rows, 1);
    schedule->course_id = db_rows_uuid(rows, 2);
    /* The table's own rules allow no other names. */
    (void)db_schedule_kind_from_name(db_rows_text(rows, 3), &schedule->kind);
    (void)db_schedule_frequency_from_name(db_rows_text(rows, 4), &schedule->frequency);
    schedule->weekday = db_rows_int(rows, 5);
    schedule->at_second = db_rows_int(rows, 6);
    schedule->format = db_rows_dup_text(rows, 7);
    schedule->active = db_rows_bool(rows, 8);
    schedule->created_at = db_rows_time(rows, 9);
    schedule->updated_at = db_rows_time(rows, 10);
    schedule->user_name = db_rows_dup_text(rows, 11);
    return schedule;
}

static GPtrArray *collect(struct db_rows *rows, GError **error)
{
    return db_rows_collect(rows, read_schedule, (GDestroyNotify)db_report_schedule_free, error);
}

bool db_report_schedule_insert(struct db_connection *connection,
                               const struct db_report_schedule *schedule, GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO report_schedules (id, user_id, course_id, kind, frequency, "
                      "weekday, at_second, format, active, created_at, updated_at) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      db_uuid(&schedule->id), db_uuid(&schedule->user_id),
                      db_uuid(&schedule->course_id), db_text(db_schedule_kind_name(schedule->kind)),
                      db_text(db_schedule_frequency_name(schedule->frequency)),
                      db_int(schedule->weekday), db_int(schedule->at_second),
                      db_text(schedule->format), db_bool(schedule->active),
                      db_time(schedule->created_at), db_time(schedule->updated_at));
}

bool db_report_schedule_update(struct db_connection *connection,
                               const struct db_report_schedule *schedule, GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error,
                      "UPDATE report_schedules SET course_id = ?, kind = ?, frequency = ?, "
                      "weekday = ?, at_second = ?, format = ?, active = ?, updated_at = ? "
                      "WHERE id = ?",
                      db_uuid(&schedule->course_id), db_text(db_schedule_kind_name(schedule->kind)),
                      db_text(db_schedule_frequency_name(schedule->frequency)),
                      db_int(schedule->weekday), db_int(schedule->at_second),
                      db_text(schedule->format), db_bool(schedule->active),
                      db_time(schedule->updated_at), db_uuid(&schedule->id)) &&
           db_changed_some(changed, "schedule", error);
}

bool db_report_schedule_delete(struct db_connection *connection, const struct base_uuid *id,
                               GError **error)
{
    gint64 changed;

    return db_execute(connection, &changed, error, "DELETE FROM report_schedules WHERE id = ?",
                      db_uuid(id)) &&
           db_changed_some(changed, "schedule", error);
}

struct db_report_schedule *db_report_schedule_find(struct db_connection *connection,
                                                   const struct base_uuid *id, GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE s.id = ?", db_uuid(id)),
                          read_schedule, (GDestroyNotify)db_report_schedule_free, "schedule",
                          error);
}

GPtrArray *db_report_schedule_list(struct db_connection *connection,
                                   const struct base_uuid *user_id, const struct db_page *page,
                                   gint64 *total, GError **error)
{
    g_autoptr(GPtrArray) schedules =
        collect(db_query(connection, error,
                         SELECT "WHERE (? = 0 OR s.user_id = ?) ORDER BY s.user_id, s.id "
                                "LIMIT ? OFFSET ?",
                         db_asked_uuid(user_id), db_uuid(user_id), db_int(db_page_limit(page)),
                         db_int(db_page_offset(page))),
                error);

    if (schedules && total && !db_page_total(page, schedules->len, total) &&
        !db_query_int(connection, total, error,
                      "SELECT COUNT(*) FROM report_schedules WHERE (? = 0 OR user_id = ?)",
                      db_asked_uuid(user_id), db_uuid(user_id)))
        return NULL;
    return g_steal_pointer(&schedules);
}

GPtrArray *db_report_schedule_list_active(struct db_connection *connection, GError **error)
{
    return collect(db_query(connection, error,
                            SELECT "WHERE u.active = TRUE AND u.deleted_at IS NULL ORDER BY s.id"),
                   error);
}

/* ---- mail that is not wanted ---- */

bool db_mail_refusal_set(struct db_connection *connection, const struct base_uuid *user_id,
                         const char *kind, bool refused, base_time now, GError **error)
{
    static const struct db_sql ADD = {
        .common = "INSERT INTO mail_refusals (user_id, kind, created_at) VALUES (?, ?, ?) "
                  "ON CONFLICT (user_id, kind) DO NOTHING",
        .mariadb = "INSERT INTO mail_refusals (user_id, kind, created_at) VALUES (?, ?, ?) "
                   "ON DUPLICATE KEY UPDATE kind = kind",
    };

    if (refused)
        return db_execute(connection, NULL, error, db_sql(connection, &ADD), db_uuid(user_id),
                          db_text(kind), db_time(now));
    return db_execute(connection, NULL, error,
                      "DELETE FROM mail_refusals WHERE user_id = ? AND kind = ?", db_uuid(user_id),
                      db_text(kind));
}

bool db_mail_refusal_get(struct db_connection *connection, const struct base_uuid *user_id,
                         const char *kind, bool *refused, GError **error)
{
    gint64 count;

    if (!db_query_int(connection, &count, error,
                      "SELECT COUNT(*) FROM mail_refusals WHERE user_id = ? AND kind = ?",
                      db_uuid(user_id), db_text(kind)))
        return false;
    *refused = count > 0;
    return true;
}
