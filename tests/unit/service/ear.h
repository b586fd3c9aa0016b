/* Somebody who listens to a session (service/live.h), for tests: what they hear waits to be asked
 * for. Whoever waits does so until it comes. */
#ifndef SERVICE_EAR_H
#define SERVICE_EAR_H

#include "fixture.h"

#include "base/json.h"
#include "service/live.h"

struct ear {
    GMutex lock;
    GCond changed;
    GQueue heard; /* json_t *: {"id", "name", "data"} */
    guint room;   /* events that can still be taken */
    bool closed;
};

void ear_init(struct ear *ear);
void ear_finish(struct ear *ear);

/* Listens to a session as somebody, who must outlive it, from an event on (NULL: from now). */
void ear_listen(struct service *service, const struct base_uuid *session,
                const struct service_identity *who, const char *last_id, struct ear *ear);

/* Goes away, as a browser that is closed. */
void ear_hang_up(gpointer ear);
bool ear_is_open(gpointer ear);

/* Until the stream was closed. */
void ear_await_close(struct ear *ear);

/* The next event, which must have this name. New reference. */
json_t *ear_next(struct ear *ear, const char *name);

/* Of an event: its data, members of it and of its counts, its id (g_free() it). */
json_t *ear_data(json_t *event);
const char *ear_text(json_t *event, const char *name);
gint64 ear_number(json_t *event, const char *name);
gint64 ear_count(json_t *event, const char *name);
char *ear_id(json_t *event);

/* The next event is this; a NULL status: the mark was taken back. */
void ear_expect_register(struct ear *ear, bool resumed, gint64 unmarked);
void ear_expect_mark(struct ear *ear, const char *name, const char *status, gint64 unmarked);

#endif
