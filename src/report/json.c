/* JSON: an object a row, named by the columns' keys, and the series that plots need. */
#include "core/types.h"
#include "report/internal.h"

#include <math.h>
#include <string.h>

static const char *const KINDS[REPORT_KIND_N] = {
    [REPORT_KIND_NONE] = "text",        [REPORT_KIND_TEXT] = "text",
    [REPORT_KIND_INTEGER] = "integer",  [REPORT_KIND_REAL] = "real",
    [REPORT_KIND_PERCENT] = "share",    [REPORT_KIND_DATE] = "date",
    [REPORT_KIND_TIME] = "time",        [REPORT_KIND_INSTANT] = "instant",
    [REPORT_KIND_DURATION] = "seconds", [REPORT_KIND_STATUS] = "status",
};

static void append_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, *c);
        } else if ((guchar)*c < 0x20) {
            g_string_append_printf(out, "\\u%04x", (guint)(guchar)*c);
        } else {
            g_string_append_c(out, *c);
        }
    }
    g_string_append_c(out, '"');
}

/* A value that may be missing. */
static void append_text(GString *out, const char *text)
{
    if (text) {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        append_string(out, valid);
    } else {
        g_string_append(out, "null");
    }
}

static void append_real(GString *out, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append(out, isfinite(value) ? g_ascii_dtostr(number, sizeof number, value) : "null");
}

static void append_cell(GString *out, const struct report *report, const struct report_cell *cell)
{
    char clock[REPORT_CLOCK_SIZE], time[BASE_TIME_TEXT_SIZE];

    switch (cell->kind) {
    case REPORT_KIND_TEXT:
    case REPORT_KIND_DATE:
        append_string(out, cell->text);
        break;
    case REPORT_KIND_STATUS:
        append_string(out, cell->code ? cell->code : cell->text);
        break;
    case REPORT_KIND_INTEGER:
    case REPORT_KIND_DURATION:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, cell->integer);
        break;
    case REPORT_KIND_REAL:
    case REPORT_KIND_PERCENT:
        append_real(out, cell->real);
        break;
    case REPORT_KIND_TIME:
        append_string(out, report_clock_time(cell->integer, clock));
        break;
    case REPORT_KIND_INSTANT:
        append_string(out, report->zone ? base_time_format_in(cell->integer, report->zone, time)
                                        : base_time_format(cell->integer, time));
        break;
    default:
        g_string_append(out, "null");
        break;
    }
}

/* Whether the cell is a status of the institution's own, of which nobody knows what it counts as.
 */
static bool is_own_status(const struct report_cell *cell)
{
    return cell->kind == REPORT_KIND_STATUS && cell->code &&
           strcmp(cell->code, core_status_name(cell->status)) != 0;
}

/* What the row's own statuses count as, by the columns' keys. */
static void append_kinds(GString *out, const struct report_run *run)
{
    bool any = false;

    for (size_t i = 0; i < run->report->columns_n; i++) {
        const struct report_cell *cell = &run->row.cells[i];
        if (!is_own_status(cell))
            continue;
        g_string_append(out, any ? "," : ",\"counts_as\":{");
        any = true;
        append_string(out, run->report->columns[i].key);
        g_string_append_c(out, ':');
        append_string(out, core_status_name(cell->status));
    }
    if (any)
        g_string_append_c(out, '}');
}

static void append_row(GString *out, const struct report_run *run)
{
    for (size_t i = 0; i < run->report->columns_n; i++) {
        g_string_append_c(out, i == 0 ? '{' : ',');
        append_string(out, run->report->columns[i].key);
        g_string_append_c(out, ':');
        append_cell(out, run->report, &run->row.cells[i]);
    }
    append_kinds(out, run);
    g_string_append_c(out, '}');
}

static void append_member(GString *out, const char *name, const char *text)
{
    g_string_append_printf(out, "\"%s\":", name);
    append_text(out, text);
    g_string_append_c(out, ',');
}

