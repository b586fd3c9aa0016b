/* Counts of a register by status, and the share of attendance. */
#ifndef CORE_STATISTICS_H
#define CORE_STATISTICS_H

#include "core/types.h"

struct core_statistics {
    gint64 counts[CORE_STATUS_N];
    gint64 total;
};

/* Adds n marks of a status; a status out of range is ignored. Start from zeros. */
void core_statistics_add(struct core_statistics *statistics, enum core_status status, gint64 n);

/* Counts an array of struct core_attendance *. */
void core_statistics_of(const GPtrArray *marks, struct core_statistics *statistics);

/* Share 0 … 1 of the marks, excused ones left out, that are present or late. NaN when nothing is
 * left to count. */
double core_statistics_attended(const struct core_statistics *statistics);

#endif
