#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The share of comparisons that fail before anything is discarded: the threshold follows from it.
 */
#define FNMR 0.02

static const double DISCARDED[] = {0, 0.01, 0.02, 0.05, 0.1, 0.2};
#define DISCARDED_N G_N_ELEMENTS(DISCARDED)
#define MEASURES_N (FACE_COMPONENT_N + 1) /* the unified score is the last */

struct picture {
    char *path, *person;
    char *fault; /* why it could not be judged; NULL: it was */
    bool refused;
    enum face_quality_reason reason;
    double measures[MEASURES_N]; /* native, the greater the better; NaN: not measured */
    float values[FACE_TEMPLATE_N];
    bool face;
};

/* Two pictures of one person. */
struct pair {
    double score;
    guint a, b;
};

struct quality_run {
    GArray *pictures, *pairs;
    const struct cli_bench *bench;
    struct face_image_limits limits;
    double threshold, refused_fnmr, accepted_fnmr;
    size_t faces, refused, refused_pairs;
    size_t reasons[FACE_QUALITY_N];
    double curves[MEASURES_N][DISCARDED_N];
    bool told[MEASURES_N]; /* the measure was there for every face */
};

static void picture_clear(gpointer data)
{
    struct picture *picture = data;

    g_free(picture->path);
    g_free(picture->person);
    g_free(picture->fault);
}

static const char *measure_name(int measure)
{
    return measure < FACE_COMPONENT_N ? face_component_name((enum face_component)measure)
                                      : "unified_quality_score";
}

/* The native figure turned so that the greater is the better. */
static double goodness(enum face_component component, double native)
{
    switch (component) {
    case FACE_COMPONENT_SINGLE_FACE:
    case FACE_COMPONENT_YAW:
    case FACE_COMPONENT_PITCH:
    case FACE_COMPONENT_ROLL:
    case FACE_COMPONENT_OVER_EXPOSURE:
    case FACE_COMPONENT_UNDER_EXPOSURE:
        return -fabs(native);
    default:
        return native;
    }
}

static void take_measures(struct picture *picture, const struct face_quality *quality)
{
    for (int i = 0; i < FACE_COMPONENT_N; i++)
        picture->measures[i] =
            quality->components[i].measured
                ? goodness((enum face_component)i, (double)quality->components[i].native)
                : (double)NAN;
    picture->measures[FACE_COMPONENT_N] =
        quality->unified.measured ? (double)quality->unified.native : (double)NAN;
}

static void judge(size_t index, void *data)
{
    /* Refused photos are embedded as well, to see whether they are the worse ones. */
    static const struct recognise_options OPTIONS = {.skip_liveness = true, .skip_quality = true};
    struct quality_run *run = data;
    struct picture *picture = &g_array_index(run->pictures, struct picture, index);
    g_autofree struct recognise_photo *photo = g_new0(struct recognise_photo, 1);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    if (cli_photos_add(&photos, picture->path, &run->limits, &error) &&
        recognise_enrol_photo(run->bench->recogniser,
                              &g_array_index(photos.pictures, struct recognise_picture, 0),
                              &OPTIONS, photo, &error)) {
        picture->face = photo->kind == RECOGNISE_MATCH;
        picture->reason = photo->quality.reason;
        picture->refused = picture->face && photo->quality.reason != FACE_QUALITY_GOOD;
        take_measures(picture, &photo->quality);
        memcpy(picture->values, photo->values, sizeof picture->values);
    } else {
        picture->fault = g_strdup(error->message);
    }
    cli_photos_finish(&photos);
}

static void make_pairs(struct quality_run *run)
{
    for (guint a = 0; a < run->pictures->len; a++) {
        const struct picture *first = &g_array_index(run->pictures, struct picture, a);
        for (guint b = a + 1; first->face && b < run->pictures->len; b++) {
            const struct picture *second = &g_array_index(run->pictures, struct picture, b);
            if (!second->face || strcmp(first->person, second->person) != 0)
                continue;
            const struct pair pair = {(double)recognise_similarity(first->values, second->values),
                                      a, b};
            g_array_append_val(run->pairs, pair);
        }
    }
}

static int by_score(gconstpointer a, gconstpointer b)
{
    const double x = ((const struct pair *)a)->score, y = ((const struct pair *)b)->score;

    return (x > y) - (x < y);
}

