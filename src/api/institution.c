/* The institution: what everybody may know of it, what administrators set, its logo and colour. */
#include "service/institution.h"
#include "api/retention.h"
#include "api/routes.h"
#include "http/content.h"
#include "service/branding.h"

#include <string.h>

enum { WARNINGS_MAX = 8 };

static const char *const PICTURE_TYPES[] = {"image/jpeg", "image/png", "image/webp", NULL};

static json_t *clock_json(gint32 second)
{
    char text[16];

    g_snprintf(text, sizeof text, "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
    return json_string(text);
}

static json_t *mailing_json(const struct service_mailing *mailing)
{
    return json_pack("{s:s, s:i, s:o, s:s}", "frequency",
                     service_frequency_name(mailing->frequency), "weekday", mailing->weekday, "at",
                     clock_json(mailing->at_second), "format", report_format_name(mailing->format));
}

/* What a stranger's page needs. */
static json_t *show_public(const struct service_institution_settings *institution)
{
    g_autofree char *dark = service_branding_accent_dark(institution->accent);
    json_t *json = json_object();

    json_object_set_new(json, "name", json_string(institution->name));
    json_object_set_new(
        json, "short_name",
        json_string(institution->short_name ? institution->short_name : institution->name));
    json_object_set_new(json, "accent", base_json_text_or_null(institution->accent));
    json_object_set_new(json, "accent_dark", base_json_text_or_null(dark));
    json_object_set_new(json, "language", json_string(institution->language));
    json_object_set_new(json, "logo_url",
                        institution->logo_key ? json_string("/institution/logo") : json_null());
    return json;
}

/* More for those who are signed in, all of it for staff. */
static json_t *show(const struct service_institution_settings *institution,
                    const struct service_identity *identity)
{
    json_t *json = show_public(institution);

    if (!identity)
        return json;
    json_object_set_new(json, "email_domain", base_json_text_or_null(institution->email_domain));
    json_object_set_new(json, "time_zone", json_string(institution->time_zone));
    json_object_set_new(json, "late_after", clock_json(institution->policy.late_after));
    json_object_set_new(json, "absent_after", clock_json(institution->policy.absent_after));
    if (identity->role == CORE_ROLE_STUDENT)
        return json;
    g_auto(GStrv) names = service_warning_names(institution->warnings);
    json_t *warnings = json_array();
    for (char **name = names; *name; name++)
        json_array_append_new(warnings, json_string(*name));
    json_object_set_new(json, "paper", json_string(report_paper_name(institution->paper)));
    json_object_set_new(json, "mail_sender", json_string(institution->mail_sender));
    json_object_set_new(json, "challenge",
                        json_string(core_rules_challenge_name(institution->challenge)));
    json_object_set_new(json, "student_report", mailing_json(&institution->student_report));
    json_object_set_new(json, "teacher_report", mailing_json(&institution->teacher_report));
    json_object_set_new(json, "warnings", warnings);
    json_object_set_new(json, "updated_at", base_json_time(institution->updated_at));
    return json;
}

/* Administrators see the periods besides. */
static void respond(struct api *api, const struct service_identity *identity,
                    const struct service_institution_settings *institution,
                    struct http_response *response)
{
    struct service_retention retention;
    g_autoptr(GError) error = NULL;
    const bool admin = identity && identity->role == CORE_ROLE_ADMIN;

    if (admin && !service_retention_read(api->service, &retention, &error)) {
        api_fail(response, error);
        return;
    }
    json_t *json = show(institution, identity);
    if (admin)
        json_object_set_new(json, "retention", api_json_retention(&retention));
    api_respond(response, 200, json);
}

static void get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_institution_settings) institution =
        service_institution_read(api->service, &error);

    if (institution)
        respond(api, api_identity(request), institution, response);
    else
        api_fail(response, error);
}

static void branding(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;
    g_autoptr(service_institution_settings) institution =
        service_institution_read(api->service, &error);

    if (!institution) {
        api_fail(response, error);
        return;
    }
    char *css = service_branding_css(institution->accent);
    g_autoptr(GBytes) bytes = g_bytes_new_take(css, strlen(css));
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
    g_autofree char *etag = g_strdup_printf("\"%.32s\"", digest);
    const struct http_content content = {
        .type = "text/css; charset=utf-8",
        .etag = etag,
        .cache = "no-cache",
    };
    if (!http_content_unchanged(response, request, &content))
        http_content_send(response, request, &content, bytes);
}

/* ---- changing ---- */

