/* Terms, subjects, rooms, courses, enrolments and rosters on a real database. */
#include "fixture.h"

#include "db/query/course.h"
#include "db/query/enrolment.h"
#include "db/query/room.h"
#include "db/query/subject.h"
#include "db/query/term.h"

#include <string.h>

static const struct base_uuid NOTHING;

static struct base_uuid make_term(struct fixture *fixture, const char *name, const char *first_day,
                                  const char *last_day)
{
    struct core_term term = {.institution_id = fixture->institution_id,
                             .name = (char *)name,
                             .first_day = (char *)first_day,
                             .last_day = (char *)last_day,
                             .created_at = NOON,
                             .updated_at = NOON};
    GError *error = NULL;

    base_uuid_new(&term.id);
    db_term_insert(fixture->connection, &term, &error);
    assert_no_error(error);
    return term.id;
}

static struct base_uuid make_subject(struct fixture *fixture, const char *name, const char *code)
{
    struct core_subject subject = {.institution_id = fixture->institution_id,
                                   .name = (char *)name,
                                   .code = (char *)code,
                                   .created_at = NOON,
                                   .updated_at = NOON};
    GError *error = NULL;

    base_uuid_new(&subject.id);
    db_subject_insert(fixture->connection, &subject, &error);
    assert_no_error(error);
    return subject.id;
}

static struct base_uuid make_course(struct fixture *fixture, const struct base_uuid *term,
                                    const struct base_uuid *subject, const char *name)
{
    struct core_course course = {.institution_id = fixture->institution_id,
                                 .term_id = *term,
                                 .subject_id = *subject,
                                 .name = (char *)name,
                                 .created_at = NOON,
                                 .updated_at = NOON};
    GError *error = NULL;

    base_uuid_new(&course.id);
    db_course_insert(fixture->connection, &course, &error);
    assert_no_error(error);
    return course.id;
}

static struct base_uuid enrol(struct fixture *fixture, const struct base_uuid *user,
                              const struct base_uuid *group, const struct base_uuid *course,
                              const char *first_day, const char *last_day)
{
    struct core_enrolment enrolment = {.user_id = *user,
                                       .group_id = *group,
                                       .course_id = *course,
                                       .first_day = (char *)first_day,
                                       .last_day = (char *)last_day,
                                       .created_at = NOON,
                                       .updated_at = NOON};
    GError *error = NULL;

    base_uuid_new(&enrolment.id);
    db_enrolment_insert(fixture->connection, &enrolment, &error);
    assert_no_error(error);
    return enrolment.id;
}

