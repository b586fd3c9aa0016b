/*
 * Running a cascade. The picture is made smaller step by step under a window that stays the same.
 * Neighbouring windows are looked at together: for every step between windows the columns of the
 * integral image are sorted by their remainder, so that the same corner of LANES windows lies side
 * by side.
 */
#include "face/haar.h"

#include <math.h>
#include <string.h>

#define SCALE_STEP 1.1
#define LANES 8
/* Windows whose grey values deviate by less than this are flat: no face. */
#define DEVIATION_MIN 10
/* Grouping is quadratic; no honest picture has so many. */
#define HITS_MAX 20000
/* Where so few windows of a group are left, each is looked at alone. */
#define LANES_WORTH 2

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FASTEST __attribute__((target_clones("avx2", "default")))
#else
#define FASTEST
#endif

typedef int32_t lanes_int __attribute__((vector_size(LANES * 4)));
typedef float lanes_float __attribute__((vector_size(LANES * 4)));

/* A feature with its corners as offsets into the integral image of one size. */
struct feature {
    int32_t corners[FACE_CASCADE_RECTS][4];
    float weights[FACE_CASCADE_RECTS];
};

struct corners {
    int32_t at[4];
};

/* One size of the picture. */
struct level {
    int width, height; /* of the reduced picture */
    int step;          /* between windows */
    int remainder;     /* length of the part of a row that has columns of one remainder */
    int stride;
    uint32_t *sums; /* modulo 2^32: differences within a window are right all the same */
    uint32_t *squares;
    struct feature *features;
    struct corners inner; /* of the window without its rim, which the deviation is taken from */
    float inner_area;
};

struct scan {
    const struct face_cascade *cascade;
    uint8_t *grey;
    int width, height;
    uint8_t *reduced;
    int32_t *columns; /* of the reduction: left source column, weight of the right one of 256 */
    GArray *hits;
};

/* BT.601 as everybody's integer version has it: 15 bits, rounded. */
static void make_grey(const struct face_image *image, uint8_t *grey)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    const uint8_t *rgb = image->rgb;
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        grey[i] = (uint8_t)((rgb[0] * 9798 + rgb[1] * 19235 + rgb[2] * 3735 + 16384) >> 15);
    }
}

/* Where a target pixel's centre lies between the source's: the left one and the right's weight. */
static int32_t place(int target, int from, int to, int32_t *weight)
{
    double at = (target + 0.5) * from / to - 0.5;
    at = CLAMP(at, 0, from - 1);
    int32_t left = (int32_t)at;
    *weight = (int32_t)lrint((at - left) * 256);
    return MIN(left, MAX(from - 2, 0));
}

/* Linear interpolation between four pixels whatever the scale: what cascades were trained on. */
static void reduce(struct scan *scan, int width, int height)
{
    for (int x = 0; x < width; x++) {
        int32_t weight = 0;
        int32_t left = place(x, scan->width, width, &weight);
        scan->columns[x * 2] = left;
        scan->columns[x * 2 + 1] = scan->width == 1 ? 0 : weight;
        if (left == scan->width - 2 && scan->width > 1) {
            double at = CLAMP((x + 0.5) * scan->width / width - 0.5, 0, scan->width - 1);
            scan->columns[x * 2 + 1] = (int32_t)lrint((at - left) * 256);
        }
    }
    for (int y = 0; y < height; y++) {
        int32_t weight = 0;
        int32_t top = place(y, scan->height, height, &weight);
        const uint8_t *upper = scan->grey + (size_t)top * (size_t)scan->width;
        const uint8_t *lower = upper + scan->width;
        uint8_t *target = scan->reduced + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++) {
            int32_t left = scan->columns[x * 2];
            int32_t right_weight = scan->columns[x * 2 + 1];
            int32_t above = upper[left] * (256 - right_weight) + upper[left + 1] * right_weight;
            int32_t below = lower[left] * (256 - right_weight) + lower[left + 1] * right_weight;
            target[x] = (uint8_t)((above * (256 - weight) + below * weight + 32768) >> 16);
        }
    }
}

