/*
 * ZIP files (PKWARE's APPNOTE), written and read as a stream: memory does not grow with them.
 *
 * This folder alone knows libarchive.
 */
#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

#include <glib.h>
#include <stdbool.h>

/* ---- Writing ---- */

enum archive_method {
    ARCHIVE_DEFLATED,
    ARCHIVE_STORED, /* for what is compressed already: pictures, say */
};

/* A ZIP file in the making. Used by one thread at a time. The same entries in the same order give
 * the same bytes: entries carry no time of their own. */
struct archive_writer;
typedef struct archive_writer archive_writer;

/*
 * Begins a file of mode 0600 under another name beside `path`; archive_writer_finish() puts it in
 * place. BASE_ERROR_CONFLICT when a file of that name exists and not `force`, or when another
 * program is writing it, BASE_ERROR_INVALID when it is not the name of a file, BASE_ERROR_IO.
 * Destroy with archive_writer_destroy().
 */
struct archive_writer *archive_writer_create(const char *path, bool force, GError **error);

/* The same into an open, empty file (an unlinked temporary one, say), which stays the caller's and
 * open. */
struct archive_writer *archive_writer_create_fd(int fd, GError **error);

/* Begins the next entry. Names are the program's own: letters and digits of ASCII, '.', '-', '_'
 * and '/' between them. */
bool archive_writer_begin(struct archive_writer *writer, const char *name,
                          enum archive_method method, GError **error);

/* Appends to the entry. BASE_ERROR_IO when the disk is full, say; nothing more can be written then.
 */
bool archive_writer_put(struct archive_writer *writer, const void *data, gsize size,
                        GError **error);

/* A whole entry. */
bool archive_writer_add(struct archive_writer *writer, const char *name, enum archive_method method,
                        const void *data, gsize size, GError **error);

/* Ends the file and, where it has a path, syncs it and puts it in place. Only destroying is allowed
 * afterwards. */
bool archive_writer_finish(struct archive_writer *writer, GError **error);

/* What was not finished is removed. NULL is allowed. */
void archive_writer_destroy(struct archive_writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_writer, archive_writer_destroy)

/* ---- Reading ---- */

/* What a file from elsewhere may ask of us, counted in bytes as they come out. 0: no limit. */
struct archive_limits {
    guint entries;
    gint64 entry_size;
    gint64 total_size;
};

/* One file in a ZIP file. */
struct archive_item {
    const char *name; /* UTF-8, relative, '/' between folders; lives until the next step */
    gint64 size;      /* as the file claims; -1: it does not say */
};

/* Used by one thread at a time. */
struct archive_reader;
typedef struct archive_reader archive_reader;

/*
 * Opens a ZIP file. `limits` NULL: none. BASE_ERROR_NOT_FOUND when there is no such file,
 * BASE_ERROR_UNSUPPORTED when it is not a ZIP file, BASE_ERROR_CORRUPT when it is damaged.
 * Destroy with archive_reader_destroy().
 */
struct archive_reader *archive_reader_open(const char *path, const struct archive_limits *limits,
                                           GError **error);

/* The same over bytes in memory, which must outlive the reader. */
struct archive_reader *archive_reader_open_bytes(const void *data, gsize size,
                                                 const struct archive_limits *limits,
                                                 GError **error);

/*
 * Steps to the next file; what was not read of the last one is passed over. Folders are not told.
 * False at the end and on an error: keep a GError and look at it after the loop.
 *
 * BASE_ERROR_INVALID over a name that leads out of a folder or that occurs twice, a link or a
 * device; BASE_ERROR_UNSUPPORTED over an encrypted entry; BASE_ERROR_TOO_LARGE over a limit;
 * BASE_ERROR_CORRUPT over damage.
 */
bool archive_reader_next(struct archive_reader *reader, struct archive_item *item, GError **error);

/* The next bytes of the file, `size` (at least 1) at most; 0 at its end, -1 on an error. Its
 * checksum is verified at the end: until then nothing that was read is certain. */
gssize archive_reader_read(struct archive_reader *reader, void *buffer, gsize size, GError **error);

/* The whole file; BASE_ERROR_TOO_LARGE when it has more than `limit` bytes. */
GBytes *archive_reader_read_all(struct archive_reader *reader, gsize limit, GError **error);

/* NULL is allowed. */
void archive_reader_destroy(struct archive_reader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_reader, archive_reader_destroy)

#endif
