/* What is the same for every format: pulling rows, words, clocks, temporary files. */
#include "report/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROGRESS_EVERY = 64, /* rows */
    BUFFER_BYTES = 64 * 1024,
    DAY_SECONDS = 24 * 3600,
    JULIAN_OF_1970 = 719163, /* as GDate counts */
};

/* ---- rows ---- */

bool report_run_init(struct report_run *run, const struct report *report,
                     const struct report_options *options, GError **error)
{
    *run = (struct report_run){.report = report};
    if (options)
        run->options = *options;
    if (!run->options.separator)
        run->options.separator = ',';
    if (report->columns_n < 1)
        return base_fail(error, BASE_ERROR_INVALID, "A report without columns is none.");
    if (report->columns_n > REPORT_COLUMNS_MAX)
        return base_fail(error, BASE_ERROR_TOO_LARGE,
                         "The report has %zu columns; %d are the most. Please ask for a shorter "
                         "period.",
                         report->columns_n, REPORT_COLUMNS_MAX);
    run->row.cells = g_new0(struct report_cell, report->columns_n);
    run->mended = g_ptr_array_new_with_free_func(g_free);
    return true;
}

void report_run_finish(struct report_run *run)
{
    g_clear_pointer(&run->row.cells, g_free);
    g_clear_pointer(&run->mended, g_ptr_array_unref);
}

bool report_run_progress(const struct report_run *run, GError **error)
{
    const struct report_options *options = &run->options;

    return !options->progress ||
           options->progress(run->done, MAX(run->report->rows_total, run->done),
                             options->progress_data) ||
           base_fail(error, BASE_ERROR_UNAVAILABLE, "The report was cancelled.");
}

static bool has_text(enum report_kind kind)
{
    return kind == REPORT_KIND_TEXT || kind == REPORT_KIND_DATE || kind == REPORT_KIND_STATUS;
}

/* A cell as it can be shown: nothing is empty, and every text is UTF-8. */
static bool check_cell(struct report_run *run, size_t column, GError **error)
{
    struct report_cell *cell = &run->row.cells[column];
    const bool is_real = cell->kind == REPORT_KIND_REAL || cell->kind == REPORT_KIND_PERCENT;

    if ((unsigned)cell->kind >= REPORT_KIND_N ||
        (cell->kind != REPORT_KIND_NONE && cell->kind != REPORT_KIND_TEXT &&
         cell->kind != run->report->columns[column].kind))
        return base_fail(error, BASE_ERROR_INVALID,
                         "A cell of the column %s is not of its column's kind.",
                         run->report->columns[column].key);
    if ((has_text(cell->kind) && !cell->text) || (is_real && !isfinite(cell->real)))
        cell->kind = REPORT_KIND_NONE;
    if (has_text(cell->kind) && !g_utf8_validate(cell->text, -1, NULL)) {
        char *mended = g_utf8_make_valid(cell->text, -1);
        g_ptr_array_add(run->mended, mended);
        cell->text = mended;
    }
    return true;
}

bool report_run_next(struct report_run *run, bool *more, GError **error)
{
    const struct report *report = run->report;

    g_ptr_array_set_size(run->mended, 0);
    memset(run->row.cells, 0, report->columns_n * sizeof *run->row.cells);
    run->row.role = REPORT_ROW_BODY;
    *more = report->next != NULL;
    if (*more && !report->next(&run->row, more, report->data, error))
        return false;
    if (!*more)
        return report_run_progress(run, error);
    for (size_t i = 0; i < report->columns_n; i++)
        if (!check_cell(run, i, error))
            return false;
    if (run->row.role == REPORT_ROW_BODY)
        run->done++;
    return run->done % PROGRESS_EVERY != 0 || report_run_progress(run, error);
}

/* ---- words ---- */

bool report_is_spanish(const struct report *report)
{
    return !report->language || strcmp(report->language, "en") != 0;
}

const char *report_word(const struct report *report, enum report_word word)
{
    static const char *const WORDS[REPORT_WORD_N][2] = {
        [REPORT_WORD_GENERATED] = {"Generado", "Generated"},
        [REPORT_WORD_CHARTS] = {"Gráficas", "Charts"},
        [REPORT_WORD_DATA] = {"Datos de las gráficas", "Data of the charts"},
        [REPORT_WORD_EMPTY] = {"No hay nada que mostrar.", "There is nothing to show."},
    };

    return WORDS[word][report_is_spanish(report) ? 0 : 1];
}

