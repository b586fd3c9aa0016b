#include "base/error.h"
#include "cli/bench_frames.h"
#include "cli/commands.h"
#include "cli/output.h"

#include <math.h>
#include <string.h>

/* How many frames are judged together, in each column of the result. */
static const size_t TOGETHER[] = {1, 3, 5};
enum { COLUMNS = G_N_ELEMENTS(TOGETHER) };

/* The frames of one person or video, as they were measured. */
struct sequence {
    GArray *frames; /* struct recognise_liveness_frame of those with a face */
    size_t pictures, faults;
    char *problem; /* the sequence could not be read; NULL: it could */
};

/* Sequences of one kind: live ones, or one species of presentation attack. */
struct species {
    char *name;
    GArray *sources;   /* struct cli_bench_sequence */
    GArray *sequences; /* struct sequence, one a source */
    size_t pictures, faces, faults;
    size_t verdicts[COLUMNS][RECOGNISE_LIVENESS_N];
};

struct liveness_run {
    struct cli_bench bench;
    struct recognise_liveness_rule rule;
    struct species *species; /* under way */
};

static void sequence_clear(gpointer data)
{
    struct sequence *sequence = data;

    g_clear_pointer(&sequence->frames, g_array_unref);
    g_free(sequence->problem);
}

static void species_clear(gpointer data)
{
    struct species *species = data;

    g_free(species->name);
    g_clear_pointer(&species->sources, g_array_unref);
    g_clear_pointer(&species->sequences, g_array_unref);
}

static bool species_add(GArray *all, const char *name, const char *path, GError **error)
{
    GArray *sources = cli_bench_sequences(path, error);

    if (!sources)
        return false;
    struct species species = {
        .name = g_strdup(name),
        .sources = sources,
        .sequences = g_array_sized_new(FALSE, TRUE, sizeof(struct sequence), sources->len),
    };
    g_array_set_size(species.sequences, sources->len);
    g_array_set_clear_func(species.sequences, sequence_clear);
    g_array_append_val(all, species);
    return true;
}

/* ---- measuring ---- */

struct measuring {
    struct recogniser *recogniser;
    struct sequence *sequence;
};

static bool measure(const struct face_image *image, gint64 time, void *data, GError **error)
{
    struct measuring *measuring = data;
    struct recognise_liveness_frame frame;
    bool face = false;

    (void)time;
    measuring->sequence->pictures++;
    if (!recognise_liveness_image(measuring->recogniser, image, &face, &frame, error))
        return false;
    if (face)
        g_array_append_val(measuring->sequence->frames, frame);
    return true;
}

static void measure_sequence(size_t index, void *data)
{
    struct liveness_run *run = data;
    struct sequence *sequence = &g_array_index(run->species->sequences, struct sequence, index);
    struct measuring measuring = {run->bench.recogniser, sequence};
    g_autoptr(GError) error = NULL;

    sequence->frames = g_array_new(FALSE, FALSE, sizeof(struct recognise_liveness_frame));
    if (!cli_bench_frames_each(
            &run->bench, &g_array_index(run->species->sources, struct cli_bench_sequence, index),
            measure, &measuring, &sequence->faults, &error))
        sequence->problem = g_strdup(error->message);
}

/* Every run of n frames that follow each other is judged as if no more had been sent; in a shorter
 * sequence all of it. */
static void judge_sequence(const struct liveness_run *run, struct species *species,
                           const struct sequence *sequence, size_t column)
{
    const size_t n = MIN(TOGETHER[column], sequence->frames->len);

    for (size_t first = 0; n > 0 && first + n <= sequence->frames->len; first++) {
        const struct recognise_liveness_frame *frames =
            &g_array_index(sequence->frames, struct recognise_liveness_frame, first);
        species->verdicts[column][recognise_liveness_judge(&run->rule, frames, n, NULL)]++;
    }
}

