/* The detectors beside the network: the reader of cascades, the scan, the groups, and what Debian's
 * cascade and dlib find in the sample photographs, where they are installed. */
#include "../unit.h"

#include "face/detectors.h"
#include "face/engine.h"
#include "face/haar.h"
#include "pictures.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define FEATURES                                                                                   \
    "<features><_><rects><_>0 0 20 20 -1.</_><_>0 10 20 10 2.</_></rects></_></features>"
#define HEAD "<featureType>HAAR</featureType><height>20</height><width>20</width>"
#define STAGE(nodes, leaves)                                                                       \
    "<stages><_><stageThreshold>0.5</stageThreshold><weakClassifiers><_><internalNodes>" nodes     \
    "</internalNodes><leafValues>" leaves "</leafValues></_></weakClassifiers></_></stages>"
#define WHOLE(inside)                                                                              \
    "<?xml version=\"1.0\"?><opencv_storage><cascade "                                             \
    "type_id=\"opencv-cascade-classifier\">" inside "</cascade></opencv_storage>"

/* One feature: the lower half of the window is much brighter than the upper one. */
#define BRIGHT_BELOW WHOLE(HEAD STAGE("0 -1 0 0.9", "0 1") FEATURES)

static struct face_cascade *parsed(const char *text)
{
    GError *error = NULL;
    struct face_cascade *cascade = face_cascade_parse(text, strlen(text), &error);
    assert_no_error(error);
    assert_non_null(cascade);
    return cascade;
}

static void test_reads_a_cascade(void **state)
{
    (void)state;
    struct face_cascade *cascade =
        parsed(WHOLE(HEAD STAGE("0 1 0 0.2 -1 -2 0 -0.1", "0 0.25 1") FEATURES));
    assert_int_equal(cascade->width, 20);
    assert_int_equal(cascade->stages->len, 1);
    assert_int_equal(cascade->nodes->len, 2);
    assert_int_equal(cascade->leaves->len, 3);
    const struct face_cascade_node *nodes = (const void *)cascade->nodes->data;
    assert_int_equal(nodes[0].above, 1);
    assert_int_equal(nodes[1].below, -1);
    assert_true(g_array_index(cascade->leaves, float, 1) == 0.25F);
    const struct face_cascade_feature *feature = (const void *)cascade->features->data;
    assert_int_equal(feature->rects[1].y, 10);
    assert_true(feature->rects[1].weight == 2);
    assert_true(feature->rects[2].weight == 0);
    face_cascade_destroy(cascade);
}

