#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/finder.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/pairs.h"
#include "cli/statistics.h"
#include "face/engine.h"
#include "face/int8.h"
#include "nn/nn.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* Faces that the ranges are measured on. */
#define MEASURED_MAX 256
#define ALIGNED_FLOATS ((size_t)FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3)

/* A picture, and its embedding either way. */
struct sample {
    char *path;
    bool face;
    float *aligned; /* kept for the measured ones until the ranges are there */
    float floats[FACE_EMBEDDING_N];
    float int8[FACE_EMBEDDING_N];
    double floats_ms, int8_ms; /* of the processor */
};

struct check {
    const struct app_settings *settings;
    struct face_engine *engine; /* in floats */
    struct face_engine *fast;   /* in 8 bits */
    GArray *samples;
    GHashTable *indices; /* path → index + 1 */
    struct face_int8_record record;
    double floats_ms, int8_ms; /* medians */
    size_t faces;
};

static void sample_clear(gpointer data)
{
    struct sample *sample = data;
    g_free(sample->path);
    g_free(sample->aligned);
}

static struct sample *sample_at(const struct check *check, size_t index)
{
    return &g_array_index(check->samples, struct sample, index);
}

static void sample_add(struct check *check, const char *path)
{
    if (g_hash_table_contains(check->indices, path))
        return;
    struct sample sample = {.path = g_strdup(path)};
    g_array_append_val(check->samples, sample);
    g_hash_table_insert(check->indices, g_strdup(path), GUINT_TO_POINTER(check->samples->len));
}

/* Cuts the most prominent face out; false without one. */
static bool cut(const struct check *check, const char *path, struct face_worker *worker,
                float *aligned)
{
    const struct face_image_limits limits = app_image_limits(check->settings);
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    struct face_image image = {0};

    bool found = cli_finder_decode(path, &limits, &image, NULL) &&
                 face_worker_find(worker, &image, FACE_DETAIL_320, false, views, NULL) &&
                 views->len > 0;
    if (found)
        face_worker_align(worker, &image, &g_array_index(views, struct face_view, 0), aligned);
    face_image_finish(&image);
    return found;
}

/* The samples that are measured are spread evenly over all. */
static size_t measured_n(const struct check *check)
{
    return MIN(check->samples->len, MEASURED_MAX);
}

static size_t measured_index(const struct check *check, size_t i)
{
    return i * check->samples->len / measured_n(check);
}

static void cut_measured(size_t index, void *data)
{
    const struct check *check = data;
    struct sample *sample = sample_at(check, measured_index(check, index));
    struct face_worker *worker = face_engine_acquire(check->engine, NULL);

    sample->aligned = g_new(float, ALIGNED_FLOATS);
    if (!worker || !cut(check, sample->path, worker, sample->aligned))
        g_clear_pointer(&sample->aligned, g_free);
    if (worker)
        face_engine_release(check->engine, worker);
}

static bool measure(struct check *check, GError **error)
{
    const char *folder = check->settings->models_dir;
    g_autoptr(GPtrArray) faces = g_ptr_array_new();

    cli_bench_parallel("Faces to measure", measured_n(check), cut_measured, check);
    for (size_t i = 0; i < measured_n(check); i++) {
        struct sample *sample = sample_at(check, measured_index(check, i));
        if (sample->aligned)
            g_ptr_array_add(faces, sample->aligned);
    }
    if (faces->len == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "None of the pictures shows a face.");
        return false;
    }
    check->record.ranges =
        face_int8_measure(folder, (const float *const *)faces->pdata, faces->len, error);
    return check->record.ranges != NULL;
}

static double thread_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The embedding as enrolment makes it, and the milliseconds that one run took. */
static bool embed(struct face_engine *engine, const float *aligned, float *values, double *ms)
{
    float both[FACE_TEMPLATE_N] = {0};
    struct face_worker *worker = face_engine_acquire(engine, NULL);
    double began = thread_ms();
    bool done = worker && face_worker_embed(worker, aligned, true, both, NULL);

    *ms = (thread_ms() - began) / 2;
    if (worker)
        face_engine_release(engine, worker);
    memcpy(values, both, FACE_EMBEDDING_N * sizeof *values);
    return done;
}

static void compare(size_t index, void *data)
{
    const struct check *check = data;
    struct sample *sample = sample_at(check, index);
    g_autofree float *aligned = g_new(float, ALIGNED_FLOATS);
    struct face_worker *worker = face_engine_acquire(check->engine, NULL);
    bool found = worker && cut(check, sample->path, worker, aligned);

    if (worker)
        face_engine_release(check->engine, worker);
    sample->face = found && embed(check->engine, aligned, sample->floats, &sample->floats_ms) &&
                   embed(check->fast, aligned, sample->int8, &sample->int8_ms);
}

