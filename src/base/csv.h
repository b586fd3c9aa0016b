/*
 * CSV as spreadsheets and registrars' systems write it, read strictly by RFC 4180: records of
 * fields, a field that holds the separator, a quote or a line end stands in quotes, and a quote
 * within is doubled. Beyond the RFC: a byte order mark, lines that end in LF alone, semicolons or
 * tabs as separators (found out from the first record) and empty lines, which are skipped. What is
 * not CSV is refused with its line, never guessed at.
 *
 * The reader holds one record and a buffer in memory, however long the file is.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <glib.h>
#include <stdbool.h>

enum base_csv_encoding {
    BASE_CSV_UTF_8,
    BASE_CSV_ISO_8859_1,
    BASE_CSV_WINDOWS_1252,
    BASE_CSV_ENCODING_N,
};

/* "utf-8", "iso-8859-1", "windows-1252", in any case. Static storage. */
const char *base_csv_encoding_name(enum base_csv_encoding encoding);
bool base_csv_encoding_from_name(const char *name, enum base_csv_encoding *encoding);

struct base_csv_options {
    enum base_csv_encoding encoding;
    char separator;    /* ',', ';' or '\t'; 0: found out */
    guint columns_max; /* 0: 256 */
    gsize field_max;   /* bytes; 0: 64 KiB */
    gsize size_max;    /* bytes of the whole file; 0: 64 MiB */
};

struct base_csv;
typedef struct base_csv base_csv;

/* Gives the next bytes, at most `size`; 0 at the end, -1 with an error. */
typedef gssize (*base_csv_source)(void *buffer, gsize size, gpointer data, GError **error);

/* `options` may be NULL and is copied. */
struct base_csv *base_csv_create(base_csv_source source, gpointer data,
                                 const struct base_csv_options *options);

/* The same for bytes in memory, which must outlive the reader. */
struct base_csv *base_csv_create_bytes(const void *bytes, gsize size,
                                       const struct base_csv_options *options);

/* NULL is allowed. */
void base_csv_destroy(struct base_csv *csv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(base_csv, base_csv_destroy)

/*
 * Steps to the next record. False at the end, and on an error: BASE_ERROR_INVALID for what is not
 * CSV or not in the encoding, BASE_ERROR_TOO_LARGE over a limit, and those of the source. The
 * message does not say where: base_csv_line() and base_csv_columns() do (the record and the number
 * of fields before the faulty one). Nothing can be read after an error.
 */
bool base_csv_next(struct base_csv *csv, GError **error);

/* Of the current record: number of fields; one of them, valid UTF-8 without NUL, until the next
 * step; the line it begins on, from 1. After an error the line of the fault. */
guint base_csv_columns(const struct base_csv *csv);
const char *base_csv_field(const struct base_csv *csv, guint column);
gint64 base_csv_line(const struct base_csv *csv);

/* ',', ';' or '\t', once a record was read. */
char base_csv_separator(const struct base_csv *csv);

#endif
