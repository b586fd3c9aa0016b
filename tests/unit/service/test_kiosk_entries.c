/* What kiosks took while the server was away counts once, at its moment, or is kept out with a
 * reason. */
#include "kiosks.h"

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
    kiosks_enrol(&kiosks, &id);
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
    assert_int_equal(kiosks_marks(&kiosks), 1);
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
    kiosks_forget_marks(&kiosks);
    outcome = kiosks_send(service, &kiosks.device, now - wrong + MINUTE, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    assert_int_equal(kiosks_marks(&kiosks), 0);
    kiosks_entry_clear(&entry);
    gint64 next = 0;
    GError *error = NULL;
    assert_true(service_kiosk_counter(service, &kiosks.device, &next, &error));
    assert_int_equal(next, 8);
}

/* Whoever has a kiosk's cookie guesses no faster with entries than at its screen. */
static void test_entries_are_no_faster_way_to_try_pins(void **state)
{
    struct service *service = kiosks.f->service;
    const base_time now = base_time_now();
    const struct service_device side = kiosks_pair(&kiosks, "Side door", &kiosks.room);
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &side, 1, now, fresh_student("L1", NULL));
    char id[BASE_UUID_TEXT_SIZE];

    (void)state;
    base_uuid_format(&side.id, id);
    base_time_pretend(now);
    while (service_limit(service, AUTH_LIMIT_PIN_DEVICE, id, NULL, NULL)) {
    }
    struct service_kiosk_outcome outcome = kiosks_send(service, &side, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_AGAIN, "unavailable", 0);
    base_time_pretend(now + 2 * MINUTE);
    outcome = kiosks_send(service, &side, now + 2 * MINUTE, &entry);
    base_time_pretend(0);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    kiosks_entry_clear(&entry);
    kiosks_forget_marks(&kiosks);
}

/* A browser was paired in the place of another one, which has come back with its entries. */
static void test_a_counter_that_was_used_is_no_answer(void **state)
{
    struct service *service = kiosks.f->service;
    const base_time now = base_time_now();
    const char *json = fresh_student("U1", NULL);
    struct service_kiosk_entry one = kiosks_entry(&kiosks, &kiosks.device, 600, now, json);

    (void)state;
    struct service_kiosk_outcome outcome = kiosks_send(service, &kiosks.device, now, &one);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    struct service_kiosk_entry other =
        kiosks_entry(&kiosks, &kiosks.device, 600, now - MINUTE, json);
    outcome = kiosks_send(service, &kiosks.device, now, &other);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "counter", 0);
    outcome = kiosks_send(service, &kiosks.device, now, &one);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    kiosks_entry_clear(&one);
    kiosks_entry_clear(&other);
    kiosks_forget_marks(&kiosks);
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
    assert_int_equal(kiosks_marks(&kiosks), 0);
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
    kiosks_forget_marks(&kiosks);
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &kiosks.device, 300, now - 2 * MINUTE, json);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        races[i] = (struct race){i % 2 ? second : kiosks.f->service, &entry, now, &accepted};
        threads[i] = g_thread_new("race", run, &races[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_int_equal(accepted, (int)G_N_ELEMENTS(threads));
    assert_int_equal(kiosks_marks(&kiosks), 1);
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

/* What administrators see of the kiosk's entries that came and are not settled. */
static gint64 waiting(void)
{
    GError *error = NULL;
    g_autoptr(db_device) device =
        service_device_named(kiosks.f->service, &kiosks.f->admin, "Door", &error);

    assert_no_error(error);
    return device->waiting;
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
    kiosks_forget_marks(&kiosks);
    base_uuid_new(&dead.lease_id);
    {
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        assert_true(db_device_entry_take(connection, &dead, now, now + MINUTE, &standing, &error));
    }
    assert_true(base_uuid_equal(&standing.lease_id, &dead.lease_id));
    struct service_kiosk_entry entry = kiosks_entry(&kiosks, &kiosks.device, 400, now, json);
    struct service_kiosk_outcome outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_AGAIN, "busy", 0);
    assert_int_equal(waiting(), 1);
    set_lease(400, now - MINUTE);
    outcome = kiosks_send(service, &kiosks.device, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_ACCEPTED, "", 1);
    assert_int_equal(waiting(), 0);
    /* It was not dead, only slow: what it writes now is nothing. */
    bool settled = true;
    dead.state = DB_DEVICE_ENTRY_REFUSED;
    {
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        assert_true(db_device_entry_settle(connection, &dead, &settled, &error));
    }
    assert_false(settled);
    kiosks_entry_clear(&entry);
    assert_int_equal(kiosks_marks(&kiosks), 1);
}

static void test_a_session_that_was_closed_meanwhile_takes_late_entries(void **state)
{
    struct service *service = kiosks.f->service;
    const char *json = fresh_student("C1", NULL);
    const base_time now = base_time_now();
    GError *error = NULL;

    (void)state;
    kiosks_forget_marks(&kiosks);
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
    kiosks_forget_marks(&kiosks);
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
    kiosks_forget_marks(&kiosks);
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
    assert_int_equal(kiosks_marks(&kiosks), 1);
    struct service_kiosk_entry entry =
        kiosks_entry(&kiosks, &door, 50, now, "{\"kind\": \"faces\", \"images\": [\"AAAA\"]}");
    struct service_kiosk_outcome outcome = kiosks_send(kiosks.f->service, &door, now, &entry);
    assert_outcome(&outcome, SERVICE_KIOSK_REFUSED, "picture", 0);
    kiosks_entry_clear(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_counts_once_at_its_moment),
        cmocka_unit_test(test_entries_are_no_faster_way_to_try_pins),
        cmocka_unit_test(test_a_counter_that_was_used_is_no_answer),
        cmocka_unit_test(test_what_cannot_be_used_is_kept_out_with_its_reason),
        cmocka_unit_test(test_two_nodes_and_many_retries_leave_one_mark),
        cmocka_unit_test(test_an_entry_of_a_node_that_died_is_taken_over),
        cmocka_unit_test(test_a_session_that_was_closed_meanwhile_takes_late_entries),
        cmocka_unit_test(test_frames_that_were_taken_offline),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
