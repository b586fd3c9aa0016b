/* The chain of the audit log over a real database: what was changed behind our back is found, and
 * several nodes keep one chain. */
#include "fixture.h"

#include "../database.h"
#include "service/audit_chain.h"

#include <string.h>

static void run(struct fixture *fixture, const char *sql)
{
    g_autoptr(db_connection) connection = db_acquire(fixture->db, NULL);
    GError *error = NULL;
    gint64 changed = 0;

    db_execute(connection, &changed, &error, sql);
    if (error)
        fail_msg("%s: %s", sql, error->message);
    assert_true(changed > 0);
}

static void seal(struct fixture *fixture)
{
    GError *error = NULL;

    service_audit_seal(fixture->service, NULL, &error);
    assert_no_error(error);
}

/* The findings in one text. */
static char *verify(struct fixture *fixture, const struct core_audit_head *known,
                    struct service_audit_report *report)
{
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    service_audit_verify(fixture->service, &fixture->admin, known, report, findings, &error);
    assert_no_error(error);
    assert_int_equal(findings->len, report->findings);
    g_ptr_array_add(findings, NULL);
    return g_strjoinv("\n", (char **)findings->pdata);
}

static void assert_finds(struct fixture *fixture, const char *expected)
{
    struct service_audit_report report;
    g_autofree char *findings = verify(fixture, NULL, &report);

    if (strcmp(findings, expected) != 0)
        fail_msg("\"%s\" instead of \"%s\"", findings, expected);
}

/* Six entries at least, all of them chained. */
static int set_up(void **state)
{
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *fixture = *state;
    struct base_uuid group = fixture_group(fixture, "4B");
    struct base_uuid ana = fixture_user(fixture, "Ana", "ana@uni.edu", CORE_ROLE_STUDENT, &group);
    fixture_mark(fixture, &ana, "2026-03-12", CORE_STATUS_PRESENT);
    fixture_group(fixture, "4C");
    fixture_group(fixture, "4D");
    fixture_group(fixture, "4E");
    seal(fixture);
    return 0;
}

static void test_what_was_done_is_chained(void **state)
{
    struct fixture *fixture = *state;
    struct service_audit_report report;
    const gint64 entries = fixture_count(fixture, "SELECT COUNT(*) FROM audit_log");
    g_autofree char *sound = verify(fixture, NULL, &report);

    assert_string_equal(sound, "");
    assert_int_equal(report.entries, entries);
    assert_int_equal(report.head.position, entries);
    assert_int_equal(report.pending, 0);
    fixture_group(fixture, "5A");
    g_autofree char *waiting = verify(fixture, NULL, &report);
    assert_string_equal(waiting, "");
    assert_int_equal(report.pending, 1);
    seal(fixture);
    g_autofree char *done = verify(fixture, NULL, &report);
    assert_string_equal(done, "");
    assert_int_equal(report.pending, 0);
    assert_int_equal(report.head.position, entries + 1);

    GError *error = NULL;
    gint64 sealed = 7;
    assert_true(service_audit_seal(fixture->service, &sealed, &error));
    assert_int_equal(sealed, 0);
}

static void test_only_administrators_verify(void **state)
{
    struct fixture *fixture = *state;
    struct base_uuid id = fixture_user(fixture, "Tom", "tom@uni.edu", CORE_ROLE_TEACHER, NULL);
    struct service_identity teacher = fixture_identity(fixture, &id);
    struct service_audit_report report;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(g_free);
    GError *error = NULL;

    assert_false(service_audit_verify(fixture->service, &teacher, NULL, &report, findings, &error));
    assert_base_error(error, BASE_ERROR_FORBIDDEN);
}

static void test_a_changed_entry(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "UPDATE audit_log SET details = '{\"status\":\"late\"}' WHERE position = 3");
    assert_finds(fixture, "Entry 3 was changed: its hash is not that of what it says.");
}

static void test_a_removed_entry(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "DELETE FROM audit_log WHERE position = 3");
    assert_finds(fixture, "Entry 3 is missing.");
    run(fixture, "DELETE FROM audit_log WHERE position IN (1, 2)");
    assert_finds(fixture, "Entries 1 to 3 are missing.");
}

