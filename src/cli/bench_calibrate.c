/* The scores of different people, and the thresholds that follow from them. */
#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "recognise/calibration.h"

#include <stdio.h>
#include <string.h>

/* So much of all scores is the tail that the distribution is fitted to. */
#define TAIL_SHARE 2e-4
#define PEOPLE_MIN 50
#define PAIRS_SHOWN 5

/* Two people who are more alike than this are one, under two names: every large collection has
 * some. */
#define SAME_PERSON 0.62

/* Numbers of people that the table has. */
static const size_t SIZES[] = {10, 30, 100, 300, 1000, 3000, 8000, 25000, 100000};

/* A score of two different people that is among the highest of its probe. */
struct impostor {
    float score;
    guint probe, person;
};

struct calibration {
    struct cli_bench *bench;
    GPtrArray *names; /* char *, one a person */
    GArray *pictures; /* struct cli_bench_picture */
    GArray *owners;   /* guint, of pictures */
    GArray *found;   /* struct impostor, RECOGNISE_CANDIDATES_MAX of each picture; score -1: none */
    GArray *highest; /* struct impostor in falling order: the tail */
    GArray *same;    /* struct impostor, left out of it */
    double same_from;
    size_t people, probes;
    struct recognise_tail tail;
};

static struct base_uuid id_of(guint person)
{
    struct base_uuid id = {{0}};

    id.bytes[0] = 1;
    memcpy(id.bytes + BASE_UUID_SIZE - sizeof person, &person, sizeof person);
    return id;
}

static guint person_of(const struct base_uuid *id)
{
    guint person;

    memcpy(&person, id->bytes + BASE_UUID_SIZE - sizeof person, sizeof person);
    return person;
}

static bool walk(struct calibration *run, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) people = cli_folders_in(folder, error);

    if (!people)
        return false;
    for (guint i = 0; i < people->len; i++) {
        g_autoptr(GPtrArray) paths = cli_pictures_in(people->pdata[i], false, error);
        if (!paths)
            return false;
        const guint person = run->names->len;
        g_ptr_array_add(run->names, g_path_get_basename(people->pdata[i]));
        for (guint k = 0; k < paths->len; k++) {
            cli_bench_pictures_add(run->pictures, paths->pdata[k]);
            g_array_append_val(run->owners, person);
        }
    }
    return true;
}

static bool enrol(struct calibration *run, GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(float) * FACE_TEMPLATE_N);
    guint next = 0;

    for (guint person = 0; person < run->names->len; person++) {
        const struct base_uuid id = id_of(person);
        g_array_set_size(values, 0);
        while (next < run->owners->len && g_array_index(run->owners, guint, next) == person) {
            const struct cli_bench_picture *picture =
                &g_array_index(run->pictures, struct cli_bench_picture, next++);
            if (picture->face)
                g_array_append_vals(values, picture->values, 1);
        }
        run->people += values->len > 0;
        if (values->len > 0 &&
            !recognise_person_set(run->bench->recogniser, &id, (const float *)(void *)values->data,
                                  values->len, error))
            return false;
    }
    return true;
}

/* The answer of a mark among all but the person themselves. */
static void probe(size_t index, void *data)
{
    struct calibration *run = data;
    const struct cli_bench_picture *picture =
        &g_array_index(run->pictures, struct cli_bench_picture, index);
    struct impostor *found =
        &g_array_index(run->found, struct impostor, index * RECOGNISE_CANDIDATES_MAX);
    const struct recognise_thresholds open = {.match = -2, .review = -2, .margin = -2};
    const struct recognise_options options = {
        .scope = {.everybody = true},
        .skip_liveness = true,
        .skip_quality = true,
        .thresholds = &open,
    };
    const struct face_image_limits limits = app_image_limits(&run->bench->settings);
    g_autofree struct recognise_answer *answer = g_new0(struct recognise_answer, 1);
    struct cli_photos photos;

    cli_photos_init(&photos);
    if (picture->face && cli_photos_add(&photos, picture->path, &limits, NULL) &&
        recognise_probe(run->bench->recogniser,
                        &g_array_index(photos.pictures, struct recognise_picture, 0), 1, &options,
                        answer, NULL)) {
        for (size_t i = 0; i < answer->candidates_n; i++) {
            const guint person = person_of(&answer->candidates[i].person);
            if (person != g_array_index(run->owners, guint, index))
                found[i] = (struct impostor){answer->candidates[i].score, (guint)index, person};
        }
    }
    cli_photos_finish(&photos);
}

