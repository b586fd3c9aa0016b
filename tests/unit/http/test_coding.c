/* Which content coding a client gets, and what gzip makes of bytes. */
#include "../unit.h"

#include "http/coding.h"

#include <zlib.h>

#define WITHOUT_BROTLI (1u << HTTP_CODING_IDENTITY | 1u << HTTP_CODING_GZIP)
#define ALL (WITHOUT_BROTLI | 1u << HTTP_CODING_BROTLI)

static void weights_decide(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum http_coding coding;
    } CASES[] = {
        {NULL, HTTP_CODING_IDENTITY},
        {"", HTTP_CODING_IDENTITY},
        {"gzip", HTTP_CODING_GZIP},
        {"GZIP", HTTP_CODING_GZIP},
        {"x-gzip", HTTP_CODING_GZIP},
        {"gzip, deflate, br, zstd", HTTP_CODING_GZIP},
        {"br;q=1.0, gzip;q=0.8, *;q=0.1", HTTP_CODING_GZIP},
        {"deflate, br", HTTP_CODING_IDENTITY},
        {"*", HTTP_CODING_GZIP},
        {"*;q=0", HTTP_CODING_IDENTITY},
        {"gzip;q=0", HTTP_CODING_IDENTITY},
        {"gzip;q=0.000", HTTP_CODING_IDENTITY},
        {"gzip;q=0, *", HTTP_CODING_IDENTITY},
        {"gzip;q=0.001", HTTP_CODING_GZIP},
        {"identity, gzip;q=0.5", HTTP_CODING_IDENTITY},
        {"identity;q=0.5, gzip;q=0.5", HTTP_CODING_GZIP},
        {"identity;q=0.4, gzip;q=0.5", HTTP_CODING_GZIP},
        {"identity;q=0, gzip;q=0.2", HTTP_CODING_GZIP},
        {" gzip ; q=0.3 ,identity ; Q=0.2", HTTP_CODING_GZIP},
        {"identity;q=0, *;q=0", HTTP_CODING_IDENTITY},
        /* Malformed elements say nothing. */
        {"gzip;q=2", HTTP_CODING_IDENTITY},
        {"gzip;q=1.5", HTTP_CODING_IDENTITY},
        {"gzip;q=", HTTP_CODING_IDENTITY},
        {"gzip;q=-1", HTTP_CODING_IDENTITY},
        {"gzip;q=0.5x", HTTP_CODING_IDENTITY},
        {"gzip;q=0.1234", HTTP_CODING_IDENTITY},
        {"gzipped", HTTP_CODING_IDENTITY},
        {",,;;,", HTTP_CODING_IDENTITY},
        {"; gzip", HTTP_CODING_IDENTITY},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        if (http_coding_choose(CASES[i].accept, WITHOUT_BROTLI) != CASES[i].coding)
            fail_msg("\"%s\"", CASES[i].accept ? CASES[i].accept : "(none)");
}

static void of_equals_the_shortest(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum http_coding coding;
    } CASES[] = {
        {"gzip, deflate, br, zstd", HTTP_CODING_BROTLI},
        {"gzip, br;q=0.9", HTTP_CODING_GZIP},
        {"gzip;q=0.8, br;q=0.9", HTTP_CODING_BROTLI},
        {"br;q=0, gzip", HTTP_CODING_GZIP},
        {"br;q=0, gzip;q=0", HTTP_CODING_IDENTITY},
        {"*", HTTP_CODING_BROTLI},
        {"br;q=0, *", HTTP_CODING_GZIP},
        {"identity, br;q=0.5", HTTP_CODING_IDENTITY},
        {"gzip", HTTP_CODING_GZIP},
        {NULL, HTTP_CODING_IDENTITY},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++)
        if (http_coding_choose(CASES[i].accept, ALL) != CASES[i].coding)
            fail_msg("\"%s\"", CASES[i].accept ? CASES[i].accept : "(none)");
    assert_int_equal(http_coding_choose("br, gzip", 1u << HTTP_CODING_IDENTITY),
                     HTTP_CODING_IDENTITY);
}

static void gzip_gives_the_bytes_back(void **state)
{
    (void)state;
    g_autofree char *text = g_strnfill(5000, 'a');
    guint8 back[5000];
    gsize size;

    text[2500] = 'b';
    g_autoptr(GBytes) packed = http_coding_gzip(text, 5000);
    assert_non_null(packed);
    z_stream stream = {.next_out = back, .avail_out = sizeof back};
    stream.next_in = (Bytef *)g_bytes_get_data(packed, &size);
    stream.avail_in = (uInt)size;
    assert_true(size < 200);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    assert_memory_equal(back, text, sizeof back);
    g_autoptr(GBytes) again = http_coding_gzip(text, 5000);
    assert_true(g_bytes_equal(packed, again));
}

static void what_gains_nothing_stays_as_it_is(void **state)
{
    (void)state;
    guint8 noise[512];
    guint32 seed = 1;

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (guint8)((seed = seed * 1664525u + 1013904223u) >> 24);
    assert_null(http_coding_gzip(noise, sizeof noise));
    assert_null(http_coding_gzip("a", 1));
    assert_null(http_coding_gzip("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_decide),
        cmocka_unit_test(of_equals_the_shortest),
        cmocka_unit_test(gzip_gives_the_bytes_back),
        cmocka_unit_test(what_gains_nothing_stays_as_it_is),
    };
    return cmocka_run_group_tests_name("content coding", tests, NULL, NULL);
}
