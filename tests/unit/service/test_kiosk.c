/* Kiosks mark: by PIN, and several faces at once. */
#include "kiosks.h"

#include "face/image_write.h"

#include <string.h>

#define PIN "483920"

static struct kiosks kiosks;

static int setup(void **state)
{
    kiosks_open(&kiosks, true);
    *state = &kiosks;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kiosks_close(&kiosks);
    return 0;
}

/* ---- PINs ---- */

static bool type(const struct service_device *device, const char *number, const char *email,
                 const char *pin, struct service_kiosk_face *face)
{
    GError *error = NULL;
    const struct service_kiosk_pin typed = {number, email, pin};

    service_kiosk_mark_by_pin(kiosks.f->service, device, &typed, face, NULL, &error);
    assert_no_error(error);
    return face->mark != NULL;
}

static void test_a_pin_marks_its_owner_in_the_session_of_the_room(void **state)
{
    struct service_kiosk_face face;
    GError *error = NULL;

    (void)state;
    kiosks_pin(&kiosks, &kiosks.as_ana, PIN);
    kiosks_pin(&kiosks, &kiosks.as_ben, "937264");
    assert_true(type(&kiosks.device, "A1", NULL, PIN, &face));
    assert_string_equal(face.name, "Ana");
    assert_int_equal(face.mark->method, CORE_METHOD_CODE);
    assert_true(base_uuid_equal(&face.mark->session_id, &kiosks.session));
    assert_false(face.already);
    g_autofree char *token = g_strdup(face.token);
    service_kiosk_face_clear(&face);
    assert_true(type(&kiosks.device, NULL, " Ana@UNI.edu ", PIN, &face));
    assert_true(face.already);
    assert_null(face.token);
    service_kiosk_face_clear(&face);
    /* The wrong person: the mark is gone, once. */
    assert_true(service_mark_refuse(kiosks.f->service, token, &error));
    assert_int_equal(kiosks_marks(&kiosks), 0);
    assert_false(service_mark_refuse(kiosks.f->service, token, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    /* Ben's PIN is right, but he is not on the roster here. */
    assert_false(type(&kiosks.device, "B1", NULL, "937264", &face));
    assert_int_equal(face.kind, RECOGNISE_UNKNOWN);
    /* Where no session is, nobody learns whether a PIN is right. */
    const struct service_kiosk_pin typed = {"A1", NULL, PIN};
    struct service_device empty = kiosks.device;
    base_uuid_new(&empty.room_id);
    assert_false(service_kiosk_mark_by_pin(kiosks.f->service, &empty, &typed, &face, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    /* A kiosk of no room marks by the usual choice. */
    const struct service_device anywhere = {.id = kiosks.device.id,
                                            .institution_id = kiosks.device.institution_id};
    assert_true(type(&anywhere, "B1", NULL, "937264", &face));
    assert_true(g_str_has_prefix(face.mark->occasion, "day:"));
    service_kiosk_face_clear(&face);
    kiosks_forget_marks(&kiosks);
}

static void test_pins_are_not_guessed_however_one_is_named(void **state)
{
    static const struct service_kiosk_pin TRIES[] = {
        {"A1", NULL, "000000"}, {NULL, "ana@uni.edu", "000001"}, {"A1", NULL, "000002"},
        {"A1", NULL, "000003"}, {NULL, "ana@uni.edu", "000004"},
    };
    struct service_kiosk_face face;
    GError *error = NULL;
    int wait = 0;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(TRIES); i++)
        assert_false(
            type(&kiosks.device, TRIES[i].student_number, TRIES[i].email, TRIES[i].pin, &face));
    const struct service_kiosk_pin right = {"A1", NULL, PIN};
    assert_false(
        service_kiosk_mark_by_pin(kiosks.f->service, &kiosks.device, &right, &face, &wait, &error));
    assert_base_error(error, BASE_ERROR_RATE_LIMITED);
    assert_true(wait > 0);
    /* Nor does a number that nobody has answer differently, then or before. */
    const struct service_kiosk_pin nobody = {"Z9", NULL, PIN};
    for (int i = 0; i < 5; i++)
        assert_false(type(&kiosks.device, "Z9", NULL, PIN, &face));
    assert_false(service_kiosk_mark_by_pin(kiosks.f->service, &kiosks.device, &nobody, &face, &wait,
                                           &error));
    assert_base_error(error, BASE_ERROR_RATE_LIMITED);
    assert_int_equal(kiosks_marks(&kiosks), 0);
}

/* ---- faces ---- */

/* Two people side by side, as they stand before a kiosk. */
static GBytes *side_by_side(const struct recognise_picture *left,
                            const struct recognise_picture *right)
{
    const struct recognise_picture *pictures[2] = {left, right};
    struct face_image images[2], both;
    GError *error = NULL;

    for (int i = 0; i < 2; i++)
        assert_true(
            face_image_decode(pictures[i]->data, pictures[i]->size, NULL, &images[i], &error));
    face_image_init(&both, images[0].width + images[1].width,
                    MAX(images[0].height, images[1].height));
    memset(both.rgb, 128, (size_t)both.width * (size_t)both.height * 3);
    for (int i = 0, x = 0; i < 2; x += images[i++].width)
        for (int y = 0; y < images[i].height; y++)
            memcpy(both.rgb + ((size_t)y * (size_t)both.width + (size_t)x) * 3,
                   images[i].rgb + (size_t)y * (size_t)images[i].width * 3,
                   (size_t)images[i].width * 3);
    GBytes *jpeg = face_image_encode_jpeg(&both, 92, &error);
    assert_no_error(error);
    face_image_finish(&images[0]);
    face_image_finish(&images[1]);
    face_image_finish(&both);
    return jpeg;
}

static void look(const struct service_device *device, GBytes *frame, size_t frames_n,
                 struct service_kiosk_marks *seen)
{
    struct recognise_picture frames[3];
    GError *error = NULL;

    for (size_t i = 0; i < frames_n; i++)
        frames[i].data = g_bytes_get_data(frame, &frames[i].size);
    service_kiosk_mark(kiosks.f->service, device, frames, frames_n, seen, &error);
    assert_no_error(error);
}

static const struct service_kiosk_face *face_at(const struct service_kiosk_marks *seen, guint i)
{
    return &g_array_index(seen->faces, struct service_kiosk_face, i);
}

static void test_everybody_of_the_session_is_marked_and_nobody_else_named(void **state)
{
    struct service_kiosk_marks seen;

    (void)state;
    if (!fixture_has_faces(kiosks.f))
        skip();
    fixture_enrol(kiosks.f, &kiosks.ana, 0);
    fixture_enrol(kiosks.f, &kiosks.ben, 1);
    const struct recognise_picture ana = sample_photo(0, 3), ben = sample_photo(1, 3);
    g_autoptr(GBytes) both = side_by_side(&ana, &ben);
    look(&kiosks.device, both, 3, &seen);
    assert_true(seen.open);
    assert_true(base_uuid_equal(&seen.session.session->id, &kiosks.session));
    assert_int_equal(seen.faces->len, 2);
    assert_int_equal(face_at(&seen, 0)->kind, RECOGNISE_MATCH);
    assert_string_equal(face_at(&seen, 0)->name, "Ana");
    assert_int_equal(face_at(&seen, 0)->mark->method, CORE_METHOD_FACE);
    assert_true(face_at(&seen, 0)->box.x < face_at(&seen, 1)->box.x);
    /* Ben is enrolled, but not on this roster. */
    assert_int_equal(face_at(&seen, 1)->kind, RECOGNISE_UNKNOWN);
    assert_null(face_at(&seen, 1)->name);
    assert_null(face_at(&seen, 1)->mark);
    g_autofree char *token = g_strdup(face_at(&seen, 0)->token);
    service_kiosk_marks_clear(&seen);
    assert_int_equal(kiosks_marks(&kiosks), 1);

    /* The next frame greets and marks nobody twice. */
    look(&kiosks.device, both, 1, &seen);
    assert_true(face_at(&seen, 0)->already);
    assert_null(face_at(&seen, 0)->token);
    service_kiosk_marks_clear(&seen);
    assert_int_equal(kiosks_marks(&kiosks), 1);

    /* Somebody says that it was not Ana: a teacher is asked the next time. */
    GError *error = NULL;
    assert_true(service_mark_refuse(kiosks.f->service, token, &error));
    look(&kiosks.device, both, 1, &seen);
    assert_int_equal(face_at(&seen, 0)->kind, RECOGNISE_NEEDS_REVIEW);
    assert_null(face_at(&seen, 0)->name);
    service_kiosk_marks_clear(&seen);
    assert_int_equal(kiosks_marks(&kiosks), 0);
    assert_int_equal(fixture_count(kiosks.f, "SELECT COUNT(*) FROM reviews"), 1);
}

static void test_a_kiosk_of_no_room_marks_by_the_usual_choice(void **state)
{
    const struct service_device anywhere = kiosks_pair(&kiosks, "Entrance", NULL);
    const struct recognise_picture ben = sample_photo(1, 3);
    struct service_kiosk_marks seen;

    (void)state;
    if (!fixture_has_faces(kiosks.f))
        skip();
    g_autoptr(GBytes) frame = g_bytes_new_static(ben.data, ben.size);
    look(&anywhere, frame, 2, &seen);
    assert_int_equal(seen.faces->len, 1);
    assert_string_equal(face_at(&seen, 0)->name, "Ben");
    assert_true(g_str_has_prefix(face_at(&seen, 0)->mark->occasion, "day:"));
    service_kiosk_marks_clear(&seen);
    kiosks_forget_marks(&kiosks);
}

static void test_frames_that_make_no_sense_are_refused(void **state)
{
    const struct recognise_picture one = sample_photo(0, 3), other = sample_photo(1, 3);
    const struct recognise_picture frames[4] = {one, other, one, one};
    struct service_kiosk_marks seen;
    GError *error = NULL;

    (void)state;
    if (!fixture_has_faces(kiosks.f))
        skip();
    for (size_t n = 0; n <= 4; n += 2) {
        assert_false(
            service_kiosk_mark(kiosks.f->service, &kiosks.device, frames, n, &seen, &error));
        assert_string_equal(service_error_field(error), "image");
        assert_base_error(error, BASE_ERROR_INVALID);
    }
    struct service_device empty = kiosks.device;
    base_uuid_new(&empty.room_id);
    assert_true(service_kiosk_mark(kiosks.f->service, &empty, frames, 1, &seen, &error));
    assert_false(seen.open);
    assert_int_equal(seen.faces->len, 0);
    assert_true(seen.width > 0);
    service_kiosk_marks_clear(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pin_marks_its_owner_in_the_session_of_the_room),
        cmocka_unit_test(test_pins_are_not_guessed_however_one_is_named),
        cmocka_unit_test(test_everybody_of_the_session_is_marked_and_nobody_else_named),
        cmocka_unit_test(test_a_kiosk_of_no_room_marks_by_the_usual_choice),
        cmocka_unit_test(test_frames_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
