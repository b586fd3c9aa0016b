#include "cli/bench_detectors.h"

#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/finder.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/statistics.h"
#include "face/engine.h"

#include <math.h>
#include <string.h>

/* Two boxes this alike (intersection over union) are on one face. Detectors draw them differently,
 * and faces do not lie in each other. */
#define SAME_FACE 0.4f
#define SCORE_MIN 0.7f
#define ALL_SIZES (-1)
#define PEOPLE_DEFAULT 40

static const char CASCADE_OTHER[] =
    "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml";

static const struct {
    const char *name;
    enum face_detector_kind kind;
    int detail;          /* of the network alone; ALL_SIZES: as the program uses it */
    const char *cascade; /* NULL: as configured */
    bool landmarks;      /* dlib's instead of the network's */
} FIELD[] = {
    {"network, 320 pixels", FACE_DETECTOR_NETWORK, FACE_DETAIL_320},
    {"network, 640 pixels", FACE_DETECTOR_NETWORK, FACE_DETAIL_640},
    {"network, 1280 pixels", FACE_DETECTOR_NETWORK, FACE_DETAIL_1280},
    {"network", FACE_DETECTOR_NETWORK, ALL_SIZES},
    {"haar", FACE_DETECTOR_HAAR, ALL_SIZES},
    {"haar, default cascade", FACE_DETECTOR_HAAR, ALL_SIZES, CASCADE_OTHER},
    {"hog", FACE_DETECTOR_HOG, ALL_SIZES},
    {"hog, dlib's landmarks", FACE_DETECTOR_HOG, ALL_SIZES, NULL, true},
};

/* The one that the others are compared with where nobody counted the faces. */
#define REFERENCE 3

struct comparison {
    struct app_settings settings;
    struct face_detector *network;
    struct cli_contestant contestants[G_N_ELEMENTS(FIELD)];
    GPtrArray *paths;
    size_t faults;
    char *identify;
    gint people;
    gint pictures;
    gboolean single, as_json;
};

gint64 cli_detectors_expected(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');
    gint64 expected;

    if (dot)
        *dot = '\0';
    const char *digits = strrchr(base, '_');
    if (!digits || (digits[1] == '0' && digits[2] != '\0') ||
        !g_ascii_string_to_signed(digits + 1, 10, 0, 100000, &expected, NULL))
        return -1;
    return expected;
}

static bool prepare(struct comparison *run, size_t index, GError **error)
{
    struct cli_contestant *contestant = &run->contestants[index];
    const struct app_settings *settings = &run->settings;

    contestant->present = true;
    contestant->times = g_array_new(FALSE, FALSE, sizeof(double));
    contestant->name = FIELD[index].name;
    contestant->detail = FIELD[index].detail;
    contestant->ranks = contestant->detail == ALL_SIZES;
    if (!contestant->ranks) {
        contestant->at_one_size = face_detector_memory_create(run->network);
        return true;
    }
    contestant->options = app_detector_options(settings);
    contestant->options.kind = FIELD[index].kind;
    contestant->options.landmarks = NULL;
    if (FIELD[index].cascade)
        contestant->options.cascade = FIELD[index].cascade;
    if (FIELD[index].landmarks)
        contestant->options.landmarks =
            *settings->hog_landmarks ? settings->hog_landmarks : FACE_DETECTOR_LANDMARKS_DEFAULT;
    const struct face_engine_options options = {
        .models_dir = settings->models_dir, .workers_max = 1, .detector = contestant->options};
    g_autoptr(GError) reason = NULL;
    contestant->engine = face_engine_create(&options, &reason);
    if (contestant->engine) {
        contestant->worker = face_engine_acquire(contestant->engine, error);
        return contestant->worker;
    }
    contestant->missing = g_strdup(reason->message);
    contestant->present = false;
    if (contestant->options.kind != FACE_DETECTOR_NETWORK)
        return true;
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

static void contestant_finish(struct cli_contestant *contestant)
{
    if (contestant->worker)
        face_engine_release(contestant->engine, contestant->worker);
    face_engine_destroy(contestant->engine);
    face_detector_memory_destroy(contestant->at_one_size);
    g_clear_pointer(&contestant->times, g_array_unref);
    g_free(contestant->missing);
}

bool cli_contestant_run(struct cli_contestant *contestant, const struct face_image *image,
                        bool group, GArray *boxes, double *ms, GError **error)
{
    if (contestant->at_one_size) {
        gint64 began = g_get_monotonic_time();
        bool ran = face_detector_run(contestant->at_one_size, image, contestant->detail, SCORE_MIN,
                                     boxes, error);
        *ms = (double)(g_get_monotonic_time() - began) / 1000;
        return ran;
    }
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    struct face_timings *timings = face_worker_timings(contestant->worker);
    *timings = (struct face_timings){0};
    if (!face_worker_find(contestant->worker, image, FACE_DETAIL_320, group, views, error))
        return false;
    *ms = timings->detect / 1000;
    for (guint i = 0; i < views->len; i++)
        g_array_append_val(boxes, g_array_index(views, struct face_view, i).box);
    return true;
}

/* Boxes of `found` on a face of `truth`, no face counted twice. */
static gint64 matches(const GArray *truth, const GArray *found)
{
    g_autofree bool *taken = g_new0(bool, found->len);
    gint64 n = 0;

    for (guint i = 0; i < truth->len; i++) {
        guint best = found->len;
        float likeness = SAME_FACE;
        for (guint k = 0; k < found->len; k++) {
            float overlap = face_box_overlap(&g_array_index(truth, struct face_box, i),
                                             &g_array_index(found, struct face_box, k));
            if (!taken[k] && overlap >= likeness) {
                best = k;
                likeness = overlap;
            }
        }
        if (best < found->len)
            taken[best] = true;
        n += best < found->len;
    }
    return n;
}

/* Where the number is known but not the places, only numbers are compared. */
static void count(struct cli_contestant *contestant, gint64 expected, const GArray *truth,
                  const GArray *found)
{
    bool places_known = expected < 0 || truth->len == expected;
    gint64 right = places_known ? matches(truth, found) : MIN((gint64)found->len, expected);
    gint64 wrong = (gint64)found->len - right;

    if (expected < 0) {
        contestant->reference += truth->len;
        contestant->matched += right;
        contestant->strange += wrong;
    } else {
        contestant->expected += expected;
        contestant->met += right;
        contestant->extra += wrong;
    }
}

/* The face in front, and boxes that are on no face at all. */
static void count_single(struct cli_contestant *contestant, const GArray *truth,
                         const GArray *found)
{
    g_autoptr(GArray) prominent = g_array_new(FALSE, FALSE, sizeof(struct face_box));

    if (truth->len > 0)
        g_array_append_vals(prominent, truth->data, 1);
    contestant->reference += prominent->len;
    contestant->matched += matches(prominent, found);
    contestant->strange += found->len - matches(truth, found);
}

static bool compare(struct comparison *run, const struct face_image *image, gint64 expected,
                    GError **error)
{
    g_autoptr(GArray) truth = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    double ms;

    if (!cli_contestant_run(&run->contestants[REFERENCE], image, true, truth, &ms, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(FIELD); i++) {
        struct cli_contestant *contestant = &run->contestants[i];
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_box));
        if (!contestant->present)
            continue;
        if (!cli_contestant_run(contestant, image, !run->single, found, &ms, error))
            return false;
        g_array_append_val(contestant->times, ms);
        if (run->single)
            count_single(contestant, truth, found);
        else
            count(contestant, expected, truth, found);
    }
    return true;
}

