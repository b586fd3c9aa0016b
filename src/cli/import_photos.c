#include "archive/archive.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "service/photo_import.h"

#include <stdio.h>
#include <string.h>

struct photos_given {
    char *report;
    gint threads;
    gboolean apply, again, liveness, allow_duplicate, as_json;
};

/* Where the photos come from, and what became of them. */
struct photos_run {
    const char *folder;
    GPtrArray *paths; /* of a folder; NULL: an archive */
    guint next;
    archive_reader *archive;
    gsize size_max;
    struct cli_progress progress;
    gint64 counts[SERVICE_PHOTO_OUTCOME_N];
    GString *refusals; /* CSV */
    json_t *items;     /* NULL: not wanted */
};

static bool source_folder(struct photos_run *run, char **name, GBytes **content, GError **error)
{
    if (run->next == run->paths->len)
        return true;
    const char *path = run->paths->pdata[run->next++];
    const gsize prefix = strlen(run->folder);
    g_autoptr(GError) problem = NULL;

    (void)error;
    *content = cli_file_read(path, run->size_max, &problem);
    *name = g_strdup(path + prefix);
    if (!*content)
        cli_warn("%s", problem->message); /* the others go on */
    return true;
}

static bool source_archive(struct photos_run *run, char **name, GBytes **content, GError **error)
{
    struct archive_item item;
    GError *problem = NULL;

    while (archive_reader_next(run->archive, &item, &problem)) {
        if (!service_photo_is_named(item.name))
            continue;
        *name = g_strdup(item.name);
        return service_photo_of_archive(run->archive, run->size_max, content, error);
    }
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static bool source(char **name, GBytes **content, gpointer data, GError **error)
{
    struct photos_run *run = data;

    return run->paths ? source_folder(run, name, content, error)
                      : source_archive(run, name, content, error);
}

/* A cell of the report. A name that a spreadsheet would take for a formula is none. */
static void append_cell(GString *csv, const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", pieces);

    g_string_append_printf(csv, "\"%s%s\"", *text && strchr("=+-@\t\r", *text) ? "'" : "", doubled);
}

static void note_refusal(struct photos_run *run, const struct service_photo_result *result)
{
    const char *kind = result->kind ? result->kind : service_photo_outcome_name(result->outcome);

    append_cell(run->refusals, result->name);
    g_string_append_c(run->refusals, ',');
    append_cell(run->refusals, kind);
    g_string_append_c(run->refusals, ',');
    append_cell(run->refusals, result->message);
    g_string_append(run->refusals, "\r\n");
    if (!run->items)
        cli_warn("%s: %s", result->name, result->message);
}

static bool sink(const struct service_photo_result *result, gpointer data)
{
    struct photos_run *run = data;
    const bool refused = result->outcome == SERVICE_PHOTO_OUTCOME_REFUSED ||
                         result->outcome == SERVICE_PHOTO_OUTCOME_NOBODY;

    run->counts[result->outcome]++;
    if (refused)
        note_refusal(run, result);
    if (run->items)
        json_array_append_new(
            run->items,
            json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:o}", "file", result->name, "outcome",
                      service_photo_outcome_name(result->outcome), "user_id",
                      base_uuid_is_nil(&result->user_id) ? json_null()
                                                         : base_json_uuid(&result->user_id),
                      "reason", result->kind, "message", *result->message ? result->message : NULL,
                      "components", cli_components_json(&result->quality)));
    cli_progress_step(&run->progress);
    return true;
}

static int print_outcome(struct photos_run *run, const struct photos_given *given, double seconds)
{
    const bool refused = run->counts[SERVICE_PHOTO_OUTCOME_REFUSED] > 0 ||
                         run->counts[SERVICE_PHOTO_OUTCOME_NOBODY] > 0;
    json_t *counts = json_object();

    for (unsigned i = 0; i < SERVICE_PHOTO_OUTCOME_N; i++)
        json_object_set_new(counts, service_photo_outcome_name((enum service_photo_outcome)i),
                            json_integer(run->counts[i]));
    if (run->items) {
        json_t *whole =
            json_pack("{s:o, s:O, s:f}", "counts", counts, "items", run->items, "seconds", seconds);
        return !cli_print_json(whole) ? CLI_EXIT_UNAVAILABLE : refused ? CLI_EXIT_NO : CLI_EXIT_OK;
    }
    json_decref(counts);
    const gint64 *n = run->counts;
    if (given->apply)
        printf("%" G_GINT64_FORMAT " enrolled, %" G_GINT64_FORMAT " done before, ",
               n[SERVICE_PHOTO_OUTCOME_ENROLLED], n[SERVICE_PHOTO_OUTCOME_DONE_BEFORE]);
    else
        printf("A dry run: %" G_GINT64_FORMAT " to judge, %" G_GINT64_FORMAT " done before, ",
               n[SERVICE_PHOTO_OUTCOME_TRIED], n[SERVICE_PHOTO_OUTCOME_DONE_BEFORE]);
    printf("%" G_GINT64_FORMAT " refused, %" G_GINT64_FORMAT " of nobody; %.1f s.\n",
           n[SERVICE_PHOTO_OUTCOME_REFUSED], n[SERVICE_PHOTO_OUTCOME_NOBODY], seconds);
    if (!given->apply)
        puts("Nothing was stored. Run it again with --apply.");
    return !cli_print_end() ? CLI_EXIT_UNAVAILABLE : refused ? CLI_EXIT_NO : CLI_EXIT_OK;
}

