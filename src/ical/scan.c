#include "ical/internal.h"

#include <string.h>

enum {
    SIZE_MAX_DEFAULT = 4 << 20,
    EVENTS_MAX_DEFAULT = 5000,
    LINE_BYTES_MAX = 16 * 1024, /* bytes of one property that is kept, unfolded */
    ZONES_MAX = 64,
    OBSERVANCES_MAX = 256, /* in all zones together */
};

/* Where the scan is. */
enum place {
    PLACE_OUTSIDE,
    PLACE_CALENDAR,
    PLACE_EVENT,
    PLACE_ZONE,
    PLACE_OBSERVANCE,
    PLACE_N,
};

static const struct component {
    const char *name;
    enum place parent;
    enum place place;
} COMPONENTS[] = {
    {"VCALENDAR", PLACE_OUTSIDE, PLACE_CALENDAR}, {"VEVENT", PLACE_CALENDAR, PLACE_EVENT},
    {"VTIMEZONE", PLACE_CALENDAR, PLACE_ZONE},    {"STANDARD", PLACE_ZONE, PLACE_OBSERVANCE},
    {"DAYLIGHT", PLACE_ZONE, PLACE_OBSERVANCE},
};

static const enum place PARENTS[PLACE_N] = {
    [PLACE_CALENDAR] = PLACE_OUTSIDE,
    [PLACE_EVENT] = PLACE_CALENDAR,
    [PLACE_ZONE] = PLACE_CALENDAR,
    [PLACE_OBSERVANCE] = PLACE_ZONE,
};

static const char *const PROPERTIES[PLACE_N][16] = {
    [PLACE_EVENT] = {"UID", "DTSTART", "DTEND", "DURATION", "SUMMARY", "LOCATION", "STATUS",
                     "SEQUENCE", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID"},
    [PLACE_ZONE] = {"TZID"},
    [PLACE_OBSERVANCE] = {"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"},
};

struct scan {
    const struct ical_limits *limits;
    GString *text;
    enum place place;
    GString *skipped; /* name of the component that is left out, "" for none */
    guint skipped_depth;
    guint counts[PLACE_N];
};

static bool scan_fail(GError **error, enum base_error code, const char *message)
{
    g_set_error_literal(error, BASE_ERROR, (gint)code, message);
    return false;
}

static bool scan_begin(struct scan *scan, const char *name, GError **error)
{
    static const guint MOST[PLACE_N] = {
        [PLACE_CALENDAR] = 16, [PLACE_ZONE] = ZONES_MAX, [PLACE_OBSERVANCE] = OBSERVANCES_MAX};

    for (gsize i = 0; i < G_N_ELEMENTS(COMPONENTS); i++) {
        const struct component *component = &COMPONENTS[i];
        if (component->parent != scan->place || g_ascii_strcasecmp(name, component->name) != 0)
            continue;
        const guint most =
            component->place == PLACE_EVENT
                ? (scan->limits && scan->limits->events_max ? scan->limits->events_max
                                                            : EVENTS_MAX_DEFAULT)
                : MOST[component->place];
        if (++scan->counts[component->place] > most)
            return scan_fail(error, BASE_ERROR_TOO_LARGE,
                             "The calendar has too many events or time zones.");
        scan->place = component->place;
        g_string_append_printf(scan->text, "BEGIN:%s\r\n", component->name);
        return true;
    }
    g_string_assign(scan->skipped, name);
    scan->skipped_depth = 1;
    return true;
}

static bool scan_end(struct scan *scan, const char *name, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(COMPONENTS); i++)
        if (COMPONENTS[i].place == scan->place &&
            g_ascii_strcasecmp(name, COMPONENTS[i].name) == 0) {
            g_string_append_printf(scan->text, "END:%s\r\n", COMPONENTS[i].name);
            scan->place = PARENTS[scan->place];
            return true;
        }
    return scan_fail(error, BASE_ERROR_INVALID,
                     "The calendar is broken: something ends that has not begun.");
}

