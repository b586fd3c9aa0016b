#include "db/query/job.h"

#include "base/error.h"
#include "base/text.h"
#include "db/query/row.h"

#define SELECT                                                                                     \
    "SELECT j.id, j.user_id, j.kind, j.parameters, j.state, j.done, j.total, j.lease, "            \
    "j.leased_until, j.blob_key, j.media_type, j.file_name, j.size, j.error, j.created_at, "       \
    "j.updated_at, j.finished_at FROM jobs j "

/* Nobody is at it: it waits, or whoever ran it has not been heard of for too long. */
#define IS_FREE "(state = 'waiting' OR (state = 'running' AND leased_until < ?)) "

static const char *const STATES[DB_JOB_STATE_N] = {
    [DB_JOB_WAITING] = "waiting", [DB_JOB_RUNNING] = "running",     [DB_JOB_DONE] = "done",
    [DB_JOB_FAILED] = "failed",   [DB_JOB_CANCELLED] = "cancelled",
};

const char *db_job_state_name(enum db_job_state state)
{
    return (unsigned)state < DB_JOB_STATE_N ? STATES[state] : NULL;
}

void db_job_free(struct db_job *job)
{
    if (!job)
        return;
    g_free(job->kind);
    g_free(job->parameters);
    g_free(job->lease);
    g_free(job->blob_key);
    g_free(job->media_type);
    g_free(job->file_name);
    g_free(job->error);
    g_free(job);
}

/* The table's own rule allows no other name. */
static enum db_job_state state_of(const char *name)
{
    const int index = base_text_index(STATES, DB_JOB_STATE_N, name);

    return index >= 0 ? (enum db_job_state)index : DB_JOB_FAILED;
}

static gpointer read_job(struct db_rows *rows)
{
    struct db_job *job = g_new0(struct db_job, 1);

    job->id = db_rows_uuid(rows, 0);
    job->user_id = db_rows_uuid(rows, 1);
    job->kind = db_rows_dup_text(rows, 2);
    job->parameters = db_rows_dup_text(rows, 3);
    job->state = state_of(db_rows_text(rows, 4));
    job->done = db_rows_int(rows, 5);
    job->total = db_rows_int(rows, 6);
    job->lease = db_rows_dup_text(rows, 7);
    job->leased_until = db_rows_time(rows, 8);
    job->blob_key = db_rows_dup_text(rows, 9);
    job->media_type = db_rows_dup_text(rows, 10);
    job->file_name = db_rows_dup_text(rows, 11);
    job->size = db_rows_int(rows, 12);
    job->error = db_rows_dup_text(rows, 13);
    job->created_at = db_rows_time(rows, 14);
    job->updated_at = db_rows_time(rows, 15);
    job->finished_at = db_rows_time(rows, 16);
    return job;
}

static GPtrArray *collect(struct db_rows *rows, GError **error)
{
    return db_rows_collect(rows, read_job, (GDestroyNotify)db_job_free, error);
}

bool db_job_insert(struct db_connection *connection, const struct db_job *job, GError **error)
{
    return db_execute(connection, NULL, error,
                      "INSERT INTO jobs (id, user_id, kind, parameters, state, done, total, "
                      "created_at, updated_at) VALUES (?, ?, ?, ?, 'waiting', 0, 0, ?, ?)",
                      db_uuid(&job->id), db_uuid(&job->user_id), db_text(job->kind),
                      db_text(job->parameters), db_time(job->created_at), db_time(job->created_at));
}

struct db_job *db_job_find(struct db_connection *connection, const struct base_uuid *id,
                           GError **error)
{
    return db_rows_single(db_query(connection, error, SELECT "WHERE j.id = ?", db_uuid(id)),
                          read_job, (GDestroyNotify)db_job_free, "job", error);
}

GPtrArray *db_job_list(struct db_connection *connection, const struct base_uuid *user_id,
                       const struct db_page *page, gint64 *total, GError **error)
{
    g_autoptr(GPtrArray) jobs = collect(
        db_query(connection, error,
                 SELECT "WHERE j.user_id = ? ORDER BY j.created_at DESC, j.id DESC "
                        "LIMIT ? OFFSET ?",
                 db_uuid(user_id), db_int(db_page_limit(page)), db_int(db_page_offset(page))),
        error);

    if (!jobs || (total && !db_page_total(page, jobs->len, total) &&
                  !db_query_int(connection, total, error,
                                "SELECT COUNT(*) FROM jobs WHERE user_id = ?", db_uuid(user_id))))
        return NULL;
    return g_steal_pointer(&jobs);
}

