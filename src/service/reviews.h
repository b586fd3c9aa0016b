/*
 * Reviews: a face that is perhaps somebody's, and nobody may guess. It waits, with its picture and
 * those it may be, for a person who knows them: this one, which marks them at the moment of the
 * picture, or nobody. The teachers of the session's course settle it, of a mark of the day those of
 * a candidate's group; administrators all. What nobody settles ends after some days (retention.h).
 * The picture is sealed like every other and goes when the review is settled or ends, and when one
 * of the candidates is erased or has all their photos deleted. A teacher learns only of candidates
 * whom they teach (of a day: of their groups), unless the course's rules search the institution.
 * docs/register.md tells it to people.
 */
#ifndef SERVICE_REVIEWS_H
#define SERVICE_REVIEWS_H

#include "db/query/review.h"
#include "service/service.h"

enum {
    SERVICE_REVIEW_DAYS = 14,    /* unless another period is set */
    SERVICE_REVIEW_MINUTES = 10, /* the same face again within them is the same review */
};

struct service_review_input {
    struct base_uuid session_id; /* nil: of the day */
    base_time taken_at;          /* when the face was seen: the moment of the mark */
    enum db_review_source source;
    enum recognise_doubt doubt;
    GBytes *crop; /* JPEG of the face; NULL: none. service_review_crop() */
    const struct recognise_candidate *candidates; /* best first; at least one */
    size_t candidates_n;                          /* more than RECOGNISE_CANDIDATES_MAX are left */
};

/*
 * Adds a review, unless there is an open one of the same session (or day) with the same first
 * candidate: within SERVICE_REVIEW_MINUTES for DB_REVIEW_FACE, at any time of the session for the
 * others; and unless a candidate was erased meanwhile. `id` (may be NULL) gets the one that stands,
 * nil when there is none. Call it holding no connection: the picture
 * is put into the store. A picture that cannot be kept is left out and logged. BASE_ERROR_INVALID
 * without candidates.
 */
bool service_review_add(struct service *service, const struct service_review_input *input,
                        struct base_uuid *id, GError **error);

/* The JPEG of one face of an encoded picture, with room around it; `width` and `height` are those
 * of the upright picture that the box is of. */
GBytes *service_review_crop(const struct service *service, const struct recognise_picture *picture,
                            const struct face_box *box, int width, int height, GError **error);

/* Teachers get those they may settle; administrators all. The filter narrows that. An array of
 * struct db_review * that frees them, newest first; `total` may be NULL. BASE_ERROR_FORBIDDEN for
 * students. */
GPtrArray *service_review_list(struct service *service, const struct service_identity *identity,
                               const struct db_review_filter *filter, const struct db_page *page,
                               gint64 *total, GError **error);

/* BASE_ERROR_NOT_FOUND also when it is not the caller's to settle. */
struct db_review *service_review_find(struct service *service,
                                      const struct service_identity *identity,
                                      const struct base_uuid *id, GError **error);

/* The picture's row, for service_image_read(). BASE_ERROR_NOT_FOUND when there is none (any more).
 */
struct core_image *service_review_picture(struct service *service,
                                          const struct service_identity *identity,
                                          const struct base_uuid *id, GError **error);

/*
 * It is this person, whose mark is made as if they had been recognised then; nil: nobody of those.
 * The same answer again is no error; another one is BASE_ERROR_CONFLICT, as is one to a review that
 * ended. BASE_ERROR_INVALID for a person who may not be marked there (not on the session's roster,
 * not enrolled any more). Teachers cannot choose somebody whom they may not mark.
 */
struct db_review *service_review_settle(struct service *service,
                                        const struct service_identity *identity,
                                        const struct base_uuid *id, const struct base_uuid *user_id,
                                        GError **error);

/* ---- upkeep ---- */

/* Ends what has waited too long; `ended` (may be NULL) gets how many. */
bool service_reviews_expire(struct service *service, gint64 *ended, GError **error);

/* In the transaction that erases a person, or their last photo: the open reviews that they are a
 * candidate of end, and their pictures' blobs are appended to `keys` (char *), to be deleted after
 * the commit. */
bool service_reviews_forget(struct db_connection *connection, const struct base_uuid *user_id,
                            GPtrArray *keys, GError **error);

#endif
