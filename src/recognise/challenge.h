/*
 * Active presentation attack detection: a person is asked to move in a way that nobody could know
 * before, and the frames they send are followed.
 *
 * Following is a pure function of what was measured in each frame. A picture that is moved, tilted
 * or bent fails because a flat thing does not show what a head shows when it turns: the nose moves
 * against eyes, mouth and chin (parallax). What it cannot tell from a person is a live forgery that
 * follows the steps; docs/liveness.md names the limits.
 */
#ifndef RECOGNISE_CHALLENGE_H
#define RECOGNISE_CHALLENGE_H

#include "recognise/recognise.h"

#define RECOGNISE_CHALLENGE_STEPS_MAX 4
#define RECOGNISE_CHALLENGE_FRAMES_MAX 48
/* Bytes of a frame's fingerprint: the SHA-256 of its decoded pixels. */
#define RECOGNISE_FINGERPRINT_SIZE 32

/* Left and right are the person's own. */
enum recognise_step {
    RECOGNISE_STEP_TURN_LEFT,
    RECOGNISE_STEP_TURN_RIGHT,
    RECOGNISE_STEP_NOD,   /* the chin down to the chest, or up, and back */
    RECOGNISE_STEP_BLINK, /* both eyes closed for a moment */
    RECOGNISE_STEP_N,
};

/* "turn_left", "turn_right", "nod", "blink". Static storage. */
const char *recognise_step_name(enum recognise_step step);
bool recognise_step_from_name(const char *name, enum recognise_step *step);

/* `n` different steps (at most RECOGNISE_STEP_N) in an order chosen by 64 random bits. Of two or
 * more at least one moves the head. */
void recognise_challenge_draw(uint64_t random, enum recognise_step *steps, size_t n);

/* What was measured in one frame. Lengths in pixels of that frame. */
struct recognise_challenge_frame {
    bool face;         /* exactly one in front, good enough to be followed; else nothing below */
    gint64 time;       /* microseconds since the first frame; -1: not known */
    int width, height; /* of the frame */
    struct face_box box;
    struct face_landmarks landmarks;
    struct face_pose pose;         /* by the pose network */
    float eyes_open;               /* probability for the eye that is more open */
    float values[FACE_TEMPLATE_N]; /* the embedding, of length 1 */
    guint8 fingerprint[RECOGNISE_FINGERPRINT_SIZE];
};

enum recognise_challenge_result {
    RECOGNISE_CHALLENGE_PASSED,
    RECOGNISE_CHALLENGE_TOO_FEW,      /* frames with a face, or time, to judge anything */
    RECOGNISE_CHALLENGE_REPEATED,     /* the frames are copies of a few */
    RECOGNISE_CHALLENGE_LOST,         /* the face left the picture, jumped, or time did */
    RECOGNISE_CHALLENGE_OTHER_FACE,   /* not the same person throughout */
    RECOGNISE_CHALLENGE_MISSING_STEP, /* `steps_done` were done */
    RECOGNISE_CHALLENGE_OTHER_STEP,   /* something else was done in place of the next one */
    RECOGNISE_CHALLENGE_FLAT,         /* it moved like a picture, not like a head */
    RECOGNISE_CHALLENGE_N,
};

/* "passed", "too_few", …. For benchmarks and logs of counts; static storage. */
const char *recognise_challenge_result_name(enum recognise_challenge_result result);

struct recognise_challenge_outcome {
    enum recognise_challenge_result result;
    size_t steps_done;
    size_t at[RECOGNISE_CHALLENGE_STEPS_MAX]; /* the frame in which each step was at its height */
    size_t neutral;                           /* the frame that stands for looking straight */
};

/* Follows the steps through the frames. Pure. */
void recognise_challenge_follow(const enum recognise_step *steps, size_t steps_n,
                                const struct recognise_challenge_frame *frames, size_t frames_n,
                                struct recognise_challenge_outcome *outcome);

/*
 * Measures each frame (1 to RECOGNISE_CHALLENGE_FRAMES_MAX). `times` (may be NULL) are
 * milliseconds, in no relation to a clock. An array of struct recognise_challenge_frame, which
 * overwrites them when it is freed; NULL when a frame cannot be decoded or as recognise_probe()
 * fails on too many pixels.
 */
GArray *recognise_challenge_measure(struct recogniser *recogniser,
                                    const struct recognise_picture *frames, const gint64 *times,
                                    size_t frames_n, GError **error);

/* The same of one decoded picture, for videos; `time` in microseconds since the first. */
bool recognise_challenge_measure_image(struct recogniser *recogniser,
                                       const struct face_image *image, gint64 time,
                                       struct recognise_challenge_frame *frame, GError **error);

/* Indices of up to `n` frames in which the person looks straight, best first; returns how many. */
size_t recognise_challenge_neutral(const struct recognise_challenge_frame *frames, size_t frames_n,
                                   size_t *indices, size_t n);

/*
 * How far the nose's tip moved against eyes and mouth between two frames, in eye distances: x to
 * the right, y down. What is flat shows (0, 0) however it is held, but for the noise of the
 * landmarks and the little that an affine map is not a perspective one. False when the points say
 * nothing.
 */
bool recognise_challenge_parallax(const struct face_landmarks *neutral,
                                  const struct face_landmarks *moved, struct face_point *parallax);

/* What the second frame shows the person doing, when in the first they look straight;
 * RECOGNISE_STEP_N: none of the steps, or no face. */
enum recognise_step recognise_challenge_step(const struct recognise_challenge_frame *neutral,
                                             const struct recognise_challenge_frame *frame);

#endif
