/*
 * Challenges: movements that somebody is asked for when a picture alone leaves doubt whether it is
 * them (recognise/challenge.h).
 *
 * A challenge is drawn at random, ends after 30 seconds, is answered once, whatever comes of it,
 * and only for what it was asked for (the session or group). Two nodes cannot both accept it.
 * Frames are remembered by fingerprint for a day: those of an earlier answer are refused. Who
 * cannot or will not move sends the frames with `alternative`: what would have been a mark waits
 * for the teacher among the reviews, with the picture, which gives nothing to somebody who holds a
 * print to the camera.
 */
#ifndef SERVICE_CHALLENGES_H
#define SERVICE_CHALLENGES_H

#include "recognise/challenge.h"
#include "service/service.h"

enum {
    SERVICE_CHALLENGE_STEPS = 2,
    SERVICE_CHALLENGE_SECONDS = 30,
    SERVICE_CHALLENGE_STRAIGHT = 5, /* frames that the person is recognised from */
};

struct service_challenge {
    struct base_uuid id;
    enum recognise_step steps[SERVICE_CHALLENGE_STEPS];
    base_time expires_at;
    struct base_uuid session_id, group_id; /* what it was asked for; nil: anything */
};

/* Draws one. The caller counts AUTH_LIMIT_MARK_ADDRESS first. BASE_ERROR_INVALID with both ids,
 * BASE_ERROR_NOT_FOUND for a session or group that is none. */
bool service_challenge_create(struct service *service, const struct base_uuid *session_id,
                              const struct base_uuid *group_id, struct service_challenge *challenge,
                              GError **error);

/*
 * Takes the challenge: afterwards nobody can answer it again. BASE_ERROR_CONFLICT naming
 * `challenge_id` when it has been answered, has ended, was asked for something else or never was:
 * which of them is not told.
 */
bool service_challenge_take(struct service *service, const struct base_uuid *id,
                            const struct base_uuid *session_id, const struct base_uuid *group_id,
                            struct service_challenge *challenge, GError **error);

/* Remembers the frames for a day. *again: one of them came with another answer. */
bool service_challenge_remember(struct service *service, const struct base_uuid *id,
                                const GArray *frames, bool *again, GError **error);

/* What came in answer to a challenge. */
struct service_challenge_reply {
    struct base_uuid id, session_id, group_id;
    const struct recognise_picture *frames; /* in order */
    const gint64 *times;                    /* milliseconds, as many; may be NULL */
    size_t frames_n;                        /* 1 to RECOGNISE_CHALLENGE_FRAMES_MAX */
};

struct service_challenge_verdict {
    enum recognise_challenge_result result;
    size_t straight[SERVICE_CHALLENGE_STRAIGHT]; /* frames in which the person looks straight */
    size_t straight_n;
};

/* Takes the challenge, remembers the frames and follows the steps through them. Errors of
 * service_challenge_take() and recognise_challenge_measure(). */
bool service_challenge_answer(struct service *service, const struct service_challenge_reply *reply,
                              struct service_challenge_verdict *verdict, GError **error);

/* Removes what is older than a day, with its frames; *removed (may be NULL) says how many. */
bool service_challenges_expire(struct service *service, gint64 *removed, GError **error);

#endif
