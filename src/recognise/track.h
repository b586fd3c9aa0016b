/*
 * Faces followed through the frames of a video or a camera, each person decided over their track.
 *
 * A face of the next frame belongs to the track whose box, moved on as it was moving, it overlaps;
 * all faces and tracks are assigned together (recognise_assign). A face that overlaps none, after a
 * gap or a quick step, joins a track that its embedding agrees with. An embedding that contradicts
 * its track begins another one: two people crossed. The best few embeddings of a track, weighted by
 * their quality, make one template, and the track is decided by what the recogniser decides of it.
 * Somebody has one face at a moment: of tracks that overlap in time each person gets one, by the
 * assignment with the greatest sum of scores.
 *
 * Memory is bounded, whatever is seen and for however long. What is known of a face is cleared when
 * its track ends, unless the track's answer says otherwise. A tracker belongs to one thread at a
 * time.
 */
#ifndef RECOGNISE_TRACK_H
#define RECOGNISE_TRACK_H

#include "recognise/liveness.h"
#include "recognise/recognise.h"

struct recognise_tracker;
typedef struct recognise_tracker recognise_tracker;

struct recognise_tracker_options {
    /* What scope, wider scope and thresholds point at must stay until the tracker is destroyed or
     * given others. skip_liveness: not judged. `group` and skip_quality have no meaning here. */
    struct recognise_options recognise;
    /* The detector's size; a face needs about a thirtieth of its side. FACE_DETAIL_320 stands for
     * the one that suits the frames, FACE_DETAIL_1280 at most. */
    enum face_detail detail;
    gint64 gap;  /* microseconds a face may be hidden; 0: 2 s */
    bool prompt; /* somebody waits for the answer: not behind those who stand at a camera */
};

/* What became of somebody who was followed. */
struct recognise_track {
    guint64 number;            /* of the track, from 1 */
    gint64 first, last, best;  /* microseconds of the video: begin, end so far, best frame */
    size_t frames, embeddings; /* in which the face was seen; which count */
    bool ended;                /* false: decided before its end, which is not reported again */
    enum recognise_liveness liveness;
    /* box, landmarks, quality, width and height of the best frame. UNKNOWN for tracks that no
     * face good enough was seen of: quality.reason then says why. */
    struct recognise_answer answer;
    struct face_image crop; /* the face with some room, of the best frame: NEEDS_REVIEW only */
};
/* For g_array_set_clear_func(). Overwrites what it frees. */
void recognise_track_clear(gpointer track);

/* `options` is copied. */
struct recognise_tracker *recognise_tracker_create(struct recogniser *recogniser,
                                                   const struct recognise_tracker_options *options);
/* Clears and forgets everything, unreported tracks too. NULL is fine. */
void recognise_tracker_destroy(struct recognise_tracker *tracker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(recognise_tracker, recognise_tracker_destroy)

/* Looks for other people from now on. */
void recognise_tracker_scope_set(struct recognise_tracker *tracker,
                                 const struct recognise_options *options);

/*
 * The next frame; `time` in microseconds, not before the last one. Appends to `tracks` (struct
 * recognise_track) each that is decided: a MATCH as soon as enough frames speak for it, everything
 * else when its face has gone. Fails only when the inference does.
 */
bool recognise_tracker_add(struct recognise_tracker *tracker, const struct face_image *image,
                           gint64 time, GArray *tracks, GError **error);

/* The video is over, or interrupted: ends all tracks. */
bool recognise_tracker_end(struct recognise_tracker *tracker, GArray *tracks, GError **error);

/* Faces seen in the last frame, and tracks that are followed now. */
size_t recognise_tracker_faces(const struct recognise_tracker *tracker);
size_t recognise_tracker_following(const struct recognise_tracker *tracker);

#endif
