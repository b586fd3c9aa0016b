/* Answers on the sample photographs: somebody of the first is also in the third. */
#include "../unit.h"

#include "face/image_write.h"
#include "face/resample.h"
#include "pictures.h"
#include "recognise/challenge.h"
#include "recognise/class.h"
#include "recognise/internal.h"

#include <math.h>
#include <string.h>

#define PEOPLE 3

struct fixture {
    struct recogniser *recogniser;
    GBytes *portraits[PEOPLE]; /* of sample 1, from left to right */
    float templates[PEOPLE][FACE_TEMPLATE_N];
    struct base_uuid ids[PEOPLE];
};

static const struct recognise_options staff = {.scope = {.everybody = true}, .skip_liveness = true};

static struct recognise_picture picture_of(GBytes *bytes)
{
    gsize size = 0;
    const void *data = g_bytes_get_data(bytes, &size);
    return (struct recognise_picture){data, size};
}

/* The surroundings of a face, as a picture of its own. */
static GBytes *portrait(GBytes *photo, const struct face_box *box)
{
    struct face_image image;
    struct face_image piece;
    gsize size = 0;
    const void *data = g_bytes_get_data(photo, &size);
    assert_true(face_image_decode(data, size, NULL, &image, NULL));
    int side = (int)(box->height * 2);
    assert_true(face_image_cut(&image, (int)(box->x + box->width / 2) - side / 2,
                               (int)(box->y + box->height / 2) - side / 2, side, side, &piece));
    GBytes *encoded = face_image_encode_png(&piece, NULL);
    face_image_finish(&piece);
    face_image_finish(&image);
    return encoded;
}

static void enrol_sample(struct fixture *fixture, GBytes *photo)
{
    struct recognise_picture picture = picture_of(photo);
    struct recognise_options options = staff;
    options.group = true;
    options.skip_quality = true;
    GError *error = NULL;
    g_autoptr(GArray) faces = recognise_faces(fixture->recogniser, &picture, &options, &error);
    assert_no_error(error);
    assert_int_equal(faces->len, PEOPLE);
    for (guint i = 0; i < PEOPLE; i++) {
        const struct recognise_answer *answer = &g_array_index(faces, struct recognise_answer, i);
        assert_int_equal(answer->kind, RECOGNISE_UNKNOWN); /* nobody is enrolled yet */
        fixture->portraits[i] = portrait(photo, &answer->box);
        picture = picture_of(fixture->portraits[i]);
        struct recognise_photo enrolled;
        assert_true(
            recognise_enrol_photo(fixture->recogniser, &picture, &options, &enrolled, &error));
        assert_int_equal(enrolled.kind, RECOGNISE_MATCH);
        memcpy(fixture->templates[i], enrolled.values, sizeof enrolled.values);
        base_uuid_new(&fixture->ids[i]);
        assert_true(recognise_person_set(fixture->recogniser, &fixture->ids[i],
                                         fixture->templates[i], 1, &error));
    }
}

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    *state = fixture;
    g_autofree char *models = models_folder();
    g_autoptr(GBytes) photo = models != NULL ? sample_photo(1) : NULL;
    if (photo == NULL) {
        return 0;
    }
    GError *error = NULL;
    fixture->recogniser =
        recogniser_create(&(struct recogniser_options){.models_dir = models}, &error);
    assert_no_error(error);
    enrol_sample(fixture, photo);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < PEOPLE; i++) {
        g_clear_pointer(&fixture->portraits[i], g_bytes_unref);
    }
    recogniser_destroy(fixture->recogniser);
    g_free(fixture);
    return 0;
}

#define NEEDS(fixture)                                                                             \
    do {                                                                                           \
        if ((fixture)->recogniser == NULL)                                                         \
            skip();                                                                                \
    } while (0)

