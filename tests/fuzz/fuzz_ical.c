/* Calendars of other programs: read or refused, within the days asked for, in little time. */
#include "core/timetable.h"
#include "ical/calendar.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ical_limits LIMITS = {
        .size_max = 64 * 1024, .events_max = 50, .occurrences_max = 500};
    static GTimeZone *zone;
    g_auto(ical_calendar) calendar = {0};
    g_autoptr(GError) error = NULL;

    if (!zone)
        zone = core_time_zone_load("America/New_York", NULL);
    bool read = ical_read(data, size, zone, "2026-01-01", "2026-12-31", &LIMITS, &calendar, &error);
    g_assert_true(read == (error == NULL));
    if (!read)
        return 0;
    g_assert_cmpuint(calendar.occurrences->len, <=, 500);
    for (guint i = 0; i < calendar.occurrences->len; i++) {
        const struct ical_occurrence *occurrence = calendar.occurrences->pdata[i];
        g_assert_true(g_utf8_validate(occurrence->uid, -1, NULL));
        g_assert_true(core_day_is_valid(occurrence->first_day));
        g_assert_true(core_day_is_valid(occurrence->last_day));
        g_assert_cmpstr(occurrence->first_day, <=, "2026-12-31");
        g_assert_cmpstr(occurrence->last_day, >=, "2026-01-01");
        g_assert_true(occurrence->all_day || occurrence->ends_at > occurrence->starts_at);
    }
    for (guint i = 0; i < calendar.refusals->len; i++)
        g_assert_nonnull(((struct ical_refusal *)calendar.refusals->pdata[i])->reason);
    return 0;
}
