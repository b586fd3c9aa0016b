#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/finder.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "face/image_write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* Sides of the box's height that a crop keeps around its middle: by default enough for the liveness
 * crop (2.7) and for the face to be found again. */
#define CONTEXT_DEFAULT 3.0
#define CONTEXT_MIN 1.0
#define CONTEXT_MAX 20.0

struct detect_options {
    char *size, *crop;
    double context;
    gboolean as_json;
};

struct detect_run {
    struct app_settings settings;
    struct cli_finder *finder;
    const char *crop; /* NULL: none */
    float context;
    json_t *items; /* NULL: print lines */
    size_t faces;
};

static bool write_crop(const struct detect_run *run, const char *path,
                       const struct face_image *image, const struct face_box *box, guint number,
                       char **written, GError **error)
{
    struct face_image piece;
    float side = ceilf(run->context * fmaxf(box->width, box->height));
    int left = (int)floorf(box->x + (box->width - side) / 2);
    int top = (int)floorf(box->y + (box->height - side) / 2);

    if (!face_image_cut(image, left, top, (int)side, (int)side, &piece))
        return true;
    g_autoptr(GBytes) png = face_image_encode_png(&piece, error);
    face_image_finish(&piece);
    if (!png)
        return false;
    g_autofree char *base = g_path_get_basename(path);
    char *dot = g_strrstr(base, ".");
    if (dot)
        *dot = '\0';
    g_autofree char *name = g_strdup_printf("%s_face%u.png", base, number);
    gsize size;
    const void *data = g_bytes_get_data(png, &size);
    *written = g_build_filename(run->crop, name, NULL);
    return cli_file_write(*written, data, size, error);
}

static bool report_face(struct detect_run *run, const char *path, const struct face_image *image,
                        const struct face_box *box, guint number, json_t *list, GError **error)
{
    g_autofree char *written = NULL;

    if (run->crop && !write_crop(run, path, image, box, number, &written, error))
        return false;
    if (!list) {
        printf("  %u  x %.0f  y %.0f  width %.0f  height %.0f  score %.3f%s%s\n", number,
               (double)box->x, (double)box->y, (double)box->width, (double)box->height,
               (double)box->score, written ? "  " : "", written ? written : "");
        return true;
    }
    json_t *face = cli_json_box(box);
    json_object_set_new(face, "score", cli_json_real(box->score));
    if (written)
        json_object_set_new(face, "crop", json_string(written));
    json_array_append_new(list, face);
    return true;
}

static bool report_picture(struct detect_run *run, const char *path, const struct face_image *image,
                           const GArray *boxes, GError **error)
{
    json_t *list = run->items ? json_array() : NULL;
    bool done = true;

    run->faces += boxes->len;
    if (!list)
        printf("%s: %u face%s\n", path, boxes->len, boxes->len == 1 ? "" : "s");
    for (guint i = 0; i < boxes->len && done; i++)
        done = report_face(run, path, image, &g_array_index(boxes, struct face_box, i), i + 1, list,
                           error);
    if (list)
        json_array_append_new(run->items,
                              json_pack("{s:s,s:i,s:i,s:o}", "file", path, "width", image->width,
                                        "height", image->height, "faces", list));
    return done;
}

static int detect(struct detect_run *run, const char *path)
{
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    struct face_image_limits limits = app_image_limits(&run->settings);
    g_autoptr(GError) error = NULL;
    struct face_image image = {0};

    bool done = cli_finder_decode(path, &limits, &image, &error) &&
                cli_finder_run(run->finder, &image, boxes, &error) &&
                report_picture(run, path, &image, boxes, &error);
    face_image_finish(&image);
    if (done)
        return CLI_EXIT_OK;
    if (run->items)
        json_array_append_new(run->items,
                              json_pack("{s:s,s:s}", "file", path, "error", error->message));
    return cli_fail(error);
}

static int run_detect(struct detect_run *run, const struct detect_options *given, char **words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = cli_photos_expand(words, &error);
    int status = CLI_EXIT_OK;

    if (!paths)
        return cli_fail(error);
    if (paths->len == 0)
        return cli_fail_input("There is no photo in %s.", words[0]);
    if (given->crop && g_mkdir_with_parents(given->crop, 0755) != 0) {
        cli_warn("The folder %s cannot be made: %s.", given->crop, g_strerror(errno));
        return CLI_EXIT_UNAVAILABLE;
    }
    run->crop = given->crop;
    run->context = (float)given->context;
    run->items = given->as_json ? json_array() : NULL;
    for (guint i = 0; i < paths->len; i++)
        status = cli_exit_worse(status, detect(run, paths->pdata[i]));
    if (status == CLI_EXIT_OK && run->faces == 0)
        status = CLI_EXIT_NO;
    bool printed =
        run->items ? cli_print_json(json_pack("{s:o}", "items", run->items)) : cli_print_end();
    return printed ? status : CLI_EXIT_UNAVAILABLE;
}

int cli_detect(int argc, char **argv)
{
    struct detect_options given = {.context = CONTEXT_DEFAULT};
    const GOptionEntry options[] = {
        {"size", 's', 0, G_OPTION_ARG_STRING, &given.size, CLI_FINDER_SIZE_HELP, "PIXELS"},
        {"crop", 0, 0, G_OPTION_ARG_FILENAME, &given.crop,
         "Write each face with its surroundings as PNG into this folder", "DIR"},
        {"context", 0, 0, G_OPTION_ARG_DOUBLE, &given.context,
         "With --crop: keep so many times the face's height, 3 by default; less cuts single faces "
         "out of tight groups",
         "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE...",
        .summary = "Finds the faces in pictures. Faces are numbered from left to right.",
        .no = "there is no face in any picture",
        .notes = "A folder in place of a file stands for the pictures in it.",
        .words_min = 1,
        .words_max = -1,
        .options = options,
    };
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    struct detect_run run = {0};
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (!(given.context >= CONTEXT_MIN && given.context <= CONTEXT_MAX)) {
        status =
            cli_fail_usage(argv[0], "--context must be from %g to %g.", CONTEXT_MIN, CONTEXT_MAX);
    } else if (cli_settings_load(&run.settings, &status)) {
        run.finder = cli_finder_create(&run.settings, given.size, 1, &error);
        status = run.finder ? run_detect(&run, &given, words) : cli_fail(error);
        cli_finder_destroy(run.finder);
        app_settings_clear(&run.settings);
    }
ended:
    g_free(given.size);
    g_free(given.crop);
    return status;
}
