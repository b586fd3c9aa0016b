/* A camera that marks a session's people as they come by. */
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/timetable.h"
#include "service/class_video.h"
#include "service/sessions.h"
#include "video/video.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Where the timetable has nothing soon, it is asked again so often (seconds)... */
#define NOTHING_PAUSE 60
/* ...for it may change until a session is so near. */
#define SOON (2 * 3600 * BASE_TIME_SECOND)

struct watch_options {
    char *session_id, *course, *term, *room, *camera_file;
    gint rate, patience;
    gboolean liveness, as_json;
};

static int stop; /* atomic */

static void note_stop(int number)
{
    (void)number;
    g_atomic_int_set(&stop, 1);
}

static void catch_signals(void)
{
    const struct sigaction action = {.sa_handler = note_stop, .sa_flags = SA_RESTART};

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* Lists of processes show a program's words: what is secret in an address leaves them. */
static void hide_words(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        g_autofree char *public = video_address_public(argv[i]);
        size_t length = strlen(argv[i]);
        size_t kept = strlen(public);
        if (kept >= length)
            continue;
        memcpy(argv[i], public, kept);
        memset(argv[i] + kept, 0, length - kept);
    }
}

/* The address from the words, a file's first line or the settings. */
static char *source_of(const struct app_settings *settings, const struct watch_options *given,
                       char **words, GError **error)
{
    char *text = NULL;

    if (words[0])
        return g_strdup(words[0]);
    if (given->camera_file) {
        if (!g_file_get_contents(given->camera_file, &text, NULL, NULL)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "The file %s cannot be read.",
                        given->camera_file);
            return NULL;
        }
        text[strcspn(text, "\r\n")] = '\0';
        if (*g_strstrip(text))
            return text;
        g_free(text);
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The first line of %s holds no address of a camera.", given->camera_file);
        return NULL;
    }
    if (*settings->camera)
        return g_strdup(settings->camera);
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "No camera is named: give its address, --camera-file FILE or the setting "
                        "PRESENTE_CAMERA_URL.");
    return NULL;
}

/* ---- what is printed ---- */

struct printer {
    bool as_json;
    bool lost; /* the output */
};

static void print_json(struct printer *printer, const struct service_sight *sight)
{
    json_t *line = json_pack("{s:s, s:o}", "event", service_sight_kind_name(sight->kind), "at",
                             base_json_time(sight->at));

    if (sight->session)
        json_object_set_new(line, "session_id", base_json_uuid(&sight->session->id));
    if (sight->person_name) {
        json_object_set_new(line, "user_id", base_json_uuid(&sight->person_id));
        json_object_set_new(line, "name", json_string(sight->person_name));
    }
    if (sight->reason)
        json_object_set_new(line, "reason", json_string(sight->reason));
    if (sight->pause)
        json_object_set_new(line, "retry_seconds", json_real((double)sight->pause / 1e6));
    if (sight->kind == SERVICE_SIGHT_ENDED)
        json_object_set_new(
            line, "totals",
            json_pack("{s:I, s:I, s:I, s:I, s:I}", "frames", (json_int_t)sight->frames, "dropped",
                      (json_int_t)sight->dropped, "tracks", (json_int_t)sight->tracks, "unknown",
                      (json_int_t)sight->unknown, "marked", (json_int_t)sight->marked));
    printer->lost |= !cli_print_json(line) || fflush(stdout) != 0;
}

static void print_text(struct printer *printer, const struct service_sight *sight)
{
    static const char *const texts[SERVICE_SIGHT_N] = {
        [SERVICE_SIGHT_WAITING] = "waiting for the session",
        [SERVICE_SIGHT_BEGUN] = "watching",
        [SERVICE_SIGHT_SENDING] = "the camera sends pictures",
        [SERVICE_SIGHT_LOST] = "the camera is lost",
        [SERVICE_SIGHT_MARKED] = "marked",
        [SERVICE_SIGHT_ALREADY] = "seen, has a mark already",
        [SERVICE_SIGHT_REVIEW] = "a face waits for a review",
        [SERVICE_SIGHT_TROUBLE] = "trouble, going on",
        [SERVICE_SIGHT_ENDED] = "ended",
    };
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    char at[BASE_TIME_TEXT_SIZE];

    printf("%.19s  %s", base_time_format_in(sight->at, zone, at), texts[sight->kind]);
    if (sight->person_name)
        printf(": %s", sight->person_name);
    if (sight->reason)
        printf(": %s", sight->reason);
    if (sight->kind == SERVICE_SIGHT_LOST)
        printf(" Trying again in %.1f s.", (double)sight->pause / 1e6);
    if (sight->kind == SERVICE_SIGHT_ENDED)
        printf(": %" G_GUINT64_FORMAT " marked, %" G_GUINT64_FORMAT
               " passers-by unknown, %" G_GUINT64_FORMAT " frames looked at",
               sight->marked, sight->unknown, sight->frames);
    printer->lost |= putchar('\n') == EOF || fflush(stdout) != 0;
}

