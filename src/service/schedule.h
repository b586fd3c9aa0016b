/*
 * Reports that are mailed regularly: a person's own schedules, and the institution's for who has
 * none of that kind (service/institution.h).
 *
 * A daily or weekly report that goes out before noon tells of the days before its own; one from
 * noon on includes it. At the end of a course a report of the whole course goes out on the day
 * after the last one of its term.
 */
#ifndef SERVICE_SCHEDULE_H
#define SERVICE_SCHEDULE_H

#include "base/json.h"
#include "db/query/report_schedule.h"
#include "service/service.h"

/*
 * Adds to the outbox the reports that became due since this was last done by anybody, of each
 * schedule the newest alone. The first call ever only notes the time. Any number of nodes may do it
 * at once: each report is added once. `added` may be NULL.
 */
bool service_schedule_run(struct service *service, base_time now, gint64 *added, GError **error);

/* Which members of struct service_schedule_input are given. */
enum service_schedule_field {
    SERVICE_SCHEDULE_COURSE = 1 << 0,
    SERVICE_SCHEDULE_KIND = 1 << 1,
    SERVICE_SCHEDULE_FREQUENCY = 1 << 2,
    SERVICE_SCHEDULE_WEEKDAY = 1 << 3,
    SERVICE_SCHEDULE_AT = 1 << 4,
    SERVICE_SCHEDULE_FORMAT = 1 << 5,
    SERVICE_SCHEDULE_ACTIVE = 1 << 6,
};

struct service_schedule_input {
    unsigned fields;            /* enum service_schedule_field, or-ed */
    struct base_uuid user_id;   /* of a new one; nil: the caller's own */
    struct base_uuid course_id; /* nil: all of the person's courses */
    const char *kind;           /* "student", "teacher"; new: as the person's role is */
    const char *frequency;      /* "daily", "weekly", "course_end"; new: "weekly" */
    gint64 weekday;             /* 1 … 7; new: 1 */
    const char *at;             /* "07:30"; new: "07:00" */
    const char *format;         /* "pdf", "xlsx", "csv"; new: "pdf" */
    bool active;                /* new: true */
};

/*
 * One's own; administrators everybody's. Others do not exist for the caller (BASE_ERROR_NOT_FOUND).
 * BASE_ERROR_INVALID names the field ("course", "kind", "frequency", "weekday", "at", "format"):
 * a student's report is for students, a teacher's for staff, a course one that the person attends
 * or teaches.
 */
struct db_report_schedule *service_schedule_create(struct service *service,
                                                   const struct service_identity *identity,
                                                   const struct service_schedule_input *input,
                                                   GError **error);
struct db_report_schedule *service_schedule_change(struct service *service,
                                                   const struct service_identity *identity,
                                                   const struct base_uuid *id,
                                                   const struct service_schedule_input *input,
                                                   GError **error);
bool service_schedule_delete(struct service *service, const struct service_identity *identity,
                             const struct base_uuid *id, GError **error);
struct db_report_schedule *service_schedule_find(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct base_uuid *id, GError **error);
/* `user_id` nil: everybody's for an administrator, one's own otherwise. */
GPtrArray *service_schedule_list(struct service *service, const struct service_identity *identity,
                                 const struct base_uuid *user_id, const struct db_page *page,
                                 gint64 *total, GError **error);

/*
 * Mails a report to the caller as soon as possible, once in a minute of each. `request` (borrowed)
 * has the members of GET /reports/{name}; it is tried at once, so that what is wrong is said now:
 * errors of service_report_open(). BASE_ERROR_CONFLICT without an account or an address.
 */
bool service_report_mail(struct service *service, const struct service_identity *identity,
                         const char *name, json_t *request, const char *format, GError **error);

#endif
