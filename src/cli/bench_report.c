#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "report/report.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

enum {
    NAMES = 3000,      /* different ones */
    LARGE_ROWS = 60000 /* of which no PDF is made */
};

#define AT ((base_time)1773327483 * BASE_TIME_SECOND)

/* The rows of a report that is made up: marks of a day. */
struct made_up {
    gint64 rows, next;
    char name[64];
};

static bool next_row(struct report_row *row, bool *more, gpointer data, GError **error)
{
    static const char *const STATUSES[CORE_STATUS_N] = {"Presente", "Retardo", "Ausente",
                                                        "Justificada"};
    struct made_up *made_up = data;
    const gint64 n = made_up->next++;
    const enum core_status status = (enum core_status)(n % CORE_STATUS_N);

    (void)error;
    *more = n < made_up->rows;
    if (!*more)
        return true;
    g_snprintf(made_up->name, sizeof made_up->name, "María Núñez Cauich %d", (int)(n % NAMES));
    row->cells[0] = report_date("2026-03-12");
    row->cells[1] = report_time(8 * 3600 + n % 3600);
    row->cells[2] = report_text(made_up->name);
    row->cells[3] = report_text("4B Álgebra");
    row->cells[4] = report_status(status, NULL, STATUSES[status]);
    row->cells[5] = report_text("face");
    row->cells[6] = report_percent((double)(n % 100) / 100);
    row->cells[7] = report_instant(AT + n * BASE_TIME_SECOND);
    row->cells[8] = report_integer(n);
    return true;
}

static bool count(const char *data, size_t size, gpointer bytes, GError **error)
{
    (void)data;
    (void)error;
    *(size_t *)bytes += size;
    return true;
}

/* Most memory since the last call, in KiB; 0 when the system does not tell. */
static gint64 peak_memory(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/self/status", &text, NULL, NULL))
        return 0;
    const char *line = strstr(text, "VmHWM:");
    const gint64 peak = line ? g_ascii_strtoll(line + strlen("VmHWM:"), NULL, 10) : 0;
    malloc_trim(0);
    FILE *reset = fopen("/proc/self/clear_refs", "w");
    if (reset) {
        (void)fputs("5", reset);
        (void)fclose(reset);
    }
    return peak;
}

static bool run_one(enum report_format format, gint64 rows, json_t *results, GError **error)
{
    static const struct report_column COLUMNS[] = {
        {.key = "day", .title = "Día", .kind = REPORT_KIND_DATE},
        {.key = "time", .title = "Hora", .kind = REPORT_KIND_TIME},
        {.key = "name", .title = "Nombre", .kind = REPORT_KIND_TEXT, .repeats = true},
        {.key = "group", .title = "Grupo", .kind = REPORT_KIND_TEXT},
        {.key = "status", .title = "Estado", .kind = REPORT_KIND_STATUS},
        {.key = "method", .title = "Método", .kind = REPORT_KIND_TEXT},
        {.key = "share", .title = "Asistencia", .kind = REPORT_KIND_PERCENT},
        {.key = "marked_at", .title = "Marcado", .kind = REPORT_KIND_INSTANT},
        {.key = "number", .title = "N.º", .kind = REPORT_KIND_INTEGER},
    };
    struct made_up made_up = {.rows = rows};
    const struct report report = {
        .name = "marks",
        .title = "Registro de asistencia",
        .institution = "Presente",
        .language = "es",
        .generated_at = AT,
        .columns = COLUMNS,
        .columns_n = G_N_ELEMENTS(COLUMNS),
        .next = next_row,
        .data = &made_up,
    };
    char name[32];
    size_t bytes = 0;

    (void)peak_memory();
    const gint64 start = g_get_monotonic_time();
    if (!report_write(format, &report, NULL, count, &bytes, error))
        return false;
    const double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    const gint64 peak = peak_memory();
    json_array_append_new(results, json_pack("{s:s, s:I, s:f, s:I, s:I}", "format",
                                             report_format_name(format), "rows", (json_int_t)rows,
                                             "seconds", seconds, "bytes", (json_int_t)bytes,
                                             "peak_kib", (json_int_t)peak));
    g_snprintf(name, sizeof name, "%s %d", report_format_name(format), (int)rows);
    fprintf(stderr, "%-14s %8.2f s  %8.1f MB written  %6.1f MB of memory at most\n", name, seconds,
            (double)bytes / 1e6, (double)peak / 1024);
    return true;
}

int cli_bench_report(int argc, char **argv)
{
    static const gint64 ROWS[] = {5000, 50000, 500000};
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures how long reports of 5,000, 50,000 and 500,000 made-up rows take in "
                   "each format, and how much memory.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) results = json_array();
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    for (int format = 0; format < REPORT_FORMAT_N; format++)
        for (size_t i = 0; i < G_N_ELEMENTS(ROWS); i++)
            if ((format != REPORT_FORMAT_PDF || ROWS[i] <= LARGE_ROWS) &&
                !run_one((enum report_format)format, ROWS[i], results, &error))
                return cli_fail(error);
    return cli_bench_end(as_json ? json_pack("{s:O}", "reports", results) : NULL);
}
