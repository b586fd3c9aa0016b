/* The report_schedules and mail_refusals tables: who gets which report when, and who wants no mail
 * of a kind. Errors are those of db.h. */
#ifndef DB_QUERY_REPORT_SCHEDULE_H
#define DB_QUERY_REPORT_SCHEDULE_H

#include "base/time.h"
#include "base/uuid.h"
#include "db/db.h"
#include "db/query/page.h"

enum db_schedule_kind {
    DB_SCHEDULE_STUDENT, /* a person's own attendance */
    DB_SCHEDULE_TEACHER, /* the courses that a person teaches */
    DB_SCHEDULE_KIND_N,
};

enum db_schedule_frequency {
    DB_SCHEDULE_DAILY,
    DB_SCHEDULE_WEEKLY,
    DB_SCHEDULE_COURSE_END,
    DB_SCHEDULE_FREQUENCY_N,
};

/* "student", "teacher"; "daily", "weekly", "course_end". Static storage; NULL out of range. */
const char *db_schedule_kind_name(enum db_schedule_kind kind);
bool db_schedule_kind_from_name(const char *name, enum db_schedule_kind *kind);
const char *db_schedule_frequency_name(enum db_schedule_frequency frequency);
bool db_schedule_frequency_from_name(const char *name, enum db_schedule_frequency *frequency);

struct db_report_schedule {
    struct base_uuid id;
    struct base_uuid user_id;
    struct base_uuid course_id; /* none: every course of that person */
    enum db_schedule_kind kind;
    enum db_schedule_frequency frequency;
    gint64 weekday;   /* 1 Monday … 7 Sunday; of a weekly one */
    gint64 at_second; /* after midnight on the institution's wall */
    char *format;     /* "pdf", "xlsx" or "csv" */
    bool active;
    base_time created_at;
    base_time updated_at;
    char *user_name; /* filled when read */
};

void db_report_schedule_free(struct db_report_schedule *schedule);
typedef struct db_report_schedule db_report_schedule;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_report_schedule, db_report_schedule_free)

bool db_report_schedule_insert(struct db_connection *connection,
                               const struct db_report_schedule *schedule, GError **error);
/* Writes everything but id, person and created_at. BASE_ERROR_NOT_FOUND. */
bool db_report_schedule_update(struct db_connection *connection,
                               const struct db_report_schedule *schedule, GError **error);
bool db_report_schedule_delete(struct db_connection *connection, const struct base_uuid *id,
                               GError **error);
/* NULL with BASE_ERROR_NOT_FOUND. */
struct db_report_schedule *db_report_schedule_find(struct db_connection *connection,
                                                   const struct base_uuid *id, GError **error);
/* Of one person, nil: of everybody; `total` and `page` may be NULL. */
GPtrArray *db_report_schedule_list(struct db_connection *connection,
                                   const struct base_uuid *user_id, const struct db_page *page,
                                   gint64 *total, GError **error);
/* Everybody's whose account is active, those that are switched off included. */
GPtrArray *db_report_schedule_list_active(struct db_connection *connection, GError **error);

/* ---- mail_refusals ---- */

bool db_mail_refusal_set(struct db_connection *connection, const struct base_uuid *user_id,
                         const char *kind, bool refused, base_time now, GError **error);
bool db_mail_refusal_get(struct db_connection *connection, const struct base_uuid *user_id,
                         const char *kind, bool *refused, GError **error);

#endif
