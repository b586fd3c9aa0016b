/*
 * The class in a short video, and before a camera that is watched for a session.
 *
 * Everybody seen is followed from frame to frame (recognise/track.h) and decided over all of that;
 * what follows of it is service/class_marks.h's. Faces that match nobody are overwritten when they
 * have gone, and neither stored nor sent. docs/video.md tells it to people.
 */
#ifndef SERVICE_CLASS_VIDEO_H
#define SERVICE_CLASS_VIDEO_H

#include "service/class_marks.h"

enum {
    SERVICE_VIDEO_SECONDS_MAX = 60,
    SERVICE_VIDEO_BYTES_MAX = 64 << 20,
    SERVICE_VIDEO_FRAMES_A_SECOND = 5, /* that are looked at */
};

/* Are these bytes a video rather than a picture? Needs nothing installed. */
bool service_video_recognised(const void *data, size_t size);

/*
 * A video of the class: each person is marked once, at the moment of the call or of the request,
 * whenever in the video they were seen. One video at a time is worked on. BASE_ERROR_UNAVAILABLE
 * while another one is, or without the module for videos (the message says what to install);
 * BASE_ERROR_TOO_LARGE over the limits above, BASE_ERROR_UNSUPPORTED and BASE_ERROR_INVALID for
 * what is no video or a damaged one; else those of service_class_conclude(). `result->faces` are
 * the tracks; their boxes are of different frames.
 */
struct service_class_result *service_class_video(struct service *service,
                                                 const struct service_identity *identity,
                                                 const struct service_class_request *request,
                                                 const void *data, size_t size, GError **error);

/* ---- a camera ---- */

enum service_sight_kind {
    SERVICE_SIGHT_WAITING, /* for the session to take marks: `session`, and when it is asked again
                            */
    SERVICE_SIGHT_BEGUN,   /* the session is watched from now on */
    SERVICE_SIGHT_SENDING, /* the camera sends pictures */
    SERVICE_SIGHT_LOST,    /* it does not: `reason`, and `pause` until it is asked again */
    SERVICE_SIGHT_MARKED,  /* somebody has a mark now */
    SERVICE_SIGHT_ALREADY, /* somebody was seen who had one */
    SERVICE_SIGHT_REVIEW,  /* a face waits for a person to look at it */
    SERVICE_SIGHT_TROUBLE, /* `reason`; it is tried again */
    SERVICE_SIGHT_ENDED,   /* the session or the file is over, or the program was asked to stop */
    SERVICE_SIGHT_N,
};

/* "waiting", "begun" … Static storage. */
const char *service_sight_kind_name(enum service_sight_kind kind);

/* Something happened. Lives as long as the call that tells it. */
struct service_sight {
    enum service_sight_kind kind;
    base_time at;
    const struct core_session *session; /* NULL: none yet */
    struct base_uuid person_id;         /* MARKED, ALREADY; nil otherwise */
    const char *person_name;            /* likewise */
    const char *time_zone;              /* of the institution; NULL: not known yet */
    const char *reason;
    gint64 pause; /* microseconds */
    /* ENDED: sums of the session. */
    guint64 frames, dropped, tracks, unknown, marked;
};

typedef void (*service_sight_fn)(const struct service_sight *sight, void *user);

struct service_watching {
    struct base_uuid session_id;
    const char *source; /* a camera (video_is_camera()) or a file, which is read to its end */
    bool liveness; /* prints and screens are not marked: where the course's rules do not ask for it
                    */
    int frames_a_second; /* 0: SERVICE_VIDEO_FRAMES_A_SECOND */
    gint64 patience;     /* microseconds that a camera may stay silent; 0: 10 s */
    const int *stop;     /* atomic; not zero ends it within about a second */
    service_sight_fn tell;
    void *user;
};

/*
 * Watches until the session is over (it waits for one that has not opened yet), the file ends or
 * *stop is set. A camera that goes away is waited for, a database that is away too. Nobody is told
 * of twice. For administrators and the course's teachers; false with the errors of
 * service_class_scope(), or of opening the file or the camera's address.
 */
bool service_class_watch(struct service *service, const struct service_identity *identity,
                         const struct service_watching *watching, GError **error);

#endif
