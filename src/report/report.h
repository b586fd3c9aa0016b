/*
 * A report as a table with a head, some plots and rows that come one after the other, and its
 * writers: JSON, CSV, XLSX and PDF. What is in a report is somebody else's business; here is how it
 * looks in each format.
 *
 * Rows are pulled and written as they come, so that a long report needs no more memory than a short
 * one; only the PDF keeps them, because it says "3 / 12" on its third page. Texts are UTF-8 and
 * borrowed. Everything is thread-safe as long as a report is used by one thread at a time.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/error.h"
#include "base/time.h"
#include "core/policy.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum report_kind {
    REPORT_KIND_NONE, /* of a cell: empty */
    REPORT_KIND_TEXT,
    REPORT_KIND_INTEGER,
    REPORT_KIND_REAL,
    REPORT_KIND_PERCENT,  /* a share: 0.875 reads 87.5 % */
    REPORT_KIND_DATE,     /* a local day, "YYYY-MM-DD" */
    REPORT_KIND_TIME,     /* of day: seconds since midnight */
    REPORT_KIND_INSTANT,  /* shown in the report's time zone */
    REPORT_KIND_DURATION, /* seconds */
    REPORT_KIND_STATUS,   /* a status: shown as its text on its colour */
    REPORT_KIND_N,
};

struct report_cell {
    enum report_kind kind;   /* that of its column, or NONE, or TEXT */
    const char *text;        /* TEXT, DATE, STATUS; must live until the next row is asked for */
    gint64 integer;          /* INTEGER; TIME and DURATION in seconds; INSTANT as base_time */
    double real;             /* REAL, PERCENT; NaN is empty */
    const char *code;        /* STATUS: what JSON says ("late", "sick"); NULL: the text */
    enum core_status status; /* STATUS: what it counts as, for its colour */
};

/* Shorthands. Each with nothing to say (NULL, NaN, the instant 0) is an empty cell. */
struct report_cell report_text(const char *text);
struct report_cell report_integer(gint64 value);
struct report_cell report_real(double value);
struct report_cell report_percent(double share);
struct report_cell report_date(const char *day);
struct report_cell report_time(gint64 second);
struct report_cell report_instant(base_time instant);
struct report_cell report_duration(gint64 seconds);
struct report_cell report_status(enum core_status status, const char *code, const char *text);

struct report_column {
    const char *key;   /* of JSON and unique: "student_number" */
    const char *title; /* in the report's language */
    /* Heading over neighbouring columns with the same text, "March 2026"; NULL: none. */
    const char *group;
    enum report_kind kind;
    int width;    /* characters of an ordinary value; 0: what is usual for its kind */
    bool repeats; /* stands again on each page across which a wide table goes on */
};

enum report_row_role {
    REPORT_ROW_BODY,
    REPORT_ROW_SUMMARY, /* totals; they come after all the others */
};

struct report_row {
    enum report_row_role role;
    struct report_cell *cells; /* one a column, empty when the callback is called */
};

/* Fills in the next row; *more is true when it is called, and false means that there was none left.
 * False with an error ends the report. */
typedef bool (*report_next)(struct report_row *row, bool *more, gpointer data, GError **error);

enum report_plot {
    REPORT_PLOT_LINE,
    REPORT_PLOT_BAR,
};

/* One plot: values over labels, in one or more named lines or sets of bars. */
struct report_values {
    const char *name;     /* in the legend */
    const double *values; /* one a label; NaN: a gap */
};

struct report_series {
    const char *key; /* of JSON: "by_week" */
    const char *title;
    const char *x_title; /* NULL: none */
    const char *y_title;
    enum report_plot plot;
    bool is_share; /* values are shares of one, and the axis goes from 0 to 100 % */
    const char *const *labels;
    size_t labels_n;
    const struct report_values *values;
    size_t values_n;
};

/* A line under the title, "Course: Algebra". */
struct report_parameter {
    const char *label;
    const char *value;
};