/* What a body says of a mailing; `input` points into it. */
static bool read_mailing(json_t *object, gint64 *weekday, struct service_mailing_input *input,
                         GError **error)
{
    bool has_weekday = false;
    const struct base_json_field fields[] = {
        {"frequency", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->frequency},
        {"weekday", BASE_JSON_INTEGER, BASE_JSON_OPTIONAL, weekday, &has_weekday},
        {"at", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->at},
        {"format", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input->format},
    };

    if (!object)
        return true;
    if (!base_json_read(object, fields, G_N_ELEMENTS(fields), error))
        return false;
    input->weekday = has_weekday ? weekday : NULL;
    return true;
}

static bool read_warnings(json_t *array, const char *warnings[WARNINGS_MAX + 1], GError **error)
{
    size_t i;
    json_t *name;

    if (json_array_size(array) > WARNINGS_MAX) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "warnings holds too many names.");
        return false;
    }
    json_array_foreach(array, i, name) warnings[i] =
        json_is_string(name) ? json_string_value(name) : "";
    return true;
}

static void change(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_institution_input input = {0};
    struct api_retention_input retention;
    json_t *student = NULL, *teacher = NULL, *warned = NULL, *periods = NULL;
    gint64 weekdays[2] = {0};
    const char *warnings[WARNINGS_MAX + 1] = {NULL};
    const struct base_json_field fields[] = {
        {"name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.name},
        {"email_domain", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.email_domain},
        {"time_zone", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.time_zone},
        {"late_after", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.late_after},
        {"absent_after", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.absent_after},
        {"language", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.language},
        {"paper", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.paper},
        {"mail_sender", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.mail_sender},
        {"challenge", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.challenge},
        {"student_report", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &student},
        {"teacher_report", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &teacher},
        {"warnings", BASE_JSON_ARRAY, BASE_JSON_OPTIONAL, &warned},
        {"short_name", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.short_name},
        {"accent", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &input.accent},
        {"retention", BASE_JSON_OBJECT, BASE_JSON_OPTIONAL, &periods},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) body = NULL;
    g_autoptr(service_institution_settings) institution = NULL;

    if (api_json_values(request, &body, fields, G_N_ELEMENTS(fields), &error) &&
        read_mailing(student, &weekdays[0], &input.student_report, &error) &&
        read_mailing(teacher, &weekdays[1], &input.teacher_report, &error) &&
        read_warnings(warned, warnings, &error) &&
        (!periods || api_retention_read(periods, &retention, &error))) {
        input.retention = periods ? &retention.input : NULL;
        input.warnings = warned ? warnings : NULL;
        institution =
            service_institution_change(api->service, api_identity(request), &input, &error);
    }
    if (institution)
        respond(api, api_identity(request), institution, response);
    else
        api_fail(response, error);
}

/* ---- the logo ---- */

static void logo_get(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) png = service_institution_logo(api->service, &error);

    if (!png) {
        api_fail(response, error);
        return;
    }
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, png);
    g_autofree char *etag = g_strdup_printf("\"%.32s\"", digest);
    const struct http_content content = {
        .type = "image/png",
        .etag = etag,
        .cache = "public, max-age=60",
    };
    if (!http_content_unchanged(response, request, &content))
        http_content_send(response, request, &content, png);
}

static void logo_set(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_institution_logo_set(api->service, api_identity(request), request->body,
                                      request->body_size, &error))
        api_fail(response, error);
}

static void logo_delete(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    g_autoptr(GError) error = NULL;

    if (!service_institution_logo_delete(api->service, api_identity(request), &error))
        api_fail(response, error);
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_GET, "/institution", API_ANYONE, HTTP_LANE_QUICK, .handler = get},
    {HTTP_METHOD_PATCH, "/institution", API_ADMIN, HTTP_LANE_QUICK, API_BODY_JSON, API_JSON_TYPES,
     .handler = change},
    {HTTP_METHOD_GET, "/branding.css", API_ANYONE, HTTP_LANE_QUICK, .handler = branding},
    {HTTP_METHOD_GET, "/institution/logo", API_ANYONE, HTTP_LANE_QUICK, .handler = logo_get,
     .waits = true},
    {HTTP_METHOD_PUT, "/institution/logo", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     PICTURE_TYPES, .handler = logo_set},
    {HTTP_METHOD_DELETE, "/institution/logo", API_ADMIN, HTTP_LANE_QUICK, .handler = logo_delete,
     .waits = true},
};

const struct api_routes API_INSTITUTION_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
