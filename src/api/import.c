/* Rosters, OneRoster files and photos of many: administrators bring them in. */
#include "api/routes.h"
#include "base/csv.h"
#include "http/multipart.h"
#include "service/oneroster.h"
#include "service/photo_import.h"
#include "service/roster.h"

#include <string.h>

enum {
    BODY_ROSTER = 32 * 1024 * 1024, /* bytes: more than 8,000 lines have */
    ITEMS_MAX = 1000,               /* of an answer */
    PHOTO_THREADS = 2,              /* of one request: others want the recogniser too */
};

static const char *const ROSTER_TYPES[] = {"text/csv", "multipart/form-data", NULL};
static const char *const ARCHIVE_TYPES[] = {"application/zip", "multipart/form-data", NULL};

/* ---- The body ---- */

/* The file of the request: its body, or the part "file" of a form. `parts` is to be freed after the
 * file was used. */
static bool read_upload(const struct http_request *request, struct http_multipart **parts,
                        struct http_slice *file, GError **error)
{
    *file = (struct http_slice){request->body, request->body_size};
    if (g_strcmp0(request->content_type, "multipart/form-data") != 0)
        return true;
    *parts = g_new(struct http_multipart, 1);
    if (!http_multipart_parse(http_request_header(request, "Content-Type"), request->body,
                              request->body_size, HTTP_MULTIPART_PARTS_MAX, *parts, error))
        return false;
    const struct http_part *part = http_multipart_find(*parts, "file");
    if (!part) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "file is missing in the form.");
        return false;
    }
    *file = part->data;
    return true;
}

static gssize read_slice(void *buffer, gsize size, gpointer data, GError **error)
{
    struct http_slice *slice = data;
    const gsize n = MIN(size, slice->size);

    (void)error;
    if (n == 0)
        return 0;
    memcpy(buffer, slice->bytes, n);
    slice->bytes += n;
    slice->size -= n;
    return (gssize)n;
}

/* ---- Answers ---- */

/* 422 when it was to be stored and a line was refused; a dry run that finds something is a good
 * answer. */
static void respond(struct http_response *response, const struct service_import *import,
                    bool dry_run)
{
    json_t *json = service_import_json(import, ITEMS_MAX);

    if (dry_run || import->errors_n == 0) {
        api_respond(response, 200, json);
        return;
    }
    g_autofree char *details = base_json_format(json);
    http_response_error(response, 422, "refused",
                        "Nothing was stored: lines of the file cannot be used.", details);
    json_decref(json);
}

/* ---- POST /imports/roster ---- */

static bool roster_query(const struct http_request *request, api_form *query,
                         struct service_roster_options *options, bool *dry_run, GError **error)
{
    const char *role = NULL, *encoding = NULL, *separator = NULL;
    const struct base_json_field FIELDS[] = {
        {"dry_run", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, dry_run},
        {"group", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &options->group, .max = 480},
        {"term", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &options->term, .max = 480},
        {"role", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &role, .max = 20},
        {"keep_groups", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options->keep_groups},
        {"admins", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options->admins},
        {"withdraw_missing", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options->withdraw_missing},
        {"email_domain", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &options->email_domain, .max = 253},
        {"encoding", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &encoding, .max = 20},
        {"separator", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &separator, .max = 20},
    };
    static const struct {
        const char *name;
        char separator;
    } SEPARATORS[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}};

    if (!api_form_read_query(request, query, error) ||
        !api_form_values(query, FIELDS, G_N_ELEMENTS(FIELDS), error))
        return false;
    for (gsize i = 0; separator && i < G_N_ELEMENTS(SEPARATORS); i++)
        if (strcmp(separator, SEPARATORS[i].name) == 0)
            options->file.separator = SEPARATORS[i].separator;
    options->apply = !*dry_run;
    if (role && !core_role_from_name(role, &options->role))
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "role must be \"student\" or \"teacher\".");
    else if (encoding && !base_csv_encoding_from_name(encoding, &options->file.encoding))
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "encoding must be utf-8, iso-8859-1 or windows-1252.");
    else if (separator && !options->file.separator)
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "separator must be comma, semicolon or tab.");
    else
        return true;
    return false;
}

static void import_roster(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_roster_options options = SERVICE_ROSTER_OPTIONS;
    bool dry_run = true;
    struct http_slice file;
    g_autofree struct http_multipart *parts = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};
    g_auto(service_import) import;

    service_import_init(&import);
    if (roster_query(request, &query, &options, &dry_run, &error) &&
        read_upload(request, &parts, &file, &error) &&
        service_roster_import(api->service, api_identity(request), read_slice, &file, &options,
                              &import, &error))
        respond(response, &import, dry_run);
    else
        api_fail(response, error);
}

/* ---- POST /imports/oneroster ---- */

