/* Following a challenge: a pure function of what was measured in each frame. */
#include "recognise/challenge.h"

#include "face/align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Different frames with a face that there must be. */
#define FRAMES_MIN 8
/* Of all frames at least such a share shows a face, and never so many in a row show none. */
#define FACES_SHARE_MIN 0.7F
#define FACES_LOST_MAX 4
/* Microseconds: all frames together, and between two of them. */
#define SPAN_MAX (30 * G_USEC_PER_SEC)
#define GAP_MAX (4 * G_USEC_PER_SEC)
/* Between two frames with a face, per frame: the box moves by less than this many heights, and
 * grows or shrinks by less than this factor. A head that nods moves by 0.3. */
#define MOVE_MAX 0.6F
#define GROW_MAX 1.7F
/* Embeddings of frames that look straight, and of frames next to each other. The same person within
 * a moment stays above 0.8, two people below 0.5. */
#define SAME_PERSON_MIN 0.55F

/* Against the neutral frame: degrees by the pose network, and parallax in eye distances, at least
 * so much and so much a degree. Of prints that were moved, tilted and bent few reach it, whatever
 * the pose network takes them for (docs/liveness.md). */
#define TURN_DEGREES 15.0F
#define NOD_DEGREES 9.0F
#define PARALLAX_MIN 0.12F
#define PARALLAX_PER_DEGREE 0.004F
/* Who looks into the camera from farther aside is asked to look at it. */
#define ASIDE_MAX 12.0F
#define FLAT_TURN_DEGREES 20.0F
#define FLAT_NOD_DEGREES 15.0F
#define FLAT_PARALLAX 0.05F
/* Within these the person looks straight again, and the eyes can be judged. */
#define NEUTRAL_YAW 10.0F
#define NEUTRAL_PARALLAX 0.08F
#define EYES_PARALLAX 0.1F
#define EYES_SHUT 0.25F
#define EYES_OPEN 0.5F

static const char *const step_names[RECOGNISE_STEP_N] = {
    [RECOGNISE_STEP_TURN_LEFT] = "turn_left",
    [RECOGNISE_STEP_TURN_RIGHT] = "turn_right",
    [RECOGNISE_STEP_NOD] = "nod",
    [RECOGNISE_STEP_BLINK] = "blink",
};

static const char *const result_names[RECOGNISE_CHALLENGE_N] = {
    [RECOGNISE_CHALLENGE_PASSED] = "passed",
    [RECOGNISE_CHALLENGE_TOO_FEW] = "too_few",
    [RECOGNISE_CHALLENGE_REPEATED] = "repeated",
    [RECOGNISE_CHALLENGE_LOST] = "lost",
    [RECOGNISE_CHALLENGE_OTHER_FACE] = "other_face",
    [RECOGNISE_CHALLENGE_MISSING_STEP] = "missing_step",
    [RECOGNISE_CHALLENGE_OTHER_STEP] = "other_step",
    [RECOGNISE_CHALLENGE_FLAT] = "flat",
};

const char *recognise_step_name(enum recognise_step step)
{
    return step < RECOGNISE_STEP_N ? step_names[step] : "none";
}

bool recognise_step_from_name(const char *name, enum recognise_step *step)
{
    for (int i = 0; i < RECOGNISE_STEP_N; i++) {
        if (strcmp(name, step_names[i]) == 0) {
            *step = (enum recognise_step)i;
            return true;
        }
    }
    return false;
}

const char *recognise_challenge_result_name(enum recognise_challenge_result result)
{
    return result < RECOGNISE_CHALLENGE_N ? result_names[result] : "unknown";
}

void recognise_challenge_draw(uint64_t random, enum recognise_step *steps, size_t n)
{
    enum recognise_step all[RECOGNISE_STEP_N];
    for (int i = 0; i < RECOGNISE_STEP_N; i++) {
        all[i] = (enum recognise_step)i;
    }
    for (size_t i = 0; i < n && i < RECOGNISE_STEP_N; i++) {
        const size_t left = RECOGNISE_STEP_N - i;
        const size_t chosen = i + (size_t)(random % left);
        random /= left;
        steps[i] = all[chosen];
        all[chosen] = all[i];
    }
}

/* ---- parallax ---- */

