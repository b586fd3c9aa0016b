#include "cli/db.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 30
#define SHOW_AFTER_US G_USEC_PER_SEC
#define BAR_EVERY_US (G_USEC_PER_SEC / 10)
#define LINE_EVERY_US (5 * G_USEC_PER_SEC)

static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};

static atomic_bool stopping;

static void stop(int number)
{
    (void)number;
    atomic_store(&stopping, true);
}

void cli_db_progress_init(struct cli_db_progress *progress, bool quiet)
{
    const struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART | SA_RESETHAND};

    *progress = (struct cli_db_progress){
        .started = g_get_monotonic_time(),
        .terminal = isatty(STDERR_FILENO),
        .quiet = quiet,
    };
    /* A second Ctrl-C ends it at once. What nohup has switched off stays so. */
    for (gsize i = 0; i < G_N_ELEMENTS(SIGNALS); i++) {
        struct sigaction before;
        if (sigaction(SIGNALS[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(SIGNALS[i], &action, NULL);
    }
}

char *cli_db_number(gint64 number)
{
    g_autofree char *digits = g_strdup_printf("%" G_GINT64_FORMAT, number);
    GString *text = g_string_new(NULL);
    gsize n = strlen(digits);

    for (gsize i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-')
            g_string_append_c(text, ',');
        g_string_append_c(text, digits[i]);
    }
    return g_string_free(text, FALSE);
}

static void show(const struct cli_db_progress *progress, const struct db_copy_progress *state)
{
    const char *what = state->phase == DB_COPY_VERIFY ? "Verifying" : "Copying";
    double part = state->total ? CLAMP((double)state->done / (double)state->total, 0, 1) : 1;
    g_autofree char *done = cli_db_number(state->done);
    g_autofree char *total = cli_db_number(state->total);
    char bar[BAR_WIDTH + 1];

    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', (size_t)(part * BAR_WIDTH));
    bar[BAR_WIDTH] = '\0';
    if (progress->terminal)
        fprintf(stderr, "\r%-9s [%s] %3d %%  %s of %s rows  %s\033[K", what, bar, (int)(part * 100),
                done, total, state->table);
    else
        printf("%s %s: %s of %s rows\n", what, state->table, done, total);
    (void)fflush(stdout);
}

static bool report(const struct db_copy_progress *state, gpointer data)
{
    struct cli_db_progress *progress = data;
    gint64 now = g_get_monotonic_time();
    gint64 every = progress->terminal ? BAR_EVERY_US : LINE_EVERY_US;

    if (progress->quiet && !progress->terminal)
        return !atomic_load(&stopping);
    if (now - progress->started > SHOW_AFTER_US && now - progress->shown > every) {
        show(progress, state);
        progress->shown = now;
    }
    return !atomic_load(&stopping);
}

struct db_copy_options cli_db_progress_options(struct cli_db_progress *progress)
{
    return (struct db_copy_options){.progress = report, .data = progress};
}

double cli_db_progress_finish(struct cli_db_progress *progress)
{
    if (progress->terminal && progress->shown)
        fputs("\r\033[K", stderr);
    return (double)(g_get_monotonic_time() - progress->started) / G_USEC_PER_SEC;
}

json_t *cli_db_copy_json(const struct db_copy_result *result, double seconds)
{
    json_t *tables = json_array();

    for (guint i = 0; i < result->tables->len; i++) {
        const struct db_copy_table *table = &g_array_index(result->tables, struct db_copy_table, i);
        json_array_append_new(tables, json_pack("{s:s,s:I,s:s}", "name", table->name, "rows",
                                                (json_int_t)table->rows, "sha256", table->digest));
    }
    return json_pack("{s:I,s:I,s:f,s:o}", "rows", (json_int_t)result->rows, "rows_found",
                     (json_int_t)result->rows_found, "seconds", seconds, "tables", tables);
}
