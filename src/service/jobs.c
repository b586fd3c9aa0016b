#include "service/jobs.h"

#include "auth/seal.h"
#include "blob/blob.h"
#include "service/job_internal.h"
#include "service/picture.h"

#include <string.h>
#include <unistd.h>

#define KIND "report"
#define SEAL_PURPOSE "report"

enum {
    PAGE_ROWS = 100,
    COLLECT_SECONDS = 2 * 3600, /* beyond its job's life that a piece may be old */
};

/* ---- where results lie ---- */

char *service_job_prefix(struct service *service, GError **error)
{
    const char *prefix = service_images_prefix(service, error);

    return prefix ? g_strconcat("jobs/", prefix, NULL) : NULL;
}

/* A piece opens only in its own place of its own job. */
static char *seal_model(guint number)
{
    return g_strdup_printf(SEAL_PURPOSE " %u", number);
}

bool service_job_put(struct service *service, const struct db_job *job, guint number,
                     const void *data, size_t size, GError **error)
{
    g_autofree char *key = g_strdup_printf("%s/%u", job->blob_key, number);
    g_autofree char *model = seal_model(number);
    const struct auth_seal_context context = {job->user_id, job->id, model};

    if (!service->images.sealed)
        return blob_put(service->images.store, key, data, size, error);
    g_autoptr(GBytes) sealed = auth_seal_close(service->keys, &context, data, size, error);
    return sealed && blob_put(service->images.store, key, g_bytes_get_data(sealed, NULL),
                              g_bytes_get_size(sealed), error);
}

static GBytes *get_piece(struct service *service, const struct db_job *job, guint number,
                         GError **error)
{
    g_autofree char *key = g_strdup_printf("%s/%u", job->blob_key, number);
    g_autofree char *model = seal_model(number);
    const struct auth_seal_context context = {job->user_id, job->id, model};
    g_autoptr(GBytes) stored = blob_get(service->images.store, key, NULL, NULL, error);

    if (!stored || !service->images.sealed)
        return g_steal_pointer(&stored);
    return auth_seal_open(service->keys, &context, g_bytes_get_data(stored, NULL),
                          g_bytes_get_size(stored), error);
}

void service_job_discard(struct service *service, const char *blob_key)
{
    g_autofree char *prefix = g_strconcat(blob_key, "/", NULL);
    g_autofree char *cursor = NULL;
    struct blob_page page = {0};

    while (blob_list(service->images.store, prefix, cursor, BLOB_PAGE_MAX, &page, NULL)) {
        for (guint i = 0; i < page.entries->len; i++)
            (void)blob_delete(service->images.store,
                              g_array_index(page.entries, struct blob_entry, i).key, NULL);
        g_free(cursor);
        cursor = g_steal_pointer(&page.cursor);
        if (!cursor)
            break;
    }
    blob_page_clear(&page);
}

/* ---- parameters ---- */

static char *parameters_text(const struct service_report_request *request,
                             const struct service_job_options *options)
{
    const char separator[2] = {options->report.separator ? options->report.separator : ',', '\0'};
    g_autoptr(json_t) object = json_pack("{s:s, s:o, s:s, s:s, s:s, s:b}", "report", request->name,
                                         "request", service_report_request_json(request), "format",
                                         report_format_name(options->format), "paper",
                                         report_paper_name(options->report.paper), "separator",
                                         separator, "bom", (int)options->report.bom);

    return base_json_format(object);
}

bool service_job_read(const struct db_job *job, json_t **object,
                      struct service_report_request *request, struct service_job_options *options,
                      GError **error)
{
    const char *name = NULL, *format = NULL, *paper = NULL, *separator = NULL;
    json_t *members = NULL;
    const struct base_json_field fields[] = {
        {"report", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &name},
        {"request", BASE_JSON_OBJECT, BASE_JSON_REQUIRED, &members},
        {"format", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &format},
        {"paper", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &paper},
        {"separator", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &separator, .min = 1, .max = 1},
        {"bom", BASE_JSON_BOOL, BASE_JSON_REQUIRED, &options->report.bom},
    };

    *object = base_json_parse(job->parameters, strlen(job->parameters), error);
    if (!*object || !base_json_read(*object, fields, G_N_ELEMENTS(fields), error) ||
        !service_report_request_read(members, request, error))
        return false;
    request->name = name;
    options->report.separator = *separator;
    return (report_format_from_name(format, &options->format) &&
            report_paper_from_name(paper, &options->report.paper)) ||
           base_fail(error, BASE_ERROR_CORRUPT, "The job's parameters are damaged.");
}