static double cosine(const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < FACE_EMBEDDING_N; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void summarise(struct check *check)
{
    g_autoptr(GArray) floats = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) int8 = g_array_new(FALSE, FALSE, sizeof(double));
    struct face_int8_record *record = &check->record;

    record->cosine_least = 1;
    for (guint i = 0; i < check->samples->len; i++) {
        const struct sample *sample = sample_at(check, i);
        if (!sample->face)
            continue;
        double alike = cosine(sample->floats, sample->int8);
        record->cosine_mean += alike;
        record->cosine_least = fmin(record->cosine_least, alike);
        g_array_append_val(floats, sample->floats_ms);
        g_array_append_val(int8, sample->int8_ms);
    }
    check->faces = floats->len;
    record->cosine_mean /= (double)MAX(floats->len, 1);
    check->floats_ms = cli_statistics_times_of((double *)(void *)floats->data, floats->len).median;
    check->int8_ms = cli_statistics_times_of((double *)(void *)int8->data, int8->len).median;
}

static const struct sample *sample_named(const struct check *check, const char *root,
                                         const char *name)
{
    g_autofree char *path = g_build_filename(root, name, NULL);
    return sample_at(check, GPOINTER_TO_UINT(g_hash_table_lookup(check->indices, path)) - 1);
}

/* Accuracy on the pairs, of the one embedding or of the other. */
static double accuracy(const struct check *check, const struct cli_pairs *pairs, const char *root,
                       bool fast)
{
    g_autoptr(GArray) scored = g_array_new(FALSE, FALSE, sizeof(struct cli_statistics_pair));
    struct cli_statistics_accuracy result = {0};
    int folds = pairs->folds > 1 ? pairs->folds : CLI_STATISTICS_FOLDS;

    for (guint i = 0; i < pairs->pairs->len; i++) {
        const struct cli_pair *pair = &g_array_index(pairs->pairs, struct cli_pair, i);
        const struct sample *a = sample_named(check, root, pair->a);
        const struct sample *b = sample_named(check, root, pair->b);
        struct cli_statistics_pair entry = {CLI_STATISTICS_NO_SCORE, pair->same, pair->fold};
        if (a->face && b->face)
            entry.score = cosine(fast ? a->int8 : a->floats, fast ? b->int8 : b->floats);
        g_array_append_val(scored, entry);
    }
    struct cli_statistics_pair *entries = (void *)scored->data;
    if (pairs->folds <= 1)
        cli_statistics_deal_folds(entries, scored->len, folds);
    cli_statistics_cross_validate(entries, scored->len, folds, &result);
    return result.mean;
}

static void print_check(const struct check *check, const char *record_path)
{
    const struct face_int8_record *record = &check->record;

    cli_bench_line("Processor", "%s (%s)", record->processor, nn_instruction_set());
    cli_bench_line("Faces", "%zu of %u pictures", check->faces, check->samples->len);
    cli_bench_line("One embedding, processor time", "%.2f ms in floats, %.2f ms in 8 bits",
                   check->floats_ms, check->int8_ms);
    cli_bench_line("Cosine of the two", "%.4f on average, %.4f at least", record->cosine_mean,
                   record->cosine_least);
    if (record->pairs > 0)
        cli_bench_line("Accuracy", "%.2f %% in floats, %.2f %% in 8 bits (%d pairs)",
                       record->accuracy_floats * 100, record->accuracy_int8 * 100, record->pairs);
    else
        cli_bench_line("Accuracy", "not measured: no --pairs");
    cli_bench_line("Check", "%s", record->passed ? "passed" : "not passed");
    cli_bench_line("Record", "%s", record_path);
}

static json_t *check_json(const struct check *check)
{
    const struct face_int8_record *record = &check->record;

    return json_pack("{s:s,s:s,s:I,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "processor",
                     record->processor, "instruction_set", nn_instruction_set(), "faces",
                     (json_int_t)check->faces, "pairs", record->pairs, "float_ms",
                     cli_json_real(check->floats_ms), "int8_ms", cli_json_real(check->int8_ms),
                     "cosine_mean", cli_json_real(record->cosine_mean), "cosine_least",
                     cli_json_real(record->cosine_least), "accuracy_float",
                     cli_json_real(record->accuracy_floats), "accuracy_int8",
                     cli_json_real(record->accuracy_int8), "passed", record->passed);
}

static struct face_engine *open_engine(const struct app_settings *settings, const char *int8,
                                       GError **error)
{
    const struct face_engine_options options = {
        .models_dir = settings->models_dir,
        .workers_max = (int)g_get_num_processors(),
        .int8 = int8,
    };
    return face_engine_create(&options, error);
}

