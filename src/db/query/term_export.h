/* The marks of a term with everything that names them, for its export. Errors are those of db.h. */
#ifndef DB_QUERY_TERM_EXPORT_H
#define DB_QUERY_TERM_EXPORT_H

#include "core/catalogue.h"
#include "core/types.h"
#include "db/db.h"

/* A mark as it stands. Texts are NULL where nothing is known. */
struct db_term_mark {
    struct base_uuid id;
    struct base_uuid user_id;
    char *student_number;
    char *user_name; /* empty once the account is erased */
    char *user_email;
    struct base_uuid group_id;
    char *group_name;
    struct base_uuid course_id;
    char *course_name;
    char *subject_code;
    struct base_uuid session_id;
    base_time starts_at; /* of the session; 0: a mark of the day */
    base_time ends_at;
    char *occasion;
    char *local_day;
    enum core_status status;
    char *status_code;
    enum core_method method;
    double score; /* NaN when there was none */
    base_time marked_at;
    base_time captured_at;
    base_time last_seen_at;
    struct base_uuid marked_by;
    char *note;
    base_time created_at;
    base_time updated_at;
    bool changed; /* attendance_changes tells of it */
};

void db_term_mark_free(struct db_term_mark *mark);

/* A term's marks: those of its courses' sessions, and those of days within it. */
struct db_term_marks {
    const struct core_term *term;
    char *first_day; /* of any such mark; g_free() both */
    char *last_day;
};

/* Finds the first and the last day, so that other years are not read. */
bool db_term_marks_begin(struct db_connection *connection, const struct core_term *term,
                         struct db_term_marks *marks, GError **error);

/* The next marks, `limit` at most, by day, time and id, after one of them (NULL: from the first).
 * An array of struct db_term_mark * that frees them. */
GPtrArray *db_term_marks_page(struct db_connection *connection, const struct db_term_marks *marks,
                              const struct db_term_mark *after, guint limit, GError **error);

#endif
