/* Doing a job: writing the report piece by piece into the store, saying how far it is, and giving
 * up when it was cancelled. */
#include "auth/seal.h"
#include "db/query/user.h"
#include "service/job_internal.h"

#include <string.h>

enum {
    PIECE_BYTES = AUTH_SEAL_PLAIN_MAX,
    ATTEMPTS_MAX = 3, /* that end with the node's death, before a job is given up */
};

#define LEASE (60 * BASE_TIME_SECOND)
#define BEAT_US (G_TIME_SPAN_SECOND / 2)

struct run {
    struct service *service;
    struct db_job *job;
    char *lease; /* "<attempt>.<uuid>" */
    const gint *stopping;
    gint64 next_beat; /* monotonic */
    bool stopped;     /* the node ends: somebody else is to do it */
    bool lost;        /* cancelled, or taken by another node */
    GByteArray *piece;
    guint pieces;
    gint64 size;
};

/* ---- claiming ---- */

/* How often the job was begun by nodes that died. */
static gint64 attempts_of(const struct db_job *job)
{
    return job->lease ? g_ascii_strtoll(job->lease, NULL, 10) : 0;
}

static struct db_job *claim(struct service *service, char **lease, GError **error)
{
    char id[BASE_UUID_TEXT_SIZE];
    struct base_uuid own;
    const base_time now = base_time_now();
    bool claimed = false;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(db_job) job = connection ? db_job_next(connection, now, error) : NULL;

    if (!job)
        return NULL;
    base_uuid_new(&own);
    *lease = g_strdup_printf("%" G_GINT64_FORMAT ".%s", attempts_of(job) + 1,
                             base_uuid_format(&own, id));
    if (!db_job_claim(connection, &job->id, *lease, now, now + LEASE, &claimed, error) || !claimed)
        return NULL;
    return g_steal_pointer(&job);
}

/* ---- progress ---- */

static bool beat(struct run *run, gint64 done, gint64 total)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(db_connection) connection = db_acquire(run->service->db, &problem);
    const base_time now = base_time_now();
    bool held = true;

    /* While the database is away the claim lasts for some time yet. */
    if (!connection || !db_job_progress(connection, &run->job->id, run->lease, done, total, now,
                                        now + LEASE, &held, &problem))
        g_message("The progress of a report was not stored: %s", problem->message);
    run->lost = !held;
    return held;
}

static bool progress(gint64 done, gint64 total, gpointer data)
{
    struct run *run = data;

    run->job->done = done;
    run->job->total = total;
    if (g_atomic_int_get(run->stopping)) {
        run->stopped = true;
        return false;
    }
    if (g_get_monotonic_time() < run->next_beat)
        return !run->lost;
    run->next_beat = g_get_monotonic_time() + BEAT_US;
    return beat(run, done, total);
}

/* ---- writing ---- */

static bool put_piece(struct run *run, GError **error)
{
    if (run->piece->len == 0)
        return true;
    if (!service_job_put(run->service, run->job, run->pieces, run->piece->data, run->piece->len,
                         error))
        return false;
    run->pieces++;
    run->size += run->piece->len;
    g_byte_array_set_size(run->piece, 0);
    return progress(run->job->done, run->job->total, run) ||
           base_fail(error, BASE_ERROR_UNAVAILABLE, "The report was cancelled.");
}

static bool take(const char *data, size_t size, gpointer data_of_sink, GError **error)
{
    struct run *run = data_of_sink;

    while (size > 0) {
        const size_t n = MIN(size, (size_t)PIECE_BYTES - run->piece->len);
        g_byte_array_append(run->piece, (const guint8 *)data, (guint)n);
        data += n;
        size -= n;
        if (run->piece->len == PIECE_BYTES && !put_piece(run, error))
            return false;
    }
    return true;
}

/* The asker with the rights of this moment. */
static bool identity_of(struct run *run, struct service_identity *identity, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(run->service->db, error);
    g_autoptr(core_user) user =
        connection ? db_user_find(connection, &run->job->user_id, error) : NULL;

    if (!user)
        return false;
    if (user->deleted_at || !user->active)
        return base_fail(error, BASE_ERROR_FORBIDDEN, "The account is not active any more.");
    *identity = (struct service_identity){
        .user_id = user->id,
        .institution_id = user->institution_id,
        .group_id = user->group_id,
        .role = user->role,
    };
    return true;
}