/* Solves the 3 × 3 system with Cramer's rule; false when it has no single solution. */
static bool solve(const double m[3][3], const double right[3], double solution[3])
{
    const double a = m[1][1] * m[2][2] - m[1][2] * m[2][1];
    const double b = m[1][2] * m[2][0] - m[1][0] * m[2][2];
    const double c = m[1][0] * m[2][1] - m[1][1] * m[2][0];
    const double determinant = m[0][0] * a + m[0][1] * b + m[0][2] * c;
    if (fabs(determinant) < 1e-9) {
        return false;
    }
    for (int column = 0; column < 3; column++) {
        double other[3][3];
        memcpy(other, m, sizeof other);
        for (int row = 0; row < 3; row++) {
            other[row][column] = right[row];
        }
        solution[column] = (other[0][0] * (other[1][1] * other[2][2] - other[1][2] * other[2][1]) -
                            other[0][1] * (other[1][0] * other[2][2] - other[1][2] * other[2][0]) +
                            other[0][2] * (other[1][0] * other[2][1] - other[1][1] * other[2][0])) /
                           determinant;
    }
    return true;
}

/* Eyes and mouth: points that lie about in one plane. */
#define PLANE_FIRST 36
#define NOSE_TIP 30

static float eye_distance(const struct face_landmarks *landmarks)
{
    struct face_point points[FACE_ALIGN_POINTS_N];
    face_align_points(landmarks, points);
    return hypotf(points[1].x - points[0].x, points[1].y - points[0].y);
}

bool recognise_challenge_parallax(const struct face_landmarks *neutral,
                                  const struct face_landmarks *moved, struct face_point *parallax)
{
    /* The affine map that takes eyes and mouth of the one to those of the other, in least squares;
     * lengths in eye distances about the nose keep the numbers well. */
    const struct face_point origin = neutral->points[NOSE_TIP];
    const double unit = (double)eye_distance(neutral);
    double m[3][3] = {{0}};
    double right_x[3] = {0};
    double right_y[3] = {0};
    double x[3];
    double y[3];
    *parallax = (struct face_point){0};
    if (!(unit > 0)) {
        return false;
    }
    for (int i = PLANE_FIRST; i < FACE_LANDMARKS_N; i++) {
        const double from[3] = {(double)(neutral->points[i].x - origin.x) / unit,
                                (double)(neutral->points[i].y - origin.y) / unit, 1};
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < 3; column++) {
                m[row][column] += from[row] * from[column];
            }
            right_x[row] += from[row] * (double)moved->points[i].x;
            right_y[row] += from[row] * (double)moved->points[i].y;
        }
    }
    if (!solve(m, right_x, x) || !solve(m, right_y, y)) {
        return false;
    }
    /* The nose's own place in the neutral frame is (0, 0), so the map takes it to (x[2], y[2]). The
     * unit there is the square root of the map's determinant. */
    const double length = sqrt(fabs(x[0] * y[1] - x[1] * y[0]));
    if (!(length > 0)) {
        return false;
    }
    parallax->x = (float)(((double)moved->points[NOSE_TIP].x - x[2]) / length);
    parallax->y = (float)(((double)moved->points[NOSE_TIP].y - y[2]) / length);
    return true;
}

/* ---- the frames as a whole ---- */

