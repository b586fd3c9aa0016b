#include "../unit.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"

#include <string.h>

static void error_codes_all_have_a_name(void **state)
{
    (void)state;
    for (int code = 0; code < BASE_ERROR_N; code++)
        assert_true(strlen(base_error_name((enum base_error)code)) > 0);
    assert_string_equal(base_error_name((enum base_error)999), "internal");
}

static void uuid_new_is_version_7_and_grows(void **state)
{
    (void)state;
    struct base_uuid last = {0};

    for (int i = 0; i < 20000; i++) {
        struct base_uuid uuid;
        base_uuid_new(&uuid);
        assert_int_equal(uuid.bytes[6] >> 4, 7);
        assert_int_equal(uuid.bytes[8] >> 6, 2);
        assert_true(base_uuid_compare(&last, &uuid) < 0);
        last = uuid;
    }
}

static gpointer make_uuids(gpointer count)
{
    GArray *uuids = g_array_new(FALSE, FALSE, sizeof(struct base_uuid));

    for (int i = 0; i < GPOINTER_TO_INT(count); i++) {
        struct base_uuid uuid;
        base_uuid_new(&uuid);
        g_array_append_val(uuids, uuid);
    }
    return uuids;
}

static void uuid_new_is_unique_across_threads(void **state)
{
    (void)state;
    GThread *threads[4];
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("uuid", make_uuids, GINT_TO_POINTER(5000));
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_autoptr(GArray) uuids = g_thread_join(threads[i]);
        for (guint j = 0; j < uuids->len; j++)
            assert_true(g_hash_table_add(
                seen, g_memdup2(&g_array_index(uuids, struct base_uuid, j), BASE_UUID_SIZE)));
    }
    assert_int_equal(g_hash_table_size(seen), 20000);
}

static void uuid_text_round_trip(void **state)
{
    (void)state;
    const char *text = "0190163d-8694-739b-aea5-966c26f8ad91";
    char again[BASE_UUID_TEXT_SIZE];
    struct base_uuid uuid;

    assert_true(base_uuid_parse(text, &uuid));
    assert_string_equal(base_uuid_format(&uuid, again), text);
    assert_true(base_uuid_parse("0190163D-8694-739B-AEA5-966C26F8AD91", &uuid));
    assert_string_equal(base_uuid_format(&uuid, again), text);
    assert_false(base_uuid_is_nil(&uuid));
}

static void uuid_parse_refuses_other_text(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "0190163d",
        "0190163d-8694-739b-aea5-966c26f8ad9",
        "0190163d-8694-739b-aea5-966c26f8ad911",
        "0190163d8694739baea5966c26f8ad91",
        "{190163d-8694-739b-aea5-966c26f8ad91",
        "0190163g-8694-739b-aea5-966c26f8ad91",
        "0190163d-8694-739b-aea5_966c26f8ad91",
        "0190163-d8694-739b-aea5-966c26f8ad91",
    };
    struct base_uuid uuid = {{1}};

    assert_false(base_uuid_parse(NULL, &uuid));
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(base_uuid_parse(BAD[i], &uuid));
    assert_int_equal(uuid.bytes[0], 1);
}

static void time_formats_utc(void **state)
{
    (void)state;
    static const struct {
        base_time time;
        const char *text;
    } CASES[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {G_GINT64_CONSTANT(951782400) * BASE_TIME_SECOND, "2000-02-29T00:00:00Z"},
        {G_GINT64_CONSTANT(4107542399) * BASE_TIME_SECOND + 5, "2100-02-28T23:59:59.000005Z"},
        {G_MAXINT64, "9999-12-31T23:59:59.775807Z"},
    };
    char text[BASE_TIME_TEXT_SIZE];

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        assert_string_equal(base_time_format(CASES[i].time, text), CASES[i].text);
}

static void time_agrees_with_glib_on_every_day_of_a_few_centuries(void **state)
{
    (void)state;
    char text[BASE_TIME_TEXT_SIZE];

    for (gint64 day = -200 * 365; day < 400 * 365; day++) {
        gint64 seconds = day * 86400 + 43210;
        g_autoptr(GDateTime) reference = g_date_time_new_from_unix_utc(seconds);
        g_autofree char *expected = g_date_time_format(reference, "%Y-%m-%dT%H:%M:%SZ");
        assert_string_equal(base_time_format(seconds * BASE_TIME_SECOND, text), expected);
    }
}

static void time_formats_in_a_zone(void **state)
{
    (void)state;
    g_autoptr(GTimeZone) merida = g_time_zone_new_identifier("America/Merida");
    char text[BASE_TIME_TEXT_SIZE];
    base_time time;

    assert_non_null(merida);
    assert_true(base_time_parse("2026-03-12T14:58:03Z", &time));
    assert_string_equal(base_time_format_in(time, merida, text), "2026-03-12T08:58:03-06:00");
    assert_string_equal(base_time_format_in(time + 250, merida, text),
                        "2026-03-12T08:58:03.000250-06:00");
}

static void time_parses_rfc_3339_only(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "2026-03-12",
        "2026-03-12T08:58:03",
        "2026-W11-4T08:58:03Z",
        "yesterday",
        "2026-13-12T08:58:03Z",
        "2026-02-30T08:58:03Z",
        "2026-03-12T08:58:03+06",
        "2026-03-12T08:58:03.Z",
        "2026-03-12T08:58:03Z and more",
    };
    base_time time, other;

    assert_true(base_time_parse("2026-03-12T08:58:03-06:00", &time));
    assert_true(base_time_parse("2026-03-12t14:58:03z", &other));
    assert_int_equal(time, other);
    assert_true(base_time_parse("2026-03-12T14:58:03.000001Z", &other));
    assert_int_equal(other - time, 1);
    assert_false(base_time_parse(NULL, &time));
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++)
        assert_false(base_time_parse(BAD[i], &time));
}