/* ---- clocks ---- */

gint64 report_local_seconds(const struct report *report, base_time instant)
{
    gint64 seconds = instant / BASE_TIME_SECOND;

    if (instant % BASE_TIME_SECOND < 0)
        seconds--;
    if (!report->zone)
        return seconds;
    const gint interval = g_time_zone_find_interval(report->zone, G_TIME_TYPE_UNIVERSAL, seconds);
    return seconds + (interval < 0 ? 0 : g_time_zone_get_offset(report->zone, interval));
}

bool report_day_number(const char *day, gint64 *days)
{
    GDate date;

    if (!core_day_is_valid(day))
        return false;
    const int year = (int)g_ascii_strtoull(day, NULL, 10);
    const int month = (int)g_ascii_strtoull(day + 5, NULL, 10);
    const int month_day = (int)g_ascii_strtoull(day + 8, NULL, 10);
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)month_day, (GDateMonth)month, (GDateYear)year);
    *days = (gint64)g_date_get_julian(&date) - JULIAN_OF_1970;
    return true;
}

char *report_clock_time(gint64 second, char text[static REPORT_CLOCK_SIZE])
{
    second = ((second % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
    g_snprintf(text, REPORT_CLOCK_SIZE, "%02d:%02d:%02d", (int)(second / 3600),
               (int)(second / 60 % 60), (int)(second % 60));
    return text;
}

char *report_clock_duration(gint64 seconds, char text[static REPORT_CLOCK_SIZE])
{
    const char *sign = seconds < 0 ? "-" : "";
    const guint64 size = seconds < 0 ? 0 - (guint64)seconds : (guint64)seconds;

    g_snprintf(text, REPORT_CLOCK_SIZE, "%s%" G_GUINT64_FORMAT ":%02d:%02d", sign, size / 3600,
               (int)(size / 60 % 60), (int)(size % 60));
    return text;
}

char *report_clock_instant(const struct report *report, base_time instant,
                           char text[static REPORT_CLOCK_SIZE])
{
    const gint64 local = report_local_seconds(report, instant);
    gint64 day = local / DAY_SECONDS - (local % DAY_SECONDS < 0);
    char clock[REPORT_CLOCK_SIZE];
    GDate date;

    /* The years 1 to 9999. */
    day = CLAMP(day + JULIAN_OF_1970, 1, 3652059);
    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)day);
    g_snprintf(text, REPORT_CLOCK_SIZE, "%04d-%02d-%02d %s", g_date_get_year(&date),
               (int)g_date_get_month(&date), g_date_get_day(&date),
               report_clock_time(local, clock));
    return text;
}

/* ---- files ---- */

int report_temporary_file(GError **error)
{
    int fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) { /* a file system that has no O_TMPFILE */
        g_autofree char *path = g_build_filename(g_get_tmp_dir(), "presente-XXXXXX", NULL);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0)
            unlink(path);
    }
    if (fd < 0)
        base_fail(error, BASE_ERROR_UNAVAILABLE, "There is no place for a temporary file: %s.",
                  g_strerror(errno));
    return fd;
}

bool report_send_file(int fd, report_sink sink, gpointer sink_data, GError **error)
{
    g_autofree char *piece = g_malloc(BUFFER_BYTES);

    for (off_t at = 0;;) {
        const ssize_t n = pread(fd, piece, BUFFER_BYTES, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return base_fail(error, BASE_ERROR_IO, "A temporary file could not be read: %s.",
                             g_strerror(errno));
        if (n == 0)
            return true;
        if (!sink(piece, (size_t)n, sink_data, error))
            return false;
        at += n;
    }
}

void report_buffer_init(struct report_buffer *buffer, report_sink sink, gpointer data)
{
    *buffer = (struct report_buffer){g_string_sized_new(BUFFER_BYTES + 1024), sink, data};
}

bool report_buffer_flush(struct report_buffer *buffer, GError **error)
{
    const bool ok = buffer->text->len == 0 ||
                    buffer->sink(buffer->text->str, buffer->text->len, buffer->data, error);

    g_string_truncate(buffer->text, 0);
    return ok;
}

bool report_buffer_step(struct report_buffer *buffer, GError **error)
{
    return buffer->text->len < BUFFER_BYTES || report_buffer_flush(buffer, error);
}

void report_buffer_finish(struct report_buffer *buffer)
{
    g_string_free(buffer->text, TRUE);
}
