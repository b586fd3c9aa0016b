/* Results on standard output, progress on standard error. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/json.h"
#include "base/time.h"
#include "face/types.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Prints a document on one line; takes the reference. False, with the reason on standard error,
 * when standard output cannot take it. */
bool cli_print_json(json_t *json);

/* Flushes standard output; false, with the reason on standard error, when something was lost. */
bool cli_print_end(void);

/* The end of a command that worked: the exit code, which tells when the output was lost. With a
 * document (taken over) that is printed first. */
int cli_end(void);
int cli_end_json(json_t *json);

/* The same for a list: {"items", "total"} of what `show` makes of each entity. */
typedef json_t *(*cli_show)(const void *entity);
int cli_end_items(const GPtrArray *entities, cli_show show);

/* Columns of text, as wide as their widest cell. */
struct cli_table;
struct cli_table *cli_table_create(size_t columns);
/* The same with a row of headings, NULL at their end. */
struct cli_table *cli_table_headed(const char *const headings[]);
/* One cell after the other, row by row; NULL is an empty one. */
void cli_table_add(struct cli_table *table, const char *cell);
void cli_table_add_int(struct cli_table *table, gint64 value);
/* Prints and frees it. */
void cli_table_print(struct cli_table *table);

/* A figure for JSON: null when it is not finite. */
json_t *cli_json_real(double value);

/* {"x","y","width","height"} of a face box, in pixels. */
json_t *cli_json_box(const struct face_box *box);

/* What an examination found, sentences of char *: a line each, or `sound` when there are none; with
 * `json` (taken over; NULL: not wanted) that object with "sound" and "findings" added. Ends the
 * output and gives the exit status. */
int cli_print_findings(const GPtrArray *findings, const char *sound, json_t *json);

/* "12,345 done of …" on one line that rewrites itself, only when standard error is a terminal and
 * only after a second. Any thread may step. */
struct cli_progress {
    const char *what;
    gint total;
    gint done;
    gint64 started; /* monotonic, µs */
    gint64 shown;
    bool terminal;
    GMutex lock;
};
void cli_progress_init(struct cli_progress *progress, const char *what, size_t total);
void cli_progress_step(struct cli_progress *progress);
void cli_progress_finish(struct cli_progress *progress);

#endif
