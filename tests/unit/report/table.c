#include "table.h"

#include <string.h>
#include <unistd.h>

static bool next(struct report_row *row, bool *more, gpointer data, GError **error)
{
    struct table *table = data;
    const gint64 n = table->at++;
    const bool is_summary = table->summary && n == table->rows;

    if (table->problem && n == table->rows - 1) {
        g_propagate_error(error, g_steal_pointer(&table->problem));
        return false;
    }
    *more = n < table->rows || is_summary;
    if (!*more)
        return true;
    if (is_summary) {
        row->role = REPORT_ROW_SUMMARY;
        row->cells[2] = report_text("Total");
        row->cells[6] = report_integer(1234567);
        return true;
    }
    row->cells[0] = report_date("2026-03-12");
    row->cells[1] = report_time(8 * 3600 + 30 * 60 + n);
    row->cells[2] = report_text(table->name);
    row->cells[3] = report_status(CORE_STATUS_LATE, table->code, "Retardo");
    row->cells[4] = report_percent(0.875);
    row->cells[5] = report_instant(TABLE_AT + n * BASE_TIME_SECOND);
    row->cells[6] = report_integer(n);
    row->cells[7] = report_duration(90 * 60);
    row->cells[8] = report_real(0.5);
    return true;
}

void table_init(struct table *table, gint64 rows)
{
    static const char *const LABELS[] = {"S1", "S2", "S3"};
    static const double VALUES[] = {0.5, 0.75, 1};
    static const struct report_values LINES[] = {{"Álgebra", VALUES}};
    static const struct report_series SERIES = {
        .key = "by_week",
        .title = "Por semana",
        .x_title = "Semana",
        .y_title = "Asistencia",
        .plot = REPORT_PLOT_LINE,
        .is_share = true,
        .labels = LABELS,
        .labels_n = G_N_ELEMENTS(LABELS),
        .values = LINES,
        .values_n = 1,
    };
    static const struct report_parameter PARAMETERS[] = {{"Curso", "Álgebra 4B"}};
    static const struct report_column COLUMNS[TABLE_COLUMNS] = {
        {.key = "day", .title = "Día", .kind = REPORT_KIND_DATE},
        {.key = "time", .title = "Hora", .kind = REPORT_KIND_TIME},
        {.key = "name", .title = "Nombre", .kind = REPORT_KIND_TEXT, .repeats = true},
        {.key = "status", .title = "Estado", .kind = REPORT_KIND_STATUS},
        {.key = "share", .title = "Asistencia", .kind = REPORT_KIND_PERCENT},
        {.key = "marked_at", .title = "Marcado", .kind = REPORT_KIND_INSTANT},
        {.key = "count", .title = "Marcas", .kind = REPORT_KIND_INTEGER},
        {.key = "present", .title = "Tiempo", .kind = REPORT_KIND_DURATION},
        {.key = "score", .title = "Puntos", .kind = REPORT_KIND_REAL},
    };

    *table = (struct table){
        .rows = rows,
        .name = "Ana Núñez",
        .code = "late",
        .report =
            {
                .name = "marks",
                .title = "Registro: asistencia",
                .subtitle = "Marzo de 2026",
                .parameters = PARAMETERS,
                .parameters_n = 1,
                .institution = "Universidad del Mayab",
                .language = "es",
                .generated_at = TABLE_AT,
                .columns_n = TABLE_COLUMNS,
                .next = next,
                .rows_total = rows,
                .series = &SERIES,
                .series_n = 1,
            },
    };
    memcpy(table->columns, COLUMNS, sizeof COLUMNS);
    table->report.zone = g_time_zone_new_identifier("America/Merida");
    table->report.columns = table->columns;
    table->report.data = table;
}

void table_finish(struct table *table)
{
    g_clear_error(&table->problem);
    g_time_zone_unref(table->report.zone);
}

bool table_take(const char *data, size_t size, gpointer bytes, GError **error)
{
    (void)error;
    g_byte_array_append(bytes, (const guint8 *)data, (guint)size);
    return true;
}

bool table_progress(gint64 done, gint64 total, gpointer data)
{
    struct table *table = data;

    assert_true(done <= total);
    table->reported = done;
    return !table->cancel_at || done < table->cancel_at;
}

GByteArray *table_write(struct table *table, enum report_format format,
                        const struct report_options *options)
{
    GByteArray *bytes = g_byte_array_new();
    GError *error = NULL;

    table->at = 0;
    if (!report_write(format, &table->report, options, table_take, bytes, &error))
        fail_msg("%s", error->message);
    return bytes;
}

GError *table_write_fails(struct table *table, enum report_format format,
                          const struct report_options *options)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    GError *error = NULL;

    table->at = 0;
    assert_false(report_write(format, &table->report, options, table_take, bytes, &error));
    assert_non_null(error);
    assert_true(error->domain == BASE_ERROR);
    return error;
}

char *table_ask(const GByteArray *bytes, const char *const *arguments)
{
    g_autofree char *path = NULL;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    char *output = NULL;
    int status = 0;
    const int fd = g_file_open_tmp("report-XXXXXX", &path, NULL);

    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(path, (const char *)bytes->data, bytes->len, NULL));
    for (; *arguments; arguments++)
        g_strv_builder_add(builder, strcmp(*arguments, "FILE") == 0 ? path : *arguments);
    g_auto(GStrv) words = g_strv_builder_end(builder);
    const gboolean ran =
        g_spawn_sync(NULL, words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                     NULL, &output, NULL, &status, NULL);
    unlink(path);
    if (ran && g_spawn_check_wait_status(status, NULL))
        return output;
    g_free(output);
    return NULL;
}

unsigned table_open_files(void)
{
    unsigned n = 0;
    GDir *folder = g_dir_open("/proc/self/fd", 0, NULL);

    while (g_dir_read_name(folder))
        n++;
    g_dir_close(folder);
    return n;
}
