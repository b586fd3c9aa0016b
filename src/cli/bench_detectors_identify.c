/* Recognition with each detector: rank 1 of probes among the people enrolled. */
#include "cli/bench.h"
#include "cli/bench_detectors.h"
#include "cli/input.h"

#include <string.h>

struct folder {
    GArray *pictures; /* struct cli_bench_picture */
    GArray *owners;   /* guint, the person's number */
};

static struct base_uuid id_of(guint person)
{
    struct base_uuid id = {{0}};

    memcpy(id.bytes, &person, sizeof person);
    id.bytes[BASE_UUID_SIZE - 1] = 1;
    return id;
}

static void folder_init(struct folder *folder)
{
    folder->pictures = cli_bench_pictures_new();
    folder->owners = g_array_new(FALSE, FALSE, sizeof(guint));
}

static void folder_finish(struct folder *folder)
{
    g_array_unref(folder->pictures);
    g_array_unref(folder->owners);
}

static bool add_person(struct folder *folder, const char *path, guint person, GError **error)
{
    g_autoptr(GPtrArray) paths = cli_pictures_in(path, false, error);

    for (guint i = 0; paths && i < paths->len; i++) {
        cli_bench_pictures_add(folder->pictures, paths->pdata[i]);
        g_array_append_val(folder->owners, person);
    }
    return paths;
}

/* People without a folder among the probes are nobody's business here. */
static bool collect(const char *folder, guint people_max, struct folder *enrol,
                    struct folder *probe, guint *people, GError **error)
{
    g_autofree char *enrol_path = g_build_filename(folder, "enrol", NULL);
    g_autoptr(GPtrArray) names = cli_folders_in(enrol_path, error);

    for (guint i = 0; names && i < names->len && *people < people_max; i++) {
        g_autofree char *name = g_path_get_basename(names->pdata[i]);
        g_autofree char *other = g_build_filename(folder, "probe", name, NULL);
        if (!g_file_test(other, G_FILE_TEST_IS_DIR))
            continue;
        if (!add_person(enrol, names->pdata[i], *people, error) ||
            !add_person(probe, other, *people, error))
            return false;
        ++*people;
    }
    return names;
}

static const struct cli_bench_picture *picture_at(const struct folder *folder, guint i)
{
    return &g_array_index(folder->pictures, struct cli_bench_picture, i);
}

static bool enrol_person(struct recogniser *recogniser, const struct folder *enrol, guint person,
                         GError **error)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(float) * FACE_TEMPLATE_N);
    struct base_uuid id = id_of(person);

    for (guint i = 0; i < enrol->pictures->len; i++)
        if (g_array_index(enrol->owners, guint, i) == person && picture_at(enrol, i)->face)
            g_array_append_vals(values, picture_at(enrol, i)->values, 1);
    return values->len == 0 ||
           recognise_person_set(recogniser, &id, (const float *)(void *)values->data, values->len,
                                error);
}

static void count_probes(struct recogniser *recogniser, const struct folder *probe,
                         struct cli_detectors_rank *rank)
{
    const struct recognise_scope everybody = {.everybody = true};

    for (guint i = 0; i < probe->pictures->len; i++) {
        const struct cli_bench_picture *picture = picture_at(probe, i);
        struct base_uuid right = id_of(g_array_index(probe->owners, guint, i));
        struct recognise_candidate best;
        rank->probes++;
        rank->missed += !picture->face;
        if (picture->face && recognise_search(recogniser, picture->values, &everybody, 1, &best))
            rank->first += memcmp(&best.person, &right, sizeof right) == 0;
    }
}

static bool identify(struct cli_bench *bench, struct folder *enrol, struct folder *probe,
                     struct cli_detectors_rank *rank, GError **error)
{
    cli_bench_pictures_embed(enrol->pictures, bench);
    cli_bench_pictures_embed(probe->pictures, bench);
    for (guint i = 0; i < enrol->pictures->len; i++)
        rank->missed += !picture_at(enrol, i)->face;
    for (guint person = 0; person < rank->people; person++)
        if (!enrol_person(bench->recogniser, enrol, person, error))
            return false;
    count_probes(bench->recogniser, probe, rank);
    return true;
}

bool cli_detectors_identify(struct cli_contestant *contestant, const struct app_settings *settings,
                            const char *folder, guint people_max, GError **error)
{
    const struct recogniser_options options = {
        .models_dir = settings->models_dir,
        .limits = app_image_limits(settings),
        .threads_max = (int)app_settings_workers(settings),
        .detector = contestant->options,
    };
    struct cli_bench bench = {.settings = *settings,
                              .recogniser = recogniser_create(&options, error)};
    struct folder enrol, probe;

    if (!bench.recogniser)
        return false;
    folder_init(&enrol);
    folder_init(&probe);
    contestant->rank = (struct cli_detectors_rank){0};
    bool done = collect(folder, people_max, &enrol, &probe, &contestant->rank.people, error) &&
                identify(&bench, &enrol, &probe, &contestant->rank, error);
    folder_finish(&enrol);
    folder_finish(&probe);
    recogniser_destroy(bench.recogniser);
    return done;
}
