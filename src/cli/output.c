#include "cli/output.h"

#include "cli/command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_AFTER_US G_USEC_PER_SEC
#define PROGRESS_EVERY_US (G_USEC_PER_SEC / 10)

bool cli_print_end(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "presente: The output could not be written: %s.\n", g_strerror(errno));
    return false;
}

int cli_end(void)
{
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_end_json(json_t *json)
{
    return cli_print_json(json) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_end_items(const GPtrArray *entities, cli_show show)
{
    json_t *items = json_array();

    for (guint i = 0; i < entities->len; i++)
        json_array_append_new(items, show(entities->pdata[i]));
    return cli_end_json(json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)entities->len));
}

bool cli_print_json(json_t *json)
{
    g_autofree char *text = base_json_format(json);

    json_decref(json);
    puts(text);
    return cli_print_end();
}

static json_t *findings_json(const GPtrArray *findings)
{
    json_t *items = json_array();

    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *valid = g_utf8_make_valid(findings->pdata[i], -1); /* of damaged data */
        json_array_append_new(items, json_string(valid));
    }
    return items;
}

int cli_print_findings(const GPtrArray *findings, const char *sound, json_t *json)
{
    const int status = findings->len ? CLI_EXIT_NO : CLI_EXIT_OK;

    if (json) {
        json_object_set_new(json, "sound", json_boolean(findings->len == 0));
        json_object_set_new(json, "findings", findings_json(findings));
        return cli_print_json(json) ? status : CLI_EXIT_UNAVAILABLE;
    }
    for (guint i = 0; i < findings->len; i++)
        puts(findings->pdata[i]);
    if (findings->len == 0)
        puts(sound);
    return cli_print_end() ? status : CLI_EXIT_UNAVAILABLE;
}

struct cli_table {
    size_t columns;
    GPtrArray *cells; /* char *, g_free */
};

struct cli_table *cli_table_create(size_t columns)
{
    struct cli_table *table = g_new0(struct cli_table, 1);
    table->columns = columns;
    table->cells = g_ptr_array_new_with_free_func(g_free);
    return table;
}

struct cli_table *cli_table_headed(const char *const headings[])
{
    size_t columns = 0;

    while (headings[columns])
        columns++;
    struct cli_table *table = cli_table_create(columns);
    for (size_t i = 0; i < columns; i++)
        cli_table_add(table, headings[i]);
    return table;
}

void cli_table_add(struct cli_table *table, const char *cell)
{
    g_ptr_array_add(table->cells, g_strdup(cell ? cell : ""));
}

void cli_table_add_int(struct cli_table *table, gint64 value)
{
    g_ptr_array_add(table->cells, g_strdup_printf("%" G_GINT64_FORMAT, value));
}

void cli_table_print(struct cli_table *table)
{
    g_autofree glong *widths = g_new0(glong, table->columns);

    for (guint i = 0; i < table->cells->len; i++) {
        glong *width = &widths[i % table->columns];
        *width = MAX(*width, g_utf8_strlen(table->cells->pdata[i], -1));
    }
    for (guint i = 0; i < table->cells->len; i++) {
        const char *cell = table->cells->pdata[i];
        size_t column = i % table->columns;
        fputs(cell, stdout);
        if (column + 1 == table->columns)
            putchar('\n');
        else
            printf("%*s", (int)(widths[column] - g_utf8_strlen(cell, -1) + 2), "");
    }
    g_ptr_array_unref(table->cells);
    g_free(table);
}

json_t *cli_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *cli_json_box(const struct face_box *box)
{
    return json_pack("{s:o,s:o,s:o,s:o}", "x", cli_json_real(box->x), "y", cli_json_real(box->y),
                     "width", cli_json_real(box->width), "height", cli_json_real(box->height));
}

void cli_progress_init(struct cli_progress *progress, const char *what, size_t total)
{
    *progress = (struct cli_progress){
        .what = what,
        .total = (gint)total,
        .started = g_get_monotonic_time(),
        .terminal = isatty(STDERR_FILENO),
    };
    g_mutex_init(&progress->lock);
}

void cli_progress_step(struct cli_progress *progress)
{
    gint done = g_atomic_int_add(&progress->done, 1) + 1;

    if (!progress->terminal || !g_mutex_trylock(&progress->lock))
        return;
    gint64 now = g_get_monotonic_time();
    if (now - progress->started > PROGRESS_AFTER_US && now - progress->shown > PROGRESS_EVERY_US) {
        fprintf(stderr, "\r%s: %d of %d ", progress->what, done, progress->total);
        progress->shown = now;
    }
    g_mutex_unlock(&progress->lock);
}

void cli_progress_finish(struct cli_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    g_mutex_clear(&progress->lock);
}
