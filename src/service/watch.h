/*
 * Whether the database answers, known without asking it: one thread looks from time to time, so
 * that a health check is answered at once also while the database server hangs.
 */
#ifndef SERVICE_WATCH_H
#define SERVICE_WATCH_H

#include "service/service.h"

/* Asks the database and notes what comes of it; the log is told of changes. Settles doubts about
 * the key file as well. One thread at a time, about once a second; may take as long as a statement.
 */
void service_watch_look(struct service *service);

enum service_watch_state {
    SERVICE_WATCH_NONE, /* nobody has looked yet: ask the database */
    SERVICE_WATCH_WELL,
    SERVICE_WATCH_SILENT, /* an error, or no answer for two seconds */
};

/* Never waits. */
enum service_watch_state service_watch_state(const struct service *service);

#endif