static size_t column_of(const struct level *level, int x)
{
    return (size_t)(x % level->step) * (size_t)level->remainder + (size_t)(x / level->step);
}

static int32_t offset_of(const struct level *level, int x, int y)
{
    return (int32_t)((size_t)y * (size_t)level->stride + column_of(level, x));
}

static struct corners corners_of(const struct level *level, int x, int y, int width, int height)
{
    return (struct corners){{offset_of(level, x, y), offset_of(level, x + width, y),
                             offset_of(level, x, y + height),
                             offset_of(level, x + width, y + height)}};
}

static void integrate(const struct level *level, const uint8_t *grey)
{
    memset(level->sums, 0, (size_t)level->stride * sizeof *level->sums);
    memset(level->squares, 0, (size_t)level->stride * sizeof *level->squares);
    for (int y = 0; y < level->height; y++) {
        uint32_t *sums = level->sums + (size_t)(y + 1) * (size_t)level->stride;
        uint32_t *squares = level->squares + (size_t)(y + 1) * (size_t)level->stride;
        uint32_t sum = 0;
        uint32_t square = 0;
        sums[0] = 0;
        squares[0] = 0;
        for (int x = 0; x < level->width; x++, grey++) {
            size_t column = column_of(level, x + 1);
            sum += *grey;
            square += (uint32_t)*grey * *grey;
            sums[column] = (sums - level->stride)[column] + sum;
            squares[column] = (squares - level->stride)[column] + square;
        }
    }
}

static void place_features(struct level *level, const struct face_cascade *cascade)
{
    level->inner = corners_of(level, 1, 1, cascade->width - 2, cascade->height - 2);
    level->inner_area = (float)((cascade->width - 2) * (cascade->height - 2));
    for (guint i = 0; i < cascade->features->len; i++) {
        const struct face_cascade_feature *from =
            &g_array_index(cascade->features, struct face_cascade_feature, i);
        for (int j = 0; j < FACE_CASCADE_RECTS; j++) {
            struct corners corners = corners_of(level, from->rects[j].x, from->rects[j].y,
                                                from->rects[j].width, from->rects[j].height);
            memcpy(level->features[i].corners[j], corners.at, sizeof corners.at);
            level->features[i].weights[j] = from->rects[j].weight;
        }
    }
}

static inline uint32_t rect_sum(const uint32_t *sums, const int32_t corners[4])
{
    return sums[corners[0]] - sums[corners[1]] - sums[corners[2]] + sums[corners[3]];
}

/* One over area times deviation, which makes features comparable under any light; 0 when flat. */
static float brightness(const struct level *level, size_t at)
{
    double area = level->inner_area;
    double sum = rect_sum(level->sums + at, level->inner.at);
    double square = rect_sum(level->squares + at, level->inner.at);
    double spread = area * square - sum * sum;
    if (spread <= 0) {
        return 1; /* as OpenCV has it: a window of one colour is judged like any other */
    }
    float factor = (float)(1 / sqrt(spread));
    return level->inner_area * factor < 1.0F / DEVIATION_MIN ? factor : 0;
}

static bool stage_passes(const struct face_cascade *cascade, const struct level *level,
                         const struct face_cascade_stage *stage, const uint32_t *window,
                         float factor)
{
    const struct face_cascade_tree *trees = (const void *)cascade->trees->data;
    const struct face_cascade_node *nodes = (const void *)cascade->nodes->data;
    const float *leaves = (const void *)cascade->leaves->data;
    float total = 0;
    for (uint32_t i = stage->tree; i < stage->tree + stage->trees_n; i++) {
        int32_t next = 0;
        do {
            const struct face_cascade_node *node = &nodes[trees[i].node + (uint32_t)next];
            const struct feature *feature = &level->features[node->feature];
            float value = 0;
            for (int j = 0; j < FACE_CASCADE_RECTS; j++) {
                value +=
                    (float)(int32_t)rect_sum(window, feature->corners[j]) * feature->weights[j];
            }
            next = value * factor < node->threshold ? node->below : node->above;
        } while (next > 0);
        total += leaves[trees[i].leaf + (uint32_t)-next];
    }
    return total >= stage->threshold;
}

