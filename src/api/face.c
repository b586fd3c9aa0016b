/* The enrolled photos of a person, and what is to be said of one before it is. */
#include "api/photo.h"
#include "api/routes.h"
#include "base/error.h"
#include "service/enrol.h"

static json_t *show(const void *face, const void *data)
{
    (void)data;
    return api_json_face(face);
}

/* With what was seen in the photos that were just added; NULL: none were. */
static void respond_faces(struct api *api, const struct http_request *request,
                          const struct base_uuid *id, const struct service_enrolment *added,
                          struct http_response *response)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) faces =
        service_faces_list(api->service, api_identity(request), id, &error);

    if (!faces) {
        api_fail(response, error);
        return;
    }
    json_t *items = json_array();
    for (guint i = 0; i < faces->len; i++)
        json_array_append_new(items, show(faces->pdata[i], NULL));
    json_t *json = api_json_list(items, faces->len, &(struct db_page){.limit = faces->len});
    if (added) {
        json_object_set_new(json, "photos", api_json_photos(added));
        json_object_set_new(json, "held", json_boolean(added->held));
    }
    api_respond(response, added ? 201 : 200, json);
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid id;

    if (api_path_uuid(request, "id", &id, response))
        respond_faces(app, request, &id, NULL, response);
}

static void add(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    bool is_admin = identity->role == CORE_ROLE_ADMIN;
    struct service_enrol_options options = {
        .skip_liveness = is_admin,
        .source = is_admin ? "admin" : "profile",
    };
    const struct base_json_field FIELDS[] = {
        {"allow_copies", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options.allow_copies},
    };
    struct service_enrolment enrolment;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_path_uuid(request, "id", &id, response) || !api_limit_faces(api, request, response))
        return;
    if (!api_form_read(request, SERVICE_PHOTOS_MAX, &form, &error) ||
        !api_form_values(&form, FIELDS, G_N_ELEMENTS(FIELDS), &error) ||
        !service_enrol(api->service, identity, &id, form.pictures, form.pictures_n, &options,
                       &enrolment, &error))
        api_fail(response, error);
    else if (!enrolment.stored)
        api_refuse_photos(response, &enrolment);
    else
        respond_faces(api, request, &id, &enrolment, response);
}

static void delete_all(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_faces_delete(api->service, api_identity(request), &id, NULL, NULL, &error))
        api_fail(response, error);
}

static void delete_one(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id, face_id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        api_path_uuid(request, "face_id", &face_id, response) &&
        !service_faces_delete(api->service, api_identity(request), &id, &face_id, NULL, &error))
        api_fail(response, error);
}

static void check(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_photo photo;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_limit_faces(api, request, response))
        return;
    if (api_form_read(request, 1, &form, &error) && api_form_values(&form, NULL, 0, &error) &&
        form.pictures_n != 1)
        g_set_error_literal(&error, BASE_ERROR, BASE_ERROR_INVALID, "image must be one picture.");
    if (error || !service_photo_check(api->service, &form.pictures[0], &photo, &error))
        api_fail(response, error);
    else
        api_respond(response, 200, api_json_check(&photo));
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/faces/check", API_ANYONE, HTTP_LANE_HEAVY, API_BODY_PHOTOS, API_FORM_TYPES,
     .handler = check},
    {HTTP_METHOD_GET, "/users/{id}/faces", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/users/{id}/faces", API_SIGNED_IN, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     API_FORM_TYPES, .handler = add},
    {HTTP_METHOD_DELETE, "/users/{id}/faces", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = delete_all},
    {HTTP_METHOD_DELETE, "/users/{id}/faces/{face_id}", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = delete_one},
};

const struct api_routes API_FACE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
