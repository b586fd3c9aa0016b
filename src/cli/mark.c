#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/mark_class.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "face/taken.h"
#include "service/marking.h"

#include <stdio.h>

struct mark_options {
    char *at, *group, *session, *output;
    gboolean no_liveness, frames, exif, as_json, class, dry_run;
};

/* What every photo of one call is marked with. */
struct mark_run {
    struct cli_session *session;
    struct service_mark_request request;
    GTimeZone *zone;
    bool exif;     /* each picture says when it was taken */
    json_t *items; /* NULL: print lines */
};

static json_t *mark_json(const struct mark_run *run, const char *path,
                         const struct service_mark *mark)
{
    json_t *json = cli_answer_json(&mark->answer, mark->person_name);

    json_object_set_new(json, "file", json_string(path));
    if (!mark->attendance)
        return json;
    char when[BASE_TIME_TEXT_SIZE];
    base_time_format_in(mark->attendance->marked_at, run->zone, when);
    json_object_set_new(json, "status", json_string(core_status_name(mark->attendance->status)));
    json_object_set_new(json, "day", json_string(mark->attendance->local_day));
    json_object_set_new(json, "marked_at", base_json_time(mark->attendance->marked_at));
    json_object_set_new(json, "local_time", json_string(when));
    json_object_set_new(json, "already", json_boolean(mark->already));
    json_object_set_new(json, "scan_noted", json_boolean(mark->seen));
    json_object_set_new(json, "course",
                        base_json_text_or_null(mark->session ? mark->session->course_name : NULL));
    json_object_set_new(json, "session_id",
                        mark->session ? base_json_uuid(&mark->session->id) : json_null());
    json_object_set_new(json, "user_id", base_json_uuid(&mark->attendance->user_id));
    return json;
}

static void mark_print(const struct mark_run *run, const char *path,
                       const struct service_mark *mark)
{
    g_autofree char *answer = cli_answer_text(&mark->answer, mark->person_name);

    if (!mark->attendance) {
        printf("%s: %s\n", path, answer);
        return;
    }
    char when[BASE_TIME_TEXT_SIZE];
    base_time_format_in(mark->attendance->marked_at, run->zone, when);
    printf("%s: %s: %s %.10s %.5s%s%s%s\n", path, answer,
           core_status_name(mark->attendance->status), when, when + 11, mark->session ? " " : "",
           mark->session ? mark->session->course_name : "",
           mark->seen      ? " (seen again)"
           : mark->already ? " (was marked already)"
                           : "");
}

static bool read_exif(const struct mark_run *run, const struct cli_photos *photos,
                      struct service_mark_request *request, GError **error)
{
    gsize size;
    const void *data = g_bytes_get_data(photos->contents->pdata[0], &size);

    if (!run->exif)
        return true;
    if (!face_taken_at(data, size, run->zone, &request->at, error))
        return false;
    if (request->at <= base_time_now())
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "The picture says that it was taken in the future.");
    return false;
}

static int mark_pictures(struct mark_run *run, const char *label, struct cli_photos *photos)
{
    g_autoptr(GError) error = NULL;
    struct service_mark mark = {0};
    struct service_mark_request request = run->request;

    request.frames = (const void *)photos->pictures->data;
    request.frames_n = photos->pictures->len;
    if (!read_exif(run, photos, &request, &error) ||
        !service_mark_by_face(run->session->app.service, &run->session->identity, &request, &mark,
                              &error)) {
        cli_warn("%s: %s", label, error->message);
        if (run->items)
            json_array_append_new(run->items,
                                  json_pack("{s:s,s:s}", "file", label, "error", error->message));
        return cli_exit_of(error);
    }
    if (run->items)
        json_array_append_new(run->items, mark_json(run, label, &mark));
    else
        mark_print(run, label, &mark);
    int status = mark.attendance ? CLI_EXIT_OK : CLI_EXIT_NO;
    service_mark_clear(&mark);
    return status;
}

/* One file as one probe; a file that cannot be read does not stop the others. */
static int mark_file(struct mark_run *run, const char *path)
{
    struct face_image_limits limits = app_image_limits(&run->session->settings);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;
    int status;

    cli_photos_init(&photos);
    if (cli_photos_add(&photos, path, &limits, &error)) {
        status = mark_pictures(run, path, &photos);
    } else {
        status = cli_fail(error);
        if (run->items)
            json_array_append_new(run->items,
                                  json_pack("{s:s,s:s}", "file", path, "error", error->message));
    }
    cli_photos_finish(&photos);
    return status;
}

