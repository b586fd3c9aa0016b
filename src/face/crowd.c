#include "face/crowd.h"

#include "face/find.h"

#include <math.h>
#include <string.h>

/* A tile, and how much it shares with its neighbours: more than the faces that only this size can
 * show, which are 40 pixels high, with as much around them. */
#define TILE_WIDTH 640
#define TILE_HEIGHT 480
#define TILE_OVERLAP 64
/* The smallest size, in one piece. */
#define LAST_WIDTH 320
#define LAST_HEIGHT 240
/* Small pictures are enlarged, up to twice, while they have no more pixels then than this. */
#define PIXELS_USEFUL 12.6e6F
#define ZOOM_MAX 2.0F
#define SIZES_MAX 12
#define CANDIDATES_MAX 1000
/* A face is hardly missed in a size that shows it between these heights, while what is no face is
 * rarely taken for one in more than one size. */
#define EASY_MIN 20
#define EASY_MAX 128
#define RATIO_MIN 0.85F
#define RATIO_MAX 2.0F
/* From this height on in the picture a closer look invents no pixels, and may be strict. */
#define STRICT_HEIGHT 32

/* The picture at one size. */
struct size {
    struct face_image halved; /* empty for the first, which is the picture itself */
    const struct face_image *image;
    float scale; /* pixels of the picture that one pixel here stands for */
};

struct tile {
    const struct size *size;
    int x, y; /* of the enlarged size */
    enum face_detail detail;
    GArray *boxes; /* struct face_box, in pixels of the picture; NULL: not searched yet */
};

struct candidate {
    struct face_box box;
    struct face_view view;
    int votes; /* of closer looks that it needs; 0: none */
    bool is_face;
};

struct face_crowd {
    const struct face_image *image;
    bool windows; /* another detector looks at the whole picture, as the only tile */
    float zoom;
    struct size sizes[SIZES_MAX];
    int sizes_n;
    GArray *tiles;
    GArray *candidates;
};

static void halve_row(const uint8_t *upper, const uint8_t *lower, uint8_t *target, int width)
{
    for (int x = 0; x < width; x++, upper += 6, lower += 6, target += 3) {
        for (int c = 0; c < 3; c++) {
            target[c] = (uint8_t)((upper[c] + upper[c + 3] + lower[c] + lower[c + 3] + 2) / 4);
        }
    }
}

static void halve(const struct face_image *image, struct face_image *half)
{
    size_t row = (size_t)image->width * 3;
    face_image_init(half, image->width / 2, image->height / 2);
    for (int y = 0; y < half->height; y++) {
        const uint8_t *upper = image->rgb + (size_t)y * 2 * row;
        halve_row(upper, upper + row, half->rgb + (size_t)y * (size_t)half->width * 3, half->width);
    }
}

static void add_size(struct face_crowd *crowd)
{
    struct size *size = &crowd->sizes[crowd->sizes_n];
    *size = (struct size){.image = crowd->image, .scale = 1};
    if (crowd->sizes_n > 0) {
        const struct size *larger = &crowd->sizes[crowd->sizes_n - 1];
        halve(larger->image, &size->halved);
        size->image = &size->halved;
        size->scale = larger->scale * 2;
    }
    crowd->sizes_n++;
}

/* Tiles along a side, spread evenly. */
static int tiles_along(int length, int tile)
{
    return length <= tile ? 1 : (length - TILE_OVERLAP - 1) / (tile - TILE_OVERLAP) + 1;
}

static int tile_at(int length, int tile, int i, int n)
{
    return n == 1 ? 0 : (int)((int64_t)(length - tile) * i / (n - 1));
}

static void add_tiles(struct face_crowd *crowd, const struct size *size)
{
    int width = (int)lrintf((float)size->image->width * crowd->zoom);
    int height = (int)lrintf((float)size->image->height * crowd->zoom);
    bool last = width <= LAST_WIDTH && height <= LAST_HEIGHT;
    int across = tiles_along(width, TILE_WIDTH);
    int down = tiles_along(height, TILE_HEIGHT);
    for (int i = 0; i < across * down; i++) {
        struct tile tile = {
            .size = size,
            .x = tile_at(width, TILE_WIDTH, i % across, across),
            .y = tile_at(height, TILE_HEIGHT, i / across, down),
            .detail = last ? FACE_DETAIL_320 : FACE_DETAIL_640,
        };
        g_array_append_val(crowd->tiles, tile);
    }
}

static bool is_last(const struct face_crowd *crowd, const struct size *size)
{
    float width = (float)size->image->width * crowd->zoom;
    float height = (float)size->image->height * crowd->zoom;
    return crowd->sizes_n == SIZES_MAX || MIN(size->image->width, size->image->height) < 2 ||
           (width <= LAST_WIDTH && height <= LAST_HEIGHT);
}

struct face_crowd *face_crowd_create(const struct face_image *image,
                                     const struct face_worker *worker)
{
    struct face_crowd *crowd = g_new0(struct face_crowd, 1);
    float pixels = (float)image->width * (float)image->height;
    crowd->image = image;
    crowd->windows = worker->windows != NULL;
    crowd->zoom = CLAMP(sqrtf(PIXELS_USEFUL / pixels), 1, ZOOM_MAX);
    crowd->tiles = g_array_new(FALSE, TRUE, sizeof(struct tile));
    crowd->candidates = g_array_new(FALSE, TRUE, sizeof(struct candidate));
    if (crowd->windows) {
        g_array_set_size(crowd->tiles, 1);
        return crowd;
    }
    do {
        add_size(crowd);
        add_tiles(crowd, &crowd->sizes[crowd->sizes_n - 1]);
    } while (!is_last(crowd, &crowd->sizes[crowd->sizes_n - 1]));
    return crowd;
}

