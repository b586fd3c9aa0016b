#include "face/worker.h"

#include "base/error.h"
#include "face/resample.h"

#include <math.h>
#include <string.h>

#define LANDMARK_SIDE 64
#define LIVENESS_SIDE 128
#define POSE_SIDE 224
#define POSE_BINS 66
#define EYE_SIDE 24
/* The detector's input is kept elsewhere; of the rest the pose network's is the largest. */
#define PIXELS_MAX ((size_t)POSE_SIDE * POSE_SIDE * 3)

/* Side of the square that each network looks at, in heights of the detector's box (liveness, pose)
 * or widths of the eye. */
#define LIVENESS_CROP 2.7F
/* Farther than this from one half a liveness probability needs no second look. */
#define LIVENESS_SURE 0.48F
#define POSE_CROP 1.0F
#define EYE_CROP 1.6F

static const float no_mean[3] = {0, 0, 0};
static const float no_factor[3] = {1, 1, 1};

void face_worker_destroy(struct face_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    for (int network = 0; network < FACE_NETWORK_N; network++) {
        nn_context_destroy(worker->networks[network]);
    }
    nn_context_destroy(worker->second);
    face_detector_memory_destroy(worker->detector);
    g_free(worker->pixels);
    g_free(worker);
}

struct face_worker *face_worker_create(struct face_detector *detector,
                                       struct nn_model *const models[FACE_NETWORK_N],
                                       GError **error)
{
    struct face_worker *worker = g_new0(struct face_worker, 1);
    worker->detector = face_detector_memory_create(detector);
    worker->pixels = g_new(float, PIXELS_MAX);
    for (int network = 0; network < FACE_NETWORK_N; network++) {
        worker->networks[network] = nn_context_create(models[network], error);
        if (worker->networks[network] == NULL) {
            face_worker_destroy(worker);
            return NULL;
        }
    }
    return worker;
}

struct face_timings *face_worker_timings(struct face_worker *worker)
{
    return &worker->timings;
}

/* Adds the time since `began` to a stage. */
static void spent(double *stage, gint64 began)
{
    *stage += (double)(g_get_monotonic_time() - began);
}

static struct face_crop square(float x, float y, float side)
{
    return (struct face_crop){x - side / 2, y - side / 2, side, side};
}

static struct face_point box_centre(const struct face_box *box)
{
    return (struct face_point){box->x + box->width / 2, box->y + box->height / 2};
}

static bool find_landmarks(struct face_worker *worker, const struct face_image *image,
                           const struct face_crop *crop, struct face_landmarks *landmarks,
                           GError **error)
{
    struct nn_context *network = worker->networks[FACE_NETWORK_LANDMARKS];
    float *input = nn_context_input(network);
    face_resample_area(image, crop, worker->pixels, LANDMARK_SIDE, LANDMARK_SIDE);
    face_resample_luma(worker->pixels, LANDMARK_SIDE * LANDMARK_SIDE, input);
    for (int i = 0; i < LANDMARK_SIDE * LANDMARK_SIDE; i++) {
        input[i] /= 256;
    }
    if (!nn_context_run(network, error)) {
        return false;
    }
    const float *output = nn_context_output(network, 0);
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        landmarks->points[i].x = crop->x + output[i * 2] * crop->width;
        landmarks->points[i].y = crop->y + output[i * 2 + 1] * crop->height;
    }
    return true;
}

float face_view_agreement(const struct face_view *view)
{
    float scale = hypotf(view->to_aligned.a, view->to_aligned.b);
    /* Box height in pixels of the aligned face: the detector's boxes reach from the chin to the
     * forehead whatever the size, a false box inside a face does not. */
    float height = view->box.height * scale;
    float size_error = fabsf(logf(height / 120));
    return view->box.score * expf(-view->misfit / 6) * expf(-2 * size_error * size_error);
}

