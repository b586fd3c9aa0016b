/* The audit log and its chain, and terms that prove themselves. */
#include "api/routes.h"
#include "service/audit_chain.h"
#include "service/register.h"
#include "service/term_export.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *hash_or_null(const struct core_audit_head *head)
{
    char text[CORE_AUDIT_HASH_TEXT_SIZE];

    return head->position ? json_string(core_audit_hash_format(head->hash, text)) : json_null();
}

static json_t *show(const void *data, const void *unused)
{
    const struct core_audit *entry = data;
    struct core_audit_head place = {.position = entry->position};
    json_t *details = entry->details ? json_loads(entry->details, JSON_DECODE_ANY, NULL) : NULL;
    json_t *json = json_object();

    (void)unused;
    memcpy(place.hash, entry->hash, sizeof place.hash);
    json_object_set_new(json, "sequence", json_integer(entry->sequence));
    json_object_set_new(json, "happened_at", base_json_time(entry->happened_at));
    json_object_set_new(json, "actor_id", api_json_uuid_or_null(&entry->actor_id));
    json_object_set_new(json, "action", json_string(entry->action));
    json_object_set_new(json, "subject", base_json_text_or_null(entry->subject));
    json_object_set_new(json, "details", details ? details : json_null());
    json_object_set_new(json, "position",
                        place.position ? json_integer(place.position) : json_null());
    json_object_set_new(json, "hash", hash_or_null(&place));
    return json;
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct db_audit_filter filter = {0};
    struct db_page page = {.limit = API_PAGE_LIMIT};
    const struct base_json_field FIELDS[] = {
        {"actor_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &filter.actor_id},
        {"action", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &filter.action, .max = 64},
        API_LIMIT_FIELD(page),
        API_OFFSET_FIELD(page),
    };
    gint64 total = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = NULL;
    g_auto(api_form) query = {0};

    if (api_form_read_query(request, &query, &error) &&
        api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        entries =
            service_audit_list(api->service, api_identity(request), &filter, &page, &total, &error);
    if (entries)
        api_respond_list(response, entries, total, &page, show, NULL);
    else
        api_fail(response, error);
}

static void verify(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_audit_report report;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    if (!service_audit_verify(api->service, api_identity(request), NULL, &report, findings,
                              &error)) {
        api_fail(response, error);
        return;
    }
    json_t *sentences = json_array();
    for (guint i = 0; i < findings->len; i++)
        json_array_append_new(sentences, json_string(findings->pdata[i]));
    api_respond(response, 200,
                json_pack("{s:b,s:o,s:I,s:I,s:I,s:o}", "sound", findings->len == 0, "findings",
                          sentences, "entries", (json_int_t)report.entries, "pending",
                          (json_int_t)report.pending, "position", (json_int_t)report.head.position,
                          "hash", hash_or_null(&report.head)));
}

static void export_term(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    struct stat about;
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    const int fd =
        service_term_export_temporary(api->service, api_identity(request), &id, &name, &error);
    if (fd < 0 || fstat(fd, &about) != 0) {
        api_fail(response, error);
        if (fd >= 0)
            close(fd);
        return;
    }
    g_autofree char *file = g_strconcat(name, ".zip", NULL);
    http_response_attachment(response, file);
    http_response_file(response, 200, "application/zip", fd, (uint64_t)about.st_size);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/audit", API_ADMIN, HTTP_LANE_HEAVY, .handler = list},
    {HTTP_METHOD_GET, "/audit/verify", API_ADMIN, HTTP_LANE_HEAVY, .handler = verify},
    {HTTP_METHOD_GET, "/terms/{id}/export", API_ADMIN, HTTP_LANE_HEAVY, .handler = export_term},
};

const struct api_routes API_AUDIT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
