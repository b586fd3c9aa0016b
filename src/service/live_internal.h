/* Private to live*.c: what is known of a session that somebody listens to, and how it is read. */
#ifndef SERVICE_LIVE_INTERNAL_H
#define SERVICE_LIVE_INTERNAL_H

#include "core/catalogue.h"
#include "service/internal.h"
#include "service/live.h"
#include "service/session_register.h"

/* More marks at once than this are not told one by one: the listener reads the register. */
#define SERVICE_LIVE_MARKS_MAX 300
/* So many events are kept for those who come back. */
#define SERVICE_LIVE_KEPT 256
/* The id of an event "end". */
#define SERVICE_LIVE_END_ID "end"

/* ---- live_read.c ---- */

/* A session as it is now. */
struct service_live_reading {
    struct core_session *session; /* NULL: there is none any more, and nothing else is filled */
    base_time opens_at, closes_at;
    GPtrArray *marks;   /* struct core_attendance * */
    GHashTable *roster; /* struct base_uuid *; NULL: was not read */
    gint64 reviews;
};
void service_live_reading_clear(struct service_live_reading *reading);

/* `whole`: with the roster. */
bool service_live_read(struct db_connection *connection, const struct base_uuid *session_id,
                       bool whole, struct service_live_reading *reading, GError **error);

/* What the audit log tells between two looks. */
struct service_live_news {
    gint64 position;      /* where the next look begins; -1: nothing is known yet */
    GHashTable *unplaced; /* gint64 *: entries that were seen before they had a place */
    GHashTable *reviews;  /* as db_live_reviews() found them last; NULL: never */

    /* Of the last look. */
    GHashTable *sessions; /* struct base_uuid *: what to read again */
    bool everything;      /* any session may have changed, its roster too */
    bool access;          /* who may see what may have changed */
};
void service_live_news_init(struct service_live_news *news);
void service_live_news_finish(struct service_live_news *news);

/* The first look finds nothing and only remembers where the log ends. */
bool service_live_news_look(struct service_live_news *news, struct db_connection *connection,
                            GError **error);

/* ---- live_channel.c ---- */

/* An event before it is encoded. */
struct service_live_event {
    const char *name; /* static storage */
    char *data;
};
void service_live_event_free(gpointer event);

/* What listeners of one session know. */
struct service_live_channel {
    struct base_uuid session_id;
    bool loaded; /* what follows was read once */
    enum service_window window;
    base_time starts_at, ends_at, opens_at, closes_at;
    GHashTable *marks;  /* struct base_uuid * (the person) → struct core_attendance * */
    GHashTable *roster; /* struct base_uuid * */
    gint64 counts[CORE_STATUS_N];
    gint64 unmarked;
    gint64 reviews;
    const char *ended; /* why; NULL: it goes on */

    guint32 epoch;   /* ids of another one are of another life of the channel */
    gint64 sequence; /* of the last event */
    GQueue kept;     /* GBytes *, the last events */

    GPtrArray *listeners; /* live.c's */
    bool dirty, stale;    /* to be read again; with the roster */
    gint64 read_at;       /* monotonic, with the roster */
    gint64 left_at;       /* monotonic, when the last listener went */
};

struct service_live_channel *service_live_channel_create(const struct base_uuid *session_id);
void service_live_channel_destroy(gpointer channel);

/* Takes what was read into the channel and appends what is new of it to `events` (struct
 * service_live_event *, an array that frees them); the first time that is nothing but an end.
 * Empties the reading's marks and roster. */
void service_live_channel_update(struct service_live_channel *channel,
                                 struct service_live_reading *reading, GPtrArray *events);

/* The data of the event "register". */
char *service_live_channel_register(const struct service_live_channel *channel, bool resumed);

/* The same of the event "end", once the channel has ended. */
char *service_live_channel_end(const struct service_live_channel *channel);

/* "5f3a09c1-17": the id of an event. */
char *service_live_channel_id(const struct service_live_channel *channel, gint64 sequence);

/* Which event an id names: those behind it were missed. -1 when it is none of this channel's, or
 * what was missed is not kept any more. */
gint64 service_live_channel_resume(const struct service_live_channel *channel, const char *id);

/* Keeps an event that was given the next sequence. */
void service_live_channel_keep(struct service_live_channel *channel, GBytes *event);

#endif
