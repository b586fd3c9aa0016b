/*
 * XLSX (ECMA-376) by libxlsxwriter, which writes each row to a temporary file as soon as the next
 * one begins: memory does not grow with the rows. That wants cells in the order of rows.
 */
#include "report/xlsx.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    DAY_SECONDS = 24 * 3600,
    SERIAL_OF_1970 = 25569, /* days since 1899-12-30, from which Excel counts */
    SHEET_NAME_MAX = 31,    /* characters */
    PATH_SIZE = 64,
};

/* Room that must be left beside a sheet's rows, which are copied once. */
#define DISK_RESERVE (4 << 20)

struct sheet {
    lxw_workbook *workbook;
    lxw_worksheet *worksheet;
    struct report_run *run;
    lxw_format *formats[REPORT_KIND_N][2]; /* of body and summary; NULL: none needed */
    lxw_format *statuses[CORE_STATUS_N];
    lxw_format *title, *head, *group;
    lxw_row_t at; /* the next row */
    lxw_row_t head_row;
    lxw_row_t last_body_row;
    bool filtered;
    GString *scratch;
};

bool report_xlsx_check(lxw_error code, GError **error)
{
    switch (code) {
    case LXW_NO_ERROR:
        return true;
    case LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED:
        return base_fail(error, BASE_ERROR_TOO_LARGE,
                         "A text of the report is longer than a cell of a spreadsheet can be "
                         "(32,767 characters).");
    case LXW_ERROR_CREATING_XLSX_FILE:
    case LXW_ERROR_CREATING_TMPFILE:
    case LXW_ERROR_READING_TMPFILE:
    case LXW_ERROR_ZIP_FILE_OPERATION:
    case LXW_ERROR_ZIP_FILE_ADD:
    case LXW_ERROR_ZIP_CLOSE:
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "The spreadsheet could not be written: is the disk full?");
    default:
        return base_fail(error, BASE_ERROR_INTERNAL, "The spreadsheet could not be made: %s.",
                         lxw_strerror(code));
    }
}

/* Bytes of a character that XML 1.0 cannot hold: control characters, U+FFFE and U+FFFF. 0: it can.
 */
static gsize not_xml(const char *c)
{
    const guchar byte = (guchar)*c;

    if (byte < 0x20)
        return byte != '\t' && byte != '\n' && byte != '\r';
    return byte == 0xEF && (guchar)c[1] == 0xBF && (guchar)c[2] >= 0xBE ? 3 : 0;
}

const char *report_xlsx_text(const char *text, GString *scratch)
{
    const char *c = text;

    while (*c && !not_xml(c))
        c++;
    if (!*c)
        return text;
    g_string_truncate(scratch, 0);
    for (c = text; *c;) {
        const gsize bytes = not_xml(c);
        g_string_append_c(scratch, bytes ? ' ' : *c);
        c += MAX(bytes, 1);
    }
    return scratch->str;
}

/* ---- formats ---- */

static const char *number_format(const struct sheet *sheet, enum report_kind kind)
{
    static const char *const FORMATS[REPORT_KIND_N] = {
        [REPORT_KIND_INTEGER] = "#,##0",      [REPORT_KIND_REAL] = "#,##0.00",
        [REPORT_KIND_PERCENT] = "0.0%",       [REPORT_KIND_TIME] = "hh:mm:ss",
        [REPORT_KIND_DURATION] = "[h]:mm:ss",
    };
    const bool spanish = report_is_spanish(sheet->run->report);

    if (kind == REPORT_KIND_DATE)
        return spanish ? "dd/mm/yyyy" : "yyyy-mm-dd";
    if (kind == REPORT_KIND_INSTANT)
        return spanish ? "dd/mm/yyyy hh:mm:ss" : "yyyy-mm-dd hh:mm:ss";
    return FORMATS[kind];
}

