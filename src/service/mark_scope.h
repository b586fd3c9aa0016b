/* Private to this folder: whom a face at a camera is compared with, and what becomes of one that
 * leaves doubt. */
#ifndef SERVICE_MARK_SCOPE_H
#define SERVICE_MARK_SCOPE_H

#include "service/internal.h"
#include "service/marking.h"

/*
 * With a session: its roster; then, only where the course's rules say "search": "institution",
 * everybody, and who is found there is a matter for review. With a group: its members. With
 * neither: those who have a session about now, then everybody, who are marked alike (in their
 * session, or for the day): the first have the threshold of fewer people. docs/register.md tells it
 * to people.
 */
struct service_mark_scope {
    struct recognise_scope first, wider;
    bool widens; /* `wider` counts */
    bool review; /* a match of the wider scope is for review */
    GArray *people;
};

/* Brings the gallery up to date and finds the scope. No connection is held afterwards, because the
 * recogniser takes many times longer than the database. Errors of service_mark_by_face(). */
bool service_mark_scope_find(struct service *service, const struct service_mark_request *request,
                             base_time at, struct service_mark_scope *scope, GError **error);
void service_mark_scope_clear(struct service_mark_scope *scope);

/* Makes a review of an answer that NEEDS_REVIEW, with the best frame's face: of the session asked
 * for, else of the one that the first candidate could be marked in, else of the day. Holds no
 * connection. */
bool service_mark_review(struct service *service, const struct service_mark_request *request,
                         base_time at, const struct recognise_answer *answer, GError **error);

#endif
