#include "base/error.h"
#include "cli/bench.h"
#include "cli/bench_variants.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/photos.h"
#include "cli/statistics.h"

#include <math.h>
#include <string.h>

/* One probe: whom it should be, and what the search said. */
struct probe {
    GPtrArray *paths; /* char *, of pictures that count as frames of one attempt */
    guint person;     /* index of the right one; NOBODY for strangers */
    char *fault;
    bool face;
    guint found;
    double score;
    bool twice; /* the second network was asked */
    struct recognise_candidate candidates[RECOGNISE_CANDIDATES_MAX];
    size_t candidates_n;
};

#define NOBODY G_MAXUINT

struct request {
    char *enrol, *probe, *stranger;
    char *scores; /* file to write every probe's candidates to */
    int frames;   /* pictures of a person that make one probe */
    gboolean variants, as_json;
};

struct identification {
    struct cli_bench *bench;
    GPtrArray *names;       /* char *, of the people enrolled */
    GHashTable *name_index; /* name → index + 1 */
    GArray *probes;         /* struct probe */
    GArray *enrolled;       /* struct cli_bench_picture */
    GArray *owners;         /* guint, of the pictures enrolled */
    size_t enrol_pictures, enrol_failures, enrol_faults;
    size_t people_failed; /* people of whom no picture could be enrolled */
    size_t foreign;       /* pictures of the probe folder whose person is not in the other one */
    guint frames;         /* at most so many pictures of a person make one probe */
};

struct rate {
    double fpir, threshold, fnir;
};

static void probe_clear(gpointer data)
{
    struct probe *probe = data;
    g_ptr_array_unref(probe->paths);
    g_free(probe->fault);
}

/* The person's number, as an id that the gallery takes. */
static struct base_uuid id_of(guint person)
{
    struct base_uuid id = {{0}};

    for (size_t i = 0; i < sizeof person; i++)
        id.bytes[BASE_UUID_SIZE - 1 - i] = (uint8_t)((person + 1) >> (8 * i));
    return id;
}

static guint person_of(const struct base_uuid *id)
{
    guint number = 0;

    for (size_t i = 0; i < sizeof number; i++)
        number |= (guint)id->bytes[BASE_UUID_SIZE - 1 - i] << (8 * i);
    return number - 1;
}

/* Calls `each` with every picture of every person's folder. */
static bool walk(const char *folder,
                 void (*each)(struct identification *run, const char *name, const char *path,
                              void *data),
                 struct identification *run, void *data, GError **error)
{
    g_autoptr(GPtrArray) people = cli_folders_in(folder, error);

    if (!people)
        return false;
    for (guint i = 0; i < people->len; i++) {
        g_autofree char *name = g_path_get_basename(people->pdata[i]);
        g_autoptr(GPtrArray) paths = cli_pictures_in(people->pdata[i], false, error);
        if (!paths)
            return false;
        for (guint k = 0; k < paths->len; k++)
            each(run, name, paths->pdata[k], data);
    }
    if (people->len > 0)
        return true;
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s has no folders: one a person is needed.",
                folder);
    return false;
}

static void add_enrolment(struct identification *run, const char *name, const char *path,
                          void *data)
{
    guint person = GPOINTER_TO_UINT(g_hash_table_lookup(run->name_index, name));

    if (person == 0) {
        g_ptr_array_add(run->names, g_strdup(name));
        person = run->names->len;
        g_hash_table_insert(run->name_index, g_strdup(name), GUINT_TO_POINTER(person));
    }
    person--;
    (void)data;
    cli_bench_pictures_add(run->enrolled, path);
    g_array_append_val(run->owners, person);
}

static void add_probe(struct identification *run, const char *name, const char *path, void *data)
{
    bool stranger = *(bool *)data;
    guint person = GPOINTER_TO_UINT(g_hash_table_lookup(run->name_index, name));

    if ((person != 0) == stranger) {
        run->foreign++;
        return;
    }
    if (person != 0 && run->probes->len > 0) {
        const struct probe *last = &g_array_index(run->probes, struct probe, run->probes->len - 1);
        if (last->person == person - 1 && last->paths->len < run->frames) {
            g_ptr_array_add(last->paths, g_strdup(path));
            return;
        }
    }
    struct probe probe = {
        .paths = g_ptr_array_new_with_free_func(g_free),
        .person = stranger ? NOBODY : person - 1,
        .found = NOBODY,
        .score = CLI_STATISTICS_NO_SCORE,
    };
    g_ptr_array_add(probe.paths, g_strdup(path));
    g_array_append_val(run->probes, probe);
}