static void free_sizes(struct face_crowd *crowd)
{
    for (int i = 0; i < crowd->sizes_n; i++) {
        face_image_finish(&crowd->sizes[i].halved);
    }
    crowd->sizes_n = 0;
}

static void free_tiles(struct face_crowd *crowd)
{
    for (guint i = 0; i < crowd->tiles->len; i++) {
        struct tile *tile = &g_array_index(crowd->tiles, struct tile, i);
        if (tile->boxes != NULL) {
            g_array_unref(tile->boxes);
        }
    }
    g_array_set_size(crowd->tiles, 0);
}

void face_crowd_destroy(struct face_crowd *crowd)
{
    if (crowd == NULL) {
        return;
    }
    free_tiles(crowd);
    free_sizes(crowd);
    g_array_unref(crowd->tiles);
    g_array_unref(crowd->candidates);
    g_free(crowd);
}

size_t face_crowd_tiles(const struct face_crowd *crowd)
{
    return crowd->tiles->len;
}

static bool search_tile(const struct face_crowd *crowd, struct face_worker *worker,
                        const struct tile *tile, GError **error)
{
    const struct size *size = tile->size;
    if (!face_detector_run_piece(worker->detector, size->image, crowd->zoom, tile->x, tile->y,
                                 tile->detail, FACE_FIND_SCORE_MIN, tile->boxes, error)) {
        return false;
    }
    for (guint i = 0; i < tile->boxes->len; i++) {
        struct face_box *box = &g_array_index(tile->boxes, struct face_box, i);
        box->x *= size->scale;
        box->y *= size->scale;
        box->width *= size->scale;
        box->height *= size->scale;
    }
    return true;
}

bool face_crowd_search(struct face_crowd *crowd, struct face_worker *worker, size_t index,
                       GError **error)
{
    struct tile *tile = &g_array_index(crowd->tiles, struct tile, index);
    gint64 began = g_get_monotonic_time();
    tile->boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    bool ran = crowd->windows ? face_window_detector_run(worker->windows, crowd->image, true,
                                                         tile->boxes, error)
                              : search_tile(crowd, worker, tile, error);
    worker->timings.detect += (double)(g_get_monotonic_time() - began);
    return ran;
}

static bool is_seen_in(const struct face_crowd *crowd, const struct size *size,
                       const struct face_box *box)
{
    for (guint i = 0; i < crowd->tiles->len; i++) {
        const struct tile *tile = &g_array_index(crowd->tiles, struct tile, i);
        for (guint j = 0; tile->size == size && j < tile->boxes->len; j++) {
            if (face_box_overlap(&g_array_index(tile->boxes, struct face_box, j), box) >
                FACE_FIND_OVERLAP_MAX) {
                return true;
            }
        }
    }
    return false;
}

/* How much more must be seen of a box, by the sizes that did and that should have shown it. */
static int votes_needed(const struct face_crowd *crowd, const struct face_box *box)
{
    int expected = 0;
    int seen = 0;
    for (int i = 0; i < crowd->sizes_n; i++) {
        float height = box->height * crowd->zoom / crowd->sizes[i].scale;
        if (height >= EASY_MIN && height <= EASY_MAX) {
            expected++;
            seen += is_seen_in(crowd, &crowd->sizes[i], box);
        }
    }
    if (seen == expected && seen >= 2) {
        return face_find_is_sure(box) ? 0 : 2;
    }
    return box->height >= STRICT_HEIGHT ? 3 : 2;
}

size_t face_crowd_merge(struct face_crowd *crowd)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    for (guint i = 0; i < crowd->tiles->len; i++) {
        const GArray *found = g_array_index(crowd->tiles, struct tile, i).boxes;
        g_array_append_vals(boxes, found->data, found->len);
    }
    if (!crowd->windows) {
        face_detector_suppress(boxes, FACE_FIND_OVERLAP_MAX, 1);
        face_find_drop_ghosts(boxes);
    }
    face_find_prominent(boxes, crowd->image, CANDIDATES_MAX);
    g_array_set_size(crowd->candidates, boxes->len);
    for (guint i = 0; i < boxes->len; i++) {
        struct candidate *candidate = &g_array_index(crowd->candidates, struct candidate, i);
        candidate->box = g_array_index(boxes, struct face_box, i);
        candidate->votes = crowd->windows ? 0 : votes_needed(crowd, &candidate->box);
    }
    free_tiles(crowd);
    free_sizes(crowd);
    return boxes->len;
}

/* No head is much wider than high; one that the edge of the picture cuts may be nearly square. */
static bool has_shape_of_face(const struct face_box *box)
{
    float ratio = box->height / box->width;
    return ratio >= RATIO_MIN && ratio <= RATIO_MAX;
}

bool face_crowd_examine(struct face_crowd *crowd, struct face_worker *worker, size_t index,
                        GError **error)
{
    struct candidate *candidate = &g_array_index(crowd->candidates, struct candidate, index);
    candidate->is_face = candidate->votes == 0;
    if (candidate->votes > 0 && has_shape_of_face(&candidate->box) &&
        !face_find_confirm(worker, crowd->image, &candidate->box, candidate->votes,
                           &candidate->is_face, error)) {
        return false;
    }
    return !candidate->is_face ||
           face_worker_view(worker, crowd->image, &candidate->box, &candidate->view, error);
}

void face_crowd_settle(struct face_crowd *crowd, GArray *views)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    for (guint i = 0; i < crowd->candidates->len; i++) {
        const struct candidate *candidate = &g_array_index(crowd->candidates, struct candidate, i);
        if (candidate->is_face) {
            g_array_append_val(found, candidate->view);
        }
    }
    face_find_settle(found, crowd->image);
    g_array_append_vals(views, found->data, found->len);
}