static void test_terms(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    struct base_uuid spring = make_term(fixture, "Primavera 2026", "2026-01-12", "2026-06-30");
    struct base_uuid block = make_term(fixture, "Bloque 2", "2026-03-01", "2026-04-30");
    const struct core_term twin = {.id = block,
                                   .institution_id = fixture->institution_id,
                                   .name = "PRIMAVERA  2026",
                                   .first_day = "2026-01-12",
                                   .last_day = "2026-06-30"};
    GError *error = NULL;
    gint64 total = 0;

    assert_false(db_term_insert(connection, &twin, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);

    g_autoptr(core_term) named =
        db_term_find_name(connection, &fixture->institution_id, "PRIMAVERA 2026", &error);
    assert_no_error(error);
    assert_memory_equal(&named->id, &spring, sizeof spring);
    assert_string_equal(named->first_day, "2026-01-12");

    /* Of several the one that began last. */
    g_autoptr(core_term) now = db_term_find_day(connection, &fixture->institution_id, DAY, &error);
    assert_memory_equal(&now->id, &block, sizeof block);
    g_autoptr(core_term) later =
        db_term_find_day(connection, &fixture->institution_id, "2026-05-01", &error);
    assert_memory_equal(&later->id, &spring, sizeof spring);
    assert_null(db_term_find_day(connection, &fixture->institution_id, "2026-07-01", &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);

    const struct db_page one = {.limit = 1};
    g_autoptr(GPtrArray) newest = db_term_list(connection, NULL, &one, &total, &error);
    assert_int_equal(total, 2);
    assert_int_equal(newest->len, 1);
    assert_string_equal(((struct core_term *)newest->pdata[0])->name, "Bloque 2");

    g_free(now->last_day);
    now->last_day = g_strdup("2026-05-31");
    assert_true(db_term_update(connection, now, &error));
    const struct db_term_filter in_may = {.day = "2026-05-15", .search = "bloq"};
    g_autoptr(GPtrArray) found = db_term_list(connection, &in_may, NULL, &total, &error);
    assert_int_equal(found->len, 1);

    struct base_uuid subject = make_subject(fixture, "Álgebra", "MAT-1");
    make_course(fixture, &spring, &subject, "4A");
    assert_true(db_term_courses(connection, &spring, &total, &error));
    assert_int_equal(total, 1);
    assert_false(db_term_delete(connection, &spring, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    assert_true(db_term_delete(connection, &block, &error));
}

static void test_subjects_and_rooms(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    struct base_uuid algebra = make_subject(fixture, "Álgebra", "MAT-1");
    struct base_uuid history = make_subject(fixture, "Historia", NULL);
    struct core_room room = {.institution_id = fixture->institution_id,
                             .name = "Aula Máxima",
                             .created_at = NOON,
                             .updated_at = NOON};
    GError *error = NULL;
    gint64 total = 0, sessions = 0;

    make_subject(fixture, "Física", NULL); /* several without a code are fine */
    g_autoptr(core_subject) by_name =
        db_subject_find_name(connection, &fixture->institution_id, "algebra", &error);
    g_autoptr(core_subject) by_code =
        db_subject_find_name(connection, &fixture->institution_id, "mat-1", &error);
    assert_memory_equal(&by_name->id, &algebra, sizeof algebra);
    assert_memory_equal(&by_code->id, &algebra, sizeof algebra);
    g_autoptr(core_subject) other = db_subject_find(connection, &history, &error);
    other->code = g_strdup("MAT-1");
    assert_false(db_subject_update(connection, other, &error));
    assert_true(db_conflict_is(error, "subjects.code"));
    g_clear_error(&error);
    const struct db_subject_filter search = {.search = "MAT"};
    g_autoptr(GPtrArray) found = db_subject_list(connection, &search, NULL, &total, &error);
    assert_int_equal(total, 1);
    assert_true(db_subject_delete(connection, &history, &error));

    base_uuid_new(&room.id);
    assert_true(db_room_insert(connection, &room, &error));
    g_autoptr(core_room) read =
        db_room_find_name(connection, &fixture->institution_id, "aula maxima", &error);
    assert_int_equal(read->capacity, 0);
    read->capacity = 40;
    assert_true(db_room_update(connection, read, &error));
    g_autoptr(core_room) again = db_room_find(connection, &room.id, &error);
    assert_int_equal(again->capacity, 40);
    base_uuid_new(&room.id);
    assert_false(db_room_insert(connection, &room, &error));
    assert_true(db_conflict_is(error, "rooms.name_key"));
    g_clear_error(&error);
    assert_true(db_room_uses(connection, &read->id, &total, &sessions, &error));
    assert_int_equal(total + sessions, 0);
    assert_true(db_room_delete(connection, &read->id, &error));
}

static guint courses_of(struct fixture *fixture, const struct db_course_filter *filter)
{
    GError *error = NULL;
    gint64 total = 0;
    g_autoptr(GPtrArray) found = db_course_list(fixture->connection, filter, NULL, &total, &error);

    assert_no_error(error);
    assert_int_equal(found->len, total);
    return found->len;
}

static void test_courses(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    struct base_uuid spring = make_term(fixture, "Primavera", "2026-01-12", "2026-06-30");
    struct base_uuid autumn = make_term(fixture, "Otoño", "2026-08-10", "2026-12-18");
    struct base_uuid algebra = make_subject(fixture, "Álgebra", "MAT-1");
    struct base_uuid first = make_course(fixture, &spring, &algebra, "Álgebra A");
    struct base_uuid second = make_course(fixture, &autumn, &algebra, "Álgebra A");
    struct base_uuid group = fixture_group(fixture, "1A");
    struct base_uuid teacher = fixture_user(fixture, "Tina", "t@uni.mx", CORE_ROLE_TEACHER, NULL);
    struct base_uuid student = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, &group);
    GError *error = NULL;
    bool changed = false, yes = false;

    assert_true(db_course_add_group(connection, &first, &group, &changed, &error));
    assert_true(changed);
    assert_true(db_course_add_group(connection, &first, &group, &changed, &error));
    assert_false(changed);
    assert_true(db_course_add_teacher(connection, &first, &teacher, &changed, &error));
    assert_true(changed);
    assert_true(db_course_is_taught_by(connection, &first, &teacher, &yes, &error));
    assert_true(yes);
    assert_true(db_course_is_taught_by(connection, &second, &teacher, &yes, &error));
    assert_false(yes);

    assert_int_equal(courses_of(fixture, NULL), 2);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.term_id = autumn}), 1);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.group_id = group}), 1);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.teacher_id = teacher}), 1);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.student_id = student}), 1);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.student_id = teacher}), 0);
    assert_int_equal(
        courses_of(fixture, &(struct db_course_filter){.student_id = student, .student_day = DAY}),
        1);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.student_id = student,
                                                                    .student_day = "2026-03-11"}),
                     0);
    assert_int_equal(courses_of(fixture, &(struct db_course_filter){.search = "ALGE"}), 2);

    assert_true(db_course_is_student_of(connection, &student, &teacher, &yes, &error));
    assert_true(yes);
    assert_true(db_course_attends(connection, &first, &student, &yes, &error));
    assert_true(yes);
    assert_true(db_course_attends(connection, &second, &student, &yes, &error));
    assert_false(yes);

    /* A teacher sees the students of their courses, as well as those of their groups. */
    struct db_user_filter taught = DB_USER_FILTER_ALL;
    taught.teacher_id = teacher;
    g_autoptr(GPtrArray) people = db_user_list(connection, &taught, NULL, NULL, &error);
    assert_no_error(error);
    assert_int_equal(people->len, 2);
    assert_true(db_course_remove_teacher(connection, &first, &teacher, &changed, &error));
    assert_true(changed);
    g_autoptr(GPtrArray) fewer = db_user_list(connection, &taught, NULL, NULL, &error);
    assert_int_equal(fewer->len, 1);

    g_autoptr(core_course) twin = db_course_find(connection, &second, &error);
    assert_string_equal(twin->term_name, "Otoño");
    assert_string_equal(twin->subject_code, "MAT-1");
    twin->term_id = spring;
    base_uuid_new(&twin->id);
    assert_false(db_course_insert(connection, twin, &error));
    assert_true(db_conflict_is(error, "courses.name_key"));
    g_clear_error(&error);
    assert_true(db_course_delete(connection, &second, &error));
    assert_null(db_course_find(connection, &second, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

/* The days of a person's enrolments, oldest first: "2026-01-01…2026-02-01 2026-02-02…". */
static char *days_of(struct fixture *fixture, const struct base_uuid *user,
                     const struct base_uuid *group)
{
    const struct db_enrolment_filter filter = {.user_id = *user, .group_id = *group};
    GError *error = NULL;
    GString *text = g_string_new(NULL);
    g_autoptr(GPtrArray) list = db_enrolment_list(fixture->connection, &filter, NULL, NULL, &error);

    assert_no_error(error);
    for (guint i = list->len; i-- > 0;) {
        const struct core_enrolment *enrolment = list->pdata[i];
        g_string_append_printf(text, "%s%s..%s", text->len ? " " : "", enrolment->first_day,
                               enrolment->last_day ? enrolment->last_day : "");
    }
    return g_string_free(text, FALSE);
}

static void expect_days(struct fixture *fixture, const struct base_uuid *user,
                        const struct base_uuid *group, const char *expected)
{
    g_autofree char *days = days_of(fixture, user, group);

    assert_string_equal(days, expected);
}

static void move(struct fixture *fixture, const struct base_uuid *id, enum core_role role,
                 const struct base_uuid *group, const char *day)
{
    GError *error = NULL;
    g_autoptr(core_user) user = db_user_find(fixture->connection, id, &error);

    user->role = role;
    user->group_id = *group;
    assert_true(db_user_update(fixture->connection, user, day, &error));
    assert_no_error(error);
}

static void test_changing_group_keeps_the_past(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid a = fixture_group(fixture, "1A"), b = fixture_group(fixture, "1B");
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, &a);
    struct base_uuid tina = fixture_user(fixture, "Tina", "t@uni.mx", CORE_ROLE_TEACHER, &a);

    expect_days(fixture, &ana, &a, DAY "..");
    expect_days(fixture, &tina, &a, "");
    move(fixture, &ana, CORE_ROLE_STUDENT, &a, "2026-03-20"); /* nothing of the kind */
    expect_days(fixture, &ana, &a, DAY "..");

    move(fixture, &ana, CORE_ROLE_STUDENT, &b, "2026-04-01");
    expect_days(fixture, &ana, &a, DAY "..2026-03-31");
    expect_days(fixture, &ana, &b, "2026-04-01..");

    /* Back on the same day: as if it had not happened, but for the seam. */
    move(fixture, &ana, CORE_ROLE_STUDENT, &a, "2026-04-01");
    expect_days(fixture, &ana, &b, "");
    expect_days(fixture, &ana, &a, DAY "..2026-03-31 2026-04-01..");

    move(fixture, &ana, CORE_ROLE_STUDENT, &NOTHING, "2026-05-01");
    expect_days(fixture, &ana, &a, DAY "..2026-03-31 2026-04-01..2026-04-30");

    /* What was planned gives way to what holds from now on. */
    enrol(fixture, &ana, &a, &NOTHING, "2026-06-01", "2026-06-30");
    move(fixture, &ana, CORE_ROLE_STUDENT, &a, "2026-05-10");
    expect_days(fixture, &ana, &a, DAY "..2026-03-31 2026-04-01..2026-04-30 2026-05-10..");
}

static void test_no_student_is_nowhere_enrolled(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid term = make_term(fixture, "Primavera", "2026-01-12", "2026-06-30");
    struct base_uuid subject = make_subject(fixture, "Álgebra", NULL);
    struct base_uuid course = make_course(fixture, &term, &subject, "Álgebra");
    struct base_uuid a = fixture_group(fixture, "1A"), b = fixture_group(fixture, "1B");
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, &a);
    struct base_uuid eva = fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_STUDENT, &a);
    GError *error = NULL;
    bool on_roster = true;

    enrol(fixture, &ana, &b, &NOTHING, "2026-03-01", NULL);
    enrol(fixture, &ana, &NOTHING, &course, "2026-03-01", NULL);
    move(fixture, &ana, CORE_ROLE_TEACHER, &a, "2026-04-01");
    expect_days(fixture, &ana, &NOTHING,
                "2026-03-01..2026-03-31 2026-03-01..2026-03-31 " DAY "..2026-03-31");
    move(fixture, &ana, CORE_ROLE_STUDENT, &a, "2026-04-10");
    expect_days(fixture, &ana, &a, DAY "..2026-03-31 2026-04-10..");

    assert_true(db_user_erase(fixture->connection, &eva, "2026-04-01", NOON, &error));
    expect_days(fixture, &eva, &a, DAY "..2026-03-31");
    assert_true(db_course_add_group(fixture->connection, &course, &a, NULL, &error));
    assert_true(db_enrolment_is_on_roster(fixture->connection, &course, &eva, "2026-03-31",
                                          &on_roster, &error));
    assert_true(on_roster);
    assert_true(db_enrolment_is_on_roster(fixture->connection, &course, &eva, "2026-04-01",
                                          &on_roster, &error));
    assert_false(on_roster);
}

