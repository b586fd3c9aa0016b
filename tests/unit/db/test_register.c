/* Attendance: marks, corrections, lists; and many threads at once. */
#include "fixture.h"

#include <math.h>
#include <string.h>

static void test_marks_come_back_whole(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid group = fixture_group(fixture, "1A");
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, &group);
    struct base_uuid teacher = fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_TEACHER, NULL);
    struct core_attendance mark = fixture_mark(&user, &group);
    bool is_new = false;

    g_autoptr(core_attendance) first =
        db_attendance_mark(fixture->connection, &mark, &is_new, &error);
    assert_no_error(error);
    assert_true(is_new);
    assert_true(base_uuid_equal(&first->id, &mark.id));
    assert_string_equal(first->user_name, "Ana");
    assert_string_equal(first->group_name, "1A");
    assert_string_equal(first->occasion, OCCASION);
    assert_string_equal(first->local_day, DAY);
    assert_true(first->marked_at == NOON);
    assert_true(first->score == 0.625);
    assert_int_equal(first->method, CORE_METHOD_FACE);
    assert_true(base_uuid_is_nil(&first->marked_by));
    assert_null(first->note);

    /* A second mark, later and worse, answers with the first. */
    struct core_attendance later = fixture_mark(&user, NULL);
    later.marked_at = NOON + 3600 * BASE_TIME_SECOND;
    later.status = CORE_STATUS_ABSENT;
    g_autoptr(core_attendance) second =
        db_attendance_mark(fixture->connection, &later, &is_new, &error);
    assert_false(is_new);
    assert_true(base_uuid_equal(&second->id, &mark.id));
    assert_int_equal(second->status, CORE_STATUS_PRESENT);

    /* Another occasion of the same day is another mark. */
    later.occasion = (char *)"session:018e0000-0000-7000-8000-000000000000";
    g_autoptr(core_attendance) third =
        db_attendance_mark(fixture->connection, &later, &is_new, &error);
    assert_true(is_new);
    assert_true(base_uuid_equal(&third->id, &later.id));

    assert_true(db_attendance_correct(fixture->connection, &mark.id, CORE_STATUS_EXCUSED, NULL,
                                      "doctor's note", &teacher, NOON + 9, &error));
    g_autoptr(core_attendance) corrected =
        db_attendance_find_occasion(fixture->connection, &user, OCCASION, &error);
    assert_int_equal(corrected->status, CORE_STATUS_EXCUSED);
    assert_int_equal(corrected->method, CORE_METHOD_MANUAL);
    assert_string_equal(corrected->note, "doctor's note");
    assert_true(base_uuid_equal(&corrected->marked_by, &teacher));
    assert_true(corrected->marked_at == NOON);
    assert_true(corrected->updated_at == NOON + 9);

    assert_false(db_attendance_correct(fixture->connection, &teacher, CORE_STATUS_LATE, NULL, NULL,
                                       &teacher, NOON, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
    assert_null(db_attendance_find(fixture->connection, &teacher, &error));
    assert_base_error(error, BASE_ERROR_NOT_FOUND);
}

static void test_a_mark_needs_its_person(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid stranger;

    base_uuid_new(&stranger);
    struct core_attendance mark = fixture_mark(&stranger, NULL);
    assert_null(db_attendance_mark(fixture->connection, &mark, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);

    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    mark = fixture_mark(&user, &stranger);
    mark.score = NAN;
    assert_null(db_attendance_mark(fixture->connection, &mark, NULL, &error));
    assert_base_error(error, BASE_ERROR_CONFLICT);
    mark.group_id = (struct base_uuid){{0}};
    g_autoptr(core_attendance) good = db_attendance_mark(fixture->connection, &mark, NULL, &error);
    assert_no_error(error);
    assert_true(isnan(good->score));
    assert_null(good->group_name);
}

/* Marks as "name day status", in order. */
static void assert_marks(struct fixture *fixture, struct db_attendance_filter filter,
                         const char *expected)
{
    GError *error = NULL;
    gint64 total = -1;
    g_autoptr(GPtrArray) marks =
        db_attendance_list(fixture->connection, &filter, NULL, &total, &error);
    g_autoptr(GString) text = g_string_new(NULL);

    assert_no_error(error);
    for (guint i = 0; i < marks->len; i++) {
        const struct core_attendance *mark = marks->pdata[i];
        g_string_append_printf(text, "%s%c%s%c", i ? " " : "", mark->user_name[0],
                               mark->local_day + 8, core_status_name(mark->status)[0]);
    }
    assert_string_equal(text->str, expected);
    assert_int_equal(total, marks->len);
}

static struct db_attendance_filter any(void)
{
    return DB_ATTENDANCE_FILTER_ALL;
}

static void test_lists_of_marks(void **state)
{
    struct fixture *fixture = *state;
    GError *error = NULL;
    struct base_uuid a = fixture_group(fixture, "1A"), b = fixture_group(fixture, "1B");
    struct base_uuid zoe = fixture_user(fixture, "Zoe", "z@uni.mx", CORE_ROLE_STUDENT, &a);
    struct base_uuid leo = fixture_user(fixture, "Leo", "l@uni.mx", CORE_ROLE_STUDENT, &a);
    struct base_uuid ana = fixture_user(fixture, "ana", "a@uni.mx", CORE_ROLE_STUDENT, &b);
    struct base_uuid eva = fixture_user(fixture, "Eva", "e@uni.mx", CORE_ROLE_TEACHER, NULL);
    struct db_attendance_filter filter;

    fixture_store_mark(fixture, &zoe, &a, "2026-03-10", NOON + 5, CORE_STATUS_PRESENT);
    fixture_store_mark(fixture, &leo, &a, "2026-03-10", NOON + 3, CORE_STATUS_LATE);
    fixture_store_mark(fixture, &ana, &b, "2026-03-10", NOON + 4, CORE_STATUS_PRESENT);
    fixture_store_mark(fixture, &zoe, &b, "2026-03-11", NOON + 1000, CORE_STATUS_ABSENT);
    fixture_store_mark(fixture, &eva, NULL, "2026-03-12", NOON + 2000, CORE_STATUS_PRESENT);

    assert_marks(fixture, any(), "L10l a10p Z10p Z11a E12p");
    filter = any(), filter.descending = true;
    assert_marks(fixture, filter, "E12p Z11a Z10p a10p L10l");
    filter = any(), filter.sort = DB_ATTENDANCE_SORT_NAME;
    assert_marks(fixture, filter, "a10p E12p L10l Z10p Z11a");
    filter.descending = true;
    assert_marks(fixture, filter, "Z11a Z10p L10l E12p a10p");
    filter = any(), filter.user_id = zoe;
    assert_marks(fixture, filter, "Z10p Z11a");
    filter.status = CORE_STATUS_ABSENT;
    assert_marks(fixture, filter, "Z11a");
    filter = any(), filter.group_id = a; /* the group at that time */
    assert_marks(fixture, filter, "L10l Z10p");
    filter.user_id = zoe;
    assert_marks(fixture, filter, "Z10p");
    filter = any(), filter.from_day = "2026-03-11";
    assert_marks(fixture, filter, "Z11a E12p");
    filter.to_day = "2026-03-11";
    assert_marks(fixture, filter, "Z11a");
    filter = any(), filter.to_day = "2026-03-10", filter.status = CORE_STATUS_PRESENT;
    assert_marks(fixture, filter, "a10p Z10p");

    filter = any(), filter.teacher_id = eva;
    assert_marks(fixture, filter, "E12p");
    assert_true(db_group_add_teacher(fixture->connection, &a, &eva, &error));
    assert_marks(fixture, filter, "L10l Z10p Z11a E12p");
    filter.user_id = ana;
    assert_marks(fixture, filter, "");
    filter.user_id = zoe;
    assert_marks(fixture, filter, "Z10p Z11a");
    filter = any(), filter.teacher_id = eva, filter.group_id = b;
    assert_marks(fixture, filter, "Z11a");

    struct core_statistics statistics;
    assert_true(db_attendance_count(fixture->connection, NULL, &statistics, &error));
    assert_int_equal(statistics.total, 5);
    assert_int_equal(statistics.counts[CORE_STATUS_PRESENT], 3);

    const struct db_page page = {.limit = 2, .offset = 1};
    gint64 total;
    g_autoptr(GPtrArray) part =
        db_attendance_list(fixture->connection, NULL, &page, &total, &error);
    assert_int_equal(total, 5);
    assert_int_equal(part->len, 2);
    assert_string_equal(((struct core_attendance *)part->pdata[0])->user_name, "ana");
}

static void test_sort_names(void **state)
{
    (void)state;
    for (int i = 0; i < DB_ATTENDANCE_SORT_N; i++) {
        enum db_attendance_sort sort = DB_ATTENDANCE_SORT_N;
        assert_true(db_attendance_sort_from_name(
            db_attendance_sort_name((enum db_attendance_sort)i), &sort));
        assert_int_equal(sort, i);
    }
    enum db_attendance_sort sort;
    assert_false(db_attendance_sort_from_name("id", &sort));
}

/* ---- Many at once ---- */

#define THREADS 50

struct race {
    struct fixture *fixture;
    struct base_uuid user_id; /* nil: every thread has somebody of its own */
    struct base_uuid users[THREADS];
    struct base_uuid standing[THREADS];
    gint next, fresh, failed;
    bool in_transaction;
};

struct attempt {
    struct core_attendance *mark;
    struct core_attendance *standing;
    bool is_new;
};

static bool mark_in_transaction(struct db_connection *connection, gpointer data, GError **error)
{
    struct attempt *attempt = data;

    core_attendance_free(g_steal_pointer(&attempt->standing));
    attempt->standing = db_attendance_mark(connection, attempt->mark, &attempt->is_new, error);
    return attempt->standing != NULL;
}

static bool mark_once(struct race *race, struct attempt *attempt, GError **error)
{
    if (race->in_transaction)
        return db_transaction(race->fixture->db, mark_in_transaction, attempt, error);
    g_autoptr(db_connection) connection = db_acquire(race->fixture->db, error);
    return connection && mark_in_transaction(connection, attempt, error);
}

static gpointer run_race(gpointer data)
{
    struct race *race = data;
    int i = g_atomic_int_add(&race->next, 1);
    const struct base_uuid *user =
        base_uuid_is_nil(&race->user_id) ? &race->users[i] : &race->user_id;
    struct core_attendance mark = fixture_mark(user, NULL);
    struct attempt attempt = {.mark = &mark};
    g_autoptr(GError) error = NULL;

    if (!mark_once(race, &attempt, &error)) {
        print_message("%s\n", error->message);
        g_atomic_int_inc(&race->failed);
        return NULL;
    }
    if (attempt.is_new)
        g_atomic_int_inc(&race->fresh);
    race->standing[i] = attempt.standing->id;
    core_attendance_free(attempt.standing);
    return NULL;
}

static void run_threads(struct race *race)
{
    GThread *threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        threads[i] = g_thread_new("mark", run_race, race);
    for (int i = 0; i < THREADS; i++)
        g_thread_join(threads[i]);
}

static void test_fifty_at_once_for_one_person(void **state)
{
    struct fixture *fixture = *state;

    for (int in_transaction = 0; in_transaction < 2; in_transaction++) {
        const char *email = in_transaction ? "a@uni.mx" : "b@uni.mx";
        struct race race = {.fixture = fixture, .in_transaction = in_transaction};

        race.user_id = fixture_user(fixture, "Ana", email, CORE_ROLE_STUDENT, NULL);
        run_threads(&race);
        assert_int_equal(race.failed, 0);
        assert_int_equal(race.fresh, 1);
        for (int i = 1; i < THREADS; i++)
            assert_true(base_uuid_equal(&race.standing[0], &race.standing[i]));
        assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM attendance"),
                         in_transaction + 1);
    }
}

static void test_fifty_at_once_for_fifty_people(void **state)
{
    struct fixture *fixture = *state;
    struct race race = {.fixture = fixture};

    for (int i = 0; i < THREADS; i++) {
        g_autofree char *email = g_strdup_printf("u%d@uni.mx", i);
        race.users[i] = fixture_user(fixture, "Ana", email, CORE_ROLE_STUDENT, NULL);
    }
    run_threads(&race);
    assert_int_equal(race.failed, 0);
    assert_int_equal(race.fresh, THREADS);
    assert_int_equal(fixture_count(fixture->connection, "SELECT COUNT(*) FROM attendance"),
                     THREADS);
}

struct counting {
    struct db *db;
    struct base_uuid user_id;
};

static bool bump(struct db_connection *connection, gpointer data, GError **error)
{
    return db_face_revision_bump(connection, &((struct counting *)data)->user_id, error);
}

/* Opens a database of its own, as another process would: no queue of writers is shared. */
static gpointer bump_often(gpointer data)
{
    struct counting *counting = data;
    g_autoptr(GError) error = NULL;

    for (int i = 0; i < 25; i++)
        if (!db_transaction(counting->db, bump, counting, &error)) {
            print_message("%s\n", error->message);
            return GINT_TO_POINTER(1);
        }
    return NULL;
}

static void test_no_increment_is_lost_between_processes(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid user = fixture_user(fixture, "Ana", "a@uni.mx", CORE_ROLE_STUDENT, NULL);
    struct counting counting[4];
    GThread *threads[4];
    gint64 revision;

    for (int i = 0; i < 4; i++) {
        counting[i] = (struct counting){db_open(fixture->url, NULL, NULL), user};
        assert_non_null(counting[i].db);
        threads[i] = g_thread_new("bump", bump_often, &counting[i]);
    }
    for (int i = 0; i < 4; i++) {
        assert_null(g_thread_join(threads[i]));
        db_close(counting[i].db);
    }
    assert_true(db_face_revision(fixture->connection, &revision, NULL));
    assert_int_equal(revision, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_marks_come_back_whole),
        TEST(test_a_mark_needs_its_person),
        TEST(test_lists_of_marks),
        cmocka_unit_test(test_sort_names),
        TEST(test_fifty_at_once_for_one_person),
        TEST(test_fifty_at_once_for_fifty_people),
        TEST(test_no_increment_is_lost_between_processes),
    };
    return cmocka_run_group_tests_name("db_register", tests, NULL, NULL);
}
