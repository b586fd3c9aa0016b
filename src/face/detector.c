#include "face/detector.h"

#include "base/error.h"
#include "face/resample.h"
#include "nn/nn.h"

#include <math.h>
#include <string.h>

#define LEVELS 4
#define PRIORS_MAX 3
#define OVERLAP_MAX 0.35F
#define CENTRE_VARIANCE 0.1F
#define SIZE_VARIANCE 0.2F
/* A box that comes this near to an edge of a piece, in its own heights, is of a face that is cut.
 */
#define CUT_MARGIN 0.04F
/* A hostile picture could light up every prior; suppression is quadratic. */
#define BOXES_MAX 4000
/* From this detail on the working memory is given back after each picture. */
#define DETAIL_RELEASED FACE_DETAIL_1280

/* One level of the detector's pyramid: square priors of these sizes in the centre of each cell. */
struct level {
    int stride;
    int priors;
    float size[PRIORS_MAX];
};

static const struct level levels[LEVELS] = {
    {8, 3, {10, 16, 24}},
    {16, 2, {32, 48}},
    {32, 2, {64, 96}},
    {64, 3, {128, 192, 256}},
};

/* Class scores of each level, then box offsets, before the decoder that the file carries. The
 * offsets are wanted only where the scores say that there is a face. */
static const char *const heads[LEVELS * 2] = {
    "319", "365", "405", "437", "333", "379", "419", "449",
};

/* Both orientations, so that a portrait picture does not waste half of a landscape input. */
struct shape {
    int width, height;
};

#define SHAPES_N (FACE_DETAIL_N * 2)

static const struct shape shapes[SHAPES_N] = {
    {320, 240},  {240, 320},  {640, 480},   {480, 640},
    {1280, 960}, {960, 1280}, {1920, 1440}, {1440, 1920},
};

struct face_detector {
    char *path;
    GMutex lock; /* guards the growth of `models` */
    struct nn_model *models[SHAPES_N];
};

struct face_detector_memory {
    struct face_detector *detector;
    struct nn_context *contexts[SHAPES_N];
    float *pixels; /* the fitted picture, interleaved */
    size_t pixels_n;
};

static struct nn_model *load(struct face_detector *detector, int shape, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&detector->lock);
    if (detector->models[shape] == NULL) {
        struct nn_options options = {
            .input = {4, {1, 3, shapes[shape].height, shapes[shape].width}},
            .channels_last = true,
            .outputs = heads,
            .outputs_n = G_N_ELEMENTS(heads),
            .on_demand_n = LEVELS,
        };
        detector->models[shape] = nn_model_load_file(detector->path, &options, error);
    }
    return detector->models[shape];
}

struct face_detector *face_detector_create(const char *path, GError **error)
{
    struct face_detector *detector = g_new0(struct face_detector, 1);
    detector->path = g_strdup(path);
    g_mutex_init(&detector->lock);
    if (load(detector, 0, error) == NULL) {
        face_detector_destroy(detector);
        return NULL;
    }
    return detector;
}

void face_detector_destroy(struct face_detector *detector)
{
    if (detector == NULL) {
        return;
    }
    for (int i = 0; i < SHAPES_N; i++) {
        nn_model_destroy(detector->models[i]);
    }
    g_mutex_clear(&detector->lock);
    g_free(detector->path);
    g_free(detector);
}

struct face_detector_memory *face_detector_memory_create(struct face_detector *detector)
{
    struct face_detector_memory *memory = g_new0(struct face_detector_memory, 1);
    memory->detector = detector;
    return memory;
}

void face_detector_memory_destroy(struct face_detector_memory *memory)
{
    if (memory == NULL) {
        return;
    }
    for (int i = 0; i < SHAPES_N; i++) {
        nn_context_destroy(memory->contexts[i]);
    }
    g_free(memory->pixels);
    g_free(memory);
}

/* The activations of a group photograph are hundreds of megabytes, and seldom needed. */
static void release(struct face_detector_memory *memory, int shape)
{
    nn_context_destroy(memory->contexts[shape]);
    memory->contexts[shape] = NULL;
    g_clear_pointer(&memory->pixels, g_free);
    memory->pixels_n = 0;
}

