/* One picture of one person, from the encoded bytes to the embedding. */
#include "recognise/internal.h"

#include <math.h>
#include <string.h>

/* A photograph of many megapixels is decoded at a fraction of its size as long as this many
 * pixels remain on its longer side... */
#define SIDE_HINT 1280
/* ...and again in full when the face turns out to be smaller than this between the eyes. */
#define EYE_DISTANCE_USEFUL 48
/* A face is clearly in front when it is this many times as prominent as any other. */
#define DOMINANCE_MIN 1.35F

bool recognise_picture_decode(struct recogniser *recogniser, struct face_worker *worker,
                              const struct recognise_picture *picture, int side_hint,
                              struct face_image *image, GError **error)
{
    gint64 began = g_get_monotonic_time();
    struct face_image_limits limits = recogniser->limits;
    limits.side_hint = side_hint;
    bool decoded = face_image_decode(picture->data, picture->size, &limits, image, error);
    face_worker_timings(worker)->decode += (double)(g_get_monotonic_time() - began);
    return decoded;
}

void recognise_view_scale(const struct face_view *view, float scale, struct face_box *box,
                          struct face_landmarks *landmarks)
{
    *box = (struct face_box){
        .x = view->box.x * scale,
        .y = view->box.y * scale,
        .width = view->box.width * scale,
        .height = view->box.height * scale,
        .score = view->box.score,
    };
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        landmarks->points[i].x = view->landmarks.points[i].x * scale;
        landmarks->points[i].y = view->landmarks.points[i].y * scale;
    }
}

static float eye_distance(const struct face_view *view)
{
    struct face_point points[FACE_ALIGN_POINTS_N];
    face_align_points(&view->landmarks, points);
    return hypotf(points[1].x - points[0].x, points[1].y - points[0].y);
}

static bool find_faces(struct recogniser *recogniser, struct face_worker *worker,
                       const struct recognise_picture *picture, struct face_image *image,
                       GArray *views, GError **error)
{
    int side_hint = MAX(SIDE_HINT, face_detector_detail_side(recogniser->detail));
    if (!recognise_picture_decode(recogniser, worker, picture, side_hint, image, error) ||
        !face_worker_find(worker, image, recogniser->detail, false, views, error)) {
        return false;
    }
    /* Where no face is seen there is none in more pixels either: the detector looked at no fewer
     * than it would then. */
    bool enough = views->len == 0 ||
                  eye_distance(&g_array_index(views, struct face_view, 0)) >= EYE_DISTANCE_USEFUL;
    if (enough || image->scale <= 1) {
        return true;
    }
    face_image_finish(image);
    g_array_set_size(views, 0);
    return recognise_picture_decode(recogniser, worker, picture, 0, image, error) &&
           face_worker_find(worker, image, recogniser->detail, false, views, error);
}

static bool one_in_front(const struct face_image *image, const GArray *views)
{
    if (views->len < 2) {
        return true;
    }
    const struct face_box *first = &g_array_index(views, struct face_view, 0).box;
    const struct face_box *second = &g_array_index(views, struct face_view, 1).box;
    return face_box_prominence(first, image) >= DOMINANCE_MIN * face_box_prominence(second, image);
}

/* Quality, embedding and liveness of the chosen face; `aligned` is overwritten. */
static bool describe_aligned(struct face_worker *worker, const struct face_image *image,
                             const struct face_view *view, const struct recognise_task *task,
                             float *aligned, struct recognise_frame *frame, GError **error)
{
    face_worker_align(worker, image, view, aligned);
    if (!face_worker_quality(worker, image, view, aligned, task->enrolment, &frame->quality,
                             error)) {
        return false;
    }
    frame->quality.eye_distance *= image->scale;
    if (frame->quality.reason != FACE_QUALITY_GOOD && !task->skip_quality) {
        frame->kind = RECOGNISE_POOR_QUALITY;
        return true;
    }
    if (!task->skip_liveness &&
        !recognise_liveness_measure(worker, image, &view->box, &frame->liveness, error)) {
        return false;
    }
    frame->live = task->skip_liveness ? -1 : frame->liveness.live;
    frame->kind = RECOGNISE_MATCH;
    if (!face_worker_embed(worker, aligned, task->enrolment, frame->values, error)) {
        return false;
    }
    if (task->enrolment) {
        recognise_enrol_conclude(worker, aligned, task, frame);
        return face_worker_embed_second(worker, aligned, true, frame->values + FACE_EMBEDDING_N,
                                        error);
    }
    recognise_cut_keep(aligned, frame->cut);
    return true;
}

static bool describe(struct face_worker *worker, const struct face_image *image,
                     const struct face_view *view, const struct recognise_task *task,
                     struct recognise_frame *frame, GError **error)
{
    g_autofree float *aligned = g_new(float, RECOGNISE_CUT_BYTES);
    bool described = describe_aligned(worker, image, view, task, aligned, frame, error);
    explicit_bzero(aligned, RECOGNISE_CUT_BYTES * sizeof *aligned);
    return described;
}

static bool analyse(struct recogniser *recogniser, struct face_worker *worker,
                    const struct recognise_picture *picture, const struct recognise_task *task,
                    struct face_image *image, struct recognise_frame *frame, GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    if (!find_faces(recogniser, worker, picture, image, views, error)) {
        return false;
    }
    frame->faces = views->len;
    frame->width = (int)lrintf((float)image->width * image->scale);
    frame->height = (int)lrintf((float)image->height * image->scale);
    frame->kind = RECOGNISE_NO_FACE;
    if (views->len == 0) {
        return true;
    }
    const struct face_view *view = &g_array_index(views, struct face_view, 0);
    recognise_view_scale(view, image->scale, &frame->box, &frame->landmarks);
    if (!task->skip_quality && !one_in_front(image, views)) {
        frame->kind = RECOGNISE_SEVERAL_FACES;
        return true;
    }
    return describe(worker, image, view, task, frame, error);
}

bool recognise_frame_analyse(struct recogniser *recogniser, struct face_worker *worker,
                             const struct recognise_picture *picture,
                             const struct recognise_task *task, struct recognise_frame *frame,
                             GError **error)
{
    struct face_image image = {0};
    *frame = (struct recognise_frame){.live = -1, .quality = {.eyes_open = -1}};
    bool analysed = analyse(recogniser, worker, picture, task, &image, frame, error);
    face_image_finish(&image);
    return analysed;
}
