#include "archive/archive.h"
#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#define BLOCK 65536

struct archive_reader {
    struct archive *native;
    struct archive_limits limits;
    locale_t locale;   /* in which libarchive leaves names of UTF-8 as they are */
    GHashTable *names; /* seen so far */
    char *name;
    gint64 entry_size; /* read of this one */
    gint64 total_size;
};

static bool fail_damaged(GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CORRUPT, "The ZIP file is damaged.");
    return false;
}

static bool fail_large(GError **error)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                "The ZIP file holds more than is allowed.");
    return false;
}

static struct archive_reader *create(const struct archive_limits *limits, GError **error)
{
    g_autoptr(archive_reader) reader = g_new0(struct archive_reader, 1);

    if (limits)
        reader->limits = *limits;
    reader->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    reader->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    reader->native = archive_read_new();
    /* Only by its directory, as every other program reads it: entries that lie beside the directory
     * are not there. */
    if (reader->native && archive_read_support_format_zip_seekable(reader->native) == ARCHIVE_OK)
        return g_steal_pointer(&reader);
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "No ZIP file can be read.");
    return NULL;
}

static struct archive_reader *opened(struct archive_reader *reader, int result, GError **error)
{
    if (result == ARCHIVE_OK)
        return reader;
    int reason = archive_errno(reader->native);
    if (reason == ENOENT)
        g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no such file.");
    else if (reason > 0 && reason != EILSEQ && reason != EINVAL)
        g_set_error(error, BASE_ERROR, BASE_ERROR_IO, "The file cannot be read: %s.",
                    g_strerror(reason));
    else
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED, "This is not a ZIP file.");
    archive_reader_destroy(reader);
    return NULL;
}

struct archive_reader *archive_reader_open(const char *path, const struct archive_limits *limits,
                                           GError **error)
{
    struct archive_reader *reader = create(limits, error);

    if (!reader)
        return NULL;
    return opened(reader, archive_read_open_filename(reader->native, path, BLOCK), error);
}

struct archive_reader *archive_reader_open_bytes(const void *data, gsize size,
                                                 const struct archive_limits *limits,
                                                 GError **error)
{
    struct archive_reader *reader = create(limits, error);

    if (!reader)
        return NULL;
    return opened(reader, archive_read_open_memory(reader->native, data, size), error);
}

/* Names are of code page 437 unless they are UTF-8. */
static char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    if (!name || g_utf8_validate(name, -1, NULL))
        return g_strdup(name);
    return g_convert(name, -1, "UTF-8", "CP437", NULL, NULL, NULL);
}

/* One that stays inside the folder where somebody might put it, on any system. */
static bool is_safe(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);

    if (!*name || strpbrk(name, "\\:") || strlen(name) > 1024)
        return false;
    for (const char *c = name; *c; c++)
        if (g_ascii_iscntrl(*c))
            return false;
    for (guint i = 0; parts[i]; i++)
        if (!*parts[i] || strcmp(parts[i], ".") == 0 || strcmp(parts[i], "..") == 0)
            return false;
    return true;
}

/* Takes a file's name, or says why it cannot be taken. */
static bool accept(struct archive_reader *reader, struct archive_entry *entry, GError **error)
{
    g_autofree char *name = name_of(entry);

    if (archive_entry_is_encrypted(entry)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED,
                    "The ZIP file is encrypted; send it without a password.");
        return false;
    }
    if (!name || !is_safe(name) || archive_entry_filetype(entry) != AE_IFREG) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The ZIP file holds something that is no plain file: \"%.200s\".",
                    name ? name : "a name in no known letters");
        return false;
    }
    if (reader->limits.entries && g_hash_table_size(reader->names) >= reader->limits.entries)
        return fail_large(error);
    if (!g_hash_table_add(reader->names, g_strdup(name))) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The ZIP file holds \"%.200s\" more than once.", name);
        return false;
    }
    g_free(reader->name);
    reader->name = g_steal_pointer(&name);
    return true;
}

static int next_header(struct archive_reader *reader, struct archive_entry **entry)
{
    locale_t before = uselocale(reader->locale ? reader->locale : LC_GLOBAL_LOCALE);
    int result;

    do {
        result = archive_read_next_header(reader->native, entry);
    } while ((result == ARCHIVE_OK || result == ARCHIVE_WARN) &&
             archive_entry_filetype(*entry) == AE_IFDIR);
    uselocale(before);
    return result;
}

bool archive_reader_next(struct archive_reader *reader, struct archive_item *item, GError **error)
{
    struct archive_entry *entry = NULL;
    int result = next_header(reader, &entry);

    *item = (struct archive_item){.size = -1};
    if (result == ARCHIVE_EOF)
        return false;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
        bool known = archive_format(reader->native) != 0;
        if (known)
            return fail_damaged(error);
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNSUPPORTED, "This is not a ZIP file.");
        return false;
    }
    if (!accept(reader, entry, error))
        return false;
    reader->entry_size = 0;
    item->name = reader->name;
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0)
        item->size = archive_entry_size(entry);
    if (reader->limits.entry_size && item->size > reader->limits.entry_size)
        return fail_large(error);
    return true;
}

gssize archive_reader_read(struct archive_reader *reader, void *buffer, gsize size, GError **error)
{
    la_ssize_t got = archive_read_data(reader->native, buffer, size);

    if (got < 0) {
        fail_damaged(error);
        return -1;
    }
    reader->entry_size += got;
    reader->total_size += got;
    if ((reader->limits.entry_size && reader->entry_size > reader->limits.entry_size) ||
        (reader->limits.total_size && reader->total_size > reader->limits.total_size)) {
        fail_large(error);
        return -1;
    }
    return (gssize)got;
}

GBytes *archive_reader_read_all(struct archive_reader *reader, gsize limit, GError **error)
{
    g_autoptr(GByteArray) whole = g_byte_array_new();
    g_autofree guint8 *block = g_malloc(BLOCK);
    gssize got;

    while ((got = archive_reader_read(reader, block, BLOCK, error)) > 0) {
        if ((gsize)got > limit - whole->len) {
            fail_large(error);
            return NULL;
        }
        g_byte_array_append(whole, block, (guint)got);
    }
    return got < 0 ? NULL : g_byte_array_free_to_bytes(g_steal_pointer(&whole));
}

void archive_reader_destroy(struct archive_reader *reader)
{
    if (!reader)
        return;
    if (reader->native)
        archive_read_free(reader->native);
    if (reader->locale)
        freelocale(reader->locale);
    g_hash_table_destroy(reader->names);
    g_free(reader->name);
    g_free(reader);
}
