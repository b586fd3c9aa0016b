#include "http/event.h"

#include <string.h>

static void add_field(GString *out, const char *name, const char *value, size_t size)
{
    g_string_append(out, name);
    g_string_append(out, ": ");
    g_string_append_len(out, value, (gssize)size);
    g_string_append_c(out, '\n');
}

/* CR, LF and CRLF end a line for whoever reads it. */
static void add_data(GString *out, const char *data)
{
    for (;;) {
        const size_t size = strcspn(data, "\r\n");
        add_field(out, "data", data, size);
        data += size;
        if (!*data)
            return;
        data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
    }
}

static GBytes *finish(GString *out)
{
    g_string_append_c(out, '\n');
    return g_string_free_to_bytes(out);
}

GBytes *http_event_format(const char *id, const char *name, const char *data, unsigned retry)
{
    GString *out = g_string_sized_new(strlen(data) + 64);

    if (retry)
        g_string_append_printf(out, "retry: %u\n", retry);
    if (id)
        add_field(out, "id", id, strcspn(id, "\r\n"));
    if (name)
        add_field(out, "event", name, strcspn(name, "\r\n"));
    add_data(out, data);
    return finish(out);
}

GBytes *http_event_comment(const char *text)
{
    GString *out = g_string_new(":");

    g_string_append_len(out, text, (gssize)strcspn(text, "\r\n"));
    g_string_append_c(out, '\n');
    return finish(out);
}

void http_event_queue_clear(struct http_event_queue *queue)
{
    g_queue_clear_full(&queue->events, (GDestroyNotify)g_bytes_unref);
    queue->bytes = queue->taken = 0;
}

bool http_event_queue_add(struct http_event_queue *queue, GBytes *event)
{
    const size_t size = g_bytes_get_size(event);

    if (queue->events.length >= HTTP_EVENT_QUEUE_MAX ||
        (queue->events.length && queue->bytes + size > HTTP_EVENT_QUEUE_BYTES_MAX))
        return false;
    g_queue_push_tail(&queue->events, g_bytes_ref(event));
    queue->bytes += size;
    return true;
}

size_t http_event_queue_take(struct http_event_queue *queue, void *out, size_t size)
{
    size_t copied = 0;

    while (copied < size && queue->events.length) {
        size_t whole;
        const char *bytes = g_bytes_get_data(queue->events.head->data, &whole);
        const size_t n = MIN(whole - queue->taken, size - copied);
        memcpy((char *)out + copied, bytes + queue->taken, n);
        copied += n;
        queue->taken += n;
        if (queue->taken < whole)
            break;
        queue->bytes -= whole;
        queue->taken = 0;
        g_bytes_unref(g_queue_pop_head(&queue->events));
    }
    return copied;
}
