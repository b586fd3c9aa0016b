/* The attendance table. Errors are those of db.h. */
#ifndef DB_QUERY_ATTENDANCE_H
#define DB_QUERY_ATTENDANCE_H

#include "core/statistics.h"
#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

/*
 * Marks a person on an occasion, unless somebody was quicker: the row that stands is returned
 * either way, and `is_new` (may be NULL) says whether it is this one. Any number of calls at once
 * for one person and occasion leave one row. Durable when it returns outside a transaction.
 * BASE_ERROR_CONFLICT when there is no such user or group.
 */
struct core_attendance *db_attendance_mark(struct db_connection *connection,
                                           const struct core_attendance *mark, bool *is_new,
                                           GError **error);

/* The same without telling what stands; for many rows. */
bool db_attendance_insert(struct db_connection *connection, const struct core_attendance *mark,
                          GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_attendance *db_attendance_find(struct db_connection *connection,
                                           const struct base_uuid *id, GError **error);
struct core_attendance *db_attendance_find_occasion(struct db_connection *connection,
                                                    const struct base_uuid *user_id,
                                                    const char *occasion, GError **error);

/* Every mark of a session, by the people's ids. An array of struct core_attendance *. */
GPtrArray *db_attendance_list_session(struct db_connection *connection,
                                      const struct base_uuid *session_id, GError **error);

/* Writes what a person says a mark is: status and status_code (NULL: the status itself), note, by
 * whom and when, with the method "manual". BASE_ERROR_NOT_FOUND when there is none. */
bool db_attendance_correct(struct db_connection *connection, const struct base_uuid *id,
                           enum core_status status, const char *status_code, const char *note,
                           const struct base_uuid *marked_by, base_time now, GError **error);

/* Writes what the program finds out later: status and status_code alone. */
bool db_attendance_settle(struct db_connection *connection, const struct base_uuid *id,
                          enum core_status status, const char *status_code, base_time now,
                          GError **error);

/* Puts a real mark in the place of the automatic one `mark->id`; `changed` says whether that was
 * one still. */
bool db_attendance_replace_automatic(struct db_connection *connection,
                                     const struct core_attendance *mark, bool *changed,
                                     GError **error);

/* Notes that the person was seen again, unless less than `apart` (microseconds) passed since the
 * mark or the last time; `changed` says so. */
bool db_attendance_see(struct db_connection *connection, const struct base_uuid *id, base_time at,
                       base_time apart, base_time now, bool *changed, GError **error);

/* The marks of a session take place on another day with it. */
bool db_attendance_move(struct db_connection *connection, const struct base_uuid *session_id,
                        const char *local_day, base_time now, GError **error);

/* Removes a mark with its history. BASE_ERROR_NOT_FOUND when there is none. */
bool db_attendance_delete(struct db_connection *connection, const struct base_uuid *id,
                          GError **error);

enum db_attendance_sort {
    DB_ATTENDANCE_SORT_TIME, /* by local day, then by the instant */
    DB_ATTENDANCE_SORT_NAME, /* by the person's name, then by time */
    DB_ATTENDANCE_SORT_N,
};

/* "marked_at", "name". Static storage. */
const char *db_attendance_sort_name(enum db_attendance_sort sort);
bool db_attendance_sort_from_name(const char *name, enum db_attendance_sort *sort);

/* All conditions hold together. */
struct db_attendance_filter {
    struct base_uuid user_id;   /* nil: any */
    struct base_uuid group_id;  /* the group at the time of the mark; nil: any */
    struct base_uuid course_id; /* nil: any, marks of the day too; likewise below */
    struct base_uuid session_id;
    struct base_uuid subject_id; /* of the course */
    struct base_uuid term_id;    /* of the course */
    struct base_uuid teacher_id; /* only marks of courses that this person teaches, of students who
                                  * are now in a group of theirs, and their own; nil: any */
    int status;                  /* enum core_status or DB_ANY */
    const char *status_code;     /* the site's own status; NULL: any */
    const char *method;          /* its name; NULL: any */
    const char *from_day;        /* first local day "YYYY-MM-DD"; NULL: any */
    const char *to_day;          /* last local day, included; NULL: any */
    enum db_attendance_sort sort;
    bool descending;
};

#define DB_ATTENDANCE_FILTER_ALL ((struct db_attendance_filter){.status = DB_ANY})

/* An array of struct core_attendance * that frees them. `total` (may be NULL) gets how many match
 * the filter. Filter and page may be NULL: all. */
GPtrArray *db_attendance_list(struct db_connection *connection,
                              const struct db_attendance_filter *filter, const struct db_page *page,
                              gint64 *total, GError **error);

/* How many match the filter, by status. */
bool db_attendance_count(struct db_connection *connection,
                         const struct db_attendance_filter *filter,
                         struct core_statistics *statistics, GError **error);

#endif
