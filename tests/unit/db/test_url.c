/* URLs of database servers. */
#include "../unit.h"

#include "db/db.h"
#include "db/url.h"

static void test_every_part(void **state)
{
    (void)state;
    struct db_url url;
    GError *error = NULL;

    assert_true(db_url_parse("//presente:p%40s%2Fs@db.example.edu:5433/main%20one?tls=verify"
                             "&ca=%2Fetc%2Fca.pem&cert=c&key=k&connect_timeout=3"
                             "&statement_timeout=60",
                             &url, &error));
    assert_no_error(error);
    assert_string_equal(url.user, "presente");
    assert_string_equal(url.password, "p@s/s");
    assert_string_equal(url.host, "db.example.edu");
    assert_int_equal(url.port, 5433);
    assert_string_equal(url.database, "main one");
    assert_int_equal(url.tls, DB_TLS_VERIFY);
    assert_string_equal(url.ca, "/etc/ca.pem");
    assert_string_equal(url.cert, "c");
    assert_string_equal(url.key, "k");
    assert_int_equal(url.connect_seconds, 3);
    assert_int_equal(url.statement_seconds, 60);
    db_url_clear(&url);
    assert_null(url.host);
}

/* A password that nobody has encoded, an IPv6 address, a local socket. */
static void test_other_forms(void **state)
{
    (void)state;
    struct db_url url;
    GError *error = NULL;

    assert_true(db_url_parse("//u:a@b:c@h/d", &url, &error));
    assert_string_equal(url.user, "u");
    assert_string_equal(url.password, "a@b:c");
    assert_string_equal(url.host, "h");
    assert_int_equal(url.port, 0);
    db_url_clear(&url);

    assert_true(db_url_parse("//u@[2001:db8::1]:99/d", &url, &error));
    assert_null(url.password);
    assert_string_equal(url.host, "2001:db8::1");
    assert_int_equal(url.port, 99);
    db_url_clear(&url);

    assert_true(db_url_parse("///d?socket=/run/postgresql", &url, &error));
    assert_null(url.user);
    assert_null(url.host);
    assert_string_equal(url.socket, "/run/postgresql");
    assert_int_equal(url.tls, DB_TLS_OFF);
    db_url_clear(&url);
}

static void test_encryption_is_verified_unless_near_or_told(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        enum db_tls tls;
    } CASES[] = {
        {"//h/d", DB_TLS_VERIFY},
        {"//10.0.0.1/d", DB_TLS_VERIFY},
        {"//localhost/d", DB_TLS_OFF},
        {"//127.0.0.1/d", DB_TLS_OFF},
        {"//[::1]/d", DB_TLS_OFF},
        {"//127.0.0.1/d?tls=prefer", DB_TLS_PREFER},
        {"//127.example.org/d", DB_TLS_VERIFY},
        {"//localhost/d?ca=x", DB_TLS_VERIFY},
        {"//h/d?tls=off", DB_TLS_OFF},
        {"//h/d?sslmode=require", DB_TLS_REQUIRE},
        {"//h/d?ssl-mode=REQUIRED", DB_TLS_REQUIRE},
        {"//h/d?ssl-mode=VERIFY_IDENTITY", DB_TLS_VERIFY},
        {"//h/d?sslmode=verify-ca&sslrootcert=x", DB_TLS_VERIFY},
        {"//localhost/d?tls=verify", DB_TLS_VERIFY},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct db_url url;
        GError *error = NULL;

        assert_true(db_url_parse(CASES[i].address, &url, &error));
        if (url.tls != CASES[i].tls)
            fail_msg("%s: %d", CASES[i].address, (int)url.tls);
        assert_true(url.tls != DB_TLS_VERIFY || url.ca);
        db_url_clear(&url);
    }
}

static void test_nonsense_is_refused_without_the_password(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "",
        "x",
        "//",
        "//secret@h",
        "//u:secret@h/",
        "//u:secret@h/a/b",
        "//u:secret@h:0/d",
        "//u:secret@h:65536/d",
        "//u:secret@h:/d",
        "//u:secret@h:12x/d",
        "//u:secret@[::1/d",
        "//u:secret@[::1]x/d",
        "//u:secret%@h/d",
        "//u:secret%00x@h/d",
        "//u:secret%ff@h/d",
        "//u:secret@h/d?tls=maybe",
        "//u:secret@h/d?tls",
        "//u:secret@h/d?password=secret",
        "//u:secret@h/d?connect_timeout=0",
        "//u:secret@h/d?connect_timeout=-1",
        "//u:secret@h/d?statement_timeout=soon",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
        struct db_url url;
        GError *error = NULL;

        if (db_url_parse(BAD[i], &url, &error))
            fail_msg("%s was understood", BAD[i]);
        assert_null(strstr(error->message, "secret"));
        assert_base_error(error, BASE_ERROR_UNSUPPORTED);
    }
}

static void test_display_hides_the_password(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"sqlite:data/presente.db", "sqlite:data/presente.db"},
        {"postgresql://u:secret@h/d?tls=off", "postgresql://u:***@h/d?tls=off"},
        {"mariadb://u:sec@ret:x@h:3306/d", "mariadb://u:***@h:3306/d"},
        {"mysql://u:sec/ret@h/d", "mysql://u:***@h/d"},
        {"postgresql://u@h/d", "postgresql://u@h/d"},
        {"postgresql://h:5432/d", "postgresql://h:5432/d"},
        {"postgresql://h/d?user=u&password=secret&tls=off",
         "postgresql://h/d?user=u&password=***&tls=off"},
        {"sqlite:a:b@c", "sqlite:a:b@c"},
        {"file:a@b", "file:a@b"},
        /* Slips of the pen. */
        {"postgresql:/u:secret@h/d", "postgresql:***@h/d"},
        {"mysql:u:secret@h/d", "mysql:***@h/d"},
        {"u:secret@h/d", "u:***@h/d"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autofree char *shown = db_url_display(CASES[i][0]);
        assert_string_equal(shown, CASES[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_part),
        cmocka_unit_test(test_other_forms),
        cmocka_unit_test(test_encryption_is_verified_unless_near_or_told),
        cmocka_unit_test(test_nonsense_is_refused_without_the_password),
        cmocka_unit_test(test_display_hides_the_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
