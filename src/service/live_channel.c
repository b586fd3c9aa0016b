#include "service/live_internal.h"

#include <string.h>

void service_live_event_free(gpointer data)
{
    struct service_live_event *event = data;

    g_free(event->data);
    g_free(event);
}

struct service_live_channel *service_live_channel_create(const struct base_uuid *session_id)
{
    struct service_live_channel *channel = g_new0(struct service_live_channel, 1);

    channel->session_id = *session_id;
    channel->epoch = g_random_int();
    channel->marks = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL,
                                           (GDestroyNotify)core_attendance_free);
    channel->roster = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, g_free, NULL);
    channel->listeners = g_ptr_array_new();
    return channel;
}

void service_live_channel_destroy(gpointer data)
{
    struct service_live_channel *channel = data;

    g_hash_table_unref(channel->marks);
    g_hash_table_unref(channel->roster);
    g_ptr_array_unref(channel->listeners);
    g_queue_clear_full(&channel->kept, (GDestroyNotify)g_bytes_unref);
    g_free(channel);
}

/* ---- ids ---- */

char *service_live_channel_id(const struct service_live_channel *channel, gint64 sequence)
{
    return g_strdup_printf("%08x-%" G_GINT64_FORMAT, channel->epoch, sequence);
}

gint64 service_live_channel_resume(const struct service_live_channel *channel, const char *id)
{
    g_autofree char *epoch = g_strdup_printf("%08x-", channel->epoch);
    guint64 sequence;

    if (!id || !g_str_has_prefix(id, epoch) ||
        !g_ascii_string_to_unsigned(id + strlen(epoch), 10, 0, G_MAXINT64, &sequence, NULL))
        return -1;
    const gint64 missed = channel->sequence - (gint64)sequence;
    return missed >= 0 && missed <= channel->kept.length ? (gint64)sequence : -1;
}

void service_live_channel_keep(struct service_live_channel *channel, GBytes *event)
{
    channel->sequence++;
    g_queue_push_tail(&channel->kept, g_bytes_ref(event));
    if (channel->kept.length > SERVICE_LIVE_KEPT)
        g_bytes_unref(g_queue_pop_head(&channel->kept));
}

/* ---- data of events ---- */

static json_t *show_counts(const struct service_live_channel *channel)
{
    json_t *json = json_object();

    for (int i = 0; i < CORE_STATUS_N; i++)
        json_object_set_new(json, core_status_name((enum core_status)i),
                            json_integer(channel->counts[i]));
    json_object_set_new(json, "unmarked", json_integer(channel->unmarked));
    return json;
}

static char *take_text(json_t *json)
{
    char *text = base_json_format(json);

    json_decref(json);
    return text;
}

char *service_live_channel_register(const struct service_live_channel *channel, bool resumed)
{
    json_t *json = json_object();

    json_object_set_new(json, "session_id", base_json_uuid(&channel->session_id));
    json_object_set_new(json, "counts", show_counts(channel));
    json_object_set_new(json, "total", json_integer(g_hash_table_size(channel->roster)));
    json_object_set_new(json, "reviews", json_integer(channel->reviews));
    json_object_set_new(json, "opens_at", base_json_time(channel->opens_at));
    json_object_set_new(json, "closes_at", base_json_time(channel->closes_at));
    json_object_set_new(json, "window", json_string(service_window_name(channel->window)));
    json_object_set_new(json, "resumed", json_boolean(resumed));
    return take_text(json);
}

static void add(GPtrArray *events, const char *name, json_t *data)
{
    struct service_live_event *event = g_new(struct service_live_event, 1);

    *event = (struct service_live_event){name, take_text(data)};
    g_ptr_array_add(events, event);
}

