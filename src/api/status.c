/* What whoever looks after the installation wants to know. */
#include "service/status.h"
#include "api/retention.h"
#include "api/routes.h"

static json_t *bytes_or_null(gint64 bytes)
{
    return bytes == SERVICE_STATUS_UNKNOWN ? json_null() : json_integer(bytes);
}

static json_t *show_images(const struct service_status *status)
{
    json_t *store = !status->images_kept
                        ? json_null()
                        : json_string(status->images_reachable ? "ok" : "unreachable");

    return json_pack("{s:b, s:o, s:I, s:I, s:o}", "kept", (int)status->images_kept, "store", store,
                     "count", (json_int_t)status->counts.images, "bytes",
                     (json_int_t)status->counts.image_bytes, "free_bytes",
                     bytes_or_null(status->images_free));
}

static json_t *show_faces(const struct service_status *status)
{
    return json_pack(
        "{s:s, s:o, s:o, s:I, s:I, s:I}", "state", status->faces_trouble ? "off" : "ok", "reason",
        base_json_text_or_null(status->faces_trouble), "model",
        base_json_text_or_null(status->model), "people", (json_int_t)status->counts.enrolled,
        "photos", (json_int_t)status->counts.photos, "held", (json_int_t)status->counts.held);
}

static json_t *show_backup(const struct service_status *status)
{
    const gint64 age = (status->at - status->backup_at) / BASE_TIME_SECOND;

    return json_pack("{s:o, s:o}", "last_at", api_json_time_or_null(status->backup_at),
                     "age_seconds", status->backup_at ? json_integer(MAX(age, 0)) : json_null());
}

static json_t *show_counts(const struct db_status *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "people",
                     (json_int_t)counts->people, "active", (json_int_t)counts->active, "groups",
                     (json_int_t)counts->groups, "courses", (json_int_t)counts->courses, "marks",
                     (json_int_t)counts->marks, "reviews_open", (json_int_t)counts->reviews_open,
                     "duplicates_open", (json_int_t)counts->duplicates_open, "disputes_open",
                     (json_int_t)counts->disputes_open);
}

static json_t *show_retention(const struct service_status *status)
{
    const struct service_retention_counts *next = &status->next;

    return json_pack(
        "{s:o, s:o, s:{s:I, s:I, s:I, s:I}}", "periods", api_json_retention(&status->retention),
        "last_run_at", api_json_time_or_null(status->retention_ran_at), "next", "mark_pictures",
        (json_int_t)next->mark_pictures, "reviews", (json_int_t)next->reviews, "audit_entries",
        (json_int_t)next->audit_entries, "people", (json_int_t)next->people);
}

static json_t *show(const struct service_status *status)
{
    json_t *json = json_object();

    json_object_set_new(json, "time", base_json_time(status->at));
    json_object_set_new(json, "version", json_string(PRESENTE_VERSION));
    json_object_set_new(json, "database",
                        json_pack("{s:s, s:I, s:f, s:o}", "engine", status->dialect, "schema",
                                  (json_int_t)status->schema, "answer_ms", status->answer_ms,
                                  "free_bytes", bytes_or_null(status->database_free)));
    json_object_set_new(json, "images", show_images(status));
    json_object_set_new(json, "faces", show_faces(status));
    json_object_set_new(json, "mail",
                        json_pack("{s:b, s:I, s:I, s:o}", "configured",
                                  (int)status->mail_configured, "waiting",
                                  (json_int_t)status->counts.mail_waiting, "failed",
                                  (json_int_t)status->counts.mail_failed, "oldest_waiting_at",
                                  api_json_time_or_null(status->counts.mail_oldest)));
    json_object_set_new(json, "backup", show_backup(status));
    json_object_set_new(json, "counts", show_counts(&status->counts));
    json_object_set_new(json, "audit",
                        json_pack("{s:I, s:I}", "entries", (json_int_t)status->counts.audit_entries,
                                  "pending", (json_int_t)status->counts.audit_pending));
    json_object_set_new(json, "retention", show_retention(status));
    return json;
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_status status;
    g_autoptr(GError) error = NULL;

    if (service_status_collect(api->service, api_identity(request), &status, &error))
        api_respond(response, 200, show(&status));
    else
        api_fail(response, error);
    service_status_clear(&status);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/system/status", API_ADMIN, HTTP_LANE_HEAVY, .handler = get},
};

const struct api_routes API_STATUS_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