static void print_sight(const struct service_sight *sight, void *user)
{
    struct printer *printer = user;

    if (printer->as_json)
        print_json(printer, sight);
    else
        print_text(printer, sight);
    /* Nobody reads any more. */
    if (printer->lost)
        g_atomic_int_set(&stop, 1);
}

/* ---- which sessions ---- */

static bool filter_of(struct cli_session *session, const struct watch_options *given,
                      struct db_session_filter *filter, GError **error)
{
    *filter = DB_SESSION_FILTER_ALL;
    filter->state = CORE_SESSION_PLANNED;
    if (given->course) {
        g_autoptr(core_course) course = cli_course_find(session, given->term, given->course, error);
        if (!course)
            return false;
        filter->course_id = course->id;
        return true;
    }
    g_autoptr(core_room) room = cli_room_find(session, given->room, error);
    if (!room)
        return false;
    filter->room_id = room->id;
    return true;
}

/* Where following the timetable is. */
struct following {
    struct cli_session *session;
    struct db_session_filter filter;
    struct service_watching *watching;
    /* Watched already; as it was planned then. It may be on still, with its marks closed. */
    struct base_uuid done_id;
    base_time done_at;
    bool quiet; /* why nothing is watched was said */
};

/* The one that is on, or comes next; NULL without an error when there is none. */
static core_session *next_session(struct following *following, GError **error)
{
    const struct db_page page = {.limit = 2};
    struct cli_session *session = following->session;

    following->filter.from = base_time_now();
    g_autoptr(GPtrArray) found = service_session_list(
        session->app.service, &session->identity, &following->filter, false, &page, NULL, error);
    for (guint i = 0; found && i < found->len; i++) {
        const core_session *one = found->pdata[i];
        if (!base_uuid_equal(&one->id, &following->done_id) || one->starts_at != following->done_at)
            return g_ptr_array_steal_index(found, i);
    }
    return NULL;
}

/* Says once why nothing is watched, and lets some time pass. */
static void idle(struct following *following, enum service_sight_kind kind, const char *reason,
                 const core_session *session)
{
    const struct service_sight sight = {
        .kind = kind, .at = base_time_now(), .reason = reason, .session = session};

    if (!following->quiet)
        print_sight(&sight, following->watching->user);
    following->quiet = true;
    for (int i = 0; i < NOTHING_PAUSE * 2 && !g_atomic_int_get(&stop); i++)
        g_usleep(G_USEC_PER_SEC / 2);
}

