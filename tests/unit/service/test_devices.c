/* Kiosks are paired once, with a code that few tries void, and lose their access at once. */
#include "kiosks.h"

#include "db/query/pin.h"
#include "service/codes.h"

#include <string.h>

static struct kiosks kiosks;

static int setup(void **state)
{
    kiosks_open(&kiosks, false);
    *state = &kiosks;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kiosks_close(&kiosks);
    return 0;
}

static struct db_device *create(const char *name, struct service_device_code *code)
{
    GError *error = NULL;
    const struct service_device_input input = {.name = name};
    struct db_device *device =
        service_device_create(kiosks.f->service, &kiosks.f->admin, &input, code, &error);

    assert_no_error(error);
    return device;
}

static bool pairs(const char *code, char token[AUTH_CODE_TOKEN_SIZE])
{
    g_autoptr(GError) error = NULL;
    struct service_device device;
    const bool ok = service_device_pair(kiosks.f->service, code, &device, token, &error);

    assert_true(ok || g_error_matches(error, BASE_ERROR, BASE_ERROR_NOT_FOUND));
    return ok;
}

static bool is_known(const char *token)
{
    g_autoptr(GError) error = NULL;
    struct service_device device;
    const bool ok = service_device_authenticate(kiosks.f->service, token, &device, &error);

    assert_true(ok || g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAUTHENTICATED));
    return ok;
}

static void test_a_code_pairs_once_and_deleting_revokes_at_once(void **state)
{
    struct service_device_code code, other;
    char token[AUTH_CODE_TOKEN_SIZE], second[AUTH_CODE_TOKEN_SIZE];
    GError *error = NULL;

    (void)state;
    g_autoptr(db_device) device = create("Once", &code);
    assert_true(code.expires_at > base_time_now() + 9 * MINUTE);
    assert_true(pairs(code.text, token));
    assert_false(pairs(code.text, second));
    assert_true(is_known(token));
    /* A new code leaves the browser that is paired alone until it is used. */
    g_autoptr(db_device) again =
        service_device_code(kiosks.f->service, &kiosks.f->admin, &device->id, &other, &error);
    assert_no_error(error);
    assert_true(is_known(token));
    assert_true(pairs(other.text, second));
    assert_false(is_known(token));
    assert_true(is_known(second));
    /* Neither code nor token is stored. */
    g_autofree char *bare = g_strdup_printf("%.4s%.4s", other.text, other.text + 5);
    assert_int_equal(
        fixture_count(kiosks.f, "SELECT COUNT(*) FROM devices WHERE code_hash IS NOT NULL"), 0);
    assert_false(is_known(bare));
    assert_true(service_device_delete(kiosks.f->service, &kiosks.f->admin, &device->id, &error));
    assert_false(is_known(second));
    assert_int_equal(
        fixture_count(kiosks.f, "SELECT COUNT(*) FROM audit_log WHERE action LIKE 'device.%'"),
        2 + 5);
}

static void test_few_tries_void_a_code(void **state)
{
    struct service_device_code code;
    char token[AUTH_CODE_TOKEN_SIZE];

    (void)state;
    g_autoptr(db_device) device = create("Tries", &code);
    g_autofree char *wrong = g_strdup(code.text);
    wrong[8] = wrong[8] == 'A' ? 'C' : 'A';
    for (int i = 0; i < SERVICE_DEVICE_CODE_TRIES; i++)
        assert_false(pairs(wrong, token));
    assert_false(pairs(code.text, token));
    /* Tries at other names do not count for it. */
    struct service_device_code fresh;
    g_autoptr(db_device) other = create("Tries elsewhere", &fresh);
    g_autofree char *elsewhere = g_strdup(fresh.text);
    elsewhere[0] = elsewhere[0] == 'A' ? 'C' : 'A';
    for (int i = 0; i < SERVICE_DEVICE_CODE_TRIES; i++)
        assert_false(pairs(elsewhere, token));
    assert_true(pairs(fresh.text, token));
}

static void test_a_code_ends(void **state)
{
    struct service_device_code code;
    char token[AUTH_CODE_TOKEN_SIZE];
    GError *error = NULL;

    (void)state;
    g_autoptr(db_device) device = create("Late", &code);
    {
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        assert_true(db_execute(connection, NULL, &error,
                               "UPDATE devices SET code_expires_at = ? WHERE id = ?",
                               db_time(base_time_now() - BASE_TIME_SECOND), db_uuid(&device->id)));
    }
    assert_false(pairs(code.text, token));
}

struct race {
    const char *code;
    gint winners;
};

