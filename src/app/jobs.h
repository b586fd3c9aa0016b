/* The threads that write the reports which people have asked for in the background. */
#ifndef APP_JOBS_H
#define APP_JOBS_H

#include "service/service.h"

struct app_jobs;

/* Starts them. Once an hour one of them removes results that are past their day. */
struct app_jobs *app_jobs_start(struct service *service);

/* Gives back what is under way, for the next start or another node, and joins the threads. NULL is
 * allowed. */
void app_jobs_stop(struct app_jobs *jobs);

#endif