static gint compare_falling(gconstpointer a, gconstpointer b)
{
    const float left = ((const struct impostor *)a)->score;
    const float right = ((const struct impostor *)b)->score;

    return (left < right) - (left > right);
}

static double comparisons(const struct calibration *run)
{
    return (double)run->probes * (double)(run->people - 1);
}

static bool fit(struct calibration *run, GError **error)
{
    for (guint i = 0; i < run->found->len; i++) {
        const struct impostor *one = &g_array_index(run->found, struct impostor, i);
        if (one->score > -1)
            g_array_append_vals((double)one->score < run->same_from ? run->highest : run->same, one,
                                1);
    }
    g_array_sort(run->same, compare_falling);
    g_array_sort(run->highest, compare_falling);
    const guint n = (guint)(comparisons(run) * TAIL_SHARE);
    g_array_set_size(run->highest, MIN(n, run->highest->len));
    g_autofree float *scores = g_new(float, run->highest->len + 1);
    for (guint i = 0; i < run->highest->len; i++)
        scores[i] = g_array_index(run->highest, struct impostor, i).score;
    if (recognise_tail_fit(scores, run->highest->len, comparisons(run), &run->tail))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                        "There are too few comparisons for a calibration: some hundred people are "
                        "needed.");
    return false;
}

/* Share of the probes that reach the threshold with somebody else of a part of the people, over all
 * parts of that size; negative when there are fewer people. */
static double measured(const struct calibration *run, size_t size, float threshold)
{
    const size_t parts = size > 0 ? run->people / size : 0;
    GHashTable *reached = g_hash_table_new(g_direct_hash, g_direct_equal);

    if (parts == 0) {
        g_hash_table_unref(reached);
        return -1;
    }
    for (guint i = 0; i < run->highest->len; i++) {
        const struct impostor *one = &g_array_index(run->highest, struct impostor, i);
        if (one->score >= threshold)
            g_hash_table_add(reached,
                             GUINT_TO_POINTER(one->probe * (guint)parts + one->person % parts + 1));
    }
    const double share = (double)g_hash_table_size(reached) / ((double)run->probes * (double)parts);
    g_hash_table_unref(reached);
    return share;
}

static json_t *result_json(const struct calibration *run, double target)
{
    json_t *table = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        const float threshold = recognise_tail_threshold(&run->tail, target, SIZES[i]);
        const double share = measured(run, SIZES[i], threshold);
        json_array_append_new(
            table,
            json_pack("{s:I,s:f,s:f,s:o}", "people", (json_int_t)SIZES[i], "threshold",
                      (double)threshold, "program",
                      (double)recognise_tail_threshold(&RECOGNISE_TAIL_DEFAULT, target, SIZES[i]),
                      "measured", share < 0 ? json_null() : json_real(share)));
    }
    return json_pack("{s:I,s:I,s:f,s:f,s:{s:f,s:f,s:f,s:f},s:o}", "people", (json_int_t)run->people,
                     "probes", (json_int_t)run->probes, "comparisons", comparisons(run), "target",
                     target, "tail", "from", run->tail.from, "share", run->tail.share, "scale",
                     run->tail.scale, "shape", run->tail.shape, "table", table);
}

static void print_pairs(const struct calibration *run, const char *what, const GArray *pairs,
                        guint most)
{
    for (guint i = 0; i < MIN(pairs->len, most); i++) {
        const struct impostor *one = &g_array_index(pairs, struct impostor, i);
        const char *path = g_array_index(run->pictures, struct cli_bench_picture, one->probe).path;
        g_autofree char *picture = g_path_get_basename(path);
        cli_bench_line(i == 0 ? what : "", "%.4f  %s and %s", (double)one->score, picture,
                       (const char *)run->names->pdata[one->person]);
    }
}

