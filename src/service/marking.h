/* Attendance by face, and by hand. */
#ifndef SERVICE_MARKING_H
#define SERVICE_MARKING_H

#include "service/service.h"

struct service_mark_request {
    const struct recognise_picture *frames; /* of one moment; 1 to RECOGNISE_FRAMES_MAX */
    size_t frames_n;
    base_time at;              /* when they were taken; 0: now. Strangers never choose it */
    struct base_uuid group_id; /* search only this group; nil: everybody */
    bool skip_liveness;        /* counts for administrators only: files from the command line */
};

struct service_mark {
    /* What the recogniser saw. Unless the caller may write this person's attendance, everything
     * that could name or rank somebody is blanked for all kinds but MATCH. */
    struct recognise_answer answer;
    struct core_attendance *attendance; /* the mark that stands; NULL unless MATCH */
    char *person_name;                  /* MATCH; NEEDS_REVIEW for who may correct the person */
    bool already;                       /* it was there before */
    char *time_zone;                    /* the institution's, for showing marked_at; IANA name */
};
void service_mark_clear(struct service_mark *mark);

/*
 * Who is it, and their mark of the local day, with the status by the institution's policy. A second
 * mark answers with the first; any number at once leave one. `identity` may be NULL: nobody is
 * signed in. The caller takes AUTH_LIMIT_MARK_ADDRESS first. BASE_ERROR_NOT_FOUND for an unknown
 * group, recognise_probe's errors for bad pictures.
 */
bool service_mark_by_face(struct service *service, const struct service_identity *identity,
                          const struct service_mark_request *request, struct service_mark *mark,
                          GError **error);

/* One face in a picture. */
struct service_face {
    struct recognise_answer answer;
    char *person_name; /* MATCH and NEEDS_REVIEW */
};

/* Who is in the picture, without marking anybody; administrators. `group` looks for many small
 * faces. An array of struct service_face, left to right, which frees what it holds. */
GArray *service_identify(struct service *service, const struct service_identity *identity,
                         const struct recognise_picture *picture, bool group, GError **error);

struct service_manual_request {
    struct base_uuid user_id;
    const char *day; /* local day "YYYY-MM-DD"; NULL: today */
    enum core_status status;
    const char *reason; /* 1 to 500 characters; required to correct a mark that exists */
};

/* A teacher or administrator writes or corrects a mark; with the reason in the audit log. NULL with
 * BASE_ERROR_FORBIDDEN, BASE_ERROR_NOT_FOUND, BASE_ERROR_INVALID (days in the future too). */
struct core_attendance *service_mark_by_hand(struct service *service,
                                             const struct service_identity *identity,
                                             const struct service_manual_request *request,
                                             GError **error);

/* The same for a mark known by its id; the reason is required. */
struct core_attendance *service_mark_correct(struct service *service,
                                             const struct service_identity *identity,
                                             const struct base_uuid *attendance_id,
                                             enum core_status status, const char *reason,
                                             GError **error);

#endif
