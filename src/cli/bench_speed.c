#include "base/error.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "cli/speed_picture.h"
#include "cli/statistics.h"
#include "face/detector.h"
#include "face/dot.h"
#include "face/engine.h"
#include "face/gallery.h"
#include "face/int8.h"
#include "nn/nn.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WARM_UPS 3
#define RUNS_MIN 10
#define PEOPLE_AT_REST 10000
#define LAYER_RUNS 50

struct speed_run {
    struct cli_bench bench;
    struct face_engine *engine;
    struct face_engine *fast; /* its embedding network in 8 bits; NULL: not on this processor */
    enum face_gallery_method method;
    struct face_detector *detector;
    struct face_gallery *gallery; /* of the search stage under way */
    struct cli_speed_picture picture;
    float aligned[FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3]; /* the picture's face */
    float probe[FACE_TEMPLATE_N];
    double seconds;
    json_t *stages;
};

/* What one thread works with. */
struct speed_thread {
    struct speed_run *run;
    bool (*stage)(struct speed_thread *thread, GError **error);
    struct face_worker *worker;
    struct face_worker *fast; /* NULL like the run's */
    struct face_detector_memory *memory;
    GArray *boxes;
    GArray *times;     /* double, milliseconds */
    GArray *processor; /* the same, of the processor alone */
    GError *error;
};

static bool stage_decode(struct speed_thread *thread, GError **error)
{
    struct face_image image;
    gsize size;
    const void *data = g_bytes_get_data(thread->run->picture.jpeg, &size);
    bool done = face_image_decode(data, size, NULL, &image, error);

    face_image_finish(&image);
    return done;
}

static bool stage_detect(struct speed_thread *thread, GError **error)
{
    g_array_set_size(thread->boxes, 0);
    return face_detector_run(thread->memory, &thread->run->picture.image, FACE_DETAIL_320, 0.7f,
                             thread->boxes, error);
}

static bool stage_landmarks(struct speed_thread *thread, GError **error)
{
    const struct cli_speed_picture *picture = &thread->run->picture;
    struct face_view view;
    return face_worker_view(thread->worker, &picture->image, &picture->view.box, &view, error);
}

static bool stage_align(struct speed_thread *thread, GError **error)
{
    const struct cli_speed_picture *picture = &thread->run->picture;
    float aligned[FACE_ALIGN_SIDE * FACE_ALIGN_SIDE * 3];

    (void)error;
    face_worker_align(thread->worker, &picture->image, &picture->view, aligned);
    return true;
}

static bool stage_liveness(struct speed_thread *thread, GError **error)
{
    const struct cli_speed_picture *picture = &thread->run->picture;
    float live;
    return face_worker_liveness(thread->worker, &picture->image, &picture->view.box, &live, error);
}

static bool stage_embed(struct speed_thread *thread, GError **error)
{
    float values[FACE_TEMPLATE_N] = {0};
    return face_worker_embed(thread->worker, thread->run->aligned, false, values, error);
}

static bool stage_embed_int8(struct speed_thread *thread, GError **error)
{
    float values[FACE_TEMPLATE_N] = {0};
    return face_worker_embed(thread->fast, thread->run->aligned, false, values, error);
}

static bool stage_pose(struct speed_thread *thread, GError **error)
{
    const struct cli_speed_picture *picture = &thread->run->picture;
    struct face_pose pose;
    return face_worker_pose(thread->worker, &picture->image, &picture->view.box, &pose, error);
}

static bool stage_search(struct speed_thread *thread, GError **error)
{
    struct face_gallery_match matches[2];

    (void)error;
    face_gallery_search(thread->run->gallery, thread->run->probe, NULL, 2, thread->run->method,
                        matches);
    return true;
}

static bool stage_mark(struct speed_thread *thread, GError **error)
{
    static const struct recognise_options OPTIONS = {.scope = {.everybody = true},
                                                     .skip_quality = true};
    struct recognise_picture picture;
    struct recognise_answer answer;

    picture.data = g_bytes_get_data(thread->run->picture.jpeg, &picture.size);
    return recognise_probe(thread->run->bench.recogniser, &picture, 1, &OPTIONS, &answer, error);
}

