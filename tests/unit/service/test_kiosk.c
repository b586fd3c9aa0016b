/* Kiosks mark: by PIN, by several faces at once, and what they took while the server was away. */
#include "kiosks.h"

#include "db/query/enrolment.h"
#include "face/image_write.h"
#include "service/closing.h"

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

static gint64 marks(void)
{
    return fixture_count(kiosks.f, "SELECT COUNT(*) FROM attendance");
}

static void forget_marks(void)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);

    assert_true(db_execute(connection, NULL, &error, "DELETE FROM attendance_changes"));
    assert_true(db_execute(connection, NULL, &error, "DELETE FROM attendance"));
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
    assert_int_equal(marks(), 0);
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
    forget_marks();
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
    assert_int_equal(marks(), 0);
}

/* ---- entries ---- */

/* For each test a person whose attempts are not used up. */
static const char *fresh_student(const char *number, struct base_uuid *made)
{
    static char json[160];
    GError *error = NULL;
    g_autofree char *email = g_strdup_printf("%s@uni.edu", number);
    const struct base_uuid id = fixture_user(kiosks.f, number, email, CORE_ROLE_STUDENT, NULL);
    const struct service_user_input input = {.fields = SERVICE_USER_NUMBER,
                                             .student_number = number};
    const struct service_identity who = fixture_identity(kiosks.f, &id);
    g_autoptr(core_user) user =
        service_user_update(kiosks.f->service, &kiosks.f->admin, &id, &input, &error);

    assert_no_error(error);
    kiosks_pin(&kiosks, &who, PIN);
    if (made)
        *made = id;
    g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
    struct core_enrolment enrolment = {
        .user_id = id, .course_id = kiosks.course, .first_day = (char *)"2020-01-01"};
    base_uuid_new(&enrolment.id);
    assert_true(db_enrolment_insert(connection, &enrolment, &error));
    g_snprintf(json, sizeof json,
               "{\"kind\": \"pin\", \"student_number\": \"%s\", \"pin\": \"" PIN "\"}", number);
    return json;
}

static void assert_outcome(const struct service_kiosk_outcome *outcome,
                           enum service_kiosk_verdict verdict, const char *reason, gint64 marked)
{
    if (outcome->verdict != verdict || strcmp(outcome->reason, reason) != 0)
        fail_msg("unexpected outcome: %s %s", service_kiosk_verdict_name(outcome->verdict),
                 outcome->reason);
    assert_int_equal(outcome->marked, marked);
}

static void test_an_entry_counts_once_at_its_moment(void **state)
{
    struct service *service = kiosks.f->service;
    const char *json = fresh_student("E1", NULL);
    /* The clock of the kiosk is a year wrong, which does not matter. */
    const base_time wrong = 8760 * HOUR, now = base_time_now();

    (void)state;
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &kiosks.device, 7, now - wrong - 4 * MINUTE, json);
    struct service_kiosk_outcome outcome =
        kiosks_send(service, &kiosks.device, now - wrong, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    assert_int_equal(marks(), 1);
    {
        GError *error = NULL;
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        g_autoptr(db_rows) rows = db_query(
            connection, &error, "SELECT a.marked_at, a.captured_at, a.method FROM attendance a");
        assert_true(db_rows_next(rows, &error));
        assert_true(ABS(db_rows_time(rows, 0) - (now - 4 * MINUTE)) < MINUTE);
        assert_true(db_rows_time(rows, 1) == now - wrong - 4 * MINUTE);
        assert_string_equal(db_rows_text(rows, 2), "code");
    }
    /* Sent again, and with another moment of sending: the same answer, and nothing else. */
    forget_marks();
    outcome = kiosks_send(service, &kiosks.device, now - wrong + MINUTE, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    assert_int_equal(marks(), 0);
    kiosks_entry_clear(&entry);
    gint64 next = 0;
    GError *error = NULL;
    assert_true(service_kiosk_counter(service, &kiosks.device, &next, &error));
    assert_int_equal(next, 8);
}

static void test_what_cannot_be_used_is_kept_out_with_its_reason(void **state)
{
    struct service *service = kiosks.f->service;
    const base_time now = base_time_now();
    const struct service_device other = kiosks_pair(&kiosks, "Other door", &kiosks.room);
    g_autofree char *json = g_strdup(fresh_student("R1", NULL));
    struct {
        const char *json, *reason;
        base_time captured, sent;
    } cases[] = {
        {json, "clock", now + MINUTE, now},
        {json, "clock", now - 25 * HOUR, now},
        {json, "closed", now - 3 * HOUR, now},
        {"{\"kind\": \"pin\", \"student_number\": \"R1\", \"pin\": \"000000\"}", "pin", now, now},
        {"{\"kind\": \"pin\", \"student_number\": \"Z8\", \"pin\": \"000000\"}", "pin", now, now},
        {"{\"kind\": \"pin\", \"pin\": \"000000\"}", "malformed", now, now},
        {"{\"kind\": \"faces\", \"images\": []}", "malformed", now, now},
        {"[1]", "malformed", now, now},
        {"", "malformed", now, now},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct service_kiosk_entry entry = kiosks_entry(&kiosks, &kiosks.device, 100 + (gint64)i,
                                                        cases[i].captured, cases[i].json);
        struct service_kiosk_outcome outcome =
            kiosks_send(service, &kiosks.device, cases[i].sent, &entry);
        assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, cases[i].reason, 0);
        kiosks_entry_clear(&entry);
    }
    /* Moved to another kiosk, counter or moment, changed, or not sealed at all. */
    struct service_kiosk_entry entry = kiosks_entry(&kiosks, &kiosks.device, 200, now, json);
    struct service_kiosk_outcome outcome = kiosks_send(service, &other, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "unreadable", 0);
    entry.counter = 201;
    outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "unreadable", 0);
    entry.counter = 202;
    entry.sealed_n = 3;
    outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "unreadable", 0);
    kiosks_entry_clear(&entry);
    entry = kiosks_entry(&kiosks, &kiosks.device, 203, now - MINUTE, json);
    entry.captured_at = now;
    g_free((char *)entry.captured_text);
    entry.captured_text = g_strdup("2026-01-01T00:00:00Z");
    outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "unreadable", 0);
    kiosks_entry_clear(&entry);
    assert_int_equal(marks(), 0);
    assert_int_equal(
        fixture_count(kiosks.f,
                      "SELECT COUNT(*) FROM audit_log WHERE action = 'kiosk.entry_refused'"),
        (gint64)G_N_ELEMENTS(cases) + 4);
}