static bool view_box(struct face_worker *worker, const struct face_image *image,
                     const struct face_box *box, struct face_view *view, GError **error)
{
    *view = (struct face_view){.box = *box};
    struct face_point centre = box_centre(box);
    struct face_crop crop = square(centre.x, centre.y, box->height);
    bool placed =
        face_window_detector_has_landmarks(worker->windows)
            ? face_window_detector_landmarks(worker->windows, image, box, &view->landmarks, error)
            : find_landmarks(worker, image, &crop, &view->landmarks, error);
    if (!placed) {
        return false;
    }
    if (face_align_estimate(&view->landmarks, &view->to_aligned, &view->misfit)) {
        view->agreement = face_view_agreement(view);
    } else {
        /* Nothing that looks like a face: aligned as if the box were one, and never preferred. */
        float scale = FACE_ALIGN_SIDE / box->height;
        view->to_aligned =
            (struct face_similarity){scale, 0, FACE_ALIGN_SIDE / 2.0F - scale * centre.x,
                                     FACE_ALIGN_SIDE / 2.0F - scale * centre.y};
        view->misfit = FACE_ALIGN_SIDE;
    }
    return true;
}

/* Half way from a box to where the network would draw it about these landmarks. */
static struct face_box steadier_box(const struct face_view *view)
{
    static const struct face_point centre = {57, 71};
    static const float width = 79;
    static const float height = 115;
    struct face_similarity back = face_similarity_invert(&view->to_aligned);
    struct face_point middle = face_similarity_apply(&back, centre);
    float scale = hypotf(back.a, back.b);
    struct face_box box = view->box;
    box.x = (box.x + middle.x - width * scale / 2) / 2;
    box.y = (box.y + middle.y - height * scale / 2) / 2;
    box.width = (box.width + width * scale) / 2;
    box.height = (box.height + height * scale) / 2;
    return box;
}

bool face_worker_view(struct face_worker *worker, const struct face_image *image,
                      const struct face_box *box, struct face_view *view, GError **error)
{
    gint64 began = g_get_monotonic_time();
    if (!view_box(worker, image, box, view, error)) {
        return false;
    }
    if (worker->windows != NULL && view->misfit < FACE_ALIGN_SIDE) {
        /* Windows come at a tenth of their size apart, which the landmarks feel. */
        struct face_box steadier = steadier_box(view);
        struct face_view again;
        if (!view_box(worker, image, &steadier, &again, error)) {
            return false;
        }
        if (again.misfit <= view->misfit) {
            again.agreement = view->agreement;
            *view = again;
        }
    }
    spent(&worker->timings.landmarks, began);
    return true;
}

void face_worker_align(struct face_worker *worker, const struct face_image *image,
                       const struct face_view *view, float *aligned)
{
    gint64 began = g_get_monotonic_time();
    face_align_cut(image, &view->to_aligned, aligned);
    spent(&worker->timings.align, began);
}

static void mirror_rows(float *planes, int side)
{
    for (int row = 0; row < side * 3; row++, planes += side) {
        for (int x = 0; x < side / 2; x++) {
            float keep = planes[x];
            planes[x] = planes[side - 1 - x];
            planes[side - 1 - x] = keep;
        }
    }
}

/* Adds the direction of `vector` to `sum`. */
static void add_unit(float *sum, const float *vector, int n)
{
    float square_sum = 0;
    for (int i = 0; i < n; i++) {
        square_sum += vector[i] * vector[i];
    }
    float factor = square_sum > 0 ? 1 / sqrtf(square_sum) : 0;
    for (int i = 0; i < n; i++) {
        sum[i] += vector[i] * factor;
    }
}

/* The cosine of two directions by the square of their sum, 2 + 2 cos. */
static float agreement_of(const float *sum, int n)
{
    float square_sum = 0;
    for (int i = 0; i < n; i++) {
        square_sum += sum[i] * sum[i];
    }
    return square_sum / 2 - 1;
}

