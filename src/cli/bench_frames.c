#include "cli/bench_frames.h"

#include "base/error.h"
#include "cli/input.h"
#include "cli/output.h"
#include "video/video.h"

#include <string.h>

#define FILE_BYTES_MAX (20u << 20)

static void sequence_clear(gpointer data)
{
    struct cli_bench_sequence *sequence = data;

    g_free(sequence->name);
    g_clear_pointer(&sequence->paths, g_ptr_array_unref);
}

static void add_pictures(GArray *sequences, const char *folder, GPtrArray *pictures)
{
    struct cli_bench_sequence sequence = {.name = g_strdup(folder), .paths = pictures};

    g_array_append_val(sequences, sequence);
}

static bool add_folder(GArray *sequences, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) pictures = cli_pictures_in(folder, false, error);
    g_autoptr(GPtrArray) folders = pictures ? cli_folders_in(folder, error) : NULL;

    if (!folders)
        return false;
    if (pictures->len > 0)
        add_pictures(sequences, folder, g_steal_pointer(&pictures));
    for (guint i = 0; i < folders->len; i++)
        if (!add_folder(sequences, folders->pdata[i], error))
            return false;
    return true;
}

GArray *cli_bench_sequences(const char *path, GError **error)
{
    g_autoptr(GArray) sequences = g_array_new(FALSE, TRUE, sizeof(struct cli_bench_sequence));

    g_array_set_clear_func(sequences, sequence_clear);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && !cli_picture_has_name(path)) {
        const struct cli_bench_sequence video = {.name = g_strdup(path)};
        g_array_append_val(sequences, video);
    } else if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        GPtrArray *one = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(one, g_strdup(path));
        add_pictures(sequences, path, one);
    } else if (!add_folder(sequences, path, error)) {
        return NULL;
    }
    if (sequences->len == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "There are no pictures in %s.", path);
        return NULL;
    }
    return g_steal_pointer(&sequences);
}

static bool each_picture(const struct cli_bench *bench, const struct cli_bench_sequence *sequence,
                         cli_bench_frame_fn fn, void *data, size_t *faults, GError **error)
{
    const struct face_image_limits limits = app_image_limits(&bench->settings);
    bool ok = true;

    for (guint i = 0; ok && i < sequence->paths->len; i++) {
        const char *path = sequence->paths->pdata[i];
        g_autoptr(GError) problem = NULL;
        g_autoptr(GBytes) file = cli_file_read(path, FILE_BYTES_MAX, &problem);
        struct face_image image = {0};
        gsize size = 0;
        const void *bytes = file ? g_bytes_get_data(file, &size) : NULL;
        if (!file || !face_image_decode(bytes, size, &limits, &image, &problem)) {
            cli_warn("%s: %s", path, problem->message);
            (*faults)++;
            continue;
        }
        ok = fn(&image, -1, data, error);
        face_image_finish(&image);
    }
    return ok;
}

static bool each_video_frame(const struct cli_bench_sequence *sequence, cli_bench_frame_fn fn,
                             void *data, GError **error)
{
    const struct video_limits limits = {
        .duration_max = 10 * 60 * G_USEC_PER_SEC,
        .interval = G_USEC_PER_SEC / CLI_BENCH_VIDEO_RATE,
    };
    g_autoptr(video_source) video = video_open_file(sequence->name, &limits, error);
    bool ok = video != NULL;

    while (ok) {
        struct face_image image = {0};
        gint64 time = 0;
        const enum video_step step = video_next(video, &image, &time, error);
        if (step != VIDEO_FRAME)
            return step == VIDEO_END;
        ok = fn(&image, time, data, error);
        face_image_finish(&image);
    }
    return false;
}

bool cli_bench_frames_each(const struct cli_bench *bench, const struct cli_bench_sequence *sequence,
                           cli_bench_frame_fn fn, void *data, size_t *faults, GError **error)
{
    return sequence->paths ? each_picture(bench, sequence, fn, data, faults, error)
                           : each_video_frame(sequence, fn, data, error);
}
