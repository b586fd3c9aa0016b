/*
 * The outbox table: what is to leave the house, mail and webhooks. Errors are those of db.h.
 *
 * An entry waits until it is due. Whoever wants to send it claims it first, for a time: while the
 * claim holds no other node gets it, and what comes of it is recorded only by whoever still holds
 * it.
 */
#ifndef DB_QUERY_OUTBOX_H
#define DB_QUERY_OUTBOX_H

#include "base/time.h"
#include "base/uuid.h"
#include "db/db.h"
#include "db/query/page.h"

enum db_outbox_channel {
    DB_OUTBOX_MAIL,
    DB_OUTBOX_WEBHOOK,
    DB_OUTBOX_CHANNEL_N,
};

enum db_outbox_state {
    DB_OUTBOX_WAITING,
    DB_OUTBOX_SENT,
    DB_OUTBOX_DEAD,      /* given up, or refused for good */
    DB_OUTBOX_CANCELLED, /* not wanted any more */
    DB_OUTBOX_STATE_N,
};

/* "mail", "webhook"; "waiting", "sent", "dead", "cancelled". Static storage; NULL out of range. */
const char *db_outbox_channel_name(enum db_outbox_channel channel);
const char *db_outbox_state_name(enum db_outbox_state state);
bool db_outbox_state_from_name(const char *name, enum db_outbox_state *state);

struct db_outbox_entry {
    struct base_uuid id;
    enum db_outbox_channel channel;
    char *kind;                  /* what it tells of: "absence", "attendance.marked" … */
    char *dedupe_key;            /* there is one entry of each */
    struct base_uuid user_id;    /* whom it is for; none: nobody with an account */
    struct base_uuid webhook_id; /* of a webhook, otherwise none */
    char *parameters;            /* a JSON object: what it is made of when it is sent */
    enum db_outbox_state state;
    gint64 attempts; /* begun, also those that a crash ended */
    base_time due_at;
    base_time leased_until; /* 0: nobody has it */
    char *lease;            /* of whoever has it */
    char *last_error;       /* why the last attempt failed, or NULL */
    base_time created_at;
    base_time finished_at; /* 0 while it waits */
};

void db_outbox_entry_free(struct db_outbox_entry *entry);
typedef struct db_outbox_entry db_outbox_entry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(db_outbox_entry, db_outbox_entry_free)

/* Stores an entry that waits; `added` (may be NULL) is false when there was one of this dedupe_key
 * already, which stays as it is. */
bool db_outbox_insert(struct db_connection *connection, const struct db_outbox_entry *entry,
                      bool *added, GError **error);

/* NULL with BASE_ERROR_NOT_FOUND. */
struct db_outbox_entry *db_outbox_find(struct db_connection *connection, const struct base_uuid *id,
                                       GError **error);

/* Entries that may be claimed now, the longest due first, as an array that frees them. */
GPtrArray *db_outbox_due(struct db_connection *connection, enum db_outbox_channel channel,
                         base_time now, gint64 limit, GError **error);

/* Takes an entry until `until` and counts an attempt, unless somebody else has it or it does not
 * wait any more: then `claimed` is false. `lease` is a text that nobody else uses. */
bool db_outbox_claim(struct db_connection *connection, const struct base_uuid *id,
                     const char *lease, base_time now, base_time until, bool *claimed,
                     GError **error);

/* What came of a claimed entry: it is finished with this state (`problem` may be NULL), or waits
 * again until `due_at`. Without effect when the claim is lost; `held` (may be NULL) tells. */
bool db_outbox_finish(struct db_connection *connection, const struct base_uuid *id,
                      const char *lease, enum db_outbox_state state, const char *problem,
                      base_time now, bool *held, GError **error);
bool db_outbox_postpone(struct db_connection *connection, const struct base_uuid *id,
                        const char *lease, const char *problem, base_time due_at, bool *held,
                        GError **error);

/* Cancels an entry that waits and that nobody is sending; a dead one too. `changed` gets 1 or 0. */
bool db_outbox_cancel(struct db_connection *connection, const struct base_uuid *id, base_time now,
                      gint64 *changed, GError **error);

/* Lets a dead or cancelled entry wait again, due now, as if it was new. */
bool db_outbox_requeue(struct db_connection *connection, const struct base_uuid *id, base_time now,
                       gint64 *changed, GError **error);

/* The same for every dead one of a channel. */
bool db_outbox_requeue_dead(struct db_connection *connection, enum db_outbox_channel channel,
                            base_time now, gint64 *changed, GError **error);

/* What else is due for a webhook, and nobody is sending, waits until `due_at` and has one attempt
 * more. */
bool db_outbox_postpone_webhook(struct db_connection *connection,
                                const struct base_uuid *webhook_id, const char *problem,
                                base_time now, base_time due_at, GError **error);

/* What waits is due now, whatever pause its failures brought. */
bool db_outbox_hurry(struct db_connection *connection, enum db_outbox_channel channel,
                     base_time now, gint64 *changed, GError **error);

/* Deletes what was sent or cancelled before a moment, and what was given up before another. */
bool db_outbox_purge(struct db_connection *connection, base_time before, base_time dead_before,
                     gint64 *removed, GError **error);

struct db_outbox_filter {
    int state;        /* enum db_outbox_state or DB_ANY */
    int channel;      /* enum db_outbox_channel or DB_ANY */
    const char *kind; /* NULL: any */
    struct base_uuid user_id;
    struct base_uuid webhook_id;
};
#define DB_OUTBOX_FILTER_ALL ((struct db_outbox_filter){.state = DB_ANY, .channel = DB_ANY})

/* The newest first. `total` and `page` may be NULL. */
GPtrArray *db_outbox_list(struct db_connection *connection, const struct db_outbox_filter *filter,
                          const struct db_page *page, gint64 *total, GError **error);

#endif
