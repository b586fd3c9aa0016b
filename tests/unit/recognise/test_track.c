/* Faces followed through frames, which are made of a sample photograph of three people. */
#include "../unit.h"

#include "face/image_write.h"
#include "pictures.h"
#include "recognise/track.h"

#include <string.h>

#define PEOPLE 3
#define FRAME (G_USEC_PER_SEC / 5)

struct fixture {
    struct recogniser *recogniser;
    struct face_image photo, empty, doubled;
    struct base_uuid known; /* the person on the right */
};

static const struct recognise_tracker_options everybody = {
    .recognise = {.scope = {.everybody = true}, .skip_liveness = true}};

#define NEEDS(fixture)                                                                             \
    do {                                                                                           \
        if ((fixture)->recogniser == NULL)                                                         \
            skip();                                                                                \
    } while (0)

static void enrol(struct fixture *fixture, const struct face_image *portrait)
{
    const struct recognise_options staff = {.skip_liveness = true, .skip_quality = true};
    struct recognise_photo enrolled;
    GError *error = NULL;
    g_autoptr(GBytes) encoded = face_image_encode_png(portrait, &error);
    gsize size = 0;
    const void *data = g_bytes_get_data(encoded, &size);
    const struct recognise_picture picture = {data, size};

    assert_true(recognise_enrol_photo(fixture->recogniser, &picture, &staff, &enrolled, &error));
    assert_int_equal(enrolled.kind, RECOGNISE_MATCH);
    base_uuid_new(&fixture->known);
    assert_true(
        recognise_person_set(fixture->recogniser, &fixture->known, enrolled.values, 1, &error));
}

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    *state = fixture;
    g_autofree char *models = models_folder();
    g_autoptr(GBytes) bytes = models ? sample_photo(1) : NULL;
    GError *error = NULL;
    gsize size = 0;

    if (!bytes)
        return 0;
    const struct recogniser_options options = {.models_dir = models};
    fixture->recogniser = recogniser_create(&options, &error);
    assert_no_error(error);
    const void *data = g_bytes_get_data(bytes, &size);
    assert_true(face_image_decode(data, size, NULL, &fixture->photo, &error));
    const struct face_image *photo = &fixture->photo;
    face_image_init(&fixture->empty, photo->width, photo->height);

    struct face_image portrait;
    int side = photo->width * 2 / 5;
    assert_true(face_image_cut(photo, photo->width - side, 0, side, photo->height, &portrait));
    enrol(fixture, &portrait);
    /* One person as two faces, side by side. */
    face_image_init(&fixture->doubled, side * 2, photo->height);
    for (int y = 0; y < photo->height; y++)
        for (int x = 0; x < 2; x++)
            memcpy(fixture->doubled.rgb + ((size_t)y * 2 + (size_t)x) * (size_t)side * 3,
                   portrait.rgb + (size_t)y * (size_t)side * 3, (size_t)side * 3);
    face_image_finish(&portrait);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    recogniser_destroy(fixture->recogniser);
    face_image_finish(&fixture->photo);
    face_image_finish(&fixture->empty);
    face_image_finish(&fixture->doubled);
    g_free(fixture);
    return 0;
}

static GArray *new_tracks(void)
{
    GArray *tracks = g_array_new(FALSE, FALSE, sizeof(struct recognise_track));
    g_array_set_clear_func(tracks, recognise_track_clear);
    return tracks;
}

/* Shows a picture for n frames. */
static void show(struct recognise_tracker *tracker, const struct face_image *image, int n,
                 gint64 *time, GArray *tracks)
{
    GError *error = NULL;

    for (int i = 0; i < n; i++, *time += FRAME)
        assert_true(recognise_tracker_add(tracker, image, *time, tracks, &error));
    assert_no_error(error);
}

static const struct recognise_track *track_at(const GArray *tracks, guint i)
{
    return &g_array_index(tracks, struct recognise_track, i);
}

static guint count(const GArray *tracks, enum recognise_kind kind)
{
    guint n = 0;
    for (guint i = 0; i < tracks->len; i++)
        n += track_at(tracks, i)->answer.kind == kind;
    return n;
}

