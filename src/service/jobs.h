/*
 * Reports as jobs: somebody asks for one, a thread of the server (of any of its nodes) writes it
 * while the asker sees how far it is, and the result waits for a day to be fetched. It is sealed
 * like pictures are, and lies in pieces in the store of pictures under a prefix of its own,
 * "jobs/", where the collection of pictures does not look.
 */
#ifndef SERVICE_JOBS_H
#define SERVICE_JOBS_H

#include "db/query/job.h"
#include "service/reports.h"

enum {
    SERVICE_JOB_OPEN_MAX = 5,            /* that wait or run, a person */
    SERVICE_JOB_ROWS = 20000,            /* a report with more rows should be a job */
    SERVICE_JOB_KEEP_SECONDS = 24 * 3600 /* of a finished job and its result */
};

/* What a report is to look like. */
struct service_job_options {
    enum report_format format;
    struct report_options report; /* without its progress */
};

/*
 * Asks for a report. The request is checked now, and once more, with the asker's rights of that
 * moment, when it is written. Errors of service_report_open(); BASE_ERROR_RATE_LIMITED when
 * SERVICE_JOB_OPEN_MAX jobs of this person wait or run; BASE_ERROR_INVALID for the command line,
 * which has no account and can write the report itself; BASE_ERROR_UNAVAILABLE without a store.
 */
struct db_job *service_job_create(struct service *service, const struct service_identity *identity,
                                  const struct service_report_request *request,
                                  const struct service_job_options *options, GError **error);

/* One's own jobs only: those of others are BASE_ERROR_NOT_FOUND. */
struct db_job *service_job_find(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *id, GError **error);
GPtrArray *service_job_list(struct service *service, const struct service_identity *identity,
                            const struct db_page *page, gint64 *total, GError **error);

/* Cancels a job that waits or runs: it stays in the list as cancelled, and stops within a second. A
 * finished one is removed with its result. */
bool service_job_delete(struct service *service, const struct service_identity *identity,
                        const struct base_uuid *id, GError **error);

/* The result as an unlinked file of job->size bytes; close() it. BASE_ERROR_CONFLICT when the job
 * is not done, BASE_ERROR_NOT_FOUND when the result is not there any more. Reads the store. */
int service_job_file(struct service *service, const struct service_identity *identity,
                     const struct base_uuid *id, struct db_job **job, GError **error);

/* ---- for whoever runs them ---- */

/* Takes one job that nobody is at and runs it to its end; *ran tells whether there was one. When
 * *stopping becomes true (any thread may set it) the job is given back within a second. False with
 * an error when the database cannot be asked. */
bool service_job_run(struct service *service, const gint *stopping, bool *ran, GError **error);

/* Waits so long, or until a job was asked for on this node after *seen was read, or somebody woke
 * those who wait; *seen, 0 at first, is brought up to date. */
void service_jobs_wait(struct service *service, guint *seen, gint64 microseconds);
void service_jobs_wake(struct service *service);

/* Removes finished jobs after SERVICE_JOB_KEEP_SECONDS, and pieces of results that belong to none.
 * `removed` (may be NULL) gets how many jobs. */
bool service_jobs_collect(struct service *service, gint64 *removed, GError **error);

#endif
