#include "cli/bench.h"

#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parallel {
    cli_bench_fn fn;
    void *data;
    size_t n;
    size_t next;
    struct cli_progress progress;
};

static gpointer work(gpointer data)
{
    struct parallel *parallel = data;

    for (;;) {
        size_t index = __atomic_fetch_add(&parallel->next, 1, __ATOMIC_RELAXED);
        if (index >= parallel->n)
            return NULL;
        parallel->fn(index, parallel->data);
        cli_progress_step(&parallel->progress);
    }
}

void cli_bench_parallel(const char *what, size_t n, cli_bench_fn fn, void *data)
{
    struct parallel parallel = {.fn = fn, .data = data, .n = n};
    guint threads_n = g_get_num_processors();
    g_autofree GThread **threads = g_new0(GThread *, threads_n);

    cli_progress_init(&parallel.progress, what, n);
    for (guint i = 0; i < threads_n; i++)
        threads[i] = g_thread_new("bench", work, &parallel);
    for (guint i = 0; i < threads_n; i++)
        g_thread_join(threads[i]);
    cli_progress_finish(&parallel.progress);
}

static void picture_clear(gpointer data)
{
    struct cli_bench_picture *picture = data;
    g_free(picture->path);
    g_free(picture->fault);
}

GArray *cli_bench_pictures_new(void)
{
    GArray *pictures = g_array_new(FALSE, TRUE, sizeof(struct cli_bench_picture));
    g_array_set_clear_func(pictures, picture_clear);
    return pictures;
}

void cli_bench_pictures_add(GArray *pictures, const char *path)
{
    g_array_set_size(pictures, pictures->len + 1);
    g_array_index(pictures, struct cli_bench_picture, pictures->len - 1).path = g_strdup(path);
}

struct embedding {
    GArray *pictures;
    struct recogniser *recogniser;
    const struct face_image_limits *limits;
};

static void embed(size_t index, void *data)
{
    static const struct recognise_options OPTIONS = {.skip_liveness = true, .skip_quality = true};
    const struct embedding *embedding = data;
    struct cli_bench_picture *picture =
        &g_array_index(embedding->pictures, struct cli_bench_picture, index);
    g_autofree struct recognise_photo *photo = g_new0(struct recognise_photo, 1);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    if (cli_photos_add(&photos, picture->path, embedding->limits, &error) &&
        recognise_enrol_photo(embedding->recogniser,
                              &g_array_index(photos.pictures, struct recognise_picture, 0),
                              &OPTIONS, photo, &error)) {
        picture->face = photo->kind == RECOGNISE_MATCH;
        picture->quality = photo->quality.overall;
        memcpy(picture->values, photo->values, sizeof picture->values);
    } else {
        picture->fault = g_strdup(error->message);
    }
    cli_photos_finish(&photos);
}

void cli_bench_pictures_embed(GArray *pictures, const struct cli_bench *bench)
{
    struct face_image_limits limits = app_image_limits(&bench->settings);
    struct embedding embedding = {pictures, bench->recogniser, &limits};

    cli_bench_parallel("Faces", pictures->len, embed, &embedding);
}

size_t cli_bench_pictures_faults(const GArray *pictures)
{
    size_t faults = 0;

    for (guint i = 0; i < pictures->len; i++) {
        const struct cli_bench_picture *picture =
            &g_array_index(pictures, struct cli_bench_picture, i);
        if (!picture->fault)
            continue;
        faults++;
        cli_warn("%s: %s", picture->path, picture->fault);
    }
    return faults;
}

bool cli_bench_open(struct cli_bench *bench, int *status)
{
    g_autoptr(GError) error = NULL;

    *bench = (struct cli_bench){0};
    if (!cli_settings_load(&bench->settings, status))
        return false;
    bench->recogniser = app_open_recogniser(&bench->settings, &error);
    if (bench->recogniser)
        return true;
    *status = cli_fail(error);
    app_settings_clear(&bench->settings);
    return false;
}

void cli_bench_close(struct cli_bench *bench)
{
    recogniser_destroy(bench->recogniser);
    app_settings_clear(&bench->settings);
}

FILE *cli_bench_rows_open(const char *path)
{
    FILE *file = fopen(path, "we");

    if (!file)
        cli_warn("%s cannot be written: %s.", path, g_strerror(errno));
    return file;
}

bool cli_bench_rows_close(FILE *file, const char *path)
{
    const bool failed = ferror(file) != 0;

    if (fclose(file) == 0 && !failed)
        return true;
    cli_warn("%s was not written to its end.", path);
    return false;
}

void cli_bench_line(const char *name, const char *format, ...)
{
    va_list arguments;

    printf("%-34s", name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void cli_bench_line_share(const char *name, double share)
{
    if (isfinite(share))
        cli_bench_line(name, "%.2f %%", share * 100);
    else
        cli_bench_line(name, "-");
}

double cli_bench_memory_peak(void)
{
    g_autofree char *status = NULL;
    const char *line = NULL;
    guint64 kibibytes = 0;

    if (g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        line = strstr(status, "VmHWM:");
    if (line)
        kibibytes = g_ascii_strtoull(line + strlen("VmHWM:"), NULL, 10);
    return (double)kibibytes / 1024;
}

int cli_bench_end(json_t *json)
{
    bool printed = json ? cli_print_json(json) : cli_print_end();
    return printed ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}
