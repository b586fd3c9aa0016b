/*
 * multipart/form-data: what is accepted, and that everything else is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "http/multipart.h"

#define TYPE "multipart/form-data; boundary=XX"
#define NAME "Content-Disposition: form-data; name=\"a\"\r\n"
#define FORM                                                                                       \
    "--XX\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a;b.jpg\"\r\n"             \
    "Content-Type: image/jpeg\r\n\r\n\x00\xff\r\n--X\r\n"                                          \
    "\r\n--XX\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nsecond\r\n--XX--\r\n"

static struct http_multipart form;

static bool parse(const char *type, const void *body, size_t size, GError **error)
{
    /* A copy of the exact size, so that the sanitizer sees a read beyond it. */
    g_autofree char *copy = g_memdup2(body, size ? size : 1);
    return http_multipart_parse(type, copy, size, HTTP_MULTIPART_PARTS_MAX, &form, error);
}

static void test_parts(void **state)
{
    (void)state;
    static const char BODY[] = FORM;
    assert_true(http_multipart_parse(TYPE, BODY, sizeof BODY - 1, 8, &form, NULL));
    assert_int_equal(form.parts_n, 2);
    assert_true(http_slice_equal(form.parts[0].name, "image"));
    assert_true(http_slice_equal(form.parts[0].filename, "a;b.jpg"));
    assert_true(http_slice_equal(form.parts[0].type, "image/jpeg"));
    assert_int_equal(form.parts[0].data.size, 9);
    assert_memory_equal(form.parts[0].data.bytes, "\x00\xff\r\n--X\r\n", 9);
    assert_null(form.parts[1].filename.bytes);
    assert_null(form.parts[1].type.bytes);
    assert_true(http_slice_equal(form.parts[1].data, "second"));
    assert_ptr_equal(http_multipart_find(&form, "image"), &form.parts[0]);
    assert_null(http_multipart_find(&form, "imag"));
    g_autofree char *copy = http_slice_dup(form.parts[1].data);
    assert_string_equal(copy, "second");
}

static const struct {
    const char *type;
    const char *body;
    bool good;
} CASES[] = {
    {TYPE, "--XX\r\n" NAME "\r\nv\r\n--XX--", true},
    {TYPE, "--XX\r\n" NAME "\r\nv\r\n--XX--\r\nepilogue", true},
    {TYPE, "preamble\r\n--XX\r\n" NAME "\r\nv\r\n--XX--", true},
    {TYPE, "--XX \t\r\n" NAME "\r\nv\r\n--XX-- \r\n", true},
    {TYPE, "--XX\r\n" NAME "\r\n\r\n--XX--", true},
    {TYPE, "--XX\r\n" NAME "\r\n--XX--", true},
    {TYPE, "--XX--\r\n", true},
    {TYPE, "--XX\r\ncontent-disposition:FORM-DATA;NAME=a\r\n\r\nv\r\n--XX--", true},
    {TYPE,
     "--XX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"; filename*=UTF-8''y\r\n"
     "\r\nv\r\n--XX--",
     true},
    {"Multipart/Form-Data; charset=utf-8; boundary=\"XX\"", "--XX\r\n" NAME "\r\nv\r\n--XX--",
     true},
    {"multipart/form-data", "--XX\r\n" NAME "\r\nv\r\n--XX--", false},
    {"multipart/mixed; boundary=XX", "--XX\r\n" NAME "\r\nv\r\n--XX--", false},
    {"multipart/form-data; boundary=", "--XX\r\n" NAME "\r\nv\r\n--XX--", false},
    {"multipart/form-data; boundary=XX; boundary=XX", "--XX\r\n" NAME "\r\nv\r\n--XX--", false},
    {"multipart/form-data; boundary=\"XX", "--XX\r\n" NAME "\r\nv\r\n--XX--", false},
    {"multipart/form-data; boundary=X{", "--X{\r\n" NAME "\r\nv\r\n--X{--", false},
    {"multipart/form-data; boundary=\"X \"", "--X \r\n" NAME "\r\nv\r\n--X --", false},
    {"multipart/form-data; boundary="
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "", false},
    {TYPE, "", false},
    {TYPE, "--XX", false},
    {TYPE, "--XX\r\n", false},
    {TYPE, "--XY\r\n" NAME "\r\nv\r\n--XY--", false},
    {TYPE, "--XX\r\n" NAME "\r\nv\r\n--XX", false},
    {TYPE, "--XX\r\n" NAME "\r\nv\r\n--XX-", false},
    {TYPE, "--XX\r\n" NAME "\r\nv\r\n--XX--x", false},
    {TYPE, "--XX\r\n" NAME "\r\nv--XX--", false},
    {TYPE, "--XX\n" NAME "\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"\n\nv\r\n--XX--", false},
    {TYPE, "--XX\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Type: a/b\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\n" NAME NAME "\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nv\r\n--XX--",
     false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition: form-data; name=\"a\x01\"\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\nContent-Disposition : form-data; name=\"a\"\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\n" NAME " folded\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\n" NAME "no colon\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\n" NAME "Content-Transfer-Encoding: base64\r\n\r\nv\r\n--XX--", false},
    {TYPE, "--XX\r\n" NAME "Content-Transfer-Encoding: binary\r\n\r\nv\r\n--XX--", true},
    {TYPE, "--XX\r\n" NAME "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\nv\r\n--XX--", false},
};

static void test_accepts_and_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        g_autoptr(GError) error = NULL;
        bool good = parse(CASES[i].type, CASES[i].body, strlen(CASES[i].body), &error);
        if (good != CASES[i].good)
            fail_msg("case %zu: %s", i, error ? error->message : "accepted");
        assert_true(good || g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    }
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    static const char BODY[] = FORM;
    size_t closed = sizeof BODY - 1 - 2; /* the last line end may be missing */
    for (size_t n = 0; n < closed; n++) {
        g_autoptr(GError) error = NULL;
        assert_false(parse(TYPE, BODY, n, &error));
        assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_INVALID));
    }
    assert_true(parse(TYPE, BODY, closed, NULL));
}

static void test_limits(void **state)
{
    (void)state;
    g_autoptr(GString) body = g_string_new(NULL);
    for (unsigned i = 0; i < 3; i++)
        g_string_append(body, "--XX\r\n" NAME "\r\nv\r\n");
    g_string_append(body, "--XX--");
    g_autoptr(GError) error = NULL;
    assert_true(http_multipart_parse(TYPE, body->str, body->len, 3, &form, NULL));
    assert_false(http_multipart_parse(TYPE, body->str, body->len, 2, &form, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_TOO_LARGE));
    g_clear_error(&error);

    g_autofree char *filler = g_strnfill(HTTP_MULTIPART_PART_HEAD_MAX, 'x');
    g_string_printf(body, "--XX\r\n" NAME "X: %s\r\n\r\nv\r\n--XX--", filler);
    assert_false(http_multipart_parse(TYPE, body->str, body->len, 2, &form, &error));
    assert_true(g_error_matches(error, BASE_ERROR, BASE_ERROR_TOO_LARGE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_accepts_and_refuses),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests_name("http multipart", tests, NULL, NULL);
}
