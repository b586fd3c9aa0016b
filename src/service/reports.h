/*
 * What is in the reports: one table of them, each filled into the neutral shape of report/report.h
 * from the register, as far as the caller may see it. Administrators see everything; teachers the
 * courses they teach and the students of groups they teach; students themselves, in the reports
 * that are for them.
 */
#ifndef SERVICE_REPORTS_H
#define SERVICE_REPORTS_H

#include "base/json.h"
#include "report/report.h"
#include "service/service.h"

/* Bits: what a report may be narrowed by. */
enum service_report_parameter {
    SERVICE_REPORT_COURSE = 1 << 0,
    SERVICE_REPORT_GROUP = 1 << 1,
    SERVICE_REPORT_STUDENT = 1 << 2,
    SERVICE_REPORT_TEACHER = 1 << 3,
    SERVICE_REPORT_SUBJECT = 1 << 4,
    SERVICE_REPORT_TERM = 1 << 5,
    SERVICE_REPORT_SESSION = 1 << 6,
    SERVICE_REPORT_FROM = 1 << 7,
    SERVICE_REPORT_TO = 1 << 8,
    SERVICE_REPORT_STATUS = 1 << 9,
    SERVICE_REPORT_METHOD = 1 << 10,
    SERVICE_REPORT_PARAMETERS_N = 11,
};

/* "course", "group", …, "method". Static storage. */
const char *service_report_parameter_name(enum service_report_parameter parameter);

/* Whether a text is a status or could be the code of one of the site's own. */
bool service_report_code_is_valid(const char *text);

struct service_report_request {
    const char *name; /* of the report: "register" */
    struct base_uuid course_id;
    struct base_uuid group_id;
    struct base_uuid student_id;
    struct base_uuid teacher_id;
    struct base_uuid subject_id;
    struct base_uuid term_id;
    struct base_uuid session_id;
    const char *from_day; /* "YYYY-MM-DD"; NULL: from the first */
    const char *to_day;   /* included; NULL: to the last */
    const char *status;   /* a status or the site's own code; NULL: any */
    const char *method;   /* "face" …; NULL: any */
    const char *language; /* "es", "en"; NULL: the reader's, or the institution's */
};

/* A report of the table. */
struct service_report_kind {
    const char *name;
    const char *title[2];       /* in Spanish and in English */
    const char *description[2]; /* one sentence each */
    guint allowed;              /* enum service_report_parameter */
    guint required;             /* one of these must be given; 0: none */
    guint roles;                /* bits 1 << enum core_role */
};

/* All of them in the order of their names. Static storage. */
const struct service_report_kind *service_report_kinds(gsize *n);
/* NULL: there is no such report. */
const struct service_report_kind *service_report_kind_find(const char *name);

struct service_report;

/*
 * Opens a report: checks the request and reads what it needs to begin. Texts of the request may go
 * afterwards. BASE_ERROR_NOT_FOUND when there is no such report, course, group … or it is not for
 * this caller; BASE_ERROR_INVALID names a parameter that is missing, not allowed or malformed.
 * Neither this nor the report's rows leave a connection held: each page of rows is read for itself,
 * and a mark that is written meanwhile may or may not be among them, none comes twice.
 */
struct service_report *service_report_open(struct service *service,
                                           const struct service_identity *identity,
                                           const struct service_report_request *request,
                                           GError **error);

/* For report_write(), once: the rows come one time. Owned by the report. */
const struct report *service_report_table(const struct service_report *report);

/* Takes NULL. */
void service_report_close(struct service_report *report);
typedef struct service_report service_report;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_report, service_report_close)

/* A file name of letters, digits and hyphens without its extension: "register-algebra-2026-03".
 * g_free() it. */
char *service_report_file_name(const struct service_report *report);

/* The request as JSON with the members of GET /reports/{name} ("course", "from" …; the name is not
 * among them), for jobs. New reference. */
json_t *service_report_request_json(const struct service_report_request *request);
/* The reverse: texts are borrowed from the object. BASE_ERROR_INVALID names the member. */
bool service_report_request_read(json_t *object, struct service_report_request *request,
                                 GError **error);

#endif
