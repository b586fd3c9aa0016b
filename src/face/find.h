/* What finding one face and finding many have in common; private to the folder. */
#ifndef FACE_FIND_H
#define FACE_FIND_H

#include "face/worker.h"

/* Boxes of one face overlap by more than this. */
#define FACE_FIND_OVERLAP_MAX 0.35F
/* Lowest score of a box that counts at all. */
#define FACE_FIND_SCORE_MIN 0.6F

/* Drops the boxes that the detector likes to see between two faces; sorts by score. */
void face_find_drop_ghosts(GArray *boxes);

/* Most prominent first, and no more than `boxes_max`. */
void face_find_prominent(GArray *boxes, const struct face_image *image, guint boxes_max);

/* Whether the detector alone is to be believed about one person in front of a camera. */
bool face_find_is_sure(const struct face_box *box);

/* Looks at a box up to three times more, cut out with different amounts of what surrounds it: a
 * face when it is seen in so many (1 to 3) of the looks. */
bool face_find_confirm(struct face_worker *worker, const struct face_image *image,
                       const struct face_box *box, int votes, bool *is_face, GError **error);

/* Of several views of one face the one that explains it best stays; most prominent first. */
void face_find_settle(GArray *views, const struct face_image *image);

#endif