static void append_head(GString *out, const struct report *report)
{
    char time[BASE_TIME_TEXT_SIZE];

    g_string_append_c(out, '{');
    append_member(out, "name", report->name);
    append_member(out, "title", report->title);
    append_member(out, "subtitle", report->subtitle);
    append_member(out, "institution", report->institution);
    append_member(out, "language", report->language);
    append_member(out, "generated_at",
                  report->zone ? base_time_format_in(report->generated_at, report->zone, time)
                               : base_time_format(report->generated_at, time));
    g_string_append(out, "\"parameters\":[");
    for (size_t i = 0; i < report->parameters_n; i++) {
        g_string_append(out, i ? ",{" : "{");
        append_member(out, "label", report->parameters[i].label);
        g_string_append(out, "\"value\":");
        append_text(out, report->parameters[i].value);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "],\"columns\":[");
    for (size_t i = 0; i < report->columns_n; i++) {
        const struct report_column *column = &report->columns[i];
        g_string_append(out, i ? ",{" : "{");
        append_member(out, "key", column->key);
        append_member(out, "title", column->title);
        append_member(out, "group", column->group);
        g_string_append_printf(out, "\"kind\":\"%s\"}", KINDS[column->kind]);
    }
    g_string_append(out, "],\"rows\":[");
}

static void append_series(GString *out, const struct report_series *series)
{
    g_string_append_c(out, '{');
    append_member(out, "key", series->key);
    append_member(out, "title", series->title);
    append_member(out, "x_title", series->x_title);
    append_member(out, "y_title", series->y_title);
    append_member(out, "plot", series->plot == REPORT_PLOT_BAR ? "bar" : "line");
    g_string_append_printf(out, "\"is_share\":%s,\"labels\":[",
                           series->is_share ? "true" : "false");
    for (size_t i = 0; i < series->labels_n; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        append_text(out, series->labels[i]);
    }
    g_string_append(out, "],\"values\":[");
    for (size_t i = 0; i < series->values_n; i++) {
        g_string_append(out, i ? ",{" : "{");
        append_member(out, "name", series->values[i].name);
        g_string_append(out, "\"values\":[");
        for (size_t j = 0; j < series->labels_n; j++) {
            if (j > 0)
                g_string_append_c(out, ',');
            append_real(out, series->values[i].values[j]);
        }
        g_string_append(out, "]}");
    }
    g_string_append(out, "]}");
}

/* Summary rows come last, so the list of rows ends where the first of them comes. */
static bool write_rows(struct report_run *run, struct report_buffer *buffer, GError **error)
{
    enum report_row_role role = REPORT_ROW_BODY;
    bool is_first = true;

    for (bool more = true;;) {
        if (!report_run_next(run, &more, error))
            return false;
        if (!more)
            break;
        if (role == REPORT_ROW_BODY && run->row.role == REPORT_ROW_SUMMARY) {
            role = REPORT_ROW_SUMMARY;
            g_string_append(buffer->text, "],\"summary\":[");
            is_first = true;
        }
        if (!is_first)
            g_string_append_c(buffer->text, ',');
        is_first = false;
        append_row(buffer->text, run);
        if (!report_buffer_step(buffer, error))
            return false;
    }
    g_string_append(buffer->text, role == REPORT_ROW_BODY ? "],\"summary\":[]" : "]");
    return true;
}

static bool write_all(struct report_run *run, struct report_buffer *buffer, GError **error)
{
    const struct report *report = run->report;

    append_head(buffer->text, report);
    if (!write_rows(run, buffer, error))
        return false;
    g_string_append(buffer->text, ",\"series\":[");
    for (size_t i = 0; i < report->series_n; i++) {
        if (i > 0)
            g_string_append_c(buffer->text, ',');
        append_series(buffer->text, &report->series[i]);
    }
    g_string_append(buffer->text, "]}");
    return report_buffer_flush(buffer, error);
}

bool report_write_json(const struct report *report, const struct report_options *options,
                       report_sink sink, gpointer sink_data, GError **error)
{
    struct report_run run;
    struct report_buffer buffer;
    bool ok = report_run_init(&run, report, options, error);

    report_buffer_init(&buffer, sink, sink_data);
    ok = ok && write_all(&run, &buffer, error);
    report_buffer_finish(&buffer);
    report_run_finish(&run);
    return ok;
}
