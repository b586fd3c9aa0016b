#include "base/error.h"
#include "cli/bench.h"
#include "cli/bench_variants.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/pairs.h"
#include "cli/statistics.h"

#include <math.h>

#define FAR 1e-3

struct verification {
    struct cli_statistics_accuracy accuracy;
    int folds;
    bool folds_given;
    size_t same, different;
    size_t without_face_pairs; /* pairs of which a picture has no face, scored as different */
    size_t pictures, without_face, faults;
    double tar, tar_threshold, auc, eer;
};

/* Every picture once, however many pairs it is in: path → index + 1. */
static void gather(const struct cli_pairs *pairs, const char *root, GArray *pictures,
                   GHashTable *indices)
{
    for (guint i = 0; i < pairs->pairs->len; i++) {
        const struct cli_pair *pair = &g_array_index(pairs->pairs, struct cli_pair, i);
        const char *const names[] = {pair->a, pair->b};
        for (size_t k = 0; k < G_N_ELEMENTS(names); k++) {
            if (g_hash_table_contains(indices, names[k]))
                continue;
            g_autofree char *path = g_build_filename(root, names[k], NULL);
            cli_bench_pictures_add(pictures, path);
            g_hash_table_insert(indices, (gpointer)names[k], GUINT_TO_POINTER(pictures->len));
        }
    }
}

static const struct cli_bench_picture *find(const GArray *pictures, GHashTable *indices,
                                            const char *name)
{
    guint index = GPOINTER_TO_UINT(g_hash_table_lookup(indices, name));
    return &g_array_index(pictures, struct cli_bench_picture, index - 1);
}

/* By the fused score of the program, or where `weight` is given with so much of the first network.
 */
static void score(const struct cli_pairs *pairs, const GArray *pictures, GHashTable *indices,
                  const double *weight, GArray *scored, struct verification *result)
{
    for (guint i = 0; i < pairs->pairs->len; i++) {
        const struct cli_pair *pair = &g_array_index(pairs->pairs, struct cli_pair, i);
        const struct cli_bench_picture *a = find(pictures, indices, pair->a);
        const struct cli_bench_picture *b = find(pictures, indices, pair->b);
        struct cli_statistics_pair entry = {CLI_STATISTICS_NO_SCORE, pair->same, pair->fold};
        if (a->face && b->face)
            entry.score = weight ? cli_bench_similarity(a->values, b->values, *weight)
                                 : (double)recognise_similarity(a->values, b->values);
        else
            result->without_face_pairs++;
        g_array_append_val(scored, entry);
    }
}

static void evaluate(const struct cli_pairs *pairs, GArray *scored, struct verification *result)
{
    g_autoptr(GArray) genuine = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) impostors = g_array_new(FALSE, FALSE, sizeof(double));
    struct cli_statistics_pair *entries = (void *)scored->data;

    for (guint i = 0; i < scored->len; i++)
        g_array_append_val(entries[i].same ? genuine : impostors, entries[i].score);
    result->same = genuine->len;
    result->different = impostors->len;
    result->folds_given = pairs->folds > 1;
    result->folds = result->folds_given ? pairs->folds : CLI_STATISTICS_FOLDS;
    if (!result->folds_given)
        cli_statistics_deal_folds(entries, scored->len, result->folds);
    cli_statistics_cross_validate(entries, scored->len, result->folds, &result->accuracy);

    double *g = (double *)genuine->data, *m = (double *)impostors->data;
    result->auc = cli_statistics_auc(g, genuine->len, m, impostors->len);
    result->eer = cli_statistics_eer(g, genuine->len, m, impostors->len);
    result->tar_threshold = cli_statistics_threshold(m, impostors->len, FAR);
    result->tar = cli_statistics_accepted(g, genuine->len, result->tar_threshold);
}

/* The accuracy of other weights of the two networks. */
static json_t *compare_variants(const struct cli_pairs *pairs, const GArray *pictures,
                                GHashTable *indices, bool as_json)
{
    static const double WEIGHTS[] = {1, 0.7, 0.6, 0.5, 0};
    json_t *results = as_json ? json_array() : NULL;

    for (size_t w = 0; w < G_N_ELEMENTS(WEIGHTS); w++) {
        g_autoptr(GArray) scored = g_array_new(FALSE, FALSE, sizeof(struct cli_statistics_pair));
        struct verification result = {0};
        score(pairs, pictures, indices, &WEIGHTS[w], scored, &result);
        evaluate(pairs, scored, &result);
        g_autofree char *name =
            g_strdup_printf("%.1f first + %.1f second", WEIGHTS[w], 1 - WEIGHTS[w]);
        if (as_json)
            json_array_append_new(results,
                                  json_pack("{s:s,s:o,s:o}", "variant", name, "accuracy",
                                            cli_json_real(result.accuracy.mean), "tar_at_far_0.001",
                                            cli_json_real(result.tar)));
        else
            cli_bench_line(name, "accuracy %.2f %%, TAR at FAR 0.1 %% %.2f %%",
                           result.accuracy.mean * 100, result.tar * 100);
    }
    return results;
}

static bool write_scores(const struct cli_pairs *pairs, const GArray *scored, const char *path)
{
    FILE *file = cli_bench_rows_open(path);

    if (!file)
        return false;
    (void)fputs("same\timage_a\timage_b\tscore\n", file);
    for (guint i = 0; i < scored->len; i++) {
        const struct cli_pair *pair = &g_array_index(pairs->pairs, struct cli_pair, i);
        (void)fprintf(file, "%d\t%s\t%s\t%.6f\n", pair->same, pair->a, pair->b,
                      g_array_index(scored, struct cli_statistics_pair, i).score);
    }
    return cli_bench_rows_close(file, path);
}