static bool is_copy(const struct recognise_challenge_frame *frames, size_t i)
{
    for (size_t earlier = 0; earlier < i; earlier++) {
        if (memcmp(frames[earlier].fingerprint, frames[i].fingerprint,
                   RECOGNISE_FINGERPRINT_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static bool times_hold(const struct recognise_challenge_frame *frames, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const gint64 gap = frames[i].time - frames[i - 1].time;
        const bool known = frames[i].time >= 0 && frames[i - 1].time >= 0;
        /* Before the first frame there was none. */
        if (frames[i].time < -1 || (known && (gap < 0 || gap > GAP_MAX))) {
            return false;
        }
    }
    return n == 0 || frames[0].time < 0 || frames[n - 1].time - frames[0].time <= SPAN_MAX;
}

static bool box_follows(const struct recognise_challenge_frame *before,
                        const struct recognise_challenge_frame *after, size_t apart)
{
    const float dx = after->box.x + after->box.width / 2 - before->box.x - before->box.width / 2;
    const float dy = after->box.y + after->box.height / 2 - before->box.y - before->box.height / 2;
    const float height = fminf(before->box.height, after->box.height);
    const float grown = fmaxf(before->box.height, after->box.height) / height;
    return hypotf(dx, dy) <= MOVE_MAX * (float)apart * height &&
           grown <= 1 + (GROW_MAX - 1) * (float)apart;
}

static enum recognise_challenge_result check_frames(const struct recognise_challenge_frame *frames,
                                                    size_t n)
{
    size_t faces = 0;
    size_t copies = 0;
    size_t before = SIZE_MAX;
    bool lost = false;
    for (size_t i = 0; i < n; i++) {
        copies += is_copy(frames, i);
        if (!frames[i].face) {
            continue;
        }
        faces++;
        if (before != SIZE_MAX) {
            lost |= i - before > FACES_LOST_MAX + 1 ||
                    !box_follows(&frames[before], &frames[i], i - before);
        }
        before = i;
    }
    /* A camera in bad light gives a frame twice now and then; a still is a copy all the time. */
    if (copies * 2 > n) {
        return RECOGNISE_CHALLENGE_REPEATED;
    }
    if (faces < FRAMES_MIN) {
        return RECOGNISE_CHALLENGE_TOO_FEW;
    }
    return lost || !times_hold(frames, n) || (float)faces < FACES_SHARE_MIN * (float)n
               ? RECOGNISE_CHALLENGE_LOST
               : RECOGNISE_CHALLENGE_PASSED;
}

/* ---- looking straight ---- */

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a;
    const float y = *(const float *)b;
    return (x > y) - (x < y);
}

static float median(float *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_floats);
    return values[n / 2];
}

/* A camera is seldom straight before somebody: how they look into it is what most frames show. */
static struct face_pose usual_pose(const struct recognise_challenge_frame *frames, size_t n,
                                   float aside_max)
{
    float angles[RECOGNISE_CHALLENGE_FRAMES_MAX];
    struct face_pose usual = {0};
    size_t usable = 0;
    for (size_t i = 0; i < n; i++) {
        if (frames[i].face) {
            angles[usable++] = frames[i].pose.yaw;
        }
    }
    usual.yaw = usable > 0 ? CLAMP(median(angles, usable), -aside_max, aside_max) : 0;
    usable = 0;
    for (size_t i = 0; i < n; i++) {
        if (frames[i].face && fabsf(frames[i].pose.yaw - usual.yaw) < TURN_DEGREES) {
            angles[usable++] = frames[i].pose.pitch;
        }
    }
    usual.pitch = usable > 0 ? median(angles, usable) : 0;
    return usual;
}

/* The less the straighter. */
static float crookedness(const struct recognise_challenge_frame *frame,
                         const struct face_pose *usual)
{
    const float shut = frame->eyes_open < EYES_OPEN ? TURN_DEGREES : 0;
    return fabsf(frame->pose.yaw - usual->yaw) + fabsf(frame->pose.pitch - usual->pitch) +
           fabsf(frame->pose.roll) / 2 + shut;
}

static size_t straightest(const struct recognise_challenge_frame *frames, size_t frames_n,
                          float aside_max, size_t *indices, size_t n)
{
    const size_t usable = MIN(frames_n, RECOGNISE_CHALLENGE_FRAMES_MAX);
    const struct face_pose usual = usual_pose(frames, usable, aside_max);
    size_t found = 0;
    for (; found < n; found++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < usable; i++) {
            bool taken = !frames[i].face || fabsf(frames[i].pose.yaw - usual.yaw) > TURN_DEGREES;
            for (size_t k = 0; k < found; k++) {
                taken |= indices[k] == i;
            }
            if (!taken && (best == SIZE_MAX ||
                           crookedness(&frames[i], &usual) < crookedness(&frames[best], &usual))) {
                best = i;
            }
        }
        if (best == SIZE_MAX) {
            break;
        }
        indices[found] = best;
    }
    return found;
}

size_t recognise_challenge_neutral(const struct recognise_challenge_frame *frames, size_t frames_n,
                                   size_t *indices, size_t n)
{
    return straightest(frames, frames_n, ASIDE_MAX, indices, n);
}

