#include "ical/internal.h"

#include <string.h>

/* The rest of this second and of those before 2020 do not matter for an order. */
#define SEQUENCE_EPOCH G_GINT64_CONSTANT(1577836800)

static struct icaltimetype utc(base_time time)
{
    g_autoptr(GDateTime) clock = g_date_time_new_from_unix_utc(time / BASE_TIME_SECOND);
    struct icaltimetype value = icaltime_null_time();

    if (!clock)
        return value;
    value.year = g_date_time_get_year(clock);
    value.month = g_date_time_get_month(clock);
    value.day = g_date_time_get_day_of_month(clock);
    value.hour = g_date_time_get_hour(clock);
    value.minute = g_date_time_get_minute(clock);
    value.second = g_date_time_get_second(clock);
    value.zone = icaltimezone_get_utc_timezone();
    return value;
}

/* Grows with every change and needs no column of its own: seconds since 2020. */
static int sequence_of(const struct ical_event *event)
{
    if (event->updated_at <= event->created_at)
        return 0;
    return (int)CLAMP(event->updated_at / BASE_TIME_SECOND - SEQUENCE_EPOCH, 0, G_MAXINT32);
}

static void add_event(icalcomponent *calendar, const struct ical_event *event)
{
    icalcomponent *component = icalcomponent_new(ICAL_VEVENT_COMPONENT);

    icalcomponent_add_property(component, icalproperty_new_uid(event->uid));
    icalcomponent_add_property(component, icalproperty_new_dtstamp(utc(event->updated_at)));
    icalcomponent_add_property(component, icalproperty_new_created(utc(event->created_at)));
    icalcomponent_add_property(component, icalproperty_new_lastmodified(utc(event->updated_at)));
    icalcomponent_add_property(component, icalproperty_new_sequence(sequence_of(event)));
    icalcomponent_add_property(component, icalproperty_new_dtstart(utc(event->starts_at)));
    icalcomponent_add_property(component, icalproperty_new_dtend(utc(event->ends_at)));
    icalcomponent_add_property(component,
                               icalproperty_new_summary(event->summary ? event->summary : ""));
    if (event->location)
        icalcomponent_add_property(component, icalproperty_new_location(event->location));
    if (event->description)
        icalcomponent_add_property(component, icalproperty_new_description(event->description));
    icalcomponent_add_property(
        component,
        icalproperty_new_status(event->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    icalcomponent_add_component(calendar, component);
}

static void add_extension(icalcomponent *calendar, const char *name, const char *value)
{
    icalproperty *property = icalproperty_new_x(value);

    icalproperty_set_x_name(property, name);
    icalcomponent_add_property(calendar, property);
}

GBytes *ical_write(const char *name, const char *zone, const GPtrArray *events, GError **error)
{
    ical_prepare();
    icalcomponent *calendar = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    icalcomponent_add_property(calendar, icalproperty_new_version("2.0"));
    icalcomponent_add_property(calendar, icalproperty_new_prodid("-//Presente//Timetable//EN"));
    icalcomponent_add_property(calendar, icalproperty_new_method(ICAL_METHOD_PUBLISH));
    if (name)
        add_extension(calendar, "X-WR-CALNAME", name);
    if (zone)
        add_extension(calendar, "X-WR-TIMEZONE", zone);
    for (guint i = 0; i < events->len; i++)
        add_event(calendar, events->pdata[i]);

    char *text = icalcomponent_as_ical_string_r(calendar);
    icalcomponent_free(calendar);
    if (!text) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INTERNAL,
                            "The calendar could not be written.");
        return NULL;
    }
    GBytes *bytes = g_bytes_new(text, strlen(text));
    icalmemory_free_buffer(text);
    return bytes;
}
