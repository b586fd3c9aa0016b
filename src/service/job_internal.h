/* Private to jobs.c and job_run.c: where a result lies. */
#ifndef SERVICE_JOB_INTERNAL_H
#define SERVICE_JOB_INTERNAL_H

#include "service/internal.h"
#include "service/jobs.h"

/* What the keys of all results begin with, "jobs/<institution>/"; g_free() it. */
char *service_job_prefix(struct service *service, GError **error);

/* Puts a piece of a result under "<blob_key>/<number>", sealed unless the site switched that off.
 */
bool service_job_put(struct service *service, const struct db_job *job, guint number,
                     const void *data, size_t size, GError **error);

/* Deletes whatever lies under a key and a slash; what fails is left to the collection. */
void service_job_discard(struct service *service, const char *blob_key);

/* What the parameters of a job say; the texts of `request` are those of `*object`, which the caller
 * frees. */
bool service_job_read(const struct db_job *job, json_t **object,
                      struct service_report_request *request, struct service_job_options *options,
                      GError **error);

#endif