/* Macros, because a function would be compiled for processors without AVX before it is inlined. */
#define LOAD(from, to) memcpy(&(to), from, sizeof(to))
#define CHOOSE(mask, yes, no) (((mask) & (lanes_int)(yes)) | (~(mask) & (lanes_int)(no)))
#define ALL(value) ((lanes_float){0} + (value))
#define ALL_INT(value) ((lanes_int){0} + (value))

static float leaf_of(const float *leaves, int32_t child)
{
    return child <= 0 ? leaves[-child] : 0;
}

/* stage_passes for LANES windows side by side; bit i of the result stands for the i-th. */
FASTEST
static unsigned stage_passes_lanes(const struct face_cascade *cascade, const struct level *level,
                                   const struct face_cascade_stage *stage, const uint32_t *window,
                                   const float factors[LANES])
{
    const struct face_cascade_tree *trees = (const void *)cascade->trees->data;
    const struct face_cascade_node *nodes = (const void *)cascade->nodes->data;
    const float *leaves = (const void *)cascade->leaves->data;
    lanes_float total = {0};
    lanes_float factor;
    LOAD(factors, factor);
    for (uint32_t i = stage->tree; i < stage->tree + stage->trees_n; i++) {
        const float *own = leaves + trees[i].leaf;
        lanes_int at = {0};
        lanes_float reached = {0};
        /* Children come later, so one walk over the nodes ends every lane at its leaf. */
        for (uint32_t n = 0; n < trees[i].nodes_n; n++) {
            const struct face_cascade_node *node = &nodes[trees[i].node + n];
            const struct feature *feature = &level->features[node->feature];
            lanes_float value = {0};
            for (int j = 0; j < FACE_CASCADE_RECTS && feature->weights[j] != 0; j++) {
                const int32_t *corners = feature->corners[j];
                lanes_int sums[4];
                LOAD(window + corners[0], sums[0]);
                LOAD(window + corners[1], sums[1]);
                LOAD(window + corners[2], sums[2]);
                LOAD(window + corners[3], sums[3]);
                lanes_int sum = sums[0] - sums[1] - sums[2] + sums[3];
                value += __builtin_convertvector(sum, lanes_float) * feature->weights[j];
            }
            lanes_int here = at == (int32_t)n;
            lanes_int below = value * factor < node->threshold;
            lanes_int leaf =
                CHOOSE(below, ALL(leaf_of(own, node->below)), ALL(leaf_of(own, node->above)));
            lanes_int next = CHOOSE(below, ALL_INT(node->below), ALL_INT(node->above));
            reached = (lanes_float)CHOOSE(here & (next <= 0), leaf, reached);
            /* At a leaf the number is no later node's. */
            at = CHOOSE(here, next, at);
        }
        total += reached;
    }
    lanes_int passed = total >= stage->threshold;
    unsigned bits = 0;
    for (int lane = 0; lane < LANES; lane++) {
        bits |= passed[lane] != 0 ? 1U << lane : 0;
    }
    return bits;
}

/* After a window that fails at the first stage its neighbour is passed over: two of a hundred faces
 * fewer hits, none fewer faces, and half the work. `*skip` carries over to the next group. */
static unsigned pass_over(unsigned judged, unsigned passed, bool *skip)
{
    unsigned kept = 0;
    for (int lane = 0; lane < LANES; lane++) {
        unsigned bit = 1U << lane;
        if (*skip) {
            *skip = false;
            continue;
        }
        kept |= passed & bit;
        *skip = (judged & ~passed & bit) != 0;
    }
    return kept;
}

