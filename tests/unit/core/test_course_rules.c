/* The rules of a course, which session somebody is marked in, and when a picture was taken. */
#include "../unit.h"

#include "core/capture.h"
#include "core/rules.h"
#include "core/session_choice.h"

#include <math.h>
#include <string.h>

#define SECOND BASE_TIME_SECOND
#define MINUTE (60 * SECOND)
#define START (G_GINT64_CONSTANT(1773324000) * SECOND)
#define END (START + 60 * MINUTE)

static struct core_rules parsed(const char *text)
{
    struct core_rules rules;
    GError *error = NULL;

    core_rules_parse(text, &rules, &error);
    assert_no_error(error);
    return rules;
}

static void test_what_proves_that_somebody_is_there(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        bool doubt, passed, alternative;
        enum core_rules_proof proof;
    } CASES[] = {
        {"{}", false, false, false, CORE_RULES_PROOF_ENOUGH},
        {"{}", false, false, true, CORE_RULES_PROOF_ENOUGH},
        {"{}", true, false, false, CORE_RULES_PROOF_CHALLENGE},
        {"{}", true, false, true, CORE_RULES_PROOF_REVIEW},
        {"{}", true, true, false, CORE_RULES_PROOF_ENOUGH},
        {"{\"challenge\":\"always\"}", false, false, false, CORE_RULES_PROOF_CHALLENGE},
        {"{\"challenge\":\"always\"}", false, false, true, CORE_RULES_PROOF_REVIEW},
        {"{\"challenge\":\"always\"}", true, true, false, CORE_RULES_PROOF_ENOUGH},
        {"{\"challenge\":\"never\"}", false, false, false, CORE_RULES_PROOF_ENOUGH},
        {"{\"challenge\":\"never\"}", true, false, false, CORE_RULES_PROOF_REVIEW},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
        assert_int_equal(core_rules_proof(parsed(CASES[i].rules).challenge, CASES[i].doubt,
                                          CASES[i].passed, CASES[i].alternative),
                         CASES[i].proof);
}

static void test_defaults(void **state)
{
    (void)state;
    struct core_rules rules = parsed("{}"), same;

    core_rules_init(&same);
    assert_int_equal(rules.opens_before, 900);
    assert_int_equal(rules.present_until, 600);
    assert_int_equal(rules.late_until, 1800);
    assert_int_equal(rules.closes_after, 0);
    assert_int_equal(rules.scans, 1);
    assert_int_equal(rules.unmarked, CORE_RULES_UNMARKED_ABSENT);
    assert_int_equal(rules.statuses_n, CORE_STATUS_N);
    assert_int_equal(rules.excused, CORE_RULES_EXCUSED_OUT);
    assert_int_equal(rules.basis, CORE_RULES_BASIS_PAST);
    assert_true(rules.required_share > 0.79 && rules.required_share < 0.81);
    assert_int_equal(rules.warning_absences, 3);
    g_autoptr(json_t) a = core_rules_json(&rules);
    g_autoptr(json_t) b = core_rules_json(&same);
    assert_true(json_equal(a, b));
}

static void test_json_round_trip(void **state)
{
    (void)state;
    static const char TEXT[] =
        "{\"opens_before\":1,\"present_until\":2,\"late_until\":3,\"closes_after\":4,"
        "\"left_early\":5,\"scans\":2,\"minimum_presence\":0.25,\"left_early_code\":\"left\","
        "\"unmarked\":\"open\",\"excused\":\"present\",\"late_worth\":0.75,\"drop_worst\":2,"
        "\"basis\":\"term\",\"required_share\":0.7,\"warning_share\":0.9,\"warning_absences\":0,"
        "\"statuses\":[{\"code\":\"late\",\"name\":\"Tarde\",\"points\":0.4},"
        "{\"code\":\"left\",\"name\":\"  Se   fue  \",\"kind\":\"late\",\"points\":0.2},"
        "{\"code\":\"online\",\"kind\":\"present\",\"points\":null}]}";
    struct core_rules rules = parsed(TEXT);

    assert_int_equal(rules.statuses_n, 6);
    assert_string_equal(rules.statuses[CORE_STATUS_LATE].name, "Tarde");
    assert_string_equal(rules.statuses[4].name, "Se fue");
    assert_true(isnan(rules.statuses[5].points));
    g_autoptr(json_t) first = core_rules_json(&rules);
    g_autofree char *text = base_json_format(first);
    struct core_rules again = parsed(text);
    g_autoptr(json_t) second = core_rules_json(&again);
    assert_true(json_equal(first, second));
    assert_int_equal(again.unmarked, CORE_RULES_UNMARKED_OPEN);
    assert_int_equal(again.excused, CORE_RULES_EXCUSED_PRESENT);
    assert_int_equal(again.basis, CORE_RULES_BASIS_TERM);
    assert_int_equal(again.warning_absences, 0);
}

