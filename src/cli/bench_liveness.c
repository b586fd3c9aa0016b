#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"

#include <math.h>
#include <string.h>

/* A picture and the judgement on it. */
struct trial {
    char *path;
    char *fault;
    bool response; /* false: no face, so that nothing was judged */
    float live;
};

/* Pictures of one kind: live ones, or one species of presentation attack. */
struct species {
    char *name;
    GArray *trials; /* struct trial */
    size_t responses, called_live, faults;
};

struct liveness_run {
    struct cli_bench bench;
    float threshold;
    GArray *trials; /* of the species under way */
};

static void trial_clear(gpointer data)
{
    struct trial *trial = data;
    g_free(trial->path);
    g_free(trial->fault);
}

static void species_clear(gpointer data)
{
    struct species *species = data;
    g_free(species->name);
    g_clear_pointer(&species->trials, g_array_unref);
}

static bool species_add(GArray *all, const char *name, const char *folder, GError **error)
{
    g_autoptr(GPtrArray) paths = cli_pictures_in(folder, true, error);

    if (!paths)
        return false;
    if (paths->len == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "There are no pictures in %s.", folder);
        return false;
    }
    struct species species = {.name = g_strdup(name),
                              .trials = g_array_new(FALSE, TRUE, sizeof(struct trial))};
    g_array_set_clear_func(species.trials, trial_clear);
    for (guint i = 0; i < paths->len; i++) {
        struct trial trial = {.path = g_strdup(paths->pdata[i])};
        g_array_append_val(species.trials, trial);
    }
    g_array_append_val(all, species);
    return true;
}

/* A probe against an empty gallery, with a threshold that lets every face through, so that the
 * probability itself comes back. */
static void judge(size_t index, void *data)
{
    struct liveness_run *run = data;
    struct trial *trial = &g_array_index(run->trials, struct trial, index);
    struct recognise_thresholds open = recogniser_thresholds(run->bench.recogniser);
    open.live = 0;
    const struct recognise_options options = {
        .scope = {.everybody = true}, .skip_quality = true, .thresholds = &open};
    struct face_image_limits limits = app_image_limits(&run->bench.settings);
    g_autofree struct recognise_answer *answer = g_new0(struct recognise_answer, 1);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    if (cli_photos_add(&photos, trial->path, &limits, &error) &&
        recognise_probe(run->bench.recogniser,
                        &g_array_index(photos.pictures, struct recognise_picture, 0), 1, &options,
                        answer, &error)) {
        trial->response = answer->live >= 0;
        trial->live = answer->live;
    } else {
        trial->fault = g_strdup(error->message);
    }
    cli_photos_finish(&photos);
}

static void judge_species(struct liveness_run *run, struct species *species)
{
    run->trials = species->trials;
    cli_bench_parallel(species->name, species->trials->len, judge, run);
    for (guint i = 0; i < species->trials->len; i++) {
        const struct trial *trial = &g_array_index(species->trials, struct trial, i);
        species->faults += trial->fault != NULL;
        species->responses += trial->response;
        species->called_live += trial->response && trial->live >= run->threshold;
        if (trial->fault)
            cli_warn("%s: %s", trial->path, trial->fault);
    }
}

/* Share of the presentations that were judged; NaN when none was. */
static double share(size_t part, const struct species *species)
{
    return species->responses ? (double)part / (double)species->responses : NAN;
}

static double no_response(const struct species *species)
{
    return 1 - (double)species->responses / (double)species->trials->len;
}

static json_t *species_json(const struct species *species, const char *rate_name, double rate,
                            const char *no_response_name)
{
    return json_pack("{s:s,s:o,s:o,s:I,s:I,s:I,s:I}", "name", species->name, rate_name,
                     cli_json_real(rate), no_response_name, cli_json_real(no_response(species)),
                     "pictures", (json_int_t)species->trials->len, "judged",
                     (json_int_t)species->responses, "called_live",
                     (json_int_t)species->called_live, "damaged", (json_int_t)species->faults);
}

