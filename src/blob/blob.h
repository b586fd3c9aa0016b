/*
 * The blob port: where pictures are kept, as objects under keys.
 *
 * An object is written once and never changed: blob_put() refuses a key that exists. Whoever wants
 * other content writes another object and then deletes the old one. Keys are ASCII texts that the
 * caller makes up and that say nothing about where an object lies (blob_key_is_valid()).
 *
 * A store may be slow, full, read-only or on the other side of the world. Nothing here is to be
 * called within a database transaction, under a lock that others wait for, or on an event thread.
 * Every function is thread-safe.
 *
 * Errors of every function:
 *   BASE_ERROR_NOT_FOUND    there is no such object
 *   BASE_ERROR_CONFLICT     the key exists already
 *   BASE_ERROR_TOO_LARGE    over the store's limit of an object's size
 *   BASE_ERROR_UNAVAILABLE  full, over quota, read-only, not permitted or unreachable; try later
 *   BASE_ERROR_CORRUPT      what lies at the key is no object of ours
 *   BASE_ERROR_INVALID      no key, no URL, or a range outside the object
 *   BASE_ERROR_UNSUPPORTED  unknown URL scheme
 *   BASE_ERROR_IO           anything else
 * Messages name no file or folder: strangers may see them. The log does.
 */
#ifndef BLOB_BLOB_H
#define BLOB_BLOB_H

#include "base/time.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    BLOB_KEY_MAX = 200,       /* bytes */
    BLOB_SEGMENT_MAX = 64,    /* bytes of a key between two slashes */
    BLOB_SEGMENTS_MAX = 8,    /* of a key */
    BLOB_PAGE_MAX = 1000,     /* entries of blob_list() */
    BLOB_SIZE_MAX = 16 << 20, /* bytes of an object */
};

struct blob_store;
typedef struct blob_store blob_store;

/*
 * Opens the store that a URL names; close with blob_close(). "file:data/images" is a folder
 * relative to the working directory, "file:/var/lib/presente/images" an absolute one. It is made
 * when the first object is put, and need not be reachable now.
 */
struct blob_store *blob_open(const char *url, GError **error);

/* NULL is allowed. */
void blob_close(struct blob_store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(blob_store, blob_close)

/* Whether a text is a key: segments of a-z, 0-9 and hyphens with single slashes between them,
 * within the limits above. Thus it is also a file name, an S3 object name and a URL path as it is.
 */
bool blob_key_is_valid(const char *key);

/* Stores `size` ≥ 1 bytes under a key that does not exist; durable when it returns true. Of several
 * at once for one key, one is stored and the others fail with BASE_ERROR_CONFLICT. Nobody ever
 * reads a part of an object. */
bool blob_put(struct blob_store *store, const char *key, const void *data, size_t size,
              GError **error);

/* Which bytes of an object are wanted. */
struct blob_range {
    guint64 offset;
    guint64 length; /* cut at the object's end; 0: up to there */
};

/* The bytes of an object; `range` may be NULL: all. `total` (may be NULL) gets the whole object's
 * size. BASE_ERROR_INVALID when the range begins behind the end. */
GBytes *blob_get(struct blob_store *store, const char *key, const struct blob_range *range,
                 guint64 *total, GError **error);

/* True also when there was no such object. */
bool blob_delete(struct blob_store *store, const char *key, GError **error);

struct blob_entry {
    char *key;
    guint64 size;
    base_time modified_at; /* by the store's clock */
};

struct blob_page {
    GArray *entries; /* struct blob_entry, in the store's own order */
    char *cursor;    /* where the next page begins; NULL: this was the last */
};

/*
 * Lists the objects whose key begins with `prefix` ("" for all), page by page: `cursor` is NULL at
 * first and then the last page's. Objects that are put or deleted meanwhile may or may not be seen;
 * all others are, once. Fill in `page` before with zeros; clear it with blob_page_clear().
 */
bool blob_list(struct blob_store *store, const char *prefix, const char *cursor, size_t limit,
               struct blob_page *page, GError **error);
void blob_page_clear(struct blob_page *page);

/* How many bytes may still be put, as far as the store can tell. */
bool blob_room(struct blob_store *store, guint64 *bytes, GError **error);

/* Deletes what uploads that never ended left behind and what is older than `before`; `removed` (may
 * be NULL) gets how many. With `dry_run` it only counts. */
bool blob_sweep(struct blob_store *store, base_time before, bool dry_run, gint64 *removed,
                GError **error);

#endif
