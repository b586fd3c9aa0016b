/* Pictures of whole classes, made of single faces: speed, memory, and errors by the faces' height.
 */
#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "face/image_write.h"
#include "face/resample.h"
#include "recognise/class.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    RUNS = 5,
    CELL_MAX = 480, /* pixels: of one person's square */
    STRANGERS_MAX = 300,
    JPEG_QUALITY = 90,
};

/* Heights of faces that errors are measured at, in pixels; about 0.45 of a picture's side. */
static const double HEIGHTS[] = {20, 24, 28, 32, 40, 50, 64, 80, 100};
#define HEIGHT_SHARE 0.45

struct people {
    GPtrArray *enrol;     /* of each person: GPtrArray of paths */
    GPtrArray *probes;    /* likewise, in the same order */
    GPtrArray *strangers; /* paths */
};

/* Squares of `side` pixels, row by row; what of each cell is whose. */
struct montage {
    GArray *cells; /* guint: the person, or NOBODY */
    GPtrArray *paths;
    int columns, side;
};
#define NOBODY G_MAXUINT

struct tally {
    double height; /* mean, of the faces found */
    guint people, found, right, wrong, review;
    guint strangers, strangers_found, strangers_named, strangers_review;
    GArray *stranger_scores; /* float: the best of each */
};

static struct base_uuid id_of(guint person)
{
    struct base_uuid id = {{0}};

    id.bytes[0] = (uint8_t)((person + 1) >> 8);
    id.bytes[1] = (uint8_t)(person + 1);
    return id;
}

static void paths_free(gpointer paths)
{
    g_ptr_array_unref(paths);
}

static bool people_read(struct people *people, const char *folder, GError **error)
{
    g_autofree char *enrol = g_build_filename(folder, "enrol", NULL);
    g_autofree char *stranger = g_build_filename(folder, "stranger", NULL);
    g_autoptr(GPtrArray) folders = cli_folders_in(enrol, error);

    people->enrol = g_ptr_array_new_with_free_func(paths_free);
    people->probes = g_ptr_array_new_with_free_func(paths_free);
    for (guint i = 0; folders && i < folders->len; i++) {
        g_autofree char *name = g_path_get_basename(folders->pdata[i]);
        g_autofree char *probe = g_build_filename(folder, "probe", name, NULL);
        g_autoptr(GPtrArray) probes =
            g_file_test(probe, G_FILE_TEST_IS_DIR) ? cli_pictures_in(probe, false, NULL) : NULL;
        g_autoptr(GPtrArray) photos = cli_pictures_in(folders->pdata[i], false, error);
        if (!photos)
            return false;
        if (!probes || probes->len == 0)
            continue;
        g_ptr_array_add(people->enrol, g_steal_pointer(&photos));
        g_ptr_array_add(people->probes, g_steal_pointer(&probes));
    }
    if (!folders)
        return false;
    people->strangers = g_file_test(stranger, G_FILE_TEST_IS_DIR)
                            ? cli_pictures_in(stranger, true, error)
                            : g_ptr_array_new();
    if (people->strangers && people->enrol->len > 0)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "%s must have the folders enrol/NAME and probe/NAME.", folder);
    return false;
}

static bool enrol(const struct people *people, const struct cli_bench *bench, GError **error)
{
    g_autoptr(GArray) pictures = cli_bench_pictures_new();

    for (guint i = 0; i < people->enrol->len; i++) {
        const GPtrArray *paths = people->enrol->pdata[i];
        for (guint k = 0; k < paths->len; k++)
            cli_bench_pictures_add(pictures, paths->pdata[k]);
    }
    cli_bench_pictures_embed(pictures, bench);
    guint next = 0;
    for (guint i = 0; i < people->enrol->len; i++) {
        const GPtrArray *paths = people->enrol->pdata[i];
        const struct base_uuid id = id_of(i);
        g_autofree float *values = g_new(float, paths->len *FACE_TEMPLATE_N);
        size_t n = 0;
        for (guint k = 0; k < paths->len; k++, next++) {
            const struct cli_bench_picture *picture =
                &g_array_index(pictures, struct cli_bench_picture, next);
            if (picture->face)
                memcpy(values + n++ * FACE_TEMPLATE_N, picture->values, sizeof picture->values);
        }
        if (n > 0 && !recognise_person_set(bench->recogniser, &id, values, n, error))
            return false;
    }
    return true;
}

/* ---- making pictures ---- */

