#include "kiosks.h"

#include "../sealer.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"
#include "service/courses.h"

#include <string.h>

static struct base_uuid person(struct kiosks *kiosks, const char *name, const char *email,
                               const char *number)
{
    GError *error = NULL;
    const struct base_uuid id = fixture_user(kiosks->f, name, email, CORE_ROLE_STUDENT, NULL);
    const struct service_user_input input = {.fields = SERVICE_USER_NUMBER,
                                             .student_number = number};
    g_autoptr(core_user) user =
        service_user_update(kiosks->f->service, &kiosks->f->admin, &id, &input, &error);

    assert_no_error(error);
    return id;
}

static void make_course(struct kiosks *kiosks)
{
    GError *error = NULL;
    const struct base_uuid institution = kiosks->f->admin.institution_id;
    struct core_term term = {.institution_id = institution,
                             .name = (char *)"All",
                             .first_day = (char *)"2020-01-01",
                             .last_day = (char *)"2099-12-31"};
    struct core_subject subject = {.institution_id = institution, .name = (char *)"Algebra"};
    struct core_course course = {.institution_id = institution, .name = (char *)"Algebra 4B"};

    base_uuid_new(&term.id);
    base_uuid_new(&subject.id);
    base_uuid_new(&course.id);
    course.term_id = term.id;
    course.subject_id = subject.id;
    kiosks->course = course.id;
    g_autoptr(db_connection) connection = db_acquire(kiosks->f->db, &error);
    assert_true(db_term_insert(connection, &term, &error));
    assert_true(db_subject_insert(connection, &subject, &error));
    assert_true(db_course_insert(connection, &course, &error));
}

void kiosks_enrol(struct kiosks *kiosks, const struct base_uuid *person)
{
    GError *error = NULL;
    struct core_enrolment enrolment = {
        .user_id = *person, .course_id = kiosks->course, .first_day = (char *)"2020-01-01"};
    g_autoptr(db_connection) connection = db_acquire(kiosks->f->db, &error);

    base_uuid_new(&enrolment.id);
    assert_true(db_enrolment_insert(connection, &enrolment, &error));
}

struct base_uuid kiosks_session(struct kiosks *kiosks, const struct base_uuid *room,
                                base_time starts_at, base_time ends_at)
{
    GError *error = NULL;
    char day[CORE_DAY_SIZE];
    GTimeZone *zone = service_time_zone(kiosks->f->service, &error);
    g_autoptr(db_connection) connection = db_acquire(kiosks->f->db, &error);

    assert_true(core_day_of_time(zone, starts_at, day, &error));
    g_time_zone_unref(zone);
    struct core_session session = {
        .course_id = kiosks->course,
        .local_day = day,
        .start_second = 1,
        .end_second = 2,
        .starts_at = starts_at,
        .ends_at = ends_at,
        .created_at = base_time_now() - 8760 * HOUR,
    };
    base_uuid_new(&session.id);
    if (room)
        session.room_id = *room;
    assert_true(db_session_insert(connection, &session, &error));
    return session.id;
}

struct service_device kiosks_pair(struct kiosks *kiosks, const char *name,
                                  const struct base_uuid *room)
{
    GError *error = NULL;
    char token[AUTH_CODE_TOKEN_SIZE];
    struct service_device_code code;
    struct service_device device = {0};
    const struct service_device_input input = {.name = name, .room_id = room};
    g_autoptr(db_device) made =
        service_device_create(kiosks->f->service, &kiosks->f->admin, &input, &code, &error);

    assert_no_error(error);
    assert_true(service_device_pair(kiosks->f->service, code.text, &device, token, &error));
    return device;
}

