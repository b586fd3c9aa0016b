/* Films that were just made are read back: containers, codecs, limits, what is damaged. */
#include "../unit.h"

#include "../folder.h"
#include "face/image_write.h"
#include "film.h"
#include "video/video.h"

#include <string.h>

#define FPS 10
#define FRAMES 20

static char *folder;

/* One side grows lighter with every frame; the left upper corner is red. */
static void grey_frame(uint8_t *rgb, int number, void *user)
{
    (void)user;
    for (int i = 0; i < FILM_WIDTH * FILM_HEIGHT; i++) {
        bool corner = i % FILM_WIDTH < FILM_WIDTH / 4 && i / FILM_WIDTH < FILM_HEIGHT / 4;
        rgb[i * 3] = corner ? 220 : (uint8_t)(20 + number * 10);
        rgb[i * 3 + 1] = corner ? 20 : (uint8_t)(20 + number * 10);
        rgb[i * 3 + 2] = rgb[i * 3 + 1];
    }
}

static char *film(const char *name, const char *encoder, int turn)
{
    char *path = g_build_filename(folder, name, NULL);

    if (!film_write(path, encoder, FPS, FRAMES, turn, grey_frame, NULL))
        g_clear_pointer(&path, g_free);
    return path;
}

static bool is_red(const struct face_image *image, double x, double y)
{
    const uint8_t *pixel =
        image->rgb + ((size_t)(y * image->height) * image->width + (size_t)(x * image->width)) * 3;
    return pixel[0] > 150 && pixel[1] < 90;
}

/* Reads to the end; checks what every frame must be. */
static int count_frames(struct video *video, gint64 *last)
{
    struct face_image image;
    gint64 time = 0;
    gint64 before = -1;
    int n = 0;
    int brightness = -1;
    g_autoptr(GError) error = NULL;

    while (video_next(video, &image, &time, &error) == VIDEO_FRAME) {
        assert_true(time > before);
        before = time;
        int now = image.rgb[((size_t)image.width * image.height - 1) * 3];
        assert_true(now >= brightness);
        brightness = now;
        n++;
        face_image_finish(&image);
    }
    assert_no_error(error);
    assert_null(image.rgb);
    assert_int_equal(video_next(video, &image, &time, &error), VIDEO_END);
    if (last)
        *last = before;
    return n;
}