static bool paste(const char *path, struct face_image *canvas, int x, int y, int side,
                  GError **error)
{
    g_autoptr(GBytes) content = cli_file_read(path, 20u << 20, error);
    struct face_image image;
    gsize size;

    if (!content)
        return false;
    const void *data = g_bytes_get_data(content, &size);
    if (!face_image_decode(data, size, NULL, &image, error))
        return false;
    const float square = (float)MIN(image.width, image.height);
    const struct face_crop crop = {((float)image.width - square) / 2,
                                   ((float)image.height - square) / 2, square, square};
    g_autofree float *pixels = g_new(float, (size_t)side *(size_t)side * 3);
    face_resample_area(&image, &crop, pixels, side, side);
    face_image_finish(&image);
    for (int row = 0; row < side; row++) {
        uint8_t *target = canvas->rgb + ((size_t)(y + row) * (size_t)canvas->width + (size_t)x) * 3;
        for (int i = 0; i < side * 3; i++)
            target[i] = (uint8_t)(pixels[row * side * 3 + i] + 0.5F);
    }
    return true;
}

/* `width` and `height` of 0: as large as the cells need. */
static GBytes *montage_draw(const struct montage *montage, int width, int height, GError **error)
{
    const int rows = ((int)montage->cells->len + montage->columns - 1) / montage->columns;
    struct face_image canvas;
    GBytes *jpeg = NULL;
    bool ok = true;

    face_image_init(&canvas, width ? width : montage->columns * montage->side,
                    height ? height : rows * montage->side);
    for (guint i = 0; ok && i < montage->cells->len; i++)
        ok = paste(montage->paths->pdata[i], &canvas, (int)i % montage->columns * montage->side,
                   (int)i / montage->columns * montage->side, montage->side, error);
    if (ok)
        jpeg = face_image_encode_jpeg(&canvas, JPEG_QUALITY, error);
    face_image_finish(&canvas);
    return jpeg;
}

static void montage_clear(struct montage *montage)
{
    g_array_unref(montage->cells);
    g_ptr_array_unref(montage->paths);
}

/* The `turn`th photo of each person (at most `people_max`), and strangers. */
static struct montage montage_of(const struct people *people, guint turn, guint people_max,
                                 guint strangers_max, int side)
{
    struct montage montage = {
        .cells = g_array_new(FALSE, FALSE, sizeof(guint)),
        .paths = g_ptr_array_new(),
        .side = side,
    };
    const guint nobody = NOBODY;

    for (guint i = 0; i < MIN(people->probes->len, people_max); i++) {
        const GPtrArray *paths = people->probes->pdata[i];
        if (turn >= paths->len)
            continue;
        g_array_append_val(montage.cells, i);
        g_ptr_array_add(montage.paths, paths->pdata[turn]);
    }
    for (guint i = 0; i < strangers_max && turn * strangers_max + i < people->strangers->len; i++) {
        g_array_append_val(montage.cells, nobody);
        g_ptr_array_add(montage.paths, people->strangers->pdata[turn * strangers_max + i]);
    }
    montage.columns = (int)ceil(sqrt((double)montage.cells->len * 4 / 3));
    return montage;
}

/* ---- what was seen ---- */

/* The face nearest to the middle of each cell; others in it are passers-by. */
static void nearest(const struct montage *montage, const struct recognise_class *class,
                    const struct recognise_answer **answers)
{
    g_autofree double *distances = g_new(double, montage->cells->len);

    for (guint i = 0; i < class->faces->len; i++) {
        const struct recognise_answer *answer =
            &g_array_index(class->faces, struct recognise_class_face, i).answer;
        const double x = (double)(answer->box.x + answer->box.width / 2) / montage->side;
        const double y = (double)(answer->box.y + answer->box.height / 2) / montage->side;
        const int cell = (int)floor(y) * montage->columns + (int)floor(x);
        if (x < 0 || y < 0 || x >= montage->columns || cell >= (int)montage->cells->len)
            continue;
        const double distance = hypot(x - floor(x) - 0.5, y - floor(y) - 0.5);
        if (!answers[cell] || distance < distances[cell]) {
            answers[cell] = answer;
            distances[cell] = distance;
        }
    }
}

static void count_person(struct tally *tally, guint person, const struct recognise_answer *answer)
{
    const struct base_uuid id = id_of(person);
    const bool is = answer && base_uuid_equal(&answer->person, &id);

    tally->people++;
    tally->found += answer != NULL;
    if (!answer)
        return;
    tally->right += answer->kind == RECOGNISE_MATCH && is;
    tally->wrong += answer->kind == RECOGNISE_MATCH && !is;
    tally->review += answer->kind == RECOGNISE_NEEDS_REVIEW;
}

static void count_stranger(struct tally *tally, const struct recognise_answer *answer)
{
    tally->strangers++;
    if (!answer)
        return;
    tally->strangers_found++;
    tally->strangers_named += answer->kind == RECOGNISE_MATCH;
    tally->strangers_review += answer->kind == RECOGNISE_NEEDS_REVIEW;
    g_array_append_val(tally->stranger_scores, answer->score);
}