static int import_run(struct cli_session *session, struct photos_run *run,
                      const struct photos_given *given)
{
    const struct service_photo_import_options options = {
        .apply = given->apply,
        .again = given->again,
        .liveness = given->liveness,
        .allow_duplicate = given->allow_duplicate,
        .threads = (unsigned)CLAMP(given->threads, 0, 64),
    };
    const gint64 start = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;

    cli_progress_init(&run->progress, "Enrolling", run->paths ? run->paths->len : 0);
    const bool ok = service_photo_import(session->app.service, &session->identity, &options, source,
                                         sink, run, &error);
    cli_progress_finish(&run->progress);
    int status = ok ? CLI_EXIT_OK : cli_fail(error);
    /* What was refused before an error is worth telling as well. */
    if (given->report &&
        !cli_file_write(given->report, run->refusals->str, run->refusals->len, ok ? &error : NULL))
        return ok ? cli_fail(error) : status;
    if (ok)
        status =
            print_outcome(run, given, (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC);
    return status;
}

static bool open_source(struct photos_run *run, const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        run->archive = archive_reader_open(path, NULL, error);
        return run->archive != NULL;
    }
    run->paths = cli_pictures_in(path, true, error);
    return run->paths != NULL;
}

static int photos_run(struct cli_session *session, char **words, gpointer data)
{
    const struct photos_given *given = data;
    const struct face_image_limits limits = app_image_limits(&session->settings);
    g_autofree char *folder =
        g_str_has_suffix(words[0], "/") ? g_strdup(words[0]) : g_strconcat(words[0], "/", NULL);
    struct photos_run run = {
        .folder = folder,
        .size_max = limits.bytes_max ? limits.bytes_max : 20u << 20,
        .refusals = g_string_new("file,reason,advice\r\n"),
        .items = given->as_json ? json_array() : NULL,
    };
    g_autoptr(GError) error = NULL;
    const int status =
        open_source(&run, words[0], &error) ? import_run(session, &run, given) : cli_fail(error);

    archive_reader_destroy(run.archive);
    if (run.paths)
        g_ptr_array_unref(run.paths);
    g_string_free(run.refusals, TRUE);
    json_decref(run.items);
    return status;
}

int cli_import_photos(int argc, char **argv)
{
    struct photos_given given = {0};
    const GOptionEntry options[] = {
        {"apply", 0, 0, G_OPTION_ARG_NONE, &given.apply,
         "Enrol them; otherwise only see whose they are", NULL},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &given.report,
         "Write the refusals, with advice, as CSV", "FILE"},
        {"again", 0, 0, G_OPTION_ARG_NONE, &given.again,
         "Judge photos once more that an earlier import refused", NULL},
        {"liveness", 0, 0, G_OPTION_ARG_NONE, &given.liveness,
         "Refuse photos of prints and screens", NULL},
        {"allow-duplicate", 0, 0, G_OPTION_ARG_NONE, &given.allow_duplicate,
         "Accept faces that are enrolled as somebody else (twins)", NULL},
        {"threads", 0, 0, G_OPTION_ARG_INT, &given.threads, "Photos at once (default: the cores)",
         "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FOLDER|ZIP",
        .summary = "Enrols photos of many people, each named by an e-mail or a student number.",
        .no = "a photo was refused or is of nobody; the reason was printed",
        .notes =
            "Names such as ana.perez@uni.edu.jpg, 21000123-1.JPG or 21000123/front.png. Photos "
            "that an earlier\nimport dealt with are passed over, so that an import that was "
            "interrupted goes on where it stopped.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, APP_PART_FACES, argc, argv, photos_run, &given);

    g_free(given.report);
    return status;
}
