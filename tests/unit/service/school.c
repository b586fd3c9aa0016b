#include "school.h"

#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "service/courses.h"
#include "service/sessions.h"

#include <string.h>

const gint32 NINE = 9 * 3600, TEN = 10 * 3600, ELEVEN = 11 * 3600;

/* An error of this code whose sentence begins with the field's name (NULL: any). Clears it. */
void assert_problem(GError **error, enum base_error code, const char *field)
{
    assert_non_null(*error);
    if (!g_error_matches(*error, BASE_ERROR, (int)code) ||
        (field && g_strcmp0(service_error_field(*error), field) != 0))
        fail_msg("unexpected error: %s", (*error)->message);
    g_clear_error(error);
}

/* Databases are dear: all tests share one, each has a term, a course, people and a room of its own
 * there. */
static struct fixture *shared;
guint schools_n;

int school_open(void **state)
{
    return fixture_setup((void **)&shared) || !(*state = shared);
}

int school_close(void **state)
{
    *state = shared;
    return fixture_teardown(state);
}

static char *own_name(const char *name)
{
    return g_strdup_printf("%s %u", name, schools_n);
}

char *day_text(gint32 number)
{
    static char texts[8][CORE_DAY_SIZE];
    static guint next;

    core_day_from_number(number, texts[++next % 8]);
    return texts[next % 8];
}

static struct base_uuid make_course(struct school *school, const char *name)
{
    GError *error = NULL;
    struct service_course_input input = {.name = name};

    input.term_id = school->term;
    input.subject_id = school->subject;
    g_autoptr(core_course) course =
        service_course_create(school->fixture->service, &school->fixture->admin, &input, &error);
    assert_no_error(error);
    return course->id;
}

static void open_term(struct school *school)
{
    GError *error = NULL;
    struct service *service = school->fixture->service;
    const struct service_identity *admin = &school->fixture->admin;
    g_autoptr(GTimeZone) zone = service_time_zone(service, &error);
    gint32 second;

    core_timetable_read_wall(zone, base_time_now(), &school->today, &second);
    const gint32 monday = core_day_monday(school->today);
    core_day_from_number(monday - 28, school->first_day);
    core_day_from_number(monday + 55, school->last_day);
    g_autofree char *term_name = own_name("Spring");
    g_autofree char *subject_name = own_name("Algebra");
    g_autofree char *room_name = own_name("A");
    const struct service_term_input term_input = {
        .name = term_name, .first_day = school->first_day, .last_day = school->last_day};
    g_autoptr(core_term) term = service_term_create(service, admin, &term_input, &error);
    assert_no_error(error);
    school->term = term->id;
    const struct service_subject_input subject_input = {.name = subject_name};
    g_autoptr(core_subject) subject =
        service_subject_create(service, admin, &subject_input, &error);
    assert_no_error(error);
    school->subject = subject->id;
    const struct service_room_input room_input = {.name = room_name};
    g_autoptr(core_room) room = service_room_create(service, admin, &room_input, &error);
    assert_no_error(error);
    school->room = room->id;
}

int school_setup(void **state)
{
    struct school *school = g_new0(struct school, 1);
    struct fixture *fixture = shared;
    GError *error = NULL;

    schools_n++;
    school->fixture = fixture;
    g_autofree char *group = own_name("4B");
    g_autofree char *teacher = g_strdup_printf("t%u@uni.edu", schools_n);
    g_autofree char *student = g_strdup_printf("s%u@uni.edu", schools_n);
    open_term(school);
    school->course = make_course(school, "Algebra 4B");
    school->other = make_course(school, "Algebra 4C");
    school->group = fixture_group(fixture, group);
    school->teacher = fixture_user(fixture, "Tere", teacher, CORE_ROLE_TEACHER, NULL);
    school->student = fixture_user(fixture, "Ana", student, CORE_ROLE_STUDENT, NULL);
    school->as_teacher = fixture_identity(fixture, &school->teacher);
    school->as_student = fixture_identity(fixture, &school->student);
    assert_true(service_course_add_group(fixture->service, &fixture->admin, &school->course,
                                         &school->group, &error));
    assert_true(service_course_add_teacher(fixture->service, &fixture->admin, &school->course,
                                           &school->teacher, &error));
    *state = school;
    return 0;
}