/* Of n elements, as a network with its channels in this order sees it. */
static bool embed(struct nn_context *network, const float *aligned, bool bgr, bool mirror,
                  float *values, int n, float *agreement, GError **error)
{
    static const float mean[3] = {127.5F, 127.5F, 127.5F};
    static const float factor[3] = {1 / 128.0F, 1 / 128.0F, 1 / 128.0F};
    enum { SIDE = FACE_ALIGN_SIDE };
    float sum[FACE_EMBEDDING_N] = {0};
    for (int pass = 0; pass < (mirror ? 2 : 1); pass++) {
        float *input = nn_context_input(network);
        face_resample_planes(aligned, (size_t)SIDE * SIDE, mean, factor, bgr, input);
        if (pass == 1) {
            mirror_rows(input, SIDE);
        }
        if (!nn_context_run(network, error)) {
            return false;
        }
        add_unit(sum, nn_context_output(network, 0), n);
    }
    if (!isfinite(agreement_of(sum, n))) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                    "The embedding network's answer is not a number.");
        return false;
    }
    memset(values, 0, sizeof(float) * (size_t)n);
    add_unit(values, sum, n);
    if (agreement != NULL) {
        *agreement = agreement_of(sum, n);
    }
    return true;
}

bool face_worker_embed(struct face_worker *worker, const float *aligned, bool mirror,
                       float values[FACE_EMBEDDING_N], GError **error)
{
    gint64 began = g_get_monotonic_time();
    bool done = embed(worker->networks[FACE_NETWORK_FEATURE], aligned, true, mirror, values,
                      FACE_EMBEDDING_N, mirror ? &worker->agreement : NULL, error);
    spent(&worker->timings.embed, began);
    return done;
}

float face_worker_embed_agreement(const struct face_worker *worker)
{
    return worker->agreement;
}

bool face_worker_embed_second(struct face_worker *worker, const float *aligned, bool mirror,
                              float values[FACE_SECOND_N], GError **error)
{
    if (worker->second == NULL) {
        memset(values, 0, sizeof(float) * FACE_SECOND_N);
        return true;
    }
    gint64 began = g_get_monotonic_time();
    bool done = embed(worker->second, aligned, false, mirror, values, FACE_SECOND_N, NULL, error);
    spent(&worker->timings.embed, began);
    return done;
}

/* Softmax probability of one of n logits. */
static float probability(const float *logits, int n, int which)
{
    float sum = 0;
    for (int i = 0; i < n; i++) {
        sum += expf(logits[i] - logits[which]);
    }
    return 1 / sum;
}

/* The square of this side about a centre, moved into the picture, or cut down to it. */
static struct face_crop square_inside(const struct face_image *image, struct face_point centre,
                                      float side)
{
    side = fminf(side, fminf((float)image->width, (float)image->height));
    struct face_crop crop = square(centre.x, centre.y, side);
    crop.x = CLAMP(crop.x, 0, (float)image->width - side);
    crop.y = CLAMP(crop.y, 0, (float)image->height - side);
    return crop;
}

float face_liveness_coverage(const struct face_image *image, const struct face_box *box)
{
    const float wanted = box->height * LIVENESS_CROP;
    return fminf(fminf((float)image->width, (float)image->height) / wanted, 1);
}

/* The probability whose odds are the geometric mean of those of two. */
static float geometric_odds(float a, float b)
{
    const float yes = sqrtf(a * b);
    const float no = sqrtf((1 - a) * (1 - b));
    return yes + no > 0 ? yes / (yes + no) : 0.5F;
}

bool face_worker_liveness(struct face_worker *worker, const struct face_image *image,
                          const struct face_box *box, float *live, GError **error)
{
    gint64 began = g_get_monotonic_time();
    struct nn_context *network = worker->networks[FACE_NETWORK_LIVENESS];
    struct face_crop crop = square_inside(image, box_centre(box), box->height * LIVENESS_CROP);
    face_resample_linear(image, &crop, worker->pixels, LIVENESS_SIDE, LIVENESS_SIDE);
    float looks[2] = {0};
    bool sure = false;
    int n = 0;
    for (; n < 2 && !sure; n++) {
        float *input = nn_context_input(network);
        face_resample_planes(worker->pixels, (size_t)LIVENESS_SIDE * LIVENESS_SIDE, no_mean,
                             no_factor, true, input);
        if (n == 1) {
            mirror_rows(input, LIVENESS_SIDE);
        }
        if (!nn_context_run(network, error)) {
            return false;
        }
        looks[n] = probability(nn_context_output(network, 0), 3, 0);
        sure = fabsf(looks[n] - 0.5F) > LIVENESS_SURE;
    }
    *live = n == 1 ? looks[0] : geometric_odds(looks[0], looks[1]);
    spent(&worker->timings.liveness, began);
    return true;
}

