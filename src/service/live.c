#include "service/live.h"

#include "db/query/session.h"
#include "service/live_internal.h"
#include "service/sessions.h"

#include <string.h>

/* What other nodes change is looked for so often. */
#define LOOK_EVERY G_TIME_SPAN_SECOND
/* Commits of this node are waited for no longer than this before they are looked at together; a
 * look that took long is followed by a pause twice as long. */
#define LOOK_APART (10 * G_TIME_SPAN_MILLISECOND)
#define LOOK_APART_MAX G_TIME_SPAN_SECOND
/* A session is read whole so often whatever the log says, and not much more often. */
#define WHOLE_EVERY (15 * G_TIME_SPAN_SECOND)
#define WHOLE_APART G_TIME_SPAN_SECOND
/* Who listens is admitted again so often, and earlier when the log tells of a reason, but not again
 * and again. Without an answer the stream is closed in the end. */
#define ADMIT_EVERY (20 * G_TIME_SPAN_SECOND)
#define ADMIT_APART G_TIME_SPAN_SECOND
#define ADMIT_UNANSWERED (50 * G_TIME_SPAN_SECOND)
/* Sessions nobody listens to are remembered for those who come back. */
#define IDLE_LIFE (5 * G_TIME_SPAN_MINUTE)
#define IDLE_MAX 256

struct listener {
    struct service_live_listener given; /* last_id is our own */
    bool fresh;                         /* has been told nothing yet */
    bool behind;                        /* was told not everything */
    gint64 admitted_at;                 /* monotonic */
    gint64 admit_at;
};

struct service_live {
    struct service *service;
    const struct service_live_port *port;
    GThread *thread;

    GMutex lock; /* of what follows; nothing is taken while it is held */
    GCond wake;
    GQueue arrivals; /* struct listener * */
    bool committed;  /* by this node, since the last look */
    bool stopping;

    /* The thread's own. */
    GHashTable *channels; /* struct base_uuid * → struct service_live_channel * */
    guint listening;
    struct service_live_news news;
    gint64 swept_at;
    bool failing;
};

static void listener_free(const struct service_live *live, struct listener *listener)
{
    live->port->close(listener->given.stream);
    if (listener->given.free_who)
        listener->given.free_who(listener->given.who);
    g_free((char *)listener->given.last_id);
    g_free(listener);
}

static void drop(struct service_live *live, struct service_live_channel *channel, guint index)
{
    listener_free(live, g_ptr_array_remove_index_fast(channel->listeners, index));
    live->listening--;
    channel->left_at = g_get_monotonic_time();
}

/* ---- telling ---- */

static void send(const struct service_live *live, struct listener *listener, GBytes *event)
{
    if (live->port->send(listener->given.stream, event) == SERVICE_LIVE_FULL)
        listener->behind = true;
}

static void send_register(const struct service_live *live,
                          const struct service_live_channel *channel, struct listener *listener,
                          gint64 sequence, bool resumed)
{
    g_autofree char *id = service_live_channel_id(channel, sequence);
    g_autofree char *data = service_live_channel_register(channel, resumed);
    g_autoptr(GBytes) event = live->port->encode(id, "register", data);

    send(live, listener, event);
}

/* The first words to somebody who came, with what they missed if that is known. */
static void greet(const struct service_live *live, const struct service_live_channel *channel,
                  struct listener *listener)
{
    const gint64 seen = service_live_channel_resume(channel, listener->given.last_id);

    listener->fresh = false;
    send_register(live, channel, listener, seen >= 0 ? seen : channel->sequence, seen >= 0);
    if (seen < 0)
        return;
    const guint missed = (guint)(channel->sequence - seen);
    for (GList *link =
             g_queue_peek_nth_link((GQueue *)&channel->kept, channel->kept.length - missed);
         missed && link; link = link->next)
        send(live, listener, link->data);
}