int school_teardown(void **state)
{
    g_free(*state);
    return 0;
}

/* The student belongs to the group from today on. */
void school_enrol(struct school *school)
{
    GError *error = NULL;
    g_autoptr(db_connection) connection = db_acquire(school->fixture->db, &error);
    struct core_enrolment enrolment = {.user_id = school->student, .group_id = school->group};

    base_uuid_new(&enrolment.id);
    enrolment.first_day = day_text(school->today);
    assert_true(db_enrolment_insert(connection, &enrolment, &error));
}

struct base_uuid school_add_slot(struct school *school, const struct base_uuid *course,
                                 gint32 weekday, gint32 start, gint32 end,
                                 struct service_timetable_counts *counts)
{
    GError *error = NULL;
    const struct service_slot_input input = {
        .weekday = &weekday, .start_second = &start, .end_second = &end};
    g_autoptr(core_slot) slot = service_slot_create(
        school->fixture->service, &school->fixture->admin, course, &input, counts, &error);

    assert_no_error(error);
    return slot->id;
}

void school_change_slot(struct school *school, const struct base_uuid *id,
                        const struct service_slot_input *input,
                        struct service_timetable_counts *counts)
{
    GError *error = NULL;
    g_autoptr(core_slot) slot = service_slot_update(
        school->fixture->service, &school->fixture->admin, id, input, counts, &error);

    assert_no_error(error);
}

GPtrArray *school_sessions(struct school *school, const struct base_uuid *course)
{
    GError *error = NULL;
    struct db_session_filter filter = DB_SESSION_FILTER_ALL;

    filter.course_id = *course;
    GPtrArray *sessions = service_session_list(school->fixture->service, &school->fixture->admin,
                                               &filter, false, NULL, NULL, &error);
    assert_no_error(error);
    return sessions;
}

struct base_uuid school_session_on(struct school *school, const struct base_uuid *course,
                                   gint32 day)
{
    g_autoptr(GPtrArray) sessions = school_sessions(school, course);

    for (guint i = 0; i < sessions->len; i++) {
        const struct core_session *session = sessions->pdata[i];
        if (strcmp(session->local_day, day_text(day)) == 0)
            return session->id;
    }
    fail_msg("no session on %s", day_text(day));
    return (struct base_uuid){0};
}

/* A mark, as marking stores it. */
void school_mark(struct school *school, const struct base_uuid *session)
{
    GError *error = NULL;
    char id[BASE_UUID_TEXT_SIZE];
    g_autofree char *occasion = g_strconcat("session:", base_uuid_format(session, id), NULL);
    struct core_attendance row = {
        .user_id = school->student,
        .session_id = *session,
        .course_id = school->course,
        .occasion = occasion,
        .local_day = school->first_day,
        .marked_at = base_time_now(),
        .status = CORE_STATUS_PRESENT,
        .method = CORE_METHOD_MANUAL,
        .created_at = base_time_now(),
        .updated_at = base_time_now(),
    };
    g_autoptr(db_connection) connection = db_acquire(school->fixture->db, &error);

    base_uuid_new(&row.id);
    g_autoptr(core_attendance) stored = db_attendance_mark(connection, &row, NULL, &error);
    assert_no_error(error);
}

void assert_counts(const struct service_timetable_counts *counts, gint64 inserted, gint64 moved,
                   gint64 deleted, gint64 kept)
{
    assert_int_equal(counts->inserted, inserted);
    assert_int_equal(counts->moved, moved);
    assert_int_equal(counts->deleted, deleted);
    assert_int_equal(counts->kept, kept);
}