static void import_oneroster(void *app, struct http_request *request,
                             struct http_response *response)
{
    struct api *api = app;
    struct service_oneroster_options options = {.apply = false};
    struct service_oneroster_files files = {{NULL}};
    bool dry_run = true;
    struct http_slice file;
    const struct base_json_field FIELDS[] = {
        {"dry_run", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &dry_run},
        {"admins", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options.admins},
        {"withdraw_missing", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options.withdraw_missing},
        {"email_domain", BASE_JSON_TEXT, BASE_JSON_OPTIONAL, &options.email_domain, .max = 253},
    };
    g_autofree struct http_multipart *parts = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};
    g_auto(service_import) import;

    service_import_init(&import);
    bool ok = api_form_read_query(request, &query, &error) &&
              api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
              read_upload(request, &parts, &file, &error) &&
              service_oneroster_unzip(file.bytes, file.size, &files, &error);
    options.apply = !dry_run;
    ok = ok && service_oneroster_import(api->service, api_identity(request), &files, &options,
                                        &import, &error);
    service_oneroster_files_clear(&files);
    if (ok)
        respond(response, &import, dry_run);
    else
        api_fail(response, error);
}

/* ---- POST /imports/photos ---- */

struct photos_upload {
    struct http_multipart *parts; /* of a form; NULL: an archive */
    size_t next;
    struct service_photo_archive *archive;
    json_t *items;
    gint64 counts[SERVICE_PHOTO_OUTCOME_N];
};

/* The parts "image" of a form by their file names. */
static bool next_photo(char **name, GBytes **content, gpointer data, GError **error)
{
    struct photos_upload *upload = data;

    if (!upload->parts)
        return service_photo_archive_next(name, content, upload->archive, error);
    while (upload->next < upload->parts->parts_n) {
        const struct http_part *part = &upload->parts->parts[upload->next++];
        if (!http_slice_equal(part->name, "image"))
            continue;
        g_autofree char *given = http_slice_dup(part->filename);
        *name = g_utf8_make_valid(given ? given : "", -1);
        *content = g_bytes_new_static(part->data.bytes, part->data.size);
        return true;
    }
    return true;
}

static bool note_photo(const struct service_photo_result *result, gpointer data)
{
    struct photos_upload *upload = data;

    const char *quality = result->outcome == SERVICE_PHOTO_OUTCOME_REFUSED &&
                                  result->quality.reason != FACE_QUALITY_GOOD
                              ? face_quality_name(result->quality.reason)
                              : NULL;

    upload->counts[result->outcome]++;
    json_array_append_new(
        upload->items,
        json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:s?}", "file", result->name, "outcome",
                  service_photo_outcome_name(result->outcome), "user_id",
                  base_uuid_is_nil(&result->user_id) ? json_null()
                                                     : base_json_uuid(&result->user_id),
                  "reason", result->kind, "quality", quality, "message",
                  *result->message ? result->message : NULL));
    return true;
}

static bool open_photos(const struct http_request *request, struct photos_upload *upload,
                        GError **error)
{
    if (!request->content_type) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The photos are missing: send a ZIP file, or a form with them.");
        return false;
    }
    if (strcmp(request->content_type, "application/zip") == 0) {
        upload->archive = service_photo_archive_open(request->body, request->body_size, error);
        return upload->archive != NULL;
    }
    upload->parts = g_new(struct http_multipart, 1);
    return http_multipart_parse(http_request_header(request, "Content-Type"), request->body,
                                request->body_size, HTTP_MULTIPART_PARTS_MAX, upload->parts, error);
}

static void import_photos(void *app, struct http_request *request, struct http_response *response)
{
    struct api *api = app;
    struct service_photo_import_options options = {.threads = PHOTO_THREADS};
    bool dry_run = true;
    const struct base_json_field FIELDS[] = {
        {"dry_run", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &dry_run},
        {"again", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options.again},
        {"liveness", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options.liveness},
        {"allow_duplicate", BASE_JSON_BOOL, BASE_JSON_OPTIONAL, &options.allow_duplicate},
    };
    struct photos_upload upload = {.items = json_array()};
    g_autoptr(GError) error = NULL;
    g_auto(api_form) query = {0};

    bool ok = api_form_read_query(request, &query, &error) &&
              api_form_values(&query, FIELDS, G_N_ELEMENTS(FIELDS), &error) &&
              open_photos(request, &upload, &error);
    options.apply = !dry_run;
    ok = ok && service_photo_import(api->service, api_identity(request), &options, next_photo,
                                    note_photo, &upload, &error);
    service_photo_archive_close(upload.archive);
    g_free(upload.parts);
    if (!ok) {
        json_decref(upload.items);
        api_fail(response, error);
        return;
    }
    json_t *counts = json_object();
    for (unsigned i = 0; i < SERVICE_PHOTO_OUTCOME_N; i++)
        json_object_set_new(counts, service_photo_outcome_name((enum service_photo_outcome)i),
                            json_integer(upload.counts[i]));
    api_respond(response, 200,
                json_pack("{s:b, s:o, s:o}", "applied", options.apply, "counts", counts, "items",
                          upload.items));
}

static const struct http_route ROUTES[] = {
    {HTTP_METHOD_POST, "/imports/roster", API_ADMIN, HTTP_LANE_HEAVY, BODY_ROSTER, ROSTER_TYPES,
     .handler = import_roster},
    {HTTP_METHOD_POST, "/imports/oneroster", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     ARCHIVE_TYPES, .handler = import_oneroster},
    {HTTP_METHOD_POST, "/imports/photos", API_ADMIN, HTTP_LANE_HEAVY, API_BODY_PHOTOS,
     ARCHIVE_TYPES, .handler = import_photos},
};

const struct api_routes API_IMPORT_ROUTES = {ROUTES, G_N_ELEMENTS(ROUTES)};