static bool compare_all(struct comparison *run, GError **error)
{
    struct face_image_limits limits = app_image_limits(&run->settings);
    struct cli_progress progress;
    bool done = true;

    cli_progress_init(&progress, "Pictures", run->paths->len);
    for (guint i = 0; done && i < run->paths->len; i++) {
        const char *path = run->paths->pdata[i];
        g_autoptr(GError) reason = NULL;
        struct face_image image = {0};
        if (cli_finder_decode(path, &limits, &image, &reason)) {
            done = compare(run, &image, cli_detectors_expected(path), error);
        } else {
            cli_warn("%s", reason->message);
            run->faults++;
        }
        face_image_finish(&image);
        cli_progress_step(&progress);
    }
    cli_progress_finish(&progress);
    for (size_t i = 0; done && run->identify && i < G_N_ELEMENTS(FIELD); i++)
        if (run->contestants[i].ranks && run->contestants[i].present)
            done = cli_detectors_identify(&run->contestants[i], &run->settings, run->identify,
                                          (guint)run->people, error);
    return done;
}

static json_t *contestant_json(const struct cli_contestant *contestant)
{
    struct cli_statistics_times times =
        cli_statistics_times_of((double *)(void *)contestant->times->data, contestant->times->len);
    json_t *json;

    if (contestant->missing)
        return json_pack("{s:s,s:b,s:s}", "name", contestant->name, "available", 0, "reason",
                         contestant->missing);
    json =
        json_pack("{s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "name", contestant->name,
                  "available", 1, "expected", (json_int_t)contestant->expected, "found",
                  (json_int_t)contestant->met, "false", (json_int_t)contestant->extra,
                  "others_expected", (json_int_t)contestant->reference, "others_found",
                  (json_int_t)contestant->matched, "others_false", (json_int_t)contestant->strange,
                  "median_ms", cli_json_real(times.median), "p90_ms", cli_json_real(times.p90));
    if (contestant->rank.probes)
        json_object_set_new(json, "identification",
                            json_pack("{s:i,s:i,s:i,s:i}", "people", (int)contestant->rank.people,
                                      "probes", (int)contestant->rank.probes, "rank1",
                                      (int)contestant->rank.first, "not_found",
                                      (int)contestant->rank.missed));
    return json;
}

static int print_json(const struct comparison *run)
{
    json_t *detectors = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(FIELD); i++)
        if (run->contestants[i].present || run->contestants[i].missing)
            json_array_append_new(detectors, contestant_json(&run->contestants[i]));
    return cli_bench_end(json_pack("{s:i,s:i,s:o}", "pictures", (int)run->paths->len, "damaged",
                                   (int)run->faults, "detectors", detectors));
}

