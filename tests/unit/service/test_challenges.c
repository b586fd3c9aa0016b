/* Challenges are drawn, answered once, and their frames remembered. */
#include "fixture.h"

#include "db/query/challenge.h"
#include "service/challenges.h"

#include <string.h>

static const struct base_uuid NONE = {0};

static struct service_challenge asked(struct fixture *f, const struct base_uuid *group_id)
{
    struct service_challenge challenge;
    GError *error = NULL;

    assert_true(service_challenge_create(f->service, &NONE, group_id, &challenge, &error));
    assert_no_error(error);
    return challenge;
}

static bool taken(struct service *service, const struct base_uuid *id,
                  const struct base_uuid *group_id, struct service_challenge *challenge)
{
    g_autoptr(GError) error = NULL;
    const bool ok = service_challenge_take(service, id, &NONE, group_id, challenge, &error);

    assert_true(ok || g_error_matches(error, BASE_ERROR, BASE_ERROR_CONFLICT));
    return ok;
}

static void change(struct fixture *f, const char *column, const struct base_uuid *id, base_time at)
{
    g_autoptr(db_connection) connection = db_acquire(f->db, NULL);
    GError *error = NULL;

    if (strcmp(column, "expires_at") == 0)
        assert_true(db_execute(connection, NULL, &error,
                               "UPDATE challenges SET expires_at = ? WHERE id = ?", db_time(at),
                               db_uuid(id)));
    else
        assert_true(db_execute(connection, NULL, &error,
                               "UPDATE challenges SET created_at = ? WHERE id = ?", db_time(at),
                               db_uuid(id)));
}

static void test_is_answered_once_in_its_time_for_what_it_was_asked(void **state)
{
    struct fixture *f = *state;
    const struct base_uuid group = fixture_group(f, "1 A");
    struct service_challenge answered;
    g_autoptr(GError) error = NULL;

    const struct service_challenge first = asked(f, &group);
    assert_int_not_equal(first.steps[0], first.steps[1]);
    assert_true(first.expires_at > base_time_now());
    assert_true(first.expires_at <= base_time_now() + 30 * BASE_TIME_SECOND);
    assert_true(taken(f->service, &first.id, &group, &answered));
    assert_memory_equal(answered.steps, first.steps, sizeof first.steps);
    assert_false(taken(f->service, &first.id, &group, &answered));

    const struct service_challenge other = asked(f, &group);
    assert_false(taken(f->service, &other.id, &NONE, &answered));
    assert_false(taken(f->service, &other.id, &group, &answered)); /* that was the one try */

    const struct service_challenge late = asked(f, &NONE);
    change(f, "expires_at", &late.id, base_time_now() - BASE_TIME_SECOND);
    assert_false(taken(f->service, &late.id, &NONE, &answered));

    struct base_uuid nobody;
    base_uuid_new(&nobody);
    assert_false(taken(f->service, &nobody, &NONE, &answered));
    struct service_challenge none;
    assert_false(service_challenge_create(f->service, &nobody, &NONE, &none, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_NOT_FOUND));
    g_clear_error(&error);
    assert_false(service_challenge_create(f->service, &nobody, &group, &none, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
}

struct race {
    struct service *service;
    struct base_uuid id;
    gint winners;
};

static gpointer run(gpointer data)
{
    struct race *race = data;
    struct service_challenge challenge;

    if (taken(race->service, &race->id, &NONE, &challenge))
        g_atomic_int_inc(&race->winners);
    return NULL;
}

static void test_of_many_nodes_one_takes_it(void **state)
{
    struct fixture *f = *state;
    const struct service_challenge challenge = asked(f, &NONE);
    struct race race = {f->service, challenge.id, 0};
    GThread *threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("race", run, &race);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    assert_int_equal(race.winners, 1);
}

static GArray *frames_from(guint8 first, guint n)
{
    GArray *frames = g_array_new(FALSE, TRUE, sizeof(struct recognise_challenge_frame));

    g_array_set_size(frames, n);
    for (guint i = 0; i < n; i++)
        g_array_index(frames, struct recognise_challenge_frame, i).fingerprint[0] =
            (guint8)(first + i);
    return frames;
}

static bool again(struct fixture *f, const struct base_uuid *id, GArray *frames)
{
    bool seen = false;
    GError *error = NULL;

    assert_true(service_challenge_remember(f->service, id, frames, &seen, &error));
    assert_no_error(error);
    g_array_unref(frames);
    return seen;
}

static void test_frames_of_another_answer_are_noticed_for_a_day(void **state)
{
    struct fixture *f = *state;
    const struct service_challenge first = asked(f, &NONE);
    const struct service_challenge second = asked(f, &NONE);
    GArray *copies = frames_from(1, 3);
    gint64 removed = 0;
    GError *error = NULL;

    g_array_append_vals(copies, copies->data, 1);
    assert_false(again(f, &first.id, copies));
    assert_true(again(f, &second.id, frames_from(3, 3)));
    assert_true(service_challenges_expire(f->service, &removed, &error));
    assert_int_equal(removed, 0);
    change(f, "created_at", &first.id, base_time_now() - 25 * 3600 * BASE_TIME_SECOND);
    assert_true(service_challenges_expire(f->service, &removed, &error));
    assert_int_equal(fixture_count(f, "SELECT COUNT(*) FROM challenge_frames"), 2);
    const struct service_challenge third = asked(f, &NONE);
    assert_false(again(f, &third.id, frames_from(1, 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_answered_once_in_its_time_for_what_it_was_asked),
        cmocka_unit_test(test_of_many_nodes_one_takes_it),
        cmocka_unit_test(test_frames_of_another_answer_are_noticed_for_a_day),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
