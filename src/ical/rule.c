#include "core/timetable.h"
#include "ical/internal.h"

bool ical_time_read(struct icaltimetype time, gint32 *day, gint32 *second)
{
    char text[CORE_DAY_SIZE];

    if (time.year < 1600 || time.year > 2200)
        return false;
    g_snprintf(text, sizeof text, "%04d-%02u-%02u", time.year % 10000, (unsigned)time.month % 100,
               (unsigned)time.day % 100);
    if (!core_day_is_valid(text) || time.month < 0 || time.month > 12 || time.day < 0 ||
        time.day > 31)
        return false;
    *day = core_day_number(text);
    *second = time.is_date ? 0 : time.hour * 3600 + time.minute * 60 + MIN(time.second, 59);
    return *second >= 0 && *second < CORE_TIMETABLE_DAY_SECONDS;
}

/* libical counts from 1 Sunday. */
static gint32 weekday_of(int weekday)
{
    return weekday == 1 ? 7 : weekday - 1;
}

static const char *read_days(const struct icalrecurrencetype *recur, struct ical_rule *rule)
{
    for (gsize i = 0; i < ICAL_BY_DAY_SIZE && recur->by_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
        const int weekday = (int)icalrecurrencetype_day_day_of_week(recur->by_day[i]);
        const int nth = icalrecurrencetype_day_position(recur->by_day[i]);
        if (rule->days_n == G_N_ELEMENTS(rule->days))
            return "its rule names too many weekdays.";
        if (weekday < 1 || weekday > 7 || nth < -53 || nth > 53)
            return "its rule names a weekday that there is not.";
        rule->days[rule->days_n].weekday = (gint8)weekday_of(weekday);
        rule->days[rule->days_n++].nth = (gint8)nth;
    }
    return NULL;
}

static const char *read_month_days(const struct icalrecurrencetype *recur, struct ical_rule *rule)
{
    for (gsize i = 0;
         i < ICAL_BY_MONTHDAY_SIZE && recur->by_month_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
        const int day = recur->by_month_day[i];
        if (day == 0 || day < -31 || day > 31)
            return "its rule names a day of the month that there is not.";
        if (day > 0)
            rule->month_days_first |= 1u << day;
        else
            rule->month_days_last |= 1u << -day;
    }
    return NULL;
}

static const char *read_months(const struct icalrecurrencetype *recur, struct ical_rule *rule)
{
    for (gsize i = 0; i < ICAL_BY_MONTH_SIZE && recur->by_month[i] != ICAL_RECURRENCE_ARRAY_MAX;
         i++) {
        if (recur->by_month[i] < 1 || recur->by_month[i] > 12)
            return "its rule names a month that there is not.";
        rule->months |= (guint16)(1u << recur->by_month[i]);
    }
    return NULL;
}

