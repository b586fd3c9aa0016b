#include "core/statistics.h"

#include <math.h>

void core_statistics_add(struct core_statistics *statistics, enum core_status status, gint64 n)
{
    if ((unsigned)status >= CORE_STATUS_N)
        return;
    statistics->counts[status] += n;
    statistics->total += n;
}

void core_statistics_of(const GPtrArray *marks, struct core_statistics *statistics)
{
    *statistics = (struct core_statistics){0};
    for (guint i = 0; i < marks->len; i++) {
        const struct core_attendance *mark = g_ptr_array_index(marks, i);
        core_statistics_add(statistics, mark->status, 1);
    }
}

double core_statistics_attended(const struct core_statistics *statistics)
{
    gint64 counted = statistics->total - statistics->counts[CORE_STATUS_EXCUSED];
    gint64 attended =
        statistics->counts[CORE_STATUS_PRESENT] + statistics->counts[CORE_STATUS_LATE];

    return counted > 0 ? (double)attended / (double)counted : NAN;
}
