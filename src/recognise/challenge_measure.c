/* What the frames of a challenge show. */
#include "base/error.h"
#include "recognise/challenge.h"
#include "recognise/internal.h"

/* Frames are small; of larger ones the decoder gives fewer pixels as long as this many remain on
 * the longer side. */
#define SIDE_HINT 640
/* A face is clearly in front when it is this many times as prominent as any other. */
#define DOMINANCE_MIN 1.35F

static void fingerprint(const struct face_image *image, guint8 *out)
{
    gsize size = RECOGNISE_FINGERPRINT_SIZE;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    for (int y = 0; y < image->height; y++) {
        g_checksum_update(checksum, image->rgb + (size_t)y * (size_t)image->width * 3,
                          (gssize)image->width * 3);
    }
    g_checksum_get_digest(checksum, out, &size);
}

static bool in_front(const struct face_image *image, const GArray *views)
{
    if (views->len < 2) {
        return views->len == 1;
    }
    const struct face_box *first = &g_array_index(views, struct face_view, 0).box;
    const struct face_box *second = &g_array_index(views, struct face_view, 1).box;
    return face_box_prominence(first, image) >= DOMINANCE_MIN * face_box_prominence(second, image);
}

static bool measure_face(struct face_worker *worker, const struct face_image *image,
                         const struct face_view *view, struct recognise_challenge_frame *frame,
                         GError **error)
{
    g_autofree float *aligned = g_new(float, RECOGNISE_CUT_BYTES);
    recognise_view_scale(view, image->scale, &frame->box, &frame->landmarks);
    face_worker_align(worker, image, view, aligned);
    frame->face = face_worker_pose(worker, image, &view->box, &frame->pose, error) &&
                  face_worker_eyes(worker, image, &view->landmarks, &frame->eyes_open, error) &&
                  face_worker_embed(worker, aligned, false, frame->values, error);
    explicit_bzero(aligned, RECOGNISE_CUT_BYTES * sizeof *aligned);
    return frame->face;
}

static bool measure_image(struct recogniser *recogniser, struct face_worker *worker,
                          const struct face_image *image, struct recognise_challenge_frame *frame,
                          GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    frame->width = (int)((float)image->width * image->scale + 0.5F);
    frame->height = (int)((float)image->height * image->scale + 0.5F);
    fingerprint(image, frame->fingerprint);
    if (!face_worker_find(worker, image, recogniser->detail, false, views, error)) {
        return false;
    }
    return !in_front(image, views) ||
           measure_face(worker, image, &g_array_index(views, struct face_view, 0), frame, error);
}

static bool measure(struct recogniser *recogniser, struct face_worker *worker,
                    const struct recognise_picture *picture,
                    struct recognise_challenge_frame *frame, GError **error)
{
    struct face_image image = {0};
    bool measured =
        recognise_picture_decode(recogniser, worker, picture, SIDE_HINT, &image, error) &&
        measure_image(recogniser, worker, &image, frame, error);
    face_image_finish(&image);
    return measured;
}

static void frame_clear(gpointer frame)
{
    explicit_bzero(frame, sizeof(struct recognise_challenge_frame));
}

GArray *recognise_challenge_measure(struct recogniser *recogniser,
                                    const struct recognise_picture *frames, const gint64 *times,
                                    size_t frames_n, GError **error)
{
    if (frames_n == 0 || frames_n > RECOGNISE_CHALLENGE_FRAMES_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "Between 1 and %d pictures are needed, not %" G_GSIZE_FORMAT ".",
                    RECOGNISE_CHALLENGE_FRAMES_MAX, frames_n);
        return NULL;
    }
    if (!recognise_pictures_check(recogniser, frames, frames_n, error)) {
        return NULL;
    }
    struct face_worker *worker = recognise_worker_acquire(recogniser, error);
    if (worker == NULL) {
        return NULL;
    }
    GArray *measured =
        g_array_sized_new(FALSE, TRUE, sizeof(struct recognise_challenge_frame), (guint)frames_n);
    g_array_set_clear_func(measured, frame_clear);
    g_array_set_size(measured, (guint)frames_n);
    bool done = true;
    for (size_t i = 0; done && i < frames_n; i++) {
        struct recognise_challenge_frame *frame =
            &g_array_index(measured, struct recognise_challenge_frame, i);
        frame->time = times != NULL ? (times[i] - times[0]) * 1000 : -1;
        done = measure(recogniser, worker, &frames[i], frame, error);
    }
    face_engine_release(recogniser->engine, worker);
    if (!done) {
        g_clear_pointer(&measured, g_array_unref);
    }
    return measured;
}

bool recognise_challenge_measure_image(struct recogniser *recogniser,
                                       const struct face_image *image, gint64 time,
                                       struct recognise_challenge_frame *frame, GError **error)
{
    struct face_worker *worker = recognise_worker_acquire(recogniser, error);
    if (worker == NULL) {
        return false;
    }
    *frame = (struct recognise_challenge_frame){.time = time};
    const bool measured = measure_image(recogniser, worker, image, frame, error);
    face_engine_release(recogniser->engine, worker);
    return measured;
}
