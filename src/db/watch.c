/* Who is told that something was committed. */
#include "db/driver.h"

struct watcher {
    db_committed committed;
    gpointer data;
};

void db_watchers_init(struct db_watchers *watchers)
{
    g_mutex_init(&watchers->lock);
}

void db_watchers_finish(struct db_watchers *watchers)
{
    g_slist_free_full(watchers->all, g_free);
    g_mutex_clear(&watchers->lock);
}

void db_watch(struct db *db, db_committed committed, gpointer data)
{
    struct db_watchers *watchers = db_watchers_of(db);
    struct watcher *watcher = g_new(struct watcher, 1);

    *watcher = (struct watcher){committed, data};
    g_mutex_lock(&watchers->lock);
    watchers->all = g_slist_prepend(watchers->all, watcher);
    g_mutex_unlock(&watchers->lock);
}

void db_unwatch(struct db *db, db_committed committed, gpointer data)
{
    struct db_watchers *watchers = db_watchers_of(db);

    g_mutex_lock(&watchers->lock);
    for (GSList *link = watchers->all; link; link = link->next) {
        struct watcher *watcher = link->data;
        if (watcher->committed != committed || watcher->data != data)
            continue;
        watchers->all = g_slist_delete_link(watchers->all, link);
        g_free(watcher);
        break;
    }
    g_mutex_unlock(&watchers->lock);
}

void db_tell_committed(struct db *db)
{
    struct db_watchers *watchers = db_watchers_of(db);

    g_mutex_lock(&watchers->lock);
    for (GSList *link = watchers->all; link; link = link->next) {
        const struct watcher *watcher = link->data;
        watcher->committed(watcher->data);
    }
    g_mutex_unlock(&watchers->lock);
}
