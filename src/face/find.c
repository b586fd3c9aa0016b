/* Which of the detector's boxes are faces of this picture. */
#include "face/engine.h"

#include "face/worker.h"

#include <math.h>

#define SCORE_MIN 0.6F
/* Boxes of one face overlap by more than this, or lie this much within each other. */
#define OVERLAP_MAX 0.35F
#define INSIDE_MAX 0.6F
/* Below this the landmarks do not look like a face at all. */
#define AGREEMENT_MIN 0.02F
#define BOXES_MAX_SINGLE 12
#define BOXES_MAX_GROUP 400

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
    return visible * (1 - 0.6F * away);
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

/* Of several boxes on one face the one that explains it best stays. */
static void keep_best(GArray *views)
{
    g_array_sort(views, compare_agreement);
    struct face_view *view = (struct face_view *)views->data;
    guint kept = 0;
    for (guint i = 0; i < views->len; i++) {
        bool other = view[i].agreement >= AGREEMENT_MIN;
        for (guint j = 0; other && j < kept; j++) {
            other = face_box_overlap(&view[i].box, &view[j].box) <= OVERLAP_MAX &&
                    face_box_inside(&view[i].box, &view[j].box) <= INSIDE_MAX;
        }
        if (other) {
            view[kept++] = view[i];
        }
    }
    g_array_set_size(views, kept);
}

static bool view_boxes(struct face_worker *worker, const struct face_image *image, GArray *boxes,
                       guint boxes_max, GArray *views, GError **error)
{
    g_array_sort_with_data(boxes, compare_prominence, (gpointer)image);
    for (guint i = 0; i < MIN(boxes->len, boxes_max); i++) {
        struct face_view view;
        if (!face_worker_view(worker, image, &g_array_index(boxes, struct face_box, i), &view,
                              error)) {
            return false;
        }
        g_array_append_val(views, view);
    }
    keep_best(views);
    g_array_sort_with_data(views, compare_view_prominence, (gpointer)image);
    return true;
}

static bool detect(struct face_worker *worker, const struct face_image *image,
                   enum face_detail detail, GArray *boxes, GError **error)
{
    gint64 began = g_get_monotonic_time();
    bool ran = face_detector_run(worker->detector, image, detail, SCORE_MIN, boxes, error);
    worker->timings.detect += (double)(g_get_monotonic_time() - began);
    return ran;
}

static bool find_single(struct face_worker *worker, const struct face_image *image,
                        enum face_detail first, GArray *boxes, GArray *views, GError **error)
{
    int last = MAX(first, FACE_DETAIL_1280);
    for (int detail = (int)first; detail <= last && views->len == 0; detail++) {
        g_array_set_size(boxes, 0);
        if (!detect(worker, image, (enum face_detail)detail, boxes, error) ||
            !view_boxes(worker, image, boxes, BOXES_MAX_SINGLE, views, error)) {
            return false;
        }
    }
    return true;
}

/* The finest size for the small faces, and every coarser one for those too large for it. */
static bool find_group(struct face_worker *worker, const struct face_image *image, GArray *boxes,
                       GArray *views, GError **error)
{
    int finest = MAX(face_detector_full_detail(image), FACE_DETAIL_1280);
    for (int detail = FACE_DETAIL_320; detail <= finest; detail++) {
        if (!detect(worker, image, (enum face_detail)detail, boxes, error)) {
            return false;
        }
    }
    face_detector_suppress(boxes, OVERLAP_MAX, 1);
    return view_boxes(worker, image, boxes, BOXES_MAX_GROUP, views, error);
}

bool face_worker_find(struct face_worker *worker, const struct face_image *image,
                      enum face_detail detail, bool group, GArray *views, GError **error)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    bool ran = group ? find_group(worker, image, boxes, found, error)
                     : find_single(worker, image, detail, boxes, found, error);
    if (ran) {
        g_array_append_vals(views, found->data, found->len);
    }
    return ran;
}
