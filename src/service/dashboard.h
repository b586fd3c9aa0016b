/*
 * What somebody sees first: today's sessions, how attendance goes, who is at risk, and what was
 * corrected or disputed, all of it as far as the caller may see it: administrators everything,
 * teachers what they teach, students themselves.
 */
#ifndef SERVICE_DASHBOARD_H
#define SERVICE_DASHBOARD_H

#include "core/catalogue.h"
#include "core/statistics.h"
#include "service/service.h"

struct service_dashboard_request {
    struct base_uuid course_id; /* nil: any; likewise below */
    struct base_uuid group_id;
    struct base_uuid term_id;
    const char *from_day; /* of trend and methods; NULL: eight weeks before to_day */
    const char *to_day;   /* NULL: today */
};

struct service_dashboard_session {
    struct core_session *session;
    struct core_statistics marks;
};

struct service_dashboard_day {
    char day[CORE_DAY_SIZE];
    struct core_statistics marks;
};

struct service_dashboard {
    char today[CORE_DAY_SIZE];
    char from_day[CORE_DAY_SIZE];
    char to_day[CORE_DAY_SIZE];
    GPtrArray *sessions;           /* struct service_dashboard_session *: today's, by start */
    struct core_statistics marks;  /* of today, with those of the day */
    GArray *trend;                 /* struct service_dashboard_day: days with marks, in order */
    gint64 methods[CORE_METHOD_N]; /* marks of the period */
    gint64 students;               /* places in courses of the terms of today */
    gint64 at_risk;                /* those of them with a warning */
    base_time at_risk_at;          /* when that was found out: it is remembered for a minute */
    GPtrArray *corrections;        /* struct db_report_change *, the ten newest; none for
                                    * students */
    GPtrArray *disputes;           /* struct db_dispute *, the ten newest that are open */
    gint64 disputes_open;
};

void service_dashboard_free(struct service_dashboard *dashboard);
typedef struct service_dashboard service_dashboard;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_dashboard, service_dashboard_free)

/* BASE_ERROR_INVALID for a malformed day, BASE_ERROR_NOT_FOUND for what is not there or not the
 * caller's. */
struct service_dashboard *service_dashboard_read(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_dashboard_request *request,
                                                 GError **error);

#endif
