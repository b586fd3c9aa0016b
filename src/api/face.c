/* The enrolled photos of a person. */
#include "api/routes.h"
#include "service/enrol.h"

static json_t *show(const void *face, const void *data)
{
    (void)data;
    return api_json_face(face);
}

static void respond_faces(struct api *api, const struct http_request *request,
                          const struct base_uuid *id, unsigned status,
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
    api_respond(response, status,
                api_json_list(items, faces->len, &(struct db_page){.limit = faces->len}));
}

static void list(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid id;

    if (api_path_uuid(request, "id", &id, response))
        respond_faces(app, request, &id, 200, response);
}

static void add(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    bool is_admin = identity->role == CORE_ROLE_ADMIN;
    const struct service_enrol_options options = {
        .skip_liveness = is_admin,
        .source = is_admin ? "admin" : "profile",
    };
    struct service_enrolment enrolment;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) form = {0};

    if (!api_path_uuid(request, "id", &id, response) || !api_limit_faces(api, request, response))
        return;
    if (!api_form_read(request, SERVICE_PHOTOS_MAX, &form, &error) ||
        !api_form_values(&form, NULL, 0, &error) ||
        !service_enrol(api->service, identity, &id, form.pictures, form.pictures_n, &options,
                       &enrolment, &error))
        api_fail(response, error);
    else if (!enrolment.stored)
        api_refuse_photos(response, &enrolment);
    else
        respond_faces(api, request, &id, 201, response);
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

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/users/{id}/faces", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = list},
    {HTTP_METHOD_POST, "/users/{id}/faces", API_SIGNED_IN, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     API_FORM_TYPES, .handler = add},
    {HTTP_METHOD_DELETE, "/users/{id}/faces", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = delete_all},
    {HTTP_METHOD_DELETE, "/users/{id}/faces/{face_id}", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = delete_one},
};

const struct api_routes API_FACE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