static json_t *result_json(const struct verification *result, json_t *variants)
{
    return json_pack(
        "{s:o,s:o*,s:o,s:o,s:i,s:b,s:o,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:I,s:I}", "accuracy",
        cli_json_real(result->accuracy.mean), "variants", variants, "standard_error",
        cli_json_real(result->accuracy.standard_error), "threshold",
        cli_json_real(result->accuracy.threshold), "folds", result->folds, "folds_given",
        result->folds_given, "tar_at_far_0.001", cli_json_real(result->tar), "tar_threshold",
        cli_json_real(result->tar_threshold), "auc", cli_json_real(result->auc), "eer",
        cli_json_real(result->eer), "pairs_same", (json_int_t)result->same, "pairs_different",
        (json_int_t)result->different, "pairs_without_face", (json_int_t)result->without_face_pairs,
        "pictures", (json_int_t)result->pictures, "pictures_without_face",
        (json_int_t)result->without_face, "pictures_damaged", (json_int_t)result->faults);
}

static void print_result(const struct verification *result)
{
    cli_bench_line("Pairs", "%zu same, %zu different", result->same, result->different);
    cli_bench_line("Accuracy", "%.2f %% ± %.2f (%d folds%s)", result->accuracy.mean * 100,
                   result->accuracy.standard_error * 100, result->folds,
                   result->folds_given ? " as given" : ", dealt out");
    cli_bench_line("Threshold", "%.4f", result->accuracy.threshold);
    cli_bench_line("TAR at FAR 0.1 %", "%.2f %% (threshold %.4f)", result->tar * 100,
                   result->tar_threshold);
    cli_bench_line("Area under the curve", "%.5f", result->auc);
    cli_bench_line_share("Equal error rate", result->eer);
    cli_bench_line("Pictures", "%zu, of which %zu without a face and %zu damaged", result->pictures,
                   result->without_face, result->faults);
    cli_bench_line("Pairs without a face", "%zu, counted as different people",
                   result->without_face_pairs);
}

struct request {
    char *root, *list, *scores;
    gboolean variants, as_json;
};

static int verify(struct cli_bench *bench, const struct request *request,
                  const struct cli_pairs *pairs)
{
    g_autoptr(GHashTable) indices = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) scored = g_array_new(FALSE, FALSE, sizeof(struct cli_statistics_pair));
    g_autoptr(GArray) pictures = cli_bench_pictures_new();
    struct verification result = {0};

    gather(pairs, request->root, pictures, indices);
    cli_bench_pictures_embed(pictures, bench);
    result.pictures = pictures->len;
    result.faults = cli_bench_pictures_faults(pictures);
    for (guint i = 0; i < pictures->len; i++)
        result.without_face += !g_array_index(pictures, struct cli_bench_picture, i).face;
    result.without_face -= result.faults;
    score(pairs, pictures, indices, NULL, scored, &result);
    evaluate(pairs, scored, &result);
    if (!request->as_json)
        print_result(&result);
    json_t *variants =
        request->variants ? compare_variants(pairs, pictures, indices, request->as_json) : NULL;
    const bool written = !request->scores || write_scores(pairs, scored, request->scores);
    const int status = cli_bench_end(request->as_json ? result_json(&result, variants) : NULL);
    return written ? status : CLI_EXIT_UNAVAILABLE;
}

static bool read_pairs(const char *path, struct cli_pairs *pairs, GError **error)
{
    if (!cli_pairs_read(path, pairs, error))
        return false;
    if (pairs->pairs->len > 0)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s lists no pairs.", path);
    cli_pairs_finish(pairs);
    return false;
}

int cli_bench_verify(int argc, char **argv)
{
    struct request request = {0};
    const GOptionEntry options[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &request.root, "Folder that the names start from",
         "DIR"},
        {"pairs", 0, 0, G_OPTION_ARG_FILENAME, &request.list, "The pairs, tab-separated", "FILE"},
        {"scores", 0, 0, G_OPTION_ARG_FILENAME, &request.scores,
         "Write every pair's score to a file, tab-separated", "FILE"},
        {"variants", 0, 0, G_OPTION_ARG_NONE, &request.variants,
         "Compare other weights of the two networks as well", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &request.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures whether two pictures are told to show the same person.",
        .notes =
            "The list's header is \"same image_a image_b\", with an optional first column "
            "\"fold\".\n"
            "The best threshold of all folds but one is tried on that one; without folds, pairs\n"
            "are dealt out to ten. TAR at FAR 0.1 %: the share of the same pairs that score above\n"
            "the highest different pair but the allowed ones (the largest whole number up to\n"
            "0.1 % of them); nothing is interpolated. Templates are made as enrolment makes\n"
            "them, whatever the quality; pairs without a face count as different people.",
        .options = options,
    };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    struct cli_bench bench;
    struct cli_pairs pairs;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (!request.root || !request.list) {
        status = cli_fail_usage(argv[0], "Both --root and --pairs are needed.");
    } else if (!read_pairs(request.list, &pairs, &error)) {
        status = cli_fail(error);
    } else {
        if (cli_bench_open(&bench, &status)) {
            status = verify(&bench, &request, &pairs);
            cli_bench_close(&bench);
        }
        cli_pairs_finish(&pairs);
    }
ended:
    g_free(request.root);
    g_free(request.list);
    g_free(request.scores);
    return status;
}