static void test_overlaps(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid a = fixture_group(fixture, "1A"), b = fixture_group(fixture, "1B");
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid first = enrol(fixture, &ana, &a, &NOTHING, "2026-03-01", "2026-03-31");
    static const struct {
        const char *first_day, *last_day;
        bool overlaps;
    } CASES[] = {
        {"2026-02-01", "2026-02-28", false}, {"2026-02-01", "2026-03-01", true},
        {"2026-02-01", NULL, true},          {"2026-03-31", NULL, true},
        {"2026-04-01", NULL, false},         {"2026-03-10", "2026-03-11", true},
    };
    GError *error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct core_enrolment wanted = {.user_id = ana,
                                        .group_id = a,
                                        .first_day = (char *)CASES[i].first_day,
                                        .last_day = (char *)CASES[i].last_day};
        g_autoptr(core_enrolment) other = NULL, itself = NULL, elsewhere = NULL;
        base_uuid_new(&wanted.id);
        assert_true(db_enrolment_overlap(fixture->connection, &wanted, &other, &error));
        assert_int_equal(other != NULL, CASES[i].overlaps);
        wanted.id = first;
        assert_true(db_enrolment_overlap(fixture->connection, &wanted, &itself, &error));
        assert_null(itself);
        base_uuid_new(&wanted.id);
        wanted.group_id = b;
        assert_true(db_enrolment_overlap(fixture->connection, &wanted, &elsewhere, &error));
        assert_null(elsewhere);
    }
}

