/* The reviews table and its candidates: faces that wait for somebody who knows them. Errors are
 * those of db.h. */
#ifndef DB_QUERY_REVIEW_H
#define DB_QUERY_REVIEW_H

#include "core/types.h"
#include "db/db.h"
#include "db/query/page.h"

enum db_review_source {
    DB_REVIEW_FACE,  /* somebody before a camera */
    DB_REVIEW_CLASS, /* pictures of a class */
    DB_REVIEW_VIDEO, /* a video of a class */
    DB_REVIEW_WATCH, /* a camera that watches a session */
    DB_REVIEW_SOURCE_N,
};

enum db_review_state {
    DB_REVIEW_OPEN,
    DB_REVIEW_MATCHED, /* it was somebody */
    DB_REVIEW_NOBODY,  /* it was none of them */
    DB_REVIEW_ENDED,   /* nobody settled it in time, or a candidate was erased */
    DB_REVIEW_STATE_N,
};

/* "face", "open" and so on. Static storage; NULL for a value out of range. */
const char *db_review_source_name(enum db_review_source source);
const char *db_review_state_name(enum db_review_state state);
bool db_review_source_from_name(const char *name, enum db_review_source *source);
bool db_review_state_from_name(const char *name, enum db_review_state *state);

struct db_review_candidate {
    struct base_uuid user_id;
    double score;
    char *user_name;           /* filled when read */
    char *profile_image_url;   /* likewise; NULL: none */
    struct base_uuid group_id; /* likewise: the person's, nil: none */
};

struct db_review {
    struct base_uuid id;
    struct base_uuid session_id; /* nil: of the day */
    char *local_day;             /* "YYYY-MM-DD" */
    base_time taken_at;
    enum db_review_source source;
    char *reason; /* recognise_doubt_name() */
    enum db_review_state state;
    struct base_uuid user_id;       /* who it was; nil */
    struct base_uuid attendance_id; /* the mark; nil: none, or it was taken back */
    struct base_uuid settled_by;    /* nil: the program */
    base_time settled_at;           /* 0: open */
    base_time created_at;
    base_time updated_at;
    GPtrArray *candidates; /* struct db_review_candidate *, best first; never NULL */
    /* Filled when read: */
    struct base_uuid course_id; /* of the session; nil */
    char *course_name;
    char *user_name;
    char *settled_by_name;
    bool has_picture;
};

struct db_review *db_review_new(void);
void db_review_free(struct db_review *review);
typedef struct db_review db_review;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_review, db_review_free)

/* Appends to the candidates. */
void db_review_candidate_add(struct db_review *review, const struct base_uuid *user_id,
                             double score);

/* Stores an open one with its candidates. */
bool db_review_insert(struct db_connection *connection, const struct db_review *review,
                      GError **error);

/* The newest open one of the session (nil: of the day `local_day`) and source whose first candidate
 * is this person, and which was taken between two instants, both included. False only with an
 * error; `id` is nil when there is none. */
bool db_review_pending(struct db_connection *connection, const struct db_review *like,
                       const struct base_uuid *user_id, base_time from, base_time to,
                       struct base_uuid *id, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND when there is none. */
struct db_review *db_review_find(struct db_connection *connection, const struct base_uuid *id,
                                 GError **error);

struct db_review_filter {
    struct base_uuid session_id; /* nil: any */
    struct base_uuid course_id;  /* nil: any */
    struct base_uuid teacher_id; /* of courses this person teaches, and of the day with a candidate
                                  * in their groups; nil: any */
    const char *day;             /* local day; NULL: any */
    int state;                   /* enum db_review_state or DB_ANY */
};

#define DB_REVIEW_FILTER_ALL ((struct db_review_filter){.state = DB_ANY})

/* Newest first, as an array of struct db_review * that frees them. `total` (may be NULL) gets how
 * many match. Filter and page may be NULL: all. */
GPtrArray *db_review_list(struct db_connection *connection, const struct db_review_filter *filter,
                          const struct db_page *page, gint64 *total, GError **error);

/* Whether this person teaches the review's course, or of one of the day a candidate's group. */
bool db_review_is_taught_by(struct db_connection *connection, const struct base_uuid *id,
                            const struct base_uuid *teacher_id, bool *taught, GError **error);

/* Ends an open one: state, user_id, settled_by, settled_at and updated_at; attendance_id is set by
 * db_review_mark(). `changed` says whether it was open still. */
bool db_review_end(struct db_connection *connection, const struct db_review *review, bool *changed,
                   GError **error);
bool db_review_mark(struct db_connection *connection, const struct base_uuid *id,
                    const struct base_uuid *attendance_id, GError **error);

/* Open ones that were created before an instant, oldest first, or those that have this person among
 * their candidates; at most `limit`. Arrays of struct db_review * that free them. */
GPtrArray *db_review_list_before(struct db_connection *connection, base_time before, gint64 limit,
                                 GError **error);
GPtrArray *db_review_list_candidate(struct db_connection *connection,
                                    const struct base_uuid *user_id, GError **error);

#endif
