/* What a server does by itself: once a day it deletes the pictures that nothing names any more, and
 * what is past its period (service/retention.h); once a second it gives entries of the audit log
 * their places in the chain, once more when it stops, and looks whether its database answers. */
#ifndef APP_UPKEEP_H
#define APP_UPKEEP_H

#include "service/service.h"

struct app_upkeep;

/* Starts the threads that do it; pictures are looked at for the first time a minute from now. With
 * `watch` the database has been asked once when this returns, and is watched from then on
 * (service/watch.h). */
struct app_upkeep *app_upkeep_start(struct service *service, bool watch);

/* Waits until what is under way has ended; after two seconds whatever waits for a database server
 * is interrupted (db_interrupt()). NULL is allowed. */
void app_upkeep_stop(struct app_upkeep *upkeep);

#endif
