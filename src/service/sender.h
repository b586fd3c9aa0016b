/*
 * Sending what waits in the outbox, by a table of channels.
 *
 * A receiver that gives no answer is not asked again for each entry that waits for it: what one
 * came to is written down for all of them, so that other receivers do not wait behind it.
 *
 * An entry is claimed for a while by the node that sends it. What fails for the time being is tried
 * again after 1, 2, 4 … 360 minutes (each a little shorter or longer, so that not all come at
 * once), 16 times in about two days; what is refused for good is dead at once.
 */
#ifndef SERVICE_SENDER_H
#define SERVICE_SENDER_H

#include "db/query/outbox.h"
#include "service/service.h"

enum service_delivery {
    SERVICE_DELIVERY_DONE,
    SERVICE_DELIVERY_UNWANTED,    /* nobody wants it any more: cancelled; the error says why */
    SERVICE_DELIVERY_LATER,       /* failed for now */
    SERVICE_DELIVERY_SILENT,      /* failed for now, and so will everything else of this webhook */
    SERVICE_DELIVERY_UNREACHABLE, /* failed for now, and so will everything else of this channel */
    SERVICE_DELIVERY_NEVER,       /* refused for good */
};

struct service_channel {
    enum db_outbox_channel channel;
    /* Whether it is set up at all; its entries wait while it is not. */
    bool (*ready)(struct service *service);
    /* Sends one entry, in less than SERVICE_DELIVERY_SECONDS; holds no connection while it talks
     * to the network. `error` is set unless it is done. Give up soon when *stop is not 0 any more
     * (read atomically, `stop` may be NULL). */
    enum service_delivery (*deliver)(struct service *service, const struct db_outbox_entry *entry,
                                     const gint *stop, GError **error);
};

enum { SERVICE_DELIVERY_SECONDS = 120 };

/* The channels: sender.c lists them. */
extern const struct service_channel service_mail_channel;    /* mail_channel.c */
extern const struct service_channel service_webhook_channel; /* webhook_channel.c */

struct service_sent {
    gint64 sent;
    gint64 failed; /* to be tried again */
    gint64 dead;
    gint64 unwanted;
    bool unreachable; /* what is still due should be left alone for a while */
};

/*
 * Sends what is due of one channel until nothing is, it is not reachable, or *stop is not 0 any
 * more (NULL: never). False with an error only when the database failed; what one entry came to is
 * in the entry and in `sent` (may be NULL).
 */
bool service_sender_run(struct service *service, enum db_outbox_channel channel, const gint *stop,
                        struct service_sent *sent, GError **error);

/* Whether the channel is set up. */
bool service_sender_is_ready(struct service *service, enum db_outbox_channel channel);

#endif
