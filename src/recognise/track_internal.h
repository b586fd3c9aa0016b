/* What the tracker's parts share; private to them. */
#ifndef RECOGNISE_TRACK_INTERNAL_H
#define RECOGNISE_TRACK_INTERNAL_H

#include "recognise/internal.h"
#include "recognise/track.h"

enum {
    TRACK_KEPT_MAX = 5,       /* embeddings */
    TRACK_LIVENESS_MAX = 12,  /* frames */
    TRACK_CANDIDATES_MAX = 8, /* people who take part in the assignment */
    TRACK_LIVE_MAX = 128,
    TRACK_CLAIMS_MAX = 256,
    TRACK_FACES_MAX = 100, /* of one frame */
};

/* Who a track may be, kept as long as another track was there at the same time. */
struct track_claim {
    gint64 first, last;
    struct recognise_candidate candidates[TRACK_CANDIDATES_MAX];
    size_t candidates_n;
    bool settled;           /* reported */
    struct base_uuid given; /* who it matched; nil: nobody yet */
};

struct track_embedding {
    float values[FACE_TEMPLATE_N];
    float weight;
    uint8_t *cut; /* of recognise_cut_keep() */
};

struct track {
    guint64 number;
    size_t frames;
    gint64 best, embedded; /* when; INT64_MIN: never */
    struct face_box box;
    float speed_x, speed_y; /* of the box's centre, pixels a second */

    struct track_embedding kept[TRACK_KEPT_MAX];
    size_t kept_n;
    float fused[FACE_TEMPLATE_N];
    struct recognise_liveness_frame live[TRACK_LIVENESS_MAX];
    size_t live_n;
    bool news; /* evidence that no decision has seen */

    /* Of the best frame. */
    struct face_box best_box;
    struct face_landmarks best_landmarks;
    struct face_quality quality;
    int width, height;
    struct face_image crop;

    struct track_claim claim; /* its first and last are the track's */
};

struct recognise_tracker {
    struct recogniser *recogniser;
    struct recognise_tracker_options options;
    guint64 number;
    GPtrArray *tracks; /* struct track *, followed now */
    GArray *claims;    /* struct track_claim: of ended tracks */
    size_t faces;
};

/* One face of the frame at hand. */
struct track_sight {
    const struct face_image *image;
    struct face_worker *worker;
    const struct face_view *view;
    gint64 time;
    float *aligned; /* FACE_ALIGN_SIDE² × 3; valid once looked at */
    struct face_quality quality;
    bool looked, embedded;
    float values[FACE_TEMPLATE_N];
};

/* ---- track_evidence.c ---- */

struct track *track_create(struct recognise_tracker *tracker, const struct track_sight *sight);
/* Overwrites what it knew of the face. */
void track_free(gpointer track);

/* Cuts out and judges the face; once. */
bool track_sight_look(struct track_sight *sight, GError **error);
/* Embeds it, where its quality allows: then sight->embedded. */
bool track_sight_embed(struct track_sight *sight, GError **error);

/* Would this track learn from the sight? Looks at it where that decides. */
bool track_wants(const struct track *track, struct track_sight *sight, bool *wants, GError **error);
/* Does the embedded sight show another person than the track? */
bool track_contradicts(const struct track *track, const struct track_sight *sight);
/* Takes over an embedded sight; liveness is judged with it when asked for. */
bool track_learn(struct recognise_tracker *tracker, struct track *track,
                 const struct track_sight *sight, GError **error);
/* Takes over the place, and the picture of a face that is not good enough where there is none. */
void track_follow(struct track *track, const struct track_sight *sight);

/* ---- track_decide.c ---- */

/* Reports the tracks that are decided; with `ended`, that one whatever is known. */
void track_decide(struct recognise_tracker *tracker, struct face_worker *worker,
                  struct track *track, bool ended, GArray *reports);

#endif
