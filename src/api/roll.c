/* The register of one session: the roll with its marks, marks for the whole roll, closing. */
#include "api/routes.h"
#include "service/closing.h"
#include "service/marking.h"
#include "service/policies.h"
#include "service/session_register.h"

enum { ROLL_MAX = 2000 /* marks in one request */ };

static json_t *show_line(const struct service_session_line *line)
{
    const struct db_roster_person *person = line->person;
    json_t *user = json_object();
    json_t *json = json_object();

    json_object_set_new(user, "id", base_json_uuid(person ? &person->id : &line->mark->user_id));
    json_object_set_new(user, "name",
                        base_json_text_or_null(person ? person->name : line->mark->user_name));
    json_object_set_new(user, "student_number",
                        base_json_text_or_null(person ? person->student_number : NULL));
    json_object_set_new(
        user, "group_name",
        base_json_text_or_null(person ? person->group_name : line->mark->group_name));
    json_object_set_new(json, "user", user);
    json_object_set_new(json, "on_roster", json_boolean(person != NULL));
    json_object_set_new(json, "attendance",
                        line->mark ? api_json_attendance(line->mark, true) : json_null());
    return json;
}

static json_t *show_session(const struct service_roll *roll)
{
    const struct core_session *session = roll->session;
    json_t *json = json_object();

    json_object_set_new(json, "id", base_json_uuid(&session->id));
    json_object_set_new(json, "course_id", base_json_uuid(&session->course_id));
    json_object_set_new(json, "course_name", base_json_text_or_null(session->course_name));
    json_object_set_new(json, "title", base_json_text_or_null(session->title));
    json_object_set_new(json, "room_name", base_json_text_or_null(session->room_name));
    json_object_set_new(json, "day", base_json_text_or_null(session->local_day));
    json_object_set_new(json, "starts_at", base_json_time(session->starts_at));
    json_object_set_new(json, "ends_at", base_json_time(session->ends_at));
    json_object_set_new(json, "opens_at", base_json_time(roll->opens_at));
    json_object_set_new(json, "on_time_until",
                        base_json_time(core_rules_on_time_until(&roll->rules, session->starts_at)));
    json_object_set_new(json, "closes_at", base_json_time(roll->closes_at));
    json_object_set_new(json, "closed_at", api_json_time_or_null(session->closed_at));
    json_object_set_new(json, "window", json_string(service_window_name(roll->window)));
    return json;
}

static json_t *show_roll(const struct service_roll *roll)
{
    json_t *json = json_object();
    json_t *counts = json_object();
    json_t *statuses = json_array();
    json_t *items = json_array();

    for (int i = 0; i < CORE_STATUS_N; i++)
        json_object_set_new(counts, core_status_name((enum core_status)i),
                            json_integer(roll->counts[i]));
    json_object_set_new(counts, "unmarked", json_integer(roll->unmarked));
    for (gsize i = 0; i < roll->rules.statuses_n; i++) {
        const struct core_rules_status *status = &roll->rules.statuses[i];
        json_array_append_new(statuses,
                              json_pack("{s:s, s:s, s:s}", "code", status->code, "name",
                                        status->name, "kind", core_status_name(status->kind)));
    }
    for (guint i = 0; i < roll->lines->len; i++)
        json_array_append_new(items, show_line(roll->lines->pdata[i]));
    json_object_set_new(json, "session", show_session(roll));
    json_object_set_new(json, "counts", counts);
    json_object_set_new(json, "statuses", statuses);
    json_object_set_new(json, "items", items);
    return json;
}

static void respond_roll(struct api *api, const struct http_request *request,
                         const struct base_uuid *id, struct http_response *response)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(service_roll) roll =
        service_session_register(api->service, api_identity(request), id, &error);

    if (roll)
        api_respond(response, 200, show_roll(roll));
    else
        api_fail(response, error);
}

static void get_roll(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid id;

    if (api_path_uuid(request, "id", &id, response))
        respond_roll(app, request, &id, response);
}

static bool read_entry(json_t *item, struct service_roll_entry *entry, GError **error)
{
    const struct base_json_field FIELDS[] = {
        {"user_id", BASE_JSON_UUID, BASE_JSON_REQUIRED, &entry->user_id},
        {"status", BASE_JSON_TEXT, BASE_JSON_REQUIRED, &entry->status},
        {"reason", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &entry->reason, .max = 4096},
    };

    return base_json_read(item, FIELDS, G_N_ELEMENTS(FIELDS), error);
}

/* An array of struct service_roll_entry, whose texts belong to the document. */
static GArray *read_entries(json_t *marks, GError **error)
{
    const size_t n = json_array_size(marks);
    g_autoptr(GArray) entries =
        g_array_sized_new(FALSE, TRUE, sizeof(struct service_roll_entry), (guint)n);

    if (n == 0 || n > ROLL_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "marks must be a list of 1 to %d.",
                    ROLL_MAX);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        struct service_roll_entry entry = {0};
        if (!read_entry(json_array_get(marks, i), &entry, error)) {
            g_prefix_error(error, "Mark %zu: ", i + 1);
            return NULL;
        }
        g_array_append_val(entries, entry);
    }
    return g_steal_pointer(&entries);
}

static void put_marks(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    json_t *marks = NULL;
    const struct base_json_field FIELDS[] = {
        {"marks", BASE_JSON_ARRAY, BASE_JSON_REQUIRED, &marks},
    };
    struct base_uuid id;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) entries = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        entries = read_entries(marks, &error);
    if (!entries || !service_mark_roll(api->service, api_identity(request), &id,
                                       (const void *)entries->data, entries->len, NULL, &error)) {
        api_fail(response, error);
        return;
    }
    respond_roll(api, request, &id, response);
}

static void close_session(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_closed closed;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (!api_path_uuid(request, "id", &id, response))
        return;
    if (service_session_close(api->service, api_identity(request), &id, &closed, &error))
        api_respond(response, 200, json_pack("{s:I}", "marks", (json_int_t)closed.marks));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/sessions/{id}/register", API_STAFF, HTTP_LANE_QUICK, .handler = get_roll},
    {HTTP_METHOD_PUT, "/sessions/{id}/marks", API_STAFF, HTTP_LANE_HEAVY, API_BODY_ROLL,
     API_JSON_TYPES, .handler = put_marks},
    {HTTP_METHOD_POST, "/sessions/{id}/close", API_STAFF, HTTP_LANE_HEAVY,
     .handler = close_session},
};

const struct api_routes API_ROLL_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
