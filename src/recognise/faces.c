/* Everybody in one picture. */
#include "recognise/internal.h"

#include <string.h>

#define FACES_MAX_DEFAULT 200
/* Candidates of each face that take part in the assignment. */
#define CANDIDATES 8

/* One face while it is being answered. */
struct face {
    struct recognise_answer answer;
    struct recognise_candidate candidates[CANDIDATES];
    size_t candidates_n;
};

/* One picture while it is being answered. */
struct picture {
    struct recogniser *recogniser;
    struct face_worker *worker;
    struct face_image image;
    const struct recognise_options *options;
    struct recognise_thresholds thresholds;
};

static bool describe(const struct picture *picture, const struct face_view *view, float *aligned,
                     struct face *face, GError **error)
{
    struct recognise_answer *answer = &face->answer;
    const struct recognise_options *options = picture->options;
    float values[FACE_TEMPLATE_N];
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
    if (!face_worker_embed(picture->worker, aligned, options->group, values, error)) {
        return false;
    }
    gint64 began = g_get_monotonic_time();
    face->candidates_n = recognise_search(picture->recogniser, values, &options->scope, CANDIDATES,
                                          face->candidates);
    face_worker_timings(picture->worker)->search += (double)(g_get_monotonic_time() - began);
    recognise_answer_decide(answer, &picture->thresholds, face->candidates, face->candidates_n);
    return true;
}

/* Every person who is a candidate of some face, once, in columns. */
static GHashTable *number_people(const GArray *faces)
{
    GHashTable *columns = g_hash_table_new(base_uuid_hash, base_uuid_equal);
    for (guint i = 0; i < faces->len; i++) {
        struct face *face = &g_array_index(faces, struct face, i);
        for (size_t j = 0; j < face->candidates_n; j++) {
            struct base_uuid *person = &face->candidates[j].person;
            if (!g_hash_table_contains(columns, person)) {
                g_hash_table_insert(columns, person, GUINT_TO_POINTER(g_hash_table_size(columns)));
            }
        }
    }
    return columns;
}

static void take_away(struct recognise_answer *answer)
{
    answer->kind = RECOGNISE_UNKNOWN;
    answer->person = (struct base_uuid){0};
    answer->runner_up = (struct base_uuid){0};
}

/* A face whose best candidate is somebody else's face may still be its second best, but only a
 * person can say so. */
static void give(struct face *face, const struct recognise_candidate *given)
{
    struct recognise_answer *answer = &face->answer;
    if (base_uuid_equal(&given->person, &face->candidates[0].person)) {
        return;
    }
    answer->kind = RECOGNISE_NEEDS_REVIEW;
    answer->person = given->person;
    answer->score = given->score;
    answer->runner_up = face->candidates[0].person;
    answer->runner_up_score = face->candidates[0].score;
}

static void one_person_once(GArray *faces, const struct recognise_thresholds *thresholds)
{
    g_autoptr(GHashTable) columns = number_people(faces);
    size_t people = g_hash_table_size(columns);
    if (people == 0) {
        return;
    }
    float review = MIN(thresholds->review, thresholds->match);
    g_autofree float *gains = g_new0(float, faces->len *people);
    g_autofree int *assigned = g_new(int, faces->len);
    for (guint i = 0; i < faces->len; i++) {
        const struct face *face = &g_array_index(faces, struct face, i);
        for (size_t j = 0; j < face->candidates_n; j++) {
            guint column =
                GPOINTER_TO_UINT(g_hash_table_lookup(columns, &face->candidates[j].person));
            /* Shifted, so that a negative threshold of a benchmark works as well. */
            if (face->candidates[j].score >= review) {
                gains[i * people + column] = face->candidates[j].score + 1.001F;
            }
        }
    }
    recognise_assign(gains, faces->len, people, assigned);
    for (guint i = 0; i < faces->len; i++) {
        struct face *face = &g_array_index(faces, struct face, i);
        if (face->answer.kind != RECOGNISE_MATCH && face->answer.kind != RECOGNISE_NEEDS_REVIEW) {
            continue;
        }
        const struct recognise_candidate *given = NULL;
        for (size_t j = 0; given == NULL && j < face->candidates_n; j++) {
            guint column =
                GPOINTER_TO_UINT(g_hash_table_lookup(columns, &face->candidates[j].person));
            given = assigned[i] == (int)column ? &face->candidates[j] : NULL;
        }
        if (given == NULL) {
            take_away(&face->answer);
        } else {
            give(face, given);
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
    g_autofree float *aligned = g_new(float, (gsize)FACE_ALIGN_SIDE *FACE_ALIGN_SIDE * 3);
    for (guint i = 0; i < MIN(views->len, most); i++) {
        const struct face_view *view = &g_array_index(views, struct face_view, i);
        struct face face = {
            .answer = {.score = -1,
                       .runner_up_score = -1,
                       .live = -1,
                       .faces = views->len,
                       .width = (int)((float)image->width * image->scale + 0.5F),
                       .height = (int)((float)image->height * image->scale + 0.5F)},
        };
        recognise_view_scale(view, image->scale, &face.answer.box, &face.answer.landmarks);
        if (!describe(picture, view, aligned, &face, error)) {
            return false;
        }
        g_array_append_val(faces, face);
    }
    one_person_once(faces, &picture->thresholds);
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
    g_autoptr(GArray) faces = g_array_new(FALSE, FALSE, sizeof(struct face));
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
        struct recognise_answer *answer = &g_array_index(faces, struct face, i).answer;
        answer->timings = timings;
        g_array_append_val(answers, *answer);
    }
    g_array_sort(answers, compare_places);
    return answers;
}
