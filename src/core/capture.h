/*
 * When a picture was taken: the server's clock decides.
 *
 * A device may state when it took a picture (`captured`) together with its own clock at the moment
 * of sending (`sent`). The difference is the picture's age by one clock, however wrong that clock
 * is, and the age before the arrival is the moment that counts. It counts only when the age is not
 * negative and within the allowance of who is asking; otherwise, and when nothing or only one of
 * the two is stated, the moment of arrival does. So no statement puts a mark into the future, or
 * further back than the allowance.
 */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H

#include "base/time.h"

#define CORE_CAPTURE_ANYBODY (2 * 60 * BASE_TIME_SECOND)     /* a slow network */
#define CORE_CAPTURE_STAFF (24 * 60 * 60 * BASE_TIME_SECOND) /* a kiosk that was offline */

enum core_time_source {
    CORE_TIME_SOURCE_ARRIVAL, /* the server's clock when the request arrived */
    CORE_TIME_SOURCE_DEVICE,  /* the arrival less the age that the device stated */
    CORE_TIME_SOURCE_GIVEN,   /* an administrator said so */
    CORE_TIME_SOURCE_N,
};

/* "arrival", "device", "given". Static storage; NULL for a value out of range. */
const char *core_time_source_name(enum core_time_source source);

/* The moment that counts, and where it is from. 0 stands for what is not stated. */
base_time core_capture_instant(base_time arrival, base_time captured, base_time sent,
                               base_time allowance, enum core_time_source *source);

#endif
