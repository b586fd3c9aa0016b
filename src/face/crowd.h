/*
 * Every face of a large picture, found in steps that several workers can take at the same time.
 *
 * The picture is halved again and again, and each of these sizes is searched in tiles of 640 x 480
 * that overlap by more than the faces which are left to them; larger faces are found in a smaller
 * size. That finds faces from 20 pixels high in any picture, from half of that in small ones, and a
 * tile needs 20 MB however large the picture is (the halved sizes add a third to it).
 *
 * Boxes of all tiles and sizes are then merged; what is not sure is looked at again by itself; and
 * of boxes on one face the one that agrees best with its landmarks stays.
 */
#ifndef FACE_CROWD_H
#define FACE_CROWD_H

#include "face/engine.h"

struct face_crowd;

/* `image` must outlive it. The worker tells which detector there is. */
struct face_crowd *face_crowd_create(const struct face_image *image,
                                     const struct face_worker *worker);
/* NULL is fine. */
void face_crowd_destroy(struct face_crowd *crowd);

/* First step: each tile, by whatever worker, in any order, several at once. */
size_t face_crowd_tiles(const struct face_crowd *crowd);
bool face_crowd_search(struct face_crowd *crowd, struct face_worker *worker, size_t tile,
                       GError **error);

/* Second step, when all tiles are done: how many candidates there are. The halved sizes are freed.
 */
size_t face_crowd_merge(struct face_crowd *crowd);

/* Third step: each candidate, as the tiles. */
bool face_crowd_examine(struct face_crowd *crowd, struct face_worker *worker, size_t candidate,
                        GError **error);

/* Last: appends the faces (struct face_view), most prominent first. */
void face_crowd_settle(struct face_crowd *crowd, GArray *views);

#endif
