/* Private to this folder: what is kept of a picture that somebody sent, and keeping it. */
#ifndef SERVICE_PICTURE_H
#define SERVICE_PICTURE_H

#include "face/resample.h"
#include "service/internal.h"

enum {
    SERVICE_PICTURE_SIDE = 1280,        /* pixels of the longer side: enrolment photos and marks */
    SERVICE_PICTURE_SIDE_PROFILE = 512, /* pixels */
};

/* Which piece of a picture is meant, in pixels of the upright picture as it was sent; nothing to be
 * cut when width is 0. */
struct service_piece {
    struct face_box box;
    int width, height; /* of the whole picture */
};

/* Decodes, turns upright, cuts and scales down to `side_max` pixels of the longer side, and writes
 * as JPEG: nothing but pixels is taken over. Errors of face_image_decode(). */
GBytes *service_picture_make(const struct service *service, const struct recognise_picture *picture,
                             const struct service_piece *piece, int side_max, GError **error);

/* A piece of a decoded picture with at most `side_max` pixels on its longer side; finish it with
 * face_image_finish(). */
void service_picture_scale(const struct face_image *image, const struct face_crop *crop,
                           int side_max, struct face_image *small);

/* The square around a face with room on each side, as far as the picture reaches. `room` is in
 * sizes of the face. */
struct service_piece service_piece_square(const struct face_box *face, int width, int height,
                                          float room);

/* Seals the bytes (unless the site switched that off) and puts them into the store. The caller has
 * filled in user_id, kind and what the picture belongs to; all the rest is filled in here. The row
 * is to be inserted by service_picture_insert(). */
bool service_picture_put(struct service *service, GBytes *jpeg, struct core_image *image,
                         GError **error);

/* Whether the key that sealed the picture is still the current one; true for one without a seal. */
bool service_picture_is_current(struct service *service, const struct core_image *image);

/*
 * Inserts the row in the caller's transaction. BASE_ERROR_UNAVAILABLE when the key that sealed the
 * picture is the current one no longer: whoever drops a key looks first for what it sealed, and
 * nothing may turn up afterwards. The picture is to be put anew then.
 */
bool service_picture_insert(struct service *service, struct db_connection *connection,
                            const struct core_image *image, GError **error);

/* Puts the same picture once more, sealed with the current key, under another key of the store;
 * `image` has the row's ids and kind and gets blob_key and key_id. */
bool service_picture_reseal(struct service *service, GBytes *jpeg, struct core_image *image,
                            GError **error);

/* The bytes of a row's blob, opened and compared with the row. */
GBytes *service_picture_get(struct service *service, const struct core_image *image,
                            GError **error);

/* Deletes blobs (char * keys) whose rows are gone; what fails is logged and left to the next
 * collection. NULL is allowed. */
void service_blobs_delete(struct service *service, const GPtrArray *keys);

/* The same after a transaction failed that should have named them: a commit whose answer was lost
 * may have been carried out, so that only what no row names is deleted. */
void service_blobs_discard(struct service *service, const GPtrArray *keys);

/* Appends the blob keys of a person's pictures of a kind (or CORE_IMAGE_N: of all), and only of
 * this template when it is not NULL. */
bool service_blobs_of(struct db_connection *connection, const struct base_uuid *user_id,
                      enum core_image_kind kind, const struct base_uuid *template_id,
                      GPtrArray *keys, GError **error);

/*
 * What every key of this installation begins with: the institution's id and a slash. A store may
 * hold the pictures of several installations, and a new database in the place of another must not
 * take the other's pictures for its own garbage. Call it without holding a connection; owned by the
 * service.
 */
const char *service_images_prefix(struct service *service, GError **error);

/* BASE_ERROR_UNAVAILABLE when this service keeps no pictures. */
bool service_images_ready(const struct service *service, GError **error);

/* ---- upkeep.c ---- */

/* Deletes the pictures behind marks that are past their days, or counts them; adds to `count`. */
bool service_frames_collect(struct service *service, bool dry_run, gint64 *count, GError **error);

/* ---- frames.c ---- */

/* The thread that keeps the pictures behind marks. NULL with an error. */
struct service_frames *service_frames_create(struct service *service, GError **error);
/* Finishes what was begun. NULL is allowed. */
void service_frames_destroy(struct service_frames *frames);

/* Keeps the face behind a mark that was just committed, later and in another thread; what cannot be
 * kept is dropped and logged. Copies the picture. */
void service_frame_keep(struct service *service, const struct core_attendance *mark,
                        const struct recognise_picture *frame,
                        const struct recognise_answer *answer);

#endif