static void tell(const struct service_live *live, struct service_live_channel *channel,
                 const struct service_live_event *event)
{
    const bool end = strcmp(event->name, "end") == 0;
    g_autofree char *id = end ? g_strdup(SERVICE_LIVE_END_ID)
                              : service_live_channel_id(channel, channel->sequence + 1);
    g_autoptr(GBytes) bytes = live->port->encode(id, event->name, event->data);

    /* Whoever comes back is told of the end anyway. */
    if (!end)
        service_live_channel_keep(channel, bytes);
    for (guint i = 0; i < channel->listeners->len; i++) {
        struct listener *listener = channel->listeners->pdata[i];
        if (!listener->fresh && !listener->behind)
            send(live, listener, bytes);
    }
}

/* After what is new was told: those who came, those who were behind and have read all, and the end
 * for everybody when there is no more. */
static void tell_others(struct service_live *live, struct service_live_channel *channel,
                        bool ended_before)
{
    for (guint i = channel->listeners->len; i-- > 0;) {
        struct listener *listener = channel->listeners->pdata[i];
        const bool was_fresh = listener->fresh;
        if (was_fresh)
            greet(live, channel, listener);
        if (listener->behind && live->port->is_quiet(listener->given.stream)) {
            listener->behind = false;
            send_register(live, channel, listener, channel->sequence, false);
        }
        if (!channel->ended || listener->behind)
            continue;
        if (was_fresh || ended_before) {
            g_autofree char *data = service_live_channel_end(channel);
            g_autoptr(GBytes) bytes = live->port->encode(SERVICE_LIVE_END_ID, "end", data);
            send(live, listener, bytes);
        }
        drop(live, channel, i);
    }
}

/* ---- looking ---- */

static bool refresh(struct service_live *live, struct db_connection *connection,
                    struct service_live_channel *channel, GError **error)
{
    const gint64 now = g_get_monotonic_time();
    const bool whole = !channel->loaded || channel->stale || now - channel->read_at > WHOLE_EVERY;
    const bool ended_before = channel->ended != NULL;
    struct service_live_reading reading;
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(service_live_event_free);

    if (!service_live_read(connection, &channel->session_id, whole, &reading, error))
        return false;
    channel->dirty = false;
    if (whole) {
        channel->stale = false;
        channel->read_at = now;
    }
    service_live_channel_update(channel, &reading, events);
    service_live_reading_clear(&reading);
    for (guint i = 0; i < events->len; i++)
        tell(live, channel, events->pdata[i]);
    tell_others(live, channel, ended_before);
    return true;
}

/* What the log told becomes work to do. */
static void mark_dirty(struct service_live *live)
{
    const struct service_live_news *news = &live->news;
    const gint64 now = g_get_monotonic_time();
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, live->channels);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct service_live_channel *channel = value;
        channel->stale |= news->everything;
        channel->dirty |= g_hash_table_contains(news->sessions, &channel->session_id);
        for (guint i = 0; news->access && i < channel->listeners->len; i++) {
            struct listener *listener = channel->listeners->pdata[i];
            listener->admit_at = MIN(listener->admit_at, listener->admitted_at + ADMIT_APART);
            live->swept_at = MIN(live->swept_at, now - LOOK_EVERY);
        }
    }
}

static bool is_due(const struct service_live *live, const struct service_live_channel *channel,
                   gint64 now)
{
    bool waiting = false;

    if (channel->listeners->len == 0)
        return false;
    for (guint i = 0; i < channel->listeners->len && !waiting; i++) {
        const struct listener *listener = channel->listeners->pdata[i];
        waiting =
            listener->fresh || (listener->behind && live->port->is_quiet(listener->given.stream));
    }
    return waiting || channel->dirty || now - channel->read_at > WHOLE_EVERY ||
           (channel->stale && now - channel->read_at > WHOLE_APART);
}

