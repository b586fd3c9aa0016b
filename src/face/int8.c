#include "face/int8.h"

#include "base/error.h"
#include "face/align.h"
#include "face/resample.h"
#include "face/types.h"
#include "face/worker.h"
#include "nn/quantise.h"

#include <glib/gstdio.h>
#include <string.h>

#define GROUP "int8"
#define MODEL_FILE "fr_feature.onnx"
#define RECORD_BYTES_MAX (1u << 20)

bool face_int8_mode_parse(const char *name, enum face_int8_mode *mode)
{
    static const char *const NAMES[] = {"off", "auto", "on"};
    for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            *mode = (enum face_int8_mode)i;
            return true;
        }
    }
    return false;
}

void face_int8_record_judge(struct face_int8_record *record)
{
    record->passed = record->pairs >= FACE_INT8_PAIRS_MIN &&
                     record->accuracy_floats - record->accuracy_int8 <= FACE_INT8_LOSS_MAX + 1e-9 &&
                     record->cosine_mean >= FACE_INT8_COSINE_MIN;
}

void face_int8_record_clear(struct face_int8_record *record)
{
    g_free(record->processor);
    g_free(record->model);
    g_free(record->ranges);
    *record = (struct face_int8_record){0};
}

bool face_int8_record_write(const struct face_int8_record *record, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) reason = NULL;
    g_autofree char *folder = g_path_get_dirname(path);
    g_auto(GStrv) layers = g_strsplit(record->ranges, "\n", -1);
    g_key_file_set_string(file, GROUP, "processor", record->processor);
    g_key_file_set_string(file, GROUP, "model", record->model);
    g_key_file_set_integer(file, GROUP, "pairs", record->pairs);
    g_key_file_set_double(file, GROUP, "accuracy_floats", record->accuracy_floats);
    g_key_file_set_double(file, GROUP, "accuracy_int8", record->accuracy_int8);
    g_key_file_set_double(file, GROUP, "cosine_mean", record->cosine_mean);
    g_key_file_set_double(file, GROUP, "cosine_least", record->cosine_least);
    g_key_file_set_boolean(file, GROUP, "passed", record->passed);
    g_key_file_set_string_list(file, GROUP, "ranges", (const char *const *)layers,
                               g_strv_length(layers));
    if (g_mkdir_with_parents(folder, 0700) == 0 && g_key_file_save_to_file(file, path, &reason)) {
        return true;
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The record %s cannot be written: %s.", path,
                reason != NULL ? reason->message : "the folder cannot be made");
    return false;
}

static bool read_fields(struct face_int8_record *record, GKeyFile *file)
{
    g_auto(GStrv) layers = g_key_file_get_string_list(file, GROUP, "ranges", NULL, NULL);
    record->processor = g_key_file_get_string(file, GROUP, "processor", NULL);
    record->model = g_key_file_get_string(file, GROUP, "model", NULL);
    record->pairs = g_key_file_get_integer(file, GROUP, "pairs", NULL);
    record->accuracy_floats = g_key_file_get_double(file, GROUP, "accuracy_floats", NULL);
    record->accuracy_int8 = g_key_file_get_double(file, GROUP, "accuracy_int8", NULL);
    record->cosine_mean = g_key_file_get_double(file, GROUP, "cosine_mean", NULL);
    record->cosine_least = g_key_file_get_double(file, GROUP, "cosine_least", NULL);
    record->passed = g_key_file_get_boolean(file, GROUP, "passed", NULL);
    record->ranges = layers != NULL ? g_strjoinv("\n", layers) : NULL;
    return record->processor != NULL && record->model != NULL && record->ranges != NULL;
}

bool face_int8_record_read(struct face_int8_record *record, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    *record = (struct face_int8_record){0};
    GStatBuf status;
    if (g_stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no record %s.", path);
        return false;
    }
    struct nn_ranges *ranges = NULL;
    if (status.st_size <= RECORD_BYTES_MAX &&
        g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL) && read_fields(record, file)) {
        ranges = nn_ranges_parse(record->ranges, NULL);
    }
    if (ranges == NULL) {
        face_int8_record_clear(record);
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "The record %s is damaged.", path);
        return false;
    }
    nn_ranges_destroy(ranges);
    return true;
}