static void test_a_removed_end(void **state)
{
    struct fixture *fixture = *state;
    const gint64 last = fixture_count(fixture, "SELECT MAX(position) FROM audit_log");
    g_autofree char *sql = g_strdup_printf("DELETE FROM audit_log WHERE position = %d", (int)last);
    g_autofree char *missing = g_strdup_printf("Entry %d is missing.", (int)last);

    run(fixture, sql);
    assert_finds(fixture, missing);
    /* It is still found when the log has gone on. */
    fixture_group(fixture, "6A");
    seal(fixture);
    assert_finds(fixture, missing);
}

static void test_moved_entries(void **state)
{
    struct fixture *fixture = *state;

    run(fixture, "UPDATE audit_log SET position = 1000 WHERE position = 2");
    run(fixture, "UPDATE audit_log SET position = 2 WHERE position = 3");
    run(fixture, "UPDATE audit_log SET position = 3 WHERE position = 1000");
    assert_finds(fixture, "Entry 2 does not carry the hash of the entry before it.\n"
                          "Entry 3 does not carry the hash of the entry before it.\n"
                          "Entry 4 does not carry the hash of the entry before it.");
}

static void test_an_inserted_entry(void **state)
{
    struct fixture *fixture = *state;
    const gint64 last = fixture_count(fixture, "SELECT MAX(position) FROM audit_log");
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO audit_log (happened_at, action, subject, position, previous_hash, hash) "
        "SELECT happened_at, action, subject, %d, hash, previous_hash FROM audit_log "
        "WHERE position = %d",
        (int)last + 1, (int)last);
    g_autofree char *expected =
        g_strdup_printf("Entry %d was changed: its hash is not that of what it says.\n"
                        "Entries after %d were never chained by this program.",
                        (int)last + 1, (int)last);

    run(fixture, sql);
    assert_finds(fixture, expected);
}

/* Whoever can write to the database can make the whole chain anew; what was told elsewhere before
 * finds that. */
static void test_a_chain_made_anew(void **state)
{
    struct fixture *fixture = *state;
    struct service_audit_report report;
    g_autofree char *sound = verify(fixture, NULL, &report);
    const struct core_audit_head known = report.head;

    run(fixture, "UPDATE audit_log SET details = NULL, position = NULL, hash = NULL");
    run(fixture, "UPDATE counters SET value = 0 WHERE name = 'audit_position'");
    seal(fixture);
    assert_finds(fixture, "");
    g_autofree char *findings = verify(fixture, &known, &report);
    assert_non_null(strstr(findings, "at the time of the proof"));
}

/* ---- nodes ---- */

enum { NODES = 4, ROUNDS = 12 };

/* Writes and seals as another program would. */
static gpointer write_and_seal(gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_handle) db = db_open(data, NULL, &error);
    g_autoptr(db_connection) connection = db ? db_acquire(db, &error) : NULL;
    const struct core_audit entry = {
        .happened_at = 1, .action = (char *)"test", .subject = (char *)"node"};
    gint64 sealed;

    for (int i = 0; connection && i < ROUNDS; i++)
        if (!db_audit_append(connection, &entry, &error) ||
            !db_audit_seal(connection, 3, &sealed, &error))
            break;
    if (error)
        print_message("%s\n", error->message);
    return GINT_TO_POINTER(error == NULL);
}

static void test_several_nodes_keep_one_chain(void **state)
{
    struct fixture *fixture = *state;
    const gint64 before = fixture_count(fixture, "SELECT COUNT(*) FROM audit_log");
    GThread *threads[NODES];
    struct service_audit_report report;

    for (int i = 0; i < NODES; i++)
        threads[i] = g_thread_new("node", write_and_seal, fixture->url);
    for (int i = 0; i < NODES; i++)
        assert_true(GPOINTER_TO_INT(g_thread_join(threads[i])));
    seal(fixture);
    g_autofree char *findings = verify(fixture, NULL, &report);
    assert_string_equal(findings, "");
    assert_int_equal(report.entries, before + NODES * ROUNDS);
    assert_int_equal(report.head.position, report.entries);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_done_is_chained),
        TEST(test_only_administrators_verify),
        TEST(test_a_changed_entry),
        TEST(test_a_removed_entry),
        TEST(test_a_removed_end),
        TEST(test_moved_entries),
        TEST(test_an_inserted_entry),
        TEST(test_a_chain_made_anew),
        TEST(test_several_nodes_keep_one_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
