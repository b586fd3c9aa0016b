/* The disputes table: students who say that a mark is wrong. Errors are those of db.h. */
#ifndef DB_QUERY_DISPUTE_H
#define DB_QUERY_DISPUTE_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

enum db_dispute_state {
    DB_DISPUTE_OPEN,
    DB_DISPUTE_ACCEPTED,
    DB_DISPUTE_REJECTED,
    DB_DISPUTE_WITHDRAWN,
    DB_DISPUTE_STATE_N,
};

/* "open", "accepted", "rejected", "withdrawn". Static storage; NULL for a value out of range. */
const char *db_dispute_state_name(enum db_dispute_state state);
bool db_dispute_state_from_name(const char *name, enum db_dispute_state *state);

struct db_dispute {
    struct base_uuid id;
    struct base_uuid attendance_id;
    struct base_uuid user_id; /* the student */
    char *message;            /* empty once the student is erased */
    enum db_dispute_state state;
    char *answer; /* NULL: none */
    struct base_uuid answered_by;
    base_time answered_at; /* 0: not yet */
    base_time created_at;
    base_time updated_at;
    /* Filled when read: */
    char *user_name;
    char *answered_by_name;
    struct base_uuid course_id; /* nil: the mark is one of the day */
    char *course_name;
    struct base_uuid session_id;
    char *local_day;
    enum core_status status; /* the mark's, as it is now */
    char *status_code;
};

void db_dispute_free(struct db_dispute *dispute);
typedef struct db_dispute db_dispute;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_dispute, db_dispute_free)

/* Stores an open one. BASE_ERROR_CONFLICT ("disputes.open_of") when the mark has one. */
bool db_dispute_insert(struct db_connection *connection, const struct db_dispute *dispute,
                       GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_dispute *db_dispute_find(struct db_connection *connection, const struct base_uuid *id,
                                   GError **error);

/* Ends an open one: state, answer, answered_by, answered_at and updated_at. `changed` says whether
 * it was open still. */
bool db_dispute_end(struct db_connection *connection, const struct db_dispute *dispute,
                    bool *changed, GError **error);

struct db_dispute_filter {
    struct base_uuid user_id;    /* of this student; nil: any */
    struct base_uuid teacher_id; /* of marks in courses this person teaches, and of marks of the day
                                  * of students in their groups; nil: any */
    struct base_uuid course_id;  /* nil: any */
    int state;                   /* enum db_dispute_state or DB_ANY */
};

#define DB_DISPUTE_FILTER_ALL ((struct db_dispute_filter){.state = DB_ANY})

/* Newest first, as an array of struct db_dispute * that frees them. `total` (may be NULL) gets how
 * many match. Filter and page may be NULL: all. */
GPtrArray *db_dispute_list(struct db_connection *connection, const struct db_dispute_filter *filter,
                           const struct db_page *page, gint64 *total, GError **error);

/* Forgets what an erased person, and others about their marks, wrote: messages, answers and the
 * reasons of changes. What is open is withdrawn. */
bool db_dispute_erase_person(struct db_connection *connection, const struct base_uuid *user_id,
                             base_time now, GError **error);

#endif
