#include "face/engine.h"

#include "base/error.h"
#include "face/worker.h"
#include "nn/quantise.h"

#include <string.h>

/* Counts up with every change of the preprocessing that makes older templates less comparable. */
#define PREPROCESSING_VERSION 1

struct network_file {
    const char *name;
    struct nn_shape input;
    int64_t outputs[3]; /* elements of each, 0 for none */
};

static const struct network_file files[FACE_NETWORK_N] = {
    [FACE_NETWORK_LANDMARKS] = {"fr_landmark.onnx", {4, {1, 1, 64, 64}}, {FACE_LANDMARKS_N * 2}},
    [FACE_NETWORK_FEATURE] = {"fr_feature.onnx",
                              {4, {1, 3, FACE_ALIGN_SIDE, FACE_ALIGN_SIDE}},
                              {FACE_EMBEDDING_N}},
    [FACE_NETWORK_LIVENESS] = {"fr_liveness.onnx", {4, {1, 3, 128, 128}}, {3}},
    [FACE_NETWORK_POSE] = {"fr_pose.onnx", {4, {1, 3, 224, 224}}, {66, 66, 66}},
    [FACE_NETWORK_EYE] = {"fr_eye.onnx", {4, {1, 1, 24, 24}}, {2}},
};

struct face_engine {
    struct face_detector *detector;
    struct face_window_detector *windows; /* NULL: the network finds the faces */
    struct nn_model *models[FACE_NETWORK_N];
    struct nn_model *second; /* NULL: there is none */
    char *model_id;

    GMutex lock; /* guards all below */
    GCond returned;
    GPtrArray *idle;
    int workers, workers_max;
};

static bool shapes_fit(const struct nn_model *model, const struct network_file *file)
{
    const struct nn_shape *input = nn_model_input_shape(model);
    if (nn_shape_count(input) != nn_shape_count(&file->input)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(file->outputs); i++) {
        if (file->outputs[i] != 0 &&
            (i >= nn_model_outputs(model) ||
             nn_shape_count(nn_model_output_shape(model, i)) != file->outputs[i])) {
            return false;
        }
    }
    return true;
}

static char *model_id(const void *data, size_t size)
{
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, size);
    return g_strdup_printf("%s-%d", sum, PREPROCESSING_VERSION);
}

/* Absent is fine: an addition that may be left out. */
static const struct network_file second_file = {
    "MobileFaceNet.tflite", {4, {1, 3, FACE_ALIGN_SIDE, FACE_ALIGN_SIDE}}, {FACE_SECOND_N}};

static struct nn_model *load_file(const char *folder, const struct network_file *file,
                                  const struct nn_ranges *int8, char **identity, GError **error)
{
    g_autofree char *path = g_build_filename(folder, file->name, NULL);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GMappedFile) mapped = g_mapped_file_new(path, FALSE, &reason);
    if (mapped == NULL) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The model %s cannot be read: %s.",
                    file->name, reason->message);
        return NULL;
    }
    const void *data = g_mapped_file_get_contents(mapped);
    size_t size = g_mapped_file_get_length(mapped);
    struct nn_options options = {.input = file->input, .int8 = int8};
    struct nn_model *model = nn_model_load_bytes(data, size, &options, error);
    if (model == NULL) {
        g_prefix_error(error, "%s: ", file->name);
        return NULL;
    }
    if (!shapes_fit(model, file)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The model %s does not have the inputs and outputs that are needed.",
                    file->name);
        nn_model_destroy(model);
        return NULL;
    }
    if (identity != NULL) {
        *identity = model_id(data, size);
    }
    return model;
}

static bool load(struct face_engine *engine, const char *folder, enum face_network network,
                 const struct nn_ranges *int8, GError **error)
{
    bool feature = network == FACE_NETWORK_FEATURE;
    char **identity = feature ? &engine->model_id : NULL;
    engine->models[network] =
        load_file(folder, &files[network], feature ? int8 : NULL, identity, error);
    return engine->models[network] != NULL;
}

