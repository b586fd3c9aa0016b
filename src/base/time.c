#include "base/time.h"

#include <string.h>

#define YEAR_1 G_GINT64_CONSTANT(-62135596800)
#define YEAR_9999_END G_GINT64_CONSTANT(253402300799)

static _Thread_local base_time pretended;

base_time base_time_now(void)
{
    return pretended ? pretended : g_get_real_time();
}

void base_time_pretend(base_time instant)
{
    pretended = instant;
}

static GDateTime *date_time_in(base_time time, GTimeZone *zone, int *microseconds)
{
    gint64 seconds = time / BASE_TIME_SECOND;
    gint64 rest = time % BASE_TIME_SECOND;

    if (rest < 0) {
        rest += BASE_TIME_SECOND;
        seconds--;
    }
    /* A day of room on both sides for the zone's offset. */
    seconds = CLAMP(seconds, YEAR_1 + 86400, YEAR_9999_END - 86400);
    *microseconds = (int)rest;
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
    return g_date_time_to_timezone(utc, zone);
}

char *base_time_format_in(base_time time, GTimeZone *zone, char text[static BASE_TIME_TEXT_SIZE])
{
    int microseconds;
    g_autoptr(GDateTime) local = date_time_in(time, zone, &microseconds);
    g_autofree char *seconds = g_date_time_format(local, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *offset = g_date_time_format(local, "%:z");
    char fraction[12] = "";

    if (microseconds)
        g_snprintf(fraction, sizeof fraction, ".%06d", microseconds);
    g_snprintf(text, BASE_TIME_TEXT_SIZE, "%s%s%s", seconds, fraction, offset);
    return text;
}

char *base_time_format(base_time time, char text[static BASE_TIME_TEXT_SIZE])
{
    /* Called for every row of every list, so without GDateTime: civil date from days since the
     * epoch, by eras of 400 years that begin on 1 March. */
    gint64 seconds = time / BASE_TIME_SECOND;
    int microseconds = (int)(time % BASE_TIME_SECOND);
    if (microseconds < 0) {
        microseconds += (int)BASE_TIME_SECOND;
        seconds--;
    }
    seconds = CLAMP(seconds, YEAR_1, YEAR_9999_END);

    gint64 days = seconds / 86400;
    int second_of_day = (int)(seconds % 86400);
    if (second_of_day < 0) {
        second_of_day += 86400;
        days--;
    }
    gint64 shifted = days + 719468;
    gint64 era = shifted / 146097;
    int day_of_era = (int)(shifted - era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    int day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int year = (int)(year_of_era + era * 400) + (month <= 2);

    int length = g_snprintf(text, BASE_TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month,
                            day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    if (microseconds)
        length += g_snprintf(text + length, (gulong)(BASE_TIME_TEXT_SIZE - length), ".%06d",
                             microseconds);
    g_strlcpy(text + length, "Z", (gsize)(BASE_TIME_TEXT_SIZE - length));
    return text;
}

/* RFC 3339 is narrower than the ISO 8601 that GLib reads: no week dates, no missing parts. */
static bool has_rfc3339_form(const char *text)
{
    static const char FORM[] = "dddd-dd-ddTdd:dd:dd";
    size_t i;

    for (i = 0; FORM[i]; i++) {
        char c = g_ascii_toupper(text[i]);
        if (FORM[i] == 'd' ? !g_ascii_isdigit(c) : c != FORM[i])
            return false;
    }
    if (text[i] == '.') {
        size_t digits = strspn(text + i + 1, "0123456789");
        if (digits < 1 || digits > 9)
            return false;
        i += 1 + digits;
    }
    if (g_ascii_toupper(text[i]) == 'Z')
        return text[i + 1] == '\0';
    return (text[i] == '+' || text[i] == '-') && g_ascii_isdigit(text[i + 1]) &&
           g_ascii_isdigit(text[i + 2]) && text[i + 3] == ':' && g_ascii_isdigit(text[i + 4]) &&
           g_ascii_isdigit(text[i + 5]) && text[i + 6] == '\0';
}

bool base_time_parse(const char *text, base_time *time)
{
    if (!text || strlen(text) >= BASE_TIME_TEXT_SIZE || !has_rfc3339_form(text))
        return false;
    g_autofree char *upper = g_ascii_strup(text, -1);
    g_autoptr(GDateTime) parsed = g_date_time_new_from_iso8601(upper, NULL);
    if (!parsed)
        return false;
    *time = g_date_time_to_unix(parsed) * BASE_TIME_SECOND + g_date_time_get_microsecond(parsed);
    return true;
}
