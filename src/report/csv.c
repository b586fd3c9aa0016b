/* CSV: RFC 4180, UTF-8. */
#include "report/internal.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

void report_csv_field(GString *line, const char *text, char separator)
{
    const char special[] = {separator, '"', '\r', '\n', '\0'};

    if (!text)
        return;
    const char *first = text + strspn(text, " ");
    const bool formula = *first && strchr("=+-@\t\r\n|", *first);
    const bool quoted = strpbrk(text, special) != NULL;
    if (quoted)
        g_string_append_c(line, '"');
    if (formula)
        g_string_append_c(line, '\'');
    for (const char *at = text; *at; at++) {
        if (*at == '"')
            g_string_append_c(line, '"');
        g_string_append_c(line, *at);
    }
    if (quoted)
        g_string_append_c(line, '"');
}

/* Where fields end with semicolons the decimals begin with a comma. */
static void append_real(GString *line, double value, int digits, const char *unit, char separator)
{
    char format[8], number[G_ASCII_DTOSTR_BUF_SIZE];

    g_snprintf(format, sizeof format, "%%.%df", digits);
    g_ascii_formatd(number, sizeof number, format, value);
    char *point = strchr(number, '.');
    char *end = number + strlen(number);
    while (point && end > point && (end[-1] == '0' || end - 1 == point))
        *--end = '\0';
    point = strchr(number, '.');
    if (point && separator == ';')
        *point = ',';
    g_string_append(line, strcmp(number, "-0") == 0 ? "0" : number);
    g_string_append(line, unit);
}

static void append_cell(GString *line, const struct report_run *run, const struct report_cell *cell)
{
    const char separator = run->options.separator;
    char clock[REPORT_CLOCK_SIZE];

    switch (cell->kind) {
    case REPORT_KIND_TEXT:
    case REPORT_KIND_STATUS:
    case REPORT_KIND_DATE:
        report_csv_field(line, cell->text, separator);
        break;
    case REPORT_KIND_INTEGER:
        g_string_append_printf(line, "%" G_GINT64_FORMAT, cell->integer);
        break;
    case REPORT_KIND_REAL:
        append_real(line, cell->real, 6, "", separator);
        break;
    case REPORT_KIND_PERCENT:
        append_real(line, cell->real * 100, 2, "%", separator);
        break;
    case REPORT_KIND_TIME:
        g_string_append(line, report_clock_time(cell->integer, clock));
        break;
    case REPORT_KIND_INSTANT:
        g_string_append(line, report_clock_instant(run->report, cell->integer, clock));
        break;
    case REPORT_KIND_DURATION:
        g_string_append(line, report_clock_duration(cell->integer, clock));
        break;
    default:
        break;
    }
}

static void append_head(GString *text, const struct report_run *run)
{
    const struct report *report = run->report;

    for (size_t i = 0; i < report->columns_n; i++) {
        const struct report_column *column = &report->columns[i];
        g_autofree char *title = column->group && *column->group
                                     ? g_strdup_printf("%s %s", column->group, column->title)
                                     : NULL;
        if (i > 0)
            g_string_append_c(text, run->options.separator);
        report_csv_field(text, title ? title : column->title, run->options.separator);
    }
    g_string_append(text, "\r\n");
}

static bool write_rows(struct report_run *run, struct report_buffer *buffer, GError **error)
{
    for (bool more = true;;) {
        if (!report_run_next(run, &more, error))
            return false;
        if (!more)
            return report_buffer_flush(buffer, error);
        for (size_t i = 0; i < run->report->columns_n; i++) {
            if (i > 0)
                g_string_append_c(buffer->text, run->options.separator);
            append_cell(buffer->text, run, &run->row.cells[i]);
        }
        g_string_append(buffer->text, "\r\n");
        if (!report_buffer_step(buffer, error))
            return false;
    }
}

bool report_write_csv(const struct report *report, const struct report_options *options,
                      report_sink sink, gpointer sink_data, GError **error)
{
    struct report_run run;
    struct report_buffer buffer;
    bool ok = report_run_init(&run, report, options, error);

    report_buffer_init(&buffer, sink, sink_data);
    if (ok) {
        if (run.options.bom)
            g_string_append(buffer.text, BYTE_ORDER_MARK);
        append_head(buffer.text, &run);
        ok = write_rows(&run, &buffer, error);
    }
    report_buffer_finish(&buffer);
    report_run_finish(&run);
    return ok;
}