static const struct picture *of(const struct quality_run *run, guint index)
{
    return &g_array_index(run->pictures, struct picture, index);
}

struct ranked {
    double goodness;
    bool fails;
};

static int by_goodness(gconstpointer a, gconstpointer b)
{
    const double x = ((const struct ranked *)a)->goodness, y = ((const struct ranked *)b)->goodness;

    return (x > y) - (x < y);
}

/* The share of failures among all but the worst `discarded`. Of pairs that are equally bad at the
 * edge none is worse than another: each counts for its share. */
static double share_left(const struct ranked *ranked, guint n, guint discarded)
{
    double fails = 0, tied_fails = 0;
    guint tied = 0, tied_kept = 0;

    for (guint i = 0; i < n; i++) {
        const bool is_tied = ranked[i].goodness <= ranked[discarded].goodness &&
                             ranked[i].goodness >= ranked[discarded].goodness;
        if (is_tied) {
            tied++;
            tied_kept += i >= discarded;
            tied_fails += ranked[i].fails;
        } else if (i >= discarded) {
            fails += ranked[i].fails;
        }
    }
    if (tied > 0)
        fails += tied_fails * tied_kept / tied;
    return n > discarded ? fails / (n - discarded) : (double)NAN;
}

/* The share of failures that is left when the pairs with the worst picture are discarded: the
 * error-versus-discard characteristic of ISO/IEC 29794-1. */
static void draw_curve(struct quality_run *run, int measure)
{
    const guint n = run->pairs->len;
    g_autofree struct ranked *ranked = g_new(struct ranked, n);

    run->told[measure] = true;
    for (guint i = 0; i < n; i++) {
        const struct pair *pair = &g_array_index(run->pairs, struct pair, i);
        const double a = of(run, pair->a)->measures[measure];
        const double b = of(run, pair->b)->measures[measure];
        if (isnan(a) || isnan(b))
            run->told[measure] = false;
        ranked[i] = (struct ranked){fmin(a, b), pair->score < run->threshold};
    }
    qsort(ranked, n, sizeof *ranked, by_goodness);
    for (size_t k = 0; k < DISCARDED_N; k++)
        run->curves[measure][k] = share_left(ranked, n, (guint)(DISCARDED[k] * n));
}

static void evaluate(struct quality_run *run)
{
    size_t fails[2] = {0}, of_all[2] = {0};

    for (guint i = 0; i < run->pictures->len; i++) {
        const struct picture *picture = of(run, i);
        run->faces += picture->face;
        run->refused += picture->refused;
        run->reasons[picture->reason] += picture->refused;
    }
    make_pairs(run);
    g_array_sort(run->pairs, by_score);
    if (run->pairs->len > 0)
        run->threshold =
            g_array_index(run->pairs, struct pair, (guint)(FNMR * run->pairs->len)).score;
    for (guint i = 0; i < run->pairs->len; i++) {
        const struct pair *pair = &g_array_index(run->pairs, struct pair, i);
        const bool refused = of(run, pair->a)->refused || of(run, pair->b)->refused;
        of_all[refused]++;
        fails[refused] += pair->score < run->threshold;
    }
    run->refused_pairs = of_all[1];
    run->refused_fnmr = of_all[1] ? (double)fails[1] / (double)of_all[1] : (double)NAN;
    run->accepted_fnmr = of_all[0] ? (double)fails[0] / (double)of_all[0] : (double)NAN;
    for (int measure = 0; measure < MEASURES_N; measure++)
        draw_curve(run, measure);
}