static void test_refuses_what_it_cannot_run(void **state)
{
    static const struct {
        const char *text;
        enum base_error code;
    } cases[] = {
        {"", BASE_ERROR_INVALID},
        {"no XML", BASE_ERROR_INVALID},
        {"<opencv_storage/>", BASE_ERROR_INVALID},
        {WHOLE(""), BASE_ERROR_INVALID},
        {WHOLE(HEAD), BASE_ERROR_INVALID},
        {WHOLE(HEAD FEATURES), BASE_ERROR_INVALID},
        /* Truncated. */
        {"<opencv_storage><cascade>" HEAD, BASE_ERROR_INVALID},
        /* A tree that would walk in a circle, one into itself, and children beyond its end. */
        {WHOLE(HEAD STAGE("0 1 0 0.2 1 -2 0 0.1", "0 0 1") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0 2 0 0.2 -1 -2 0 0.1", "0 0 1") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0 -2 0 0.2", "0 1") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0.5 -1 0 0.2", "0 1") FEATURES), BASE_ERROR_INVALID},
        /* Leaves and features that are not there. */
        {WHOLE(HEAD STAGE("0 -1 0 0.2", "0") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0 -1 0 0.2", "0 1 2") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0 -1 1 0.2", "0 1") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0 -1 0 nan", "0 1") FEATURES), BASE_ERROR_INVALID},
        {WHOLE(HEAD STAGE("0 -1 0 1e999", "0 1") FEATURES), BASE_ERROR_INVALID},
        /* A rectangle that leaves the window. */
        {WHOLE(HEAD STAGE("0 -1 0 0.2", "0 1") "<features><_><rects><_>1 0 20 20 1</_></rects></_>"
                                               "</features>"),
         BASE_ERROR_INVALID},
        {WHOLE("<height>7</height>"), BASE_ERROR_INVALID},
        {WHOLE("<featureType>LBP</featureType>"), BASE_ERROR_UNSUPPORTED},
        {WHOLE(HEAD "<features><_><tilted>1</tilted></_></features>"), BASE_ERROR_UNSUPPORTED},
        {"<opencv_storage><a type_id=\"opencv-haar-classifier\"/></opencv_storage>",
         BASE_ERROR_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        assert_null(face_cascade_parse(cases[i].text, strlen(cases[i].text), &error));
        assert_non_null(error);
        if (!g_error_matches(error, BASE_ERROR, cases[i].code)) {
            fail_msg("case %zu: %s", i, error->message);
        }
        g_error_free(error);
    }
}

/* Noise, so that no window is flat; dark above row 50 and bright below. */
static void draw_edge(struct face_image *image)
{
    uint32_t noise = 1;
    face_image_init(image, 101, 100);
    for (int i = 0; i < 101 * 100; i++) {
        noise = noise * 1103515245U + 12345U;
        int value = (i / 101 < 50 ? 40 : 200) + (int)(noise >> 28);
        memset(image->rgb + (size_t)i * 3, value, 3);
    }
}

static void test_scans_at_every_size_and_place(void **state)
{
    (void)state;
    struct face_cascade *cascade = parsed(BRIGHT_BELOW);
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_hit));
    struct face_image image;
    draw_edge(&image);
    face_cascade_scan(cascade, &image, 1, hits);
    int largest = 0;
    int rightmost = 0;
    assert_true(hits->len > 100);
    for (guint i = 0; i < hits->len; i++) {
        const struct face_cascade_hit *hit = &g_array_index(hits, struct face_cascade_hit, i);
        int middle = hit->y + hit->height / 2;
        assert_int_equal(hit->width, hit->height);
        assert_in_range(middle, 50 - hit->height / 4 - 2, 50 + hit->height / 4 + 2);
        assert_true(hit->x >= 0 && hit->x + hit->width <= 102);
        largest = MAX(largest, hit->width);
        rightmost = MAX(rightmost, hit->x + hit->width);
    }
    assert_true(largest > 80);
    assert_true(rightmost > 95);

    g_array_set_size(hits, 0);
    face_cascade_scan(cascade, &image, 60, hits);
    assert_true(hits->len > 0);
    for (guint i = 0; i < hits->len; i++) {
        assert_true(g_array_index(hits, struct face_cascade_hit, i).width >= 60);
    }
    face_image_finish(&image);
    face_cascade_destroy(cascade);
}

static void test_tiny_and_flat_pictures(void **state)
{
    static const int sides[][2] = {{1, 1}, {1, 300}, {300, 1}, {19, 19}, {20, 20}, {21, 64}};
    (void)state;
    struct face_cascade *cascade = parsed(BRIGHT_BELOW);
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_hit));
        struct face_image image;
        face_image_init(&image, sides[i][0], sides[i][1]);
        face_cascade_scan(cascade, &image, 1, hits);
        assert_int_equal(hits->len, 0);
        face_image_finish(&image);
    }
    face_cascade_destroy(cascade);
}

static void test_groups(void **state)
{
    static const struct face_cascade_hit given[] = {
        {100, 100, 50, 50}, {500, 20, 30, 30},  {102, 98, 52, 52},  {98, 101, 49, 49},
        {101, 100, 50, 50}, {112, 112, 20, 20}, {112, 113, 20, 20}, {113, 112, 20, 20},
        {501, 21, 30, 30},  {300, 300, 40, 40},
    };
    (void)state;
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(struct face_cascade_hit));
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    g_array_append_vals(hits, given, G_N_ELEMENTS(given));
    face_cascade_group(hits, 1, boxes);
    /* The lonely hit is dropped, and the small group within the strong one. */
    assert_int_equal(boxes->len, 2);
    const struct face_box *box = (const void *)boxes->data;
    assert_true(box[0].x == 100 && box[0].y == 100 && box[0].width == 50);
    assert_true(box[1].width == 30);
    assert_true(box[0].score > box[1].score && box[1].score > 0 && box[0].score < 1);
}

