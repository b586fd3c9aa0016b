#include "service/images.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"

#include <stdio.h>

/* ---- images gc ---- */

static int gc(struct cli_session *session, bool dry_run, bool as_json)
{
    struct service_images_swept swept;
    g_autoptr(GError) error = NULL;

    if (!service_images_gc(session->app.service, dry_run, &swept, &error))
        return cli_fail(error);
    if (as_json)
        return cli_print_json(json_pack(
                   "{s:b,s:I,s:I,s:I}", "dry_run", dry_run, "unnamed", (json_int_t)swept.blobs,
                   "unfinished", (json_int_t)swept.uploads, "expired", (json_int_t)swept.frames))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    printf("%s %" G_GINT64_FORMAT " pictures that nothing names, %" G_GINT64_FORMAT
           " unfinished ones and %" G_GINT64_FORMAT " behind marks, past their days.\n",
           dry_run ? "There are" : "Deleted", swept.blobs, swept.uploads, swept.frames);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_images_gc(int argc, char **argv)
{
    gboolean dry_run = FALSE, as_json = FALSE;
    const GOptionEntry options[] = {
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "Only count", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Deletes pictures that nothing names any more, unfinished ones, and those "
                   "behind marks\nthat are past their days.",
        .notes = "A server does this once a day. What is younger than an hour stays.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = gc(&session, dry_run, as_json);
    cli_session_close(&session);
    return status;
}

/* ---- images check ---- */

static int check(struct cli_session *session, bool as_json)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    gint64 checked = 0;

    if (!service_images_check(session->app.service, findings, &checked, &error))
        return cli_fail(error);
    g_autofree char *sound =
        g_strdup_printf("All %" G_GINT64_FORMAT " pictures are there and open.", checked);
    return cli_print_findings(findings, sound,
                              as_json ? json_pack("{s:I}", "checked", (json_int_t)checked) : NULL);
}

int cli_images_check(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Reads every picture: that it is there, opens, and is the one that was stored.",
        .no = "something is wrong; it was printed",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = check(&session, as_json);
    cli_session_close(&session);
    return status;
}

/* ---- user image ---- */

static bool image_save(struct cli_session *session, const struct base_uuid *id, const char *path,
                       GError **error)
{
    g_autoptr(core_image) image =
        service_image_profile(session->app.service, &session->identity, id, error);
    g_autoptr(GBytes) bytes = image ? service_image_read(session->app.service, image, error) : NULL;
    gsize size;

    if (!bytes)
        return false;
    const void *data = g_bytes_get_data(bytes, &size);
    return cli_file_write(path, data, size, error);
}

static bool image_load(struct cli_session *session, const struct base_uuid *id, const char *path,
                       GError **error)
{
    struct recognise_picture picture;
    g_autoptr(GBytes) bytes = cli_file_read(path, (size_t)session->settings.max_image_bytes, error);

    if (!bytes)
        return false;
    picture.data = g_bytes_get_data(bytes, &picture.size);
    return service_image_profile_set(session->app.service, &session->identity, id, &picture, error);
}

static int user_image(struct cli_session *session, char **words, const char *output, bool erase)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = cli_user_find(session, words[0], &error);
    const char *done = erase ? "deleted" : output ? "written" : "set";

    if (!user)
        return cli_fail(error);
    const bool ok = erase ? service_image_profile_delete(session->app.service, &session->identity,
                                                         &user->id, &error)
                    : output ? image_save(session, &user->id, output, &error)
                             : image_load(session, &user->id, words[1], &error);
    if (!ok)
        return cli_fail(error);
    printf("The picture of %s was %s.\n", words[0], done);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_user_image(int argc, char **argv)
{
    g_autofree char *output = NULL;
    gboolean erase = FALSE;
    const GOptionEntry options[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "Write the picture (JPEG) to a file",
         "FILE"},
        {"delete", 'd', 0, G_OPTION_ARG_NONE, &erase, "Delete the picture", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL [FILE]",
        .summary = "Sets somebody's profile picture, cut around the face; or writes or deletes it.",
        .words_min = 1,
        .words_max = 2,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if ((words[1] != NULL) + (output != NULL) + (erase != FALSE) != 1)
        return cli_fail_usage(argv[0], "Give one of a file, --output and --delete.");
    /* Only to cut a picture are faces looked for. */
    const unsigned parts = words[1] ? APP_PART_FACES | APP_PART_FACES_OPTIONAL : 0;
    if (!cli_session_open(&session, parts, &status))
        return status;
    status = user_image(&session, words, output, erase);
    cli_session_close(&session);
    return status;
}
