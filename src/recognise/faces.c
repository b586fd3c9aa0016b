/* Everybody in one picture. */
#include "recognise/faces.h"

#include <math.h>
#include <string.h>

#define FACES_MAX_DEFAULT 200
/* What a score of exactly `review` counts in the assignment. */
#define GAIN_LEAST 1e-3F

/* One picture while it is being answered. */
struct picture {
    struct recogniser *recogniser;
    struct face_worker *worker;
    struct face_image image;
    const struct recognise_options *options;
    struct recognise_thresholds thresholds;
};

static bool describe(const struct picture *picture, const struct face_view *view, float *aligned,
                     struct recognise_face *face, GError **error)
{
    struct recognise_answer *answer = &face->answer;
    const struct recognise_options *options = picture->options;
    float values[FACE_TEMPLATE_N] = {0};
    face_worker_align(picture->worker, &picture->image, view, aligned);
    if (!face_worker_quality(picture->worker, &picture->image, view, aligned, false,
                             &answer->quality, error)) {
        return false;
    }
    answer->quality.eye_distance *= picture->image.scale;
    if (answer->quality.reason != FACE_QUALITY_GOOD && !options->skip_quality) {
        answer->kind = RECOGNISE_POOR_QUALITY;
        return true;
    }
    if (!options->skip_liveness && !options->group) {
        if (!face_worker_liveness(picture->worker, &picture->image, &view->box, &answer->live,
                                  error)) {
            return false;
        }
        if (answer->live < picture->thresholds.live) {
            answer->kind = RECOGNISE_PRESENTATION_ATTACK;
            return true;
        }
    }
    struct recognise_cuts cuts = {.n = 1};
    g_autofree uint8_t *cut = g_new(uint8_t, RECOGNISE_CUT_BYTES);
    recognise_cut_keep(aligned, cut);
    cuts.faces[0] = cut;
    if (!face_worker_embed(picture->worker, aligned, options->group, values, error)) {
        explicit_bzero(cut, RECOGNISE_CUT_BYTES);
        return false;
    }
    gint64 began = g_get_monotonic_time();
    face->candidates_n =
        recognise_search_twice(picture->recogniser, picture->worker, &cuts, values, &options->scope,
                               RECOGNISE_FACE_CANDIDATES, face->candidates);
    explicit_bzero(cut, RECOGNISE_CUT_BYTES);
    explicit_bzero(values, sizeof values);
    face_worker_timings(picture->worker)->search += (double)(g_get_monotonic_time() - began);
    recognise_answer_decide(answer, &picture->thresholds, face->candidates, face->candidates_n);
    return true;
}

void recognise_face_init(struct recognise_face *face, const struct face_image *image,
                         const struct face_view *view, size_t faces)
{
    *face = (struct recognise_face){
        .answer = {.score = -1,
                   .runner_up_score = -1,
                   .live = -1,
                   .faces = faces,
                   .width = (int)lrintf((float)image->width * image->scale),
                   .height = (int)lrintf((float)image->height * image->scale)},
    };
    recognise_view_scale(view, image->scale, &face->answer.box, &face->answer.landmarks);
}

static bool takes_part(const struct recognise_face *face)
{
    return face->answer.kind == RECOGNISE_MATCH || face->answer.kind == RECOGNISE_NEEDS_REVIEW;
}

/* Every person who is a candidate of some face, once, in columns. */
static GHashTable *number_people(struct recognise_face *faces, size_t n)
{
    GHashTable *columns = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; takes_part(&faces[i]) && j < faces[i].candidates_n; j++) {
            struct base_uuid *person = &faces[i].candidates[j].person;
            if (!g_hash_table_contains(columns, person)) {
                g_hash_table_insert(columns, person, GUINT_TO_POINTER(g_hash_table_size(columns)));
            }
        }
    }
    return columns;
}

static size_t column_of(GHashTable *columns, const struct base_uuid *person)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(columns, person));
}