static double clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static gpointer work(gpointer data)
{
    struct speed_thread *thread = data;
    struct speed_run *run = thread->run;

    thread->worker = face_engine_acquire(run->engine, &thread->error);
    thread->fast = run->fast ? face_engine_acquire(run->fast, NULL) : NULL;
    thread->memory = thread->worker ? face_detector_memory_create(run->detector) : NULL;
    for (int i = 0; i < WARM_UPS && !thread->error; i++)
        thread->stage(thread, &thread->error);
    double began = clock_ms(CLOCK_MONOTONIC), before = began;
    double worked = clock_ms(CLOCK_THREAD_CPUTIME_ID);
    while (!thread->error &&
           (thread->times->len < RUNS_MIN || before - began < run->seconds * 1e3)) {
        thread->stage(thread, &thread->error);
        double after = clock_ms(CLOCK_MONOTONIC), time = after - before;
        double done = clock_ms(CLOCK_THREAD_CPUTIME_ID), processor = done - worked;
        g_array_append_val(thread->times, time);
        g_array_append_val(thread->processor, processor);
        before = after;
        worked = done;
    }
    face_detector_memory_destroy(thread->memory);
    if (thread->fast)
        face_engine_release(run->fast, thread->fast);
    if (thread->worker)
        face_engine_release(run->engine, thread->worker);
    return NULL;
}

/* What a stage took, by the clock and on the processor. */
struct speed_times {
    struct cli_statistics_times clock, processor;
};

static json_t *times_json(const struct speed_times *both, guint threads)
{
    const struct cli_statistics_times *times = &both->clock;

    return json_pack("{s:i,s:o,s:o,s:o,s:I,s:o}", "threads", (int)threads, "median_ms",
                     cli_json_real(times->median), "processor_ms",
                     cli_json_real(both->processor.median), "p90_ms", cli_json_real(times->p90),
                     "runs", (json_int_t)times->runs, "per_second",
                     cli_json_real(1000 * threads / times->mean));
}

/* Runs a stage on so many threads at once. */
static bool measure(struct speed_run *run, bool (*stage)(struct speed_thread *, GError **),
                    guint threads_n, struct speed_times *times, GError **error)
{
    g_autofree struct speed_thread *threads = g_new0(struct speed_thread, threads_n);
    g_autofree GThread **handles = g_new0(GThread *, threads_n);
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) processor = g_array_new(FALSE, FALSE, sizeof(double));
    GError *problem = NULL;

    for (guint i = 0; i < threads_n; i++) {
        threads[i] = (struct speed_thread){.run = run, .stage = stage};
        threads[i].times = g_array_new(FALSE, FALSE, sizeof(double));
        threads[i].processor = g_array_new(FALSE, FALSE, sizeof(double));
        threads[i].boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
        handles[i] = g_thread_new("speed", work, &threads[i]);
    }
    for (guint i = 0; i < threads_n; i++) {
        g_thread_join(handles[i]);
        g_array_append_vals(all, threads[i].times->data, threads[i].times->len);
        g_array_append_vals(processor, threads[i].processor->data, threads[i].processor->len);
        g_array_unref(threads[i].times);
        g_array_unref(threads[i].processor);
        g_array_unref(threads[i].boxes);
        if (threads[i].error && !problem)
            problem = threads[i].error;
        else
            g_clear_error(&threads[i].error);
    }
    times->clock = cli_statistics_times_of((double *)(void *)all->data, all->len);
    times->processor = cli_statistics_times_of((double *)(void *)processor->data, processor->len);
    if (problem)
        g_propagate_error(error, problem);
    return !problem;
}

static bool report(struct speed_run *run, const char *name,
                   bool (*stage)(struct speed_thread *, GError **), GError **error)
{
    struct speed_times one, all;
    guint threads = g_get_num_processors();

    if (!measure(run, stage, 1, &one, error) || !measure(run, stage, threads, &all, error))
        return false;
    if (run->stages) {
        json_array_append_new(run->stages, json_pack("{s:s,s:o,s:o}", "stage", name, "one_thread",
                                                     times_json(&one, 1), "all_threads",
                                                     times_json(&all, threads)));
        return true;
    }
    printf("%-32s %9.3f %9.3f %9.3f %7zu  %9.3f %9.3f %9.1f\n", name, one.clock.median,
           one.processor.median, one.clock.p90, one.clock.runs, all.clock.median, all.clock.p90,
           1000 * threads / all.clock.mean);
    fflush(stdout);
    return true;
}

/* Numbers from a fixed start, so that every run has the same gallery (xorshift64*). */
static float next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (float)((*state * 0x2545F4914F6CDD1DULL) >> 40) / (float)(1 << 24) - 0.5f;
}

static void random_template(uint64_t *state, float values[FACE_TEMPLATE_N])
{
    float squares = 0;

    for (int i = 0; i < FACE_EMBEDDING_N; i++) {
        values[i] = next_random(state);
        squares += values[i] * values[i];
    }
    for (int i = 0; i < FACE_EMBEDDING_N; i++)
        values[i] /= sqrtf(squares);
}

static struct base_uuid id_of(size_t number)
{
    struct base_uuid id = {{0}};

    for (size_t i = 0; i < sizeof number; i++)
        id.bytes[BASE_UUID_SIZE - 1 - i] = (uint8_t)((number + 1) >> (8 * i));
    return id;
}