static const struct db_roster_person *person_of(const GPtrArray *people, const char *name)
{
    for (guint i = 0; i < people->len; i++) {
        const struct db_roster_person *person = people->pdata[i];
        if (strcmp(person->name, name) == 0)
            return person;
    }
    return NULL;
}

static void test_rosters(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    struct base_uuid term = make_term(fixture, "Primavera", "2026-01-12", "2026-06-30");
    struct base_uuid subject = make_subject(fixture, "Álgebra", NULL);
    struct base_uuid course = make_course(fixture, &term, &subject, "Álgebra");
    struct base_uuid a = fixture_group(fixture, "1A"), b = fixture_group(fixture, "1B");
    struct base_uuid c = fixture_group(fixture, "1C");
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid eva = fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid iris = fixture_user(fixture, "Iris", "i@uni.mx", CORE_ROLE_STUDENT, NULL);
    GError *error = NULL;

    assert_true(db_course_add_group(connection, &course, &a, NULL, &error));
    assert_true(db_course_add_group(connection, &course, &b, NULL, &error));
    /* From one group of the course into the other without a day between, then away and back. */
    enrol(fixture, &ana, &a, &NOTHING, "2026-01-12", "2026-02-28");
    enrol(fixture, &ana, &b, &NOTHING, "2026-03-01", "2026-03-31");
    enrol(fixture, &ana, &a, &NOTHING, "2026-05-01", NULL);
    /* Twice at once, by group and by oneself. */
    enrol(fixture, &eva, &a, &NOTHING, "2026-02-01", NULL);
    enrol(fixture, &eva, &NOTHING, &course, "2026-01-20", "2026-02-10");
    /* Of a group that is not taught. */
    enrol(fixture, &iris, &c, &NOTHING, "2026-01-12", NULL);

    g_autoptr(GPtrArray) april = db_roster(connection, &course, "2026-04-15", &error);
    assert_no_error(error);
    assert_int_equal(april->len, 1);
    assert_non_null(person_of(april, "Eva"));
    g_autoptr(GPtrArray) march = db_roster(connection, &course, "2026-03-01", &error);
    assert_int_equal(march->len, 2);
    assert_string_equal(person_of(march, "Ana")->group_name, "1B");

    g_autoptr(GPtrArray) all = db_roster_of_period(connection, &course, NULL, NULL, NULL, &error);
    assert_int_equal(all->len, 2);
    const struct db_roster_person *first = all->pdata[0];
    assert_string_equal(first->name, "Ana");
    assert_string_equal(first->email, "a@uni.mx");
    assert_int_equal(first->intervals->len, 2);
    assert_true(db_roster_person_on(first, "2026-01-12"));
    assert_true(db_roster_person_on(first, "2026-03-31"));
    assert_false(db_roster_person_on(first, "2026-04-01"));
    assert_false(db_roster_person_on(first, "2026-01-11"));
    assert_true(db_roster_person_on(first, "2026-12-01"));
    const struct db_roster_person *second = all->pdata[1];
    assert_int_equal(second->intervals->len, 1);
    assert_true(db_roster_person_on(second, "2026-01-20"));
    assert_string_equal(second->group_name, "1A");
}

