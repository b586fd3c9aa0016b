#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/photos.h"

#include <stdio.h>

struct quality_options {
    char *language;
    gboolean liveness, as_json;
};

static const char *result_name(const struct recognise_photo *photo)
{
    return photo->kind == RECOGNISE_MATCH ? "good" : recognise_kind_name(photo->kind);
}

static json_t *photo_json(const char *path, const struct recognise_photo *photo,
                          const char *language)
{
    enum face_component advice[FACE_COMPONENT_N];
    const size_t n = face_quality_advice(&photo->quality, advice);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(face_component_advice(advice[i], language)));
    json_t *json = json_pack("{s:s,s:s,s:I,s:o,s:o,s:o}", "file", path, "result",
                             result_name(photo), "faces", (json_int_t)photo->faces, "box",
                             photo->faces ? cli_json_box(&photo->box) : json_null(), "components",
                             cli_components_json(&photo->quality), "advice", list);
    if (photo->kind == RECOGNISE_POOR_QUALITY)
        json_object_set_new(json, "reason", json_string(face_quality_name(photo->quality.reason)));
    return json;
}

static void print_figure(const char *name, const struct face_component_figure *figure)
{
    g_autofree char *words = cli_words(name);

    if (figure->measured)
        printf("  %-26s %3d   %.3f\n", words, figure->score, (double)figure->native);
}

static void print_photo(const char *path, const struct recognise_photo *photo, const char *language)
{
    enum face_component advice[FACE_COMPONENT_N];
    const size_t n = face_quality_advice(&photo->quality, advice);
    g_autofree char *result = cli_words(result_name(photo));
    const char *sentence = face_quality_sentence(&photo->quality, language);

    printf("%s: %s%s%s\n", path, result, *sentence ? ": " : "", sentence);
    print_figure("unified_quality_score", &photo->quality.unified);
    for (int i = 0; i < FACE_COMPONENT_N; i++)
        print_figure(face_component_name((enum face_component)i), &photo->quality.components[i]);
    for (size_t i = 0; i < n; i++)
        printf("  - %s\n", face_component_advice(advice[i], language));
}

/* The exit code of one picture. */
static int judge(const struct cli_bench *bench, const char *path,
                 const struct quality_options *given, json_t *items)
{
    const struct face_image_limits limits = app_image_limits(&bench->settings);
    const struct recognise_options options = {.skip_liveness = !given->liveness};
    g_autofree struct recognise_photo *photo = g_new0(struct recognise_photo, 1);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    const bool read = cli_photos_add(&photos, path, &limits, &error);
    const bool seen =
        read && recognise_enrol_photo(bench->recogniser,
                                      &g_array_index(photos.pictures, struct recognise_picture, 0),
                                      &options, photo, &error);
    cli_photos_finish(&photos);
    if (read && error)
        g_prefix_error(&error, "%s: ", path);
    if (!seen) {
        if (items)
            json_array_append_new(items,
                                  json_pack("{s:s,s:s}", "file", path, "error", error->message));
        return cli_fail(error);
    }
    if (items)
        json_array_append_new(items, photo_json(path, photo, given->language));
    else
        print_photo(path, photo, given->language);
    return photo->kind == RECOGNISE_MATCH ? CLI_EXIT_OK : CLI_EXIT_NO;
}

static int judge_all(const struct cli_bench *bench, const struct quality_options *given,
                     char **words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) paths = cli_photos_expand(words, &error);
    json_t *items = given->as_json ? json_array() : NULL;
    int status = CLI_EXIT_OK;

    if (!paths) {
        json_decref(items);
        return cli_fail(error);
    }
    for (guint i = 0; i < paths->len; i++)
        status = cli_exit_worse(status, judge(bench, paths->pdata[i], given, items));
    const bool printed =
        items ? cli_print_json(json_pack("{s:o}", "items", items)) : cli_print_end();
    return printed ? status : CLI_EXIT_UNAVAILABLE;
}

int cli_quality(int argc, char **argv)
{
    struct quality_options given = {0};
    const GOptionEntry options[] = {
        {"language", 0, 0, G_OPTION_ARG_STRING, &given.language, "Of the advice: en or es",
         "LANGUAGE"},
        {"liveness", 0, 0, G_OPTION_ARG_NONE, &given.liveness, "Refuse prints and screens too",
         NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "FILE...",
        .summary = "Says how good photos are for enrolment, and what to change.",
        .no = "a photo would be refused",
        .notes = "The components are those of ISO/IEC 29794-5, each with its score, 0 to 100, and "
                 "what was\nmeasured. Below 40 a photo is refused, below 60 there is advice. A "
                 "folder in place of a\nfile stands for the pictures in it.",
        .words_min = 1,
        .words_max = -1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_bench bench;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (given.language && !g_str_equal(given.language, "es") && !g_str_equal(given.language, "en"))
        status = cli_fail_usage(argv[0], "--language must be en or es.");
    else if (cli_bench_open(&bench, &status)) {
        status = judge_all(&bench, &given, words);
        cli_bench_close(&bench);
    }
ended:
    g_free(given.language);
    return status;
}