/* ---- asking, looking, cancelling ---- */

struct create_work {
    struct db_job *job;
};

static bool create_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct create_work *work = data;
    gint64 open = 0;

    if (!db_job_count_open(connection, &work->job->user_id, &open, error))
        return false;
    if (open >= SERVICE_JOB_OPEN_MAX)
        return base_fail(error, BASE_ERROR_RATE_LIMITED,
                         "%d reports of yours are being written. Please wait for one of them, "
                         "or cancel it.",
                         SERVICE_JOB_OPEN_MAX);
    return db_job_insert(connection, work->job, error);
}

struct db_job *service_job_create(struct service *service, const struct service_identity *identity,
                                  const struct service_report_request *request,
                                  const struct service_job_options *options, GError **error)
{
    if (base_uuid_is_nil(&identity->user_id)) {
        base_fail(error, BASE_ERROR_INVALID, "Jobs belong to people with an account.");
        return NULL;
    }
    g_autoptr(service_report) report = service_images_ready(service, error)
                                           ? service_report_open(service, identity, request, error)
                                           : NULL;
    if (!report)
        return NULL;
    g_autoptr(db_job) job = g_new0(struct db_job, 1);
    struct create_work work = {job};
    base_uuid_new(&job->id);
    job->user_id = identity->user_id;
    job->kind = g_strdup(KIND);
    job->parameters = parameters_text(request, options);
    job->created_at = job->updated_at = base_time_now();
    if (!db_transaction(service->db, create_body, &work, error))
        return NULL;
    service_jobs_wake(service);
    return g_steal_pointer(&job);
}

static struct db_job *find_on(struct db_connection *connection,
                              const struct service_identity *identity, const struct base_uuid *id,
                              GError **error)
{
    g_autoptr(db_job) job = db_job_find(connection, id, error);

    if (!job || base_uuid_equal(&job->user_id, &identity->user_id))
        return g_steal_pointer(&job);
    base_fail(error, BASE_ERROR_NOT_FOUND, "There is no such job.");
    return NULL;
}

struct db_job *service_job_find(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? find_on(connection, identity, id, error) : NULL;
}

GPtrArray *service_job_list(struct service *service, const struct service_identity *identity,
                            const struct db_page *page, gint64 *total, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);

    return connection ? db_job_list(connection, &identity->user_id, page, total, error) : NULL;
}

struct delete_work {
    const struct service_identity *identity;
    struct base_uuid id;
    struct db_job *job; /* as it was; NULL when it was cancelled and stays */
};

static bool delete_body(struct db_connection *connection, gpointer data, GError **error)
{
    struct delete_work *work = data;
    gint64 changed = 0;

    g_clear_pointer(&work->job, db_job_free);
    g_autoptr(db_job) job = find_on(connection, work->identity, &work->id, error);
    if (!job || !db_job_cancel(connection, &work->id, base_time_now(), &changed, error))
        return false;
    if (changed > 0)
        return true;
    if (!db_job_delete(connection, &work->id, &changed, error))
        return false;
    work->job = g_steal_pointer(&job);
    return true;
}

bool service_job_delete(struct service *service, const struct service_identity *identity,
                        const struct base_uuid *id, GError **error)
{
    struct delete_work work = {identity, *id, NULL};
    const bool ok = db_transaction(service->db, delete_body, &work, error);

    if (ok && work.job && work.job->blob_key && service->images.store)
        service_job_discard(service, work.job->blob_key);
    db_job_free(work.job);
    return ok;
}

/* ---- the result ---- */

static bool copy_pieces(struct service *service, const struct db_job *job, int *fd, GError **error)
{
    gint64 size = 0;

    for (guint number = 0; size < job->size; number++) {
        g_autoptr(GBytes) piece = get_piece(service, job, number, error);
        if (!piece ||
            !report_sink_fd(g_bytes_get_data(piece, NULL), g_bytes_get_size(piece), fd, error))
            return false;
        size += (gint64)g_bytes_get_size(piece);
    }
    return size == job->size ||
           base_fail(error, BASE_ERROR_CORRUPT, "The result of the job is damaged.");
}