static struct recognise_answer probe(struct fixture *fixture, GBytes *const *photos, size_t n,
                                     const struct recognise_options *options)
{
    struct recognise_picture frames[8];
    struct recognise_answer answer;
    GError *error = NULL;
    for (size_t i = 0; i < n; i++) {
        frames[i] = picture_of(photos[i]);
    }
    assert_true(recognise_probe(fixture->recogniser, frames, n, options, &answer, &error));
    assert_no_error(error);
    return answer;
}

static void test_everybody_matches_themselves(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct recognise_options options = staff;
    options.skip_quality = true;
    for (int i = 0; i < PEOPLE; i++) {
        struct recognise_answer answer = probe(fixture, &fixture->portraits[i], 1, &options);
        assert_int_equal(answer.kind, RECOGNISE_MATCH);
        assert_memory_equal(&answer.person, &fixture->ids[i], sizeof answer.person);
        assert_true(answer.score > 0.8F && answer.score > answer.runner_up_score + 0.3F);
        assert_float_equal(answer.live, -1, 0);
        assert_true(answer.box.width > 50 && answer.timings.embed > 0);
    }
}

static void test_the_same_woman_in_another_photograph(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(GBytes) photo = sample_photo(3);
    struct recognise_picture picture = picture_of(photo);
    struct recognise_options options = staff;
    options.group = true;
    g_autoptr(GArray) faces = recognise_faces(fixture->recogniser, &picture, &options, NULL);
    int matches = 0;
    float before = -1e9F;
    for (guint i = 0; i < faces->len; i++) {
        const struct recognise_answer *answer = &g_array_index(faces, struct recognise_answer, i);
        assert_true(answer->box.x >= before);
        before = answer->box.x;
        if (answer->kind == RECOGNISE_MATCH) {
            assert_memory_equal(&answer->person, &fixture->ids[2], sizeof answer->person);
            matches++;
        } else {
            /* A stranger is never given a name. */
            assert_true(base_uuid_is_nil(&answer->person));
        }
    }
    assert_int_equal(faces->len, 3);
    assert_int_equal(matches, 1);
}

static void test_scope_decides_who_can_be_found(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct recognise_options options = staff;
    options.skip_quality = true;
    options.scope = (struct recognise_scope){.people = fixture->ids, .people_n = 2};
    struct recognise_answer answer = probe(fixture, &fixture->portraits[2], 1, &options);
    assert_int_equal(answer.kind, RECOGNISE_UNKNOWN);
    assert_true(answer.score > -1 && answer.score < 0.4F);
    assert_true(base_uuid_is_nil(&answer.person));
    options.scope.people_n = 3;
    assert_int_equal(probe(fixture, &fixture->portraits[2], 1, &options).kind, RECOGNISE_MATCH);
    options.scope.people_n = 0;
    answer = probe(fixture, &fixture->portraits[2], 1, &options);
    assert_int_equal(answer.kind, RECOGNISE_UNKNOWN);
    assert_float_equal(answer.score, -1, 0);
}

static void test_several_people_are_not_one(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(GBytes) photo = sample_photo(1);
    struct recognise_answer answer = probe(fixture, &photo, 1, &staff);
    assert_int_equal(answer.kind, RECOGNISE_SEVERAL_FACES);
    assert_int_equal(answer.faces, 3);
    struct recognise_options options = staff;
    options.skip_quality = true;
    answer = probe(fixture, fixture->portraits, 2, &options);
    assert_int_equal(answer.kind, RECOGNISE_SEVERAL_FACES); /* two people in two frames */
}