/* `mark` is NULL when the one of `before` was taken back. */
static json_t *show_mark(const struct service_live_channel *channel,
                         const struct core_attendance *mark, const struct core_attendance *before)
{
    const struct core_attendance *any = mark ? mark : before;
    json_t *json = json_object();

    json_object_set_new(json, "id", mark ? base_json_uuid(&mark->id) : json_null());
    json_object_set_new(json, "user_id", base_json_uuid(&any->user_id));
    json_object_set_new(json, "name", base_json_text_or_null(any->user_name));
    json_object_set_new(json, "status",
                        mark ? json_string(core_status_name(mark->status)) : json_null());
    json_object_set_new(json, "status_code",
                        mark ? base_json_text_or_null(mark->status_code) : json_null());
    json_object_set_new(json, "method",
                        mark ? json_string(core_method_name(mark->method)) : json_null());
    json_object_set_new(json, "marked_at", mark ? base_json_time(mark->marked_at) : json_null());
    json_object_set_new(json, "counts", show_counts(channel));
    return json;
}

/* ---- what is different ---- */

static bool is_same_mark(const struct core_attendance *a, const struct core_attendance *b)
{
    return base_uuid_equal(&a->id, &b->id) && a->status == b->status && a->method == b->method &&
           a->marked_at == b->marked_at && g_strcmp0(a->status_code, b->status_code) == 0 &&
           g_strcmp0(a->user_name, b->user_name) == 0;
}

static bool is_same_set(GHashTable *a, GHashTable *b)
{
    GHashTableIter iterator;
    gpointer key;

    if (g_hash_table_size(a) != g_hash_table_size(b))
        return false;
    g_hash_table_iter_init(&iterator, a);
    while (g_hash_table_iter_next(&iterator, &key, NULL))
        if (!g_hash_table_contains(b, key))
            return false;
    return true;
}

static void count(struct service_live_channel *channel)
{
    GHashTableIter iterator;
    gpointer person, mark;

    memset(channel->counts, 0, sizeof channel->counts);
    g_hash_table_iter_init(&iterator, channel->marks);
    while (g_hash_table_iter_next(&iterator, NULL, &mark))
        channel->counts[((const struct core_attendance *)mark)->status]++;
    channel->unmarked = 0;
    g_hash_table_iter_init(&iterator, channel->roster);
    while (g_hash_table_iter_next(&iterator, &person, NULL))
        channel->unmarked += !g_hash_table_contains(channel->marks, person);
}

/* The marks that were read, by person; takes them out of the reading. */
static GHashTable *marks_of(struct service_live_reading *reading)
{
    GHashTable *marks = g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL,
                                              (GDestroyNotify)core_attendance_free);

    for (guint i = 0; i < reading->marks->len; i++) {
        struct core_attendance *mark = reading->marks->pdata[i];
        g_hash_table_insert(marks, &mark->user_id, mark);
    }
    g_ptr_array_set_free_func(reading->marks, NULL);
    g_clear_pointer(&reading->marks, g_ptr_array_unref);
    return marks;
}

/* Of two marks of one moment the smaller id was made first. */
static int compare_marks(gconstpointer a, gconstpointer b)
{
    const struct core_attendance *first = *(const struct core_attendance *const *)a;
    const struct core_attendance *second = *(const struct core_attendance *const *)b;

    if (first->updated_at != second->updated_at)
        return first->updated_at < second->updated_at ? -1 : 1;
    return base_uuid_compare(&first->id, &second->id);
}

/* Marks of `now` that `before` has not, or has otherwise, in the order in which they were made. */
static GPtrArray *marks_changed(GHashTable *before, GHashTable *now)
{
    GPtrArray *changed = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer person, mark;

    g_hash_table_iter_init(&iterator, now);
    while (g_hash_table_iter_next(&iterator, &person, &mark)) {
        const struct core_attendance *old = g_hash_table_lookup(before, person);
        if (!old || !is_same_mark(old, mark))
            g_ptr_array_add(changed, mark);
    }
    g_ptr_array_sort(changed, compare_marks);
    return changed;
}

