#include "core/timetable.h"
#include "ical/internal.h"

#include <string.h>

enum {
    OCCURRENCES_MAX_DEFAULT = 20000,
    EXCEPTIONS_MAX = 2000, /* dates added to or taken out of one event */
};

/* Days that rules may be asked about in one file: a second's work at most. */
#define STEPS_MAX 20000000

struct reader {
    icalcomponent *root; /* the VCALENDAR that is being read */
    GTimeZone *zone;
    gint32 first_day, last_day;
    guint occurrences_max;
    gint64 steps;
    GHashTable *zones;     /* TZID → struct ical_zone *, NULL where it is not known */
    struct ical_zone *own; /* of floating times */
    GHashTable *masters;   /* UID → SEQUENCE + 1 of the event that was taken for it */
    GHashTable *overrides; /* "UID#instant" of occurrences that have an event of their own */
    struct ical_calendar *calendar;
};

/* A moment as the file says it. */
struct moment {
    bool is_date;
    gint32 day, second;
    struct ical_zone *zone; /* NULL: UTC */
    gint64 seconds;         /* since 1970 UTC */
};

struct event {
    struct reader *reader;
    icalcomponent *component;
    const char *uid, *summary;
    struct moment start;
    gint32 length_days; /* of all-day events */
    gint64 length;      /* in seconds, on the wall when `wall` */
    bool wall;
    bool recurs;
    gint64 until;           /* seconds UTC, or a day number of all-day events */
    GHashTable *exceptions; /* gint64 instants, or day numbers */
    GHashTable *seen;       /* days that have been given out already */
    bool full;
};

/* Always false, for use in a return statement. */
static bool refuse(const struct event *event, const char *reason)
{
    struct ical_refusal *refusal = g_new0(struct ical_refusal, 1);

    refusal->uid = g_strdup(event->uid);
    refusal->summary = g_strdup(event->summary);
    refusal->reason = g_strconcat("This event is left out: ", reason, NULL);
    g_ptr_array_add(event->reader->calendar->refusals, refusal);
    return false;
}

/* ---- moments ---- */

static struct ical_zone *zone_of(struct reader *reader, icalproperty *property)
{
    icalparameter *parameter = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER);
    const char *tzid = parameter ? icalparameter_get_tzid(parameter) : NULL;
    gpointer found;

    if (!tzid)
        return reader->own;
    if (!g_hash_table_lookup_extended(reader->zones, tzid, NULL, &found)) {
        found = ical_zone_resolve(reader->root, tzid, reader->last_day, &reader->steps);
        g_hash_table_insert(reader->zones, g_strdup(tzid), found);
    }
    return found;
}

/* NULL, or why it is none. */
static const char *moment_read(struct reader *reader, icalproperty *property,
                               struct icaltimetype time, struct moment *moment)
{
    *moment = (struct moment){.is_date = time.is_date};
    if (!ical_time_read(time, &moment->day, &moment->second))
        return "it has a date that there is not.";
    if (time.is_date || icaltime_is_utc(time)) {
        moment->seconds = (gint64)moment->day * CORE_TIMETABLE_DAY_SECONDS + moment->second;
        return NULL;
    }
    moment->zone = zone_of(reader, property);
    if (!moment->zone)
        return "its time zone is not known.";
    moment->seconds = ical_zone_wall(moment->zone, moment->day, moment->second);
    return NULL;
}

/* What an occurrence is known by among those of its event. */
static gint64 key_of(const struct moment *moment)
{
    return moment->is_date ? moment->day : moment->seconds;
}

static gint64 *new_key(gint64 key)
{
    return g_memdup2(&key, sizeof key);
}

static char *override_key(const char *uid, gint64 key)
{
    return g_strdup_printf("%s#%" G_GINT64_FORMAT, uid, key);
}

/* ---- one occurrence ---- */

static char *dup_text(icalcomponent *component, icalproperty_kind kind)
{
    icalproperty *property = icalcomponent_get_first_property(component, kind);
    icalvalue *value = property ? icalproperty_get_value(property) : NULL;
    const char *text = value ? icalvalue_get_text(value) : NULL;

    return text && *text && g_utf8_validate(text, -1, NULL) ? g_strdup(text) : NULL;
}

static bool is_cancelled(icalcomponent *component)
{
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_STATUS_PROPERTY);

    return property && icalproperty_get_status(property) == ICAL_STATUS_CANCELLED;
}

