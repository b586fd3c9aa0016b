/*
 * What a paired kiosk does: it marks whoever stands before it, several people at once, by their
 * faces or one by a PIN, with nobody signed in.
 *
 * A kiosk of a room or a course marks in the sessions of that room or course that take marks at the
 * moment, and searches their rosters; one of neither marks as POST /attendance/mark does. Names are
 * told of those who were recognised and of nobody else, and no score ever. What is a matter of
 * doubt becomes a review for the teacher; so does, for SERVICE_KIOSK_DOUBT_SECONDS and at the
 * cameras of this node, a face like somebody's whose mark was taken back, or they would be marked
 * again by the next frame. docs/kiosk.md tells it to people.
 */
#ifndef SERVICE_KIOSK_H
#define SERVICE_KIOSK_H

#include "auth/box.h"
#include "core/capture.h"
#include "core/catalogue.h"
#include "service/devices.h"

enum {
    SERVICE_KIOSK_FRAMES_MAX = 3,
    SERVICE_KIOSK_DOUBT_SECONDS = 120, /* in which whoever was the wrong person is not named */
};

/* ---- what it needs to know ---- */

struct service_kiosk_session {
    struct core_session *session; /* NULL: none */
    base_time opens_at, closes_at;
};
void service_kiosk_session_clear(struct service_kiosk_session *session);

/* What offline entries are sealed to (auth/box.h). */
struct service_kiosk_key {
    bool usable; /* false: there is no key file that is believed */
    uint32_t id;
    uint8_t point[AUTH_HPKE_POINT_BYTES];
};

struct service_kiosk_state {
    struct db_device *device;
    struct core_institution *institution;
    struct service_kiosk_session now, next; /* of its room or course */
    bool faces;                             /* they can be recognised now */
    struct service_kiosk_key key;
    gint64 next_counter;
};
void service_kiosk_state_clear(struct service_kiosk_state *state);

bool service_kiosk_state(struct service *service, const struct service_device *device,
                         struct service_kiosk_state *state, GError **error);

/* ---- marks ---- */

struct service_kiosk_face {
    struct face_box box; /* pixels of the frames as they were sent */
    enum recognise_kind kind;
    bool challenge;                  /* recognised, and must answer a challenge first */
    enum face_quality_reason reason; /* POOR_QUALITY */
    struct core_attendance *mark;    /* MATCH: that stands; likewise below */
    char *name;
    bool already; /* it was there before */
    char *token;  /* for service_mark_refuse(); NULL unless the mark is new */
};

struct service_kiosk_marks {
    int width, height; /* of the frames */
    char *time_zone;
    bool open; /* false: no session takes marks here now, and nobody was looked for */
    struct service_kiosk_session session;
    GArray *faces; /* struct service_kiosk_face, left to right; frees what it holds */
};
void service_kiosk_marks_clear(struct service_kiosk_marks *marks);

/*
 * Marks everybody in the frames, 1 to SERVICE_KIOSK_FRAMES_MAX of one size and one moment. Whether
 * a face is alive is judged over all frames that show it. BASE_ERROR_INVALID naming `image`,
 * face_image_decode()'s errors, BASE_ERROR_UNAVAILABLE.
 */
bool service_kiosk_mark(struct service *service, const struct service_device *device,
                        const struct recognise_picture *frames, size_t frames_n,
                        struct service_kiosk_marks *marks, GError **error);

/* The same at the camera of somebody who may mark in a session, in that session alone; who may not
 * learns nothing of it (BASE_ERROR_NOT_FOUND, or _FORBIDDEN). */
bool service_kiosk_mark_session(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *session_id,
                                const struct recognise_picture *frames, size_t frames_n,
                                struct service_kiosk_marks *marks, GError **error);

/* What somebody typed. */
struct service_kiosk_pin {
    const char *student_number, *email; /* one of them */
    const char *pin;
};

/*
 * Marks somebody by their PIN; the method is "code". face->kind is UNKNOWN, in the same time and
 * without another word, when number, address or PIN are wrong, when there is no PIN, and when the
 * person is not on the roster of a session that takes marks here. Attempts are counted by kiosk and
 * by person (BASE_ERROR_RATE_LIMITED; `retry_after` may be NULL). BASE_ERROR_CONFLICT when no
 * session takes marks here now, whatever was typed.
 */
bool service_kiosk_mark_by_pin(struct service *service, const struct service_device *device,
                               const struct service_kiosk_pin *typed,
                               struct service_kiosk_face *face, int *retry_after, GError **error);
/* For g_array_set_clear_func() too. */
void service_kiosk_face_clear(gpointer face);

#endif