static void test_formats(void **state)
{
    static const struct {
        const char *name, *encoder;
    } cases[] = {
        {"a.mp4", "libx264"}, {"b.mp4", "mpeg4"}, {"c.mov", "mjpeg"},   {"d.avi", "mjpeg"},
        {"e.mjpeg", "mjpeg"}, {"f.mkv", "mpeg4"}, {"g.webm", "libvpx"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = film(cases[i].name, cases[i].encoder, 0);
        g_autoptr(GError) error = NULL;
        g_autofree char *data = NULL;
        gsize size = 0;
        gint64 last = 0;
        if (!path) {
            print_message("no encoder %s\n", cases[i].encoder);
            continue;
        }
        assert_true(g_file_get_contents(path, &data, &size, NULL));
        assert_true(video_recognised(data, size));
        g_autoptr(video_source) video = video_open_memory(data, size, NULL, &error);
        assert_no_error(error);
        int n = count_frames(video, &last);
        if (n != FRAMES)
            fail_msg("%s: %d frames", cases[i].name, n);
        /* A row of JPEGs does not say how quickly they follow. */
        if (!g_str_has_suffix(path, "mjpeg"))
            assert_int_equal(last, (FRAMES - 1) * G_USEC_PER_SEC / FPS);
    }
}

/* So large that the library decides what it is before the second one. */
static void test_a_row_of_large_jpegs(void **state)
{
    enum { SIDE = 320, PICTURES = 5 };
    g_autofree uint8_t *pixels = g_malloc((gsize)SIDE * SIDE * 3);
    const struct face_image image = {.width = SIDE, .height = SIDE, .rgb = pixels, .scale = 1};
    g_autoptr(GByteArray) row = g_byte_array_new();
    g_autoptr(GError) error = NULL;
    struct face_image frame;
    gint64 time = 0;
    int n = 0;

    (void)state;
    for (int i = 0; i < SIDE * SIDE * 3; i++)
        pixels[i] = (uint8_t)(((unsigned)i * 7919) >> 3);
    g_autoptr(GBytes) jpeg = face_image_encode_jpeg(&image, 90, &error);
    assert_no_error(error);
    for (int i = 0; i < PICTURES; i++)
        g_byte_array_append(row, g_bytes_get_data(jpeg, NULL), (guint)g_bytes_get_size(jpeg));
    assert_true(video_recognised(row->data, row->len));
    g_autoptr(video_source) video = video_open_memory(row->data, row->len, NULL, &error);
    assert_no_error(error);
    while (video_next(video, &frame, &time, &error) == VIDEO_FRAME) {
        face_image_finish(&frame);
        n++;
    }
    assert_no_error(error);
    assert_int_equal(n, PICTURES);
}

static void test_frames_are_upright_and_reduced(void **state)
{
    static const struct {
        int turn;
        double x, y; /* where the red corner ends up */
    } cases[] = {{0, 0.1, 0.1}, {90, 0.9, 0.1}, {180, 0.9, 0.9}, {270, 0.1, 0.9}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = film("turned.mov", "mjpeg", cases[i].turn);
        g_autoptr(GError) error = NULL;
        struct video_limits limits = {.side_max = 320};
        struct face_image image;
        gint64 time;
        g_autoptr(video_source) video = video_open_file(path, &limits, &error);
        assert_no_error(error);
        assert_int_equal(video_next(video, &image, &time, &error), VIDEO_FRAME);
        bool sideways = cases[i].turn % 180 != 0;
        assert_int_equal(image.width, sideways ? 240 : 320);
        assert_int_equal(image.height, sideways ? 320 : 240);
        for (size_t j = 0; j < G_N_ELEMENTS(cases); j++)
            assert_true(is_red(&image, cases[j].x, cases[j].y) == (i == j));
        face_image_finish(&image);
    }
}

static void test_limits(void **state)
{
    (void)state;
    g_autofree char *path = film("limits.mp4", "mpeg4", 0);
    g_autoptr(GError) error = NULL;

    struct video_limits sampled = {.interval = G_USEC_PER_SEC / 2};
    g_autoptr(video_source) some = video_open_file(path, &sampled, &error);
    assert_int_equal(count_frames(some, NULL), 4);

    struct video_limits few = {.frames_max = 7};
    g_autoptr(video_source) cut = video_open_file(path, &few, &error);
    assert_int_equal(count_frames(cut, NULL), 7);

    struct video_limits brief = {.duration_max = G_USEC_PER_SEC};
    assert_null(video_open_file(path, &brief, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);

    g_autofree char *sized = film("sized.mov", "mjpeg", 0);
    struct video_limits small = {.pixels_max = FILM_WIDTH * FILM_HEIGHT - 1};
    assert_null(video_open_file(sized, &small, &error));
    assert_base_error(error, BASE_ERROR_TOO_LARGE);
    /* Some containers leave it to the first frame to say how large it is. */
    struct face_image image;
    gint64 time;
    g_autoptr(video_source) large = video_open_file(path, &small, &error);
    if (large)
        assert_int_equal(video_next(large, &image, &time, &error), VIDEO_FAILED);
    assert_base_error(error, BASE_ERROR_TOO_LARGE);

    g_autoptr(video_source) ended = video_open_file(path, NULL, &error);
    video_interrupt(ended);
    assert_int_equal(count_frames(ended, NULL), 0);
}

static void test_damaged(void **state)
{
    (void)state;
    g_autofree char *path = film("whole.mkv", "mpeg4", 0);
    g_autofree char *data = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    struct face_image image;
    gint64 time;

    assert_true(g_file_get_contents(path, &data, &size, NULL));
    /* What was lost at the end is lost. */
    g_autoptr(video_source) half = video_open_memory(data, size / 2, NULL, &error);
    assert_no_error(error);
    int n = count_frames(half, NULL);
    assert_in_range(n, 1, FRAMES - 1);

    struct video *head = video_open_memory(data, 200, NULL, &error);
    if (head)
        assert_int_equal(video_next(head, &image, &time, &error), VIDEO_FAILED);
    assert_non_null(error);
    g_clear_error(&error);
    video_destroy(head);

    assert_null(video_open_memory("no film at all", 14, NULL, &error));
    assert_non_null(error);
    g_clear_error(&error);
    assert_null(video_open_memory("", 0, NULL, &error));
    assert_non_null(error);
}

/* What wants more memory than there may be is damaged: trying again later does not help. */
static void test_a_table_that_is_too_long(void **state)
{
    (void)state;
    g_autofree char *path = film("table.mp4", "mpeg4", 0);
    g_autofree char *data = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;

    assert_true(g_file_get_contents(path, &data, &size, NULL));
    char *table = memmem(data, size, "stts", 4);
    assert_non_null(table);
    memcpy(table + 8, "\x7f\xff\xff\xff", 4); /* entries */
    g_autoptr(video_source) video = video_open_memory(data, size, NULL, &error);
    assert_null(video);
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
}

/* Playlists and the like make a player open other files; here they are no films. */
static void test_nothing_else_is_opened(void **state)
{
    (void)state;
    g_autofree char *secret = film("secret.mp4", "mpeg4", 0);
    g_autofree char *list = g_strdup_printf(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://%s\n#EXT-X-ENDLIST\n", secret);
    g_autofree char *concat = g_strdup_printf("ffconcat version 1.0\nfile '%s'\n", secret);
    g_autoptr(GError) error = NULL;

    assert_null(video_open_memory(list, strlen(list), NULL, &error));
    assert_base_error(error, BASE_ERROR_UNSUPPORTED);
    assert_null(video_open_memory(concat, strlen(concat), NULL, &error));
    assert_non_null(error);
}

static void test_addresses(void **state)
{
    static const char *const cases[][2] = {
        {"rtsp://admin:s@cret@cam.local:554/live?token=1", "rtsp://cam.local:554/live"},
        {"http://cam/video.mjpg?user=a&password=b", "http://cam/video.mjpg"},
        {"https://a:b@cam", "https://cam"},
        {"/dev/video0", "/dev/video0"},
    };
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *public = video_address_public(cases[i][0]);
        assert_string_equal(public, cases[i][1]);
        assert_true(video_is_camera(cases[i][0]));
    }
    assert_false(video_is_camera("film.mp4"));
    g_autoptr(GError) error = NULL;
    assert_null(video_open_camera("ftp://a:b@cam/", NULL, NULL, &error));
    assert_null(strstr(error->message, "a:b"));
    assert_base_error(error, BASE_ERROR_INVALID);
    /* Nobody listens on the port of discard. */
    assert_null(video_open_camera("rtsp://name:password@127.0.0.1:9/x", NULL, NULL, &error));
    assert_null(strstr(error->message, "password@"));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
    assert_null(video_open_camera("/dev/video99", NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_UNAVAILABLE);
}

static void test_pictures_are_no_films(void **state)
{
    (void)state;
    g_autofree char *path =
        g_build_filename(g_getenv("PRESENTE_SOURCE_DIR"), "deps", "samples", "sample1.jpg", NULL);
    g_autofree char *data = NULL;
    gsize size = 0;

    assert_false(video_recognised("\0\0\0\x18"
                                  "ftypheic",
                                  12));
    assert_false(video_recognised("\x89PNG\r\n\x1a\n", 8));
    assert_false(video_recognised("", 0));
    if (g_file_get_contents(path, &data, &size, NULL))
        assert_false(video_recognised(data, size));
}

static int set_up(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("presente-video-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    unit_folder_remove(folder);
    g_clear_pointer(&folder, g_free);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_a_row_of_large_jpegs),
        cmocka_unit_test(test_frames_are_upright_and_reduced),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_a_table_that_is_too_long),
        cmocka_unit_test(test_nothing_else_is_opened),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_pictures_are_no_films),
    };
    return cmocka_run_group_tests_name("video", tests, set_up, tear_down);
}