/* Every bad member is named, and the rules stay as they were. */
static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *named;
    } CASES[] = {
        {"[]", "object"},
        {"{", "JSON"},
        {"{\"opens\":1}", "opens"},
        {"{\"opens_before\":-1}", "opens_before"},
        {"{\"opens_before\":43201}", "opens_before"},
        {"{\"opens_before\":1.5}", "opens_before"},
        {"{\"opens_before\":null}", "opens_before"},
        {"{\"present_until\":86401}", "present_until"},
        {"{\"present_until\":1801}", "late_until"},
        {"{\"late_until\":-1}", "late_until"},
        {"{\"late_until\":599}", "late_until"},
        {"{\"closes_after\":86401}", "closes_after"},
        {"{\"left_early\":-1}", "left_early"},
        {"{\"scans\":0}", "scans"},
        {"{\"scans\":3}", "scans"},
        {"{\"minimum_presence\":1.01}", "minimum_presence"},
        {"{\"minimum_presence\":\"1\"}", "minimum_presence"},
        {"{\"left_early_code\":\"gone\"}", "left_early_code"},
        {"{\"left_early_code\":\"a code that is far too long\"}", "left_early_code"},
        {"{\"unmarked\":\"late\"}", "unmarked"},
        {"{\"unmarked\":7}", "unmarked"},
        {"{\"excused\":\"maybe\"}", "excused"},
        {"{\"late_worth\":-0.1}", "late_worth"},
        {"{\"drop_worst\":-1}", "drop_worst"},
        {"{\"basis\":\"year\"}", "basis"},
        {"{\"required_share\":80}", "required_share"},
        {"{\"warning_share\":-1}", "warning_share"},
        {"{\"warning_absences\":1001}", "warning_absences"},
        {"{\"statuses\":{}}", "statuses"},
        {"{\"statuses\":[1]}", "statuses"},
        {"{\"statuses\":[{}]}", "statuses: code"},
        {"{\"statuses\":[{\"code\":\"x\"}]}", "statuses.kind"},
        {"{\"statuses\":[{\"code\":\"x\",\"kind\":\"sick\"}]}", "statuses.kind"},
        {"{\"statuses\":[{\"code\":\"\",\"kind\":\"late\"}]}", "statuses.code"},
        {"{\"statuses\":[{\"code\":\"X\",\"kind\":\"late\"}]}", "statuses.code"},
        {"{\"statuses\":[{\"code\":\"12345678901234567\",\"kind\":\"late\"}]}", "statuses.code"},
        {"{\"statuses\":[{\"code\":\"x\",\"kind\":\"late\"},{\"code\":\"x\",\"kind\":\"late\"}]}",
         "statuses.code"},
        {"{\"statuses\":[{\"code\":\"late\"},{\"code\":\"late\"}]}", "statuses.code"},
        {"{\"statuses\":[{\"code\":\"late\",\"kind\":\"present\"}]}", "statuses.kind"},
        {"{\"statuses\":[{\"code\":\"x\",\"kind\":\"late\",\"points\":2}]}", "statuses.points"},
        {"{\"statuses\":[{\"code\":\"x\",\"kind\":\"late\",\"name\":\"a\\nb\\u0001\"}]}",
         "statuses.name"},
        {"{\"statuses\":[{\"code\":\"x\",\"kind\":\"late\",\"colour\":1}]}", "colour"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct core_rules rules = {.opens_before = 77};
        g_autoptr(GError) error = NULL;
        if (core_rules_parse(CASES[i].text, &rules, &error))
            fail_msg("%s was accepted", CASES[i].text);
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
        if (!strstr(error->message, CASES[i].named))
            fail_msg("%s: \"%s\" does not name %s", CASES[i].text, error->message, CASES[i].named);
        assert_int_equal(rules.opens_before, 77);
    }
}

