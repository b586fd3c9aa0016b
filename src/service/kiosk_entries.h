/*
 * What a kiosk took while the server was away, and hands in now: frames and PINs, each sealed in
 * the browser to the server (auth/box.h) with its moment and a counter that grows.
 *
 * An entry counts once by its counter, however often it comes and to whichever node: whoever takes
 * it first works on it under a lease, and the marks are written in the transaction that settles it.
 * What has to wait (the key file is away, another node is at it) is answered AGAIN and must be sent
 * again; everything else is final. Entries that cannot be used are kept out of the register, with a
 * reason, and noted in the audit log. docs/kiosk.md tells it to people.
 */
#ifndef SERVICE_KIOSK_ENTRIES_H
#define SERVICE_KIOSK_ENTRIES_H

#include "service/kiosk.h"

enum {
    SERVICE_KIOSK_ENTRIES_MAX = 8,         /* of one call */
    SERVICE_KIOSK_LEASE_SECONDS = 60,      /* in which an entry is worked on */
    SERVICE_KIOSK_COUNTER_AHEAD = 1000000, /* of the kiosk's highest one, at most */
    SERVICE_KIOSK_SEALED_MAX = 12 << 20,   /* bytes */
};

#define SERVICE_KIOSK_ENTRY_INFO "presente kiosk entry 1"

struct service_kiosk_entry {
    gint64 counter;            /* from 1 */
    base_time captured_at;     /* by the kiosk's clock */
    const char *captured_text; /* the same exactly as it was sent: it is authenticated */
    const void *sealed;
    size_t sealed_n;
};

enum service_kiosk_verdict {
    SERVICE_KIOSK_ACCEPTED,
    SERVICE_KIOSK_REFUSED,
    SERVICE_KIOSK_AGAIN,
    SERVICE_KIOSK_VERDICT_N,
};

/* "accepted", "refused", "again". Static storage. */
const char *service_kiosk_verdict_name(enum service_kiosk_verdict verdict);

struct service_kiosk_outcome {
    gint64 counter;
    enum service_kiosk_verdict verdict;
    char reason[16]; /* a word of the contract; "": none */
    gint64 marked;   /* people who have a mark by it */
};

/*
 * Takes entries in, in their order; `sent_at` is what the kiosk's clock showed when they were sent.
 * An entry is as old as the two moments of that clock are apart, by core_capture_instant() with
 * CORE_CAPTURE_STAFF; one that cannot be placed so is refused. `outcomes` gets as many. False only
 * when nothing can be known: BASE_ERROR_INVALID for too many or a counter that is far ahead,
 * BASE_ERROR_UNAVAILABLE.
 */
bool service_kiosk_replay(struct service *service, const struct service_device *device,
                          base_time sent_at, const struct service_kiosk_entry *entries, size_t n,
                          struct service_kiosk_outcome *outcomes, GError **error);

/* What the counter of the next new entry is to be at least. */
bool service_kiosk_counter(struct service *service, const struct service_device *device,
                           gint64 *next, GError **error);

#endif
