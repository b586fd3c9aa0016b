#include "../unit.h"

#include "base/csv.h"

#include <string.h>

/* All records as "1:a|b;2:c": line and fields; an error as "!line: message". */
static char *read_all(const char *text, gsize size, const struct base_csv_options *options)
{
    g_autoptr(base_csv) csv = base_csv_create_bytes(text, size, options);
    g_autoptr(GError) error = NULL;
    GString *all = g_string_new(NULL);

    while (base_csv_next(csv, &error)) {
        g_string_append_printf(all, "%s%" G_GINT64_FORMAT ":", all->len ? ";" : "",
                               base_csv_line(csv));
        for (guint i = 0; i < base_csv_columns(csv); i++)
            g_string_append_printf(all, "%s%s", i ? "|" : "", base_csv_field(csv, i));
    }
    if (error)
        g_string_append_printf(all, "!%" G_GINT64_FORMAT " %d", base_csv_line(csv), error->code);
    return g_string_free(all, FALSE);
}

static void expect(const char *text, const char *expected)
{
    g_autofree char *all = read_all(text, strlen(text), NULL);

    assert_string_equal(all, expected);
}

static void records_follow_the_rfc(void **state)
{
    (void)state;
    expect("", "");
    expect("a,b\r\nc,d\r\n", "1:a|b;2:c|d");
    expect("a,b\nc,d", "1:a|b;2:c|d");
    expect("a,\n,b,", "1:a|;2:|b|");
    expect("\"a\"\"b\",\"c,d\"\n", "1:a\"b|c,d");
    expect("\"one\r\ntwo\",x\nnext,y\n", "1:one\r\ntwo|x;3:next|y");
    expect("a b, c\n\n\r\nd\n", "1:a b| c;4:d");
    expect("\"\",x\n", "1:|x");
}

static void separators_are_found_out(void **state)
{
    (void)state;
    expect("a;b;c\n1,5;2;3\n", "1:a|b|c;2:1,5|2|3");
    expect("a\tb\n", "1:a|b");
    expect("\"x;y;z\",b\n", "1:x;y;z|b");
    expect("\xEF\xBB\xBF"
           "\"n\";b\n",
           "1:n|b");
    const struct base_csv_options semicolon = {.separator = ';'};
    g_autofree char *all = read_all("a,b,c;d\n", 8, &semicolon);
    assert_string_equal(all, "1:a,b,c|d");
}

static void what_is_no_csv_is_refused_with_its_line(void **state)
{
    (void)state;
    expect("a,b\nc\"d,e\n", "1:a|b!2 1");
    expect("a,b\n\"c\"d,e\n", "1:a|b!2 1");
    expect("a,b\n1,2\n\"c,d\n\ne,f\n", "1:a|b;2:1|2!3 1");
    expect("a\rb\n", "!1 1");
    expect("a\nb\r", "1:a!2 1");
    expect("a,b\nc,\xE9\n", "1:a|b!2 1");
    expect("\xFF\xFE"
           "a\n",
           "!1 1");
    g_autofree char *nul = read_all("a\nb\0c\n", 6, NULL);
    assert_string_equal(nul, "1:a!2 1");
}

static void older_encodings_are_read_when_asked_for(void **state)
{
    (void)state;
    const struct base_csv_options latin = {.encoding = BASE_CSV_ISO_8859_1};
    const struct base_csv_options windows = {.encoding = BASE_CSV_WINDOWS_1252};
    g_autofree char *name = read_all("Jos\xE9,\xD1\n", 7, &latin);
    g_autofree char *quotes = read_all("\x93Jos\xE9\x94\n", 7, &windows);
    g_autofree char *hole = read_all("a\n\x81\n", 4, &windows);
    g_autofree char *marked = read_all("\xEF\xBB\xBF\xC3\xA9\n", 6, &latin);

    assert_string_equal(name, "1:José|Ñ");
    assert_string_equal(quotes, "1:“José”");
    assert_string_equal(hole, "1:a!2 1");
    assert_string_equal(marked, "1:é");
}

static void limits_hold(void **state)
{
    (void)state;
    const struct base_csv_options few = {.columns_max = 2};
    const struct base_csv_options narrow = {.field_max = 3};
    const struct base_csv_options small = {.size_max = 7};
    g_autofree char *columns = read_all("a,b\nc,d,e\n", 10, &few);
    g_autofree char *field = read_all("abc\nabcd\n", 9, &narrow);
    g_autofree char *size = read_all("abc\nabcd\n", 9, &small);

    assert_string_equal(columns, "1:a|b!2 6");
    assert_string_equal(field, "1:abc!2 6");
    assert_string_equal(size, "!1 6");
}

/* What a broken or hostile megabyte is made of: each is refused before it was all looked at. */
static void a_hostile_megabyte_is_refused(void **state)
{
    (void)state;
    static const char BYTES[] = {'"', ',', 'a', '\r', '\0', '\xC3'};

    for (gsize i = 0; i < sizeof BYTES; i++) {
        g_autofree char *megabyte = g_malloc(1 << 20);
        memset(megabyte, BYTES[i], 1 << 20);
        megabyte[(1 << 20) - 1] = i == 0 ? 'x' : BYTES[i];
        g_autofree char *all = read_all(megabyte, 1 << 20, NULL);
        assert_non_null(strstr(all, "!1 "));
    }
}

/* One byte at a time, so that every state meets the end of the buffer. */
static gssize trickle(void *buffer, gsize size, gpointer data, GError **error)
{
    const char **at = data;

    (void)size;
    (void)error;
    if (!**at)
        return 0;
    *(char *)buffer = *(*at)++;
    return 1;
}

static gssize broken(void *buffer, gsize size, gpointer data, GError **error)
{
    (void)buffer;
    (void)size;
    (void)data;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_IO, "gone");
    return -1;
}

static void sources_come_in_pieces_and_break(void **state)
{
    (void)state;
    const char *text = "a,\"b\r\nc\"\r\nd,e";
    g_autoptr(base_csv) csv = base_csv_create(trickle, &text, NULL);
    g_autoptr(base_csv) gone = base_csv_create(broken, NULL, NULL);
    GError *error = NULL;

    assert_true(base_csv_next(csv, &error));
    assert_string_equal(base_csv_field(csv, 1), "b\r\nc");
    assert_null(base_csv_field(csv, 2));
    assert_true(base_csv_next(csv, &error));
    assert_int_equal(base_csv_line(csv), 3);
    assert_false(base_csv_next(csv, &error));
    assert_no_error(error);
    assert_false(base_csv_next(gone, &error));
    assert_base_error(error, BASE_ERROR_IO);
    assert_false(base_csv_next(gone, &error));
    assert_no_error(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_follow_the_rfc),
        cmocka_unit_test(separators_are_found_out),
        cmocka_unit_test(what_is_no_csv_is_refused_with_its_line),
        cmocka_unit_test(older_encodings_are_read_when_asked_for),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(a_hostile_megabyte_is_refused),
        cmocka_unit_test(sources_come_in_pieces_and_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
