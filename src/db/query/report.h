/*
 * What reports read: many marks at once, as rows that follow one another or counted. Marks of
 * cancelled sessions are in none of it. Errors are those of db.h.
 */
#ifndef DB_QUERY_REPORT_H
#define DB_QUERY_REPORT_H

#include "db/query/attendance.h"

/* One mark as lists show it. */
struct db_report_mark {
    struct base_uuid id;
    struct base_uuid user_id;
    struct base_uuid course_id;  /* nil: a mark of the day */
    struct base_uuid session_id; /* likewise */
    char *user_name;             /* empty once that account is erased */
    char *student_number;
    char *group_name;
    char *course_name;
    char *local_day;
    base_time marked_at;
    base_time session_start; /* 0: a mark of the day */
    enum core_status status;
    char *status_code;
    enum core_method method;
    char *note;
};

/* The marks of the filter in the order of day and instant, those behind `after` (NULL: from the
 * first), at most `limit`. The filter's order does not matter. An array of struct db_report_mark *
 * that frees them. */
GPtrArray *db_report_marks(struct db_connection *connection,
                           const struct db_attendance_filter *filter,
                           const struct db_report_mark *after, gint64 limit, GError **error);

/* A change of a mark. */
struct db_report_change {
    struct base_uuid id;
    base_time changed_at;
    char *changed_by_name; /* NULL: the program itself */
    enum core_status from_status;
    char *from_code;
    enum core_method from_method;
    enum core_status to_status;
    char *to_code;
    char *reason;
    struct base_uuid attendance_id;
    struct base_uuid user_id;
    struct base_uuid course_id;
    char *user_name;
    char *student_number;
    char *group_name;
    char *course_name;
    char *local_day; /* of the mark */
};

/* Changes made in [from, to) of marks of the filter, by time, those behind `after` (NULL: from the
 * first one). `newest` gives the last ones first; then `after` must be NULL. */
GPtrArray *db_report_changes(struct db_connection *connection,
                             const struct db_attendance_filter *filter, base_time from,
                             base_time to, bool newest, const struct db_report_change *after,
                             gint64 limit, GError **error);

/* What marks are counted by. */
enum db_report_by {
    DB_REPORT_BY_DAY,     /* day, status and method */
    DB_REPORT_BY_HOUR,    /* start_second of the session, and status; marks of sessions alone */
    DB_REPORT_BY_SESSION, /* session and status; likewise */
    DB_REPORT_BY_ARRIVAL, /* each mark of the day: instant and status; n is 1 */
    DB_REPORT_BY_N,
};

struct db_report_count {
    char day[CORE_DAY_SIZE];
    gint32 start_second;
    struct base_uuid session_id;
    base_time instant;
    enum core_status status;
    enum core_method method;
    gint64 n;
};

/* False with an error stops. Nothing else may run on the connection meanwhile. */
typedef bool (*db_report_count_visit)(const struct db_report_count *count, gpointer data,
                                      GError **error);

/* In no particular order. */
bool db_report_counts(struct db_connection *connection, const struct db_attendance_filter *filter,
                      enum db_report_by by, db_report_count_visit visit, gpointer data,
                      GError **error);

/* The mark of one person in one session of a course. */
struct db_report_cell {
    struct base_uuid session_id;
    struct base_uuid user_id;
    enum core_status status;
    char code[18]; /* the site's own status; "": none */
};

/* Every mark of a course's sessions, of one person or (nil) of all: an array of struct
 * db_report_cell. */
GArray *db_report_cells(struct db_connection *connection, const struct base_uuid *course_id,
                        const struct base_uuid *user_id, GError **error);

#endif