static void make_formats(struct sheet *sheet)
{
    static const lxw_color_t COLOURS[CORE_STATUS_N] = {
        [CORE_STATUS_PRESENT] = 0xD9F2DD,
        [CORE_STATUS_LATE] = 0xFFF0C2,
        [CORE_STATUS_ABSENT] = 0xF9D4D1,
        [CORE_STATUS_EXCUSED] = 0xDCE6F5,
    };

    for (int kind = 0; kind < REPORT_KIND_N; kind++) {
        const char *number = number_format(sheet, (enum report_kind)kind);
        for (int role = 0; role < 2; role++) {
            lxw_format *format = workbook_add_format(sheet->workbook);
            if (number)
                format_set_num_format(format, number);
            if (role == REPORT_ROW_SUMMARY) {
                format_set_bold(format);
                format_set_top(format, LXW_BORDER_THIN);
            }
            if (kind == REPORT_KIND_DATE || kind == REPORT_KIND_TIME)
                format_set_align(format, LXW_ALIGN_CENTER);
            sheet->formats[kind][role] = format;
        }
    }
    for (int status = 0; status < CORE_STATUS_N; status++) {
        sheet->statuses[status] = workbook_add_format(sheet->workbook);
        format_set_bg_color(sheet->statuses[status], COLOURS[status]);
        format_set_align(sheet->statuses[status], LXW_ALIGN_CENTER);
    }
    sheet->title = workbook_add_format(sheet->workbook);
    format_set_bold(sheet->title);
    format_set_font_size(sheet->title, 14);
    sheet->head = workbook_add_format(sheet->workbook);
    format_set_bold(sheet->head);
    format_set_bottom(sheet->head, LXW_BORDER_THIN);
    format_set_bg_color(sheet->head, 0xE9ECEF);
    format_set_align(sheet->head, LXW_ALIGN_VERTICAL_CENTER);
    format_set_text_wrap(sheet->head);
    sheet->group = workbook_add_format(sheet->workbook);
    format_set_bold(sheet->group);
    format_set_bg_color(sheet->group, 0xE9ECEF);
    format_set_align(sheet->group, LXW_ALIGN_CENTER);
}

/* ---- the head ---- */

static bool write_text(struct sheet *sheet, lxw_col_t column, const char *text, lxw_format *format,
                       GError **error)
{
    g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);

    return report_xlsx_check(worksheet_write_string(sheet->worksheet, sheet->at, column,
                                                    report_xlsx_text(valid, sheet->scratch),
                                                    format),
                             error);
}

static bool write_line(struct sheet *sheet, const char *text, lxw_format *format, GError **error)
{
    if (!text || !*text)
        return true;
    const bool ok = write_text(sheet, 0, text, format, error);
    sheet->at++;
    return ok;
}

static bool write_title(struct sheet *sheet, GError **error)
{
    const struct report *report = sheet->run->report;
    char clock[REPORT_CLOCK_SIZE];

    if (!write_line(sheet, report->title, sheet->title, error) ||
        !write_line(sheet, report->institution, NULL, error) ||
        !write_line(sheet, report->subtitle, NULL, error))
        return false;
    for (size_t i = 0; i < report->parameters_n; i++) {
        const struct report_parameter *parameter = &report->parameters[i];
        g_autofree char *line =
            g_strdup_printf("%s: %s", parameter->label, parameter->value ? parameter->value : "");
        if (!write_line(sheet, line, NULL, error))
            return false;
    }
    g_autofree char *generated =
        g_strdup_printf("%s: %s", report_word(report, REPORT_WORD_GENERATED),
                        report_clock_instant(report, report->generated_at, clock));
    const bool ok = write_line(sheet, generated, NULL, error);
    sheet->at++;
    return ok;
}

/* Titles over neighbouring columns of a group. */
static bool write_groups(struct sheet *sheet, GError **error)
{
    const struct report *report = sheet->run->report;
    bool any = false;

    for (size_t first = 0, end; first < report->columns_n; first = end) {
        const char *group = report->columns[first].group;
        for (end = first + 1; end < report->columns_n; end++)
            if (g_strcmp0(report->columns[end].group, group) != 0)
                break;
        if (!group || !*group)
            continue;
        any = true;
        g_autofree char *valid = g_utf8_make_valid(group, -1);
        const char *text = report_xlsx_text(valid, sheet->scratch);
        const lxw_error code =
            end - first > 1
                ? worksheet_merge_range(sheet->worksheet, sheet->at, (lxw_col_t)first, sheet->at,
                                        (lxw_col_t)(end - 1), text, sheet->group)
                : worksheet_write_string(sheet->worksheet, sheet->at, (lxw_col_t)first, text,
                                         sheet->group);
        if (!report_xlsx_check(code, error))
            return false;
    }
    sheet->at += any;
    return true;
}

