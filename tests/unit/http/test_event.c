/*
 * The text of server-sent events, and the queue they wait in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/event.h"

static void expect_event(const char *id, const char *name, const char *data, unsigned retry,
                         const char *text)
{
    g_autoptr(GBytes) event = http_event_format(id, name, data, retry);

    assert_int_equal(g_bytes_get_size(event), strlen(text));
    assert_memory_equal(g_bytes_get_data(event, NULL), text, strlen(text));
}

static void test_events(void **state)
{
    (void)state;
    expect_event("7", "mark", "{\"a\":1}", 0, "id: 7\nevent: mark\ndata: {\"a\":1}\n\n");
    expect_event(NULL, NULL, "", 0, "data: \n\n");
    expect_event(NULL, "x", " two\nlines", 3000,
                 "retry: 3000\nevent: x\ndata:  two\ndata: lines\n\n");
    expect_event(NULL, NULL, "a\r\nb\rc\n", 0, "data: a\ndata: b\ndata: c\ndata: \n\n");
    /* Nothing gets out of its field. */
    expect_event("1\nevent: no", "mark\r\ndata: no", "{}", 0, "id: 1\nevent: mark\ndata: {}\n\n");
}

static void test_comments(void **state)
{
    (void)state;
    g_autoptr(GBytes) quiet = http_event_comment("");
    g_autoptr(GBytes) cut = http_event_comment(" hello\ndata: no");

    assert_int_equal(g_bytes_get_size(quiet), strlen(":\n\n"));
    assert_memory_equal(g_bytes_get_data(quiet, NULL), ":\n\n", strlen(":\n\n"));
    assert_memory_equal(g_bytes_get_data(cut, NULL), ": hello\n\n", strlen(": hello\n\n"));
}

static GBytes *of_size(size_t size, char filler)
{
    char *bytes = g_malloc(size);

    memset(bytes, filler, size);
    return g_bytes_new_take(bytes, size);
}

static void test_queue_keeps_the_order_through_blocks_of_any_size(void **state)
{
    (void)state;
    static const size_t BLOCKS[] = {1, 2, 3, 7, 100};

    for (size_t i = 0; i < G_N_ELEMENTS(BLOCKS); i++) {
        struct http_event_queue queue = {0};
        g_autoptr(GString) expected = g_string_new(NULL);
        g_autoptr(GString) got = g_string_new(NULL);
        for (int n = 0; n < 20; n++) {
            g_autofree char *text = g_strdup_printf("event %d;", n);
            g_autoptr(GBytes) event = g_bytes_new(text, strlen(text));
            assert_true(http_event_queue_add(&queue, event));
            g_string_append(expected, text);
        }
        char block[100];
        for (size_t n; (n = http_event_queue_take(&queue, block, BLOCKS[i])) > 0;)
            g_string_append_len(got, block, (gssize)n);
        assert_string_equal(got->str, expected->str);
        assert_int_equal(queue.bytes, 0);
        assert_int_equal(queue.events.length, 0);
    }
}

static void test_queue_is_bounded(void **state)
{
    (void)state;
    struct http_event_queue queue = {0};
    char block[64];
    g_autoptr(GBytes) small = of_size(8, 's');
    g_autoptr(GBytes) large = of_size(HTTP_EVENT_QUEUE_BYTES_MAX / 2, 'l');
    g_autoptr(GBytes) huge = of_size(2 * HTTP_EVENT_QUEUE_BYTES_MAX, 'h');

    for (int i = 0; i < HTTP_EVENT_QUEUE_MAX; i++)
        assert_true(http_event_queue_add(&queue, small));
    assert_false(http_event_queue_add(&queue, small));
    /* Whoever reads a whole event makes room for one. */
    assert_int_equal(http_event_queue_take(&queue, block, 4), 4);
    assert_false(http_event_queue_add(&queue, small));
    assert_int_equal(http_event_queue_take(&queue, block, 4), 4);
    assert_true(http_event_queue_add(&queue, small));
    http_event_queue_clear(&queue);

    assert_true(http_event_queue_add(&queue, large));
    assert_true(http_event_queue_add(&queue, large));
    assert_false(http_event_queue_add(&queue, small));
    http_event_queue_clear(&queue);
    assert_int_equal(http_event_queue_take(&queue, block, sizeof block), 0);

    /* One that is larger than all that may wait can be sent, but not behind another. */
    assert_true(http_event_queue_add(&queue, huge));
    assert_false(http_event_queue_add(&queue, small));
    http_event_queue_clear(&queue);
    assert_true(http_event_queue_add(&queue, small));
    assert_false(http_event_queue_add(&queue, huge));
    http_event_queue_clear(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_queue_keeps_the_order_through_blocks_of_any_size),
        cmocka_unit_test(test_queue_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
