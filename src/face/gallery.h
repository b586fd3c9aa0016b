/*
 * Templates in memory and exact search by cosine similarity.
 *
 * One row a person: a template, and its first part (FACE_EMBEDDING_N floats of length 1) rounded to
 * 8 bits with the length of the rounding error. A search first computes every row's score from the
 * 8-bit copies, a quarter of the memory traffic, with a bound on what the rounding can change
 * (Cauchy and Schwarz); then it computes the exact score of every row that the bound leaves in
 * play. The answer is always the one of an exhaustive search in 32-bit floats.
 *
 * Any number of threads may search while others change the gallery: a change waits for the
 * searches under way and is seen by those that begin after it.
 */
#ifndef FACE_GALLERY_H
#define FACE_GALLERY_H

#include "base/uuid.h"
#include "face/types.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct face_gallery;

struct face_gallery_match {
    struct base_uuid id;
    float score; /* cosine, -1 to 1 */
};

struct face_gallery *face_gallery_create(void);
void face_gallery_destroy(struct face_gallery *gallery);

/* Adds a person or replaces their template, each part of which must be finite and of length 1 (to
 * 1e-3, it is normalised to the last bit here), or all zeros for the second; false otherwise. */
bool face_gallery_set(struct face_gallery *gallery, const struct base_uuid *id,
                      const float values[FACE_TEMPLATE_N]);
/* False when there is no such person. */
bool face_gallery_remove(struct face_gallery *gallery, const struct base_uuid *id);
bool face_gallery_exists(struct face_gallery *gallery, const struct base_uuid *id);
size_t face_gallery_count(struct face_gallery *gallery);
void face_gallery_clear(struct face_gallery *gallery);
/* Makes room for that many people. */
void face_gallery_reserve(struct face_gallery *gallery, size_t people);

/* Copies a person's template; false when there is no such person. */
bool face_gallery_get(struct face_gallery *gallery, const struct base_uuid *id,
                      float values[FACE_TEMPLATE_N]);

/* Which rows take part in a search. */
struct face_gallery_scope {
    const struct base_uuid
        *ids; /* NULL: everybody; people who are not in the gallery are skipped */
    size_t ids_n;
};

enum face_gallery_method {
    FACE_GALLERY_FASTEST,    /* as the header says; plain when there are few rows */
    FACE_GALLERY_EXHAUSTIVE, /* every row in floats, to compare with */
};

/* The `k` most similar people, best first, equal scores in order of id; returns how many were
 * written to `matches`. Compares first parts only; a template may be given, for it begins with one.
 * `probe` has length 1. `scope` may be NULL: everybody. */
size_t face_gallery_search(struct face_gallery *gallery, const float probe[FACE_EMBEDDING_N],
                           const struct face_gallery_scope *scope, size_t k,
                           enum face_gallery_method method, struct face_gallery_match *matches);

#endif
