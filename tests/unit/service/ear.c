#include "ear.h"

#include <string.h>

void ear_init(struct ear *ear)
{
    *ear = (struct ear){.room = G_MAXUINT};
    g_mutex_init(&ear->lock);
    g_cond_init(&ear->changed);
}

void ear_finish(struct ear *ear)
{
    g_queue_clear_full(&ear->heard, (GDestroyNotify)json_decref);
    g_cond_clear(&ear->changed);
    g_mutex_clear(&ear->lock);
}

static GBytes *encode(const char *id, const char *name, const char *data)
{
    json_t *json = json_pack("{s:s, s:s}", "id", id, "name", name);

    json_object_set_new(json, "data", base_json_parse(data, strlen(data), NULL));
    char *text = base_json_format(json);
    json_decref(json);
    return g_bytes_new_take(text, strlen(text));
}

static enum service_live_sent hear(gpointer stream, GBytes *event)
{
    struct ear *ear = stream;
    gsize size;
    const void *text = g_bytes_get_data(event, &size);
    enum service_live_sent sent = SERVICE_LIVE_FULL;

    g_mutex_lock(&ear->lock);
    if (ear->closed) {
        sent = SERVICE_LIVE_GONE;
    } else if (ear->room > 0) {
        ear->room--;
        g_queue_push_tail(&ear->heard, base_json_parse(text, size, NULL));
        sent = SERVICE_LIVE_SENT;
    }
    g_cond_broadcast(&ear->changed);
    g_mutex_unlock(&ear->lock);
    return sent;
}

bool ear_is_open(gpointer stream)
{
    struct ear *ear = stream;

    g_mutex_lock(&ear->lock);
    const bool open = !ear->closed;
    g_mutex_unlock(&ear->lock);
    return open;
}

static bool ear_is_quiet(gpointer stream)
{
    struct ear *ear = stream;

    g_mutex_lock(&ear->lock);
    const bool quiet = ear->room > 0;
    g_mutex_unlock(&ear->lock);
    return quiet;
}

void ear_hang_up(gpointer stream)
{
    struct ear *ear = stream;

    g_mutex_lock(&ear->lock);
    ear->closed = true;
    g_cond_broadcast(&ear->changed);
    g_mutex_unlock(&ear->lock);
}

static const struct service_live_port PORT = {encode, hear, ear_is_open, ear_is_quiet, ear_hang_up};

static bool admit(struct service *service, gconstpointer who, const struct base_uuid *session_id,
                  GError **error)
{
    return service_live_allow(service, who, session_id, error);
}

void ear_listen(struct service *service, const struct base_uuid *session,
                const struct service_identity *who, const char *last_id, struct ear *ear)
{
    const struct service_live_listener listener = {
        .session_id = *session,
        .last_id = last_id,
        .admit = admit,
        .who = (gpointer)who,
        .stream = ear,
    };

    service_live_listen(service, &PORT, &listener);
}

json_t *ear_next(struct ear *ear, const char *name)
{
    g_mutex_lock(&ear->lock);
    while (g_queue_is_empty(&ear->heard) && !ear->closed)
        g_cond_wait(&ear->changed, &ear->lock);
    json_t *event = g_queue_pop_head(&ear->heard);
    g_mutex_unlock(&ear->lock);
    assert_non_null(event);
    assert_string_equal(json_string_value(json_object_get(event, "name")), name);
    return event;
}

json_t *ear_data(json_t *event)
{
    return json_object_get(event, "data");
}

const char *ear_text(json_t *event, const char *name)
{
    return json_string_value(json_object_get(ear_data(event), name));
}

gint64 ear_number(json_t *event, const char *name)
{
    return json_integer_value(json_object_get(ear_data(event), name));
}

gint64 ear_count(json_t *event, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(ear_data(event), "counts"), name));
}

char *ear_id(json_t *event)
{
    return g_strdup(json_string_value(json_object_get(event, "id")));
}

void ear_expect_register(struct ear *ear, bool resumed, gint64 unmarked)
{
    g_autoptr(json_t) event = ear_next(ear, "register");

    assert_int_equal(json_is_true(json_object_get(ear_data(event), "resumed")), resumed);
    assert_int_equal(ear_count(event, "unmarked"), unmarked);
}

void ear_expect_mark(struct ear *ear, const char *name, const char *status, gint64 unmarked)
{
    g_autoptr(json_t) event = ear_next(ear, "mark");

    assert_string_equal(ear_text(event, "name"), name);
    if (status)
        assert_string_equal(ear_text(event, "status"), status);
    else
        assert_true(json_is_null(json_object_get(ear_data(event), "status")));
    assert_int_equal(ear_count(event, "unmarked"), unmarked);
}

void ear_await_close(struct ear *ear)
{
    g_mutex_lock(&ear->lock);
    while (!ear->closed)
        g_cond_wait(&ear->changed, &ear->lock);
    g_mutex_unlock(&ear->lock);
}
