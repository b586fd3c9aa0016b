/* What a server sends by itself: a thread for each channel of the outbox, and one that looks once a
 * minute which reports are due. */
#ifndef APP_OUTGOING_H
#define APP_OUTGOING_H

#include "service/service.h"

struct app_outgoing;

/* Starts the threads. */
struct app_outgoing *app_outgoing_start(struct service *service);

/* Ends them: a transfer that is under way gets three more seconds. What was not sent waits for the
 * next start, or for another node. NULL is allowed. */
void app_outgoing_stop(struct app_outgoing *outgoing);

#endif