static bool watch_session(struct following *following, const core_session *session, GError **error)
{
    struct cli_session *cli = following->session;
    g_autoptr(GError) problem = NULL;

    following->quiet = false;
    following->watching->session_id = following->done_id = session->id;
    following->done_at = session->starts_at;
    if (service_class_watch(cli->app.service, &cli->identity, following->watching, &problem))
        return true;
    /* Cancelled or gone before it began: the next one. A file is for one session alone, and it may
     * be the file that is not there. */
    if (video_is_camera(following->watching->source) &&
        (g_error_matches(problem, BASE_ERROR, BASE_ERROR_CONFLICT) ||
         g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND))) {
        const struct service_sight sight = {.kind = SERVICE_SIGHT_TROUBLE,
                                            .at = base_time_now(),
                                            .session = session,
                                            .reason = problem->message};
        print_sight(&sight, following->watching->user);
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* From session to session, until it is stopped; a file is read in one session. */
static bool follow(struct cli_session *session, const struct watch_options *given,
                   struct service_watching *watching, GError **error)
{
    struct following following = {.session = session, .watching = watching};
    const bool file = !video_is_camera(watching->source);
    bool done = false;

    if (!filter_of(session, given, &following.filter, error))
        return false;
    while (!done && !g_atomic_int_get(&stop)) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(core_session) next = next_session(&following, &problem);
        if (problem && !g_error_matches(problem, BASE_ERROR, BASE_ERROR_UNAVAILABLE)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        if (problem)
            idle(&following, SERVICE_SIGHT_TROUBLE, problem->message, NULL);
        else if (!next)
            idle(&following, SERVICE_SIGHT_WAITING, "The timetable has no session to come.", NULL);
        else if (next->starts_at - base_time_now() > SOON)
            idle(&following, SERVICE_SIGHT_WAITING, "The next session is not soon.", next);
        else if (!watch_session(&following, next, error))
            return false;
        else
            done = file;
    }
    return true;
}

static int run_watch(struct cli_session *session, char **words, gpointer options)
{
    const struct watch_options *given = options;
    g_autoptr(GError) error = NULL;
    struct printer printer = {.as_json = given->as_json};
    struct service_watching watching = {
        .liveness = given->liveness,
        .frames_a_second = given->rate,
        .patience = given->patience * (gint64)G_USEC_PER_SEC,
        .stop = &stop,
        .tell = print_sight,
        .user = &printer,
    };
    g_autofree char *source = source_of(&session->settings, given, words, &error);

    if (!source)
        return cli_fail(error);
    watching.source = source;
    if ((given->session_id != NULL) + (given->course != NULL) + (given->room != NULL) != 1)
        return cli_fail_input("Name one of --session, --course and --room.");
    if (given->rate < 0 || given->rate > 30 || given->patience < 0 || given->patience > 3600)
        return cli_fail_input("--rate is 1 to 30 and --patience 1 to 3600.");
    catch_signals();
    bool watched =
        given->session_id
            ? cli_id_read(given->session_id, "session", &watching.session_id, &error) &&
                  service_class_watch(session->app.service, &session->identity, &watching, &error)
            : follow(session, given, &watching, &error);
    if (!watched)
        return cli_fail(error);
    return printer.lost ? CLI_EXIT_UNAVAILABLE : cli_end();
}

int cli_watch(int argc, char **argv)
{
    struct watch_options given = {0};
    const GOptionEntry options[] = {
        {"session", 0, 0, G_OPTION_ARG_STRING, &given.session_id,
         "Mark in this session, and end with it", "ID"},
        {"course", 0, 0, G_OPTION_ARG_STRING, &given.course,
         "Follow this course's timetable from session to session", "NAME"},
        CLI_TERM_ENTRY(given.term),
        {"room", 0, 0, G_OPTION_ARG_STRING, &given.room,
         "Follow what the timetable has in this room", "NAME"},
        {"camera-file", 0, 0, G_OPTION_ARG_FILENAME, &given.camera_file,
         "Take the address from the first line of this file", "FILE"},
        {"rate", 0, 0, G_OPTION_ARG_INT, &given.rate, "Look at so many frames a second; 5", "N"},
        {"patience", 0, 0, G_OPTION_ARG_INT, &given.patience,
         "Seconds that the camera may be silent before it is asked again; 10", "N"},
        {"liveness", 0, 0, G_OPTION_ARG_NONE, &given.liveness,
         "Mark no prints and screens, also where the course's rules do not ask for it", NULL},
        CLI_JSON_ENTRY(given.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[CAMERA]",
        .summary = "Watches a camera during a session, and marks people as they come by. Faces "
                   "of nobody on the roster are forgotten at once.",
        .notes = "CAMERA is rtsp://…, http://… (Motion JPEG), a device such as /dev/video0, or a "
                 "video file. Its name and password may stand in the address; it is better kept "
                 "in a file (--camera-file) or in the setting PRESENTE_CAMERA_URL.",
        .words_min = 0,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    bool parsed = cli_parse(&syntax, argc, argv, &words, &status);
    hide_words(argc, argv);
    if (parsed && cli_session_open(&session, APP_PART_FACES, &status)) {
        status = run_watch(&session, words, &given);
        cli_session_close(&session);
    }
    g_free(given.session_id);
    g_free(given.course);
    g_free(given.term);
    g_free(given.room);
    g_free(given.camera_file);
    return status;
}
