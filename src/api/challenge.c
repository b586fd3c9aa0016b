/* Challenges: asking for one. The answer goes with the mark (mark.c). */
#include "api/routes.h"
#include "service/challenges.h"

static json_t *show(const struct service_challenge *challenge)
{
    json_t *steps = json_array();

    for (size_t i = 0; i < SERVICE_CHALLENGE_STEPS; i++)
        json_array_append_new(steps, json_string(recognise_step_name(challenge->steps[i])));
    return json_pack("{s:o, s:o, s:o, s:i}", "id", base_json_uuid(&challenge->id), "steps", steps,
                     "expires_at", base_json_time(challenge->expires_at), "frames_max",
                     RECOGNISE_CHALLENGE_FRAMES_MAX);
}

static void create(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct base_uuid session_id = {0}, group_id = {0};
    const struct base_json_field FIELDS[] = {
        {"session_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &session_id},
        {"group_id", BASE_JSON_UUID, BASE_JSON_OPTIONAL, &group_id},
    };
    struct service_challenge challenge;
    g_autoptr(json_t) json = NULL;
    g_autoptr(GError) error = NULL;

    if (!api_limit_faces(api, request, response))
        return;
    if (api_json_values(request, &json, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
        service_challenge_create(api->service, &session_id, &group_id, &challenge, &error))
        api_respond(response, 201, show(&challenge));
    else
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/challenges", API_ANYONE, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = create},
};

const struct api_routes API_CHALLENGE_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