static json_t *result_json(const struct liveness_run *run, const GArray *all)
{
    const struct species *live = &g_array_index(all, struct species, 0);
    json_t *attacks = json_array();

    for (guint i = 1; i < all->len; i++) {
        const struct species *species = &g_array_index(all, struct species, i);
        json_array_append_new(
            attacks, species_json(species, "apcer", share(species->called_live, species), "apnrr"));
    }
    return json_pack(
        "{s:o,s:o,s:o}", "threshold", cli_json_real((double)run->threshold), "live",
        species_json(live, "bpcer", share(live->responses - live->called_live, live), "bpnrr"),
        "spoof", attacks);
}

static void print_species(const struct species *species, const char *rate_name, size_t wrong,
                          const char *no_response_name)
{
    g_autofree char *rate = g_strdup_printf("%s %s", rate_name, species->name);
    g_autofree char *none = g_strdup_printf("%s %s", no_response_name, species->name);

    cli_bench_line(rate, "%.2f %% (%zu of %zu judged)", share(wrong, species) * 100, wrong,
                   species->responses);
    cli_bench_line(none, "%.2f %% (%zu of %u pictures, %zu damaged)", no_response(species) * 100,
                   species->trials->len - species->responses, species->trials->len,
                   species->faults);
}

static int run_liveness(GArray *all, bool as_json)
{
    struct liveness_run run;
    int status;

    if (!cli_bench_open(&run.bench, &status))
        return status;
    run.threshold = recogniser_thresholds(run.bench.recogniser).live;
    for (guint i = 0; i < all->len; i++)
        judge_species(&run, &g_array_index(all, struct species, i));
    if (!as_json) {
        const struct species *live = &g_array_index(all, struct species, 0);
        cli_bench_line("Threshold", "%.3f", (double)run.threshold);
        print_species(live, "BPCER", live->responses - live->called_live, "BPNRR");
        for (guint i = 1; i < all->len; i++) {
            const struct species *species = &g_array_index(all, struct species, i);
            print_species(species, "APCER", species->called_live, "APNRR");
        }
    }
    status = cli_bench_end(as_json ? result_json(&run, all) : NULL);
    cli_bench_close(&run.bench);
    return status;
}

/* Reads "NAME=DIR"; the folder's own name will do. */
static bool add_spoof(GArray *all, const char *text, GError **error)
{
    const char *equals = strchr(text, '=');
    g_autofree char *name =
        equals ? g_strndup(text, (gsize)(equals - text)) : g_path_get_basename(text);

    return species_add(all, name, equals ? equals + 1 : text, error);
}

int cli_bench_liveness(int argc, char **argv)
{
    g_auto(GStrv) spoofs = NULL;
    char *live = NULL;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"live", 0, 0, G_OPTION_ARG_FILENAME, &live, "Pictures of people, folders included", "DIR"},
        {"spoof", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &spoofs,
         "Pictures of one kind of attack; may be repeated", "NAME=DIR"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures presentation attack detection (ISO/IEC 30107-3), one picture at a "
                   "time.",
        .notes = "BPCER: live pictures refused; APCER: pictures of a species let through; both of\n"
                 "those judged. BPNRR, APNRR: pictures that got no judgement, because no face was\n"
                 "found or the file is damaged. Marks judge several frames together.",
        .options = options,
    };
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct species));
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    int status;

    g_array_set_clear_func(all, species_clear);
    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (!live || !spoofs) {
        status = cli_fail_usage(argv[0], "--live and at least one --spoof are needed.");
        goto ended;
    }
    bool found = species_add(all, "live", live, &error);
    for (char **spoof = spoofs; found && *spoof; spoof++)
        found = add_spoof(all, *spoof, &error);
    status = found ? run_liveness(all, as_json) : cli_fail(error);
ended:
    g_free(live);
    return status;
}
