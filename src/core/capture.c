#include "core/capture.h"

#include <stddef.h>

const char *core_time_source_name(enum core_time_source source)
{
    static const char *const NAMES[CORE_TIME_SOURCE_N] = {"arrival", "device", "given"};

    return (unsigned)source < CORE_TIME_SOURCE_N ? NAMES[source] : NULL;
}

base_time core_capture_instant(base_time arrival, base_time captured, base_time sent,
                               base_time allowance, enum core_time_source *source)
{
    base_time age = 0;

    *source = CORE_TIME_SOURCE_ARRIVAL;
    if (captured == 0 || sent == 0 || __builtin_sub_overflow(sent, captured, &age) || age < 0 ||
        age > allowance)
        return arrival;
    *source = CORE_TIME_SOURCE_DEVICE;
    return arrival - age;
}