static void add_cell(struct cli_table *table, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_cell(struct cli_table *table, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *cell = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    cli_table_add(table, cell);
}

static void add_share(struct cli_table *table, gint64 part, gint64 whole)
{
    if (whole == 0)
        cli_table_add(table, "-");
    else
        add_cell(table, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, part, whole);
}

static int print_table(const struct comparison *run)
{
    static const char *const HEADINGS[] = {"Detector", "Counted", "false",  "Others", "false",
                                           "median",   "p90",     "rank 1", NULL};
    struct cli_table *table = cli_table_headed(HEADINGS);

    for (size_t i = 0; i < G_N_ELEMENTS(FIELD); i++) {
        const struct cli_contestant *contestant = &run->contestants[i];
        if (!contestant->present)
            continue;
        struct cli_statistics_times times = cli_statistics_times_of(
            (double *)(void *)contestant->times->data, contestant->times->len);
        cli_table_add(table, contestant->name);
        add_share(table, contestant->met, contestant->expected);
        cli_table_add_int(table, contestant->extra);
        add_share(table, contestant->matched, contestant->reference);
        cli_table_add_int(table, contestant->strange);
        add_cell(table, "%.1f ms", times.median);
        add_cell(table, "%.1f ms", times.p90);
        add_share(table, contestant->rank.first, contestant->rank.probes);
    }
    cli_table_print(table);
    for (size_t i = 0; i < G_N_ELEMENTS(FIELD); i++)
        if (run->contestants[i].missing)
            cli_warn("%s is left out. %s", run->contestants[i].name, run->contestants[i].missing);
    return cli_bench_end(NULL);
}

/* At most `most` of a folder, evenly spread over it. */
static bool collect(struct comparison *run, const char *word, GError **error)
{
    g_autoptr(GPtrArray) paths = cli_pictures_in(word, true, error);

    if (!paths)
        return false;
    guint n = run->pictures > 0 ? MIN((guint)run->pictures, paths->len) : paths->len;
    for (guint i = 0; i < n; i++) {
        guint at = (guint)((guint64)i * paths->len / n);
        g_ptr_array_add(run->paths, g_strdup(paths->pdata[at]));
    }
    return true;
}

static bool collect_all(struct comparison *run, char *const *words, GError **error)
{
    g_autofree char *samples = g_build_filename(run->settings.models_dir, "..", "samples", NULL);

    if (!*words && !collect(run, samples, error))
        return false;
    for (; *words; words++)
        if (!collect(run, *words, error))
            return false;
    if (run->paths->len > 0)
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There are no pictures.");
    return false;
}

static int measure(struct comparison *run, char *const *words)
{
    g_autofree char *path = g_build_filename(run->settings.models_dir, "fr_detect.onnx", NULL);
    g_autoptr(GError) error = NULL;
    bool ready = collect_all(run, words, &error);

    run->network = ready ? face_detector_create(path, &error) : NULL;
    ready = run->network;
    for (size_t i = 0; ready && i < G_N_ELEMENTS(FIELD); i++)
        /* Other landmarks find the same boxes. */
        ready = (FIELD[i].landmarks && !run->identify) || prepare(run, i, &error);
    if (!ready || !compare_all(run, &error))
        return cli_fail(error);
    return run->as_json ? print_json(run) : print_table(run);
}

int cli_bench_detectors(int argc, char **argv)
{
    struct comparison run = {.people = PEOPLE_DEFAULT};
    const GOptionEntry options[] = {
        {"pictures", 'n', 0, G_OPTION_ARG_INT, &run.pictures,
         "Take at most so many pictures of each folder", "N"},
        {"single", 0, 0, G_OPTION_ARG_NONE, &run.single,
         "Search as for one person at a camera; only the face in front counts", NULL},
        {"identify", 0, 0, G_OPTION_ARG_FILENAME, &run.identify,
         "Also recognise the people of DIR/enrol in DIR/probe, a folder a person", "DIR"},
        {"people", 0, 0, G_OPTION_ARG_INT, &run.people, "At most so many of them; 40", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &run.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[DIR…]",
        .summary = "Compares the face detectors on the pictures of folders, on one thread.",
        .notes =
            "A picture named NAME_K.jpg shows K people (\"Counted\"). In all others the faces\n"
            "that the network finds at all sizes are the truth that the rest is measured by.\n"
            "Boxes are on one face when they share 40 % of their area. Without folders the\n"
            "sample pictures are taken.",
        .words_max = -1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    int status;

    run.paths = g_ptr_array_new_with_free_func(g_free);
    if (cli_parse(&syntax, argc, argv, &words, &status) &&
        cli_settings_load(&run.settings, &status)) {
        status = measure(&run, words);
        for (size_t i = 0; i < G_N_ELEMENTS(FIELD); i++)
            contestant_finish(&run.contestants[i]);
        face_detector_destroy(run.network);
        app_settings_clear(&run.settings);
    }
    g_ptr_array_unref(run.paths);
    g_free(run.identify);
    return status;
}