bool db_job_count_open(struct db_connection *connection, const struct base_uuid *user_id,
                       gint64 *count, GError **error)
{
    return db_query_int(connection, count, error,
                        "SELECT COUNT(*) FROM jobs "
                        "WHERE user_id = ? AND state IN ('waiting', 'running')",
                        db_uuid(user_id));
}

struct db_job *db_job_next(struct db_connection *connection, base_time now, GError **error)
{
    g_autoptr(GPtrArray) jobs = collect(
        db_query(connection, error, SELECT "WHERE " IS_FREE "ORDER BY j.created_at, j.id LIMIT 1",
                 db_time(now)),
        error);

    return jobs && jobs->len > 0 ? g_ptr_array_steal_index(jobs, 0) : NULL;
}

bool db_job_claim(struct db_connection *connection, const struct base_uuid *id, const char *lease,
                  base_time now, base_time until, bool *claimed, GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE jobs SET state = 'running', lease = ?, leased_until = ?, done = 0, "
                    "updated_at = ? WHERE id = ? AND " IS_FREE,
                    db_text(lease), db_time(until), db_time(now), db_uuid(id), db_time(now)))
        return false;
    *claimed = changed > 0;
    return true;
}

bool db_job_progress(struct db_connection *connection, const struct base_uuid *id,
                     const char *lease, gint64 done, gint64 total, base_time now, base_time until,
                     bool *held, GError **error)
{
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE jobs SET done = ?, total = ?, leased_until = ?, updated_at = ? "
                    "WHERE id = ? AND state = 'running' AND lease = ?",
                    db_int(done), db_int(total), db_time(until), db_time(now), db_uuid(id),
                    db_text(lease)))
        return false;
    *held = changed > 0;
    return true;
}

bool db_job_release(struct db_connection *connection, const struct base_uuid *id, const char *lease,
                    base_time now, GError **error)
{
    return db_execute(connection, NULL, error,
                      "UPDATE jobs SET state = 'waiting', lease = NULL, leased_until = NULL, "
                      "done = 0, updated_at = ? WHERE id = ? AND state = 'running' AND lease = ?",
                      db_time(now), db_uuid(id), db_text(lease));
}

bool db_job_finish(struct db_connection *connection, const struct db_job *job, const char *lease,
                   base_time now, bool *held, GError **error)
{
    const bool done = job->state == DB_JOB_DONE;
    gint64 changed = 0;

    if (!db_execute(connection, &changed, error,
                    "UPDATE jobs SET state = ?, done = ?, total = ?, lease = NULL, "
                    "leased_until = NULL, blob_key = ?, media_type = ?, file_name = ?, size = ?, "
                    "error = ?, updated_at = ?, finished_at = ? "
                    "WHERE id = ? AND state = 'running' AND lease = ?",
                    db_text(STATES[job->state]), db_int(job->done), db_int(job->total),
                    db_text(done ? job->blob_key : NULL), db_text(done ? job->media_type : NULL),
                    db_text(done ? job->file_name : NULL), done ? db_int(job->size) : db_null(),
                    db_text(done ? NULL : job->error), db_time(now), db_time(now),
                    db_uuid(&job->id), db_text(lease)))
        return false;
    *held = changed > 0;
    return true;
}

bool db_job_cancel(struct db_connection *connection, const struct base_uuid *id, base_time now,
                   gint64 *changed, GError **error)
{
    return db_execute(connection, changed, error,
                      "UPDATE jobs SET state = 'cancelled', lease = NULL, leased_until = NULL, "
                      "updated_at = ?, finished_at = ? "
                      "WHERE id = ? AND state IN ('waiting', 'running')",
                      db_time(now), db_time(now), db_uuid(id));
}

bool db_job_delete(struct db_connection *connection, const struct base_uuid *id, gint64 *changed,
                   GError **error)
{
    return db_execute(connection, changed, error,
                      "DELETE FROM jobs WHERE id = ? AND state NOT IN ('waiting', 'running')",
                      db_uuid(id));
}

GPtrArray *db_job_list_finished(struct db_connection *connection, base_time before, gint64 limit,
                                GError **error)
{
    return collect(db_query(connection, error,
                            SELECT "WHERE j.state IN ('done', 'failed', 'cancelled') "
                                   "AND j.finished_at < ? ORDER BY j.created_at, j.id LIMIT ?",
                            db_time(before), db_int(limit)),
                   error);
}
