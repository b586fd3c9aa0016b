/*
 * A report of the tests: its rows come from an array, its file goes into memory.
 */
#ifndef TESTS_REPORT_TABLE_H
#define TESTS_REPORT_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/report.h"

enum { TABLE_COLUMNS = 9 };

/* Thursday, 12 March 2026, 08:58:03 in Mérida. */
#define TABLE_AT ((base_time)1773327483 * BASE_TIME_SECOND)

struct table {
    struct report report;
    struct report_column columns[TABLE_COLUMNS];
    gint64 rows; /* of body; a summary row follows when `summary` is set */
    gint64 at;
    bool summary;
    const char *name; /* of the person in every row */
    const char *code; /* of the status in every row, which is a late one */
    GError *problem;  /* `next` fails with it at the last row */
    gint64 cancel_at; /* the progress says no from this row on; 0: never */
    gint64 reported;  /* rows that the progress was told of */
};

/* Columns day, time, name, status, share, marked_at, count, minutes, score. */
void table_init(struct table *table, gint64 rows);
void table_finish(struct table *table);

/* Writes it; fails the test when that does not work. */
GByteArray *table_write(struct table *table, enum report_format format,
                        const struct report_options *options);
/* The error that writing it ends with. */
GError *table_write_fails(struct table *table, enum report_format format,
                          const struct report_options *options);
/* The options' progress, which counts and cancels. */
bool table_progress(gint64 done, gint64 total, gpointer data);

/* A sink that appends to a GByteArray. */
bool table_take(const char *data, size_t size, gpointer bytes, GError **error);

/* What a program prints about a file with these bytes, whose path follows its arguments. NULL when
 * the program is not there or fails: then the test is to be skipped, with the program's name. */
char *table_ask(const GByteArray *bytes, const char *const *arguments);

/* File descriptors that are open. */
unsigned table_open_files(void);

#endif
