/* Private to this folder: what the files that fill reports share. */
#ifndef SERVICE_REPORT_DATA_H
#define SERVICE_REPORT_DATA_H

#include "core/rules.h"
#include "db/query/attendance.h"
#include "db/query/report.h"
#include "service/internal.h"
#include "service/reports.h"
#include "service/standing.h"

/* A column as the tables of columns have it: titles in Spanish and in English. */
struct service_report_column {
    const char *key;
    const char *title[2];
    enum report_kind kind;
    int width;
    bool repeats;
};

struct service_report {
    struct service *service;
    struct service_identity identity;
    const struct service_report_kind *kind;
    struct service_report_request request; /* its texts are the report's */
    int language;                          /* 0: Spanish, 1: English */
    GTimeZone *zone;
    struct core_policy policy; /* of the day */
    struct report table;

    /* What the request comes to for this caller. */
    struct db_attendance_filter filter;
    struct service_standing_scope scope;
    struct service_standing_options options;

    GStringChunk *texts; /* that live as long as the report */
    GArray *columns;     /* struct report_column */
    GArray *parameters;  /* struct report_parameter */
    GPtrArray *series;   /* struct report_series *; see service_report_series_add() */
    GArray *plots;       /* struct report_series, what the table points to */

    /* Rows that wait to be asked for, and their texts. When there are none left `refill` (NULL:
     * that was all) adds more, or none at the end. */
    GPtrArray *rows; /* struct report_row * */
    guint next_row;
    GStringChunk *row_texts;
    bool (*refill)(struct service_report *report, GError **error);
    gpointer data; /* of `refill` */
    GDestroyNotify data_free;
};

/* Fills in columns, parameters of its own, rows and plots; no connection is held. */
typedef bool (*service_report_builder)(struct service_report *report, GError **error);

bool service_report_build_register(struct service_report *report, GError **error);
bool service_report_build_summary(struct service_report *report, GError **error);
bool service_report_build_at_risk(struct service_report *report, GError **error);
bool service_report_build_marks(struct service_report *report, GError **error);
bool service_report_build_late(struct service_report *report, GError **error);
bool service_report_build_corrections(struct service_report *report, GError **error);
bool service_report_build_trends(struct service_report *report, GError **error);
bool service_report_build_methods(struct service_report *report, GError **error);
bool service_report_build_sessions(struct service_report *report, GError **error);

/* ---- report_scope.c ---- */

/* Works out what the caller may see of what the request names, and what the lines under the title
 * say of it. BASE_ERROR_NOT_FOUND for what is not there or not theirs. */
bool service_report_scope(struct service_report *report, GError **error);

/* ---- report_data.c ---- */

/* A copy that lives as long as the report; NULL stays NULL. */
const char *service_report_keep(struct service_report *report, const char *text);
/* A copy that lives until the rows are used up. */
const char *service_report_row_text(struct service_report *report, const char *text);

void service_report_columns_add(struct service_report *report,
                                const struct service_report_column *columns, gsize n);
void service_report_parameter_add(struct service_report *report, const char *spanish,
                                  const char *english, const char *value);

/* An empty row, whose cells are to be filled in. */
struct report_cell *service_report_row_add(struct service_report *report,
                                           enum report_row_role role);

/* A plot over `labels` (copied) with one line or set of bars for each of `names`, all of them gaps;
 * values are written through service_report_series_at(). Returns its number. */
guint service_report_series_add(struct service_report *report, const char *key,
                                const char *const title[2], enum report_plot plot, bool is_share,
                                const GPtrArray *labels, const char *const *names, gsize names_n);
double *service_report_series_at(struct service_report *report, guint series, gsize name,
                                 gsize label);

/* Names in the report's language. Static storage, but for a status of the site's own. */
const char *service_report_status_text(const struct service_report *report,
                                       const struct core_rules *rules, enum core_status status,
                                       const char *code);
const char *service_report_method_text(const struct service_report *report,
                                       enum core_method method);
/* "P", "L" …; two letters for one of the site's own. Kept with the report. */
const char *service_report_status_letter(struct service_report *report, enum core_status status,
                                         const char *code);

/* A cell with a status: text, code and colour. */
struct report_cell service_report_status_cell(const struct service_report *report,
                                              const struct core_rules *rules,
                                              enum core_status status, const char *code);

/* The ISO 8601 week of a valid day: "2026-W11". */
#define SERVICE_REPORT_WEEK_SIZE 16
void service_report_week(const char *day, char week[static SERVICE_REPORT_WEEK_SIZE]);
/* 1 Monday … 7 Sunday. */
int service_report_weekday(const char *day);
const char *service_report_weekday_text(const struct service_report *report, int weekday);

/* Seconds since midnight of an instant on the institution's wall. */
gint32 service_report_second(const struct service_report *report, base_time instant);

/* The rules of a course, remembered; NULL course: none. The program's own when they cannot be
 * read. Holds no connection afterwards. */
struct service_report_rules;
const struct core_rules *service_report_rules_of(struct service_report_rules **known,
                                                 struct db_connection *connection,
                                                 const struct base_uuid *course_id);
void service_report_rules_free(struct service_report_rules *known);

#endif