static bool is_given(const short *values)
{
    return values[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

const char *ical_rule_read(const struct icalrecurrencetype *recur, struct ical_rule *rule)
{
    *rule = (struct ical_rule){
        .freq = recur->freq,
        .interval = recur->interval,
        .count = recur->count,
        .week_start = weekday_of((int)recur->week_start),
        .until = recur->until,
    };
    if (recur->freq < ICAL_DAILY_RECURRENCE || recur->freq > ICAL_YEARLY_RECURRENCE)
        return "its rule is neither by days nor by weeks, months or years.";
    if (recur->interval < 1 || recur->count < 0)
        return "its rule has no sensible interval.";
    if (is_given(recur->by_second) || is_given(recur->by_minute) || is_given(recur->by_hour) ||
        is_given(recur->by_week_no) || is_given(recur->by_year_day) || is_given(recur->by_set_pos))
        return "its rule has parts that are not understood here.";
    if (recur->rscale)
        return "its rule is of another calendar than the Gregorian.";
    if (rule->week_start < 1 || rule->week_start > 7)
        rule->week_start = 1;
    const char *problem = read_days(recur, rule);
    if (!problem)
        problem = read_month_days(recur, rule);
    return problem ? problem : read_months(recur, rule);
}

/* A date with what rules ask about it. */
struct date {
    gint32 number, weekday;
    gint32 year, month, day;
    gint32 month_length, year_day, year_length;
};

static void date_read(gint32 number, struct date *date)
{
    GDate value;

    g_date_clear(&value, 1);
    g_date_set_julian(&value, (guint32)(number + 719163));
    date->number = number;
    date->weekday = core_day_weekday(number);
    date->year = g_date_get_year(&value);
    date->month = (gint32)g_date_get_month(&value);
    date->day = g_date_get_day(&value);
    date->month_length =
        g_date_get_days_in_month(g_date_get_month(&value), g_date_get_year(&value));
    date->year_day = (gint32)g_date_get_day_of_year(&value);
    date->year_length = g_date_is_leap_year(g_date_get_year(&value)) ? 366 : 365;
}

static bool in_interval(const struct ical_rule *rule, const struct date *start,
                        const struct date *date)
{
    gint32 passed = 0;

    switch (rule->freq) {
    case ICAL_WEEKLY_RECURRENCE: {
        /* Weeks counted from the day that they begin on. */
        const gint32 shift = rule->week_start - 1;
        passed =
            (core_day_monday(date->number - shift) - core_day_monday(start->number - shift)) / 7;
        break;
    }
    case ICAL_MONTHLY_RECURRENCE:
        passed = (date->year - start->year) * 12 + date->month - start->month;
        break;
    case ICAL_YEARLY_RECURRENCE:
        passed = date->year - start->year;
        break;
    default:
        passed = date->number - start->number;
    }
    return passed % rule->interval == 0;
}

static bool has_month_day(const struct ical_rule *rule, const struct date *date)
{
    return (rule->month_days_first >> date->day & 1) ||
           (rule->month_days_last >> (date->month_length - date->day + 1) & 1);
}

/* The how-manieth of its weekday, within the month or the year. */
static bool has_weekday(const struct ical_rule *rule, const struct date *date)
{
    const bool of_year = rule->freq == ICAL_YEARLY_RECURRENCE && !rule->months;
    const gint32 day = of_year ? date->year_day : date->day;
    const gint32 length = of_year ? date->year_length : date->month_length;

    for (gsize i = 0; i < rule->days_n; i++) {
        const gint32 nth = rule->days[i].nth;
        if (rule->days[i].weekday == date->weekday &&
            (nth == 0 || rule->freq < ICAL_MONTHLY_RECURRENCE || nth == (day - 1) / 7 + 1 ||
             nth == -((length - day) / 7 + 1)))
            return true;
    }
    return false;
}

/* What the start says where the rule is silent. */
static bool matches_start(const struct ical_rule *rule, const struct date *start,
                          const struct date *date)
{
    switch (rule->freq) {
    case ICAL_WEEKLY_RECURRENCE:
        return date->weekday == start->weekday;
    case ICAL_MONTHLY_RECURRENCE:
        return date->day == start->day;
    case ICAL_YEARLY_RECURRENCE:
        return date->day == start->day && (rule->months || date->month == start->month);
    default:
        return true;
    }
}

static bool matches(const struct ical_rule *rule, const struct date *start, const struct date *date)
{
    const bool by_month_day = rule->month_days_first || rule->month_days_last;

    if (!in_interval(rule, start, date) || (rule->months && !(rule->months >> date->month & 1)))
        return false;
    if (!by_month_day && rule->days_n == 0)
        return matches_start(rule, start, date);
    return (!by_month_day || has_month_day(rule, date)) &&
           (rule->days_n == 0 || has_weekday(rule, date));
}

bool ical_rule_days(const struct ical_rule *rule, gint32 start, gint32 first, gint32 last,
                    gint64 *steps, ical_rule_visit visit, gpointer data)
{
    struct date begin, date;
    gint32 n = 0;

    date_read(start, &begin);
    if (start <= last && !visit(start, data))
        return true;
    for (gint32 day = rule->count ? start + 1 : MAX(start + 1, first); day <= last; day++) {
        if (--*steps < 0)
            return false;
        date_read(day, &date);
        if (!matches(rule, &begin, &date))
            continue;
        /* The start is the first one that is counted. */
        if ((rule->count && ++n >= rule->count) || !visit(day, data))
            return true;
    }
    return true;
}