static bool write_head(struct sheet *sheet, GError **error)
{
    static const int WIDTHS[REPORT_KIND_N] = {
        [REPORT_KIND_NONE] = 10,   [REPORT_KIND_TEXT] = 24,    [REPORT_KIND_INTEGER] = 10,
        [REPORT_KIND_REAL] = 10,   [REPORT_KIND_PERCENT] = 10, [REPORT_KIND_DATE] = 12,
        [REPORT_KIND_TIME] = 10,   [REPORT_KIND_INSTANT] = 20, [REPORT_KIND_DURATION] = 10,
        [REPORT_KIND_STATUS] = 12,
    };
    const struct report *report = sheet->run->report;
    lxw_col_t frozen = 0;

    if (!write_title(sheet, error) || !write_groups(sheet, error))
        return false;
    sheet->head_row = sheet->at;
    for (size_t i = 0; i < report->columns_n; i++) {
        const struct report_column *column = &report->columns[i];
        const int width = column->width > 0 ? column->width : WIDTHS[column->kind];
        worksheet_set_column(sheet->worksheet, (lxw_col_t)i, (lxw_col_t)i, MIN(width, 80) + 2,
                             NULL);
        if (!write_text(sheet, (lxw_col_t)i, column->title, sheet->head, error))
            return false;
        if (column->repeats && frozen == i)
            frozen++;
    }
    sheet->last_body_row = sheet->at++;
    worksheet_freeze_panes(sheet->worksheet, sheet->at, frozen);
    worksheet_repeat_rows(sheet->worksheet, sheet->head_row, sheet->head_row);
    worksheet_set_landscape(sheet->worksheet);
    worksheet_fit_to_pages(sheet->worksheet, 1, 0);
    worksheet_set_paper(sheet->worksheet, sheet->run->options.paper == REPORT_PAPER_LETTER ? 1 : 9);
    worksheet_set_footer(sheet->worksheet, "&C&P / &N");
    return true;
}

/* ---- rows ---- */

static double serial(double seconds)
{
    return seconds / DAY_SECONDS;
}

static lxw_error write_cell(struct sheet *sheet, lxw_col_t column, const struct report_cell *cell)
{
    lxw_worksheet *worksheet = sheet->worksheet;
    lxw_format *format = sheet->formats[cell->kind][sheet->run->row.role];
    gint64 days;

    switch (cell->kind) {
    case REPORT_KIND_TEXT:
        return worksheet_write_string(worksheet, sheet->at, column,
                                      report_xlsx_text(cell->text, sheet->scratch),
                                      sheet->run->row.role == REPORT_ROW_SUMMARY ? format : NULL);
    case REPORT_KIND_STATUS:
        return worksheet_write_string(
            worksheet, sheet->at, column, report_xlsx_text(cell->text, sheet->scratch),
            (unsigned)cell->status < CORE_STATUS_N ? sheet->statuses[cell->status] : NULL);
    case REPORT_KIND_DATE:
        if (report_day_number(cell->text, &days))
            return worksheet_write_number(worksheet, sheet->at, column,
                                          (double)(days + SERIAL_OF_1970), format);
        return worksheet_write_string(worksheet, sheet->at, column,
                                      report_xlsx_text(cell->text, sheet->scratch), NULL);
    case REPORT_KIND_INTEGER:
        return worksheet_write_number(worksheet, sheet->at, column, (double)cell->integer, format);
    case REPORT_KIND_REAL:
    case REPORT_KIND_PERCENT:
        return worksheet_write_number(worksheet, sheet->at, column, cell->real, format);
    case REPORT_KIND_TIME:
    case REPORT_KIND_DURATION:
        return worksheet_write_number(worksheet, sheet->at, column, serial((double)cell->integer),
                                      format);
    case REPORT_KIND_INSTANT:
        return worksheet_write_number(
            worksheet, sheet->at, column,
            serial((double)report_local_seconds(sheet->run->report, cell->integer)) +
                SERIAL_OF_1970,
            format);
    default:
        return LXW_NO_ERROR;
    }
}

/* Over the rows of the body, as soon as they are all there: the library takes no row before the
 * last one that was written. */
static void set_filter(struct sheet *sheet)
{
    if (!sheet->filtered)
        worksheet_autofilter(sheet->worksheet, sheet->head_row, 0, sheet->last_body_row,
                             (lxw_col_t)(sheet->run->report->columns_n - 1));
    sheet->filtered = true;
}

static bool write_rows(struct sheet *sheet, GError **error)
{
    struct report_run *run = sheet->run;

    for (bool more = true;;) {
        if (!report_run_next(run, &more, error))
            return false;
        if (!more || run->row.role == REPORT_ROW_SUMMARY)
            set_filter(sheet);
        if (!more)
            return true;
        if (sheet->at >= LXW_ROW_MAX)
            return base_fail(error, BASE_ERROR_TOO_LARGE,
                             "A spreadsheet holds 1,048,576 rows, and the report has more. "
                             "Please ask for a shorter period, or for CSV.");
        for (size_t i = 0; i < run->report->columns_n; i++)
            if (run->row.cells[i].kind != REPORT_KIND_NONE &&
                !report_xlsx_check(write_cell(sheet, (lxw_col_t)i, &run->row.cells[i]), error))
                return false;
        if (run->row.role == REPORT_ROW_BODY)
            sheet->last_body_row = sheet->at;
        sheet->at++;
    }
}