struct race {
    struct service *service;
    const struct service_kiosk_entry *entry;
    base_time sent_at;
    gint *accepted;
};

/* As a kiosk does: until the answer is final. */
static gpointer run(gpointer data)
{
    const struct race *race = data;
    struct service_kiosk_outcome outcome;

    do {
        outcome = kiosks_send(race->service, &kiosks.device, race->sent_at, race->entry);
    } while (outcome.verdict == SERVICE_KIOSK_AGAIN);
    if (outcome.verdict == SERVICE_KIOSK_ACCEPTED && outcome.marked == 1)
        g_atomic_int_inc(race->accepted);
    return NULL;
}

static void test_two_nodes_and_many_retries_leave_one_mark(void **state)
{
    struct recogniser *recogniser;
    struct service *second = fixture_second(kiosks.f, NULL, &recogniser);
    const char *json = fresh_student("N1", NULL);
    const base_time now = base_time_now();
    GThread *threads[6];
    struct race races[6];
    gint accepted = 0;

    (void)state;
    forget_marks();
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &kiosks.device, 300, now - 2 * MINUTE, json);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        races[i] = (struct race){i % 2 ? second : kiosks.f->service, &entry, now, &accepted};
        threads[i] = g_thread_new("race", run, &races[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_int_equal(accepted, (int)G_N_ELEMENTS(threads));
    assert_int_equal(marks(), 1);
    assert_int_equal(fixture_count(kiosks.f, "SELECT COUNT(*) FROM audit_log "
                                             "WHERE action = 'attendance.mark' "
                                             "AND details LIKE '%device%'"),
                     fixture_count(kiosks.f, "SELECT COUNT(*) FROM audit_log "
                                             "WHERE action = 'attendance.mark'"));
    kiosks_entry_clear(&entry);
    service_destroy(second);
    recogniser_destroy(recogniser);
}

static void set_lease(gint64 counter, base_time until)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);

    assert_true(db_execute(connection, NULL, &error,
                           "UPDATE device_entries SET lease_until = ? WHERE counter = ?",
                           db_time(until), db_int(counter)));
}

static void test_an_entry_of_a_node_that_died_is_taken_over(void **state)
{
    struct service *service = kiosks.f->service;
    const char *json = fresh_student("D1", NULL);
    const base_time now = base_time_now();
    GError *error = NULL;
    struct db_device_entry standing;
    struct db_device_entry dead = {
        .device_id = kiosks.device.id, .counter = 400, .captured_at = now};

    (void)state;
    forget_marks();
    base_uuid_new(&dead.lease_id);
    {
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        assert_true(db_device_entry_take(connection, &dead, now, now + MINUTE, &standing, &error));
    }
    assert_true(base_uuid_equal(&standing.lease_id, &dead.lease_id));
    struct service_kiosk_entry entry = kiosks_entry(&kiosks, &kiosks.device, 400, now, json);
    struct service_kiosk_outcome outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_AGAIN, "busy", 0);
    set_lease(400, now - MINUTE);
    outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    /* It was not dead, only slow: what it writes now is nothing. */
    bool settled = true;
    dead.state = DB_DEVICE_ENTRY_REFUSED;
    {
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        assert_true(db_device_entry_settle(connection, &dead, &settled, &error));
    }
    assert_false(settled);
    kiosks_entry_clear(&entry);
    assert_int_equal(marks(), 1);
}

