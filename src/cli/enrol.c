#include "service/enrol.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "service/groups.h"
#include "service/users.h"

#include <stdio.h>
#include <string.h>

struct enrol_options {
    char *folder, *group;
    gboolean create, liveness, allow_duplicate, allow_copies, as_json;
};

/* One person's turn. */
struct enrol_turn {
    char *email;
    char *name; /* for a new account; NULL: the person must exist */
    struct service_enrolment enrolment;
    GError *error; /* why nothing could be tried */
    bool created;
};

static void turn_clear(struct enrol_turn *turn)
{
    g_free(turn->email);
    g_free(turn->name);
    g_clear_error(&turn->error);
}

static bool find_or_create(struct cli_session *session, const struct enrol_options *given,
                           struct enrol_turn *turn, const struct cli_photos *photos,
                           const struct service_enrol_options *options, bool *enrolled)
{
    g_autoptr(core_user) user = cli_user_find(session, turn->email, &turn->error);
    const struct recognise_picture *pictures = (void *)photos->pictures->data;

    if (user) {
        *enrolled = service_enrol(session->app.service, &session->identity, &user->id, pictures,
                                  photos->pictures->len, options, &turn->enrolment, &turn->error);
        return *enrolled;
    }
    if (!turn->name || !g_error_matches(turn->error, BASE_ERROR, BASE_ERROR_NOT_FOUND))
        return false;
    g_clear_error(&turn->error);
    struct service_user_input input = {
        .fields = SERVICE_USER_NAME | SERVICE_USER_EMAIL,
        .name = turn->name,
        .email = turn->email,
        .role = CORE_ROLE_STUDENT,
    };
    if (given->group) {
        g_autoptr(core_group) group = service_group_ensure(session->app.service, &session->identity,
                                                           given->group, &turn->error);
        if (!group)
            return false;
        input.group_id = group->id;
        input.fields |= SERVICE_USER_GROUP;
    }
    struct service_registration made = {0};
    *enrolled = service_user_create(session->app.service, &session->identity, &input, pictures,
                                    photos->pictures->len, options, &made, &turn->error);
    turn->created = *enrolled && made.user;
    turn->enrolment = made.photos;
    service_registration_clear(&made);
    return *enrolled;
}

static bool enrol_paths(struct cli_session *session, const struct enrol_options *given,
                        struct enrol_turn *turn, GPtrArray *paths)
{
    struct face_image_limits limits = app_image_limits(&session->settings);
    struct service_enrol_options options = {
        .skip_liveness = !given->liveness,
        .allow_duplicate = given->allow_duplicate,
        .allow_copies = given->allow_copies,
        .source = "command line",
    };
    struct cli_photos photos;
    bool enrolled = false;

    if (paths->len == 0) {
        g_set_error(&turn->error, BASE_ERROR, BASE_ERROR_INVALID, "There is no photo for %s.",
                    turn->email);
        return false;
    }
    cli_photos_init(&photos);
    for (guint i = 0; i < paths->len && !turn->error; i++)
        cli_photos_add(&photos, paths->pdata[i], &limits, &turn->error);
    if (!turn->error)
        find_or_create(session, given, turn, &photos, &options, &enrolled);
    cli_photos_finish(&photos);
    return enrolled;
}

static json_t *turn_json(const struct enrol_turn *turn, GPtrArray *paths)
{
    json_t *photos = json_array();

    for (size_t i = 0; i < turn->enrolment.photos_n && i < paths->len; i++) {
        const struct service_photo *photo = &turn->enrolment.photos[i];
        json_array_append_new(photos, json_pack("{s:s,s:s,s:s,s:o}", "file", paths->pdata[i],
                                                "result", service_photo_kind_name(photo->kind),
                                                "message", photo->message, "components",
                                                cli_components_json(&photo->quality)));
    }
    return json_pack("{s:s,s:b,s:b,s:b,s:I,s:s?,s:o}", "email", turn->email, "stored",
                     turn->enrolment.stored, "held", turn->enrolment.held, "created", turn->created,
                     "faces", (json_int_t)turn->enrolment.face_count, "error",
                     turn->error ? turn->error->message : NULL, "photos", photos);
}

static void turn_print(const struct enrol_turn *turn, GPtrArray *paths)
{
    if (turn->error) {
        cli_warn("%s", turn->error->message);
        return;
    }
    if (turn->enrolment.stored)
        printf("%s: %zu photo%s added, %" G_GINT64_FORMAT " in all.\n", turn->email,
               turn->enrolment.photos_n, turn->enrolment.photos_n == 1 ? "" : "s",
               turn->enrolment.face_count);
    else
        cli_warn("%s: nothing was stored.", turn->email);
    if (turn->enrolment.held)
        cli_warn("%s looks like somebody who is enrolled: the photos wait for a decision (presente "
                 "duplicate list).",
                 turn->email);
    for (size_t i = 0; i < turn->enrolment.photos_n && i < paths->len; i++) {
        const struct service_photo *photo = &turn->enrolment.photos[i];
        if (photo->kind == SERVICE_PHOTO_ACCEPTED)
            continue;
        g_autofree char *kind = cli_words(service_photo_kind_name(photo->kind));
        cli_warn("%s: %s. %s", (const char *)paths->pdata[i], kind, photo->message);
    }
}