static void test_at_most_sixteen_statuses(void **state)
{
    (void)state;
    for (int own = 12; own <= 13; own++) {
        g_autoptr(GString) text = g_string_new("{\"statuses\":[");
        for (int i = 0; i < own; i++)
            g_string_append_printf(text, "%s{\"code\":\"s%d\",\"kind\":\"late\"}", i ? "," : "", i);
        g_string_append(text, "]}");
        struct core_rules rules;
        g_autoptr(GError) error = NULL;
        assert_int_equal(core_rules_parse(text->str, &rules, &error), own == 12);
    }
}

static void test_window_and_arrival_to_the_microsecond(void **state)
{
    (void)state;
    struct core_rules rules = parsed("{\"closes_after\":300}");
    base_time opens, closes;

    core_rules_window(&rules, START, END, &opens, &closes);
    assert_true(opens == START - 15 * MINUTE);
    assert_true(closes == END + 5 * MINUTE);
    const struct {
        base_time at;
        enum core_status status;
    } CASES[] = {
        {START - 15 * MINUTE, CORE_STATUS_PRESENT},
        {START, CORE_STATUS_PRESENT},
        {START + 10 * MINUTE, CORE_STATUS_PRESENT},
        {START + 10 * MINUTE + 1, CORE_STATUS_LATE},
        {START + 30 * MINUTE, CORE_STATUS_LATE},
        {START + 30 * MINUTE + 1, CORE_STATUS_ABSENT},
        {END, CORE_STATUS_ABSENT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        assert_int_equal(core_rules_arrival(&rules, START, CASES[i].at), CASES[i].status);
}

static void test_two_scans(void **state)
{
    (void)state;
    struct core_rules rules =
        parsed("{\"scans\":2,\"minimum_presence\":0.5,\"left_early\":600,\"left_early_code\":"
               "\"left\",\"statuses\":[{\"code\":\"left\",\"kind\":\"late\"}]}");
    const struct {
        base_time first, last;
        enum core_status status;
        const char *code;
    } CASES[] = {
        {START, END, CORE_STATUS_PRESENT, ""},
        {START, START, CORE_STATUS_ABSENT, ""},
        {START, START + 30 * MINUTE - 1, CORE_STATUS_ABSENT, ""},
        {START, START + 30 * MINUTE, CORE_STATUS_LATE, "left"},
        {START, END - 10 * MINUTE - 1, CORE_STATUS_LATE, "left"},
        {START, END - 10 * MINUTE, CORE_STATUS_PRESENT, ""},
        {START - 15 * MINUTE, START + 29 * MINUTE, CORE_STATUS_ABSENT, ""}, /* before it: nothing */
        {START + 20 * MINUTE, END, CORE_STATUS_LATE, ""},
        {START + 20 * MINUTE, START + 50 * MINUTE, CORE_STATUS_LATE, ""},
        {START + 10 * MINUTE + 1, START + 45 * MINUTE, CORE_STATUS_LATE, "left"},
        {START + 31 * MINUTE, END, CORE_STATUS_ABSENT, ""},
        {START, END + 3 * MINUTE, CORE_STATUS_PRESENT, ""},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        char code[CORE_RULES_CODE_SIZE] = "?";
        enum core_status status =
            core_rules_presence(&rules, START, END, CASES[i].first, CASES[i].last, code);
        if (status != CASES[i].status || strcmp(code, CASES[i].code) != 0)
            fail_msg("case %zu: %s \"%s\"", i, core_status_name(status), code);
    }
    /* Leaving early makes nobody's lateness better. */
    rules.statuses[4].kind = CORE_STATUS_PRESENT;
    char code[CORE_RULES_CODE_SIZE];
    assert_int_equal(core_rules_presence(&rules, START, END, START + 20 * MINUTE,
                                         START + 49 * MINUTE + 59 * SECOND, code),
                     CORE_STATUS_ABSENT);
    rules.minimum_presence = 0;
    assert_int_equal(
        core_rules_presence(&rules, START, END, START + 20 * MINUTE, START + 40 * MINUTE, code),
        CORE_STATUS_LATE);
    assert_string_equal(code, "");
    /* One of the four is no status of the site's own. */
    g_strlcpy(rules.left_early_code, "late", sizeof rules.left_early_code);
    assert_int_equal(core_rules_presence(&rules, START, END, START, START + 40 * MINUTE, code),
                     CORE_STATUS_LATE);
    assert_string_equal(code, "");
    rules.scans = 1;
    assert_int_equal(core_rules_presence(&rules, START, END, START, START, code),
                     CORE_STATUS_PRESENT);
}

static void test_points(void **state)
{
    (void)state;
    struct core_rules rules =
        parsed("{\"statuses\":[{\"code\":\"online\",\"kind\":\"present\",\"points\":0.8},"
               "{\"code\":\"bus\",\"kind\":\"late\"},"
               "{\"code\":\"sick\",\"kind\":\"excused\",\"points\":1}]}");
    const struct {
        enum core_status status;
        const char *code;
        double points;
    } CASES[] = {
        {CORE_STATUS_PRESENT, NULL, 1},     {CORE_STATUS_LATE, NULL, 0.5},
        {CORE_STATUS_ABSENT, NULL, 0},      {CORE_STATUS_PRESENT, "online", 0.8},
        {CORE_STATUS_LATE, "bus", 0.5},     {CORE_STATUS_EXCUSED, "sick", 1},
        {CORE_STATUS_LATE, "unknown", 0.5}, {CORE_STATUS_ABSENT, "online", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        assert_true(fabs(core_rules_points(&rules, CASES[i].status, CASES[i].code) -
                         CASES[i].points) < 1e-9);
    assert_true(isnan(core_rules_points(&rules, CORE_STATUS_EXCUSED, NULL)));
    rules.excused = CORE_RULES_EXCUSED_PRESENT;
    assert_true(core_rules_points(&rules, CORE_STATUS_EXCUSED, NULL) > 0.99);
    rules.excused = CORE_RULES_EXCUSED_ABSENT;
    assert_true(core_rules_points(&rules, CORE_STATUS_EXCUSED, NULL) < 0.01);
    assert_null(core_rules_status_find(&rules, NULL));
    assert_null(core_rules_status_find(&rules, "nope"));
}

/* ---- which session ---- */

/* Hours and minutes after START; the window is 15 minutes before to the end and 15 after. */
static struct core_session_candidate candidate(int from, int to, bool marked)
{
    return (struct core_session_candidate){
        .starts_at = START + from * MINUTE,
        .ends_at = START + to * MINUTE,
        .opens_at = START + (from - 15) * MINUTE,
        .closes_at = START + (to + 15) * MINUTE,
        .marked = marked,
    };
}

static void test_which_session(void **state)
{
    (void)state;
    const struct {
        struct core_session_candidate candidates[3];
        size_t n;
        base_time at;
        size_t chosen;
    } CASES[] = {
        {{{0}}, 0, START, 0},
        {{candidate(0, 60, false)}, 1, START - 15 * MINUTE, 0},
        {{candidate(0, 60, false)}, 1, START - 15 * MINUTE - 1, 1},
        {{candidate(0, 60, false)}, 1, START + 75 * MINUTE, 0},
        {{candidate(0, 60, false)}, 1, START + 75 * MINUTE + 1, 1},
        /* A running one, marked or not, beats one about to begin. */
        {{candidate(60, 120, false), candidate(0, 60, true)}, 2, START + 50 * MINUTE, 1},
        /* At the last instant of one and the first of the other both run: the one without a mark.
         */
        {{candidate(0, 60, true), candidate(60, 120, false)}, 2, START + 60 * MINUTE, 1},
        /* About to begin beats over. */
        {{candidate(0, 60, false), candidate(70, 120, false)}, 2, START + 65 * MINUTE, 1},
        /* Both run, neither is marked: the nearest start. */
        {{candidate(0, 60, false), candidate(30, 90, false)}, 2, START + 40 * MINUTE, 1},
        {{candidate(0, 60, false), candidate(30, 90, false)}, 2, START + 30 * MINUTE, 1},
        {{candidate(30, 90, true), candidate(0, 60, false)}, 2, START + 40 * MINUTE, 1},
        /* As near on both sides cannot be while both run; alike in all: the first of the list. */
        {{candidate(0, 60, false), candidate(0, 90, false)}, 2, START, 0},
        {{candidate(0, 20, false), candidate(2, 20, false), candidate(1, 20, true)},
         3,
         START + MINUTE,
         0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        size_t chosen = core_session_choose(CASES[i].candidates, CASES[i].n, CASES[i].at);
        if (chosen != CASES[i].chosen)
            fail_msg("case %zu: %zu", i, chosen);
    }
}

static void test_when_a_picture_was_taken(void **state)
{
    (void)state;
    const base_time now = START, hour = 60 * MINUTE;
    const struct {
        base_time captured, sent, allowance, instant;
        enum core_time_source source;
    } CASES[] = {
        {0, 0, CORE_CAPTURE_ANYBODY, now, CORE_TIME_SOURCE_ARRIVAL},
        {now - 5, 0, CORE_CAPTURE_ANYBODY, now, CORE_TIME_SOURCE_ARRIVAL},
        {0, now, CORE_CAPTURE_ANYBODY, now, CORE_TIME_SOURCE_ARRIVAL},
        {now - MINUTE, now, CORE_CAPTURE_ANYBODY, now - MINUTE, CORE_TIME_SOURCE_DEVICE},
        /* A clock that is years off tells an age as well. */
        {hour, hour + 2 * MINUTE, CORE_CAPTURE_ANYBODY, now - 2 * MINUTE, CORE_TIME_SOURCE_DEVICE},
        {hour, hour + 2 * MINUTE + 1, CORE_CAPTURE_ANYBODY, now, CORE_TIME_SOURCE_ARRIVAL},
        {now + hour, now + hour, CORE_CAPTURE_ANYBODY, now, CORE_TIME_SOURCE_DEVICE},
        {now + 1, now, CORE_CAPTURE_STAFF, now, CORE_TIME_SOURCE_ARRIVAL},
        {now - 24 * hour, now, CORE_CAPTURE_STAFF, now - 24 * hour, CORE_TIME_SOURCE_DEVICE},
        {now - 24 * hour - 1, now, CORE_CAPTURE_STAFF, now, CORE_TIME_SOURCE_ARRIVAL},
        {G_MININT64, G_MAXINT64, CORE_CAPTURE_STAFF, now, CORE_TIME_SOURCE_ARRIVAL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        enum core_time_source source;
        base_time instant = core_capture_instant(now, CASES[i].captured, CASES[i].sent,
                                                 CASES[i].allowance, &source);
        if (instant != CASES[i].instant || source != CASES[i].source)
            fail_msg("case %zu: %" G_GINT64_FORMAT " %s", i, instant - now,
                     core_time_source_name(source));
    }
    assert_null(core_time_source_name(CORE_TIME_SOURCE_N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_json_round_trip),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_at_most_sixteen_statuses),
        cmocka_unit_test(test_window_and_arrival_to_the_microsecond),
        cmocka_unit_test(test_two_scans),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_what_proves_that_somebody_is_there),
        cmocka_unit_test(test_which_session),
        cmocka_unit_test(test_when_a_picture_was_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