void kiosks_open(struct kiosks *kiosks, bool faces)
{
    GError *error = NULL;
    void *state = NULL;
    const struct service_room_input input = {.name = "Aula 12"};

    *kiosks = (struct kiosks){0};
    assert_int_equal((faces ? fixture_setup_faces : fixture_setup)(&state), 0);
    kiosks->f = state;
    g_autoptr(core_room) room =
        service_room_create(kiosks->f->service, &kiosks->f->admin, &input, &error);
    assert_no_error(error);
    kiosks->room = room->id;
    kiosks->ana = person(kiosks, "Ana", "ana@uni.edu", "A1");
    kiosks->ben = person(kiosks, "Ben", "ben@uni.edu", "B1");
    kiosks->as_ana = fixture_identity(kiosks->f, &kiosks->ana);
    kiosks->as_ben = fixture_identity(kiosks->f, &kiosks->ben);
    make_course(kiosks);
    kiosks_enrol(kiosks, &kiosks->ana);
    const base_time now = base_time_now();
    kiosks->session = kiosks_session(kiosks, &kiosks->room, now - 5 * MINUTE, now + 55 * MINUTE);
    kiosks->device = kiosks_pair(kiosks, "Door", &kiosks->room);
}

void kiosks_close(struct kiosks *kiosks)
{
    void *state = kiosks->f;

    fixture_teardown(&state);
}

void kiosks_pin(struct kiosks *kiosks, const struct service_identity *who, const char *pin)
{
    GError *error = NULL;

    service_pin_set(kiosks->f->service, who, pin, NULL, &error);
    assert_no_error(error);
}

struct service_kiosk_entry kiosks_entry(struct kiosks *kiosks, const struct service_device *device,
                                        gint64 counter, base_time captured_at, const char *json)
{
    struct service_kiosk_state state;
    char id[BASE_UUID_TEXT_SIZE], at[BASE_TIME_TEXT_SIZE];
    GError *error = NULL;
    struct service_kiosk_entry entry = {.counter = counter, .captured_at = captured_at};

    assert_true(service_kiosk_state(kiosks->f->service, device, &state, &error));
    assert_true(state.key.usable);
    entry.captured_text = g_strdup(base_time_format(captured_at, at));
    g_autofree char *bound =
        g_strdup_printf("%s %" G_GINT64_FORMAT " %s", base_uuid_format(&device->id, id), counter,
                        entry.captured_text);
    g_autoptr(GBytes) info =
        g_bytes_new_static(SERVICE_KIOSK_ENTRY_INFO, strlen(SERVICE_KIOSK_ENTRY_INFO));
    g_autoptr(GBytes) associated = g_bytes_new(bound, strlen(bound));
    g_autoptr(GBytes) plain = g_bytes_new(json, strlen(json));
    g_autoptr(GBytes) sealed = sealer_seal(state.key.point, 2, NULL, info, associated, plain);
    gsize n;
    const void *data = g_bytes_get_data(sealed, &n);
    uint8_t *box = g_malloc(4 + n);
    for (int i = 0; i < 4; i++)
        box[i] = (uint8_t)(state.key.id >> (24 - 8 * i));
    memcpy(box + 4, data, n);
    entry.sealed = box;
    entry.sealed_n = 4 + n;
    service_kiosk_state_clear(&state);
    return entry;
}

void kiosks_entry_clear(struct service_kiosk_entry *entry)
{
    g_free((char *)entry->captured_text);
    g_free((void *)entry->sealed);
}

struct service_kiosk_outcome kiosks_send(struct service *service,
                                         const struct service_device *device, base_time sent_at,
                                         const struct service_kiosk_entry *entry)
{
    struct service_kiosk_outcome outcome;
    GError *error = NULL;

    service_kiosk_replay(service, device, sent_at, entry, 1, &outcome, &error);
    assert_no_error(error);
    return outcome;
}

gint64 kiosks_marks(struct kiosks *kiosks)
{
    return fixture_count(kiosks->f, "SELECT COUNT(*) FROM attendance");
}

void kiosks_forget_marks(struct kiosks *kiosks)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(kiosks->f->db, &error);

    assert_true(db_execute(connection, NULL, &error, "DELETE FROM attendance_changes"));
    assert_true(db_execute(connection, NULL, &error, "DELETE FROM attendance"));
}
