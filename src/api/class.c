/* The whole class in pictures. */
#include "api/routes.h"
#include "recognise/recognise.h"
#include "service/class_video.h"

static json_t *show_person(const struct service_class_person *person)
{
    json_t *user = json_object();
    json_t *json = json_object();

    json_object_set_new(user, "id", base_json_uuid(&person->id));
    json_object_set_new(user, "name", base_json_text_or_null(person->name));
    json_object_set_new(json, "user", user);
    json_object_set_new(json, "enrolled", json_boolean(person->enrolled));
    json_object_set_new(json, "attendance",
                        person->mark ? api_json_attendance(person->mark, true) : json_null());
    return json;
}

static json_t *show_persons(const GPtrArray *persons)
{
    json_t *items = json_array();

    for (guint i = 0; i < persons->len; i++)
        json_array_append_new(items, show_person(persons->pdata[i]));
    return items;
}

static json_t *show_face(const struct service_class_face *face)
{
    json_t *json = json_object();

    json_object_set_new(json, "box",
                        json_pack("{s:f, s:f, s:f, s:f}", "x", (double)face->box.x, "y",
                                  (double)face->box.y, "width", (double)face->box.width, "height",
                                  (double)face->box.height));
    json_object_set_new(json, "result", json_string(service_class_outcome_name(face->outcome)));
    if (face->outcome == SERVICE_CLASS_UNKNOWN) {
        json_object_set_new(json, "user", json_null());
    } else {
        json_t *user = json_object();
        json_object_set_new(user, "id", base_json_uuid(&face->person));
        json_object_set_new(user, "name", base_json_text_or_null(face->person_name));
        json_object_set_new(json, "user", user);
    }
    json_object_set_new(json, "review_id", api_json_uuid_or_null(&face->review));
    return json;
}

/* A picture with its faces and, when it was asked for, the one with names drawn into it. */
static json_t *show_picture(const struct service_class_result *result, guint index, GBytes *drawn)
{
    const struct service_class_picture *picture =
        &g_array_index(result->pictures, struct service_class_picture, index);
    json_t *faces = json_array();
    json_t *json = json_object();

    for (guint i = 0; i < result->faces->len; i++) {
        const struct service_class_face *face =
            &g_array_index(result->faces, struct service_class_face, i);
        if (face->picture == index)
            json_array_append_new(faces, show_face(face));
    }
    json_object_set_new(json, "width", json_integer(picture->width));
    json_object_set_new(json, "height", json_integer(picture->height));
    json_object_set_new(json, "faces", faces);
    if (drawn) {
        gsize size;
        const void *data = g_bytes_get_data(drawn, &size);
        g_autofree char *text = g_base64_encode(data, size);
        json_object_set_new(json, "annotated", json_string(text));
    }
    return json;
}

static json_t *show_result(const struct service_class_result *result, const GPtrArray *drawn)
{
    json_t *pictures = json_array();
    json_t *json = json_object();

    for (guint i = 0; i < result->pictures->len; i++)
        json_array_append_new(pictures, show_picture(result, i, drawn ? drawn->pdata[i] : NULL));
    json_object_set_new(json, "session_id", base_json_uuid(&result->session->id));
    json_object_set_new(json, "course", base_json_text_or_null(result->session->course_name));
    json_object_set_new(json, "dry_run", json_boolean(result->dry_run));
    json_object_set_new(json, "taken_at", base_json_time(result->at));
    json_object_set_new(json, "time_source",
                        json_string(core_time_source_name(result->time_source)));
    json_object_set_new(json, "time_zone", base_json_text_or_null(result->time_zone));
    json_object_set_new(json, "pictures", pictures);
    json_object_set_new(json, "marked", show_persons(result->marked));
    json_object_set_new(json, "already", show_persons(result->already));
    json_object_set_new(json, "review", show_persons(result->review));
    json_object_set_new(json, "not_seen", show_persons(result->unseen));
    json_object_set_new(json, "unknown", json_integer((json_int_t)result->unknown));
    json_object_set_new(json, "milliseconds", json_real(result->elapsed / 1000));
    return json;
}

static void bytes_free(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static GPtrArray *draw(struct api *api, const struct service_class_result *result,
                       const struct api_form *form, GError **error)
{
    g_autoptr(GPtrArray) drawn = g_ptr_array_new_with_free_func(bytes_free);

    for (size_t i = 0; i < form->pictures_n; i++) {
        GBytes *jpeg = service_class_draw(api->service, result, i, &form->pictures[i], 0, error);
        if (!jpeg)
            return NULL;
        g_ptr_array_add(drawn, jpeg);
    }
    return g_steal_pointer(&drawn);
}

/* A video alone, or pictures. */
static struct service_class_result *look_at(struct api *api, const struct http_request *request,
                                            const struct service_class_request *wanted,
                                            const struct api_form *form, bool *video,
                                            GError **error)
{
    const struct service_identity *identity = api_identity(request);

    *video = form->pictures_n == 1 &&
             service_video_recognised(form->pictures[0].data, form->pictures[0].size);
    return *video ? service_class_video(api->service, identity, wanted, form->pictures[0].data,
                                        form->pictures[0].size, error)
                  : service_class_photo(api->service, identity, wanted, form->pictures,
                                        form->pictures_n, error);
}

static void mark_class(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_class_request wanted = {0};
    bool annotated = false, video = false;
    const struct base_json_field FIELDS[] = {
        {"captured_at", BASE_JSON_TIME, BASE_JSON_OPTIONAL, &wanted.captured_at},
        {"sent_at", BASE_JSON_TIME, BASE_JSON_OPTIONAL, &wanted.sent_at},
        {"dry_run", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &wanted.dry_run},
        {"annotated", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &annotated},
    };
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};
    g_autoptr(service_class_result) result = NULL;
    g_autoptr(GPtrArray) drawn = NULL;

    if (!api_path_uuid(request, "id", &wanted.session_id, response) ||
        !api_limit_faces(api, request, response))
        return;
    if (api_form_read(request, SERVICE_CLASS_PICTURES_MAX, &form, &error) &&
        api_form_values(&form, FIELDS, G_N_ELEMENTS(FIELDS), &error))
        result = look_at(api, request, &wanted, &form, &video, &error);
    if (result && annotated && !video)
        drawn = draw(api, result, &form, &error);
    if (error)
        api_fail(response, error);
    else
        api_respond(response, 200, show_result(result, drawn));
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/sessions/{id}/photo", API_STAFF, HTTP_LANE_LONG, API_BODY_PHOTOS,
     API_FORM_TYPES, .handler = mark_class},
};

const struct api_routes API_CLASS_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
