/*
 * Attendance by face, and by hand.
 *
 * A mark belongs to the session that is open for the person (core/session_choice.h) and counts by
 * the course's rules (core/rules.h); where none is open it belongs to the day, by the institution's
 * policy of the day (core/policy.h). When it was is the server's clock's to say, by the rule of
 * core/capture.h. docs/register.md tells it to people.
 */
#ifndef SERVICE_MARKING_H
#define SERVICE_MARKING_H

#include "core/capture.h"
#include "core/catalogue.h"
#include "core/rules.h"
#include "service/service.h"

struct service_mark_request {
    const struct recognise_picture *frames; /* of one moment; 1 to RECOGNISE_FRAMES_MAX */
    size_t frames_n;
    base_time at;                /* when they were taken; 0: now. Counts for administrators only */
    base_time captured_at;       /* when they were taken by the device's clock; 0: not stated */
    base_time sent_at;           /* what that clock showed when they were sent; 0: not stated */
    struct base_uuid group_id;   /* search only this group; nil: everybody */
    struct base_uuid session_id; /* search only this session's roster, and mark in it; nil: any */
    bool skip_liveness;          /* counts for administrators only: files from the command line */
    /* The challenge that the frames answer, in their order and up to
     * RECOGNISE_CHALLENGE_FRAMES_MAX of them (challenges.h); nil: none. */
    struct base_uuid challenge_id;
    const gint64 *times; /* of the frames, in milliseconds; NULL: not stated */
    /* Who is asked for a challenge will not or cannot move: what would have asked for it
     * NEEDS_REVIEW. */
    bool alternative;
};

/* What a mark says about challenges. */
enum service_mark_challenge {
    SERVICE_MARK_CHALLENGE_NONE,
    SERVICE_MARK_CHALLENGE_REQUIRED, /* the person was recognised and must answer one first */
    SERVICE_MARK_CHALLENGE_FAILED,   /* the steps were not seen: nobody was looked for */
    SERVICE_MARK_CHALLENGE_LOST,     /* likewise, because the face was not in the picture all the
                                      * time */
};

struct service_mark {
    /* What the recogniser saw. Unless the caller may write this person's attendance, everything
     * that could name or rank somebody is blanked for all kinds but MATCH. */
    struct recognise_answer answer;
    enum service_mark_challenge challenge; /* not NONE: nothing else of the answer counts */
    struct core_attendance *attendance;    /* the mark that stands; NULL unless MATCH */
    char *person_name;                     /* MATCH; NEEDS_REVIEW for who may correct the person */
    bool already;                          /* it was there before */
    bool seen;                         /* it was, and this counts as another scan (last_seen_at) */
    struct core_session *session;      /* of the mark; NULL: it is one of the day */
    enum core_time_source time_source; /* of the moment that counts */
    char *not_me;                      /* for service_mark_not_me(); NULL unless the mark is new */
    char *time_zone;                   /* the institution's, for showing marked_at; IANA name */
};
void service_mark_clear(struct service_mark *mark);

/*
 * Who is it, and their mark of the session or the day. A second mark answers with the first; any
 * number at once leave one. A mark that the program made itself at the end of a session gives way;
 * one that somebody wrote stays. `identity` may be NULL: nobody is signed in. The caller takes
 * AUTH_LIMIT_MARK_ADDRESS first. BASE_ERROR_NOT_FOUND for an unknown group or session,
 * BASE_ERROR_CONFLICT when the session asked for takes no marks at that moment and when
 * the challenge cannot be answered (service_challenge_take()), recognise_probe's errors for bad
 * pictures.
 */
bool service_mark_by_face(struct service *service, const struct service_identity *identity,
                          const struct service_mark_request *request, struct service_mark *mark,
                          GError **error);

/*
 * Takes back a mark that was made by face for somebody who is not who it says: with the token that
 * its answer carried, for two minutes, and once. What the closing of the session had made of the
 * person before is so again. BASE_ERROR_INVALID for a token that is none (any more),
 * BASE_ERROR_NOT_FOUND when the mark was taken back, BASE_ERROR_CONFLICT when somebody has changed
 * it.
 */
bool service_mark_not_me(struct service *service, const struct base_uuid *id, const char *token,
                         GError **error);

/* The same for whichever mark the token is of. */
bool service_mark_refuse(struct service *service, const char *token, GError **error);

/* One face in a picture. */
struct service_face {
    struct recognise_answer answer;
    char *person_name; /* MATCH and NEEDS_REVIEW */
};

/* Who is in the picture, without marking anybody; administrators. `group` looks for many small
 * faces. An array of struct service_face, left to right, which frees what it holds. */
GArray *service_identify(struct service *service, const struct service_identity *identity,
                         const struct recognise_picture *picture, bool group, GError **error);

/* Whose mark, of what, is to be what. With neither session nor course it is the mark of a day. */
struct service_manual_request {
    struct base_uuid user_id;
    struct base_uuid session_id;
    struct base_uuid course_id; /* its only session on `day`, in place of session_id */
    const char *day;            /* local day "YYYY-MM-DD"; NULL: today. Not with session_id */
    const char *status; /* one of the four; of a session also a code of its course's rules */
    const char *reason; /* 1 to 500 characters; required to correct a mark that exists */
};

/*
 * A teacher or administrator writes or corrects a mark; with the earlier value kept, and in the
 * audit log. Marks of a session are for those on its roster (BASE_ERROR_INVALID), from its opening
 * on; before that only for an excuse in advance. NULL with BASE_ERROR_FORBIDDEN,
 * BASE_ERROR_NOT_FOUND, BASE_ERROR_INVALID (days in the future too), BASE_ERROR_CONFLICT (a
 * cancelled session).
 */
struct core_attendance *service_mark_by_hand(struct service *service,
                                             const struct service_identity *identity,
                                             const struct service_manual_request *request,
                                             GError **error);

/* The same for a mark known by its id; the reason is required. */
struct core_attendance *service_mark_correct(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid *attendance_id,
                                             const char *status, const char *reason,
                                             GError **error);

/* One line of a roll. */
struct service_roll_entry {
    struct base_uuid user_id;
    const char *status;
    const char *reason; /* required where it changes a mark */
};

/* Writes the marks of many people in one session: all of them or, with the first error, none. A
 * mark that is the same already stays as it is. `written` (may be NULL) gets how many were written.
 */
bool service_mark_roll(struct service *service, const struct service_identity *identity,
                       const struct base_uuid *session_id, const struct service_roll_entry *entries,
                       size_t entries_n, gint64 *written, GError **error);

/* What a mark was before each change, oldest first: an array of struct db_attendance_change * that
 * frees them. For those who may see the mark; BASE_ERROR_NOT_FOUND otherwise. */
GPtrArray *service_mark_changes(struct service *service, const struct service_identity *identity,
                                const struct base_uuid *attendance_id, GError **error);

#endif
