/* Which of the detector's boxes are faces of this picture. */
#include "face/find.h"

#include "face/crowd.h"
#include "face/resample.h"

#include <math.h>

/* Boxes of one face may also lie this much within each other. */
#define INSIDE_MAX 0.6F
/* Between two faces side by side the detector likes to see a third one, less surely: a box that
 * shares this much of its area with a surer one must have this score. */
#define GHOST_INSIDE 0.08F
#define GHOST_SCORE_MIN 0.9F
#define GHOST_DEEP_INSIDE 0.2F
#define GHOST_DEEP_SCORE_MIN 0.98F
/* A box less sure than this is looked at once more: cut out with what surrounds it, three times
 * its height, at a size where a face is easy to see. What is no face at all is rarely taken for
 * one at two sizes, while hardly a face is lost. */
#define SURE_SCORE 0.999F
#define SECOND_LOOK_SIDE 240
#define SECOND_LOOK_OVERLAP_MIN 0.5F
/* Of these looks, in heights of the box and the score that is enough, the first must succeed. */
static const struct look {
    float crop, score_min;
} looks[] = {{3, 0.5F}, {2, 0.3F}, {5, 0.3F}};
/* A face cut by the picture's edge is not the one that stands in front of the camera. */
#define EDGE_MARGIN 0.02F
#define EDGE_PROMINENCE 0.6F
/* Below this the landmarks do not look like a face at all. */
#define AGREEMENT_MIN 0.02F
#define BOXES_MAX_SINGLE 12

static float overlap(float from, float to, float size)
{
    return fmaxf(fminf(to, size) - fmaxf(from, 0), 0);
}

float face_box_prominence(const struct face_box *box, const struct face_image *image)
{
    float width = (float)image->width;
    float height = (float)image->height;
    float visible =
        overlap(box->x, box->x + box->width, width) * overlap(box->y, box->y + box->height, height);
    float off_x = (box->x + box->width / 2) / width - 0.5F;
    float off_y = (box->y + box->height / 2) / height - 0.5F;
    float away = fminf(hypotf(off_x, off_y) / hypotf(0.5F, 0.5F), 1);
    bool cut = box->x < width * EDGE_MARGIN || box->x + box->width > width * (1 - EDGE_MARGIN);
    return visible * (1 - 0.6F * away) * (cut ? EDGE_PROMINENCE : 1);
}

static gint compare_prominence(gconstpointer a, gconstpointer b, gpointer data)
{
    float left = face_box_prominence(a, data);
    float right = face_box_prominence(b, data);
    return (left < right) - (left > right);
}

static gint compare_view_prominence(gconstpointer a, gconstpointer b, gpointer data)
{
    return compare_prominence(&((const struct face_view *)a)->box,
                              &((const struct face_view *)b)->box, data);
}

static gint compare_agreement(gconstpointer a, gconstpointer b)
{
    float left = ((const struct face_view *)a)->agreement;
    float right = ((const struct face_view *)b)->agreement;
    return (left < right) - (left > right);
}

static bool is_ghost(const struct face_box *box, const GArray *boxes)
{
    for (guint i = 0; i < boxes->len; i++) {
        const struct face_box *other = &g_array_index(boxes, struct face_box, i);
        float inside = other->score > box->score ? face_box_inside(box, other) : 0;
        if ((inside > GHOST_INSIDE && box->score < GHOST_SCORE_MIN) ||
            (inside > GHOST_DEEP_INSIDE && box->score < GHOST_DEEP_SCORE_MIN)) {
            return true;
        }
    }
    return false;
}

/* Best first, so that only boxes that stay themselves can banish others. */
void face_find_drop_ghosts(GArray *boxes)
{
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    face_detector_suppress(boxes, 1, 1);
    for (guint i = 0; i < boxes->len; i++) {
        const struct face_box *box = &g_array_index(boxes, struct face_box, i);
        if (!is_ghost(box, kept)) {
            g_array_append_vals(kept, box, 1);
        }
    }
    g_array_set_size(boxes, 0);
    g_array_append_vals(boxes, kept->data, kept->len);
}