static void count(struct tally *tally, const struct montage *montage,
                  const struct recognise_class *class)
{
    g_autofree const struct recognise_answer **answers =
        g_new0(const struct recognise_answer *, montage->cells->len);

    nearest(montage, class, answers);
    for (guint i = 0; i < montage->cells->len; i++) {
        const guint person = g_array_index(montage->cells, guint, i);
        if (answers[i])
            tally->height += (double)answers[i]->box.height;
        if (person == NOBODY)
            count_stranger(tally, answers[i]);
        else
            count_person(tally, person, answers[i]);
    }
}

static bool recognise(const struct cli_bench *bench, GBytes *jpeg, struct recognise_class *class,
                      GError **error)
{
    const struct recognise_options options = {
        .scope = {.everybody = true}, .group = true, .skip_liveness = true, .faces_max = 2000};
    struct recognise_picture picture;
    struct face_image_limits limits = {.bytes_max = 100u << 20, .pixels_max = 100u * 1000 * 1000};

    picture.data = g_bytes_get_data(jpeg, &picture.size);
    return recognise_class(bench->recogniser, &picture, 1, &options, &limits, class, error);
}

/* ---- speed ---- */

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool measure_speed(const struct people *people, const struct cli_bench *bench, gint64 faces,
                          json_t *json, GError **error)
{
    struct montage montage = montage_of(people, 0, (guint)faces, 0, CELL_MAX);
    struct tally tally = {.stranger_scores = g_array_new(FALSE, FALSE, sizeof(float))};
    struct face_timings timings = {0};
    double elapsed[RUNS];
    montage.columns = 8;
    const int rows = ((int)montage.cells->len + 7) / 8;
    g_autoptr(GBytes) jpeg = montage_draw(&montage, 4000, MAX(3000, rows * CELL_MAX), error);
    bool ok = jpeg != NULL;

    for (int i = 0; ok && i < RUNS; i++) {
        struct recognise_class class;
        const gint64 began = g_get_monotonic_time();
        ok = recognise(bench, jpeg, &class, error);
        elapsed[i] = (double)(g_get_monotonic_time() - began) / 1000;
        if (!ok)
            break;
        timings = class.timings;
        if (i == 0)
            count(&tally, &montage, &class);
        recognise_class_clear(&class);
    }
    if (ok) {
        qsort(elapsed, RUNS, sizeof *elapsed, compare_doubles);
        json_object_update_new(
            json, json_pack("{s:i,s:i,s:i,s:i,s:i,s:f,s:f,s:{s:f,s:f,s:f,s:f},s:f}", "faces",
                            (int)tally.people, "found", (int)tally.found, "right", (int)tally.right,
                            "wrong", (int)tally.wrong, "review", (int)tally.review, "milliseconds",
                            elapsed[RUNS / 2], "milliseconds_best", elapsed[0], "core_milliseconds",
                            "decode", timings.decode / 1000, "detect", timings.detect / 1000,
                            "landmarks", timings.landmarks / 1000, "embed", timings.embed / 1000,
                            "peak_mebibytes", cli_bench_memory_peak()));
    }
    g_array_unref(tally.stranger_scores);
    montage_clear(&montage);
    return ok;
}

/* ---- errors by height ---- */

static int compare_falling(gconstpointer a, gconstpointer b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x < y) - (x > y);
}

/* The score that this share of the strangers exceeds. */
static double stranger_score(const GArray *scores, double share)
{
    const guint place = (guint)((double)scores->len * share);

    return place < scores->len ? (double)g_array_index(scores, float, place) : NAN;
}

static bool measure_height(const struct people *people, const struct cli_bench *bench,
                           double height, gint64 turns, json_t *items, GError **error)
{
    struct tally tally = {.stranger_scores = g_array_new(FALSE, FALSE, sizeof(float))};
    bool ok = true;

    for (guint turn = 0; ok && turn < (guint)turns; turn++) {
        struct montage montage =
            montage_of(people, turn, G_MAXUINT, STRANGERS_MAX, (int)lrint(height / HEIGHT_SHARE));
        g_autoptr(GBytes) jpeg = montage_draw(&montage, 0, 0, error);
        struct recognise_class class;
        ok = jpeg && recognise(bench, jpeg, &class, error);
        if (ok) {
            count(&tally, &montage, &class);
            recognise_class_clear(&class);
        }
        montage_clear(&montage);
    }
    g_array_sort(tally.stranger_scores, compare_falling);
    const guint found = MAX(tally.found + tally.strangers_found, 1);
    if (ok)
        json_array_append_new(
            items,
            json_pack("{s:f,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:o,s:o}", "height",
                      tally.height / found, "people", (int)tally.people, "found", (int)tally.found,
                      "right", (int)tally.right, "wrong", (int)tally.wrong, "review",
                      (int)tally.review, "strangers", (int)tally.strangers, "strangers_found",
                      (int)tally.strangers_found, "strangers_named", (int)tally.strangers_named,
                      "strangers_review", (int)tally.strangers_review, "stranger_score_1_percent",
                      cli_json_real(stranger_score(tally.stranger_scores, 0.01)),
                      "stranger_score_highest",
                      cli_json_real(stranger_score(tally.stranger_scores, 0))));
    g_array_unref(tally.stranger_scores);
    return ok;
}

