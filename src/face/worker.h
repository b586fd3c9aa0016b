/* How the engine makes its workers; private to the folder. */
#ifndef FACE_WORKER_H
#define FACE_WORKER_H

#include "face/detector.h"
#include "face/engine.h"
#include "nn/nn.h"

enum face_network {
    FACE_NETWORK_LANDMARKS,
    FACE_NETWORK_FEATURE,
    FACE_NETWORK_LIVENESS,
    FACE_NETWORK_POSE,
    FACE_NETWORK_EYE,
    FACE_NETWORK_N,
};

struct face_worker {
    struct face_detector_memory *detector;
    const struct face_window_detector *windows; /* finds the faces instead; NULL: it does not */
    struct nn_context *networks[FACE_NETWORK_N];
    struct nn_context *second; /* NULL: there is none */
    float *pixels;             /* scratch: an interleaved crop of any network's input size */
    float agreement;           /* of the last mirrored embedding, face_worker_embed_agreement() */
    struct face_timings timings;
};

struct face_worker *face_worker_create(struct face_detector *detector,
                                       struct nn_model *const models[FACE_NETWORK_N],
                                       GError **error);
void face_worker_destroy(struct face_worker *worker);

/* How well the landmarks fit the box that they were looked for in, 0 to 1; the view's misfit and
 * alignment must be filled in. */
float face_view_agreement(const struct face_view *view);

#endif
