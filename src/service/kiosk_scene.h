/* Private to this folder: whose sessions a kiosk marks in, and who is in its pictures. */
#ifndef SERVICE_KIOSK_SCENE_H
#define SERVICE_KIOSK_SCENE_H

#include "core/rules.h"
#include "service/devices.h"
#include "service/internal.h"
#include "service/mark_scope.h"

/* ---- kiosk_place.c ---- */

/* One session of the room or course of a kiosk. */
struct kiosk_session {
    struct core_session *session;
    struct core_rules rules;
    base_time opens_at, closes_at;
    GHashTable *people; /* struct base_uuid * of its roster; NULL until kiosk_place_people() */
};

struct kiosk_place {
    bool bound;                 /* to a room or course; otherwise nothing else is filled */
    GPtrArray *open;            /* struct kiosk_session *: take marks, the likeliest first */
    struct kiosk_session *next; /* the first that will; NULL: none until tomorrow */
};

bool kiosk_place_read(struct db_connection *connection, const struct service_device *device,
                      base_time at, struct kiosk_place *place, GError **error);
/* The place of one session, which is open or not. BASE_ERROR_NOT_FOUND. */
bool kiosk_place_session(struct db_connection *connection, const struct base_uuid *session_id,
                         base_time at, struct kiosk_place *place, GError **error);
/* Reads the rosters of the open sessions. */
bool kiosk_place_people(struct db_connection *connection, struct kiosk_place *place,
                        GError **error);
void kiosk_place_clear(struct kiosk_place *place);

/* The open session that has this person on its roster; NULL: none. */
const struct kiosk_session *kiosk_place_session_of(const struct kiosk_place *place,
                                                   const struct base_uuid *person);

/* BASE_ERROR_CONFLICT when the kiosk is bound and no session takes marks. */
bool kiosk_place_open(const struct kiosk_place *place, GError **error);

/* ---- kiosk_scene.c ---- */

enum { KIOSK_FRAMES_MAX = 3 };

/* Somebody in the frames. */
struct kiosk_sight {
    struct recognise_answer answer; /* pixels as stored; `frame` shows the face best. A match that
                                     * is perhaps no living face is a MATCH with that liveness */
    struct base_uuid session_id; /* MATCH: where they are to be marked; nil: by the usual choice */
};

struct kiosk_scene {
    struct service *service;
    const struct service_device *device;     /* NULL: a camera of the session alone */
    const struct service_identity *identity; /* whose camera it is then */
    struct base_uuid session_id;
    const struct recognise_picture *frames; /* of one moment, in order */
    size_t frames_n;
    base_time at;

    struct kiosk_place place;
    struct core_institution *institution;
    bool open;         /* false: nobody was looked for */
    int width, height; /* as stored */
    GArray *sights;    /* struct kiosk_sight, left to right */
};

/*
 * Finds who is in the frames. Holds no connection while it looks. BASE_ERROR_INVALID naming `image`
 * for no frames or frames of different sizes; BASE_ERROR_TOO_LARGE; face_image_decode()'s errors;
 * BASE_ERROR_UNAVAILABLE without models or key.
 */
bool kiosk_scene_read(struct kiosk_scene *scene, GError **error);
void kiosk_scene_clear(struct kiosk_scene *scene);

/* Asks a teacher about a face. Holds no connection. */
bool kiosk_scene_review(const struct kiosk_scene *scene, const struct kiosk_sight *sight,
                        GError **error);

/* ---- kiosk_person.c ---- */

/* What was typed at a kiosk: one of number and address. */
struct kiosk_typed {
    const char *student_number, *email, *pin;
};

/*
 * Whose number or address and PIN these are; nil when one of them is wrong, which takes as long,
 * and when the account is not active. Attempts are counted by person: BASE_ERROR_RATE_LIMITED, then
 * `retry_after` (may be NULL) says the seconds. BASE_ERROR_INVALID with both or neither.
 */
bool kiosk_person_by_pin(struct service *service, const struct service_device *device,
                         const struct kiosk_typed *typed, struct base_uuid *person,
                         int *retry_after, GError **error);

/* Remembers for SERVICE_KIOSK_DOUBT_SECONDS that somebody else was taken for this person. */
void kiosk_doubt_add(struct service *service, const struct base_uuid *person);
bool kiosk_doubt_has(struct service *service, const struct base_uuid *person);

#endif