/* The local day and time of an instant, in the institution's zone. */
static gint32 local_day(const struct reader *reader, gint64 seconds)
{
    gint32 day, second;

    core_timetable_read_wall(reader->zone, seconds * BASE_TIME_SECOND, &day, &second);
    return day;
}

/* `name_day`: by which day an occurrence of a recurring event is named, NULL for none. */
static struct ical_occurrence *occurrence_new(const struct event *event, const char *name_day)
{
    struct ical_occurrence *occurrence = g_new0(struct ical_occurrence, 1);

    occurrence->series = g_strdup(event->uid);
    occurrence->uid =
        name_day ? g_strconcat(event->uid, "#", name_day, NULL) : g_strdup(event->uid);
    occurrence->summary = g_strdup(event->summary);
    occurrence->location = dup_text(event->component, ICAL_LOCATION_PROPERTY);
    occurrence->cancelled = is_cancelled(event->component);
    occurrence->all_day = event->start.is_date;
    return occurrence;
}

/* Two of an event on one day get a number. */
static char *name_of_day(struct event *event, gint32 day)
{
    char text[CORE_DAY_SIZE];
    gint64 key = day;

    core_day_from_number(day, text);
    const guint before = GPOINTER_TO_UINT(g_hash_table_lookup(event->seen, &key));
    g_hash_table_replace(event->seen, new_key(key), GUINT_TO_POINTER(before + 1));
    return before ? g_strdup_printf("%s-%u", text, before + 1) : g_strdup(text);
}

/* Adds the occurrence that begins at a moment, unless it lies outside of the days asked for. */
static void add_occurrence(struct event *event, const struct moment *start, gint32 named)
{
    struct reader *reader = event->reader;
    g_autofree char *name = event->recurs ? name_of_day(event, named) : NULL;
    const gint32 day = start->is_date ? start->day : local_day(reader, start->seconds);
    const gint32 last = start->is_date ? day + event->length_days - 1 : day;

    if (last < reader->first_day || day > reader->last_day)
        return;
    if (reader->calendar->occurrences->len >= reader->occurrences_max) {
        event->full = true;
        return;
    }
    struct ical_occurrence *occurrence = occurrence_new(event, name);
    core_day_from_number(day, occurrence->first_day);
    core_day_from_number(last, occurrence->last_day);
    if (!start->is_date) {
        gint64 end = start->seconds + event->length;
        if (event->wall) {
            const gint64 wall =
                (gint64)start->day * CORE_TIMETABLE_DAY_SECONDS + start->second + event->length;
            end = ical_zone_wall(start->zone, (gint32)(wall / CORE_TIMETABLE_DAY_SECONDS),
                                 (gint32)(wall % CORE_TIMETABLE_DAY_SECONDS));
        }
        /* Where the clocks skipped the end. */
        if (end <= start->seconds)
            end = start->seconds + event->length;
        occurrence->starts_at = start->seconds * BASE_TIME_SECOND;
        occurrence->ends_at = end * BASE_TIME_SECOND;
    }
    g_ptr_array_add(reader->calendar->occurrences, occurrence);
}

/* The day by which an occurrence is named: of the institution's wall. */
static gint32 naming_day(const struct event *event, const struct moment *moment)
{
    return moment->is_date ? moment->day : local_day(event->reader, moment->seconds);
}

/* One that the rule, or an RDATE, gives; unless it is taken out or has an event of its own. */
static void offer(struct event *event, const struct moment *moment)
{
    const gint64 key = key_of(moment);
    g_autofree char *own = override_key(event->uid, key);

    if (!g_hash_table_contains(event->exceptions, &key) &&
        !g_hash_table_contains(event->reader->overrides, own))
        add_occurrence(event, moment, naming_day(event, moment));
    else
        g_free(name_of_day(event, naming_day(event, moment))); /* it keeps its number */
}

static bool offer_day(gint32 day, gpointer data)
{
    struct event *event = data;
    struct moment moment = event->start;

    moment.day = day;
    moment.seconds = moment.zone ? ical_zone_wall(moment.zone, day, moment.second)
                                 : (gint64)day * CORE_TIMETABLE_DAY_SECONDS + moment.second;
    if (key_of(&moment) > event->until)
        return false;
    offer(event, &moment);
    return !event->full;
}

/* ---- events ---- */