/* Of what is left out only the ends are counted, so that it may nest as it likes. */
static void scan_skipped(struct scan *scan, const char *name, bool begin)
{
    if (g_ascii_strcasecmp(name, scan->skipped->str) != 0)
        return;
    scan->skipped_depth += begin ? 1 : G_MAXUINT;
    if (scan->skipped_depth == 0)
        g_string_truncate(scan->skipped, 0);
}

static bool is_kept(enum place place, const char *line, gsize name_length)
{
    for (const char *const *name = PROPERTIES[place]; *name; name++)
        if (strlen(*name) == name_length && g_ascii_strncasecmp(line, *name, name_length) == 0)
            return true;
    return false;
}

/* One line as it is after unfolding. */
static bool scan_line(struct scan *scan, const char *line, GError **error)
{
    const gsize name_length = strcspn(line, ";:");
    const bool begin = g_ascii_strncasecmp(line, "BEGIN:", 6) == 0;
    const bool end = g_ascii_strncasecmp(line, "END:", 4) == 0;

    if (begin || end) {
        g_autofree char *name = g_strstrip(g_strdup(line + (begin ? 6 : 4)));
        if (scan->skipped->len > 0) {
            scan_skipped(scan, name, begin);
            return true;
        }
        return begin ? scan_begin(scan, name, error) : scan_end(scan, name, error);
    }
    if (scan->skipped->len > 0 || scan->place == PLACE_OUTSIDE ||
        !is_kept(scan->place, line, name_length))
        return true;
    if (strlen(line) > LINE_BYTES_MAX)
        return scan_fail(error, BASE_ERROR_TOO_LARGE, "The calendar has a line that is too long.");
    g_string_append_printf(scan->text, "%s\r\n", line);
    return true;
}

/* Lines end with LF, with or without CR; one that begins with a space or a tab goes on. */
static bool scan_lines(struct scan *scan, const char *data, gsize size, GError **error)
{
    g_autoptr(GString) line = g_string_new(NULL);
    const char *end = data + size;

    while (data < end) {
        const char *newline = memchr(data, '\n', (gsize)(end - data));
        const char *stop = newline ? newline : end;
        gsize length = (gsize)(stop - data);
        if (length > 0 && data[length - 1] == '\r')
            length--;
        if (length > 0 && (*data == ' ' || *data == '\t')) {
            g_string_append_len(line, data + 1, (gssize)length - 1);
        } else {
            if (line->len > 0 && !scan_line(scan, line->str, error))
                return false;
            g_string_truncate(line, 0);
            g_string_append_len(line, data, (gssize)length);
        }
        data = newline ? newline + 1 : end;
    }
    return line->len == 0 || scan_line(scan, line->str, error);
}

char *ical_scan(const void *data, gsize size, const struct ical_limits *limits, GError **error)
{
    const gsize size_max = limits && limits->size_max ? limits->size_max : SIZE_MAX_DEFAULT;
    const char *text = data;
    struct scan scan = {.limits = limits};

    if (size > size_max) {
        scan_fail(error, BASE_ERROR_TOO_LARGE, "The calendar is too large.");
        return NULL;
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (memchr(text, '\0', size) || !g_utf8_validate(text, (gssize)size, NULL)) {
        scan_fail(error, BASE_ERROR_INVALID, "The calendar is not UTF-8 text.");
        return NULL;
    }
    scan.text = g_string_new(NULL);
    scan.skipped = g_string_new(NULL);
    bool whole = scan_lines(&scan, text, size, error);
    if (whole &&
        (scan.place != PLACE_OUTSIDE || scan.skipped->len > 0 || scan.counts[PLACE_CALENDAR] == 0))
        whole = scan_fail(error, BASE_ERROR_INVALID,
                          scan.counts[PLACE_CALENDAR] == 0 ? "This is no iCalendar file."
                                                           : "The calendar ends too early.");
    g_string_free(scan.skipped, TRUE);
    return g_string_free(scan.text, !whole);
}