static struct nn_context *context(struct face_detector_memory *memory, int shape, GError **error)
{
    if (memory->contexts[shape] == NULL) {
        struct nn_model *model = load(memory->detector, shape, error);
        memory->contexts[shape] = model != NULL ? nn_context_create(model, error) : NULL;
    }
    return memory->contexts[shape];
}

static void pixels_reserve(struct face_detector_memory *memory, size_t need)
{
    if (memory->pixels_n < need) {
        memory->pixels = g_renew(float, memory->pixels, need);
        memory->pixels_n = need;
    }
}

/* The detector's input is (value − 127) / 128. */
static const struct face_scale normal = {1.0F / 128, -127.0F / 128};

/* Fills the upper left corner of the network's input, width × height, with a piece. */
static void fill_corner(struct face_detector_memory *memory, const struct face_image *image,
                        const struct face_crop *piece, int width, int height,
                        const struct shape *shape, float *input)
{
    size_t row = (size_t)width * 3;
    if (width == shape->width) {
        face_resample_area_scaled(image, piece, &normal, input, width, height);
        return;
    }
    pixels_reserve(memory, row * (size_t)height);
    face_resample_area_scaled(image, piece, &normal, memory->pixels, width, height);
    for (size_t y = 0; y < (size_t)height; y++) {
        memcpy(input + y * (size_t)shape->width * 3, memory->pixels + y * row, row * sizeof *input);
    }
}

/* The mean colour, for what is around the picture. */
static void clear_input(const struct shape *shape, float *input)
{
    memset(input, 0, (size_t)shape->width * (size_t)shape->height * 3 * sizeof *input);
}

/* Fills the input; returns network pixels a picture pixel. */
static float fit_picture(struct face_detector_memory *memory, const struct face_image *image,
                         const struct shape *shape, float *input)
{
    float scale = fminf((float)shape->width / (float)image->width,
                        (float)shape->height / (float)image->height);
    int width = CLAMP((int)lrintf((float)image->width * scale), 1, shape->width);
    int height = CLAMP((int)lrintf((float)image->height * scale), 1, shape->height);
    struct face_crop whole = {0, 0, (float)width / scale, (float)height / scale};
    if (width < shape->width || height < shape->height) {
        clear_input(shape, input);
    }
    fill_corner(memory, image, &whole, width, height, shape, input);
    return scale;
}

/* The box of one prior from its four offsets. */
static struct face_box decode_box(const float offset[4], float centre_x, float centre_y, float size,
                                  float scale)
{
    float x = centre_x + offset[0] * CENTRE_VARIANCE * size;
    float y = centre_y + offset[1] * CENTRE_VARIANCE * size;
    float width = size * expf(offset[2] * SIZE_VARIANCE);
    float height = size * expf(offset[3] * SIZE_VARIANCE);
    return (struct face_box){
        .x = (x - width / 2) / scale,
        .y = (y - height / 2) / scale,
        .width = width / scale,
        .height = height / scale,
    };
}

/* What a level's boxes are decoded with. */
struct decoding {
    struct nn_context *network;
    size_t level;
    float scale;
    float logit_min;
    GArray *boxes;
};

static void decode_cell(const struct decoding *decoding, int prior, int row, int column,
                        float logit)
{
    const struct level *level = &levels[decoding->level];
    float offsets[PRIORS_MAX * 4];
    nn_context_output_pixel(decoding->network, LEVELS + decoding->level, row, column, offsets);
    float x = ((float)column + 0.5F) * (float)level->stride;
    float y = ((float)row + 0.5F) * (float)level->stride;
    struct face_box box =
        decode_box(offsets + (size_t)prior * 4, x, y, level->size[prior], decoding->scale);
    box.score = 1 / (1 + expf(-logit));
    g_array_append_val(decoding->boxes, box);
}