/* How long it lasts. NULL, or why that cannot be. */
static const char *read_length(struct event *event)
{
    icalproperty *end = icalcomponent_get_first_property(event->component, ICAL_DTEND_PROPERTY);
    icalproperty *duration =
        icalcomponent_get_first_property(event->component, ICAL_DURATION_PROPERTY);
    struct moment moment;

    event->length_days = 1;
    if (end) {
        const char *problem = moment_read(event->reader, end, icalproperty_get_dtend(end), &moment);
        if (problem)
            return problem;
        if (moment.is_date != event->start.is_date)
            return "its end is of another kind than its start.";
        event->length_days = MAX(moment.day - event->start.day, 1);
        event->wall = moment.zone && moment.zone == event->start.zone;
        event->length = event->wall
                            ? (gint64)(moment.day - event->start.day) * CORE_TIMETABLE_DAY_SECONDS +
                                  moment.second - event->start.second
                            : moment.seconds - event->start.seconds;
    } else if (duration) {
        const struct icaldurationtype value = icalproperty_get_duration(duration);
        event->length = value.is_neg ? 0
                                     : (gint64)value.weeks * 7 * CORE_TIMETABLE_DAY_SECONDS +
                                           (gint64)value.days * CORE_TIMETABLE_DAY_SECONDS +
                                           (gint64)value.hours * 3600 + (gint64)value.minutes * 60 +
                                           value.seconds;
        event->length_days = (gint32)CLAMP(event->length / CORE_TIMETABLE_DAY_SECONDS, 1, 36600);
    }
    if (event->length_days > 36600)
        return "it lasts too long.";
    if (!event->start.is_date && event->length <= 0)
        return "it has no end after its start.";
    if (!event->start.is_date && event->length > CORE_TIMETABLE_DAY_SECONDS)
        return "it lasts longer than a day.";
    return NULL;
}

/* Whether libical could not read one of its properties. */
static bool is_broken(icalcomponent *component)
{
    return icalcomponent_get_first_property(component, ICAL_XLICERROR_PROPERTY) != NULL;
}

static const char *read_exceptions(struct event *event)
{
    guint n = 0;

    for (icalproperty *property =
             icalcomponent_get_first_property(event->component, ICAL_EXDATE_PROPERTY);
         property;
         property = icalcomponent_get_next_property(event->component, ICAL_EXDATE_PROPERTY)) {
        struct moment moment;
        const char *problem =
            moment_read(event->reader, property, icalproperty_get_exdate(property), &moment);
        if (problem)
            return problem;
        if (++n > EXCEPTIONS_MAX)
            return "it has too many exceptions.";
        /* A date alone takes out what begins on it, as some programs write it. */
        if (moment.is_date && !event->start.is_date) {
            moment.is_date = false;
            moment.second = event->start.second;
            moment.zone = event->start.zone;
            moment.seconds = moment.zone ? ical_zone_wall(moment.zone, moment.day, moment.second)
                                         : moment.seconds + moment.second;
        }
        g_hash_table_add(event->exceptions, new_key(key_of(&moment)));
    }
    return NULL;
}

static const char *offer_dates(struct event *event)
{
    guint n = 0;

    for (icalproperty *property =
             icalcomponent_get_first_property(event->component, ICAL_RDATE_PROPERTY);
         property;
         property = icalcomponent_get_next_property(event->component, ICAL_RDATE_PROPERTY)) {
        const struct icaldatetimeperiodtype date = icalproperty_get_rdate(property);
        struct moment moment;
        if (icaltime_is_null_time(date.time))
            return "it has additional periods, which are not understood here.";
        const char *problem = moment_read(event->reader, property, date.time, &moment);
        if (problem)
            return problem;
        if (moment.is_date != event->start.is_date)
            return "it has an additional date of another kind than its start.";
        if (++n > EXCEPTIONS_MAX)
            return "it has too many additional dates.";
        offer(event, &moment);
    }
    return NULL;
}

static const char *read_until(struct event *event, const struct ical_rule *rule)
{
    struct moment until = {.is_date = rule->until.is_date};

    event->until = G_MAXINT64;
    if (icaltime_is_null_time(rule->until))
        return NULL;
    if (!ical_time_read(rule->until, &until.day, &until.second))
        return "its rule has a date that there is not.";
    if (event->start.is_date) {
        event->until = until.day;
        return NULL;
    }
    if (until.is_date)
        until.second = CORE_TIMETABLE_DAY_SECONDS - 1;
    until.zone = icaltime_is_utc(rule->until) ? NULL : event->start.zone;
    event->until = until.zone ? ical_zone_wall(until.zone, until.day, until.second)
                              : (gint64)until.day * CORE_TIMETABLE_DAY_SECONDS + until.second;
    return NULL;
}