static bool measure_species(struct liveness_run *run, struct species *species, GError **error)
{
    run->species = species;
    cli_bench_parallel(species->name, species->sources->len, measure_sequence, run);
    for (guint i = 0; i < species->sequences->len; i++) {
        const struct sequence *sequence = &g_array_index(species->sequences, struct sequence, i);
        if (sequence->problem) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s: %s",
                        g_array_index(species->sources, struct cli_bench_sequence, i).name,
                        sequence->problem);
            return false;
        }
        species->pictures += sequence->pictures + sequence->faults;
        species->faults += sequence->faults;
        species->faces += sequence->frames->len;
        for (size_t column = 0; column < COLUMNS; column++)
            judge_sequence(run, species, sequence, column);
    }
    return true;
}

/* ---- the result ---- */

static size_t judged(const struct species *species, size_t column)
{
    size_t sum = 0;

    for (int verdict = 0; verdict < RECOGNISE_LIVENESS_N; verdict++)
        sum += species->verdicts[column][verdict];
    return sum;
}

/* NaN when nothing was judged. */
static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static double verdict_share(const struct species *species, size_t column,
                            enum recognise_liveness verdict)
{
    return share(species->verdicts[column][verdict], judged(species, column));
}

/* Wrong is a picture that is called live, or a person that is not. */
static double error_rate(const struct species *species, bool live, size_t column)
{
    const double called_live = verdict_share(species, column, RECOGNISE_LIVENESS_LIVE);
    return live ? 1 - called_live : called_live;
}

static double worst_apcer(const GArray *all, size_t column)
{
    double worst = NAN;

    for (guint i = 1; i < all->len; i++)
        worst = fmax(worst, error_rate(&g_array_index(all, struct species, i), false, column));
    return worst;
}

static double no_response(const struct species *species)
{
    return 1 - share(species->faces, species->pictures);
}

static json_t *species_json(const struct species *species, bool live)
{
    json_t *columns = json_array();

    for (size_t column = 0; column < COLUMNS; column++)
        json_array_append_new(
            columns,
            json_pack("{s:I, s:I, s:o, s:o, s:o}", "frames", (json_int_t)TOGETHER[column], "judged",
                      (json_int_t)judged(species, column), live ? "bpcer" : "apcer",
                      cli_json_real(error_rate(species, live, column)), "doubt",
                      cli_json_real(verdict_share(species, column, RECOGNISE_LIVENESS_DOUBT)),
                      "attack",
                      cli_json_real(verdict_share(species, column, RECOGNISE_LIVENESS_ATTACK))));
    return json_pack("{s:s, s:I, s:I, s:o, s:o}", "name", species->name, "pictures",
                     (json_int_t)species->pictures, "damaged", (json_int_t)species->faults,
                     live ? "bpnrr" : "apnrr", cli_json_real(no_response(species)), "together",
                     columns);
}

static json_t *result_json(const struct liveness_run *run, const GArray *all)
{
    json_t *attacks = json_array(), *worst = json_array();

    for (guint i = 1; i < all->len; i++)
        json_array_append_new(attacks, species_json(&g_array_index(all, struct species, i), false));
    for (size_t column = 0; column < COLUMNS; column++)
        json_array_append_new(worst, json_pack("{s:I, s:o}", "frames", (json_int_t)TOGETHER[column],
                                               "apcer", cli_json_real(worst_apcer(all, column))));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "threshold",
                     cli_json_real((double)run->rule.live), "threshold_strict",
                     cli_json_real((double)run->rule.strict_live), "threshold_doubt",
                     cli_json_real((double)run->rule.doubt), "live",
                     species_json(&g_array_index(all, struct species, 0), true), "spoof", attacks,
                     "worst", worst);
}