static void test_no_face_and_no_picture_are_different(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct face_image image;
    face_image_init(&image, 320, 240);
    g_autoptr(GBytes) black = face_image_encode_png(&image, NULL);
    face_image_finish(&image);
    struct recognise_answer answer = probe(fixture, &black, 1, &staff);
    assert_int_equal(answer.kind, RECOGNISE_NO_FACE);
    assert_float_equal(answer.score, -1, 0);

    /* Frames without a face are passed over. */
    GBytes *frames[3] = {black, fixture->portraits[2], black};
    answer = probe(fixture, frames, 3, &staff);
    assert_int_equal(answer.kind, RECOGNISE_MATCH);
    assert_int_equal(answer.frame, 1);

    GError *error = NULL;
    struct recognise_picture nonsense = {"nonsense", 8};
    assert_false(recognise_probe(fixture->recogniser, &nonsense, 1, &staff, &answer, &error));
    assert_base_error(error, BASE_ERROR_UNSUPPORTED);
    assert_false(recognise_probe(fixture->recogniser, &nonsense, 0, &staff, &answer, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_null(recognise_faces(fixture->recogniser, &nonsense, &staff, &error));
    assert_base_error(error, BASE_ERROR_UNSUPPORTED);
}

/* A portrait in the dark, washed out and tiny: each is told apart. */
static void test_poor_quality_has_a_reason(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct face_image image;
    gsize size = 0;
    const void *data = g_bytes_get_data(fixture->portraits[2], &size);
    assert_true(face_image_decode(data, size, NULL, &image, NULL));
    for (int i = 0; i < image.width * image.height * 3; i++) {
        image.rgb[i] = (uint8_t)(image.rgb[i] / 6);
    }
    g_autoptr(GBytes) dark = face_image_encode_png(&image, NULL);
    face_image_finish(&image);
    struct recognise_answer answer = probe(fixture, &dark, 1, &staff);
    assert_int_equal(answer.kind, RECOGNISE_POOR_QUALITY);
    assert_int_equal(answer.quality.reason, FACE_QUALITY_TOO_DARK);
    assert_true(base_uuid_is_nil(&answer.person));
    struct recognise_options options = staff;
    options.skip_quality = true;
    assert_int_equal(probe(fixture, &dark, 1, &options).quality.reason, FACE_QUALITY_TOO_DARK);
}

static void test_liveness_is_judged_when_asked(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct recognise_options options = {.scope = {.everybody = true}, .skip_quality = true};
    struct recognise_thresholds thresholds = RECOGNISE_THRESHOLDS_DEFAULT;
    options.thresholds = &thresholds;
    thresholds.live = 1.1F;
    struct recognise_answer answer = probe(fixture, &fixture->portraits[2], 1, &options);
    assert_int_equal(answer.kind, RECOGNISE_PRESENTATION_ATTACK);
    assert_true(answer.live >= 0 && answer.live <= 1);
    assert_true(base_uuid_is_nil(&answer.person));
    thresholds.live = 0;
    assert_int_equal(probe(fixture, &fixture->portraits[2], 1, &options).kind, RECOGNISE_MATCH);
}

static void test_thresholds_decide(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct recognise_thresholds kept = recogniser_thresholds(fixture->recogniser);
    struct recognise_thresholds strict = kept;
    strict.match = 1.01F;
    recogniser_thresholds_set(fixture->recogniser, &strict);
    struct recognise_answer answer = probe(fixture, &fixture->portraits[2], 1, &staff);
    assert_int_equal(answer.kind, RECOGNISE_NEEDS_REVIEW);
    assert_memory_equal(&answer.person, &fixture->ids[2], sizeof answer.person);
    strict.review = 1.01F;
    recogniser_thresholds_set(fixture->recogniser, &strict);
    assert_int_equal(probe(fixture, &fixture->portraits[2], 1, &staff).kind, RECOGNISE_UNKNOWN);
    recogniser_thresholds_set(fixture->recogniser, &kept);
}

/* The table of docs/thresholds.md, by which people choose a target. */
static void test_thresholds_follow_from_target_and_people(void **state)
{
    static const struct {
        size_t people;
        double match, review;
    } rows[] = {{10, 0.412, 0.360},   {30, 0.446, 0.360},    {100, 0.482, 0.376},
                {120, 0.487, 0.382},  {300, 0.513, 0.411},   {1000, 0.547, 0.449},
                {8000, 0.602, 0.510}, {25000, 0.631, 0.541}, {250000, 0.686, 0.602}};
    struct fixture *fixture = *state;
    NEEDS(fixture);
    const struct recognise_thresholds kept = recogniser_thresholds(fixture->recogniser);
    assert_float_equal(kept.false_match, 0.001, 1e-9);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct recognise_thresholds chosen =
            recognise_thresholds_among(fixture->recogniser, rows[i].people);
        assert_float_equal(chosen.match, rows[i].match, 6e-4);
        assert_float_equal(chosen.review, rows[i].review, 6e-4);
    }
    /* The people are those who are searched, not all who are enrolled. */
    const struct recognise_scope one = {.people = fixture->ids, .people_n = 1};
    assert_float_equal(recognise_scope_thresholds(fixture->recogniser, &staff, &one).match,
                       recognise_thresholds_among(fixture->recogniser, 1).match, 0);
    assert_float_equal(recognise_scope_thresholds(fixture->recogniser, &staff, &staff.scope).match,
                       recognise_thresholds_among(fixture->recogniser, PEOPLE).match, 0);
    assert_true(recognise_thresholds_among(fixture->recogniser, 1).match <
                recognise_thresholds_among(fixture->recogniser, PEOPLE).match);
    /* At most a tenth of the strangers go to review, whatever the target is. */
    struct recognise_thresholds lax = kept;
    lax.false_match = 0.01;
    recogniser_thresholds_set(fixture->recogniser, &lax);
    const float tenth = recognise_thresholds_among(fixture->recogniser, 8000).review;
    lax.false_match = 0.02;
    recogniser_thresholds_set(fixture->recogniser, &lax);
    assert_float_equal(recognise_thresholds_among(fixture->recogniser, 8000).review, tenth, 1e-6);
    /* One that was set is used for any number of people. */
    lax.match = 0.7F;
    recogniser_thresholds_set(fixture->recogniser, &lax);
    assert_float_equal(recognise_thresholds_among(fixture->recogniser, 10).match, 0.7F, 0);
    recogniser_thresholds_set(fixture->recogniser, &kept);
}

static void test_the_wider_scope_comes_second(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    static const struct recognise_scope everybody = {.everybody = true};
    struct recognise_options options = staff;
    options.scope = (struct recognise_scope){.people = &fixture->ids[0], .people_n = 2};
    options.skip_quality = true;
    assert_int_equal(probe(fixture, &fixture->portraits[2], 1, &options).kind, RECOGNISE_UNKNOWN);
    options.wider = &everybody;
    struct recognise_answer answer = probe(fixture, &fixture->portraits[2], 1, &options);
    assert_int_equal(answer.kind, RECOGNISE_MATCH);
    assert_true(answer.wider);
    assert_memory_equal(&answer.person, &fixture->ids[2], sizeof answer.person);
    answer = probe(fixture, &fixture->portraits[1], 1, &options);
    assert_int_equal(answer.kind, RECOGNISE_MATCH);
    assert_false(answer.wider);
    /* Somebody outside is more similar than who is on the roster: nobody is named. */
    struct recognise_thresholds low = {.match = -1, .review = -1, .margin = 0};
    options.scope.people_n = 1;
    options.thresholds = &low;
    answer = probe(fixture, &fixture->portraits[1], 1, &options);
    assert_int_equal(answer.kind, RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(answer.doubt, RECOGNISE_DOUBT_ELSEWHERE);
    assert_memory_equal(&answer.person, &fixture->ids[0], sizeof answer.person);
    assert_memory_equal(&answer.candidates[answer.candidates_n - 1].person, &fixture->ids[1],
                        sizeof answer.person);
}

static void test_lookalikes_go_to_review(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct recognise_options options = staff;
    options.skip_quality = true;
    struct recognise_lookalike pair = {fixture->ids[1], fixture->ids[2], 0.9F};
    recognise_lookalikes_set(fixture->recogniser, &pair, 1);
    for (int who = 0; who < PEOPLE; who++) {
        struct recognise_answer answer = probe(fixture, &fixture->portraits[who], 1, &options);
        bool alike = who != 0;
        assert_int_equal(answer.kind, alike ? RECOGNISE_NEEDS_REVIEW : RECOGNISE_MATCH);
        assert_int_equal(answer.doubt == RECOGNISE_DOUBT_LOOKALIKE, alike);
        assert_true(!alike || answer.candidates_n >= 2);
    }
    /* The other one is not searched. */
    options.scope = (struct recognise_scope){.people = &fixture->ids[0], .people_n = 2};
    assert_int_equal(probe(fixture, &fixture->portraits[1], 1, &options).kind, RECOGNISE_MATCH);
    /* Nor are they on the roster, but they may come all the same. */
    options.wider = &staff.scope;
    struct recognise_answer wider = probe(fixture, &fixture->portraits[1], 1, &options);
    assert_int_equal(wider.kind, RECOGNISE_NEEDS_REVIEW);
    assert_int_equal(wider.doubt, RECOGNISE_DOUBT_LOOKALIKE);
    options.wider = NULL;
    /* As alike as a match in a class, not as one among many. */
    options.scope = staff.scope;
    pair.score = recognise_lookalikes_least(fixture->recogniser) - 0.2F;
    recognise_lookalikes_set(fixture->recogniser, &pair, 1);
    assert_int_equal(probe(fixture, &fixture->portraits[1], 1, &options).kind, RECOGNISE_MATCH);
    recognise_lookalikes_set(fixture->recogniser, NULL, 0);
    struct recognise_candidate found[4];
    assert_int_equal(recognise_lookalikes_find(fixture->recogniser, &fixture->ids[1], -1, 4, found),
                     2);
    assert_true(found[0].score >= found[1].score);
    assert_int_equal(
        recognise_lookalikes_find(fixture->recogniser, &fixture->ids[1], 0.99F, 4, found), 0);
}

/* The first network finds one person a little more similar, both together clearly the other. */
static void test_the_best_are_compared_by_both_networks(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    static const float probe[FACE_TEMPLATE_N] = {[0] = 1, [FACE_EMBEDDING_N] = 1};
    static const float near_first[FACE_TEMPLATE_N] = {[0] = 0.8F, [1] = 0.6F, [700] = 1};
    static const float near_both[FACE_TEMPLATE_N] = {
        [0] = 0.75F, [1] = 0.661438F, [FACE_EMBEDDING_N] = 1};
    const struct base_uuid ids[2] = {{{1}}, {{2}}};
    const struct recognise_scope both = {.people = ids, .people_n = 2};
    struct recognise_candidate found[2];
    assert_true(recognise_person_set(fixture->recogniser, &ids[0], near_first, 1, NULL));
    assert_true(recognise_person_set(fixture->recogniser, &ids[1], near_both, 1, NULL));
    assert_int_equal(recognise_search(fixture->recogniser, probe, &both, 2, found), 2);
    assert_true(base_uuid_equal(&found[0].person, &ids[1]));
    assert_float_equal(found[0].score, recognise_similarity(probe, near_both), 1e-6);
    for (int i = 0; i < 2; i++) {
        assert_true(recognise_person_remove(fixture->recogniser, &ids[i]));
    }
}

/* ---- challenges ---- */

static void measure(struct fixture *fixture, GBytes *bytes, bool mirrored,
                    struct recognise_challenge_frame *frame)
{
    const struct recognise_picture picture = picture_of(bytes);
    struct face_image image;
    assert_true(face_image_decode(picture.data, picture.size, NULL, &image, NULL));
    for (int y = 0; mirrored && y < image.height; y++) {
        for (int x = 0; x < image.width / 2; x++) {
            uint8_t pixel[3];
            uint8_t *left = image.rgb + ((size_t)y * (size_t)image.width + (size_t)x) * 3;
            uint8_t *right = left + (size_t)(image.width - 1 - 2 * x) * 3;
            memcpy(pixel, left, 3);
            memcpy(left, right, 3);
            memcpy(right, pixel, 3);
        }
    }
    assert_true(recognise_challenge_measure_image(fixture->recogniser, &image, 0, frame, NULL));
    assert_true(frame->face);
    face_image_finish(&image);
}

/* A face and its mirror image are turned to opposite sides, and the nose tells the same as the pose
 * network. The second woman looks down further than the third. */
static void test_turns_and_nods_have_their_signs(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    struct recognise_challenge_frame straight[PEOPLE];
    for (int i = 0; i < PEOPLE; i++) {
        struct recognise_challenge_frame mirrored;
        struct face_point parallax;
        measure(fixture, fixture->portraits[i], false, &straight[i]);
        measure(fixture, fixture->portraits[i], true, &mirrored);
        const float turn = mirrored.pose.yaw - straight[i].pose.yaw;
        assert_true(
            recognise_challenge_parallax(&straight[i].landmarks, &mirrored.landmarks, &parallax));
        assert_true(fabsf(turn) > 10 && turn * parallax.x > 0);
    }
    assert_true(straight[1].pose.pitch < straight[2].pose.pitch - 5);
}

/* ---- the whole class ---- */

/* `times` copies of a picture beside each other, `height` pixels high; PNG. */
static GBytes *row_of(GBytes *encoded, int times, int height)
{
    struct face_image image;
    struct face_image row;
    struct recognise_picture picture = picture_of(encoded);
    assert_true(face_image_decode(picture.data, picture.size, NULL, &image, NULL));
    const struct face_crop all = {0, 0, (float)image.width, (float)image.height};
    const int width = image.width * height / image.height;
    g_autofree float *rgb = g_new(float, (size_t)width *(size_t)height * 3);
    face_resample_area(&image, &all, rgb, width, height);
    face_image_init(&row, width * times, height);
    for (int y = 0; y < height; y++) {
        for (int i = 0; i < row.width * 3; i++) {
            row.rgb[y * row.width * 3 + i] = (uint8_t)(rgb[y * width * 3 + i % (width * 3)] + 0.5F);
        }
    }
    GBytes *bytes = face_image_encode_png(&row, NULL);
    face_image_finish(&row);
    face_image_finish(&image);
    return bytes;
}

/* How many faces of a row are answered so, of `faces` in all; a picture of the face is kept for a
 * review alone. */
static guint answered(struct fixture *fixture, GBytes *row, guint faces, enum recognise_kind kind)
{
    const struct recognise_picture picture = picture_of(row);
    struct recognise_class class;
    guint n = 0;
    assert_true(recognise_class(fixture->recogniser, &picture, 1, &staff, NULL, &class, NULL));
    assert_int_equal(class.faces->len, faces);
    for (guint i = 0; i < class.faces->len; i++) {
        const struct recognise_class_face *face =
            &g_array_index(class.faces, struct recognise_class_face, i);
        assert_int_equal(face->crop != NULL, face->answer.kind == RECOGNISE_NEEDS_REVIEW);
        assert_true(face->answer.kind != RECOGNISE_MATCH ||
                    base_uuid_equal(&face->answer.person, &fixture->ids[2]));
        n += face->answer.kind == kind;
    }
    recognise_class_clear(&class);
    return n;
}

static void test_a_class_names_nobody_twice_and_nobody_small(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(GBytes) alone = row_of(fixture->portraits[2], 1, 240);
    g_autoptr(GBytes) twice = row_of(fixture->portraits[2], 2, 240);
    g_autoptr(GBytes) small = row_of(fixture->portraits[2], 1, 44);
    assert_int_equal(answered(fixture, alone, 1, RECOGNISE_MATCH), 1);
    assert_int_equal(answered(fixture, twice, 2, RECOGNISE_MATCH), 1);
    assert_int_equal(answered(fixture, small, 1, RECOGNISE_MATCH), 0);
    const struct recognise_lookalike pair = {fixture->ids[1], fixture->ids[2], 0.9F};
    recognise_lookalikes_set(fixture->recogniser, &pair, 1);
    assert_int_equal(answered(fixture, alone, 1, RECOGNISE_NEEDS_REVIEW), 1);
    recognise_lookalikes_set(fixture->recogniser, NULL, 0);
}

static void test_enrolment_photos(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    float lowest = 0;
    size_t odd = 9;
    assert_true(
        recognise_photos_agree(fixture->recogniser, fixture->templates[0], 1, &lowest, &odd));
    assert_float_equal(lowest, 1, 0);
    assert_false(
        recognise_photos_agree(fixture->recogniser, fixture->templates[0], PEOPLE, &lowest, &odd));
    assert_true(lowest < 0.3F && odd < PEOPLE);

    struct base_uuid other;
    float score = 0;
    assert_true(recognise_duplicate(fixture->recogniser, fixture->templates[1], 1, NULL, NULL, 0,
                                    &other, &score));
    assert_memory_equal(&other, &fixture->ids[1], sizeof other);
    assert_float_equal(score, 1, 1e-4);
    assert_false(recognise_duplicate(fixture->recogniser, fixture->templates[1], 1,
                                     &fixture->ids[1], NULL, 0, &other, &score));
    assert_false(recognise_duplicate(fixture->recogniser, fixture->templates[1], 1, NULL,
                                     &fixture->ids[1], 1, &other, &score));

    struct recognise_picture group = {0};
    g_autoptr(GBytes) photo = sample_photo(1);
    group = picture_of(photo);
    struct recognise_photo enrolled;
    assert_true(recognise_enrol_photo(fixture->recogniser, &group, &staff, &enrolled, NULL));
    assert_int_equal(enrolled.kind, RECOGNISE_SEVERAL_FACES);
    /* She looks down: fine for a mark, not for a template. */
    struct recognise_picture closed = picture_of(fixture->portraits[1]);
    assert_true(recognise_enrol_photo(fixture->recogniser, &closed, &staff, &enrolled, NULL));
    assert_int_equal(enrolled.kind, RECOGNISE_POOR_QUALITY);
    assert_int_equal(enrolled.quality.reason, FACE_QUALITY_EYES_CLOSED);
}

static void test_people_come_and_go(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    GError *error = NULL;
    struct base_uuid id;
    base_uuid_new(&id);
    assert_int_equal(recognise_people_count(fixture->recogniser), PEOPLE);
    float bad[FACE_TEMPLATE_N] = {[3] = NAN};
    assert_false(recognise_person_set(fixture->recogniser, &id, bad, 1, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(recognise_person_exists(fixture->recogniser, &id));
    assert_true(
        recognise_person_set(fixture->recogniser, &id, fixture->templates[0], PEOPLE, &error));
    assert_int_equal(recognise_people_count(fixture->recogniser), PEOPLE + 1);
    assert_true(recognise_person_remove(fixture->recogniser, &id));
    assert_false(recognise_person_remove(fixture->recogniser, &id));
    assert_int_equal(recognise_people_count(fixture->recogniser), PEOPLE);
    assert_true(strlen(recogniser_model_id(fixture->recogniser)) > 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_matches_themselves),
        cmocka_unit_test(test_the_same_woman_in_another_photograph),
        cmocka_unit_test(test_scope_decides_who_can_be_found),
        cmocka_unit_test(test_several_people_are_not_one),
        cmocka_unit_test(test_no_face_and_no_picture_are_different),
        cmocka_unit_test(test_poor_quality_has_a_reason),
        cmocka_unit_test(test_liveness_is_judged_when_asked),
        cmocka_unit_test(test_thresholds_decide),
        cmocka_unit_test(test_thresholds_follow_from_target_and_people),
        cmocka_unit_test(test_the_wider_scope_comes_second),
        cmocka_unit_test(test_lookalikes_go_to_review),
        cmocka_unit_test(test_the_best_are_compared_by_both_networks),
        cmocka_unit_test(test_turns_and_nods_have_their_signs),
        cmocka_unit_test(test_a_class_names_nobody_twice_and_nobody_small),
        cmocka_unit_test(test_enrolment_photos),
        cmocka_unit_test(test_people_come_and_go),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
