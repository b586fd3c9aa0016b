#include "blob/blob.h"

#include "base/error.h"
#include "blob/driver.h"

#include <string.h>

struct blob_store {
    const struct blob_driver *driver;
    void *native;
};

static const struct blob_driver *const DRIVERS[] = {
    &blob_driver_disk,
};

struct blob_store *blob_open(const char *url, GError **error)
{
    const char *colon = url ? strchr(url, ':') : NULL;

    for (size_t i = 0; colon && i < G_N_ELEMENTS(DRIVERS); i++) {
        const size_t n = strlen(DRIVERS[i]->scheme);
        if (n != (size_t)(colon - url) || g_ascii_strncasecmp(url, DRIVERS[i]->scheme, n) != 0)
            continue;
        void *native = DRIVERS[i]->open(colon + 1, error);
        if (!native)
            return NULL;
        struct blob_store *store = g_new(struct blob_store, 1);
        *store = (struct blob_store){DRIVERS[i], native};
        return store;
    }
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                        "The store of pictures must be \"file:\" and a folder.");
    return NULL;
}

void blob_close(struct blob_store *store)
{
    if (!store)
        return;
    store->driver->close(store->native);
    g_free(store);
}

bool blob_key_is_valid(const char *key)
{
    size_t segment = 0, segments = 1, n = 0;

    for (; key && key[n] && n <= BLOB_KEY_MAX; n++) {
        const char c = key[n];
        if (c == '/') {
            if (segment == 0)
                return false;
            segment = 0;
            segments++;
        } else if (!g_ascii_islower(c) && !g_ascii_isdigit(c) && c != '-') {
            return false;
        } else {
            segment++;
        }
        if (segment > BLOB_SEGMENT_MAX || segments > BLOB_SEGMENTS_MAX)
            return false;
    }
    return n <= BLOB_KEY_MAX && segment > 0;
}

static bool key_check(const char *key, GError **error)
{
    if (blob_key_is_valid(key))
        return true;
    g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "This is no key of a picture.");
    return false;
}

bool blob_put(struct blob_store *store, const char *key, const void *data, size_t size,
              GError **error)
{
    if (!key_check(key, error))
        return false;
    if (size == 0) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID, "An empty picture is none.");
        return false;
    }
    if (size > BLOB_SIZE_MAX) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                    "The picture has %.1f MB; the store takes %.1f MB.", (double)size / 1e6,
                    (double)BLOB_SIZE_MAX / 1e6);
        return false;
    }
    return store->driver->put(store->native, key, data, size, error);
}

GBytes *blob_get(struct blob_store *store, const char *key, const struct blob_range *range,
                 guint64 *total, GError **error)
{
    const struct blob_range all = {0};
    guint64 size = 0;

    if (!key_check(key, error))
        return NULL;
    GBytes *bytes = store->driver->get(store->native, key, range ? range : &all, &size, error);
    if (total)
        *total = size;
    return bytes;
}

bool blob_delete(struct blob_store *store, const char *key, GError **error)
{
    return key_check(key, error) && store->driver->remove(store->native, key, error);
}

static void entry_clear(gpointer data)
{
    struct blob_entry *entry = data;

    g_free(entry->key);
}

void blob_page_clear(struct blob_page *page)
{
    g_clear_pointer(&page->entries, g_array_unref);
    g_clear_pointer(&page->cursor, g_free);
}

bool blob_list(struct blob_store *store, const char *prefix, const char *cursor, size_t limit,
               struct blob_page *page, GError **error)
{
    blob_page_clear(page);
    page->entries = g_array_new(FALSE, FALSE, sizeof(struct blob_entry));
    g_array_set_clear_func(page->entries, entry_clear);
    if (store->driver->list(store->native, prefix, cursor, CLAMP(limit, 1, BLOB_PAGE_MAX), page,
                            error))
        return true;
    blob_page_clear(page);
    return false;
}

bool blob_room(struct blob_store *store, guint64 *bytes, GError **error)
{
    return store->driver->room(store->native, bytes, error);
}

bool blob_sweep(struct blob_store *store, base_time before, bool dry_run, gint64 *removed,
                GError **error)
{
    gint64 count = 0;
    const bool ok = store->driver->sweep(store->native, before, dry_run, &count, error);

    if (removed)
        *removed = count;
    return ok;
}