static void print_species(const struct species *species, bool live)
{
    g_autofree char *none = g_strdup_printf("%s %s", live ? "BPNRR" : "APNRR", species->name);

    for (size_t column = 0; column < COLUMNS; column++) {
        const size_t n = judged(species, column);
        g_autofree char *name =
            g_strdup_printf("%s %s, %zu frame%s", live ? "BPCER" : "APCER", species->name,
                            TOGETHER[column], TOGETHER[column] == 1 ? "" : "s");
        const size_t called = species->verdicts[column][RECOGNISE_LIVENESS_LIVE];
        cli_bench_line(name, "%6.2f %% (%zu of %zu; %zu in doubt)",
                       error_rate(species, live, column) * 100, live ? n - called : called, n,
                       species->verdicts[column][RECOGNISE_LIVENESS_DOUBT]);
    }
    cli_bench_line(none, "%6.2f %% (%zu of %zu pictures, %zu damaged)", no_response(species) * 100,
                   species->pictures - species->faces, species->pictures, species->faults);
}

static void print_result(const struct liveness_run *run, const GArray *all)
{
    cli_bench_line("Live from", "%.3f, of stills and close-ups %.3f; doubt from %.3f",
                   (double)run->rule.live, (double)run->rule.strict_live, (double)run->rule.doubt);
    for (guint i = 0; i < all->len; i++)
        print_species(&g_array_index(all, struct species, i), i == 0);
    for (size_t column = 0; column < COLUMNS; column++) {
        g_autofree char *name = g_strdup_printf("Worst APCER, %zu frame%s", TOGETHER[column],
                                                TOGETHER[column] == 1 ? "" : "s");
        cli_bench_line_share(name, worst_apcer(all, column));
    }
}

static int run_liveness(GArray *all, bool as_json)
{
    struct liveness_run run;
    g_autoptr(GError) error = NULL;
    bool ok = true;
    int status;

    if (!cli_bench_open(&run.bench, &status))
        return status;
    run.rule = recognise_liveness_rule(recogniser_thresholds(run.bench.recogniser).live);
    for (guint i = 0; ok && i < all->len; i++)
        ok = measure_species(&run, &g_array_index(all, struct species, i), &error);
    if (ok && !as_json)
        print_result(&run, all);
    status = ok ? cli_bench_end(as_json ? result_json(&run, all) : NULL) : cli_fail(error);
    cli_bench_close(&run.bench);
    return status;
}

/* Reads "NAME=PATH"; the path's own name will do. */
static bool add_spoof(GArray *all, const char *text, GError **error)
{
    const char *equals = strchr(text, '=');
    g_autofree char *name =
        equals ? g_strndup(text, (gsize)(equals - text)) : g_path_get_basename(text);

    return species_add(all, name, equals ? equals + 1 : text, error);
}

int cli_bench_liveness(int argc, char **argv)
{
    g_auto(GStrv) spoofs = NULL;
    char *live = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"live", 0, 0, G_OPTION_ARG_FILENAME, &live,
         "Pictures of people, folders included, or a video", "PATH"},
        {"spoof", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &spoofs,
         "The same of one kind of attack; may be repeated", "NAME=PATH"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures presentation attack detection (ISO/IEC 30107-3) on single frames and "
                   "on 3 and 5 that follow each other.",
        .notes = "APCER: presentations of a species that are called live; BPCER: people who are\n"
                 "not, doubt included; both of those judged. In doubt a challenge or a person\n"
                 "decides. BPNRR, APNRR: pictures without a judgement, because no face was found\n"
                 "or the file is damaged. Frames of one folder are taken to follow each other.",
        .options = options,
    };
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct species));
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    int status;

    g_array_set_clear_func(all, species_clear);
    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (!live || !spoofs) {
        status = cli_fail_usage(argv[0], "--live and at least one --spoof are needed.");
        goto ended;
    }
    bool found = species_add(all, "live", live, &error);
    for (char **spoof = spoofs; found && *spoof; spoof++)
        found = add_spoof(all, *spoof, &error);
    status = found ? run_liveness(all, as_json) : cli_fail(error);
ended:
    g_free(live);
    return status;
}