static bool report_search(struct speed_run *run, size_t people, GError **error)
{
    float values[FACE_TEMPLATE_N] = {0};
    uint64_t state = 20260312;

    run->gallery = face_gallery_create();
    face_gallery_reserve(run->gallery, people);
    for (size_t i = 0; i < people; i++) {
        struct base_uuid id = id_of(i);
        random_template(&state, values);
        face_gallery_set(run->gallery, &id, values);
    }
    random_template(&state, run->probe);
    g_autofree char *name = g_strdup_printf("search among %zu", people);
    g_autofree char *exhaustive = g_strdup_printf("search among %zu, every row", people);
    run->method = FACE_GALLERY_FASTEST;
    bool done = report(run, name, stage_search, error);
    run->method = FACE_GALLERY_EXHAUSTIVE;
    done = done && report(run, exhaustive, stage_search, error);
    g_clear_pointer(&run->gallery, face_gallery_destroy);
    return done;
}

static gint64 resident_bytes(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return 0;
    g_auto(GStrv) fields = g_strsplit(text, " ", 3);
    return fields[0] && fields[1] ? g_ascii_strtoll(fields[1], NULL, 10) * sysconf(_SC_PAGESIZE)
                                  : 0;
}

/* Memory with models and 10,000 people, before anything else is loaded. */
static bool fill_recogniser(struct speed_run *run, gint64 *resident, GError **error)
{
    float values[FACE_TEMPLATE_N] = {0};
    uint64_t state = 31415926;

    recognise_people_reserve(run->bench.recogniser, PEOPLE_AT_REST);
    for (size_t i = 0; i < PEOPLE_AT_REST; i++) {
        struct base_uuid id = id_of(i);
        random_template(&state, values);
        if (!recognise_person_set(run->bench.recogniser, &id, values, 1, error))
            return false;
    }
    *resident = resident_bytes();
    return true;
}

/* The ranges come from the picture's own face: good enough for how long it takes. */
static bool open_int8(struct speed_run *run, GError **error)
{
    const float *const aligned[] = {run->aligned};
    const char *folder = run->bench.settings.models_dir;

    if (!nn_int8_possible())
        return true;
    g_autofree char *ranges = face_int8_measure(folder, aligned, 1, error);
    const struct face_engine_options options = {
        .models_dir = folder, .workers_max = (int)g_get_num_processors(), .int8 = ranges};
    run->fast = ranges ? face_engine_create(&options, error) : NULL;
    return run->fast != NULL;
}

static bool open_stages(struct speed_run *run, const char *image, GError **error)
{
    const struct app_settings *settings = &run->bench.settings;
    g_autofree char *detector = g_build_filename(settings->models_dir, "fr_detect.onnx", NULL);
    g_autofree char *samples = g_build_filename(settings->models_dir, "..", "samples", NULL);

    const struct face_engine_options options = {.models_dir = settings->models_dir,
                                                .workers_max = (int)g_get_num_processors()};
    run->engine = face_engine_create(&options, error);
    run->detector = run->engine ? face_detector_create(detector, error) : NULL;
    struct face_worker *worker = run->detector ? face_engine_acquire(run->engine, error) : NULL;
    if (!worker)
        return false;
    bool made = cli_speed_picture_make(&run->picture, image, samples, worker, error);
    if (made)
        face_worker_align(worker, &run->picture.image, &run->picture.view, run->aligned);
    face_engine_release(run->engine, worker);
    return made && open_int8(run, error);
}

static bool run_stages(struct speed_run *run, GError **error)
{
    static const struct {
        const char *name;
        bool (*stage)(struct speed_thread *, GError **);
    } STAGES[] = {
        {"decode JPEG 640x480", stage_decode},
        {"detect 320x240", stage_detect},
        {"landmarks", stage_landmarks},
        {"align", stage_align},
        {"liveness", stage_liveness},
        {"pose", stage_pose},
        {"embed", stage_embed},
        {"embed in 8 bits", stage_embed_int8},
    };
    static const size_t PEOPLE[] = {1000, 50000, 250000};

    for (size_t i = 0; i < G_N_ELEMENTS(STAGES); i++)
        if ((run->fast || STAGES[i].stage != stage_embed_int8) &&
            !report(run, STAGES[i].name, STAGES[i].stage, error))
            return false;
    for (size_t i = 0; i < G_N_ELEMENTS(PEOPLE); i++)
        if (!report_search(run, PEOPLE[i], error))
            return false;
    return report(run, run->picture.has_face ? "whole mark, with liveness" : "whole mark (no face)",
                  stage_mark, error);
}