static bool detect(struct face_worker *worker, const struct face_image *image,
                   enum face_detail detail, float score_min, GArray *boxes, GError **error)
{
    gint64 began = g_get_monotonic_time();
    bool ran = face_detector_run(worker->detector, image, detail, score_min, boxes, error);
    worker->timings.detect += (double)(g_get_monotonic_time() - began);
    return ran;
}

static void cut_surroundings(const struct face_image *image, const struct face_crop *crop,
                             struct face_image *cut)
{
    size_t values = (size_t)SECOND_LOOK_SIDE * SECOND_LOOK_SIDE * 3;
    g_autofree float *pixels = g_new(float, values);
    face_resample_area(image, crop, pixels, SECOND_LOOK_SIDE, SECOND_LOOK_SIDE);
    face_image_init(cut, SECOND_LOOK_SIDE, SECOND_LOOK_SIDE);
    for (size_t i = 0; i < values; i++) {
        cut->rgb[i] = (uint8_t)(pixels[i] + 0.5F);
    }
    explicit_bzero(pixels, values * sizeof *pixels);
}

static bool look_again(struct face_worker *worker, const struct face_image *image,
                       const struct face_box *box, const struct look *look, bool *is_face,
                       GError **error)
{
    float side = box->height * look->crop;
    float scale = side / SECOND_LOOK_SIDE;
    struct face_crop crop = {box->x + (box->width - side) / 2, box->y + (box->height - side) / 2,
                             side, side};
    struct face_box expected = {(box->x - crop.x) / scale, (box->y - crop.y) / scale,
                                box->width / scale, box->height / scale, box->score};
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    struct face_image cut;
    cut_surroundings(image, &crop, &cut);
    bool ran = detect(worker, &cut, FACE_DETAIL_320, look->score_min, seen, error);
    face_image_finish(&cut);
    *is_face = false;
    for (guint i = 0; i < seen->len; i++) {
        const struct face_box *other = &g_array_index(seen, struct face_box, i);
        *is_face |= face_box_overlap(other, &expected) >= SECOND_LOOK_OVERLAP_MIN;
    }
    return ran;
}

bool face_find_confirm(struct face_worker *worker, const struct face_image *image,
                       const struct face_box *box, int votes, bool *is_face, GError **error)
{
    int given = 0;
    for (int i = 0; i < (int)G_N_ELEMENTS(looks) && given < votes; i++) {
        bool seen = false;
        if (!look_again(worker, image, box, &looks[i], &seen, error)) {
            return false;
        }
        given += seen;
        if (i == 0 && !seen) {
            break;
        }
    }
    *is_face = given >= votes;
    return true;
}

bool face_find_is_sure(const struct face_box *box)
{
    return box->score >= SURE_SCORE;
}

void face_find_prominent(GArray *boxes, const struct face_image *image, guint boxes_max)
{
    g_array_sort_with_data(boxes, compare_prominence, (gpointer)image);
    g_array_set_size(boxes, MIN(boxes->len, boxes_max));
}

static bool drop_doubtful(struct face_worker *worker, const struct face_image *image, GArray *boxes,
                          GError **error)
{
    struct face_box *box = (struct face_box *)boxes->data;
    guint kept = 0;
    for (guint i = 0; i < boxes->len; i++) {
        bool is_face = face_find_is_sure(&box[i]);
        if (!is_face && !face_find_confirm(worker, image, &box[i], 1, &is_face, error)) {
            return false;
        }
        if (is_face) {
            box[kept++] = box[i];
        }
    }
    g_array_set_size(boxes, kept);
    return true;
}

/* Of several boxes on one face the one that explains it best stays. */
static void keep_best(GArray *views)
{
    g_array_sort(views, compare_agreement);
    struct face_view *view = (struct face_view *)views->data;
    guint kept = 0;
    for (guint i = 0; i < views->len; i++) {
        bool other = view[i].agreement >= AGREEMENT_MIN;
        for (guint j = 0; other && j < kept; j++) {
            other = face_box_overlap(&view[i].box, &view[j].box) <= FACE_FIND_OVERLAP_MAX &&
                    face_box_inside(&view[i].box, &view[j].box) <= INSIDE_MAX;
        }
        if (other) {
            view[kept++] = view[i];
        }
    }
    g_array_set_size(views, kept);
}