static void test_each_person_is_told_of_once(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(recognise_tracker) tracker =
        recognise_tracker_create(fixture->recogniser, &everybody);
    g_autoptr(GArray) tracks = new_tracks();
    gint64 time = 0;
    GError *error = NULL;

    show(tracker, &fixture->photo, 2, &time, tracks);
    assert_int_equal(recognise_tracker_faces(tracker), PEOPLE);
    assert_int_equal(recognise_tracker_following(tracker), PEOPLE);
    assert_int_equal(tracks->len, 0);
    show(tracker, &fixture->photo, 2, &time, tracks);
    /* Enough frames speak for who is known, before they are gone. */
    assert_int_equal(tracks->len, 1);
    assert_int_equal(track_at(tracks, 0)->answer.kind, RECOGNISE_MATCH);
    assert_memory_equal(&track_at(tracks, 0)->answer.person, &fixture->known,
                        sizeof fixture->known);
    assert_false(track_at(tracks, 0)->ended);
    assert_true(recognise_tracker_end(tracker, tracks, &error));
    assert_int_equal(tracks->len, PEOPLE);
    assert_int_equal(count(tracks, RECOGNISE_MATCH), 1);
    assert_int_equal(count(tracks, RECOGNISE_UNKNOWN), PEOPLE - 1);
    for (guint i = 0; i < tracks->len; i++) {
        const struct recognise_track *track = track_at(tracks, i);
        assert_null(track->crop.rgb);
        if (track->answer.kind == RECOGNISE_UNKNOWN)
            assert_true(base_uuid_is_nil(&track->answer.person));
    }
    assert_int_equal(recognise_tracker_following(tracker), 0);
}

static void test_short_gaps_are_bridged(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(recognise_tracker) tracker =
        recognise_tracker_create(fixture->recogniser, &everybody);
    g_autoptr(GArray) tracks = new_tracks();
    gint64 time = 0;

    show(tracker, &fixture->photo, 1, &time, tracks);
    show(tracker, &fixture->empty, 5, &time, tracks);
    show(tracker, &fixture->photo, 1, &time, tracks);
    assert_int_equal(recognise_tracker_following(tracker), PEOPLE);
    assert_int_equal(tracks->len, 0);
    /* Who was away longer is somebody new, and the old tracks are decided. */
    time += 3 * G_USEC_PER_SEC;
    show(tracker, &fixture->empty, 1, &time, tracks);
    assert_int_equal(tracks->len, PEOPLE);
    assert_int_equal(track_at(tracks, 0)->frames, 2);
    assert_true(track_at(tracks, 0)->ended);
    assert_int_equal(count(tracks, RECOGNISE_MATCH), 1);
    assert_int_equal(recognise_tracker_following(tracker), 0);
}

static void test_a_person_has_one_face_at_a_moment(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(recognise_tracker) tracker =
        recognise_tracker_create(fixture->recogniser, &everybody);
    g_autoptr(GArray) tracks = new_tracks();
    gint64 time = 0;
    GError *error = NULL;

    show(tracker, &fixture->doubled, 4, &time, tracks);
    assert_true(recognise_tracker_end(tracker, tracks, &error));
    assert_int_equal(tracks->len, 2);
    assert_int_equal(count(tracks, RECOGNISE_MATCH), 1);
    assert_int_equal(count(tracks, RECOGNISE_UNKNOWN), 1);

    /* One after the other it may be the same person. */
    g_array_set_size(tracks, 0);
    show(tracker, &fixture->photo, 4, &time, tracks);
    time += 5 * G_USEC_PER_SEC;
    show(tracker, &fixture->photo, 4, &time, tracks);
    assert_int_equal(count(tracks, RECOGNISE_MATCH), 2);
}

static void test_other_people_are_looked_for(void **state)
{
    struct fixture *fixture = *state;
    NEEDS(fixture);
    g_autoptr(recognise_tracker) tracker =
        recognise_tracker_create(fixture->recogniser, &everybody);
    g_autoptr(GArray) tracks = new_tracks();
    gint64 time = 0;
    GError *error = NULL;

    const struct recognise_options nobody = {.skip_liveness = true};
    recognise_tracker_scope_set(tracker, &nobody);
    show(tracker, &fixture->photo, 1, &time, tracks);
    assert_true(recognise_tracker_end(tracker, tracks, &error));
    assert_int_equal(count(tracks, RECOGNISE_UNKNOWN), PEOPLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_person_is_told_of_once),
        cmocka_unit_test(test_short_gaps_are_bridged),
        cmocka_unit_test(test_a_person_has_one_face_at_a_moment),
        cmocka_unit_test(test_other_people_are_looked_for),
    };
    return cmocka_run_group_tests_name("track", tests, set_up, tear_down);
}