static bool look_with(struct service_live *live, struct db_connection *connection, GError **error)
{
    const gint64 now = g_get_monotonic_time();
    GHashTableIter iterator;
    gpointer channel;

    if (!service_live_news_look(&live->news, connection, error))
        return false;
    mark_dirty(live);
    g_hash_table_iter_init(&iterator, live->channels);
    while (g_hash_table_iter_next(&iterator, NULL, &channel))
        if (is_due(live, channel, now) && !refresh(live, connection, channel, error))
            return false;
    return true;
}

static void look(struct service_live *live)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_connection) connection = db_acquire(live->service->db, &error);
    const bool ok = connection && look_with(live, connection, &error);

    if (!ok && !live->failing)
        g_warning("Those who listen to sessions are told nothing for now: %s", error->message);
    else if (ok && live->failing)
        g_message("Those who listen to sessions are told again.");
    live->failing = !ok;
}

/* ---- who listens ---- */

static void welcome(struct service_live *live, struct listener *listener)
{
    struct service_live_channel *channel =
        g_hash_table_lookup(live->channels, &listener->given.session_id);

    if (!channel) {
        channel = service_live_channel_create(&listener->given.session_id);
        g_hash_table_insert(live->channels, &channel->session_id, channel);
    }
    g_ptr_array_add(channel->listeners, listener);
    live->listening++;
}

/* Whether the listener may stay. */
static bool admit(struct service_live *live, struct listener *listener, gint64 now)
{
    g_autoptr(GError) error = NULL;

    if (now < listener->admit_at)
        return true;
    if (listener->given.admit(live->service, listener->given.who, &listener->given.session_id,
                              &error)) {
        listener->admitted_at = now;
        listener->admit_at = now + ADMIT_EVERY;
        return true;
    }
    listener->admit_at = now + ADMIT_APART;
    return g_error_matches(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE) &&
           now - listener->admitted_at < ADMIT_UNANSWERED;
}

static void sweep(struct service_live *live)
{
    const gint64 now = g_get_monotonic_time();
    GHashTableIter iterator;
    gpointer value;

    live->swept_at = now;
    g_hash_table_iter_init(&iterator, live->channels);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct service_live_channel *channel = value;
        for (guint i = channel->listeners->len; i-- > 0;) {
            struct listener *listener = channel->listeners->pdata[i];
            if (!live->port->is_open(listener->given.stream) || !admit(live, listener, now))
                drop(live, channel, i);
        }
        if (channel->listeners->len == 0 &&
            (now - channel->left_at > IDLE_LIFE || g_hash_table_size(live->channels) > IDLE_MAX))
            g_hash_table_iter_remove(&iterator);
    }
}

/* ---- the thread ---- */

/* With the lock held: until there is something to do, or the server stops. `looked_at` is when the
 * last look began, `took` how long it lasted. */
static void await_work(struct service_live *live, gint64 looked_at, gint64 took)
{
    const gint64 apart = CLAMP(2 * took, LOOK_APART, LOOK_APART_MAX);

    while (!live->stopping) {
        const bool soon = live->arrivals.length || (live->committed && live->listening);
        const gint64 due = looked_at + (soon ? apart : LOOK_EVERY);
        if (!soon && !live->listening)
            g_cond_wait(&live->wake, &live->lock);
        else if (!g_cond_wait_until(&live->wake, &live->lock, due))
            return;
        else if (g_get_monotonic_time() >= due)
            return;
    }
}

static void drop_all(struct service_live *live)
{
    struct listener *arrival;
    GHashTableIter iterator;
    gpointer value;

    while ((arrival = g_queue_pop_head(&live->arrivals)))
        listener_free(live, arrival);
    g_hash_table_iter_init(&iterator, live->channels);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct service_live_channel *channel = value;
        while (channel->listeners->len)
            drop(live, channel, channel->listeners->len - 1);
    }
}

/* One round, without the lock. */
static void work(struct service_live *live, GQueue *arrivals)
{
    struct listener *arrival;

    while ((arrival = g_queue_pop_head(arrivals)))
        welcome(live, arrival);
    if (g_get_monotonic_time() - live->swept_at >= LOOK_EVERY)
        sweep(live);
    if (live->listening)
        look(live);
    else
        live->news.position = -1; /* what happens while nobody listens does not matter */
}

