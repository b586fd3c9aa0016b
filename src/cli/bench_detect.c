#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/finder.h"
#include "cli/input.h"
#include "cli/output.h"

#include <math.h>
#include <string.h>

#define UNKNOWN (-1)

struct picture {
    char *path;
    char *fault;
    gint64 expected; /* from the name; UNKNOWN when it says nothing */
    gint64 found;
    double milliseconds; /* to find them, on one core */
    double megapixels;
};

struct detection {
    struct app_settings settings;
    struct cli_finder *finder;
    GArray *pictures; /* struct picture */
};

struct totals {
    gint64 pictures, faults, counted;
    gint64 found;                       /* in all pictures */
    gint64 expected, met, extra, exact; /* in pictures whose name tells how many */
    double milliseconds, megapixels;
};

static void picture_clear(gpointer data)
{
    struct picture *picture = data;
    g_free(picture->path);
    g_free(picture->fault);
}

/* NAME_K.jpg has K faces. */
static gint64 expected_of(const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');
    gint64 expected;

    if (dot)
        *dot = '\0';
    const char *underscore = strrchr(base, '_');
    if (underscore && g_ascii_string_to_signed(underscore + 1, 10, 0, 100000, &expected, NULL))
        return expected;
    return UNKNOWN;
}

static void find(size_t index, void *data)
{
    struct detection *run = data;
    struct picture *picture = &g_array_index(run->pictures, struct picture, index);
    struct face_image_limits limits = app_image_limits(&run->settings);
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    g_autoptr(GError) error = NULL;
    struct face_image image = {0};

    bool ok = cli_finder_decode(picture->path, &limits, &image, &error);
    const gint64 began = g_get_monotonic_time();
    ok = ok && cli_finder_run(run->finder, &image, boxes, &error);
    picture->found = boxes->len;
    picture->milliseconds = (double)(g_get_monotonic_time() - began) / 1000;
    picture->megapixels = (double)image.width * (double)image.height / 1e6;
    if (!ok)
        picture->fault = g_strdup(error->message);
    face_image_finish(&image);
}

static struct totals sum_up(const struct detection *run)
{
    struct totals totals = {0};

    for (guint i = 0; i < run->pictures->len; i++) {
        const struct picture *picture = &g_array_index(run->pictures, struct picture, i);
        totals.pictures++;
        totals.faults += picture->fault != NULL;
        totals.found += picture->found;
        totals.milliseconds += picture->milliseconds;
        totals.megapixels += picture->megapixels;
        if (picture->fault || picture->expected == UNKNOWN)
            continue;
        totals.counted++;
        totals.expected += picture->expected;
        totals.met += MIN(picture->expected, picture->found);
        totals.extra += MAX(picture->found - picture->expected, 0);
        totals.exact += picture->found == picture->expected;
    }
    return totals;
}

static double ratio(gint64 part, gint64 whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static json_t *result_json(const struct detection *run, const struct totals *totals)
{
    json_t *items = json_array();

    for (guint i = 0; i < run->pictures->len; i++) {
        const struct picture *picture = &g_array_index(run->pictures, struct picture, i);
        json_t *item =
            json_pack("{s:s,s:I}", "file", picture->path, "found", (json_int_t)picture->found);
        if (picture->expected != UNKNOWN)
            json_object_set_new(item, "expected", json_integer(picture->expected));
        if (picture->fault)
            json_object_set_new(item, "error", json_string(picture->fault));
        json_array_append_new(items, item);
    }
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:f,s:f,s:f,s:o}", "pictures",
                     (json_int_t)totals->pictures, "damaged", (json_int_t)totals->faults, "found",
                     (json_int_t)totals->found, "pictures_with_count", (json_int_t)totals->counted,
                     "expected", (json_int_t)totals->expected, "met", (json_int_t)totals->met,
                     "extra", (json_int_t)totals->extra, "exact", (json_int_t)totals->exact,
                     "recall", cli_json_real(ratio(totals->met, totals->expected)), "precision",
                     cli_json_real(ratio(totals->met, totals->met + totals->extra)), "milliseconds",
                     totals->milliseconds, "megapixels", totals->megapixels, "peak_mebibytes",
                     cli_bench_memory_peak(), "items", items);
}

static void print_result(const struct detection *run, const struct totals *totals)
{
    for (guint i = 0; i < run->pictures->len; i++) {
        const struct picture *picture = &g_array_index(run->pictures, struct picture, i);
        if (picture->fault)
            continue;
        if (picture->expected == UNKNOWN)
            cli_bench_line(picture->path, " %" G_GINT64_FORMAT, picture->found);
        else
            cli_bench_line(picture->path, " %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
                           picture->found, picture->expected);
    }
    cli_bench_line("Pictures", "%" G_GINT64_FORMAT ", of which %" G_GINT64_FORMAT " damaged",
                   totals->pictures, totals->faults);
    cli_bench_line("Faces found", "%" G_GINT64_FORMAT, totals->found);
    cli_bench_line("Time of one core", "%.0f ms for %.1f megapixels", totals->milliseconds,
                   totals->megapixels);
    cli_bench_line("Peak memory", "%.0f MiB", cli_bench_memory_peak());
    if (totals->counted == 0)
        return;
    cli_bench_line("Pictures with a count",
                   "%" G_GINT64_FORMAT ", of which %" G_GINT64_FORMAT " exactly right",
                   totals->counted, totals->exact);
    cli_bench_line(
        "Found of expected",
        "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " (%.1f %%), %" G_GINT64_FORMAT " too many",
        totals->met, totals->expected, ratio(totals->met, totals->expected) * 100, totals->extra);
}

static int measure(struct detection *run, const char *folder, bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = cli_pictures_in(folder, true, &error);

    if (!paths)
        return cli_fail(error);
    if (paths->len == 0)
        return cli_fail_input("There are no pictures in %s.", folder);
    for (guint i = 0; i < paths->len; i++) {
        struct picture picture = {.path = g_strdup(paths->pdata[i]),
                                  .expected = expected_of(paths->pdata[i])};
        g_array_append_val(run->pictures, picture);
    }
    cli_bench_parallel("Pictures", run->pictures->len, find, run);
    for (guint i = 0; i < run->pictures->len; i++)
        if (g_array_index(run->pictures, struct picture, i).fault)
            cli_warn("%s", g_array_index(run->pictures, struct picture, i).fault);
    struct totals totals = sum_up(run);
    if (as_json)
        return cli_bench_end(result_json(run, &totals));
    print_result(run, &totals);
    return cli_bench_end(NULL);
}

int cli_bench_detect(int argc, char **argv)
{
    char *size = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"size", 's', 0, G_OPTION_ARG_STRING, &size, CLI_FINDER_SIZE_HELP, "PIXELS"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "DIR",
        .summary = "Counts the faces found in every picture of a folder, folders in it included.",
        .notes = "A picture named NAME_K.jpg has K faces. Found ones up to K count as right, more\n"
                 "as too many: boxes are not compared with the truth.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    struct detection run = {0};
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) &&
        cli_settings_load(&run.settings, &status)) {
        run.pictures = g_array_new(FALSE, FALSE, sizeof(struct picture));
        g_array_set_clear_func(run.pictures, picture_clear);
        run.finder = cli_finder_create(&run.settings, size, (int)g_get_num_processors(), &error);
        status = run.finder ? measure(&run, words[0], as_json) : cli_fail(error);
        cli_finder_destroy(run.finder);
        g_array_unref(run.pictures);
        app_settings_clear(&run.settings);
    }
    g_free(size);
    return status;
}