/* ---- the steps ---- */

/* How a frame differs from the neutral one. */
struct motion {
    bool known;
    float yaw, pitch;
    struct face_point parallax;
    bool neutral, eyes_shut, flat;
};

static struct motion motion_of(const struct recognise_challenge_frame *frame,
                               const struct recognise_challenge_frame *neutral)
{
    struct motion motion = {
        .yaw = frame->pose.yaw - neutral->pose.yaw,
        .pitch = frame->pose.pitch - neutral->pose.pitch,
    };
    motion.known = frame->face && recognise_challenge_parallax(&neutral->landmarks,
                                                               &frame->landmarks, &motion.parallax);
    if (!motion.known) {
        return motion;
    }
    const float side = fabsf(motion.parallax.x);
    const float rise = fabsf(motion.parallax.y);
    const bool straight =
        fabsf(motion.yaw) < NEUTRAL_YAW && side < NEUTRAL_PARALLAX && rise < EYES_PARALLAX;
    /* Behind some glasses eyes look shut always: then they are not asked. */
    const bool eyes_tell = neutral->eyes_open > EYES_OPEN;
    motion.eyes_shut = straight && eyes_tell && frame->eyes_open < EYES_SHUT;
    motion.neutral =
        straight && rise < NEUTRAL_PARALLAX && (!eyes_tell || frame->eyes_open > EYES_OPEN);
    motion.flat = side < FLAT_PARALLAX && rise < FLAT_PARALLAX &&
                  (fabsf(motion.yaw) > FLAT_TURN_DEGREES || fabsf(motion.pitch) > FLAT_NOD_DEGREES);
    return motion;
}

static bool is_deep(float parallax, float degrees)
{
    return parallax >= PARALLAX_MIN && parallax >= PARALLAX_PER_DEGREE * fabsf(degrees);
}

/* What a frame shows the person doing; RECOGNISE_STEP_N: nothing. Network and parallax must agree,
 * also on the direction: chin down moves the nose down. */
static enum recognise_step step_of(const struct motion *motion)
{
    const float side = fabsf(motion->parallax.x);
    const float rise = fabsf(motion->parallax.y);
    if (!motion->known) {
        return RECOGNISE_STEP_N;
    }
    if (motion->eyes_shut) {
        return RECOGNISE_STEP_BLINK;
    }
    if (side >= rise && fabsf(motion->yaw) >= TURN_DEGREES && is_deep(side, motion->yaw) &&
        (motion->yaw > 0) == (motion->parallax.x > 0)) {
        return motion->yaw > 0 ? RECOGNISE_STEP_TURN_LEFT : RECOGNISE_STEP_TURN_RIGHT;
    }
    if (rise > side && fabsf(motion->pitch) >= NOD_DEGREES && is_deep(rise, motion->pitch) &&
        (motion->pitch < 0) == (motion->parallax.y > 0)) {
        return RECOGNISE_STEP_NOD;
    }
    return RECOGNISE_STEP_N;
}

enum recognise_step recognise_challenge_step(const struct recognise_challenge_frame *neutral,
                                             const struct recognise_challenge_frame *frame)
{
    const struct motion motion = motion_of(frame, neutral);
    return step_of(&motion);
}

/* Where the walk through the frames is. */
struct walk {
    const enum recognise_step *steps;
    size_t steps_n;
    bool away; /* from the neutral position since the last step was begun */
    bool flat;
    float height; /* parallax of the step under way */
    struct recognise_challenge_outcome *outcome;
};

/* False when the person did something else than was asked for. */
static bool walk_on(struct walk *walk, const struct motion *motion, size_t i)
{
    struct recognise_challenge_outcome *outcome = walk->outcome;
    const enum recognise_step seen = step_of(motion);
    const float height = hypotf(motion->parallax.x, motion->parallax.y);
    const bool begun = outcome->steps_done > 0;
    walk->flat |= motion->flat;
    if (motion->neutral) {
        walk->away = false;
    }
    if (seen == RECOGNISE_STEP_N) {
        return true;
    }
    /* Once more, or still: people nod twice. */
    if (begun && seen == walk->steps[outcome->steps_done - 1]) {
        if (walk->away && height > walk->height) {
            walk->height = height;
            outcome->at[outcome->steps_done - 1] = i;
        }
        return true;
    }
    if (outcome->steps_done == walk->steps_n || walk->away) {
        return true;
    }
    if (seen != walk->steps[outcome->steps_done]) {
        return seen == RECOGNISE_STEP_BLINK; /* eyes blink by themselves */
    }
    outcome->at[outcome->steps_done++] = i;
    walk->away = true;
    walk->height = height;
    return true;
}

