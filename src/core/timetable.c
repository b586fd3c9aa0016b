#include "core/timetable.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS G_GINT64_CONSTANT(86400)
/* Day numbers of 0001-01-01 and 9999-12-31. */
#define DAY_MIN (-719162)
#define DAY_MAX 2932896
/* GDate counts 0001-01-01 as 1. */
#define JULIAN_OF_EPOCH 719163

gint32 core_day_number(const char *day)
{
    unsigned year = 0, month = 0, date = 0;
    GDate value;

    g_return_val_if_fail(core_day_is_valid(day), 0);
    sscanf(day, "%4u-%2u-%2u", &year, &month, &date);
    g_date_clear(&value, 1);
    g_date_set_dmy(&value, (GDateDay)date, (GDateMonth)month, (GDateYear)year);
    return (gint32)g_date_get_julian(&value) - JULIAN_OF_EPOCH;
}

void core_day_from_number(gint32 number, char day[CORE_DAY_SIZE])
{
    GDate value;

    g_date_clear(&value, 1);
    g_date_set_julian(&value, (guint32)(CLAMP(number, DAY_MIN, DAY_MAX) + JULIAN_OF_EPOCH));
    g_snprintf(day, CORE_DAY_SIZE, "%04u-%02u-%02u", (unsigned)g_date_get_year(&value) % 10000,
               (unsigned)g_date_get_month(&value) % 100, (unsigned)g_date_get_day(&value) % 100);
}

/* 1970-01-01 was a Thursday. */
static gint32 weekday_from_0(gint32 number)
{
    gint32 weekday = (number + 3) % 7;

    return weekday < 0 ? weekday + 7 : weekday;
}

gint32 core_day_weekday(gint32 number)
{
    return weekday_from_0(number) + 1;
}

gint32 core_day_monday(gint32 number)
{
    return number - weekday_from_0(number);
}

/* Two digits below a limit. */
static bool read_pair(const char *text, gint32 limit, gint32 *value)
{
    if (!g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]))
        return false;
    *value = (text[0] - '0') * 10 + text[1] - '0';
    return *value < limit;
}

bool core_clock_parse(const char *text, gint32 *second)
{
    const gsize length = text ? strlen(text) : 0;
    gint32 hours, minutes, seconds = 0;

    if ((length != 5 && length != 8) || text[2] != ':' || (length == 8 && text[5] != ':') ||
        !read_pair(text, 24, &hours) || !read_pair(text + 3, 60, &minutes) ||
        (length == 8 && !read_pair(text + 6, 60, &seconds)))
        return false;
    *second = hours * 3600 + minutes * 60 + seconds;
    return true;
}

char *core_clock_format(gint32 second, char text[static CORE_CLOCK_SIZE])
{
    const unsigned value = (unsigned)CLAMP(second, 0, DAY_SECONDS - 1);

    if (value % 60)
        g_snprintf(text, CORE_CLOCK_SIZE, "%02u:%02u:%02u", value / 3600 % 24, value / 60 % 60,
                   value % 60);
    else
        g_snprintf(text, CORE_CLOCK_SIZE, "%02u:%02u", value / 3600 % 24, value / 60 % 60);
    return text;
}

gint32 core_timetable_offset(gpointer zone, gint64 seconds)
{
    gint interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, seconds);

    return interval < 0 ? 0 : g_time_zone_get_offset(zone, interval);
}

gint64 core_timetable_wall(core_zone_offset offset_at, gpointer zone, gint64 wall)
{
    /* No zone is as far as a day from UTC, so these are on both sides of the moment; and no zone
     * changes twice in the two days between them. */
    const gint32 before = offset_at(zone, wall - DAY_SECONDS);
    const gint32 after = offset_at(zone, wall + DAY_SECONDS);
    const gint64 early = wall - before;
    const gint64 late = wall - after;

    if (before == after || offset_at(zone, early) == before)
        return early;
    /* Neither fits: the clocks skipped this time, and the offset from before the gap counts. */
    return offset_at(zone, late) == after ? late : early;
}

base_time core_timetable_instant(GTimeZone *zone, gint32 day, gint32 second)
{
    return core_timetable_wall(core_timetable_offset, zone, day * DAY_SECONDS + second) *
           BASE_TIME_SECOND;
}

void core_timetable_read_wall(GTimeZone *zone, base_time instant, gint32 *day, gint32 *second)
{
    gint64 seconds = instant / BASE_TIME_SECOND - (instant % BASE_TIME_SECOND < 0);

    seconds += core_timetable_offset(zone, seconds);
    gint64 days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
    *day = (gint32)CLAMP(days, DAY_MIN, DAY_MAX);
    *second = (gint32)(seconds - days * DAY_SECONDS);
}

void core_timetable_span(GTimeZone *zone, gint32 day, gint32 start_second, gint32 end_second,
                         base_time *starts_at, base_time *ends_at)
{
    const bool overnight = end_second <= start_second;
    const gint64 length = end_second - start_second + (overnight ? DAY_SECONDS : 0);

    *starts_at = core_timetable_instant(zone, day, start_second);
    *ends_at = core_timetable_instant(zone, day + overnight, end_second);
    if (*ends_at <= *starts_at)
        *ends_at = *starts_at + length * BASE_TIME_SECOND;
}

static bool slot_fail(GError **error, const char *message)
{
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, message);
    return false;
}

bool core_slot_validate(const struct core_slot *slot, GError **error)
{
    if (slot->weekday < 1 || slot->weekday > 7)
        return slot_fail(error, "weekday must be 1 (Monday) to 7 (Sunday).");
    if (slot->start_second < 0 || slot->start_second >= DAY_SECONDS)
        return slot_fail(error, "start_time must be a time of day.");
    if (slot->end_second < 0 || slot->end_second >= DAY_SECONDS)
        return slot_fail(error, "end_time must be a time of day.");
    if (slot->start_second == slot->end_second)
        return slot_fail(error, "end_time must differ from the start.");
    if (!core_day_is_valid(slot->first_day))
        return slot_fail(error, "first_day must be written YYYY-MM-DD.");
    if (!core_day_is_valid(slot->last_day))
        return slot_fail(error, "last_day must be written YYYY-MM-DD.");
    if (g_strcmp0(slot->last_day, slot->first_day) < 0)
        return slot_fail(error, "last_day must not be before the first day.");
    if (slot->every_weeks < 1 || slot->every_weeks > CORE_TIMETABLE_WEEKS_MAX)
        return slot_fail(error, "every_weeks must be 1 to 8.");
    return true;
}

static bool is_holiday(gint32 day, const struct core_day_range *holidays, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (day >= holidays[i].first && day <= holidays[i].last)
            return true;
    return false;
}

void core_slot_expand(const struct core_slot *slot, gint32 first, gint32 last,
                      const struct core_day_range *holidays, gsize holidays_n, GArray *days)
{
    const gint32 slot_first = core_day_number(slot->first_day);
    const gint32 slot_last = core_day_number(slot->last_day);
    const gint32 step = 7 * slot->every_weeks;
    gint32 day = core_day_monday(slot_first) + slot->weekday - 1;

    first = MAX(first, slot_first);
    last = MIN(last, slot_last);
    if (day < first)
        day += (first - day + step - 1) / step * step;
    for (; day <= last; day += step)
        if (!is_holiday(day, holidays, holidays_n))
            g_array_append_val(days, day);
}