/* The windows of a group that pass every stage. */
static unsigned judge_group(const struct face_cascade *cascade, const struct level *level,
                            size_t at, int windows, bool *skip)
{
    const struct face_cascade_stage *stages = (const void *)cascade->stages->data;
    const uint32_t *window = level->sums + at;
    float factors[LANES] = {0};
    unsigned judged = 0;
    for (int lane = 0; lane < windows; lane++) {
        factors[lane] = brightness(level, at + (size_t)lane);
        judged |= factors[lane] != 0 ? 1U << lane : 0;
    }
    unsigned alive =
        judged == 0 ? 0 : judged & stage_passes_lanes(cascade, level, stages, window, factors);
    alive = pass_over(judged, alive, skip);
    for (guint i = 1; i < cascade->stages->len && alive != 0; i++) {
        if (__builtin_popcount(alive) >= LANES_WORTH) {
            alive &= stage_passes_lanes(cascade, level, &stages[i], window, factors);
            continue;
        }
        int lane = __builtin_ctz(alive);
        if (!stage_passes(cascade, level, &stages[i], window + lane, factors[lane])) {
            alive = 0;
        }
    }
    return alive;
}

static void scan_level(struct scan *scan, const struct level *level, double factor)
{
    const struct face_cascade *cascade = scan->cascade;
    int columns = (level->width - cascade->width + level->step - 1) / level->step;
    for (int y = 0; y < level->height - cascade->height; y += level->step) {
        bool skip = false;
        for (int column = 0; column < columns; column += LANES) {
            size_t at = (size_t)y * (size_t)level->stride + (size_t)column;
            unsigned alive = judge_group(cascade, level, at, MIN(columns - column, LANES), &skip);
            for (; alive != 0 && scan->hits->len < HITS_MAX; alive &= alive - 1) {
                int x = (column + __builtin_ctz(alive)) * level->step;
                struct face_cascade_hit hit = {(int)lrint(x * factor), (int)lrint(y * factor),
                                               (int)lrint(cascade->width * factor),
                                               (int)lrint(cascade->height * factor)};
                g_array_append_val(scan->hits, hit);
            }
        }
    }
}

static void level_init(struct level *level, struct scan *scan, double factor)
{
    level->width = (int)lrint(scan->width / factor);
    level->height = (int)lrint(scan->height / factor);
    level->step = factor >= 2 ? 1 : 2;
    level->remainder = (level->width + level->step) / level->step;
    level->stride = level->remainder * level->step;
    /* Lanes beyond the last window read on. */
    size_t values = (size_t)level->stride * (size_t)(level->height + 1) + LANES;
    level->sums = g_new0(uint32_t, values);
    level->squares = g_new0(uint32_t, values);
    level->features = g_new(struct feature, scan->cascade->features->len);
}

static void level_finish(struct level *level)
{
    g_free(level->sums);
    g_free(level->squares);
    g_free(level->features);
}

void face_cascade_scan(const struct face_cascade *cascade, const struct face_image *image,
                       int side_min, GArray *hits)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    g_autofree uint8_t *grey = g_malloc(pixels + (size_t)image->width + 1);
    g_autofree uint8_t *reduced = g_malloc(pixels);
    g_autofree int32_t *columns = g_new(int32_t, (size_t)image->width * 2);
    struct scan scan = {cascade, grey, image->width, image->height, reduced, columns, hits};
    make_grey(image, grey);
    for (double factor = 1;; factor *= SCALE_STEP) {
        int width = (int)lrint(cascade->width * factor);
        int height = (int)lrint(cascade->height * factor);
        if (width > image->width || height > image->height) {
            return;
        }
        if (width < side_min) {
            continue;
        }
        struct level level;
        level_init(&level, &scan, factor);
        reduce(&scan, level.width, level.height);
        integrate(&level, reduced);
        place_features(&level, cascade);
        scan_level(&scan, &level, factor);
        level_finish(&level);
    }
}