/* The embedding of a face that is turned away says less: it is compared with the frame before. */
static bool same_person(const struct recognise_challenge_frame *frames, size_t n, size_t neutral)
{
    size_t before = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (!frames[i].face) {
            continue;
        }
        const struct motion motion = motion_of(&frames[i], &frames[neutral]);
        const size_t other = motion.neutral ? neutral : before;
        if (other != SIZE_MAX &&
            recognise_similarity(frames[other].values, frames[i].values) < SAME_PERSON_MIN &&
            recognise_similarity(frames[neutral].values, frames[i].values) < SAME_PERSON_MIN) {
            return false;
        }
        before = i;
    }
    return true;
}

/* From the frame that is taken for looking straight, outcome->neutral. */
static enum recognise_challenge_result follow_from(const enum recognise_step *steps, size_t steps_n,
                                                   const struct recognise_challenge_frame *frames,
                                                   size_t n,
                                                   struct recognise_challenge_outcome *outcome)
{
    struct walk walk = {.steps = steps, .steps_n = steps_n, .away = true, .outcome = outcome};
    if (!same_person(frames, n, outcome->neutral)) {
        return RECOGNISE_CHALLENGE_OTHER_FACE;
    }
    for (size_t i = 0; i < n; i++) {
        const struct motion motion = motion_of(&frames[i], &frames[outcome->neutral]);
        if (motion.known && !walk_on(&walk, &motion, i)) {
            return RECOGNISE_CHALLENGE_OTHER_STEP;
        }
    }
    if (outcome->steps_done == steps_n) {
        return RECOGNISE_CHALLENGE_PASSED;
    }
    return walk.flat ? RECOGNISE_CHALLENGE_FLAT : RECOGNISE_CHALLENGE_MISSING_STEP;
}

/* Who is turned aside for most of the time looks as if that were straight: the other guess is that
 * straight is into the camera. Both are so near to it that no step can be taken for its opposite.
 */
static enum recognise_challenge_result follow(const enum recognise_step *steps, size_t steps_n,
                                              const struct recognise_challenge_frame *frames,
                                              size_t n, struct recognise_challenge_outcome *outcome)
{
    static const float asides[] = {ASIDE_MAX, 0};
    enum recognise_challenge_result result = check_frames(frames, n);
    if (result != RECOGNISE_CHALLENGE_PASSED) {
        return result;
    }
    result = RECOGNISE_CHALLENGE_TOO_FEW;
    for (size_t i = 0; i < G_N_ELEMENTS(asides) && result != RECOGNISE_CHALLENGE_PASSED; i++) {
        struct recognise_challenge_outcome guess = {0};
        if (straightest(frames, n, asides[i], &guess.neutral, 1) == 0) {
            continue;
        }
        const enum recognise_challenge_result seen = follow_from(steps, steps_n, frames, n, &guess);
        if (i == 0 || seen == RECOGNISE_CHALLENGE_PASSED ||
            guess.steps_done > outcome->steps_done) {
            *outcome = guess;
            result = seen;
        }
    }
    return result;
}

void recognise_challenge_follow(const enum recognise_step *steps, size_t steps_n,
                                const struct recognise_challenge_frame *frames, size_t frames_n,
                                struct recognise_challenge_outcome *outcome)
{
    *outcome = (struct recognise_challenge_outcome){0};
    if (steps_n == 0 || steps_n > RECOGNISE_CHALLENGE_STEPS_MAX ||
        frames_n > RECOGNISE_CHALLENGE_FRAMES_MAX) {
        outcome->result = RECOGNISE_CHALLENGE_TOO_FEW;
        return;
    }
    outcome->result = follow(steps, steps_n, frames, frames_n, outcome);
}