static void test_a_session_that_was_closed_meanwhile_takes_late_entries(void **state)
{
    struct service *service = kiosks.f->service;
    const char *json = fresh_student("C1", NULL);
    const base_time now = base_time_now();
    GError *error = NULL;

    (void)state;
    forget_marks();
    const struct base_uuid over =
        kiosks_session(&kiosks, &kiosks.room, now - 5 * HOUR, now - 4 * HOUR);
    struct service_closed closed;
    assert_true(service_closing_run(service, &closed, &error));
    assert_no_error(error);
    const gint64 automatic =
        fixture_count(kiosks.f, "SELECT COUNT(*) FROM attendance WHERE method = 'automatic'");
    assert_true(automatic > 0);
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &kiosks.device, 500, now - 5 * HOUR + MINUTE, json);
    struct service_kiosk_outcome outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    assert_int_equal(fixture_count(kiosks.f, "SELECT COUNT(*) FROM attendance "
                                             "WHERE method = 'automatic'"),
                     automatic - 1);
    assert_int_equal(fixture_count(kiosks.f, "SELECT COUNT(*) FROM attendance "
                                             "WHERE method = 'code' AND status = 'present'"),
                     1);
    assert_false(base_uuid_is_nil(&over));
    kiosks_entry_clear(&entry);
    forget_marks();
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
    assert_int_equal(marks(), 1);

    /* The next frame greets and marks nobody twice. */
    look(&kiosks.device, both, 1, &seen);
    assert_true(face_at(&seen, 0)->already);
    assert_null(face_at(&seen, 0)->token);
    service_kiosk_marks_clear(&seen);
    assert_int_equal(marks(), 1);

    /* Somebody says that it was not Ana: a teacher is asked the next time. */
    GError *error = NULL;
    assert_true(service_mark_refuse(kiosks.f->service, token, &error));
    look(&kiosks.device, both, 1, &seen);
    assert_int_equal(face_at(&seen, 0)->kind, RECOGNISE_NEEDS_REVIEW);
    assert_null(face_at(&seen, 0)->name);
    service_kiosk_marks_clear(&seen);
    assert_int_equal(marks(), 0);
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
    forget_marks();
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

static void test_frames_that_were_taken_offline(void **state)
{
    const base_time now = base_time_now();
    const struct service_device door = kiosks_pair(&kiosks, "Back door", &kiosks.room);

    (void)state;
    if (!fixture_has_faces(kiosks.f))
        skip();
    struct base_uuid cam_id;
    (void)fresh_student("F1", &cam_id);
    fixture_enrol(kiosks.f, &cam_id, 2);
    forget_marks();
    const struct recognise_picture cam = sample_photo(2, 3), ben = sample_photo(1, 3);
    const struct recognise_picture wall = sample_wall();
    const struct {
        const struct recognise_picture *picture;
        enum service_kiosk_verdict verdict;
        const char *reason;
        gint64 marked;
    } cases[] = {
        {&cam, SERVICE_KIOSK_ACCEPTED, "", 1},
        {&cam, SERVICE_KIOSK_ACCEPTED, "", 1}, /* another entry of the same person */
        {&ben, SERVICE_KIOSK_REFUSED, "nobody", 0},
        {&wall, SERVICE_KIOSK_REFUSED, "nobody", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_base64_encode(cases[i].picture->data, cases[i].picture->size);
        g_autofree char *json =
            g_strdup_printf("{\"kind\": \"faces\", \"images\": [\"%s\"]}", text);
        struct service_kiosk_entry entry =
            kiosks_entry(&kiosks, &door, 1 + (gint64)i, now - 2 * MINUTE, json);
        struct service_kiosk_outcome outcome = kiosks_send(kiosks.f->service, &door, now, &entry);
        assert_outcome(&outcome, cases[i].verdict, cases[i].reason, cases[i].marked);
        kiosks_entry_clear(&entry);
    }
    assert_int_equal(marks(), 1);
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &door, 50, now, "{\"kind\": \"faces\", \"images\": [\"AAAA\"]}");
    struct service_kiosk_outcome outcome = kiosks_send(kiosks.f->service, &door, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "picture", 0);
    kiosks_entry_clear(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pin_marks_its_owner_in_the_session_of_the_room),
        cmocka_unit_test(test_pins_are_not_guessed_however_one_is_named),
        cmocka_unit_test(test_an_entry_counts_once_at_its_moment),
        cmocka_unit_test(test_what_cannot_be_used_is_kept_out_with_its_reason),
        cmocka_unit_test(test_two_nodes_and_many_retries_leave_one_mark),
        cmocka_unit_test(test_an_entry_of_a_node_that_died_is_taken_over),
        cmocka_unit_test(test_a_session_that_was_closed_meanwhile_takes_late_entries),
        cmocka_unit_test(test_everybody_of_the_session_is_marked_and_nobody_else_named),
        cmocka_unit_test(test_a_kiosk_of_no_room_marks_by_the_usual_choice),
        cmocka_unit_test(test_frames_that_make_no_sense_are_refused),
        cmocka_unit_test(test_frames_that_were_taken_offline),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