static void tell_marks(const struct service_live_channel *channel, GHashTable *before,
                       const GPtrArray *changed, GPtrArray *events)
{
    GHashTableIter iterator;
    gpointer person, mark;

    g_hash_table_iter_init(&iterator, before);
    while (g_hash_table_iter_next(&iterator, &person, &mark))
        if (!g_hash_table_contains(channel->marks, person))
            add(events, "mark", show_mark(channel, NULL, mark));
    for (guint i = 0; i < changed->len; i++)
        add(events, "mark", show_mark(channel, changed->pdata[i], NULL));
}

/* Takes over when the session is and who belongs to it; true when that is not as it was. */
static bool take_frame(struct service_live_channel *channel, struct service_live_reading *reading,
                       base_time now)
{
    const struct core_session *session = reading->session;
    const enum service_window window = session->state != CORE_SESSION_PLANNED
                                           ? SERVICE_WINDOW_CANCELLED
                                       : now < reading->opens_at  ? SERVICE_WINDOW_BEFORE
                                       : now > reading->closes_at ? SERVICE_WINDOW_AFTER
                                                                  : SERVICE_WINDOW_OPEN;
    bool changed = session->starts_at != channel->starts_at ||
                   session->ends_at != channel->ends_at || reading->opens_at != channel->opens_at ||
                   reading->closes_at != channel->closes_at;

    channel->window = window;
    channel->starts_at = session->starts_at;
    channel->ends_at = session->ends_at;
    channel->opens_at = reading->opens_at;
    channel->closes_at = reading->closes_at;
    if (reading->roster) {
        changed |= !is_same_set(channel->roster, reading->roster);
        g_hash_table_unref(channel->roster);
        channel->roster = g_steal_pointer(&reading->roster);
    }
    return changed;
}

static void tell_register(const struct service_live_channel *channel, bool resumed,
                          GPtrArray *events)
{
    struct service_live_event *event = g_new(struct service_live_event, 1);

    *event =
        (struct service_live_event){"register", service_live_channel_register(channel, resumed)};
    g_ptr_array_add(events, event);
}

char *service_live_channel_end(const struct service_live_channel *channel)
{
    return take_text(
        json_pack("{s:s, s:o}", "reason", channel->ended, "counts", show_counts(channel)));
}

static void tell_end(struct service_live_channel *channel, const char *reason, GPtrArray *events)
{
    const bool told = channel->ended != NULL;
    struct service_live_event *event;

    channel->ended = reason;
    if (told)
        return;
    event = g_new(struct service_live_event, 1);
    *event = (struct service_live_event){"end", service_live_channel_end(channel)};
    g_ptr_array_add(events, event);
}

void service_live_channel_update(struct service_live_channel *channel,
                                 struct service_live_reading *reading, GPtrArray *events)
{
    const bool first = !channel->loaded;

    if (!reading->session) {
        tell_end(channel, "deleted", events);
        return;
    }
    const enum service_window window = channel->window;
    const bool moved = take_frame(channel, reading, base_time_now());
    g_autoptr(GHashTable) before = g_steal_pointer(&channel->marks);
    channel->marks = marks_of(reading);
    g_autoptr(GPtrArray) changed = marks_changed(before, channel->marks);
    const bool doubts = channel->reviews != reading->reviews;
    channel->reviews = reading->reviews;
    channel->loaded = true;
    count(channel);
    const bool anew = moved || changed->len > SERVICE_LIVE_MARKS_MAX;
    if (!first && (anew || window != channel->window))
        tell_register(channel, !anew, events);
    if (!first && !anew) {
        tell_marks(channel, before, changed, events);
        if (doubts)
            add(events, "review", json_pack("{s:I}", "waiting", (json_int_t)channel->reviews));
    }
    if (reading->session->state != CORE_SESSION_PLANNED)
        tell_end(channel, "cancelled", events);
    else if (reading->session->closed_at)
        tell_end(channel, "closed", events);
    else
        channel->ended = NULL;
}