static bool run(struct check *check, const struct cli_pairs *pairs, const char *root,
                GError **error)
{
    struct face_int8_record *record = &check->record;

    record->processor = face_int8_processor();
    record->model = face_int8_model(check->settings->models_dir, error);
    if (!record->model)
        return false;
    check->engine = open_engine(check->settings, NULL, error);
    if (!check->engine || !measure(check, error))
        return false;
    check->fast = open_engine(check->settings, record->ranges, error);
    if (!check->fast)
        return false;
    cli_bench_parallel("Faces", check->samples->len, compare, check);
    summarise(check);
    if (pairs) {
        record->pairs = (int)pairs->pairs->len;
        record->accuracy_floats = accuracy(check, pairs, root, false);
        record->accuracy_int8 = accuracy(check, pairs, root, true);
    }
    face_int8_record_judge(record);
    return face_int8_record_write(record, check->settings->int8_record, error);
}

/* The pictures of the pairs, or those of a folder. */
static bool gather(struct check *check, const struct cli_pairs *pairs, const char *root,
                   GError **error)
{
    if (!pairs) {
        g_autoptr(GPtrArray) paths = cli_pictures_in(root, true, error);
        for (guint i = 0; paths && i < paths->len; i++)
            sample_add(check, g_ptr_array_index(paths, i));
        return paths != NULL;
    }
    for (guint i = 0; i < pairs->pairs->len; i++) {
        const struct cli_pair *pair = &g_array_index(pairs->pairs, struct cli_pair, i);
        g_autofree char *a = g_build_filename(root, pair->a, NULL);
        g_autofree char *b = g_build_filename(root, pair->b, NULL);
        sample_add(check, a);
        sample_add(check, b);
    }
    return true;
}

static int check_int8(const struct app_settings *settings, const struct cli_pairs *pairs,
                      const char *root, bool as_json)
{
    g_autoptr(GError) error = NULL;
    struct check check = {
        .settings = settings,
        .samples = g_array_new(FALSE, TRUE, sizeof(struct sample)),
        .indices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    int status;

    g_array_set_clear_func(check.samples, sample_clear);
    if (!gather(&check, pairs, root, &error) || !run(&check, pairs, root, &error)) {
        status = cli_fail(error);
    } else if (as_json) {
        status = cli_bench_end(check_json(&check));
    } else {
        print_check(&check, settings->int8_record);
        status = cli_bench_end(NULL);
    }
    face_engine_destroy(check.engine);
    face_engine_destroy(check.fast);
    face_int8_record_clear(&check.record);
    g_array_unref(check.samples);
    g_hash_table_unref(check.indices);
    return status;
}

static int start(char *root, const char *list, bool as_json)
{
    g_autoptr(GError) error = NULL;
    struct app_settings settings;
    struct cli_pairs pairs;
    int status;

    if (!cli_settings_load(&settings, &status))
        return status;
    g_autofree char *samples = g_build_filename(settings.models_dir, "..", "samples", NULL);
    if (!nn_int8_possible()) {
        puts("skipped: this processor has no AVX-512 VNNI, or ONEDNN_MAX_CPU_ISA forbids it.");
        status = cli_bench_end(NULL);
    } else if (!list) {
        status = check_int8(&settings, NULL, root ? root : samples, as_json);
    } else if (!cli_pairs_read(list, &pairs, &error)) {
        status = cli_fail(error);
    } else {
        status = check_int8(&settings, &pairs, root ? root : ".", as_json);
        cli_pairs_finish(&pairs);
    }
    app_settings_clear(&settings);
    return status;
}

int cli_bench_int8(int argc, char **argv)
{
    char *root = NULL, *list = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root,
         "Folder of pictures, or that the pairs' names start from", "DIR"},
        {"pairs", 0, 0, G_OPTION_ARG_FILENAME, &list, "Pairs as for bench verify", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Checks what the embedding network in 8 bits gains and costs on this machine.",
        .notes =
            "Measures how far the network's activations reach on some of the pictures, then makes\n"
            "the template of every picture both ways. The check passes when at least 1000 pairs\n"
            "lose at most 0.1 points of accuracy and the two templates of a picture are alike\n"
            "(cosine 0.985 on average). The result is recorded (PRESENTE_INT8_RECORD); the server\n"
            "uses 8 bits with PRESENTE_INT8=auto where it passed. Without --pairs the ranges are\n"
            "recorded, from the sample photographs or --root, but the check does not pass.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status))
        status = start(root, list, as_json);
    g_free(root);
    g_free(list);
    return status;
}