static void print_head(const struct speed_run *run)
{
    g_autofree char *processor = face_int8_processor();

    printf("Processor: %s, %u of it\nKernels: %s, search %s, PRESENTE_INT8 %s\nPicture: %s%s\n\n"
           "%-32s %9s %9s %9s %7s  %9s %9s %9s\n",
           processor, g_get_num_processors(), nn_instruction_set(), face_dot_kernels()->name,
           run->bench.settings.int8, run->picture.source,
           run->picture.has_face ? "" : " (no face: the networks get a made-up one)",
           "milliseconds", "median", "processor", "p90", "runs", "all: med.", "p90", "a second");
}

/* Only writes the picture that would be measured. */
static int save_picture(struct speed_run *run, const char *image, const char *path)
{
    g_autoptr(GError) error = NULL;
    gsize size;

    if (!open_stages(run, image, &error))
        return cli_fail(error);
    const void *data = g_bytes_get_data(run->picture.jpeg, &size);
    return cli_file_write(path, data, size, &error) ? cli_bench_end(NULL) : cli_fail(error);
}

static int speed(struct speed_run *run, const char *image, bool as_json)
{
    g_autoptr(GError) error = NULL;
    gint64 resident = 0;

    if (!fill_recogniser(run, &resident, &error) || !open_stages(run, image, &error))
        return cli_fail(error);
    if (as_json)
        run->stages = json_array();
    else
        print_head(run);
    if (!run_stages(run, &error)) {
        g_clear_pointer(&run->stages, json_decref);
        return cli_fail(error);
    }
    if (!as_json) {
        printf("\nResident with models and %d people: %.0f MiB\n", PEOPLE_AT_REST,
               (double)resident / (1 << 20));
        return cli_bench_end(NULL);
    }
    json_t *stages = g_steal_pointer(&run->stages);
    g_autofree char *processor = face_int8_processor();
    return cli_bench_end(
        json_pack("{s:s,s:s,s:s,s:s,s:b,s:i,s:o,s:{s:i,s:I}}", "processor", processor, "kernels",
                  nn_instruction_set(), "search_kernels", face_dot_kernels()->name, "picture",
                  run->picture.source, "has_face", run->picture.has_face, "processors",
                  (int)g_get_num_processors(), "stages", stages, "memory", "people", PEOPLE_AT_REST,
                  "resident_bytes", (json_int_t)resident));
}

/* What each step of a network takes; its input is a pattern, which takes the same time. */
static int time_layers(const struct app_settings *settings, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_strdup_printf("fr_%s.onnx", name);
    g_autofree char *path = g_build_filename(settings->models_dir, file, NULL);
    struct nn_model *model = nn_model_load_file(path, NULL, &error);
    struct nn_context *context = model ? nn_context_create(model, &error) : NULL;

    if (context) {
        float *input = nn_context_input(context);
        for (int64_t i = 0; i < nn_shape_count(nn_model_input_shape(model)); i++)
            input[i] = sinf((float)i * 0.37f);
        g_autofree char *text = nn_context_profile(context, LAYER_RUNS);
        printf("Microseconds of the processor, medians of %d runs\n%s", LAYER_RUNS, text);
    }
    nn_context_destroy(context);
    nn_model_destroy(model);
    return error ? cli_fail(error) : cli_bench_end(NULL);
}

int cli_bench_speed(int argc, char **argv)
{
    char *image = NULL, *layers = NULL, *save = NULL;
    double seconds = 1;
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"image", 'i', 0, G_OPTION_ARG_FILENAME, &image, "A photograph with a face", "FILE"},
        {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds,
         "How long each stage is repeated, on one thread and on all; 1 by default", "SECONDS"},
        {"save", 0, 0, G_OPTION_ARG_FILENAME, &save,
         "Only write the picture that would be measured, a JPEG", "FILE"},
        {"layers", 0, 0, G_OPTION_ARG_STRING, &layers,
         "Only time the steps of one network: detect, landmark, feature, liveness, pose or eye",
         "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Measures every stage on one thread and on all, and memory.",
        .notes = "A picture of 640 x 480 is cut around the most prominent face of the photograph\n"
                 "(the first sample photograph by default; a synthetic one without it). The whole\n"
                 "mark is everything from the JPEG to the answer, with liveness, among 10,000\n"
                 "people, without the database.",
        .options = options,
    };
    struct speed_run run = {0};
    g_auto(GStrv) words = NULL;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (!(seconds > 0 && seconds <= 3600)) {
        status = cli_fail_usage(argv[0], "--seconds must be above 0 and at most 3600.");
    } else if (cli_bench_open(&run.bench, &status)) {
        run.seconds = seconds;
        status = layers ? time_layers(&run.bench.settings, layers)
                 : save ? save_picture(&run, image, save)
                        : speed(&run, image, as_json);
        cli_speed_picture_finish(&run.picture);
        face_detector_destroy(run.detector);
        face_engine_destroy(run.engine);
        face_engine_destroy(run.fast);
        cli_bench_close(&run.bench);
    }
ended:
    g_free(image);
    g_free(layers);
    g_free(save);
    return status;
}