static bool write_report(struct run *run, GError **error)
{
    struct service_report_request request = {0};
    struct service_job_options options = {0};
    struct service_identity identity;
    g_autoptr(json_t) object = NULL;

    if (!service_job_read(run->job, &object, &request, &options, error) ||
        !identity_of(run, &identity, error))
        return false;
    g_autoptr(service_report) report =
        service_report_open(run->service, &identity, &request, error);
    if (!report)
        return false;
    g_autofree char *name = service_report_file_name(report);
    options.report.progress = progress;
    options.report.progress_data = run;
    if (!report_write(options.format, service_report_table(report), &options.report, take, run,
                      error) ||
        !put_piece(run, error))
        return false;
    run->job->media_type = g_strdup(report_format_type(options.format));
    run->job->file_name = g_strdup_printf("%s.%s", name, report_format_name(options.format));
    return true;
}

static bool prepare(struct run *run, GError **error)
{
    char id[BASE_UUID_TEXT_SIZE], attempt[BASE_UUID_TEXT_SIZE];
    struct base_uuid own;
    g_autofree char *prefix = NULL;

    if (attempts_of(run->job) >= ATTEMPTS_MAX)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "The server ended several times while it wrote this report. Please ask "
                         "for a shorter period.");
    if (!run->service->images.store)
        return base_fail(error, BASE_ERROR_UNAVAILABLE, "There is no store for the report.");
    prefix = service_job_prefix(run->service, error);
    if (!prefix)
        return false;
    base_uuid_new(&own);
    run->job->blob_key = g_strdup_printf("%s%s/%s", prefix, base_uuid_format(&run->job->id, id),
                                         base_uuid_format(&own, attempt));
    return true;
}

/* ---- the end ---- */

/* What the asker may know of an error. */
static char *sentence_of(const GError *problem)
{
    switch (problem->domain == BASE_ERROR ? problem->code : BASE_ERROR_INTERNAL) {
    case BASE_ERROR_INTERNAL:
    case BASE_ERROR_CORRUPT:
    case BASE_ERROR_IO:
        g_warning("A report failed: %s", problem->message);
        return g_strdup("Something went wrong on the server.");
    default:
        return g_strdup(problem->message);
    }
}

static bool settle(struct run *run, bool ok, const GError *problem, GError **error)
{
    const base_time now = base_time_now();
    struct db_job *job = run->job;
    bool held = false, stored = true;
    g_autoptr(db_connection) connection = NULL;

    job->state = ok ? DB_JOB_DONE : DB_JOB_FAILED;
    job->size = run->size;
    if (!ok && !run->lost && !run->stopped)
        job->error = sentence_of(problem);
    if (!run->lost) {
        connection = db_acquire(run->service->db, error);
        stored = connection &&
                 (run->stopped ? db_job_release(connection, &job->id, run->lease, now, error)
                               : db_job_finish(connection, job, run->lease, now, &held, error));
    }
    g_clear_pointer(&connection, db_release);
    /* When nobody knows whether the end was stored the pieces are left to the collection. */
    if (job->blob_key && stored && !(ok && held))
        service_job_discard(run->service, job->blob_key);
    return stored;
}

bool service_job_run(struct service *service, const gint *stopping, bool *ran, GError **error)
{
    GError *problem = NULL;
    struct run run = {.service = service, .stopping = stopping};

    *ran = false;
    run.job = claim(service, &run.lease, &problem);
    if (run.job) {
        *ran = true;
        run.next_beat = g_get_monotonic_time() + BEAT_US;
        run.piece = g_byte_array_new();
        const bool ok = prepare(&run, &problem) && write_report(&run, &problem);
        g_autoptr(GError) reason = g_steal_pointer(&problem);
        (void)settle(&run, ok, reason, &problem);
        g_byte_array_unref(run.piece);
    }
    g_free(run.lease);
    db_job_free(run.job);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}
