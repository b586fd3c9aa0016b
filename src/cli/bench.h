/* What the benchmarks share. */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "base/json.h"
#include "cli/command.h"
#include "recognise/recognise.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Calls fn(index, data) for every index below n, on all processors, in any order, with progress on
 * standard error. What fn writes must depend on the index alone, so that results are the same every
 * time. */
typedef void (*cli_bench_fn)(size_t index, void *data);
void cli_bench_parallel(const char *what, size_t n, cli_bench_fn fn, void *data);

/* A picture and what became of it. */
struct cli_bench_picture {
    char *path;
    char *fault; /* why it could not be read or decoded; NULL: it was */
    bool face;
    float quality;                 /* 0 to 1 */
    float values[FACE_TEMPLATE_N]; /* of the most prominent face, when there is one */
};

/* Pictures (struct cli_bench_picture) that free what they hold. */
GArray *cli_bench_pictures_new(void);
void cli_bench_pictures_add(GArray *pictures, const char *path);

/* Settings and models. */
struct cli_bench {
    struct app_settings settings;
    struct recogniser *recogniser;
};
/* False with *status. */
bool cli_bench_open(struct cli_bench *bench, int *status);
void cli_bench_close(struct cli_bench *bench);

/* Makes the template of every picture as enrolment does, whatever its quality, without liveness. */
void cli_bench_pictures_embed(GArray *pictures, const struct cli_bench *bench);

/* Names the pictures that could not be read on standard error; returns how many. */
size_t cli_bench_pictures_faults(const GArray *pictures);

/* Opens a file to write rows to; NULL with a message on standard error. */
FILE *cli_bench_rows_open(const char *path);
/* Closes it; false, with a message, when not everything was written. */
bool cli_bench_rows_close(FILE *file, const char *path);

/* One line "name   value", aligned; shares as per cent. */
void cli_bench_line(const char *name, const char *format, ...) G_GNUC_PRINTF(2, 3);
void cli_bench_line_share(const char *name, double share);

/* The most memory that the process has had so far, in MiB; 0 where that cannot be told. */
double cli_bench_memory_peak(void);

/* Prints the JSON if there is any, and gives the exit code. */
int cli_bench_end(json_t *json);

#endif
