/* One face among others; private to the folder. */
#ifndef RECOGNISE_FACES_H
#define RECOGNISE_FACES_H

#include "recognise/internal.h"

/* Candidates of each face that take part in the assignment. */
#define RECOGNISE_FACE_CANDIDATES 8

struct recognise_face {
    struct recognise_answer answer;
    struct recognise_candidate candidates[RECOGNISE_FACE_CANDIDATES];
    size_t candidates_n;
};

/* An answer that knows nothing yet but where the face is. */
void recognise_face_init(struct recognise_face *face, const struct face_image *image,
                         const struct face_view *view, size_t faces);

/* Gives each person to one face at most and each face to one person, by the assignment that has
 * most evidence: the sum of what the scores exceed `review` by. */
void recognise_faces_assign(struct recognise_face *faces, size_t n,
                            const struct recognise_thresholds *thresholds);

/* ---- parallel.c ---- */

struct recognise_helpers;
struct recognise_helpers *recognise_helpers_create(int threads);
/* NULL is fine. */
void recognise_helpers_destroy(struct recognise_helpers *helpers);

/* One part of a piece of work; any thread, several at once. */
typedef bool (*recognise_step)(struct face_worker *worker, size_t index, gpointer data,
                               GError **error);

/* Does steps 0 to n − 1 and waits for them: on the helper threads, which give way to all others,
 * or on this one when they are all busy. Adds the time spent to `timings`. False with the error of
 * a step that failed; steps that had not begun by then are left out. */
bool recognise_parallel(struct recogniser *recogniser, size_t n, recognise_step step, gpointer data,
                        struct face_timings *timings, GError **error);

#endif