static const char *expand(struct event *event)
{
    struct reader *reader = event->reader;
    icalproperty *property =
        icalcomponent_get_first_property(event->component, ICAL_RRULE_PROPERTY);
    const gint32 first = reader->first_day - event->length_days - 2;
    struct ical_rule rule;

    if (icalcomponent_get_next_property(event->component, ICAL_RRULE_PROPERTY) ||
        icalcomponent_get_first_property(event->component, ICAL_EXRULE_PROPERTY))
        return "it has more than one rule.";
    if (!property) {
        offer(event, &event->start);
        return NULL;
    }
    const struct icalrecurrencetype recur = icalproperty_get_rrule(property);
    const char *problem = ical_rule_read(&recur, &rule);
    if (!problem)
        problem = read_until(event, &rule);
    if (problem)
        return problem;
    if (!ical_rule_days(&rule, event->start.day, first, reader->last_day + 2, &reader->steps,
                        offer_day, event))
        return "the rules of this file are too much work.";
    return NULL;
}

static bool has_property(icalcomponent *component, icalproperty_kind kind)
{
    return icalcomponent_get_first_property(component, kind) != NULL;
}

static const char *read_master(struct event *event)
{
    event->recurs = has_property(event->component, ICAL_RRULE_PROPERTY) ||
                    has_property(event->component, ICAL_EXRULE_PROPERTY) ||
                    has_property(event->component, ICAL_RDATE_PROPERTY);
    const char *problem = read_exceptions(event);
    if (!problem)
        problem = expand(event);
    if (!problem)
        problem = offer_dates(event);
    if (!problem && event->full)
        problem = "there are too many occurrences in this file.";
    return problem;
}

/* The event of one occurrence: it is named as the rule would have it. */
static const char *read_override(struct event *event, icalproperty *recurrence)
{
    struct moment named;
    const char *problem =
        moment_read(event->reader, recurrence, icalproperty_get_recurrenceid(recurrence), &named);

    if (problem)
        return problem;
    if (icalproperty_get_first_parameter(recurrence, ICAL_RANGE_PARAMETER))
        return "it changes all occurrences from one on, which is not understood here.";
    event->recurs = true;
    add_occurrence(event, &event->start, naming_day(event, &named));
    return event->full ? "there are too many occurrences in this file." : NULL;
}

static const char *read_event(struct event *event)
{
    icalproperty *start = icalcomponent_get_first_property(event->component, ICAL_DTSTART_PROPERTY);
    icalproperty *recurrence =
        icalcomponent_get_first_property(event->component, ICAL_RECURRENCEID_PROPERTY);

    if (!event->uid)
        return "it has no UID.";
    if (is_broken(event->component))
        return "it has a value that cannot be read.";
    if (!start)
        return "it has no start.";
    const char *problem =
        moment_read(event->reader, start, icalproperty_get_dtstart(start), &event->start);
    if (!problem)
        problem = read_length(event);
    if (problem)
        return problem;
    return recurrence ? read_override(event, recurrence) : read_master(event);
}

/* Of several versions of an event the newest counts. */
static gpointer sequence_of(icalcomponent *component)
{
    icalproperty *property = icalcomponent_get_first_property(component, ICAL_SEQUENCE_PROPERTY);
    const int sequence = property ? icalproperty_get_sequence(property) : 0;

    return GINT_TO_POINTER(CLAMP(sequence, 0, G_MAXINT32 - 1) + 1);
}

/* First look: which occurrences have events of their own, and which version of an event is newest.
 */
static void note_event(struct reader *reader, icalcomponent *component)
{
    g_autofree char *uid = dup_text(component, ICAL_UID_PROPERTY);
    icalproperty *recurrence =
        icalcomponent_get_first_property(component, ICAL_RECURRENCEID_PROPERTY);
    struct moment named;

    if (!uid)
        return;
    if (recurrence) {
        if (!moment_read(reader, recurrence, icalproperty_get_recurrenceid(recurrence), &named))
            g_hash_table_add(reader->overrides, override_key(uid, key_of(&named)));
        return;
    }
    gpointer best = g_hash_table_lookup(reader->masters, uid);
    gpointer ours = sequence_of(component);
    if (GPOINTER_TO_INT(ours) > GPOINTER_TO_INT(best))
        g_hash_table_replace(reader->masters, g_strdup(uid), ours);
}

