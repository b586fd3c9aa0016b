/* What the commands share that move a database. */
#ifndef CLI_DB_H
#define CLI_DB_H

#include "base/json.h"
#include "db/copy.h"

#include <glib.h>
#include <stdbool.h>

/* Only when it takes a while: a bar on standard error when that is a terminal, otherwise a line now
 * and then on standard output, so that cron mails nothing but errors. */
struct cli_db_progress {
    gint64 started; /* monotonic, µs */
    gint64 shown;
    bool terminal;
    bool quiet; /* no lines */
};

/* From here on Ctrl-C and SIGTERM end the copy between two batches, so that it tidies up. */
void cli_db_progress_init(struct cli_db_progress *progress, bool quiet);

/* Options of a copy that reports here; `progress` must outlive it. */
struct db_copy_options cli_db_progress_options(struct cli_db_progress *progress);

/* Wipes the bar. Seconds since the beginning. */
double cli_db_progress_finish(struct cli_db_progress *progress);

/* {"rows","rows_found","seconds","tables":[{"name","rows","sha256"}]} */
json_t *cli_db_copy_json(const struct db_copy_result *result, double seconds);

/* "260,123"; g_free() it. */
char *cli_db_number(gint64 number);

#endif
