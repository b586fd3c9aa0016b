#include "cli/mark_class.h"

#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "service/class_video.h"

#include <stdio.h>
#include <string.h>

enum { BYTES_MAX = 64 << 20 };

static void print_persons(const char *what, const GPtrArray *persons)
{
    printf("%s: %u\n", what, persons->len);
    for (guint i = 0; i < persons->len; i++) {
        const struct service_class_person *person = persons->pdata[i];
        printf("  %s", person->name);
        if (person->mark)
            printf(" (%s)", core_status_name(person->mark->status));
        else if (!person->enrolled)
            printf(" (no face enrolled)");
        printf("\n");
    }
}

static void print_result(const struct service_class_result *result)
{
    for (guint i = 0; i < result->pictures->len; i++) {
        const struct service_class_picture *picture =
            &g_array_index(result->pictures, struct service_class_picture, i);
        printf("Picture %u: %d x %d, %zu face%s\n", i + 1, picture->width, picture->height,
               picture->faces, picture->faces == 1 ? "" : "s");
    }
    print_persons(result->dry_run ? "Would be marked" : "Marked", result->marked);
    print_persons("Already marked", result->already);
    print_persons("To review, most like", result->review);
    print_persons("Not seen", result->unseen);
    printf("Unknown faces: %zu\n%.0f ms\n", result->unknown, result->elapsed / 1000);
}

static json_t *persons_json(const GPtrArray *persons)
{
    json_t *items = json_array();

    for (guint i = 0; i < persons->len; i++) {
        const struct service_class_person *person = persons->pdata[i];
        json_t *json = json_object();
        json_object_set_new(json, "id", base_json_uuid(&person->id));
        json_object_set_new(json, "name", base_json_text_or_null(person->name));
        json_object_set_new(
            json, "status",
            base_json_text_or_null(person->mark ? core_status_name(person->mark->status) : NULL));
        json_object_set_new(json, "enrolled", json_boolean(person->enrolled));
        json_array_append_new(items, json);
    }
    return items;
}

static json_t *faces_json(const struct service_class_result *result)
{
    json_t *items = json_array();

    for (guint i = 0; i < result->faces->len; i++) {
        const struct service_class_face *face =
            &g_array_index(result->faces, struct service_class_face, i);
        json_t *json = json_object();
        json_object_set_new(json, "picture", json_integer((json_int_t)face->picture + 1));
        json_object_set_new(json, "box", cli_json_box(&face->box));
        json_object_set_new(json, "result", json_string(service_class_outcome_name(face->outcome)));
        json_object_set_new(json, "name", base_json_text_or_null(face->person_name));
        json_array_append_new(items, json);
    }
    return items;
}

static json_t *result_json(const struct service_class_result *result)
{
    json_t *json = json_object();

    json_object_set_new(json, "session_id", base_json_uuid(&result->session->id));
    json_object_set_new(json, "dry_run", json_boolean(result->dry_run));
    json_object_set_new(json, "taken_at", base_json_time(result->at));
    json_object_set_new(json, "faces", faces_json(result));
    json_object_set_new(json, "marked", persons_json(result->marked));
    json_object_set_new(json, "already", persons_json(result->already));
    json_object_set_new(json, "review", persons_json(result->review));
    json_object_set_new(json, "not_seen", persons_json(result->unseen));
    json_object_set_new(json, "unknown", json_integer((json_int_t)result->unknown));
    json_object_set_new(json, "milliseconds", cli_json_real(result->elapsed / 1000));
    return json;
}

/* "class.jpg" for one picture; "class-1.jpg", "class-2.jpg" for several. */
static char *output_path(const char *output, guint index, guint n)
{
    const char *dot = strrchr(output, '.');

    if (n == 1)
        return g_strdup(output);
    if (!dot || strchr(dot, G_DIR_SEPARATOR))
        dot = output + strlen(output);
    return g_strdup_printf("%.*s-%u%s", (int)(dot - output), output, index + 1, dot);
}

static bool draw(struct cli_session *session, const struct service_class_result *result,
                 const struct cli_photos *photos, const char *output, GError **error)
{
    for (guint i = 0; i < photos->pictures->len; i++) {
        g_autofree char *path = output_path(output, i, photos->pictures->len);
        g_autoptr(GBytes) jpeg = service_class_draw(
            session->app.service, result, i,
            &g_array_index(photos->pictures, struct recognise_picture, i), 0, error);
        gsize size;
        if (!jpeg)
            return false;
        const void *data = g_bytes_get_data(jpeg, &size);
        if (!cli_file_write(path, data, size, error))
            return false;
    }
    return true;
}

static struct service_class_result *mark(struct cli_session *session,
                                         const struct cli_mark_class *asked, GPtrArray *paths,
                                         struct cli_photos *photos, GError **error)
{
    struct face_image_limits limits = app_image_limits(&session->settings);

    limits.bytes_max = MAX(limits.bytes_max, BYTES_MAX);
    for (guint i = 0; i < paths->len; i++)
        if (!cli_photos_add(photos, paths->pdata[i], &limits, error))
            return NULL;
    const struct recognise_picture *pictures = (const void *)photos->pictures->data;
    const bool video =
        photos->pictures->len == 1 && service_video_recognised(pictures[0].data, pictures[0].size);
    if (video && asked->output) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "Names are drawn into pictures, not into videos: leave --output out. "
                            "Nothing was marked.");
        return NULL;
    }
    return video ? service_class_video(session->app.service, &session->identity, &asked->request,
                                       pictures[0].data, pictures[0].size, error)
                 : service_class_photo(session->app.service, &session->identity, &asked->request,
                                       pictures, photos->pictures->len, error);
}

int cli_mark_class(struct cli_session *session, const struct cli_mark_class *asked,
                   GPtrArray *paths)
{
    g_autoptr(GError) error = NULL, undrawn = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    g_autoptr(service_class_result) result = mark(session, asked, paths, &photos, &error);
    const bool drawn =
        !result || !asked->output || draw(session, result, &photos, asked->output, &undrawn);
    cli_photos_finish(&photos);
    if (!result)
        return cli_fail(error);
    const bool somebody = result->marked->len + result->already->len > 0;
    if (!asked->as_json)
        print_result(result);
    const int status = asked->as_json ? cli_end_json(result_json(result)) : cli_end();
    /* The marks stand, and were told. */
    if (!drawn)
        return cli_fail(undrawn);
    return status != CLI_EXIT_OK || somebody ? status : CLI_EXIT_NO;
}