static void take_event(struct reader *reader, icalcomponent *component)
{
    g_autofree char *uid = dup_text(component, ICAL_UID_PROPERTY);
    g_autofree char *summary = dup_text(component, ICAL_SUMMARY_PROPERTY);
    struct event event = {
        .reader = reader,
        .component = component,
        .uid = uid,
        .summary = summary,
        .until = G_MAXINT64,
    };
    const char *problem = NULL;

    if (uid && !has_property(component, ICAL_RECURRENCEID_PROPERTY)) {
        if (g_hash_table_lookup(reader->masters, uid) != sequence_of(component))
            problem = "the file has another one of its UID.";
        else
            g_hash_table_replace(reader->masters, g_strdup(uid), NULL); /* the first of equals */
    }
    event.exceptions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    event.seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    const guint before = reader->calendar->occurrences->len;
    if (!problem)
        problem = read_event(&event);
    if (problem) {
        g_ptr_array_set_size(reader->calendar->occurrences, (gint)before);
        refuse(&event, problem);
    }
    g_hash_table_destroy(event.exceptions);
    g_hash_table_destroy(event.seen);
}

typedef void (*event_visit)(struct reader *reader, icalcomponent *component);

static void each_event(struct reader *reader, event_visit visit)
{
    for (icalcomponent *component =
             icalcomponent_get_first_component(reader->root, ICAL_VEVENT_COMPONENT);
         component;
         component = icalcomponent_get_next_component(reader->root, ICAL_VEVENT_COMPONENT))
        visit(reader, component);
}

static void zone_destroy(gpointer zone)
{
    ical_zone_free(zone);
}

/* One VCALENDAR of the file: its time zones and UIDs are its own. */
static void read_calendar(struct reader *reader, icalcomponent *root)
{
    reader->root = root;
    reader->zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, zone_destroy);
    reader->masters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->overrides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    each_event(reader, note_event);
    each_event(reader, take_event);
    g_hash_table_destroy(reader->overrides);
    g_hash_table_destroy(reader->masters);
    g_hash_table_destroy(reader->zones);
}

static gint compare_occurrences(gconstpointer a, gconstpointer b)
{
    const struct ical_occurrence *one = *(struct ical_occurrence *const *)a;
    const struct ical_occurrence *other = *(struct ical_occurrence *const *)b;
    const int days = strcmp(one->first_day, other->first_day);

    if (days)
        return days;
    if (one->starts_at != other->starts_at)
        return one->starts_at < other->starts_at ? -1 : 1;
    return strcmp(one->uid, other->uid);
}

/* libical gives several calendars in a row a parent of their own. */
static void read_root(struct reader *reader, icalcomponent *parsed)
{
    if (icalcomponent_isa(parsed) == ICAL_VCALENDAR_COMPONENT) {
        read_calendar(reader, parsed);
        return;
    }
    for (icalcomponent *root = icalcomponent_get_first_component(parsed, ICAL_VCALENDAR_COMPONENT);
         root; root = icalcomponent_get_next_component(parsed, ICAL_VCALENDAR_COMPONENT))
        read_calendar(reader, root);
}

bool ical_read(const void *data, gsize size, GTimeZone *zone, const char *first_day,
               const char *last_day, const struct ical_limits *limits,
               struct ical_calendar *calendar, GError **error)
{
    g_autofree char *text = ical_scan(data, size, limits, error);
    struct reader reader = {
        .zone = zone,
        .first_day = core_day_number(first_day),
        .last_day = core_day_number(last_day),
        .occurrences_max =
            limits && limits->occurrences_max ? limits->occurrences_max : OCCURRENCES_MAX_DEFAULT,
        .steps = STEPS_MAX,
        .calendar = calendar,
    };

    *calendar = (struct ical_calendar){0};
    if (!text)
        return false;
    ical_prepare();
    icalcomponent *parsed = icalparser_parse_string(text);
    if (!parsed) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "This is no iCalendar file that can be read.");
        return false;
    }
    ical_calendar_init(calendar);
    reader.own = ical_zone_of(zone);
    read_root(&reader, parsed);
    ical_zone_free(reader.own);
    icalcomponent_free(parsed);
    g_ptr_array_sort(calendar->occurrences, compare_occurrences);
    return true;
}