void recognise_faces_assign(struct recognise_face *faces, size_t n,
                            const struct recognise_thresholds *thresholds)
{
    g_autoptr(GHashTable) columns = number_people(faces, n);
    size_t people = g_hash_table_size(columns);
    if (people == 0) {
        return;
    }
    float review = MIN(thresholds->review, thresholds->match);
    g_autofree float *gains = g_new0(float, n *people);
    g_autofree int *assigned = g_new(int, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; takes_part(&faces[i]) && j < faces[i].candidates_n; j++) {
            const struct recognise_candidate *candidate = &faces[i].candidates[j];
            if (candidate->score >= review) {
                gains[i * people + column_of(columns, &candidate->person)] =
                    candidate->score - review + GAIN_LEAST;
            }
        }
    }
    recognise_assign(gains, n, people, assigned);
    for (size_t i = 0; i < n; i++) {
        const struct recognise_candidate *given = NULL;
        for (size_t j = 0; takes_part(&faces[i]) && given == NULL && j < faces[i].candidates_n;
             j++) {
            const struct recognise_candidate *candidate = &faces[i].candidates[j];
            given = assigned[i] == (int)column_of(columns, &candidate->person) ? candidate : NULL;
        }
        if (given != NULL) {
            recognise_answer_give(&faces[i].answer, given);
        } else if (takes_part(&faces[i])) {
            recognise_answer_take(&faces[i].answer);
        }
    }
}

static bool answer_faces(const struct picture *picture, GArray *faces, GError **error)
{
    g_autoptr(GArray) views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    const struct face_image *image = &picture->image;
    if (!face_worker_find(picture->worker, image, picture->recogniser->detail,
                          picture->options->group, views, error)) {
        return false;
    }
    guint most =
        picture->options->faces_max > 0 ? (guint)picture->options->faces_max : FACES_MAX_DEFAULT;
    g_autofree float *aligned = g_new(float, RECOGNISE_CUT_BYTES);
    bool described = true;
    for (guint i = 0; described && i < MIN(views->len, most); i++) {
        const struct face_view *view = &g_array_index(views, struct face_view, i);
        struct recognise_face face;
        recognise_face_init(&face, image, view, views->len);
        described = describe(picture, view, aligned, &face, error);
        g_array_append_val(faces, face);
    }
    explicit_bzero(aligned, RECOGNISE_CUT_BYTES * sizeof *aligned);
    if (!described) {
        return false;
    }
    struct recognise_face *all = (struct recognise_face *)(void *)faces->data;
    recognise_faces_assign(all, faces->len, &picture->thresholds);
    for (guint i = 0; i < faces->len; i++) {
        recognise_answer_check(picture->recogniser, &picture->options->scope, &all[i].answer);
    }
    return true;
}

static gint compare_places(gconstpointer a, gconstpointer b)
{
    float left = ((const struct recognise_answer *)a)->box.x;
    float right = ((const struct recognise_answer *)b)->box.x;
    return (left > right) - (left < right);
}

GArray *recognise_faces(struct recogniser *recogniser, const struct recognise_picture *encoded,
                        const struct recognise_options *options, GError **error)
{
    struct picture picture = {
        .recogniser = recogniser,
        .options = options,
        .thresholds = recognise_options_thresholds(recogniser, options),
        .worker = recognise_worker_acquire(recogniser, error),
    };
    if (picture.worker == NULL) {
        return NULL;
    }
    g_autoptr(GArray) faces = g_array_new(FALSE, FALSE, sizeof(struct recognise_face));
    bool answered =
        recognise_picture_decode(recogniser, picture.worker, encoded, 0, &picture.image, error) &&
        answer_faces(&picture, faces, error);
    struct face_timings timings = *face_worker_timings(picture.worker);
    face_engine_release(recogniser->engine, picture.worker);
    face_image_finish(&picture.image);
    if (!answered) {
        return NULL;
    }
    GArray *answers = g_array_new(FALSE, FALSE, sizeof(struct recognise_answer));
    for (guint i = 0; i < faces->len; i++) {
        struct recognise_answer *answer = &g_array_index(faces, struct recognise_face, i).answer;
        answer->timings = timings;
        g_array_append_val(answers, *answer);
    }
    g_array_sort(answers, compare_places);
    return answers;
}