char *face_int8_processor(void)
{
    g_autofree char *text = NULL;
    if (g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL)) {
        const char *line = strstr(text, "model name");
        const char *name = line != NULL ? strchr(line, ':') : NULL;
        if (name != NULL) {
            return g_strstrip(g_strndup(name + 1, strcspn(name + 1, "\n")));
        }
    }
    return g_strdup("unknown");
}

char *face_int8_model(const char *models_dir, GError **error)
{
    g_autofree char *path = g_build_filename(models_dir, MODEL_FILE, NULL);
    g_autofree char *bytes = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &bytes, &size, NULL)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The model %s cannot be read.", MODEL_FILE);
        return NULL;
    }
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, size);
}

/* Why the record may not be used, for people; NULL: it may. */
static const char *objection(const struct face_int8_record *record, enum face_int8_mode mode,
                             const char *models_dir)
{
    g_autofree char *model = face_int8_model(models_dir, NULL);
    g_autofree char *processor = face_int8_processor();
    if (model == NULL || strcmp(model, record->model) != 0) {
        return "the record is another model's";
    }
    if (mode == FACE_INT8_AUTO && strcmp(processor, record->processor) != 0) {
        return "the record is another processor's";
    }
    return mode == FACE_INT8_AUTO && !record->passed ? "the check did not pass" : NULL;
}

bool face_int8_choose(enum face_int8_mode mode, const char *record_path, const char *models_dir,
                      char **ranges, GError **error)
{
    struct face_int8_record record = {0};
    g_autoptr(GError) failure = NULL;
    const char *reason = NULL;
    *ranges = NULL;
    if (mode == FACE_INT8_OFF) {
        return true;
    }
    if (!nn_int8_possible()) {
        reason = "the processor has no AVX-512 VNNI";
    } else if (!face_int8_record_read(&record, record_path, &failure)) {
        reason = failure->message;
    } else {
        reason = objection(&record, mode, models_dir);
    }
    if (reason == NULL) {
        *ranges = g_steal_pointer(&record.ranges);
    } else if (mode == FACE_INT8_ON) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The embedding network cannot run in 8 bits (%s): `presente bench int8` makes "
                    "the record.",
                    reason);
    }
    face_int8_record_clear(&record);
    return mode != FACE_INT8_ON || reason == NULL;
}

/* One run on a face, and one on its mirror image. */
static bool observe(struct nn_context *context, const float *aligned, GError **error)
{
    static const float mean[3] = {127.5F, 127.5F, 127.5F};
    static const float factor[3] = {1 / 128.0F, 1 / 128.0F, 1 / 128.0F};
    enum { SIDE = FACE_ALIGN_SIDE };
    for (int mirror = 0; mirror < 2; mirror++) {
        float *input = nn_context_input(context);
        face_resample_planes(aligned, (size_t)SIDE * SIDE, mean, factor, true, input);
        for (int row = 0; mirror && row < SIDE * 3; row++) {
            for (int x = 0; x < SIDE / 2; x++) {
                float keep = input[row * SIDE + x];
                input[row * SIDE + x] = input[row * SIDE + SIDE - 1 - x];
                input[row * SIDE + SIDE - 1 - x] = keep;
            }
        }
        if (!nn_context_run(context, error)) {
            return false;
        }
    }
    return true;
}

char *face_int8_measure(const char *models_dir, const float *const *aligned, size_t n,
                        GError **error)
{
    g_autofree char *path = g_build_filename(models_dir, MODEL_FILE, NULL);
    struct nn_ranges *ranges = nn_ranges_create();
    struct nn_options options = {
        .input = {4, {1, 3, FACE_ALIGN_SIDE, FACE_ALIGN_SIDE}},
        .observe = ranges,
    };
    struct nn_model *model = nn_model_load_file(path, &options, error);
    struct nn_context *context = model != NULL ? nn_context_create(model, error) : NULL;
    bool good = context != NULL;
    for (size_t i = 0; good && i < n; i++) {
        good = observe(context, aligned[i], error);
    }
    char *text = good ? nn_ranges_text(ranges) : NULL;
    nn_context_destroy(context);
    nn_model_destroy(model);
    nn_ranges_destroy(ranges);
    return text;
}
