#include "university.h"

#include "db/query/attendance_change.h"
#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/session.h"
#include "db/query/subject.h"
#include "db/query/term.h"

#include <math.h>
#include <string.h>

static const char *const MONDAYS[6] = {"2026-03-02", "2026-03-09", "2026-03-16",
                                       "2026-03-23", "2026-03-30", "2026-04-06"};
static const char *const TUESDAYS[3] = {"2026-03-10", "2026-03-17", "2026-03-24"};

base_time university_time(const char *day, int second)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("America/Merida");
    base_time start;

    assert_true(core_day_bounds(zone, day, &start, NULL, NULL));
    return start + second * BASE_TIME_SECOND;
}

static struct base_uuid new_id(void)
{
    struct base_uuid id;

    base_uuid_new(&id);
    return id;
}

static struct base_uuid add_subject(struct db_connection *connection, const struct fixture *f,
                                    const char *name)
{
    const struct core_subject subject = {.id = new_id(),
                                         .institution_id = f->admin.institution_id,
                                         .name = (char *)name,
                                         .created_at = 1,
                                         .updated_at = 1};

    assert_true(db_subject_insert(connection, &subject, NULL));
    return subject.id;
}

static struct base_uuid add_course(struct db_connection *connection, const struct fixture *f,
                                   const struct base_uuid *term, const struct base_uuid *subject,
                                   const struct base_uuid *group, const struct base_uuid *teacher,
                                   const char *name)
{
    const struct core_course course = {.id = new_id(),
                                       .institution_id = f->admin.institution_id,
                                       .term_id = *term,
                                       .subject_id = *subject,
                                       .name = (char *)name,
                                       .created_at = 1,
                                       .updated_at = 1};

    assert_true(db_course_insert(connection, &course, NULL));
    assert_true(db_course_add_group(connection, &course.id, group, NULL, NULL));
    assert_true(db_course_add_teacher(connection, &course.id, teacher, NULL, NULL));
    return course.id;
}

static struct base_uuid add_session(struct db_connection *connection,
                                    const struct base_uuid *course, const char *day, int hour,
                                    int hours, enum core_session_state state)
{
    const struct core_session session = {
        .id = new_id(),
        .course_id = *course,
        .local_day = (char *)day,
        .start_second = hour * 3600,
        .end_second = (hour + hours) * 3600,
        .starts_at = university_time(day, hour * 3600),
        .ends_at = university_time(day, (hour + hours) * 3600),
        .state = state,
        .created_at = 1,
        .updated_at = 1,
    };

    assert_true(db_session_insert(connection, &session, NULL));
    return session.id;
}

static void enrol(struct db_connection *connection, const struct base_uuid *user,
                  const struct base_uuid *group, const struct base_uuid *course, const char *first,
                  const char *last)
{
    struct core_enrolment enrolment = {.id = new_id(),
                                       .user_id = *user,
                                       .first_day = (char *)first,
                                       .last_day = (char *)last,
                                       .created_at = 1,
                                       .updated_at = 1};

    if (group)
        enrolment.group_id = *group;
    if (course)
        enrolment.course_id = *course;
    assert_true(db_enrolment_insert(connection, &enrolment, NULL));
}

/* A mark by face `late` minutes after the start. */
static struct base_uuid add_mark(struct db_connection *connection, const struct base_uuid *user,
                                 const struct base_uuid *group, const struct base_uuid *course,
                                 const struct base_uuid *session, const char *day, int second,
                                 enum core_status status)
{
    char occasion[CORE_OCCASION_SIZE], id[BASE_UUID_TEXT_SIZE];
    const bool face = status == CORE_STATUS_PRESENT || status == CORE_STATUS_LATE;
    struct core_attendance mark = {
        .id = new_id(),
        .user_id = *user,
        .group_id = *group,
        .occasion = occasion,
        .local_day = (char *)day,
        .marked_at = university_time(day, second),
        .status = status,
        .method = face ? CORE_METHOD_FACE : CORE_METHOD_MANUAL,
        .score = NAN,
        .created_at = 1,
        .updated_at = 1,
    };

    core_occasion_of_day(day, occasion);
    if (session) {
        mark.session_id = *session;
        mark.course_id = *course;
        g_snprintf(occasion, sizeof occasion, "session:%s", base_uuid_format(session, id));
    }
    assert_true(db_attendance_insert(connection, &mark, NULL));
    return mark.id;
}

static enum core_status status_of(char letter)
{
    static const char letters[] = "PLAE";

    return (enum core_status)(strchr(letters, letter) - letters);
}

/* One letter a session; a space: none. Late ones arrive `late` seconds after the start. */
static void add_marks(struct db_connection *connection, const struct base_uuid *user,
                      const struct base_uuid *group, const struct base_uuid *course,
                      const struct base_uuid *sessions, const char *const *days, int start,
                      const char *letters, int late)
{
    for (gsize i = 0; i < strlen(letters); i++)
        if (letters[i] != ' ')
            add_mark(connection, user, group, course, &sessions[i], days[i],
                     start + (letters[i] == 'L' ? late : 0), status_of(letters[i]));
}