static bool enrol_person(struct identification *run, guint person, GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(float) * FACE_TEMPLATE_N);
    struct base_uuid id = id_of(person);

    for (guint i = 0; i < run->enrolled->len; i++) {
        const struct cli_bench_picture *picture =
            &g_array_index(run->enrolled, struct cli_bench_picture, i);
        if (g_array_index(run->owners, guint, i) == person && picture->face)
            g_array_append_vals(values, picture->values, 1);
    }
    if (values->len == 0) {
        run->people_failed++;
        return true;
    }
    return recognise_person_set(run->bench->recogniser, &id, (const float *)(void *)values->data,
                                values->len, error);
}

static bool enrol(struct identification *run, const char *folder, GError **error)
{
    bool done = walk(folder, add_enrolment, run, NULL, error);

    if (done) {
        cli_bench_pictures_embed(run->enrolled, run->bench);
        run->enrol_pictures = run->enrolled->len;
        run->enrol_faults = cli_bench_pictures_faults(run->enrolled);
        for (guint i = 0; i < run->enrolled->len; i++)
            run->enrol_failures += !g_array_index(run->enrolled, struct cli_bench_picture, i).face;
    }
    for (guint person = 0; done && person < run->names->len; person++)
        done = enrol_person(run, person, error);
    return done;
}

/* The answer of a mark, with thresholds so low that it always names the most similar person. */
static void search(size_t index, void *data)
{
    struct identification *run = data;
    struct probe *probe = &g_array_index(run->probes, struct probe, index);
    struct recognise_thresholds open = recogniser_thresholds(run->bench->recogniser);
    open.match = open.review = -1;
    open.margin = -2;
    const struct recognise_options options = {
        .scope = {.everybody = true},
        .skip_liveness = true,
        .skip_quality = true,
        .thresholds = &open,
    };
    struct face_image_limits limits = app_image_limits(&run->bench->settings);
    g_autofree struct recognise_answer *answer = g_new0(struct recognise_answer, 1);
    g_autoptr(GError) error = NULL;
    struct cli_photos photos;

    cli_photos_init(&photos);
    bool read = true;
    for (guint i = 0; read && i < probe->paths->len; i++)
        read = cli_photos_add(&photos, probe->paths->pdata[i], &limits, &error);
    if (!read || !recognise_probe(run->bench->recogniser,
                                  (const struct recognise_picture *)(void *)photos.pictures->data,
                                  photos.pictures->len, &options, answer, &error)) {
        probe->fault = g_strdup(error->message);
    } else if (answer->kind == RECOGNISE_MATCH) {
        probe->face = true;
        probe->found = person_of(&answer->person);
        probe->score = (double)answer->score;
        probe->twice = answer->twice;
        probe->candidates_n = answer->candidates_n;
        memcpy(probe->candidates, answer->candidates, sizeof probe->candidates);
    }
    cli_photos_finish(&photos);
}

struct summary {
    size_t probes, probes_failed, strangers, strangers_failed, faults, first;
    size_t twice, strangers_twice; /* of those: shown to the second network */
    GArray *hits; /* score of every probe whose first candidate is the right one, else NO_SCORE */
    GArray *stranger_scores;
    struct rate rates[2];
};

static void count_probe(const struct probe *probe, struct summary *summary)
{
    bool right = probe->face && probe->found == probe->person;
    double score = right ? probe->score : CLI_STATISTICS_NO_SCORE;

    summary->faults += probe->fault != NULL;
    if (probe->fault)
        cli_warn("%s: %s", (const char *)probe->paths->pdata[0], probe->fault);
    if (probe->person == NOBODY) {
        summary->strangers++;
        summary->strangers_failed += !probe->face;
        summary->strangers_twice += probe->twice;
        if (probe->face)
            g_array_append_val(summary->stranger_scores, probe->score);
        return;
    }
    summary->probes++;
    summary->probes_failed += !probe->face;
    summary->first += right;
    summary->twice += probe->twice;
    g_array_append_val(summary->hits, score);
}

static void summarise(const struct identification *run, struct summary *summary)
{
    static const double FPIRS[] = {0.01, 0.001};

    *summary = (struct summary){
        .hits = g_array_new(FALSE, FALSE, sizeof(double)),
        .stranger_scores = g_array_new(FALSE, FALSE, sizeof(double)),
    };
    for (guint i = 0; i < run->probes->len; i++)
        count_probe(&g_array_index(run->probes, struct probe, i), summary);
    for (size_t i = 0; i < G_N_ELEMENTS(FPIRS); i++) {
        struct rate *rate = &summary->rates[i];
        rate->fpir = FPIRS[i];
        rate->threshold = cli_statistics_threshold((double *)(void *)summary->stranger_scores->data,
                                                   summary->stranger_scores->len, rate->fpir);
        rate->fnir = 1 - cli_statistics_accepted((const double *)(void *)summary->hits->data,
                                                 summary->hits->len, rate->threshold);
    }
}