static gpointer run(gpointer data)
{
    struct service_live *live = data;
    gint64 looked_at = 0, took = 0;

    g_mutex_lock(&live->lock);
    for (;;) {
        await_work(live, looked_at, took);
        if (live->stopping)
            break;
        GQueue arrivals = live->arrivals;
        g_queue_init(&live->arrivals);
        live->committed = false;
        g_mutex_unlock(&live->lock);
        looked_at = g_get_monotonic_time();
        work(live, &arrivals);
        took = g_get_monotonic_time() - looked_at;
        g_mutex_lock(&live->lock);
    }
    g_mutex_unlock(&live->lock);
    drop_all(live);
    return NULL;
}

static void notice_commit(gpointer data)
{
    struct service_live *live = data;

    g_mutex_lock(&live->lock);
    if (!live->committed)
        g_cond_signal(&live->wake);
    live->committed = true;
    g_mutex_unlock(&live->lock);
}

static struct service_live *start(struct service *service, const struct service_live_port *port)
{
    struct service_live *live = g_new0(struct service_live, 1);

    live->service = service;
    live->port = port;
    g_mutex_init(&live->lock);
    g_cond_init(&live->wake);
    g_queue_init(&live->arrivals);
    live->channels =
        g_hash_table_new_full(base_uuid_hash, base_uuid_equal, NULL, service_live_channel_destroy);
    service_live_news_init(&live->news);
    live->thread = g_thread_new("live", run, live);
    db_watch(service->db, notice_commit, live);
    return live;
}

void service_live_listen(struct service *service, const struct service_live_port *port,
                         const struct service_live_listener *given)
{
    const gint64 now = g_get_monotonic_time();
    struct listener *listener = g_new(struct listener, 1);

    *listener = (struct listener){
        .given = *given,
        .fresh = true,
        .admitted_at = now,
        .admit_at = now + ADMIT_EVERY,
    };
    listener->given.last_id = g_strdup(given->last_id);
    g_mutex_lock(&service->live_lock);
    if (!service->live)
        service->live = start(service, port);
    struct service_live *live = service->live;
    g_mutex_lock(&live->lock);
    g_queue_push_tail(&live->arrivals, listener);
    g_cond_signal(&live->wake);
    g_mutex_unlock(&live->lock);
    g_mutex_unlock(&service->live_lock);
}

void service_live_stop(struct service *service)
{
    struct service_live *live = g_steal_pointer(&service->live);

    if (!live)
        return;
    db_unwatch(service->db, notice_commit, live);
    g_mutex_lock(&live->lock);
    live->stopping = true;
    g_cond_signal(&live->wake);
    g_mutex_unlock(&live->lock);
    g_thread_join(live->thread);
    g_hash_table_unref(live->channels);
    service_live_news_finish(&live->news);
    g_cond_clear(&live->wake);
    g_mutex_clear(&live->lock);
    g_free(live);
}

/* ---- who may ---- */

bool service_live_allow(struct service *service, const struct service_identity *identity,
                        const struct base_uuid *session_id, GError **error)
{
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_session) session =
        connection ? service_session_to_mark(connection, identity, session_id, error) : NULL;

    return session != NULL;
}

bool service_live_is_over(struct service *service, const struct base_uuid *session_id,
                          const char *last_id, bool *over, GError **error)
{
    *over = false;
    if (g_strcmp0(last_id, SERVICE_LIVE_END_ID) != 0)
        return true;
    g_autoptr(db_connection) connection = db_acquire(service->db, error);
    g_autoptr(core_session) session =
        connection ? db_session_find(connection, session_id, error) : NULL;
    *over = session && (session->closed_at || session->state != CORE_SESSION_PLANNED);
    return session != NULL;
}
