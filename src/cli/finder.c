#include "cli/finder.h"

#include "base/error.h"
#include "cli/input.h"
#include "face/detector.h"
#include "face/engine.h"

#include <string.h>

#define SCORE_MIN 0.7f
#define BYTES_MAX_DEFAULT (20u << 20)

static const struct {
    const char *name;
    enum face_detail detail;
} SIZES[] = {
    {"320", FACE_DETAIL_320},
    {"640", FACE_DETAIL_640},
    {"1280", FACE_DETAIL_1280},
    {"1920", FACE_DETAIL_1920},
};

/* Either the whole engine (auto), or the detector at one size. */
struct cli_finder {
    struct face_engine *engine;
    struct face_detector *detector;
    enum face_detail detail;
};

static bool parse_size(const char *size, enum face_detail *detail, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        if (strcmp(SIZES[i].name, size) == 0) {
            *detail = SIZES[i].detail;
            return true;
        }
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "--size is \"%s\", but must be 320, 640, 1280, 1920 or auto.", size);
    return false;
}

struct cli_finder *cli_finder_create(const struct app_settings *settings, const char *size,
                                     int threads, GError **error)
{
    struct cli_finder *finder = g_new0(struct cli_finder, 1);

    if (!size || strcmp(size, "auto") == 0) {
        const struct face_engine_options options = {.models_dir = settings->models_dir,
                                                    .workers_max = threads,
                                                    .detector = app_detector_options(settings)};
        finder->engine = face_engine_create(&options, error);
    } else if (parse_size(size, &finder->detail, error)) {
        g_autofree char *path = g_build_filename(settings->models_dir, "fr_detect.onnx", NULL);
        finder->detector = face_detector_create(path, error);
    }
    if (finder->engine || finder->detector)
        return finder;
    g_free(finder);
    return NULL;
}

void cli_finder_destroy(struct cli_finder *finder)
{
    if (!finder)
        return;
    face_engine_destroy(finder->engine);
    face_detector_destroy(finder->detector);
    g_free(finder);
}

bool cli_finder_decode(const char *path, const struct face_image_limits *limits,
                       struct face_image *image, GError **error)
{
    size_t size_max = limits->bytes_max ? limits->bytes_max : BYTES_MAX_DEFAULT;
    g_autoptr(GBytes) content = cli_file_read(path, size_max, error);
    gsize size;

    if (!content)
        return false;
    const void *data = g_bytes_get_data(content, &size);
    if (face_image_decode(data, size, limits, image, error))
        return true;
    g_prefix_error(error, "%s: ", path);
    return false;
}

static bool run_engine(struct face_engine *engine, const struct face_image *image, GArray *boxes,
                       GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    struct face_worker *worker = face_engine_acquire(engine, error);

    if (!worker)
        return false;
    bool done = face_worker_find(worker, image, FACE_DETAIL_320, true, views, error);
    face_engine_release(engine, worker);
    for (guint i = 0; i < views->len; i++)
        g_array_append_val(boxes, g_array_index(views, struct face_view, i).box);
    return done;
}

static bool run_detector(struct cli_finder *finder, const struct face_image *image, GArray *boxes,
                         GError **error)
{
    struct face_detector_memory *memory = face_detector_memory_create(finder->detector);
    bool done = memory && face_detector_run(memory, image, finder->detail, SCORE_MIN, boxes, error);

    face_detector_memory_destroy(memory);
    return done;
}

static int compare_left(gconstpointer a, gconstpointer b)
{
    const struct face_box *x = a, *y = b;
    return (x->x > y->x) - (x->x < y->x);
}

bool cli_finder_run(struct cli_finder *finder, const struct face_image *image, GArray *boxes,
                    GError **error)
{
    bool done = finder->engine ? run_engine(finder->engine, image, boxes, error)
                               : run_detector(finder, image, boxes, error);

    g_array_sort(boxes, compare_left);
    return done;
}
