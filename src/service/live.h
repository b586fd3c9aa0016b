/*
 * What happens in a session, told to those who listen as it happens: marks, corrections, faces in
 * doubt, the end.
 *
 * One thread works for all listeners of this node. It is told of every commit of its own and asks
 * the audit log once a second what other nodes and the command line have changed; what it then
 * finds different in a session becomes events. So whoever changes a register need not know of
 * listeners, and while nobody listens nothing is read. Events name what is so now: one that comes
 * twice does no harm.
 *
 *   register  the counts, first of all and when the listener has to read the register anew
 *   mark      a mark was made, changed or taken back
 *   review    how many faces wait for somebody who knows them
 *   end       the session was closed, cancelled or deleted; it is the last one
 */
#ifndef SERVICE_LIVE_H
#define SERVICE_LIVE_H

#include "service/service.h"

enum service_live_sent {
    SERVICE_LIVE_SENT,
    SERVICE_LIVE_FULL, /* the listener is behind */
    SERVICE_LIVE_GONE,
};

/* How events reach listeners. Called by any thread; nothing here may wait. */
struct service_live_port {
    /* An event as it is sent; all listeners share it. */
    GBytes *(*encode)(const char *id, const char *name, const char *data);
    enum service_live_sent (*send)(gpointer stream, GBytes *event);
    bool (*is_open)(gpointer stream);
    bool (*is_quiet)(gpointer stream); /* everything that was sent has left */
    void (*close)(gpointer stream);    /* ends it after what was sent, and frees it */
};

/* Whether somebody may (still) listen: BASE_ERROR_UNAVAILABLE is no answer, any other error is no.
 * Holds no connection when it is called. */
typedef bool (*service_live_admit)(struct service *service, gconstpointer who,
                                   const struct base_uuid *session_id, GError **error);

struct service_live_listener {
    struct base_uuid session_id;
    const char *last_id; /* of the last event that was seen before; NULL: none */
    service_live_admit admit;
    gpointer who; /* for admit(); freed by free_who */
    GDestroyNotify free_who;
    gpointer stream;
};

/* Administrators and the teachers of the course: BASE_ERROR_NOT_FOUND for others, as when there is
 * no such session. */
bool service_live_allow(struct service *service, const struct service_identity *identity,
                        const struct base_uuid *session_id, GError **error);

/* Whether somebody who has seen `last_id` (may be NULL) has seen the end of the session, which
 * still stands: nothing more will come. */
bool service_live_is_over(struct service *service, const struct base_uuid *session_id,
                          const char *last_id, bool *over, GError **error);

/* Tells the listener, who was admitted just now, of everything from now on; takes over `who` and
 * `stream`. Admits again from time to time, and closes the stream when that fails. All calls have
 * the same port. */
void service_live_listen(struct service *service, const struct service_live_port *port,
                         const struct service_live_listener *listener);

/* Closes every stream and ends the thread. service_live_listen() must not be called any more. */
void service_live_stop(struct service *service);

#endif
