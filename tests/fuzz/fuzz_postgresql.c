/*
 * What the PostgreSQL driver takes apart: values in the server's binary formats (the first byte
 * chooses the type), and the text of a statement with `?` in it.
 */
#include "db/postgresql.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_value(Oid type, const uint8_t *data, size_t size)
{
    gint64 integer = 0;
    double real = 0;
    bool is_integer = postgresql_decode_int(type, data, size, &integer);
    bool is_real = postgresql_decode_real(type, data, size, &real);

    g_assert_true(!is_integer || is_real);
    g_assert_true(!is_integer || fabs(real - (double)integer) <= fabs(real) * 1e-14);
}

static void number(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    guint n, again, marks = 0;
    g_autofree char *numbered = postgresql_number_values(text, &n);

    for (const char *at = text; *at; at++)
        marks += *at == '?';
    g_assert_cmpuint(n, <=, marks);
    if (!numbered)
        return;
    /* Nothing is left to number, and nothing was lost. */
    g_assert_cmpuint(strlen(numbered), >=, strlen(text));
    g_autofree char *twice = postgresql_number_values(numbered, &again);
    g_assert_cmpuint(again, ==, 0);
    g_assert_cmpstr(twice, ==, numbered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const Oid TYPES[] = {16, 17, 20, 21, 23, 25, 26, 700, 701, 1114, 1184, 1700, 2950, 0};

    if (size > 0)
        read_value(TYPES[data[0] % G_N_ELEMENTS(TYPES)], data + 1, size - 1);
    number(data, size);
    return 0;
}
