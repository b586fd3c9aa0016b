/*
 * Pictures that are kept: profile pictures, the photos of an enrolment, and, where the site wants
 * it, the picture around the face behind a mark.
 *
 * What is stored is never the bytes that were sent: a picture is decoded, turned upright, scaled
 * down and written as JPEG, which leaves EXIF (places, devices, names) behind. It is sealed with
 * the key file's key unless the site switched that off. The blob is put before its row is
 * committed and deleted after its row is gone, so that a crash leaves a blob without a row, which
 * service_images_gc() collects, and never a row without its blob.
 */
#ifndef SERVICE_IMAGES_H
#define SERVICE_IMAGES_H

#include "service/service.h"

/*
 * The picture's row, for its size, digest and time; the content is read by service_image_read().
 * BASE_ERROR_NOT_FOUND when there is none or the caller may not see it.
 *
 * A profile picture is for whoever may see the person; the photo of a template for the person and
 * administrators (BASE_ERROR_FORBIDDEN to others); the picture behind a mark for the person and
 * whoever may correct the mark.
 */
struct core_image *service_image_profile(struct service *service,
                                         const struct service_identity *identity,
                                         const struct base_uuid *user_id, GError **error);
struct core_image *service_image_face(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *user_id,
                                      const struct base_uuid *template_id, GError **error);
struct core_image *service_image_mark(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *attendance_id, GError **error);

/* The JPEG itself. BASE_ERROR_NOT_FOUND when the picture was deleted meanwhile, BASE_ERROR_CORRUPT
 * when what is stored does not open or is not what the row says, BASE_ERROR_UNAVAILABLE when the
 * store cannot be reached or the key file is lost. */
GBytes *service_image_read(struct service *service, const struct core_image *image, GError **error);

/* The person themselves or an administrator sets the profile picture, cut to a square around the
 * face when there is exactly one. The person's profile_image_url becomes its path. Errors of
 * face_image_decode() for a bad picture; BASE_ERROR_UNAVAILABLE when the store is full. */
bool service_image_profile_set(struct service *service, const struct service_identity *identity,
                               const struct base_uuid *user_id,
                               const struct recognise_picture *picture, GError **error);

/* BASE_ERROR_NOT_FOUND when there is none. */
bool service_image_profile_delete(struct service *service, const struct service_identity *identity,
                                  const struct base_uuid *user_id, GError **error);

/* ---- upkeep, for the command line and the server itself ---- */

struct service_images_swept {
    gint64 blobs;   /* that no row names */
    gint64 uploads; /* that never ended */
    gint64 frames;  /* behind marks, past their days */
};

/* Deletes what nothing names any more and what may not be kept longer; what is younger than an hour
 * may belong to an enrolment under way and stays. With `dry_run` it only counts. */
bool service_images_gc(struct service *service, bool dry_run, struct service_images_swept *swept,
                       GError **error);

/* Reads every picture: that its blob is there, opens, and has the row's size and digest. Each
 * finding is a sentence appended to `findings` (char *, g_free as free function). `checked` (may be
 * NULL) gets how many rows there were. False with an error only when it could not look. */
bool service_images_check(struct service *service, GPtrArray *findings, gint64 *checked,
                          GError **error);

/* Seals every picture that another key than the current one sealed with the current one. May be
 * called while the server runs, and again after it was interrupted. What does not open is left and
 * counted in `failed`; both counts may be NULL. */
bool service_images_reseal(struct service *service, gint64 *resealed, gint64 *failed,
                           GError **error);

#endif