static json_t *summary_json(const struct identification *run, const struct summary *summary,
                            json_t *variants)
{
    json_t *rates = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(summary->rates); i++) {
        const struct rate *rate = &summary->rates[i];
        json_array_append_new(rates, json_pack("{s:f,s:o,s:o}", "fpir", rate->fpir, "threshold",
                                               cli_json_real(rate->threshold), "fnir",
                                               cli_json_real(rate->fnir)));
    }
    return json_pack(
        "{s:o,s:o,s:o*,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "rank1",
        cli_json_real((double)summary->first / (double)summary->probes), "rates", rates, "variants",
        variants, "probes_shown_to_second", (json_int_t)summary->twice, "strangers_shown_to_second",
        (json_int_t)summary->strangers_twice, "people", (json_int_t)run->names->len,
        "people_not_enrolled", (json_int_t)run->people_failed, "enrol_pictures",
        (json_int_t)run->enrol_pictures, "failures_to_enrol", (json_int_t)run->enrol_failures,
        "probes", (json_int_t)summary->probes, "probes_not_acquired",
        (json_int_t)summary->probes_failed, "strangers", (json_int_t)summary->strangers,
        "strangers_not_acquired", (json_int_t)summary->strangers_failed, "pictures_damaged",
        (json_int_t)(summary->faults + run->enrol_faults), "pictures_left_out",
        (json_int_t)run->foreign);
}

static void print_summary(const struct identification *run, const struct summary *summary)
{
    cli_bench_line("Enrolled", "%u people, %zu pictures, %zu failures to enrol (%zu people)",
                   run->names->len, run->enrol_pictures, run->enrol_failures, run->people_failed);
    cli_bench_line("Probes", "%zu, of which %zu not acquired", summary->probes,
                   summary->probes_failed);
    cli_bench_line("Strangers", "%zu, of which %zu not acquired", summary->strangers,
                   summary->strangers_failed);
    cli_bench_line("Rank 1", "%.2f %% (%zu of %zu)",
                   100 * (double)summary->first / (double)summary->probes, summary->first,
                   summary->probes);
    for (size_t i = 0; i < G_N_ELEMENTS(summary->rates); i++) {
        const struct rate *rate = &summary->rates[i];
        g_autofree char *name = g_strdup_printf("FNIR at FPIR %g %%", rate->fpir * 100);
        cli_bench_line(name, "%.2f %% (threshold %.4f)", rate->fnir * 100, rate->threshold);
    }
    cli_bench_line("Shown to the second network", "%.1f %% of the probes, %.1f %% of the strangers",
                   100 * (double)summary->twice / (double)MAX(summary->probes, 1),
                   100 * (double)summary->strangers_twice / (double)MAX(summary->strangers, 1));
    if (run->foreign)
        cli_bench_line("Left out",
                       "%zu pictures: probes of people who are not enrolled, or "
                       "strangers who are",
                       run->foreign);
    if (summary->faults + run->enrol_faults)
        cli_bench_line("Damaged", "%zu pictures", summary->faults + run->enrol_faults);
}

/* One row for each candidate of each probe, the most similar first. */
static bool write_scores(const struct identification *run, const char *path)
{
    FILE *file = cli_bench_rows_open(path);

    if (!file)
        return false;
    (void)fputs("picture\tperson\tcandidate\trank\tscore\ttwice\n", file);
    for (guint i = 0; i < run->probes->len; i++) {
        const struct probe *probe = &g_array_index(run->probes, struct probe, i);
        const char *person = probe->person == NOBODY ? "-" : run->names->pdata[probe->person];
        for (size_t k = 0; k < probe->candidates_n; k++)
            (void)fprintf(file, "%s\t%s\t%s\t%zu\t%.6f\t%d\n", (const char *)probe->paths->pdata[0],
                          person,
                          (const char *)run->names->pdata[person_of(&probe->candidates[k].person)],
                          k + 1, (double)probe->candidates[k].score, probe->twice);
    }
    return cli_bench_rows_close(file, path);
}

