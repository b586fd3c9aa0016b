/* What a server does by itself once a day: deletes the pictures that nothing names any more, and
 * those that may not be kept longer. */
#ifndef APP_UPKEEP_H
#define APP_UPKEEP_H

#include "service/service.h"

struct app_upkeep;

/* Starts the thread that does it, for the first time a minute from now. */
struct app_upkeep *app_upkeep_start(struct service *service);

/* Waits until what is under way has ended. NULL is allowed. */
void app_upkeep_stop(struct app_upkeep *upkeep);

#endif
