#include "service/demo_internal.h"

#include "core/timetable.h"

enum { CHUNK = 500 };

struct demo_event {
    base_time at;
    guint order; /* of what happens at one moment */
    demo_within within;
    demo_alone alone;
    guint index;
};

GArray *service_demo_events_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct demo_event));
}

static void add(struct demo *demo, const struct demo_event *event)
{
    if (event->at <= demo->now)
        g_array_append_val(demo->events, *event);
}

void service_demo_happens_within(struct demo *demo, base_time at, demo_within what, guint index)
{
    add(demo, &(struct demo_event){at, demo->events->len, what, NULL, index});
}

void service_demo_happens(struct demo *demo, base_time at, demo_alone what, guint index)
{
    add(demo, &(struct demo_event){at, demo->events->len, NULL, what, index});
}

void service_demo_tick(struct demo *demo)
{
    demo->clock += 7 * BASE_TIME_SECOND;
    base_time_pretend(demo->clock);
}

base_time service_demo_instant(const struct demo *demo, gint32 day, gint32 second)
{
    return core_timetable_instant(demo->zone, day, second);
}

static gint compare(gconstpointer a, gconstpointer b)
{
    const struct demo_event *one = a, *other = b;

    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return one->order < other->order ? -1 : one->order > other->order;
}

struct chunk {
    struct demo *demo;
    guint from, to;
};

static bool chunk_body(struct db_connection *connection, gpointer data, GError **error)
{
    const struct chunk *chunk = data;

    for (guint i = chunk->from; i < chunk->to; i++) {
        const struct demo_event *event = DEMO_AT(chunk->demo->events, demo_event, i);
        base_time_pretend(event->at);
        if (!event->within(chunk->demo, connection, event->index, error))
            return false;
    }
    return true;
}

/* The events from this one on that go into one transaction. */
static guint chunk_end(const struct demo *demo, guint from)
{
    guint to = from;

    while (to < demo->events->len && to - from < CHUNK &&
           DEMO_AT(demo->events, demo_event, to)->within)
        to++;
    return to;
}

bool service_demo_timeline_run(struct demo *demo, GError **error)
{
    g_array_sort(demo->events, compare);
    for (guint i = 0; i < demo->events->len;) {
        const struct demo_event *event = DEMO_AT(demo->events, demo_event, i);
        struct chunk chunk = {demo, i, chunk_end(demo, i)};
        if (chunk.to > chunk.from) {
            if (!db_transaction(demo->service->db, chunk_body, &chunk, error))
                return false;
            i = chunk.to;
            continue;
        }
        base_time_pretend(event->at);
        if (!event->alone(demo, event->index, error))
            return false;
        i++;
    }
    return true;
}
