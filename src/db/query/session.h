/* The sessions table: what really takes place. Errors are those of db.h. */
#ifndef DB_QUERY_SESSION_H
#define DB_QUERY_SESSION_H

#include "core/catalogue.h"
#include "db/db.h"
#include "db/query/page.h"

/* BASE_ERROR_CONFLICT when there is no such course, slot or room, or the slot ("sessions.slot_day")
 * or the course's external_uid has one already. */
bool db_session_insert(struct db_connection *connection, const struct core_session *session,
                       GError **error);

/* The same for an array of struct core_session *, in few statements. */
bool db_session_insert_all(struct db_connection *connection, const GPtrArray *sessions,
                           GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct core_session *db_session_find(struct db_connection *connection, const struct base_uuid *id,
                                     GError **error);

/* Changes all but the course, slot_id and closed_at. BASE_ERROR_NOT_FOUND when there is none. */
bool db_session_update(struct db_connection *connection, const struct core_session *session,
                       GError **error);

/* BASE_ERROR_NOT_FOUND when there is none, BASE_ERROR_CONFLICT when it has marks. */
bool db_session_delete(struct db_connection *connection, const struct base_uuid *id,
                       GError **error);

/* Every session of a course that is to be deleted: BASE_ERROR_CONFLICT when one has marks. */
bool db_session_delete_course(struct db_connection *connection, const struct base_uuid *course_id,
                              GError **error);

/* The ids (struct base_uuid *) of a course's sessions that have marks, as a set that frees them. */
GHashTable *db_session_marked(struct db_connection *connection, const struct base_uuid *course_id,
                              GError **error);

/* How many sessions a course has. */
bool db_session_count_course(struct db_connection *connection, const struct base_uuid *course_id,
                             gint64 *count, GError **error);

/* How many marks a session has. */
bool db_session_count_marks(struct db_connection *connection, const struct base_uuid *id,
                            gint64 *count, GError **error);

/* What to list. All conditions hold together; what is nil, NULL or 0 asks for nothing. One of
 * course_id, group_id, teacher_id, student_id and room_id, or a bound of time, keeps it quick. */
struct db_session_filter {
    struct base_uuid course_id;
    struct base_uuid group_id;   /* of courses that are taught to this group */
    struct base_uuid teacher_id; /* of courses that this person teaches */
    struct base_uuid student_id; /* on whose roster this person is on the session's day */
    struct base_uuid room_id;
    struct base_uuid term_id;
    int state;            /* enum core_session_state or DB_ANY */
    const char *from_day; /* first local day; NULL: any */
    const char *to_day;   /* last local day, included */
    base_time from;       /* sessions that end after this instant … */
    base_time to;         /* … and start before this one */
    bool descending;      /* by time, backwards */
};

#define DB_SESSION_FILTER_ALL ((struct db_session_filter){.state = DB_ANY})

/* By start. An array of struct core_session * that frees them. `total` (may be NULL) gets how many
 * match the filter. Filter and page may be NULL: all. */
GPtrArray *db_session_list(struct db_connection *connection, const struct db_session_filter *filter,
                           const struct db_page *page, gint64 *total, GError **error);

/* The students (struct base_uuid) on the roster of a session: an enrolment that is valid on its
 * local day, accounts that are not erased. */
GArray *db_session_roster(struct db_connection *connection, const struct core_session *session,
                          GError **error);

/* Whether the person is on it. */
bool db_session_has_student(struct db_connection *connection, const struct core_session *session,
                            const struct base_uuid *user_id, bool *has, GError **error);

/*
 * Sessions that take place, ended at `now` or before and were not settled yet, by (ends_at, id),
 * at most `limit`. `after` (NULL: from the beginning) continues behind that one, for those whose
 * marks are still open for a while.
 */
GPtrArray *db_sessions_to_close(struct db_connection *connection, base_time now,
                                const struct core_session *after, gint64 limit, GError **error);

/* Says when those without a mark were settled; 0: not yet. `changed` (may be NULL): whether it was
 * different before, so that of several nodes one knows that it did it. BASE_ERROR_NOT_FOUND when
 * there is none. */
bool db_session_set_closed(struct db_connection *connection, const struct base_uuid *id,
                           base_time closed_at, bool *changed, GError **error);

/* ---- for generating ---- */

/* A session of a slot, as generating needs it. */
struct db_session_generated {
    struct core_session *session;
    bool marked;
};

/* Those that come of slots of a course or (course nil) of a term's courses, with slot_day between
 * the two days. An array of struct db_session_generated * that frees them. */
GPtrArray *db_session_list_generated(struct db_connection *connection,
                                     const struct base_uuid *course_id,
                                     const struct base_uuid *term_id, const char *from_day,
                                     const char *to_day, GError **error);

/* Every session that starts at `from` or later, and new instants for one of them. */
GPtrArray *db_session_list_future(struct db_connection *connection, base_time from, GError **error);
bool db_session_set_instants(struct db_connection *connection, const struct base_uuid *id,
                             base_time starts_at, base_time ends_at, base_time now, GError **error);

/* Two sessions at one time that share something. */
struct db_session_conflict {
    struct base_uuid session_id;
    struct base_uuid other_id;
    const char *kind; /* "room", "teacher" or "group"; static storage */
    char *shared;     /* name of that room, person or group */
    char *course_name;
    char *other_course_name;
    base_time starts_at, ends_at;             /* of the session */
    base_time other_starts_at, other_ends_at; /* of the other */
};
void db_session_conflict_free(struct db_session_conflict *conflict);

/* The conflicts of sessions that start within [from, to), at most `limit` a kind; those of one
 * course when course_id is not nil. An array of struct db_session_conflict * that frees them. */
GPtrArray *db_session_conflicts(struct db_connection *connection, base_time from, base_time to,
                                const struct base_uuid *course_id, gint64 limit, GError **error);

#endif