static void test_student_number(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid ana = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct base_uuid eva = fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct db_user_filter filter = DB_USER_FILTER_ALL;
    GError *error = NULL;
    gint64 total = 0;

    g_autoptr(core_user) first = db_user_find(fixture->connection, &ana, &error);
    g_autoptr(core_user) second = db_user_find(fixture->connection, &eva, &error);
    first->student_number = g_strdup("A-001");
    first->language = g_strdup("en");
    second->student_number = g_strdup("A-001");
    assert_true(db_user_update(fixture->connection, first, DAY, &error));
    assert_false(db_user_update(fixture->connection, second, DAY, &error));
    assert_true(db_conflict_is(error, "users.student_number"));
    g_clear_error(&error);

    g_autoptr(core_user) found =
        db_user_find_number(fixture->connection, &fixture->institution_id, "A-001", &error);
    assert_memory_equal(&found->id, &ana, sizeof ana);
    assert_string_equal(found->language, "en");
    filter.search = "a-0";
    g_autoptr(GPtrArray) list = db_user_list(fixture->connection, &filter, NULL, &total, &error);
    assert_int_equal(total, 1);
    assert_int_equal(list->len, 1);

    assert_true(db_user_erase(fixture->connection, &ana, DAY, NOON, &error));
    assert_true(db_user_update(fixture->connection, second, DAY, &error));
    g_autoptr(core_user) erased = db_user_find(fixture->connection, &ana, &error);
    assert_null(erased->student_number);
}

static void test_who_becomes_a_student_teaches_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct db_connection *connection = fixture->connection;
    GError *error = NULL;
    bool taught = true;
    struct base_uuid group = fixture_group(fixture, "1A");
    struct base_uuid eva = fixture_user(fixture, "Eva", "eva@uni.mx", CORE_ROLE_TEACHER, NULL);

    assert_true(db_group_add_teacher(connection, &group, &eva, &error));
    g_autoptr(core_user) user = db_user_find(connection, &eva, &error);
    user->role = CORE_ROLE_ADMIN;
    assert_true(db_user_update(connection, user, DAY, &error));
    assert_true(db_group_is_taught_by(connection, &group, &eva, &taught, &error));
    assert_true(taught);
    user->role = CORE_ROLE_STUDENT;
    assert_true(db_user_update(connection, user, DAY, &error));
    assert_true(db_group_is_taught_by(connection, &group, &eva, &taught, &error));
    assert_false(taught);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_terms, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_subjects_and_rooms, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_courses, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_changing_group_keeps_the_past, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_no_student_is_nowhere_enrolled, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_who_becomes_a_student_teaches_nobody, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_overlaps, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_rosters, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_student_number, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests_name("db_catalogue", tests, NULL, NULL);
}