static void print_result(const struct calibration *run, double target)
{
    cli_bench_line("People", "%zu", run->people);
    cli_bench_line("Pictures compared", "%zu", run->probes);
    cli_bench_line("Scores of different people", "%.0f", comparisons(run));
    cli_bench_line("Tail", "from %.4f, share %.3g, scale %.4f, shape %+.4f", run->tail.from,
                   run->tail.share, run->tail.scale, run->tail.shape);
    print_pairs(run, "Left out as the same person", run->same, run->same->len);
    print_pairs(run, "Most alike of the others", run->highest, PAIRS_SHOWN);
    printf("\nFor %g %% of strangers named:\n%10s %10s %10s %12s\n", target * 100, "people",
           "threshold", "program's", "named here");
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        const float threshold = recognise_tail_threshold(&run->tail, target, SIZES[i]);
        const double share = measured(run, SIZES[i], threshold);
        g_autofree char *here = share < 0 ? g_strdup("") : g_strdup_printf("%.3f %%", share * 100);
        printf("%10zu %10.4f %10.4f %12s\n", SIZES[i], (double)threshold,
               (double)recognise_tail_threshold(&RECOGNISE_TAIL_DEFAULT, target, SIZES[i]), here);
    }
}

static int measure(struct calibration *run, char **folders, double target, bool as_json)
{
    g_autoptr(GError) error = NULL;

    for (char **folder = folders; *folder; folder++)
        if (!walk(run, *folder, &error))
            return cli_fail(error);
    cli_bench_pictures_embed(run->pictures, run->bench);
    cli_bench_pictures_faults(run->pictures);
    for (guint i = 0; i < run->pictures->len; i++)
        run->probes += g_array_index(run->pictures, struct cli_bench_picture, i).face;
    if (!enrol(run, &error))
        return cli_fail(error);
    if (run->people < PEOPLE_MIN)
        return cli_fail_input("Faces of %zu people were found; a calibration needs %d and is good "
                              "with some hundred.",
                              run->people, PEOPLE_MIN);
    const struct impostor none = {.score = -1};
    for (guint i = 0; i < run->pictures->len * RECOGNISE_CANDIDATES_MAX; i++)
        g_array_append_val(run->found, none);
    cli_bench_parallel("Comparisons", run->pictures->len, probe, run);
    if (!fit(run, &error))
        return cli_fail(error);
    if (!as_json)
        print_result(run, target);
    return cli_bench_end(as_json ? result_json(run, target) : NULL);
}

static int open_and_measure(char **folders, double target, double same, bool as_json)
{
    struct cli_bench bench;
    int status;

    if (!cli_bench_open(&bench, &status))
        return status;
    struct calibration run = {
        .bench = &bench,
        .names = g_ptr_array_new_with_free_func(g_free),
        .pictures = cli_bench_pictures_new(),
        .owners = g_array_new(FALSE, FALSE, sizeof(guint)),
        .found = g_array_new(FALSE, FALSE, sizeof(struct impostor)),
        .highest = g_array_new(FALSE, FALSE, sizeof(struct impostor)),
        .same = g_array_new(FALSE, FALSE, sizeof(struct impostor)),
        .same_from = same,
    };
    status =
        measure(&run, folders, target > 0 ? target : bench.settings.false_match_target, as_json);
    g_ptr_array_unref(run.names);
    g_array_unref(run.pictures);
    g_array_unref(run.owners);
    g_array_unref(run.found);
    g_array_unref(run.highest);
    g_array_unref(run.same);
    cli_bench_close(&bench);
    return status;
}

int cli_bench_calibrate(int argc, char **argv)
{
    g_auto(GStrv) folders = NULL;
    gdouble target = 0, same = SAME_PERSON;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"impostors", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &folders,
         "Different people: DIR/NAME/*.jpg; may be given several times", "DIR"},
        {"target", 0, 0, G_OPTION_ARG_DOUBLE, &target,
         "Share of strangers who may be named; PRESENTE_FALSE_MATCH_TARGET by default", "SHARE"},
        {"same", 0, 0, G_OPTION_ARG_DOUBLE, &same,
         "People more alike than this are one under two names and left out; 0.62 by default",
         "SCORE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures how alike different people are, and the thresholds that follow.",
        .notes = "Everybody is enrolled with all of their pictures, and every picture is compared\n"
                 "with everybody else as in a mark. The highest scores give the tail of a\n"
                 "generalised Pareto distribution (ISO/IEC 19795-1 calls them impostor scores);\n"
                 "\"named here\" is the share of pictures that reach the threshold with somebody\n"
                 "else when so many people are searched. Look at the pairs that were left out.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (!folders)
        return cli_fail_usage(argv[0], "--impostors is needed.");
    if (target < 0 || target >= 1)
        return cli_fail_usage(argv[0], "--target must be between 0 and 1.");
    return open_and_measure(folders, target, same, as_json);
}