static int mark_frames(struct mark_run *run, GPtrArray *paths)
{
    struct face_image_limits limits = app_image_limits(&run->session->settings);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    for (guint i = 0; i < paths->len && !error; i++)
        cli_photos_add(&photos, paths->pdata[i], &limits, &error);
    int status = error ? cli_fail(error) : mark_pictures(run, paths->pdata[0], &photos);
    cli_photos_finish(&photos);
    return status;
}

static bool prepare(struct mark_run *run, const struct mark_options *given, GError **error)
{
    run->zone = service_time_zone(run->session->app.service, error);
    if (!run->zone)
        return false;
    run->request.skip_liveness = given->no_liveness;
    /* Nobody stands here who could move: doubt waits for a person. */
    run->request.alternative = true;
    run->exif = given->exif;
    if (given->exif && given->at) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "--at and --exif exclude each other.");
        return false;
    }
    if (given->at && !cli_time_parse(given->at, run->zone, &run->request.at, error))
        return false;
    if (given->session && !base_uuid_parse(given->session, &run->request.session_id)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "\"%s\" is not the id of a session.",
                    given->session);
        return false;
    }
    if (!given->group)
        return true;
    g_autoptr(core_group) group = cli_group_find(run->session, given->group, error);
    if (!group)
        return false;
    run->request.group_id = group->id;
    return true;
}

static int run_class(struct mark_run *run, const struct mark_options *given, GPtrArray *paths)
{
    const struct cli_mark_class asked = {
        .request = {.session_id = run->request.session_id,
                    .at = run->request.at,
                    .dry_run = given->dry_run},
        .output = given->output,
        .as_json = given->as_json,
    };

    if (given->frames || given->exif || given->group)
        return cli_fail_input("--frames, --exif and --group do not go with --class.");
    if (!given->session)
        return cli_fail_input("--class needs --session.");
    return cli_mark_class(run->session, &asked, paths);
}

static int run_marks(struct mark_run *run, const struct mark_options *given, char **words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = NULL;
    int status = CLI_EXIT_OK;

    if (!prepare(run, given, &error) || !(paths = cli_photos_expand(words, &error)))
        return cli_fail(error);
    if (paths->len == 0)
        return cli_fail_input("There is no photo in %s.", words[0]);
    if (given->class)
        return run_class(run, given, paths);
    if (given->dry_run || given->output)
        return cli_fail_input("--dry-run and --output go with --class.");
    if (given->as_json)
        run->items = json_array();
    if (given->frames)
        status = mark_frames(run, paths);
    else
        for (guint i = 0; i < paths->len; i++)
            status = cli_exit_worse(status, mark_file(run, paths->pdata[i]));
    bool printed =
        run->items ? cli_print_json(json_pack("{s:o}", "items", run->items)) : cli_print_end();
    return printed ? status : CLI_EXIT_UNAVAILABLE;
}

int cli_mark(int argc, char **argv)
{
    struct mark_options given = {0};
    const GOptionEntry options[] = {
        {"at", 0, 0, G_OPTION_ARG_STRING, &given.at,
         "When the photos were taken, on the institution's clock; now by default",
         "\"YYYY-MM-DD HH:MM\""},
        {"exif", 0, 0, G_OPTION_ARG_NONE, &given.exif,
         "The moment that each photo says it was taken at; a photo that does not say is refused",
         NULL},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "Look among this group only", "NAME"},
        {"session", 0, 0, G_OPTION_ARG_STRING, &given.session,
         "Look among this session's roster only, and mark in it", "ID"},
        {"class", 0, 0, G_OPTION_ARG_NONE, &given.class,
         "The photos show the class of --session: mark everybody in them", NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &given.dry_run,
         "With --class: say who would be marked, and mark nobody", NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &given.output,
         "With --class: write the photo with boxes and names; several photos are numbered",
         "FILE.jpg"},
        {"frames", 0, 0, G_OPTION_ARG_NONE, &given.frames,
         "All photos are frames of one moment and one person", NULL},
        {"no-liveness", 0, 0, G_OPTION_ARG_NONE, &given.no_liveness,
         "Accept prints and screens: for photos that staff took", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "PHOTO...",
        .summary = "Marks the person on each photo, in the session that is open for them or for "
                   "the day. A second mark answers with the first. With --class, everybody on "
                   "photos of a session.",
        .no = "somebody was not marked: unknown, no face, poor quality, print or screen",
        .notes = "A folder in place of a photo stands for the pictures in it. The highest exit "
                 "code of all photos counts.",
        .words_min = 1,
        .words_max = -1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) &&
        cli_session_open(&session, APP_PART_FACES, &status)) {
        struct mark_run run = {.session = &session};
        status = run_marks(&run, &given, words);
        g_clear_pointer(&run.zone, g_time_zone_unref);
        cli_session_close(&session);
    }
    g_free(given.at);
    g_free(given.group);
    g_free(given.session);
    g_free(given.output);
    return status;
}