static void test_names_of_kinds(void **state)
{
    enum face_detector_kind kind;
    (void)state;
    for (int i = 0; i < FACE_DETECTOR_KIND_N; i++) {
        assert_true(face_detector_kind_parse(face_detector_kind_name(i), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(face_detector_kind_parse("cnn", &kind));
}

static void test_absent_packages_are_named(void **state)
{
    const struct face_detector_options haar = {.kind = FACE_DETECTOR_HAAR,
                                               .cascade = "/nonexistent/cascade.xml"};
    const struct face_detector_options hog = {.kind = FACE_DETECTOR_HOG,
                                              .landmarks = "/nonexistent/68.dat"};
    g_autoptr(GError) error = NULL;
    (void)state;
    assert_null(face_window_detector_create(&haar, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE));
    assert_non_null(strstr(error->message, "opencv-data"));
    g_clear_error(&error);
    assert_null(face_window_detector_create(&hog, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE));
    assert_non_null(strstr(error->message, "libdlib-"));
}

/* An integer as dlib writes it: how many bytes, then these. */
static void put(GByteArray *file, guint32 number)
{
    const guint8 bytes[] = {4, (guint8)number, (guint8)(number >> 8), (guint8)(number >> 16),
                            (guint8)(number >> 24)};
    g_byte_array_append(file, bytes, sizeof bytes);
}

/* `n` numbers, all zero: a mantissa and an exponent each. */
static void put_zeros(GByteArray *file, int n)
{
    for (int i = 0; i < n * 2; i++) {
        g_byte_array_append(file, (const guint8 *)"\1", 2);
    }
}

static void put_column(GByteArray *file, int rows)
{
    put(file, (guint32)rows);
    put(file, 1);
    put_zeros(file, rows);
}

/* Landmarks by one tree with one question about two pixels, of which one is `pixel` of 1. */
static GByteArray *landmarks_file(guint32 pixel)
{
    GByteArray *file = g_byte_array_new();
    put(file, 1); /* version */
    put_column(file, FACE_LANDMARKS_N * 2);
    for (int i = 0; i < 3; i++) {
        put(file, 1); /* forest, tree, question */
    }
    put(file, 0);
    put(file, pixel);
    put_zeros(file, 1);
    put(file, 2); /* leaves */
    put_column(file, FACE_LANDMARKS_N * 2);
    put_column(file, FACE_LANDMARKS_N * 2);
    for (int i = 0; i < 2; i++) {
        put(file, 1); /* what the pixels lie beside */
    }
    put(file, 0);
    for (int i = 0; i < 2; i++) {
        put(file, 1); /* and where */
    }
    put_zeros(file, 2);
    return file;
}

static void test_landmarks_of_dlib_are_checked(void **state)
{
    (void)state;
    g_autofree char *path = g_strdup_printf("%s/presente-68-%d.dat", g_get_tmp_dir(), getpid());
    const struct face_detector_options options = {.kind = FACE_DETECTOR_HOG, .landmarks = path};
    for (guint32 pixel = 0; pixel < 2; pixel++) {
        g_autoptr(GByteArray) file = landmarks_file(pixel);
        g_autoptr(GError) error = NULL;
        assert_true(g_file_set_contents(path, (const char *)file->data, file->len, NULL));
        struct face_window_detector *detector = face_window_detector_create(&options, &error);
        g_remove(path);
        if (g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE)) {
            g_print("# skipped: %s\n", error->message);
            return;
        }
        assert_int_equal(detector != NULL, pixel == 0);
        assert_true(pixel == 0 || g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
        face_window_detector_destroy(detector);
    }
}

/* A photograph of three people, and the network's view of it. */
struct fixture {
    struct face_image photo;
    struct face_engine *engine;
    struct face_worker *worker;
    GArray *views; /* struct face_view */
};

static int set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    g_autofree char *models = models_folder();
    g_autoptr(GBytes) photo = sample_photo(3);
    const struct face_image_limits limits = {.side_hint = 900};
    GError *error = NULL;
    gsize size = 0;
    *state = fixture;
    if (models == NULL || photo == NULL) {
        return 0;
    }
    const void *data = g_bytes_get_data(photo, &size);
    assert_true(face_image_decode(data, size, &limits, &fixture->photo, &error));
    fixture->engine = face_engine_create(
        &(struct face_engine_options){.models_dir = models, .workers_max = 1}, &error);
    assert_no_error(error);
    fixture->worker = face_engine_acquire(fixture->engine, &error);
    fixture->views = g_array_new(FALSE, FALSE, sizeof(struct face_view));
    return face_worker_find(fixture->worker, &fixture->photo, FACE_DETAIL_640, false,
                            fixture->views, &error)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->engine != NULL) {
        face_image_finish(&fixture->photo);
        face_engine_release(fixture->engine, fixture->worker);
        face_engine_destroy(fixture->engine);
        g_array_unref(fixture->views);
    }
    g_free(fixture);
    return 0;
}

/* Skips where the detector cannot be had. */
static struct face_window_detector *made(const struct fixture *fixture,
                                         const struct face_detector_options *options)
{
    g_autoptr(GError) reason = NULL;
    struct face_window_detector *detector =
        fixture->engine != NULL ? face_window_detector_create(options, &reason) : NULL;
    if (detector == NULL) {
        g_print("# skipped: %s\n", reason != NULL ? reason->message : "no models or photographs");
        skip();
    }
    return detector;
}

static const struct face_view *view_at(const struct fixture *fixture, const struct face_box *box)
{
    for (guint i = 0; i < fixture->views->len; i++) {
        const struct face_view *view = &g_array_index(fixture->views, struct face_view, i);
        if (face_box_overlap(&view->box, box) > 0.5F) {
            return view;
        }
    }
    return NULL;
}

static void finds_the_people(const struct fixture *fixture, enum face_detector_kind kind)
{
    struct face_window_detector *detector =
        made(fixture, &(struct face_detector_options){.kind = kind});
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    GError *error = NULL;
    guint both = 0;
    assert_false(face_window_detector_has_landmarks(detector));
    assert_true(face_window_detector_run(detector, &fixture->photo, true, boxes, &error));
    for (guint i = 0; i < boxes->len; i++) {
        both += view_at(fixture, &g_array_index(boxes, struct face_box, i)) != NULL;
    }
    assert_int_equal(fixture->views->len, 3);
    assert_int_equal(both, 3);
    assert_in_range(boxes->len, 3, 6);
    face_window_detector_destroy(detector);
}

static void test_haar_finds_the_people_of_a_group(void **state)
{
    finds_the_people(*state, FACE_DETECTOR_HAAR);
}

static void test_hog_finds_the_people_of_a_group(void **state)
{
    finds_the_people(*state, FACE_DETECTOR_HOG);
}

static void test_landmarks_of_dlib_lie_on_those_of_the_network(void **state)
{
    const struct fixture *fixture = *state;
    struct face_window_detector *detector =
        made(fixture, &(struct face_detector_options){
                          .kind = FACE_DETECTOR_HOG, .landmarks = FACE_DETECTOR_LANDMARKS_DEFAULT});
    const struct face_view *view = &g_array_index(fixture->views, struct face_view, 0);
    struct face_landmarks landmarks;
    GError *error = NULL;
    assert_true(face_window_detector_has_landmarks(detector));
    assert_true(
        face_window_detector_landmarks(detector, &fixture->photo, &view->box, &landmarks, &error));
    for (int i = 0; i < FACE_LANDMARKS_N; i++) {
        struct face_point own = landmarks.points[i];
        struct face_point other = view->landmarks.points[i];
        assert_true(hypotf(own.x - other.x, own.y - other.y) < view->box.height * 0.15F);
    }
    face_window_detector_destroy(detector);
}

static gpointer run_often(gpointer data)
{
    const struct fixture *fixture = ((gpointer *)data)[0];
    g_autoptr(GArray) boxes = g_array_new(FALSE, FALSE, sizeof(struct face_box));
    for (int i = 0; i < 2; i++) {
        assert_true(
            face_window_detector_run(((gpointer *)data)[1], &fixture->photo, false, boxes, NULL));
    }
    return GUINT_TO_POINTER(boxes->len);
}

static void test_hog_serves_several_threads(void **state)
{
    struct face_window_detector *detector =
        made(*state, &(struct face_detector_options){.kind = FACE_DETECTOR_HOG});
    gpointer data[] = {*state, detector};
    GThread *threads[3];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("detector", run_often, data);
    }
    guint faces = GPOINTER_TO_UINT(g_thread_join(threads[0]));
    assert_true(faces > 0);
    for (size_t i = 1; i < G_N_ELEMENTS(threads); i++) {
        assert_int_equal(GPOINTER_TO_UINT(g_thread_join(threads[i])), faces);
    }
    face_window_detector_destroy(detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_cascade),
        cmocka_unit_test(test_refuses_what_it_cannot_run),
        cmocka_unit_test(test_scans_at_every_size_and_place),
        cmocka_unit_test(test_tiny_and_flat_pictures),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_names_of_kinds),
        cmocka_unit_test(test_absent_packages_are_named),
        cmocka_unit_test(test_landmarks_of_dlib_are_checked),
        cmocka_unit_test(test_haar_finds_the_people_of_a_group),
        cmocka_unit_test(test_hog_finds_the_people_of_a_group),
        cmocka_unit_test(test_landmarks_of_dlib_lie_on_those_of_the_network),
        cmocka_unit_test(test_hog_serves_several_threads),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