static void decode_level(const struct decoding *decoding, const struct nn_shape *shape)
{
    int columns = (int)shape->dims[3];
    size_t plane = (size_t)shape->dims[2] * (size_t)columns;
    const float *classes = nn_context_output(decoding->network, decoding->level);
    for (int prior = 0; prior < levels[decoding->level].priors; prior++) {
        const float *background = classes + (size_t)prior * 2 * plane;
        for (size_t cell = 0; cell < plane; cell++) {
            float logit = background[cell + plane] - background[cell];
            if (logit >= decoding->logit_min) {
                decode_cell(decoding, prior, (int)cell / columns, (int)cell % columns, logit);
            }
        }
    }
}

static bool heads_fit(const struct nn_model *model)
{
    for (size_t i = 0; i < G_N_ELEMENTS(heads); i++) {
        const struct nn_shape *shape = nn_model_output_shape(model, i);
        int64_t planes = levels[i % LEVELS].priors * (i < LEVELS ? 2 : 4);
        if (shape->rank != 4 || shape->dims[0] != 1 || shape->dims[1] != planes) {
            return false;
        }
    }
    return true;
}

/* The context of a shape, and a model that has the heads expected. */
static struct nn_context *network_of(struct face_detector_memory *memory, int shape, GError **error)
{
    struct nn_context *network = context(memory, shape, error);
    if (network != NULL && !heads_fit(memory->detector->models[shape])) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT,
                    "The face detector's model is not the one that is supported.");
        return NULL;
    }
    return network;
}

/* Runs the filled input; boxes in pixels of the input divided by `scale`, not suppressed yet. */
static bool run(struct face_detector_memory *memory, int shape, float scale, float score_min,
                GArray *found, GError **error)
{
    struct nn_context *network = memory->contexts[shape];
    const struct nn_model *model = memory->detector->models[shape];
    if (!nn_context_run(network, error)) {
        return false;
    }
    float logit_min = logf(score_min / (1 - score_min));
    for (size_t i = 0; i < LEVELS; i++) {
        const struct decoding decoding = {network, i, scale, logit_min, found};
        decode_level(&decoding, nn_model_output_shape(model, i));
    }
    return true;
}

bool face_detector_run(struct face_detector_memory *memory, const struct face_image *image,
                       enum face_detail detail, float score_min, GArray *boxes, GError **error)
{
    int shape = (int)detail * 2 + (image->height > image->width ? 1 : 0);
    struct nn_context *network = network_of(memory, shape, error);
    if (network == NULL) {
        return false;
    }
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    float scale = fit_picture(memory, image, &shapes[shape], nn_context_input(network));
    if (!run(memory, shape, scale, score_min, found, error)) {
        return false;
    }
    face_detector_suppress(found, OVERLAP_MAX, 1);
    g_array_append_vals(boxes, found->data, found->len);
    if (detail >= DETAIL_RELEASED) {
        release(memory, shape);
    }
    return true;
}

/* A piece of the picture as it is: what large pictures are mostly searched in. */
static void copy_piece(const struct face_image *image, int x, int y, const struct shape *shape,
                       float *input)
{
    size_t width = (size_t)MIN(shape->width, image->width - x) * 3;
    int height = MIN(shape->height, image->height - y);
    for (int row = 0; row < height; row++) {
        const uint8_t *rgb =
            image->rgb + ((size_t)(y + row) * (size_t)image->width + (size_t)x) * 3;
        float *restrict target = input + (size_t)row * (size_t)shape->width * 3;
        for (size_t i = 0; i < width; i++) {
            target[i] = rgb[i] * normal.factor + normal.offset;
        }
    }
}

static void enlarge_piece(struct face_detector_memory *memory, const struct face_image *image,
                          float zoom, int x, int y, const struct shape *shape, float *input)
{
    int width = MIN(shape->width, (int)lrintf((float)image->width * zoom) - x);
    int height = MIN(shape->height, (int)lrintf((float)image->height * zoom) - y);
    struct face_crop crop = {(float)x / zoom, (float)y / zoom, (float)width / zoom,
                             (float)height / zoom};
    fill_corner(memory, image, &crop, width, height, shape, input);
}