static gpointer ask_the_time(gpointer data)
{
    *(base_time *)data = base_time_now();
    return NULL;
}

static void time_can_be_pretended_on_one_thread(void **state)
{
    base_time elsewhere = 0;

    (void)state;
    base_time_pretend(BASE_TIME_SECOND);
    g_thread_join(g_thread_new("asks", ask_the_time, &elsewhere));
    assert_int_equal(base_time_now(), BASE_TIME_SECOND);
    base_time_pretend(0);
    assert_true(elsewhere > BASE_TIME_SECOND);
    assert_true(base_time_now() >= elsewhere);
}

static void name_is_normalised(void **state)
{
    (void)state;
    GError *error = NULL;
    g_autofree char *name = base_text_name("  Jose\xCC\x81 \t Pe\xC3\xB1"
                                           "a ",
                                           "name", 120, &error);

    assert_no_error(error);
    assert_string_equal(name, "Jos\xC3\xA9 Pe\xC3\xB1"
                              "a");
}

static void name_refuses_what_cannot_be_a_name(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "   ", "a\xFF", "bell\x07", "right\xE2\x80\xAEleft", "abcdefghijk"};

    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        GError *error = NULL;
        assert_null(base_text_name(BAD[i], "name", 10, &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void key_ignores_case_and_accents(void **state)
{
    (void)state;
    g_autofree char *a = base_text_key("N\xC3\xBA\xC3\xB1"
                                       "ez \xC3\x81lvarez");
    g_autofree char *b = base_text_key("nunez ALVAREZ");

    assert_string_equal(a, b);
    assert_string_equal(a, "nunez alvarez");
}

static void email_is_normalised_or_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "ana",
        "ana@",
        "@uni.mx",
        "a..b@uni.mx",
        ".a@uni.mx",
        "a.@uni.mx",
        "a@uni",
        "a@-uni.mx",
        "a@uni-.mx",
        "a b@uni.mx",
        "a@uni..mx",
        "a@@uni.mx",
        "\"a\"@uni.mx",
        "a@[127.0.0.1]",
        "a\r\nBcc: b@uni.mx",
    };
    GError *error = NULL;
    g_autofree char *email = base_text_email(" Ana.Cauich+1@Correo.UADY.mx\n", &error);

    assert_no_error(error);
    assert_string_equal(email, "ana.cauich+1@correo.uady.mx");
    for (size_t i = 0; i < G_N_ELEMENTS(BAD); i++) {
        assert_null(base_text_email(BAD[i], &error));
        assert_base_error(error, BASE_ERROR_INVALID);
    }
}

static void email_domain_is_exact_or_below(void **state)
{
    (void)state;
    assert_true(base_text_email_in_domain("a@uady.mx", "uady.mx"));
    assert_false(base_text_email_in_domain("a@alumnos.uady.mx", "uady.mx"));
    assert_true(base_text_email_in_domain("a@alumnos.uady.mx", ".uady.mx"));
    assert_false(base_text_email_in_domain("a@uady.mx", ".uady.mx"));
    assert_false(base_text_email_in_domain("a@notuady.mx", "uady.mx"));
    assert_true(base_text_email_in_domain("a@any.org", ""));
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(base_text_distance("", ""), 0);
    assert_int_equal(base_text_distance("kitten", "sitting"), 3);
    assert_int_equal(base_text_distance("PRESENTE_LISTN", "PRESENTE_LISTEN"), 1);
}

static void index_is_where_a_text_stands(void **state)
{
    static const char *const names[] = {"present", "late", "absent"};

    (void)state;
    assert_int_equal(base_text_index(names, 3, "present"), 0);
    assert_int_equal(base_text_index(names, 3, "absent"), 2);
    assert_int_equal(base_text_index(names, 2, "absent"), -1);
    assert_int_equal(base_text_index(names, 3, "Late"), -1);
    assert_int_equal(base_text_index(names, 3, ""), -1);
    assert_int_equal(base_text_index(names, 3, NULL), -1);
}

static void the_first_error_stays(void **state)
{
    (void)state;
    GError *error = NULL;

    assert_false(base_fail(&error, BASE_ERROR_CONFLICT, "%d is %s", 3, "taken"));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_CONFLICT));
    assert_string_equal(error->message, "3 is taken");
    assert_false(base_fail(&error, BASE_ERROR_IO, "another"));
    assert_string_equal(error->message, "3 is taken");
    g_clear_error(&error);
    assert_false(base_fail(NULL, BASE_ERROR_IO, "nobody asks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_codes_all_have_a_name),
        cmocka_unit_test(uuid_new_is_version_7_and_grows),
        cmocka_unit_test(uuid_new_is_unique_across_threads),
        cmocka_unit_test(uuid_text_round_trip),
        cmocka_unit_test(uuid_parse_refuses_other_text),
        cmocka_unit_test(time_formats_utc),
        cmocka_unit_test(time_agrees_with_glib_on_every_day_of_a_few_centuries),
        cmocka_unit_test(time_formats_in_a_zone),
        cmocka_unit_test(time_parses_rfc_3339_only),
        cmocka_unit_test(time_can_be_pretended_on_one_thread),
        cmocka_unit_test(name_is_normalised),
        cmocka_unit_test(name_refuses_what_cannot_be_a_name),
        cmocka_unit_test(key_ignores_case_and_accents),
        cmocka_unit_test(email_is_normalised_or_refused),
        cmocka_unit_test(email_domain_is_exact_or_below),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(index_is_where_a_text_stands),
        cmocka_unit_test(the_first_error_stays),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