static void add_people(struct fixture *f, struct university *u)
{
    const struct base_uuid tere = fixture_user(f, "Tere", "tere@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid beto = fixture_user(f, "Beto", "beto@uni.edu", CORE_ROLE_TEACHER, NULL);
    const struct base_uuid uma = fixture_user(f, "Uma", "uma@uni.edu", CORE_ROLE_TEACHER, NULL);

    u->group_a = fixture_group(f, "1A");
    u->group_b = fixture_group(f, "1B");
    u->ana = fixture_user(f, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, NULL);
    u->bruno = fixture_user(f, "Bruno", "bruno@uni.edu", CORE_ROLE_STUDENT, NULL);
    u->carla = fixture_user(f, "Carla", "carla@uni.edu", CORE_ROLE_STUDENT, &u->group_b);
    u->dora = fixture_user(f, "Dora", "dora@uni.edu", CORE_ROLE_STUDENT, &u->group_b);
    u->paco = fixture_user(f, "Paco", "paco@uni.edu", CORE_ROLE_STUDENT, NULL);
    assert_true(service_group_add_teacher(f->service, &f->admin, &u->group_b, &uma, NULL));
    u->tere = fixture_identity(f, &tere);
    u->beto = fixture_identity(f, &beto);
    u->uma = fixture_identity(f, &uma);
    u->ana_self = fixture_identity(f, &u->ana);
    u->carla_self = fixture_identity(f, &u->carla);
}

static void add_courses(struct db_connection *connection, struct fixture *f, struct university *u)
{
    const struct core_term term = {.id = new_id(),
                                   .institution_id = f->admin.institution_id,
                                   .name = (char *)"2026 A",
                                   .first_day = (char *)"2026-01-12",
                                   .last_day = (char *)"2026-06-26",
                                   .created_at = 1,
                                   .updated_at = 1};

    u->term = term.id;
    assert_true(db_term_insert(connection, &term, NULL));
    u->algebra_subject = add_subject(connection, f, "Algebra");
    u->physics_subject = add_subject(connection, f, "Physics");
    u->algebra = add_course(connection, f, &term.id, &u->algebra_subject, &u->group_a,
                            &u->tere.user_id, "Algebra 1A");
    u->physics = add_course(connection, f, &term.id, &u->physics_subject, &u->group_b,
                            &u->beto.user_id, "Physics 1B");
    for (int i = 0; i < 6; i++)
        u->algebra_sessions[i] =
            add_session(connection, &u->algebra, MONDAYS[i], 8, 2,
                        i == 5 ? CORE_SESSION_CANCELLED : CORE_SESSION_PLANNED);
    for (int i = 0; i < 3; i++)
        u->physics_sessions[i] =
            add_session(connection, &u->physics, TUESDAYS[i], 10, 1, CORE_SESSION_PLANNED);
    enrol(connection, &u->ana, &u->group_a, NULL, "2026-01-12", NULL);
    enrol(connection, &u->bruno, &u->group_a, NULL, "2026-03-16", NULL);
    enrol(connection, &u->dora, &u->group_a, NULL, "2026-01-12", "2026-03-15");
    enrol(connection, &u->dora, &u->group_b, NULL, "2026-03-16", "2026-06-26");
    enrol(connection, &u->carla, &u->group_b, NULL, "2026-01-12", "2026-06-26");
    enrol(connection, &u->ana, NULL, &u->physics, "2026-03-10", NULL);
    enrol(connection, &u->paco, &u->group_b, NULL, "2026-06-01", NULL);
}

static void add_change(struct db_connection *connection, const struct base_uuid *mark,
                       const struct base_uuid *teacher)
{
    const struct db_attendance_change change = {
        .id = new_id(),
        .attendance_id = *mark,
        .changed_at = university_time("2026-03-24", 9 * 3600),
        .changed_by = *teacher,
        .from_status = CORE_STATUS_PRESENT,
        .from_method = CORE_METHOD_FACE,
        .to_status = CORE_STATUS_ABSENT,
        .reason = (char *)"Somebody else's photo",
    };

    assert_true(db_attendance_change_insert(connection, &change, NULL));
}

void university_create(struct fixture *f, struct university *u)
{
    GError *error = NULL;

    add_people(f, u);
    g_autoptr(db_connection) connection = db_acquire(f->db, &error);
    assert_no_error(error);
    add_courses(connection, f, u);
    add_marks(connection, &u->ana, &u->group_a, &u->algebra, u->algebra_sessions, MONDAYS, 8 * 3600,
              "PPL P", 12 * 60);
    add_marks(connection, &u->bruno, &u->group_a, &u->algebra, u->algebra_sessions, MONDAYS,
              8 * 3600, "  PEP", 0);
    add_marks(connection, &u->dora, &u->group_a, &u->algebra, u->algebra_sessions, MONDAYS,
              8 * 3600, "AP", 0);
    add_marks(connection, &u->carla, &u->group_b, &u->physics, u->physics_sessions, TUESDAYS,
              10 * 3600, "PLA", 20 * 60);
    add_marks(connection, &u->dora, &u->group_b, &u->physics, u->physics_sessions, TUESDAYS,
              10 * 3600, " PP", 0);
    add_marks(connection, &u->ana, &u->group_a, &u->physics, u->physics_sessions, TUESDAYS,
              10 * 3600, "EP", 0);
    /* A mark of the session that was cancelled afterwards counts nowhere. */
    add_mark(connection, &u->bruno, &u->group_a, &u->algebra, &u->algebra_sessions[5], MONDAYS[5],
             8 * 3600, CORE_STATUS_PRESENT);
    const struct base_uuid corrected =
        add_mark(connection, &u->ana, &u->group_a, &u->algebra, &u->algebra_sessions[3], MONDAYS[3],
                 8 * 3600, CORE_STATUS_ABSENT);
    add_change(connection, &corrected, &u->tere.user_id);
    add_mark(connection, &u->carla, &u->group_b, NULL, NULL, "2026-03-05", 9 * 3600 + 20 * 60,
             CORE_STATUS_LATE);
}