static gpointer run(gpointer data)
{
    struct race *race = data;
    char token[AUTH_CODE_TOKEN_SIZE];

    if (pairs(race->code, token))
        g_atomic_int_inc(&race->winners);
    return NULL;
}

static void test_of_many_browsers_one_is_paired(void **state)
{
    struct service_device_code code;
    GThread *threads[4];

    (void)state;
    g_autoptr(db_device) device = create("Race", &code);
    struct race race = {code.text, 0};
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("race", run, &race);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_int_equal(race.winners, 1);
}

static void test_what_a_kiosk_may_be(void **state)
{
    struct service *service = kiosks.f->service;
    struct service_device_code code;
    struct base_uuid nothing;
    GError *error = NULL;
    struct service_device_input input = {.name = "door", .room_id = &kiosks.room};

    (void)state;
    assert_null(service_device_create(service, &kiosks.f->admin, &input, &code, &error));
    assert_string_equal(service_error_field(error), "name");
    assert_base_error(error, BASE_ERROR_CONFLICT);
    input = (struct service_device_input){"Both", &kiosks.room, &kiosks.course};
    assert_null(service_device_create(service, &kiosks.f->admin, &input, &code, &error));
    assert_string_equal(service_error_field(error), "course_id");
    assert_base_error(error, BASE_ERROR_INVALID);
    base_uuid_new(&nothing);
    input = (struct service_device_input){"No room", &nothing, NULL};
    assert_null(service_device_create(service, &kiosks.f->admin, &input, &code, &error));
    assert_string_equal(service_error_field(error), "room_id");
    assert_base_error(error, BASE_ERROR_INVALID);
    input = (struct service_device_input){"Mine", NULL, NULL};
    assert_null(service_device_create(service, &kiosks.as_ana, &input, &code, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
    assert_null(service_device_list(service, &kiosks.as_ana, NULL, NULL, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
}

static void test_a_kiosk_has_the_sessions_of_its_room(void **state)
{
    struct service *service = kiosks.f->service;
    const base_time now = base_time_now();
    GError *error = NULL;
    struct service_kiosk_state seen;

    (void)state;
    const struct base_uuid elsewhere =
        kiosks_session(&kiosks, NULL, now - MINUTE, now + 50 * MINUTE);
    const struct base_uuid later =
        kiosks_session(&kiosks, &kiosks.room, now + 3 * HOUR, now + 4 * HOUR);
    assert_true(service_device_allow_session(service, &kiosks.device, &kiosks.session, &error));
    assert_false(service_device_allow_session(service, &kiosks.device, &elsewhere, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_true(service_kiosk_state(service, &kiosks.device, &seen, &error));
    assert_true(base_uuid_equal(&seen.now.session->id, &kiosks.session));
    assert_true(base_uuid_equal(&seen.next.session->id, &later));
    assert_true(seen.next.opens_at == seen.next.session->starts_at - 15 * MINUTE);
    assert_int_equal(seen.next_counter, 1);
    service_kiosk_state_clear(&seen);
    assert_true(service_device_seen(service, &kiosks.device, &error));
}

/* ---- codes of sessions ---- */

static void test_the_code_of_a_session_marks_who_is_on_its_roster(void **state)
{
    struct service *service = kiosks.f->service;
    const struct base_uuid none = {0};
    struct service_session_code code;
    struct service_code_mark mark;
    GError *error = NULL;

    (void)state;
    assert_false(service_code_show(service, &kiosks.as_ana, NULL, &kiosks.session, &code, &error));
    g_clear_error(&error);
    assert_true(service_code_show(service, NULL, &kiosks.device, &kiosks.session, &code, &error));
    assert_true(code.changes_at > code.now);
    assert_false(service_code_use(service, &kiosks.as_ana, &none, "12345", &mark, NULL, &error));
    assert_string_equal(service_error_field(error), "code");
    assert_base_error(error, BASE_ERROR_INVALID);
    assert_false(service_code_use(service, &kiosks.as_ben, &none, code.text, &mark, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(service_code_use(service, &kiosks.as_ana, &none, code.text, &mark, NULL, &error));
    assert_false(mark.already);
    assert_int_equal(mark.attendance->method, CORE_METHOD_CODE);
    assert_true(base_uuid_equal(&mark.attendance->session_id, &kiosks.session));
    assert_true(service_mark_not_me(service, &mark.attendance->id, mark.not_me, &error));
    service_code_mark_clear(&mark);
    assert_int_equal(fixture_count(kiosks.f, "SELECT COUNT(*) FROM attendance"), 0);
}

static void test_codes_are_not_guessed(void **state)
{
    struct service *service = kiosks.f->service;
    const struct base_uuid none = {0};
    struct service_code_mark mark;
    int wait = 0, refused = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        g_autoptr(GError) error = NULL;
        assert_false(service_code_use(service, &kiosks.as_ana, &none, "x", &mark, &wait, &error));
        refused += g_error_matches(error, BASE_ERROR, BASE_ERROR_RATE_LIMITED);
    }
    assert_true(refused >= 10);
    assert_true(wait > 0);
}

/* The code on the screen, of a session where the mark stands, buys no tries at another's. */
static void test_a_known_code_buys_no_tries(void **state)
{
    const struct base_uuid cleo =
        fixture_user(kiosks.f, "Cleo", "cleo@uni.edu", CORE_ROLE_STUDENT, NULL);
    const struct service_identity who = fixture_identity(kiosks.f, &cleo);
    int right = 0, limited = 0;

    (void)state;
    kiosks_enrol(&kiosks, &cleo);
    for (int i = 0; i < 24; i++) {
        char code[AUTH_CODE_SIZE];
        base_time changes_at;
        struct service_code_mark mark;
        g_autoptr(GError) error = NULL;
        auth_code_now(kiosks.f->keys, &kiosks.session, base_time_now(), code, &changes_at);
        right += service_code_use(kiosks.f->service, &who, &kiosks.session, i % 2 ? "x" : code,
                                  &mark, NULL, &error);
        limited += g_error_matches(error, BASE_ERROR, BASE_ERROR_RATE_LIMITED);
        service_code_mark_clear(&mark);
    }
    assert_int_equal(right, 6);
    assert_int_equal(limited, 13);
}

/* ---- PINs ---- */

static bool sets(const char *pin)
{
    g_autoptr(GError) error = NULL;
    const bool ok = service_pin_set(kiosks.f->service, &kiosks.as_ben, pin, NULL, &error);

    if (!ok) {
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
        assert_string_equal(service_error_field(error), "pin");
    }
    return ok;
}

static void test_pins_are_hard_enough_and_hashed(void **state)
{
    static const char *const WEAK[] = {"",       "48392",  "4839201758390", "48392a", "111111",
                                       "123456", "654321", "121212",        "٤٨٣٩٢٠"};
    base_time since = 0;
    GError *error = NULL;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(WEAK); i++)
        assert_false(sets(WEAK[i]));
    assert_true(sets("483920"));
    assert_true(service_pin_since(kiosks.f->service, &kiosks.as_ben, &since, &error));
    assert_true(since > 0);
    {
        g_autoptr(db_connection) connection = db_acquire(kiosks.f->db, &error);
        g_autofree char *hash = NULL;
        assert_true(db_pin_find(connection, &kiosks.ben, &hash, NULL, &error));
        assert_true(g_str_has_prefix(hash, "$argon2id$"));
    }
    assert_true(service_pin_delete(kiosks.f->service, &kiosks.as_ben, &error));
    assert_true(service_pin_since(kiosks.f->service, &kiosks.as_ben, &since, &error));
    assert_true(since == 0);
}

static void test_who_is_erased_has_no_pin(void **state)
{
    GError *error = NULL;

    (void)state;
    const struct base_uuid id =
        fixture_user(kiosks.f, "Cam", "cam@uni.edu", CORE_ROLE_STUDENT, NULL);
    const struct service_identity cam = fixture_identity(kiosks.f, &id);
    kiosks_pin(&kiosks, &cam, "483920");
    assert_true(service_user_delete(kiosks.f->service, &kiosks.f->admin, &id, &error));
    assert_int_equal(fixture_count(kiosks.f, "SELECT COUNT(*) FROM pins"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_code_pairs_once_and_deleting_revokes_at_once),
        cmocka_unit_test(test_few_tries_void_a_code),
        cmocka_unit_test(test_a_code_ends),
        cmocka_unit_test(test_of_many_browsers_one_is_paired),
        cmocka_unit_test(test_what_a_kiosk_may_be),
        cmocka_unit_test(test_a_kiosk_has_the_sessions_of_its_room),
        cmocka_unit_test(test_the_code_of_a_session_marks_who_is_on_its_roster),
        cmocka_unit_test(test_codes_are_not_guessed),
        cmocka_unit_test(test_a_known_code_buys_no_tries),
        cmocka_unit_test(test_pins_are_hard_enough_and_hashed),
        cmocka_unit_test(test_who_is_erased_has_no_pin),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
