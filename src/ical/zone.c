#include "core/timetable.h"
#include "ical/internal.h"

#include <string.h>

enum { CHANGES_MAX = 20000, NAME_MAX_BYTES = 64 };

void ical_zone_free(struct ical_zone *zone)
{
    if (!zone)
        return;
    if (zone->system)
        g_time_zone_unref(zone->system);
    if (zone->changes)
        g_array_unref(zone->changes);
    g_free(zone);
}

struct ical_zone *ical_zone_of(GTimeZone *system)
{
    struct ical_zone *zone = g_new0(struct ical_zone, 1);

    zone->system = g_time_zone_ref(system);
    return zone;
}

/* A name out of the IANA database: never a path, which the system would open, nor a rule. */
static bool is_zone_name(const char *name)
{
    if (!g_ascii_isalpha(*name) || strlen(name) > NAME_MAX_BYTES || strstr(name, ".."))
        return false;
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("_+-/", *c))
            return false;
    return true;
}

static GTimeZone *find_system(const char *tzid)
{
    for (const char *name = tzid; name; name = strchr(name, '/')) {
        name += *name == '/';
        GTimeZone *zone = is_zone_name(name) ? g_time_zone_new_identifier(name) : NULL;
        if (zone)
            return zone;
    }
    return NULL;
}

/* ---- VTIMEZONE ---- */

struct observance {
    struct ical_zone *zone;
    gint32 second; /* of the wall, at which it begins */
    gint32 from, to;
    gint64 until; /* the last instant that begins it; G_MAXINT64: none */
};

static bool add_change(gint32 day, gpointer data)
{
    const struct observance *observance = data;
    const struct ical_zone_change change = {
        .seconds = (gint64)day * CORE_TIMETABLE_DAY_SECONDS + observance->second - observance->from,
        .offset = observance->to,
    };

    if (change.seconds > observance->until)
        return false;
    g_array_append_val(observance->zone->changes, change);
    return observance->zone->changes->len < CHANGES_MAX;
}

static void add_dates(icalcomponent *component, struct observance *observance)
{
    for (icalproperty *property = icalcomponent_get_first_property(component, ICAL_RDATE_PROPERTY);
         property; property = icalcomponent_get_next_property(component, ICAL_RDATE_PROPERTY)) {
        gint32 day;
        const struct icaldatetimeperiodtype date = icalproperty_get_rdate(property);
        if (ical_time_read(date.time, &day, &observance->second))
            add_change(day, observance);
    }
}

static bool add_rule(icalcomponent *component, struct observance *observance, gint32 start,
                     gint32 last_day, gint64 *steps)
{
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_RRULE_PROPERTY);
    struct ical_rule rule;
    gint32 day, second;

    if (!property)
        return true;
    const struct icalrecurrencetype recur = icalproperty_get_rrule(property);
    if (ical_rule_read(&recur, &rule) || rule.freq != ICAL_YEARLY_RECURRENCE)
        return false;
    if (ical_time_read(rule.until, &day, &second))
        observance->until = (gint64)day * CORE_TIMETABLE_DAY_SECONDS + second +
                            (rule.until.is_date ? CORE_TIMETABLE_DAY_SECONDS : 0);
    return ical_rule_days(&rule, start, start, last_day, steps, add_change, observance);
}

static bool add_observance(icalcomponent *component, struct ical_zone *zone, gint32 last_day,
                           gint64 *steps)
{
    icalproperty *start = icalcomponent_get_first_property(component, ICAL_DTSTART_PROPERTY);
    icalproperty *from = icalcomponent_get_first_property(component, ICAL_TZOFFSETFROM_PROPERTY);
    icalproperty *to = icalcomponent_get_first_property(component, ICAL_TZOFFSETTO_PROPERTY);
    struct observance observance = {.zone = zone, .until = G_MAXINT64};
    gint32 day;

    if (!start || !from || !to ||
        !ical_time_read(icalproperty_get_dtstart(start), &day, &observance.second))
        return false;
    observance.from = icalproperty_get_tzoffsetfrom(from);
    observance.to = icalproperty_get_tzoffsetto(to);
    if (ABS((gint64)observance.from) >= CORE_TIMETABLE_DAY_SECONDS ||
        ABS((gint64)observance.to) >= CORE_TIMETABLE_DAY_SECONDS)
        return false;
    add_change(day, &observance);
    if (!add_rule(component, &observance, day, last_day, steps))
        return false;
    observance.until = G_MAXINT64;
    add_dates(component, &observance);
    return true;
}

static int compare_changes(gconstpointer a, gconstpointer b)
{
    const struct ical_zone_change *one = a, *other = b;

    return (one->seconds > other->seconds) - (one->seconds < other->seconds);
}

static struct ical_zone *zone_read(icalcomponent *component, gint32 last_day, gint64 *steps)
{
    struct ical_zone *zone = g_new0(struct ical_zone, 1);
    bool whole = true;

    zone->changes = g_array_new(FALSE, FALSE, sizeof(struct ical_zone_change));
    for (icalcomponent *part = icalcomponent_get_first_component(component, ICAL_ANY_COMPONENT);
         part && whole; part = icalcomponent_get_next_component(component, ICAL_ANY_COMPONENT))
        whole = add_observance(part, zone, last_day, steps);
    if (!whole || zone->changes->len == 0) {
        ical_zone_free(zone);
        return NULL;
    }
    g_array_sort(zone->changes, compare_changes);
    /* What was before the first change nobody asks about: no timetable is as old. */
    zone->first_offset = g_array_index(zone->changes, struct ical_zone_change, 0).offset;
    return zone;
}

static struct ical_zone *find_component(icalcomponent *calendar, const char *tzid, gint32 last_day,
                                        gint64 *steps)
{
    for (icalcomponent *component =
             icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT);
         component;
         component = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT)) {
        icalproperty *property = icalcomponent_get_first_property(component, ICAL_TZID_PROPERTY);
        const char *name = property ? icalproperty_get_tzid(property) : NULL;
        if (g_strcmp0(name, tzid) == 0)
            return zone_read(component, last_day, steps);
    }
    return NULL;
}

struct ical_zone *ical_zone_resolve(icalcomponent *calendar, const char *tzid, gint32 last_day,
                                    gint64 *steps)
{
    g_autoptr(GTimeZone) system = find_system(tzid);

    return system ? ical_zone_of(system) : find_component(calendar, tzid, last_day + 366, steps);
}

static gint32 offset_at(gpointer data, gint64 seconds)
{
    const struct ical_zone *zone = data;
    guint low = 0, high = zone->changes->len;

    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(zone->changes, struct ical_zone_change, middle).seconds <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? g_array_index(zone->changes, struct ical_zone_change, low - 1).offset
               : zone->first_offset;
}

gint64 ical_zone_wall(struct ical_zone *zone, gint32 day, gint32 second)
{
    const gint64 wall = (gint64)day * CORE_TIMETABLE_DAY_SECONDS + second;

    return zone->system ? core_timetable_wall(core_timetable_offset, zone->system, wall)
                        : core_timetable_wall(offset_at, zone, wall);
}
