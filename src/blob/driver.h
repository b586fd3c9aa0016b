/* What stands behind the blob port: one table of functions a kind of store. Only blob.c and the
 * drivers include this. Keys, ranges and sizes were checked before a driver sees them; errors are
 * those of blob.h. */
#ifndef BLOB_DRIVER_H
#define BLOB_DRIVER_H

#include "blob/blob.h"

struct blob_driver {
    const char *scheme; /* of the URL, without the colon */

    /* `address` is what follows the scheme and its colon. */
    void *(*open)(const char *address, GError **error);
    void (*close)(void *native);

    bool (*put)(void *native, const char *key, const void *data, size_t size, GError **error);
    /* `range` is never NULL; length 0 means up to the end. */
    GBytes *(*get)(void *native, const char *key, const struct blob_range *range, guint64 *total,
                   GError **error);
    bool (*remove)(void *native, const char *key, GError **error);
    /* Appends up to `limit` entries to page->entries. */
    bool (*list)(void *native, const char *prefix, const char *cursor, size_t limit,
                 struct blob_page *page, GError **error);
    bool (*room)(void *native, guint64 *bytes, GError **error);
    bool (*sweep)(void *native, base_time before, bool dry_run, gint64 *removed, GError **error);
};

extern const struct blob_driver blob_driver_disk;

#endif
