/*
 * The jobs table: long work that somebody waits for. Errors are those of db.h.
 *
 * Whoever wants to do a job claims it first, for a time, and says again and again that it is still
 * at it. While the claim holds no other node gets the job; when its holder died the job is free
 * again. What comes of it is recorded only by whoever still holds it.
 */
#ifndef DB_QUERY_JOB_H
#define DB_QUERY_JOB_H

#include "base/time.h"
#include "base/uuid.h"
#include "db/db.h"
#include "db/query/page.h"

enum db_job_state {
    DB_JOB_WAITING,
    DB_JOB_RUNNING,
    DB_JOB_DONE,
    DB_JOB_FAILED,
    DB_JOB_CANCELLED,
    DB_JOB_STATE_N,
};

/* "waiting", "running", "done", "failed", "cancelled". Static storage; NULL out of range. */
const char *db_job_state_name(enum db_job_state state);

struct db_job {
    struct base_uuid id;
    struct base_uuid user_id; /* whose it is */
    char *kind;               /* "report" */
    char *parameters;         /* a JSON object */
    enum db_job_state state;
    gint64 done; /* of `total`, in units of the job's own; total 0: not known */
    gint64 total;
    char *lease;            /* of whoever runs it */
    base_time leased_until; /* 0: nobody has it */
    char *blob_key;         /* what the keys of its result begin with, or NULL */
    char *media_type;       /* of the result */
    char *file_name;        /* as people save it */
    gint64 size;            /* bytes of the result */
    char *error;            /* why it failed, for people */
    base_time created_at;
    base_time updated_at;
    base_time finished_at; /* 0: not yet */
};

void db_job_free(struct db_job *job);
typedef struct db_job db_job;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_job, db_job_free)

/* Stores one that waits. */
bool db_job_insert(struct db_connection *connection, const struct db_job *job, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND. */
struct db_job *db_job_find(struct db_connection *connection, const struct base_uuid *id,
                           GError **error);

/* A person's, newest first, as an array that frees them. `total` may be NULL. */
GPtrArray *db_job_list(struct db_connection *connection, const struct base_uuid *user_id,
                       const struct db_page *page, gint64 *total, GError **error);

/* How many of a person's jobs wait or run. */
bool db_job_count_open(struct db_connection *connection, const struct base_uuid *user_id,
                       gint64 *count, GError **error);

/* The oldest job that nobody is at; NULL without an error when there is none. */
struct db_job *db_job_next(struct db_connection *connection, base_time now, GError **error);

/* Takes a job until `until`, unless somebody was quicker: then `claimed` is false. `lease` is a
 * text that nobody else uses. */
bool db_job_claim(struct db_connection *connection, const struct base_uuid *id, const char *lease,
                  base_time now, base_time until, bool *claimed, GError **error);

/* How far it is, and that its holder lives. `held` is false when the job was cancelled, or taken by
 * somebody else in the meantime. */
bool db_job_progress(struct db_connection *connection, const struct base_uuid *id,
                     const char *lease, gint64 done, gint64 total, base_time now, base_time until,
                     bool *held, GError **error);

/* Gives a claimed job back, for anybody to begin anew. */
bool db_job_release(struct db_connection *connection, const struct base_uuid *id, const char *lease,
                    base_time now, GError **error);

/* The end of a claimed job: job->state is DONE with its result, or FAILED with `error`. */
bool db_job_finish(struct db_connection *connection, const struct db_job *job, const char *lease,
                   base_time now, bool *held, GError **error);

/* Cancels one that waits or runs; `changed` gets 1 or 0. */
bool db_job_cancel(struct db_connection *connection, const struct base_uuid *id, base_time now,
                   gint64 *changed, GError **error);

/* Deletes one that does not run; `changed` gets 1 or 0. */
bool db_job_delete(struct db_connection *connection, const struct base_uuid *id, gint64 *changed,
                   GError **error);

/* Those that finished before, the oldest first. */
GPtrArray *db_job_list_finished(struct db_connection *connection, base_time before, gint64 limit,
                                GError **error);

#endif
