/* Private to this folder: what the writers share. */
#ifndef REPORT_INTERNAL_H
#define REPORT_INTERNAL_H

#include "report/report.h"

/* The rows of a report, one after the other: checked, with valid texts, counted for the progress.
 */
struct report_run {
    const struct report *report;
    struct report_options options;
    struct report_row row; /* the current one */
    gint64 done;
    GPtrArray *mended; /* texts of the current row that were no UTF-8 */
};

/* BASE_ERROR_INVALID for a report that makes no sense. Finish it in either case. */
bool report_run_init(struct report_run *run, const struct report *report,
                     const struct report_options *options, GError **error);
/* False with an error; *more tells whether there is a row. */
bool report_run_next(struct report_run *run, bool *more, GError **error);
/* Calls the progress; false with BASE_ERROR_UNAVAILABLE when it was cancelled. */
bool report_run_progress(const struct report_run *run, GError **error);
void report_run_finish(struct report_run *run);

/* Seconds since 1970 that the wall clock of the report's zone shows at an instant, as if it were
 * UTC. */
gint64 report_local_seconds(const struct report *report, base_time instant);

/* Days since 1970-01-01 of a "YYYY-MM-DD"; false for another text. */
bool report_day_number(const char *day, gint64 *days);

#define REPORT_CLOCK_SIZE 32

/* "2026-03-12 08:58:03" on the wall, "08:58:03", and "1:30:00" of a duration; each returns `text`.
 */
char *report_clock_instant(const struct report *report, base_time instant,
                           char text[static REPORT_CLOCK_SIZE]);
char *report_clock_time(gint64 second, char text[static REPORT_CLOCK_SIZE]);
char *report_clock_duration(gint64 seconds, char text[static REPORT_CLOCK_SIZE]);

/* The words that the program adds to a report, in its language. */
enum report_word {
    REPORT_WORD_GENERATED, /* "Generated" */
    REPORT_WORD_CHARTS,    /* name of a sheet */
    REPORT_WORD_DATA,      /* name of a sheet */
    REPORT_WORD_EMPTY,     /* "There is nothing to show." */
    REPORT_WORD_N,
};
const char *report_word(const struct report *report, enum report_word word);
bool report_is_spanish(const struct report *report);

/* Hands the whole of a file to a sink. */
bool report_send_file(int fd, report_sink sink, gpointer sink_data, GError **error);

/* Collects small pieces for a sink. Its text goes out when it is long enough, or with
 * report_buffer_flush(). */
struct report_buffer {
    GString *text;
    report_sink sink;
    gpointer data;
};
void report_buffer_init(struct report_buffer *buffer, report_sink sink, gpointer data);
bool report_buffer_step(struct report_buffer *buffer, GError **error);
bool report_buffer_flush(struct report_buffer *buffer, GError **error);
void report_buffer_finish(struct report_buffer *buffer);

#endif