/* Enrols one person and tells; returns the exit code of this turn. */
static int take_turn(struct cli_session *session, const struct enrol_options *given,
                     struct enrol_turn *turn, GPtrArray *paths, json_t *items)
{
    bool done = enrol_paths(session, given, turn, paths);

    if (items)
        json_array_append_new(items, turn_json(turn, paths));
    else
        turn_print(turn, paths);
    if (!done)
        return cli_exit_of(turn->error);
    return turn->enrolment.stored ? CLI_EXIT_OK : CLI_EXIT_NO;
}

/* The e-mail that a folder's name stands for: itself, or the name written as an address. */
static void name_turn(const struct cli_session *session, const struct enrol_options *given,
                      const char *folder, struct enrol_turn *turn)
{
    g_autofree char *base = g_path_get_basename(folder);
    g_autofree char *spaced = g_strdelimit(g_strdup(base), "_", ' ');

    if (strchr(base, '@')) {
        turn->email = g_strdup(base);
        g_autofree char *local = g_strndup(base, (gsize)(strchr(base, '@') - base));
        turn->name = given->create ? g_strdelimit(g_strdup(local), "._", ' ') : NULL;
        return;
    }
    g_autofree char *key = base_text_key(spaced);
    GString *local = g_string_new(NULL);
    for (const char *at = key; *at; at++)
        if (g_ascii_isalnum(*at))
            g_string_append_c(local, *at);
        else if (local->len && local->str[local->len - 1] != '.')
            g_string_append_c(local, '.');
    while (local->len && local->str[local->len - 1] == '.')
        g_string_truncate(local, local->len - 1);
    const char *domain = session->settings.email_domain;
    domain = *domain == '.' ? domain + 1 : domain;
    turn->email = g_strdup_printf("%s@%s", local->str, *domain ? domain : "presente.local");
    turn->name = given->create ? g_strdup(spaced) : NULL;
    g_string_free(local, TRUE);
}

static int enrol_folder(struct cli_session *session, const struct enrol_options *given,
                        json_t *items)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) folders = cli_folders_in(given->folder, &error);
    struct cli_progress progress;
    int status = CLI_EXIT_OK;

    if (!folders)
        return cli_fail(error);
    if (folders->len == 0)
        return cli_fail_input("%s has no folders: one a person is needed.", given->folder);
    cli_progress_init(&progress, "Enrolling", folders->len);
    for (guint i = 0; i < folders->len; i++) {
        struct enrol_turn turn = {0};
        g_autoptr(GPtrArray) paths = cli_pictures_in(folders->pdata[i], false, &turn.error);
        name_turn(session, given, folders->pdata[i], &turn);
        int outcome = paths ? take_turn(session, given, &turn, paths, items) : cli_fail(turn.error);
        status = cli_exit_worse(status, outcome);
        turn_clear(&turn);
        cli_progress_step(&progress);
    }
    cli_progress_finish(&progress);
    return status;
}

static int enrol_one(struct cli_session *session, const struct enrol_options *given, char **words,
                     json_t *items)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = cli_photos_expand(words + 1, &error);
    struct enrol_turn turn = {.email = g_strdup(words[0])};

    int status = paths ? take_turn(session, given, &turn, paths, items) : cli_fail(error);
    turn_clear(&turn);
    return status;
}

static int run(struct cli_session *session, const struct enrol_options *given, char **words)
{
    json_t *items = given->as_json ? json_array() : NULL;
    int status = given->folder ? enrol_folder(session, given, items)
                               : enrol_one(session, given, words, items);

    bool printed = items ? cli_print_json(json_pack("{s:o}", "items", items)) : cli_print_end();
    return printed ? status : CLI_EXIT_UNAVAILABLE;
}

int cli_enrol(int argc, char **argv)
{
    struct enrol_options given = {0};
    const GOptionEntry options[] = {
        {"folder", 'f', 0, G_OPTION_ARG_FILENAME, &given.folder,
         "Enrol many: a folder with a folder of photos a person, named by e-mail or name", "DIR"},
        {"create", 'c', 0, G_OPTION_ARG_NONE, &given.create,
         "With --folder: make accounts for people who have none", NULL},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group,
         "With --create: the new students' group", "NAME"},
        {"liveness", 0, 0, G_OPTION_ARG_NONE, &given.liveness,
         "Refuse photos of prints and screens", NULL},
        {"allow-duplicate", 0, 0, G_OPTION_ARG_NONE, &given.allow_duplicate,
         "Accept a face that is enrolled as somebody else (twins)", NULL},
        {"allow-copies", 0, 0, G_OPTION_ARG_NONE, &given.allow_copies,
         "Accept the same picture more than once", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[EMAIL PHOTO...]",
        .summary = "Adds photos of a person's face. All photos of a person are stored, or none.",
        .no = "a photo was refused; the reason was printed",
        .notes = "A folder in place of a photo stands for the pictures in it. The e-mail of a "
                 "folder that is\nnamed \"Ana Pérez\" is ana.perez@ and the configured e-mail "
                 "domain.",
        .words_max = -1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    guint n = g_strv_length(words);
    if (given.folder ? n > 0 : n < 2)
        status = cli_fail_usage(argv[0], "Give an e-mail and photos, or --folder.");
    else if (cli_session_open(&session, APP_PART_FACES, &status)) {
        status = run(&session, &given, words);
        cli_session_close(&session);
    }
ended:
    g_free(given.folder);
    g_free(given.group);
    return status;
}
