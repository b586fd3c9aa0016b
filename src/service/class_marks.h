/*
 * The whole class at once: pictures, a video or a camera that show many people of one session.
 *
 * Whoever is recognised gets a mark of the session with the method "photo"; a face that leaves
 * doubt becomes a review (service/reviews.h) with nothing but that face; a face that matches nobody
 * is counted and forgotten: neither its template nor its pixels outlive the call. Liveness is not
 * judged, for a teacher or administrator answers for the picture. docs/class.md tells it to people.
 */
#ifndef SERVICE_CLASS_MARKS_H
#define SERVICE_CLASS_MARKS_H

#include "core/capture.h"
#include "core/catalogue.h"
#include "db/query/review.h"
#include "service/service.h"

enum {
    SERVICE_CLASS_PICTURES_MAX = 8, /* of one call */
    SERVICE_CLASS_CANDIDATES = 5,   /* who it may be, best first */
};

/* What became of one face. */
enum service_class_outcome {
    SERVICE_CLASS_UNKNOWN, /* nobody of the class, or too small to say */
    SERVICE_CLASS_REVIEW,  /* somebody must look; its review was added */
    SERVICE_CLASS_ALREADY, /* had a mark of this session before */
    SERVICE_CLASS_MARKED,  /* has one now; in a dry run: would have */
    SERVICE_CLASS_OUTCOME_N,
};

/* "unknown", "review", "already", "marked". Static storage; NULL out of range. */
const char *service_class_outcome_name(enum service_class_outcome outcome);

/* One face of one picture, or one track of a video: somebody who was seen. */
struct service_class_face {
    /* Given. */
    enum recognise_kind kind; /* MATCH, NEEDS_REVIEW; anything else counts as unknown */
    struct base_uuid person;  /* MATCH, NEEDS_REVIEW */
    float score;
    struct recognise_candidate candidates[SERVICE_CLASS_CANDIDATES]; /* NEEDS_REVIEW */
    size_t candidates_n;
    enum recognise_doubt doubt; /* NEEDS_REVIEW: why */
    GBytes *crop;        /* JPEG of this face alone; NEEDS_REVIEW, else NULL. Released by clear */
    base_time at;        /* when it was seen; 0: the moment of the call */
    size_t picture;      /* which picture the box is of */
    struct face_box box; /* pixels of that picture, upright; as wide and high as it was stored */

    /* What became of it. */
    enum service_class_outcome outcome;
    char *person_name;       /* MARKED, ALREADY; REVIEW: of the first candidate */
    struct base_uuid review; /* REVIEW; nil in a dry run */
};
/* For g_array_set_clear_func() of arrays of it. */
void service_class_face_clear(gpointer face);

/* Somebody of the roster. */
struct service_class_person {
    struct base_uuid id;
    char *name;
    struct core_attendance *mark; /* of the session; NULL: none */
    bool enrolled;                /* has faces to be recognised by */
};

struct service_class_picture {
    int width, height; /* pixels, upright, as stored */
    size_t faces;
};

struct service_class_result {
    struct core_session *session;
    char *time_zone; /* the institution's, IANA name */
    base_time at;    /* the moment that counts */
    enum core_time_source time_source;
    bool dry_run;
    GArray *pictures; /* struct service_class_picture; service_class_photo() */
    GArray *faces;    /* struct service_class_face: what was given, with what became of it */
    GPtrArray *marked, *already; /* struct service_class_person *, by name */
    GPtrArray *review;           /* those whom the faces in doubt are most like, by name */
    GPtrArray *unseen; /* of the roster: not seen, not in review, and without a mark as present,
                        * late or excused; by name */
    size_t unknown;    /* faces */
    struct face_timings timings; /* summed over the pictures; stages overlap on several cores */
    double elapsed;              /* microseconds, from the first byte to the last mark */
};
void service_class_result_free(struct service_class_result *result);
typedef struct service_class_result service_class_result;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(service_class_result, service_class_result_free)

/* What the faces are concluded for. */
struct service_class_request {
    struct base_uuid session_id;
    base_time at;          /* when it was; 0: now. Counts for administrators only */
    base_time captured_at; /* by the device's clock, with sent_at: core/capture.h. 0: not stated */
    base_time sent_at;
    base_time arrived;            /* when it reached the program, which alone may say so; 0: now */
    enum db_review_source source; /* of reviews; DB_REVIEW_FACE (zero) stands for DB_REVIEW_CLASS */
    bool dry_run;                 /* neither marks nor reviews are written */
};

/* Whom to look for in this session, in struct recognise_scope's terms: the roster. An array of
 * struct base_uuid. Brings the gallery up to date; holds no connection afterwards. Errors as of
 * service_class_conclude(). */
GArray *service_class_scope(struct service *service, const struct service_identity *identity,
                            const struct service_class_request *request, GError **error);

/*
 * Marks, adds reviews and tells who was not seen. Takes over `faces` (an array of struct
 * service_class_face) into the result on success and on failure. Each person is marked once
 * however often they were seen, at the first moment of the faces that match; nobody who has a mark
 * is a candidate of a review (a face with no candidate left is unknown), and none is added while
 * one for the same person waits in this session. May be called again and again for one session: a
 * second time changes nothing.
 *
 * For administrators and teachers of the course. BASE_ERROR_NOT_FOUND when the session is not the
 * caller's business, BASE_ERROR_FORBIDDEN, BASE_ERROR_CONFLICT when it takes no marks at that
 * moment.
 */
struct service_class_result *service_class_conclude(struct service *service,
                                                    const struct service_identity *identity,
                                                    const struct service_class_request *request,
                                                    GArray *faces, GError **error);

/* As many calls of service_class_photo() and service_class_video() together work at once. */
unsigned service_class_places(void);

/*
 * One or several pictures of the class: finds every face, recognises them together and concludes.
 * A person is given to one face of a picture at most; over several pictures the best evidence
 * counts. BASE_ERROR_INVALID for no pictures or more than SERVICE_CLASS_PICTURES_MAX,
 * BASE_ERROR_UNAVAILABLE while as many class pictures are worked on as memory allows (try again in
 * a few seconds), face_image_decode's errors, else those of service_class_conclude().
 */
struct service_class_result *service_class_photo(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_class_request *request,
                                                 const struct recognise_picture *pictures,
                                                 size_t pictures_n, GError **error);

/* One of the pictures with boxes and names drawn into it, at most `side_max` pixels on its longer
 * side (0: 2048), as JPEG; faces of unknown people are made unrecognisable. */
GBytes *service_class_draw(const struct service *service, const struct service_class_result *result,
                           size_t picture, const struct recognise_picture *encoded, int side_max,
                           GError **error);

#endif
