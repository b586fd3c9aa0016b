#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "service/marking.h"

#include <stdio.h>

static void print_faces(const char *path, const GArray *faces)
{
    if (faces->len == 0)
        printf("%s: no face\n", path);
    for (guint i = 0; i < faces->len; i++) {
        const struct service_face *face = &g_array_index(faces, struct service_face, i);
        g_autofree char *text = cli_answer_text(&face->answer, face->person_name);
        printf("%s: face %u at %.0f,%.0f: %s\n", path, i + 1, (double)face->answer.box.x,
               (double)face->answer.box.y, text);
    }
}

static json_t *faces_json(const char *path, const GArray *faces)
{
    json_t *items = json_array();

    for (guint i = 0; i < faces->len; i++) {
        const struct service_face *face = &g_array_index(faces, struct service_face, i);
        json_array_append_new(items, cli_answer_json(&face->answer, face->person_name));
    }
    return json_pack("{s:s,s:o}", "file", path, "faces", items);
}

static bool has_match(const GArray *faces)
{
    for (guint i = 0; i < faces->len; i++)
        if (g_array_index(faces, struct service_face, i).answer.kind == RECOGNISE_MATCH)
            return true;
    return false;
}

static int identify(struct cli_session *session, const char *path, bool group, json_t *items)
{
    struct face_image_limits limits = app_image_limits(&session->settings);
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) faces = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    if (cli_photos_add(&photos, path, &limits, &error))
        faces = service_identify(session->app.service, &session->identity,
                                 &g_array_index(photos.pictures, struct recognise_picture, 0),
                                 group, &error);
    if (error && photos.paths->len)
        g_prefix_error(&error, "%s: ", path);
    cli_photos_finish(&photos);
    if (!faces) {
        if (items)
            json_array_append_new(items,
                                  json_pack("{s:s,s:s}", "file", path, "error", error->message));
        return cli_fail(error);
    }
    if (items)
        json_array_append_new(items, faces_json(path, faces));
    else
        print_faces(path, faces);
    return has_match(faces) ? CLI_EXIT_OK : CLI_EXIT_NO;
}

static int run(struct cli_session *session, char **words, bool group, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = cli_photos_expand(words, &error);
    int status = CLI_EXIT_OK;

    if (!paths)
        return cli_fail(error);
    if (paths->len == 0)
        return cli_fail_input("There is no photo in %s.", words[0]);
    json_t *items = as_json ? json_array() : NULL;
    for (guint i = 0; i < paths->len; i++)
        status = cli_exit_worse(status, identify(session, paths->pdata[i], group, items));
    bool printed = items ? cli_print_json(json_pack("{s:o}", "items", items)) : cli_print_end();
    return printed ? status : CLI_EXIT_UNAVAILABLE;
}

int cli_identify(int argc, char **argv)
{
    gboolean group = FALSE, as_json = FALSE;
    const GOptionEntry options[] = {
        {"small", 's', 0, G_OPTION_ARG_NONE, &group, "Look for many small faces, as in a classroom",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "PHOTO...",
        .summary = "Says who is on each photo, from left to right, without marking anybody.",
        .no = "nobody was recognised on one of the photos",
        .words_min = 1,
        .words_max = -1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) ||
        !cli_session_open(&session, APP_PART_FACES, &status))
        return status;
    status = run(&session, words, group, as_json);
    cli_session_close(&session);
    return status;
}