static json_t *result_json(const struct quality_run *run)
{
    json_t *curves = json_object();
    json_t *reasons = json_object();

    for (int measure = 0; measure < MEASURES_N; measure++) {
        json_t *curve = json_array();
        for (size_t k = 0; k < DISCARDED_N; k++)
            json_array_append_new(curve, json_pack("{s:f,s:o}", "discarded", DISCARDED[k], "fnmr",
                                                   cli_json_real(run->curves[measure][k])));
        if (run->told[measure])
            json_object_set_new(curves, measure_name(measure), curve);
        else
            json_decref(curve);
    }
    for (int reason = 0; reason < FACE_QUALITY_N; reason++)
        if (run->reasons[reason])
            json_object_set_new(reasons, face_quality_name((enum face_quality_reason)reason),
                                json_integer((json_int_t)run->reasons[reason]));
    return json_pack("{s:I,s:I,s:I,s:o,s:I,s:I,s:o,s:o,s:o,s:o}", "pictures",
                     (json_int_t)run->pictures->len, "faces", (json_int_t)run->faces, "refused",
                     (json_int_t)run->refused, "reasons", reasons, "pairs",
                     (json_int_t)run->pairs->len, "pairs_refused", (json_int_t)run->refused_pairs,
                     "fnmr_refused", cli_json_real(run->refused_fnmr), "fnmr_accepted",
                     cli_json_real(run->accepted_fnmr), "threshold", cli_json_real(run->threshold),
                     "curves", curves);
}

static void print_result(const struct quality_run *run)
{
    cli_bench_line("Pictures", "%u, %zu with a face", run->pictures->len, run->faces);
    cli_bench_line("Refused for enrolment", "%zu (%.2f %%)", run->refused,
                   run->faces ? 100.0 * (double)run->refused / (double)run->faces : 0);
    for (int reason = 0; reason < FACE_QUALITY_N; reason++) {
        g_autofree char *words = cli_words(face_quality_name((enum face_quality_reason)reason));
        if (run->reasons[reason])
            cli_bench_line("", "%s %zu", words, run->reasons[reason]);
    }
    cli_bench_line("Pairs of one person", "%u, %zu with a refused picture", run->pairs->len,
                   run->refused_pairs);
    cli_bench_line("Threshold", "%.4f", run->threshold);
    cli_bench_line_share("FNMR with a refused picture", run->refused_fnmr);
    cli_bench_line_share("FNMR without", run->accepted_fnmr);
    printf("\n%-34s", "FNMR when the worst are discarded");
    for (size_t k = 0; k < DISCARDED_N; k++)
        printf("%7.0f %%", DISCARDED[k] * 100);
    putchar('\n');
    for (int measure = MEASURES_N - 1; measure >= 0; measure--) {
        g_autofree char *words = cli_words(measure_name(measure));
        if (!run->told[measure])
            continue;
        printf("%-34s", words);
        for (size_t k = 0; k < DISCARDED_N; k++)
            printf("%7.2f %%", run->curves[measure][k] * 100);
        putchar('\n');
    }
}

/* The person is the folder that a picture lies in. */
static bool gather(struct quality_run *run, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) paths = cli_pictures_in(folder, true, error);

    for (guint i = 0; paths && i < paths->len; i++) {
        g_autofree char *inside = g_path_get_dirname(paths->pdata[i]);
        struct picture picture = {
            .path = g_strdup(paths->pdata[i]),
            .person = g_path_get_basename(inside),
        };
        g_array_append_val(run->pictures, picture);
    }
    return paths != NULL;
}

static int measure(const struct cli_bench *bench, const char *folder, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) pictures = g_array_new(FALSE, TRUE, sizeof(struct picture));
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
    struct quality_run run = {
        .pictures = pictures,
        .pairs = pairs,
        .bench = bench,
        .limits = app_image_limits(&bench->settings),
    };

    g_array_set_clear_func(pictures, picture_clear);
    if (!gather(&run, folder, &error))
        return cli_fail(error);
    cli_bench_parallel("Faces", pictures->len, judge, &run);
    for (guint i = 0; i < pictures->len; i++)
        if (of(&run, i)->fault)
            cli_warn("%s: %s", of(&run, i)->path, of(&run, i)->fault);
    evaluate(&run);
    if (as_json)
        return cli_bench_end(result_json(&run));
    print_result(&run);
    return cli_bench_end(NULL);
}

int cli_bench_quality(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "DIR",
        .summary = "Measures whether the quality of photos predicts errors of recognition.",
        .notes = "Every folder with pictures is a person. All pairs of pictures of a person are "
                 "compared; the\nthreshold is the one that 2 % of them fail. What is left of these "
                 "errors when the pairs with\nthe worst picture are discarded is the "
                 "error-versus-discard characteristic of ISO/IEC 29794-1.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_bench bench;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (cli_bench_open(&bench, &status)) {
        status = measure(&bench, words[0], as_json);
        cli_bench_close(&bench);
    }
    return status;
}