static bool load_all(struct face_engine *engine, const struct face_engine_options *options,
                     GError **error)
{
    struct nn_ranges *int8 = NULL;
    if (options->int8 != NULL) {
        int8 = nn_ranges_parse(options->int8, error);
        if (int8 == NULL) {
            return false;
        }
    }
    bool loaded = true;
    for (int network = 0; loaded && network < FACE_NETWORK_N; network++) {
        loaded = load(engine, options->models_dir, (enum face_network)network, int8, error);
    }
    nn_ranges_destroy(int8);
    return loaded;
}

static bool load_second(struct face_engine *engine, const struct face_engine_options *options,
                        GError **error)
{
    g_autofree char *path = g_build_filename(options->models_dir, second_file.name, NULL);
    if (!options->second || !g_file_test(path, G_FILE_TEST_EXISTS)) {
        return true;
    }
    engine->second = load_file(options->models_dir, &second_file, NULL, NULL, error);
    return engine->second != NULL;
}

/* The network is loaded whatever finds the faces: it takes the second look in other places. */
static bool load_detectors(struct face_engine *engine, const struct face_engine_options *options,
                           GError **error)
{
    g_autofree char *path = g_build_filename(options->models_dir, "fr_detect.onnx", NULL);
    engine->detector = face_detector_create(path, error);
    if (engine->detector == NULL || options->detector.kind == FACE_DETECTOR_NETWORK) {
        return engine->detector != NULL;
    }
    engine->windows = face_window_detector_create(&options->detector, error);
    return engine->windows != NULL;
}

struct face_engine *face_engine_create(const struct face_engine_options *options, GError **error)
{
    struct face_engine *engine = g_new0(struct face_engine, 1);
    g_mutex_init(&engine->lock);
    g_cond_init(&engine->returned);
    engine->idle = g_ptr_array_new_with_free_func((GDestroyNotify)face_worker_destroy);
    engine->workers_max = MAX(options->workers_max, 1);

    bool loaded = load_detectors(engine, options, error) && load_all(engine, options, error);
    if (!loaded || !load_second(engine, options, error)) {
        face_engine_destroy(engine);
        return NULL;
    }
    return engine;
}

void face_engine_destroy(struct face_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    g_assert((int)engine->idle->len == engine->workers);
    g_ptr_array_unref(engine->idle);
    for (int network = 0; network < FACE_NETWORK_N; network++) {
        nn_model_destroy(engine->models[network]);
    }
    nn_model_destroy(engine->second);
    face_window_detector_destroy(engine->windows);
    face_detector_destroy(engine->detector);
    g_mutex_clear(&engine->lock);
    g_cond_clear(&engine->returned);
    g_free(engine->model_id);
    g_free(engine);
}

bool face_engine_has_second(const struct face_engine *engine)
{
    return engine->second != NULL;
}

const char *face_engine_model_id(const struct face_engine *engine)
{
    return engine->model_id;
}

static struct face_worker *make_worker(struct face_engine *engine, GError **error)
{
    struct face_worker *worker = face_worker_create(engine->detector, engine->models, error);
    if (worker == NULL) {
        return NULL;
    }
    worker->windows = engine->windows;
    worker->second = engine->second != NULL ? nn_context_create(engine->second, error) : NULL;
    if (engine->second != NULL && worker->second == NULL) {
        face_worker_destroy(worker);
        return NULL;
    }
    return worker;
}

struct face_worker *face_engine_acquire(struct face_engine *engine, GError **error)
{
    g_mutex_lock(&engine->lock);
    while (engine->idle->len == 0 && engine->workers >= engine->workers_max) {
        g_cond_wait(&engine->returned, &engine->lock);
    }
    if (engine->idle->len > 0) {
        struct face_worker *worker = g_ptr_array_steal_index(engine->idle, engine->idle->len - 1);
        g_mutex_unlock(&engine->lock);
        return worker;
    }
    engine->workers++;
    g_mutex_unlock(&engine->lock);

    struct face_worker *worker = make_worker(engine, error);
    if (worker == NULL) {
        g_mutex_lock(&engine->lock);
        engine->workers--;
        g_cond_signal(&engine->returned);
        g_mutex_unlock(&engine->lock);
        return NULL;
    }
    return worker;
}

void face_engine_release(struct face_engine *engine, struct face_worker *worker)
{
    g_mutex_lock(&engine->lock);
    g_ptr_array_add(engine->idle, worker);
    g_cond_signal(&engine->returned);
    g_mutex_unlock(&engine->lock);
}
