/*
 * Passive presentation attack detection (ISO/IEC 30107-3): is this a face or a picture of one?
 *
 * Every frame gives figures, all frames of one moment give one verdict. Between "live" and "attack"
 * there is doubt, in which a challenge (challenge.h) or a person decides. The figures are for
 * benchmarks: whoever stands at the camera learns none of them, or could climb along them.
 */
#ifndef RECOGNISE_LIVENESS_H
#define RECOGNISE_LIVENESS_H

#include "face/image.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recogniser;

enum recognise_liveness {
    RECOGNISE_LIVENESS_UNKNOWN, /* not judged */
    RECOGNISE_LIVENESS_LIVE,
    RECOGNISE_LIVENESS_DOUBT,
    RECOGNISE_LIVENESS_ATTACK,
    RECOGNISE_LIVENESS_N,
};

/* Lower-case word: "unknown", "live", "doubt", "attack". Static storage. */
const char *recognise_liveness_name(enum recognise_liveness liveness);

/* What one frame tells. */
struct recognise_liveness_frame {
    float live;           /* the network's probability of a live face, 0 to 1 */
    float coverage;       /* side of the surroundings that the picture had, of what the network
                           * wants: 0 to 1 (face_liveness_coverage) */
    uint64_t fingerprint; /* of the picture: frames with the same one count once */
};

/* Lowest scores. The strict one holds for a single still, and where the face fills the picture so
 * that nothing around it can be judged. */
struct recognise_liveness_rule {
    float live, strict_live, doubt;
};

/* The calibrated rule around the threshold `live` of struct recognise_thresholds, 0 < live < 1. */
struct recognise_liveness_rule recognise_liveness_rule(float live);

/*
 * The verdict on n frames of one moment: the mean of the log-odds of those that differ, none
 * of them counting for more than odds of 400 to 1. *score (may be NULL) gets that as a probability,
 * and -1 for no frames. docs/liveness.md says how the rule was found and what it does.
 */
enum recognise_liveness recognise_liveness_judge(const struct recognise_liveness_rule *rule,
                                                 const struct recognise_liveness_frame *frames,
                                                 size_t n, float *score);

/* What one decoded picture tells by its most prominent face; *face is false when it has none.
 * Fails only when inference does. For benchmarks. */
bool recognise_liveness_image(struct recogniser *recogniser, const struct face_image *image,
                              bool *face, struct recognise_liveness_frame *frame, GError **error);

#endif
