#include "../unit.h"

#include "base/error.h"
#include "core/webhook.h"

#include <string.h>

/* The example of the specification; the digest was reckoned with another implementation of HMAC. */
static void test_sign_is_that_of_the_specification(void **state)
{
    static const char BODY[] = "{\"test\": 2432232314}";
    g_autoptr(GError) error = NULL;
    g_autofree char *signature =
        core_webhook_sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                          1614265330, BODY, strlen(BODY), &error);

    (void)state;
    assert_no_error(error);
    assert_string_equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void test_sign_refuses_what_is_no_secret(void **state)
{
    static const char *const DAMAGED[] = {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(DAMAGED); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(core_webhook_sign(DAMAGED[i], "id", 1, "", 0, &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_CORRUPT));
    }
}

static void test_secrets_differ_and_sign(void **state)
{
    g_autofree char *one = core_webhook_secret_new(NULL);
    g_autofree char *other = core_webhook_secret_new(NULL);
    g_autofree char *by_one = core_webhook_sign(one, "id", 1, "body", 4, NULL);
    g_autofree char *by_other = core_webhook_sign(other, "id", 1, "body", 4, NULL);

    (void)state;
    assert_non_null(by_one);
    assert_non_null(by_other);
    assert_string_not_equal(by_one, by_other);
}

static void test_events_survive_being_stored(void **state)
{
    const guint events =
        CORE_WEBHOOK_BIT(CORE_WEBHOOK_MARKED) | CORE_WEBHOOK_BIT(CORE_WEBHOOK_DISPUTE_SETTLED);
    g_autofree char *names = core_webhook_events_format(events);

    (void)state;
    assert_string_equal(names, "attendance.marked,dispute.settled");
    assert_int_equal(core_webhook_events_parse(names), events);
    assert_int_equal(core_webhook_events_parse("attendance.marked,of.a.later.version"),
                     CORE_WEBHOOK_BIT(CORE_WEBHOOK_MARKED));
    assert_int_equal(core_webhook_events_parse(NULL), 0);
}

static void test_urls(void **state)
{
    static const char *const GOOD[] = {
        "https://lms.uni.mx/hooks/presente?site=1",
        "http://127.0.0.1:8080/",
        "https://[2001:db8::1]/x",
    };
    static const char *const BAD[] = {
        "",
        "lms.uni.mx/hook",
        "ftp://lms.uni.mx/hook",
        "https://",
        "https:///hook",
        "https://user:secret@lms.uni.mx/",
        "https://user@lms.uni.mx/",
        "https://lms.uni.mx/#part",
        "https://lms.uni.mx/a b",
        "https://lms.uni.mx/\r\nX-Header: 1",
        "https://universität.example/",
    };
    g_autofree char *long_url = g_strdup_printf("https://lms.uni.mx/%02000d", 0);

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++)
        assert_true(core_webhook_url_check(GOOD[i], NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(core_webhook_url_check(BAD[i], &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
        assert_true(g_str_has_prefix(error->message, "url "));
    }
    assert_false(core_webhook_url_check(long_url, NULL));
    assert_false(core_webhook_url_check(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_is_that_of_the_specification),
        cmocka_unit_test(test_sign_refuses_what_is_no_secret),
        cmocka_unit_test(test_secrets_differ_and_sign),
        cmocka_unit_test(test_events_survive_being_stored),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