void face_find_settle(GArray *views, const struct face_image *image)
{
    keep_best(views);
    g_array_sort_with_data(views, compare_view_prominence, (gpointer)image);
}

static bool view_faces(struct face_worker *worker, const struct face_image *image,
                       const GArray *boxes, GArray *views, GError **error)
{
    for (guint i = 0; i < boxes->len; i++) {
        struct face_view view;
        if (!face_worker_view(worker, image, &g_array_index(boxes, struct face_box, i), &view,
                              error)) {
            return false;
        }
        g_array_append_val(views, view);
    }
    face_find_settle(views, image);
    return true;
}

static bool view_boxes(struct face_worker *worker, const struct face_image *image, GArray *boxes,
                       GArray *views, GError **error)
{
    face_find_drop_ghosts(boxes);
    face_find_prominent(boxes, image, BOXES_MAX_SINGLE);
    return drop_doubtful(worker, image, boxes, error) &&
           view_faces(worker, image, boxes, views, error);
}

/* Other detectors than the network choose their sizes themselves, and it does not judge them. */
static bool find_windows(struct face_worker *worker, const struct face_image *image, GArray *boxes,
                         GArray *views, GError **error)
{
    gint64 began = g_get_monotonic_time();
    bool ran = face_window_detector_run(worker->windows, image, false, boxes, error);
    worker->timings.detect += (double)(g_get_monotonic_time() - began);
    g_array_set_size(boxes, MIN(boxes->len, BOXES_MAX_SINGLE));
    return ran && view_faces(worker, image, boxes, views, error);
}

static bool find_single(struct face_worker *worker, const struct face_image *image,
                        enum face_detail first, GArray *boxes, GArray *views, GError **error)
{
    int last = MAX(first, FACE_DETAIL_1280);
    for (int detail = (int)first; detail <= last && views->len == 0; detail++) {
        g_array_set_size(boxes, 0);
        if (!detect(worker, image, (enum face_detail)detail, FACE_FIND_SCORE_MIN, boxes, error) ||
            !view_boxes(worker, image, boxes, views, error)) {
            return false;
        }
    }
    return true;
}

static bool find_group(struct face_worker *worker, const struct face_image *image, GArray *views,
                       GError **error)
{
    struct face_crowd *crowd = face_crowd_create(image, worker);
    size_t tiles = face_crowd_tiles(crowd);
    bool ran = true;
    for (size_t i = 0; ran && i < tiles; i++) {
        ran = face_crowd_search(crowd, worker, i, error);
    }
    size_t candidates = ran ? face_crowd_merge(crowd) : 0;
    for (size_t i = 0; ran && i < candidates; i++) {
        ran = face_crowd_examine(crowd, worker, i, error);
    }
    if (ran) {
        face_crowd_settle(crowd, views);
    }
    face_crowd_destroy(crowd);
    return ran;
}

bool face_worker_find(struct face_worker *worker, const struct face_image *image,
                      enum face_detail detail, bool group, GArray *views, GError **error)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    bool ran = false;
    if (group) {
        ran = find_group(worker, image, found, error);
    } else if (worker->windows != NULL) {
        ran = find_windows(worker, image, boxes, found, error);
    } else {
        ran = find_single(worker, image, detail, boxes, found, error);
    }
    if (ran) {
        g_array_append_vals(views, found->data, found->len);
    }
    return ran;
}

bool face_worker_find_at(struct face_worker *worker, const struct face_image *image,
                         enum face_detail detail, guint faces_max, GArray *views, GError **error)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    bool ran = false;
    if (worker->windows != NULL) {
        ran = find_windows(worker, image, boxes, found, error);
    } else if (detect(worker, image, FACE_DETAIL_320, FACE_FIND_SCORE_MIN, boxes, error) &&
               (detail == FACE_DETAIL_320 ||
                detect(worker, image, detail, FACE_FIND_SCORE_MIN, boxes, error))) {
        face_detector_suppress(boxes, FACE_FIND_OVERLAP_MAX, 1);
        face_find_drop_ghosts(boxes);
        face_find_prominent(boxes, image, faces_max);
        ran = drop_doubtful(worker, image, boxes, error) &&
              view_faces(worker, image, boxes, found, error);
    }
    if (ran) {
        g_array_append_vals(views, found->data, found->len);
    }
    return ran;
}