/* ---- the command ---- */

static gint64 member(const json_t *json, const char *name)
{
    return json_integer_value(json_object_get(json, name));
}

static void print(const json_t *json, const json_t *heights)
{
    const json_t *cores = json_object_get(json, "core_milliseconds");

    cli_bench_line(
        "Faces in 12 megapixels", "%d of %d found, %d named right, %d wrong, %d to review",
        (int)member(json, "found"), (int)member(json, "faces"), (int)member(json, "right"),
        (int)member(json, "wrong"), (int)member(json, "review"));
    cli_bench_line("Time", "%.0f ms (best %.0f)",
                   json_real_value(json_object_get(json, "milliseconds")),
                   json_real_value(json_object_get(json, "milliseconds_best")));
    cli_bench_line("Of one core", "decode %.0f, detect %.0f, landmarks %.0f, embed %.0f ms",
                   json_real_value(json_object_get(cores, "decode")),
                   json_real_value(json_object_get(cores, "detect")),
                   json_real_value(json_object_get(cores, "landmarks")),
                   json_real_value(json_object_get(cores, "embed")));
    cli_bench_line("Peak memory", "%.0f MiB",
                   json_real_value(json_object_get(json, "peak_mebibytes")));
    if (json_array_size(heights) == 0)
        return;
    printf("Height  found  right  wrong  review | strangers found  named  review  1 %% above\n");
    for (size_t i = 0; i < json_array_size(heights); i++) {
        const json_t *one = json_array_get(heights, i);
        printf("%6.0f %3d/%3d %6d %6d %7d | %9d/%5d %6d %7d %10.3f\n",
               json_real_value(json_object_get(one, "height")), (int)member(one, "found"),
               (int)member(one, "people"), (int)member(one, "right"), (int)member(one, "wrong"),
               (int)member(one, "review"), (int)member(one, "strangers_found"),
               (int)member(one, "strangers"), (int)member(one, "strangers_named"),
               (int)member(one, "strangers_review"),
               json_real_value(json_object_get(one, "stranger_score_1_percent")));
    }
}

static int measure(const struct cli_bench *bench, const char *folder, gint64 faces, gint64 turns,
                   bool as_json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = json_object();
    json_t *heights = json_array();
    struct people people = {0};
    bool ok = people_read(&people, folder, &error) && enrol(&people, bench, &error) &&
              measure_speed(&people, bench, faces, json, &error);

    for (size_t i = 0; ok && turns > 0 && i < G_N_ELEMENTS(HEIGHTS); i++)
        ok = measure_height(&people, bench, HEIGHTS[i], turns, heights, &error);
    g_clear_pointer(&people.enrol, g_ptr_array_unref);
    g_clear_pointer(&people.probes, g_ptr_array_unref);
    g_clear_pointer(&people.strangers, g_ptr_array_unref);
    json_object_set_new(json, "heights", heights);
    if (!ok)
        return cli_fail(error);
    if (as_json)
        return cli_bench_end(g_steal_pointer(&json));
    print(json, heights);
    return cli_bench_end(NULL);
}

int cli_bench_class_photo(int argc, char **argv)
{
    gint64 faces = 40, turns = 0;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"faces", 0, 0, G_OPTION_ARG_INT64, &faces, "Faces in the picture; 40 by default", "N"},
        {"heights", 0, 0, G_OPTION_ARG_INT64, &turns,
         "Also errors by the height of faces, 20 to 100 pixels, from N pictures each", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "DIR",
        .summary = "Makes pictures of a class out of single photographs and recognises everybody "
                   "in them.",
        .notes = "DIR/enrol/NAME has the photos to enrol, DIR/probe/NAME others of the same\n"
                 "people, DIR/stranger (optional) people who are not enrolled.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    struct cli_bench bench;
    g_auto(GStrv) words = NULL;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) && cli_bench_open(&bench, &status)) {
        if (faces < 1 || faces > 48 || turns < 0)
            status = cli_fail_input("--faces must be 1 to 48, --heights 0 or more.");
        else
            status = measure(&bench, words[0], faces, turns, as_json);
        cli_bench_close(&bench);
    }
    return status;
}