static json_t *compare_variants(const struct identification *run, bool as_json)
{
    g_autoptr(GArray) pictures = cli_bench_pictures_new();
    g_autoptr(GArray) owners = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < run->probes->len; i++) {
        const struct probe *probe = &g_array_index(run->probes, struct probe, i);
        for (guint k = 0; k < probe->paths->len; k++) {
            cli_bench_pictures_add(pictures, probe->paths->pdata[k]);
            g_array_append_val(owners, probe->person);
        }
    }
    cli_bench_pictures_embed(pictures, run->bench);
    const struct cli_bench_gallery gallery = {run->enrolled, run->owners, run->names->len, pictures,
                                              owners};
    return cli_bench_variants_identify(&gallery, as_json);
}

static int measure(struct identification *run, const struct request *folders)
{
    const bool as_json = folders->as_json;
    g_autoptr(GError) error = NULL;
    bool no = false, yes = true;

    if (!enrol(run, folders->enrol, &error) || !walk(folders->probe, add_probe, run, &no, &error) ||
        !walk(folders->stranger, add_probe, run, &yes, &error))
        return cli_fail(error);
    cli_bench_parallel("Probes", run->probes->len, search, run);
    struct summary summary;
    summarise(run, &summary);
    if (!as_json)
        print_summary(run, &summary);
    json_t *variants = folders->variants ? compare_variants(run, as_json) : NULL;
    const bool written = !folders->scores || write_scores(run, folders->scores);
    int status = cli_bench_end(as_json ? summary_json(run, &summary, variants) : NULL);
    if (!written)
        status = CLI_EXIT_UNAVAILABLE;
    g_array_unref(summary.hits);
    g_array_unref(summary.stranger_scores);
    return status;
}

static int open_and_measure(const struct request *folders)
{
    struct cli_bench bench;
    int status;

    if (!cli_bench_open(&bench, &status))
        return status;
    struct identification run = {
        .bench = &bench,
        .names = g_ptr_array_new_with_free_func(g_free),
        .name_index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .probes = g_array_new(FALSE, FALSE, sizeof(struct probe)),
        .enrolled = cli_bench_pictures_new(),
        .owners = g_array_new(FALSE, FALSE, sizeof(guint)),
        .frames = (guint)folders->frames,
    };
    g_array_set_clear_func(run.probes, probe_clear);
    status = measure(&run, folders);
    g_array_unref(run.enrolled);
    g_array_unref(run.owners);
    g_ptr_array_unref(run.names);
    g_hash_table_unref(run.name_index);
    g_array_unref(run.probes);
    cli_bench_close(&bench);
    return status;
}

int cli_bench_identify(int argc, char **argv)
{
    struct request folders = {.frames = 1};
    const GOptionEntry options[] = {
        {"enrol", 0, 0, G_OPTION_ARG_FILENAME, &folders.enrol, "People to enrol: DIR/NAME/*.jpg",
         "DIR"},
        {"probe", 0, 0, G_OPTION_ARG_FILENAME, &folders.probe, "Other pictures of them", "DIR"},
        {"stranger", 0, 0, G_OPTION_ARG_FILENAME, &folders.stranger, "Pictures of other people",
         "DIR"},
        {"frames", 0, 0, G_OPTION_ARG_INT, &folders.frames,
         "So many pictures of a person are one attempt; 1 by default", "N"},
        {"scores", 0, 0, G_OPTION_ARG_FILENAME, &folders.scores,
         "Write every probe's candidates to a file, tab-separated", "FILE"},
        {"variants", 0, 0, G_OPTION_ARG_NONE, &folders.variants,
         "Compare other ways to make a score as well", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &folders.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures identification among the people enrolled (ISO/IEC 19795-1).",
        .notes =
            "The pipeline of a mark without quality and liveness gates; the most prominent face\n"
            "of a picture counts. FPIR: share of the strangers' pictures whose best candidate\n"
            "reaches the threshold, pictures without a face left out. FNIR: share of the probes\n"
            "whose best candidate is not the right person or stays below the threshold, probes\n"
            "without a face and of people who could not be enrolled included. Thresholds are the\n"
            "lowest that keep the FPIR; nothing is interpolated. --variants compares ways to make\n"
            "one score of two networks and several photos, all pictures seen as enrolment sees\n"
            "them.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status)) {
        if (folders.frames < 1 || folders.frames > RECOGNISE_FRAMES_MAX)
            status =
                cli_fail_usage(argv[0], "--frames must be from 1 to %d.", RECOGNISE_FRAMES_MAX);
        else if (folders.enrol && folders.probe && folders.stranger)
            status = open_and_measure(&folders);
        else
            status = cli_fail_usage(argv[0], "--enrol, --probe and --stranger are needed.");
    }
    g_free(folders.enrol);
    g_free(folders.probe);
    g_free(folders.stranger);
    g_free(folders.scores);
    return status;
}