int service_job_file(struct service *service, const struct service_identity *identity,
                     const struct base_uuid *id, struct db_job **result, GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(db_job) job = service_job_find(service, identity, id, error);

    if (!job || !service_images_ready(service, error))
        return -1;
    if (job->state != DB_JOB_DONE) {
        base_fail(error, BASE_ERROR_CONFLICT, "The report is not written: its job is %s.",
                  db_job_state_name(job->state));
        return -1;
    }
    int fd = report_temporary_file(error);
    if (fd < 0)
        return -1;
    if (copy_pieces(service, job, &fd, &problem)) {
        *result = g_steal_pointer(&job);
        return fd;
    }
    close(fd);
    /* Collected at this moment, or sealed by a key that was dropped since. */
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND) ||
        g_error_matches(problem, BASE_ERROR, BASE_ERROR_CORRUPT))
        base_fail(error, BASE_ERROR_NOT_FOUND,
                  "The report is not kept any more. Please ask for it again.");
    else
        g_propagate_error(error, g_steal_pointer(&problem));
    return -1;
}

/* ---- waiting ---- */

void service_jobs_wait(struct service *service, guint *seen, gint64 microseconds)
{
    const gint64 deadline = g_get_monotonic_time() + microseconds;

    g_mutex_lock(&service->jobs_lock);
    while (service->jobs_new == *seen &&
           g_cond_wait_until(&service->jobs_wake, &service->jobs_lock, deadline))
        ;
    *seen = service->jobs_new;
    g_mutex_unlock(&service->jobs_lock);
}

void service_jobs_wake(struct service *service)
{
    g_mutex_lock(&service->jobs_lock);
    service->jobs_new++;
    g_cond_broadcast(&service->jobs_wake);
    g_mutex_unlock(&service->jobs_lock);
}

/* ---- collecting ---- */

/* Deletes the rows of a page; `keys` gets where their results lie. */
static bool collect_page(struct service *service, base_time before, GPtrArray *keys, guint *n,
                         GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(GPtrArray) jobs =
        connection ? db_job_list_finished(connection, before, PAGE_ROWS, error) : NULL;

    for (guint i = 0; jobs && i < jobs->len; i++) {
        struct db_job *job = jobs->pdata[i];
        gint64 changed;
        if (!db_job_delete(connection, &job->id, &changed, error))
            return false;
        if (job->blob_key)
            g_ptr_array_add(keys, g_steal_pointer(&job->blob_key));
    }
    *n = jobs ? jobs->len : 0;
    return jobs != NULL;
}

/* Pieces that are older than any job can be. */
static bool collect_pieces(struct service *service, base_time before, GError **error)
{
    g_autofree char *prefix = service_job_prefix(service, error);
    g_autofree char *cursor = NULL;
    struct blob_page page = {0};
    bool ok = prefix != NULL;

    while (ok) {
        ok = blob_list(service->images.store, prefix, cursor, BLOB_PAGE_MAX, &page, error);
        for (guint i = 0; ok && i < page.entries->len; i++) {
            const struct blob_entry *entry = &g_array_index(page.entries, struct blob_entry, i);
            if (entry->modified_at < before)
                (void)blob_delete(service->images.store, entry->key, NULL);
        }
        g_free(cursor);
        cursor = g_steal_pointer(&page.cursor);
        if (!cursor)
            break;
    }
    blob_page_clear(&page);
    return ok;
}

bool service_jobs_collect(struct service *service, gint64 *removed, GError **error)
{
    const base_time before = base_time_now() - SERVICE_JOB_KEEP_SECONDS * BASE_TIME_SECOND;
    gint64 count = 0;

    for (guint n = PAGE_ROWS; n == PAGE_ROWS;) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        const bool ok = collect_page(service, before, keys, &n, error);
        for (guint i = 0; service->images.store && i < keys->len; i++)
            service_job_discard(service, keys->pdata[i]);
        if (!ok)
            return false;
        count += n;
    }
    if (removed)
        *removed = count;
    return !service->images.store ||
           collect_pieces(service, before - COLLECT_SECONDS * BASE_TIME_SECOND, error);
}