/* Whether a box ends at an edge of the piece that is none of the picture. */
static bool is_cut(const struct face_box *box, const struct face_crop *piece,
                   const struct face_image *image)
{
    float margin = CUT_MARGIN * box->height;
    return (piece->x > 0 && box->x < piece->x + margin) ||
           (piece->y > 0 && box->y < piece->y + margin) ||
           (piece->x + piece->width < (float)image->width &&
            box->x + box->width > piece->x + piece->width - margin) ||
           (piece->y + piece->height < (float)image->height &&
            box->y + box->height > piece->y + piece->height - margin);
}

bool face_detector_run_piece(struct face_detector_memory *memory, const struct face_image *image,
                             float zoom, int x, int y, enum face_detail detail, float score_min,
                             GArray *boxes, GError **error)
{
    int index = (int)detail * 2;
    const struct shape *shape = &shapes[index];
    struct nn_context *network = network_of(memory, index, error);
    if (network == NULL) {
        return false;
    }
    float *input = nn_context_input(network);
    clear_input(shape, input);
    if (zoom == 1) {
        copy_piece(image, x, y, shape, input);
    } else {
        enlarge_piece(memory, image, zoom, x, y, shape, input);
    }
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    if (!run(memory, index, zoom, score_min, found, error)) {
        return false;
    }
    face_detector_suppress(found, OVERLAP_MAX, 1);
    const struct face_crop piece = {(float)x / zoom, (float)y / zoom, (float)shape->width / zoom,
                                    (float)shape->height / zoom};
    for (guint i = 0; i < found->len; i++) {
        struct face_box *box = &g_array_index(found, struct face_box, i);
        box->x += piece.x;
        box->y += piece.y;
        if (!is_cut(box, &piece, image)) {
            g_array_append_vals(boxes, box, 1);
        }
    }
    return true;
}

enum face_detail face_detector_full_detail(const struct face_image *image)
{
    int longer = MAX(image->width, image->height);
    for (int detail = 0; detail < FACE_DETAIL_N; detail++) {
        if (longer <= shapes[detail * 2].width) {
            return (enum face_detail)detail;
        }
    }
    return FACE_DETAIL_1920;
}

int face_detector_detail_side(enum face_detail detail)
{
    return shapes[(int)detail * 2].width;
}

static float intersection(const struct face_box *a, const struct face_box *b)
{
    float width = fminf(a->x + a->width, b->x + b->width) - fmaxf(a->x, b->x);
    float height = fminf(a->y + a->height, b->y + b->height) - fmaxf(a->y, b->y);
    return width > 0 && height > 0 ? width * height : 0;
}

float face_box_overlap(const struct face_box *a, const struct face_box *b)
{
    float both = intersection(a, b);
    float either = a->width * a->height + b->width * b->height - both;
    return either > 0 ? both / either : 0;
}

float face_box_inside(const struct face_box *a, const struct face_box *b)
{
    float smaller = fminf(a->width * a->height, b->width * b->height);
    return smaller > 0 ? intersection(a, b) / smaller : 0;
}

static gint compare_scores(gconstpointer a, gconstpointer b)
{
    float left = ((const struct face_box *)a)->score;
    float right = ((const struct face_box *)b)->score;
    return (left < right) - (left > right);
}

static bool suppressed(const struct face_box *kept, size_t kept_n, const struct face_box *box,
                       float overlap_max, float inside_max)
{
    for (size_t i = 0; i < kept_n; i++) {
        if (face_box_overlap(&kept[i], box) > overlap_max ||
            face_box_inside(&kept[i], box) > inside_max) {
            return true;
        }
    }
    return false;
}

void face_detector_suppress(GArray *boxes, float overlap_max, float inside_max)
{
    g_array_sort(boxes, compare_scores);
    struct face_box *box = (struct face_box *)boxes->data;
    size_t n = MIN(boxes->len, BOXES_MAX);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!suppressed(box, kept, &box[i], overlap_max, inside_max)) {
            box[kept++] = box[i];
        }
    }
    g_array_set_size(boxes, (guint)kept);
}
