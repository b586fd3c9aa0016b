/* Pictures: of a profile, of an enrolled photo, behind a mark, and of a review. */
#include "api/routes.h"
#include "base/error.h"
#include "http/content.h"
#include "service/images.h"
#include "service/reviews.h"
#include "service/users.h"

static const char *const PICTURE_TYPES[] = {"image/jpeg",          "image/png",        "image/webp",
                                            "multipart/form-data", "application/json", NULL};

enum {
    ETAG_SIZE = 2 * CORE_IMAGE_DIGEST_SIZE + 3,
    ATTEMPTS = 3, /* to read a picture that is being replaced */
};

static void etag_of(const struct core_image *image, char etag[static ETAG_SIZE])
{
    char *at = etag;

    *at++ = '"';
    for (size_t i = 0; i < CORE_IMAGE_DIGEST_SIZE; i++, at += 2)
        g_snprintf(at, 3, "%02x", image->sha256[i]);
    g_strlcpy(at, "\"", 2);
}

/* Finds the picture that a path names. */
typedef struct core_image *(*picture_finder)(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid ids[2], GError **error);

/* False, without an answer, when the picture was replaced between its row and its content. */
static bool respond_once(struct api *api, const struct http_request *request,
                         struct http_response *response, const struct core_image *image)
{
    char etag[ETAG_SIZE];
    g_autoptr(GError) error = NULL;

    etag_of(image, etag);
    const struct http_content content = {
        .type = image->media_type,
        .etag = etag,
        .modified = image->created_at,
        .cache = "private, no-cache", /* asked again each time, for the right to see it may go */
    };
    if (http_content_unchanged(response, request, &content))
        return true;
    g_autoptr(GBytes) bytes = service_image_read(api->service, image, &error);
    if (bytes) {
        http_content_send(response, request, &content, bytes);
        http_response_header(response, "Content-Disposition", "inline");
        return true;
    }
    const bool is_gone = g_error_matches(error, BASE_ERROR, BASE_ERROR_NOT_FOUND);
    if (!is_gone)
        api_fail(response, error);
    return !is_gone;
}

static void respond(struct api *api, const struct http_request *request,
                    struct http_response *response, picture_finder find,
                    const struct base_uuid ids[2])
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(core_image) image = find(api->service, api_identity(request), ids, &error);
        if (!image) {
            api_fail(response, error);
            return;
        }
        if (respond_once(api, request, response, image))
            return;
    }
    g_warning("The content of %s is missing in the store of pictures.", request->path);
    http_response_error(response, 404, base_error_name(BASE_ERROR_NOT_FOUND),
                        "There is no such picture.", NULL);
}

static struct core_image *find_profile(struct service *service,
                                       const struct service_identity *identity,
                                       const struct base_uuid ids[2], GError **error)
{
    return service_image_profile(service, identity, &ids[0], error);
}

static struct core_image *find_face(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid ids[2], GError **error)
{
    return service_image_face(service, identity, &ids[0], &ids[1], error);
}

static struct core_image *find_mark(struct service *service,
                                    const struct service_identity *identity,
                                    const struct base_uuid ids[2], GError **error)
{
    return service_image_mark(service, identity, &ids[0], error);
}

static struct core_image *find_review(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid ids[2], GError **error)
{
    return service_review_picture(service, identity, &ids[0], error);
}

static void review_get(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid ids[2];

    if (api_path_uuid(request, "id", &ids[0], response))
        respond(app, request, response, find_review, ids);
}

static void profile_get(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid ids[2];

    if (api_path_uuid(request, "id", &ids[0], response))
        respond(app, request, response, find_profile, ids);
}

static void face_get(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid ids[2];

    if (api_path_uuid(request, "id", &ids[0], response) &&
        api_path_uuid(request, "face_id", &ids[1], response))
        respond(app, request, response, find_face, ids);
}

static void mark_get(void *app, struct http_request *request, struct http_response *response)
{
    struct base_uuid ids[2];

    if (api_path_uuid(request, "id", &ids[0], response))
        respond(app, request, response, find_mark, ids);
}

/* The one picture of a body, which is the picture itself or a form with it. */
static bool read_picture(const struct http_request *request, struct api_form *form,
                         struct recognise_picture *picture, GError **error)
{
    if (request->content_type && g_str_has_prefix(request->content_type, "image/")) {
        *picture = (struct recognise_picture){request->body, request->body_size};
        return true;
    }
    if (!api_form_read(request, 1, form, error) || !api_form_values(form, NULL, 0, error))
        return false;
    if (form->pictures_n == 0) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "image is required.");
        return false;
    }
    *picture = form->pictures[0];
    return true;
}

static void profile_set(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    const struct service_identity *identity = api_identity(request);
    struct recognise_picture picture;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = NULL;
    g_auto(api_form) form = {0};

    if (!api_path_uuid(request, "id", &id, response) || !api_limit_faces(api, request, response))
        return;
    if (read_picture(request, &form, &picture, &error) &&
        service_image_profile_set(api->service, identity, &id, &picture, &error))
        user = service_user_find(api->service, identity, &id, &error);
    if (user)
        api_respond_user(api, response, 200, user);
    else
        api_fail(response, error);
}

static void profile_delete(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    if (api_path_uuid(request, "id", &id, response) &&
        !service_image_profile_delete(api->service, api_identity(request), &id, &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/users/{id}/image", API_SIGNED_IN, HTTP_LANE_QUICK, .handler = profile_get,
     .waits = true},
    {HTTP_METHOD_PUT, "/users/{id}/image", API_SIGNED_IN, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     PICTURE_TYPES, .handler = profile_set},
    {HTTP_METHOD_DELETE, "/users/{id}/image", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = profile_delete},
    {HTTP_METHOD_GET, "/users/{id}/faces/{face_id}/image", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = face_get, .waits = true},
    {HTTP_METHOD_GET, "/attendance/marks/{id}/image", API_SIGNED_IN, HTTP_LANE_QUICK,
     .handler = mark_get, .waits = true},
    {HTTP_METHOD_GET, "/reviews/{id}/picture", API_STAFF, HTTP_LANE_QUICK, .handler = review_get,
     .waits = true},
};

const struct api_routes API_IMAGE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
