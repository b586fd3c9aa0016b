#include "ical/internal.h"

void ical_prepare(void)
{
    static gsize once;

    if (g_once_init_enter(&once)) {
        icalerror_set_errors_are_fatal(0);
        ical_set_unknown_token_handling_setting(ICAL_DISCARD_TOKEN);
        g_once_init_leave(&once, 1);
    }
}

void ical_event_free(struct ical_event *event)
{
    if (!event)
        return;
    g_free(event->uid);
    g_free(event->summary);
    g_free(event->location);
    g_free(event->description);
    g_free(event);
}

static void occurrence_free(struct ical_occurrence *occurrence)
{
    g_free(occurrence->uid);
    g_free(occurrence->series);
    g_free(occurrence->summary);
    g_free(occurrence->location);
    g_free(occurrence);
}

static void refusal_free(gpointer data)
{
    struct ical_refusal *refusal = data;

    g_free(refusal->uid);
    g_free(refusal->summary);
    g_free(refusal->reason);
    g_free(refusal);
}

void ical_calendar_clear(struct ical_calendar *calendar)
{
    g_clear_pointer(&calendar->occurrences, g_ptr_array_unref);
    g_clear_pointer(&calendar->refusals, g_ptr_array_unref);
}

void ical_calendar_init(struct ical_calendar *calendar)
{
    calendar->occurrences = g_ptr_array_new_with_free_func((GDestroyNotify)occurrence_free);
    calendar->refusals = g_ptr_array_new_with_free_func(refusal_free);
}
