/*
 * The timetable as iCalendar: exports, everybody's private address for their calendar program, and
 * imports into a course.
 */
#ifndef SERVICE_CALENDAR_H
#define SERVICE_CALENDAR_H

#include "service/sessions.h"

/* ---- export ---- */

/* A person's week: what a student is on the roster of, what anybody else teaches. Sets the filter's
 * student_id or teacher_id; BASE_ERROR_NOT_FOUND when the caller may not see the person. */
bool service_calendar_of_user(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *user_id, struct db_session_filter *filter,
                              GError **error);

/* The sessions of a filter, with the permissions of service_session_list(), as a calendar of this
 * name. Cancelled ones are in it, as such. */
GBytes *service_calendar_export(struct service *service, const struct service_identity *identity,
                                const struct db_session_filter *filter, const char *name,
                                GError **error);

/* ---- private addresses ---- */

#define SERVICE_CALENDAR_TOKEN_SIZE 49 /* 48 hexadecimal digits and the NUL */

/* Makes the caller's address anew: whoever knew the one before sees nothing any more. Only its
 * digest is kept, so this is the only time that it is seen. */
bool service_calendar_feed_create(struct service *service, const struct service_identity *identity,
                                  char token[SERVICE_CALENDAR_TOKEN_SIZE], GError **error);
bool service_calendar_feed_delete(struct service *service, const struct service_identity *identity,
                                  GError **error);
/* Since when the caller has one; 0: there is none. */
bool service_calendar_feed_find(struct service *service, const struct service_identity *identity,
                                base_time *created_at, GError **error);

/* The calendar of an address: from half a year ago to 400 days from now. BASE_ERROR_NOT_FOUND for
 * an address that is void or whose person is not active any more. */
GBytes *service_calendar_feed(struct service *service, const char *token, GError **error);

/* ---- import ---- */

enum service_calendar_action {
    SERVICE_CALENDAR_ADD,     /* a new session */
    SERVICE_CALENDAR_CHANGE,  /* the session of an earlier import, or of our own export */
    SERVICE_CALENDAR_REMOVE,  /* its event no longer has this occurrence */
    SERVICE_CALENDAR_SAME,    /* nothing to do */
    SERVICE_CALENDAR_KEEP,    /* left alone, `reason` says why */
    SERVICE_CALENDAR_HOLIDAY, /* a new holiday */
    SERVICE_CALENDAR_REFUSE,  /* cannot be taken, `reason` says why */
    SERVICE_CALENDAR_ACTION_N,
};

/* "add", "change" … Static storage. */
const char *service_calendar_action_name(enum service_calendar_action action);

struct service_calendar_item {
    enum service_calendar_action action;
    char *uid;       /* as the file has it; NULL where there is none */
    char *title;     /* the event's summary; may be NULL */
    char *local_day; /* NULL of what is refused */
    gint32 start_second, end_second;
    char *reason; /* why not, or what is missing (a room that is not known); may be NULL */
};

struct service_calendar_plan {
    bool applied;
    GPtrArray *items; /* struct service_calendar_item * */
    gint64 counts[SERVICE_CALENDAR_ACTION_N];
};

void service_calendar_plan_free(struct service_calendar_plan *plan);
typedef struct service_calendar_plan service_calendar_plan;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_calendar_plan, service_calendar_plan_free)

/*
 * Reads the events of the course's term out of an iCalendar file as sessions of the course, and
 * with `holidays` those of whole days as holidays. Sessions are known again by the events' UIDs, so
 * reading a file twice changes nothing, and a changed file changes them. Sessions that have marks,
 * are over, or were edited by hand are left alone. Nothing is stored unless `apply`; the plan is
 * the same. Administrators only. Errors of ical_read().
 */
struct service_calendar_plan *service_calendar_import(struct service *service,
                                                      const struct service_identity *identity,
                                                      const struct base_uuid *course_id,
                                                      const void *data, gsize size, bool holidays,
                                                      bool apply, GError **error);

#endif
