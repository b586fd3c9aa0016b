/* Photos of a person: judged one by one, sealed, stored and in the gallery at once. */
#ifndef SERVICE_ENROL_H
#define SERVICE_ENROL_H

#include "service/service.h"

#define SERVICE_PHOTOS_MAX 12 /* in one call */

enum service_photo_kind {
    SERVICE_PHOTO_ACCEPTED,
    SERVICE_PHOTO_UNREADABLE, /* no JPEG, PNG or WebP, damaged, or too large */
    SERVICE_PHOTO_NO_FACE,
    SERVICE_PHOTO_SEVERAL_FACES,
    SERVICE_PHOTO_POOR_QUALITY, /* see quality.reason */
    SERVICE_PHOTO_PRESENTATION_ATTACK,
    SERVICE_PHOTO_OTHER_PERSON, /* not the person of the other photos, or of those stored */
    SERVICE_PHOTO_NEAR_COPY,    /* of another of the photos, or of one stored */
    SERVICE_PHOTO_N,
};

/* Lower-case word as the API prints it, such as "other_person". Static storage. */
const char *service_photo_kind_name(enum service_photo_kind kind);

/* What the person should change, one sentence in "es" or "en"; empty when it was accepted. For a
 * picture that cannot be read `message` of the photo says more. */
struct service_photo;
const char *service_photo_sentence(const struct service_photo *photo, const char *language);

struct service_photo {
    enum service_photo_kind kind;
    char message[120]; /* what the person should change, one English sentence; empty if accepted */
    size_t faces;      /* seen */
    int width, height; /* of the upright picture; 0 when unreadable */
    struct face_box box;             /* in its pixels; zero without a face */
    struct face_landmarks landmarks; /* likewise */
    struct face_quality quality;
    float live;                   /* -1 when not judged */
    struct base_uuid template_id; /* stored as; nil when nothing was stored */
};

/* What became of the photos of one call. */
struct service_enrolment {
    bool stored;     /* every photo was accepted, and all are stored; otherwise none is */
    bool held;       /* stored, but an administrator looks first (service/duplicates.h) */
    float agreement; /* lowest similarity of two of the photos; 1 for a single one */
    size_t photos_n; /* in the order given */
    struct service_photo photos[SERVICE_PHOTOS_MAX];
    struct base_uuid duplicate_of; /* for administrators only; nil when none */
    gint64 face_count;             /* photos the person has stored now, those held too */
};

struct service_enrol_options {
    bool skip_liveness;   /* files uploaded by staff; counts for administrators only */
    bool allow_duplicate; /* twins; counts for administrators only */
    bool allow_copies;    /* the same photo again; counts for administrators only */
    const char *source;   /* "registration", "profile", "admin", "command line"; at most 40 bytes */
};

/*
 * Adds photos to a person. True also when photos were refused: see `enrolment`. The new photos must
 * agree with each other and with the ones stored, and none may be a copy of another. When they look
 * like somebody else who is enrolled, they are stored and held until an administrator has decided.
 * Administrators for anybody, everybody else for themselves. BASE_ERROR_CONFLICT when the person
 * would have more than `faces_max` photos; BASE_ERROR_INVALID for no photos or more than
 * SERVICE_PHOTOS_MAX.
 */
bool service_enrol(struct service *service, const struct service_identity *identity,
                   const struct base_uuid *user_id, const struct recognise_picture *photos,
                   size_t photos_n, const struct service_enrol_options *options,
                   struct service_enrolment *enrolment, GError **error);

/* Judges one picture as an enrolment photo would be judged, by itself alone: nothing is compared,
 * nothing is stored, and nothing is said of who it is. The caller takes AUTH_LIMIT_MARK_ADDRESS
 * first. BASE_ERROR_INVALID and the like for what is no picture are answers: kind UNREADABLE. */
bool service_photo_check(struct service *service, const struct recognise_picture *picture,
                         struct service_photo *photo, GError **error);

/* A person's photos as stored, oldest first, `sealed` left out: an array of struct core_template *
 * that frees them. Whoever may enrol them may list them. */
GPtrArray *service_faces_list(struct service *service, const struct service_identity *identity,
                              const struct base_uuid *user_id, GError **error);

/* Deletes one photo, or all when `template_id` is NULL. `removed` may be NULL. BASE_ERROR_NOT_FOUND
 * when there is no such photo. */
bool service_faces_delete(struct service *service, const struct service_identity *identity,
                          const struct base_uuid *user_id, const struct base_uuid *template_id,
                          gint64 *removed, GError **error);

#endif