/* ---- the file ---- */

/* A name that Excel takes: 1 to 31 characters without []:*?/\ and without apostrophes around it. */
static char *sheet_name(const struct report *report)
{
    g_autofree char *valid = g_utf8_make_valid(report->title ? report->title : "", -1);
    g_autofree char *start =
        g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), SHEET_NAME_MAX));

    g_strdelimit(start, "[]:*?/\\'", ' ');
    for (char *c = start; *c; c++)
        if ((guchar)*c < 0x20 || g_ascii_isspace(*c))
            *c = ' ';
    g_strstrip(start);
    /* Names that the workbook uses for the plots, and one that Excel keeps for itself. */
    if (!*start || g_ascii_strcasecmp(start, "History") == 0 ||
        strcmp(start, report_word(report, REPORT_WORD_CHARTS)) == 0 ||
        strcmp(start, report_word(report, REPORT_WORD_DATA)) == 0)
        return g_strdup("Presente");
    return g_steal_pointer(&start);
}

static void set_properties(lxw_workbook *workbook, const struct report *report)
{
    lxw_doc_properties properties = {
        .title = (char *)(report->title ? report->title : ""),
        .subject = (char *)(report->subtitle ? report->subtitle : ""),
        .author = (char *)(report->institution ? report->institution : "Presente"),
        .company = (char *)(report->institution ? report->institution : ""),
        .created = (time_t)(report->generated_at / BASE_TIME_SECOND),
    };

    workbook_set_properties(workbook, &properties);
}

/* The library does not notice when a temporary file is cut short by a full disk. */
static bool check_room(const struct sheet *sheet, GError **error)
{
    FILE *rows = sheet->worksheet->optimize_tmpfile;
    struct statvfs room;
    struct stat written;

    if (!rows)
        return true;
    if (fflush(rows) != 0 || ferror(rows) || fstat(fileno(rows), &written) != 0)
        return report_xlsx_check(LXW_ERROR_CREATING_TMPFILE, error);
    if (fstatvfs(fileno(rows), &room) == 0 &&
        (guint64)room.f_bavail * room.f_frsize < 2 * (guint64)written.st_size + DISK_RESERVE)
        return report_xlsx_check(LXW_ERROR_CREATING_TMPFILE, error);
    return true;
}

static bool fill(struct sheet *sheet, GError **error)
{
    const struct report *report = sheet->run->report;
    g_autofree char *name = sheet_name(report);

    sheet->worksheet = workbook_add_worksheet(sheet->workbook, name);
    if (!sheet->worksheet)
        return base_fail(error, BASE_ERROR_UNAVAILABLE,
                         "The spreadsheet could not be begun: is the disk full?");
    set_properties(sheet->workbook, report);
    make_formats(sheet);
    if (!write_head(sheet, error) || !write_rows(sheet, error))
        return false;
    return report_xlsx_charts(sheet->workbook, report, error) && check_room(sheet, error);
}

/* The library frees everything but the files of rows, when it is not asked to write. */
static void give_up(lxw_workbook *workbook)
{
    lxw_worksheet *worksheet;

    STAILQ_FOREACH(worksheet, workbook->worksheets, list_pointers)
    {
        if (worksheet->optimize_tmpfile)
            fclose(worksheet->optimize_tmpfile);
        worksheet->optimize_tmpfile = NULL;
    }
    lxw_workbook_free(workbook);
}

static bool write_file(struct report_run *run, int fd, GError **error)
{
    char path[PATH_SIZE];
    lxw_workbook_options options = {
        .constant_memory = LXW_TRUE,
        .tmpdir = (char *)g_get_tmp_dir(),
        .use_zip64 = LXW_TRUE,
    };
    struct sheet sheet = {.run = run};

    g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    sheet.workbook = workbook_new_opt(path, &options);
    if (!sheet.workbook)
        return base_fail(error, BASE_ERROR_INTERNAL, "The spreadsheet could not be begun.");
    sheet.scratch = g_string_new(NULL);
    const bool ok = fill(&sheet, error);
    g_string_free(sheet.scratch, TRUE);
    if (ok)
        return report_xlsx_check(workbook_close(sheet.workbook), error);
    give_up(sheet.workbook);
    return false;
}

bool report_write_xlsx(const struct report *report, const struct report_options *options,
                       report_sink sink, gpointer sink_data, GError **error)
{
    struct report_run run;
    bool ok = report_run_init(&run, report, options, error);
    const int fd = ok ? report_temporary_file(error) : -1;

    ok = fd >= 0 && write_file(&run, fd, error) && report_send_file(fd, sink, sink_data, error);
    if (fd >= 0)
        close(fd);
    report_run_finish(&run);
    return ok;
}