/* The angle is the expectation over bins of three degrees (Ruiz, Chong and Rehg 2018). */
static float expected_angle(const float *logits)
{
    float angle = 0;
    for (int bin = 0; bin < POSE_BINS; bin++) {
        angle += probability(logits, POSE_BINS, bin) * (float)bin;
    }
    return angle * 3 - 99;
}

bool face_worker_pose(struct face_worker *worker, const struct face_image *image,
                      const struct face_box *box, struct face_pose *pose, GError **error)
{
    static const float mean[3] = {0.485F * 255, 0.456F * 255, 0.406F * 255};
    static const float factor[3] = {1 / (0.229F * 255), 1 / (0.224F * 255), 1 / (0.225F * 255)};
    struct nn_context *network = worker->networks[FACE_NETWORK_POSE];
    struct face_point centre = box_centre(box);
    struct face_crop crop = square(centre.x, centre.y, box->height * POSE_CROP);
    face_resample_area(image, &crop, worker->pixels, POSE_SIDE, POSE_SIDE);
    face_resample_planes(worker->pixels, (size_t)POSE_SIDE * POSE_SIDE, mean, factor, false,
                         nn_context_input(network));
    if (!nn_context_run(network, error)) {
        return false;
    }
    *pose = (struct face_pose){
        .yaw = -expected_angle(nn_context_output(network, 0)),
        .pitch = expected_angle(nn_context_output(network, 1)),
        .roll = expected_angle(nn_context_output(network, 2)),
    };
    return true;
}

static bool eye_open(struct face_worker *worker, const struct face_image *image,
                     const struct face_point corners[2], float *open, GError **error)
{
    struct nn_context *network = worker->networks[FACE_NETWORK_EYE];
    float width = hypotf(corners[1].x - corners[0].x, corners[1].y - corners[0].y);
    struct face_crop crop = square((corners[0].x + corners[1].x) / 2,
                                   (corners[0].y + corners[1].y) / 2, fmaxf(width, 2) * EYE_CROP);
    float *input = nn_context_input(network);
    face_resample_area(image, &crop, worker->pixels, EYE_SIDE, EYE_SIDE);
    face_resample_luma(worker->pixels, EYE_SIDE * EYE_SIDE, input);
    for (int i = 0; i < EYE_SIDE * EYE_SIDE; i++) {
        input[i] /= 255;
    }
    if (!nn_context_run(network, error)) {
        return false;
    }
    *open = probability(nn_context_output(network, 0), 2, 1);
    return true;
}

bool face_worker_eyes(struct face_worker *worker, const struct face_image *image,
                      const struct face_landmarks *landmarks, float *open, GError **error)
{
    const struct face_point *points = landmarks->points;
    float left = 0;
    float right = 0;
    if (!eye_open(worker, image, (const struct face_point[]){points[36], points[39]}, &left,
                  error) ||
        !eye_open(worker, image, (const struct face_point[]){points[42], points[45]}, &right,
                  error)) {
        return false;
    }
    *open = fmaxf(left, right);
    return true;
}

bool face_worker_quality(struct face_worker *worker, const struct face_image *image,
                         const struct face_view *view, const float *aligned, bool enrolment,
                         struct face_quality *quality, GError **error)
{
    gint64 began = g_get_monotonic_time();
    face_quality_measure(image, &view->landmarks, aligned, quality);
    if (enrolment &&
        (!face_worker_pose(worker, image, &view->box, &quality->pose, error) ||
         !face_worker_eyes(worker, image, &view->landmarks, &quality->eyes_open, error))) {
        return false;
    }
    if (enrolment) {
        face_quality_assess(image, &view->landmarks, aligned, quality);
    }
    face_quality_judge(quality, enrolment);
    spent(&worker->timings.quality, began);
    return true;
}