struct report {
    const char *name; /* a-z and hyphens: of JSON and of the file */
    const char *title;
    const char *subtitle; /* NULL: none */
    const struct report_parameter *parameters;
    size_t parameters_n;
    const char *institution; /* NULL: not named */
    GBytes *logo;            /* PNG, NULL: none */
    const char *language;    /* "es" or "en" */
    GTimeZone *zone;
    base_time generated_at;
    const struct report_column *columns;
    size_t columns_n; /* 1 … REPORT_COLUMNS_MAX */
    report_next next;
    gpointer data;
    gint64 rows_total; /* for the progress; 0: not known */
    /* Read after the rows have come: `next` may fill them in on the way. */
    const struct report_series *series;
    size_t series_n;
};

enum {
    REPORT_COLUMNS_MAX = 512,
    REPORT_PDF_ROWS_MAX = 100000,
};

enum report_format {
    REPORT_FORMAT_JSON,
    REPORT_FORMAT_CSV,
    REPORT_FORMAT_XLSX,
    REPORT_FORMAT_PDF,
    REPORT_FORMAT_N,
};

/* "json", "csv", "xlsx", "pdf": also the file's extension. Static storage. */
const char *report_format_name(enum report_format format);
bool report_format_from_name(const char *name, enum report_format *format);
/* "text/csv; charset=utf-8" and so on. Static storage. */
const char *report_format_type(enum report_format format);

enum report_paper {
    REPORT_PAPER_A4,
    REPORT_PAPER_LETTER,
    REPORT_PAPER_N,
};

/* "a4", "letter". */
const char *report_paper_name(enum report_paper paper);
bool report_paper_from_name(const char *name, enum report_paper *paper);

/* Called now and then, from the thread that writes; false cancels. */
typedef bool (*report_progress)(gint64 done, gint64 total, gpointer data);

struct report_options {
    enum report_paper paper;
    bool bom;       /* CSV begins with a byte order mark, which Excel wants */
    char separator; /* of CSV: ',' or ';' (Excel where the comma is decimal); 0: ',' */
    report_progress progress;
    gpointer progress_data;
};

/* Takes a piece of the file; false with an error ends the report. */
typedef bool (*report_sink)(const char *data, size_t size, gpointer data_of_sink, GError **error);

/*
 * Writes the whole report. `options` may be NULL.
 *   BASE_ERROR_TOO_LARGE    more rows or columns than the format can hold
 *   BASE_ERROR_UNAVAILABLE  cancelled, or no room for a temporary file
 *   BASE_ERROR_INVALID      a report that makes no sense: no column, a cell of another kind
 * and what `next` and `sink` fail with.
 */
bool report_write(enum report_format format, const struct report *report,
                  const struct report_options *options, report_sink sink, gpointer sink_data,
                  GError **error);

bool report_write_json(const struct report *report, const struct report_options *options,
                       report_sink sink, gpointer sink_data, GError **error);
bool report_write_csv(const struct report *report, const struct report_options *options,
                      report_sink sink, gpointer sink_data, GError **error);
bool report_write_xlsx(const struct report *report, const struct report_options *options,
                       report_sink sink, gpointer sink_data, GError **error);
bool report_write_pdf(const struct report *report, const struct report_options *options,
                      report_sink sink, gpointer sink_data, GError **error);

/*
 * Appends a field as RFC 4180 wants it, quoted where it must be. A text that a spreadsheet would
 * take for a formula (=, +, -, @, TAB or CR in front) gets an apostrophe before it (OWASP, CSV
 * injection). NULL is an empty field.
 */
void report_csv_field(GString *line, const char *text, char separator);

/* A sink that writes to a file descriptor: `data_of_sink` points to an int. BASE_ERROR_IO or, when
 * the disk is full, BASE_ERROR_UNAVAILABLE. */
bool report_sink_fd(const char *data, size_t size, gpointer data_of_sink, GError **error);

/* A temporary file without a name, which is gone when it is closed; -1 with
 * BASE_ERROR_UNAVAILABLE. */
int report_temporary_file(GError **error);

#endif
