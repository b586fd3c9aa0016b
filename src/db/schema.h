/*
 * The tables of an installation as data: for whatever moves or examines all of them alike (copy.h,
 * backup.h, check.c). A unit test compares the list with the real schema of every engine, so a new
 * table or column belongs into it.
 */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include "db/db.h"

enum {
    DB_SCHEMA_COLUMNS_MAX = 32,
    DB_SCHEMA_KEY_MAX = 2, /* columns of a primary key */
    DB_SCHEMA_ROWS = 64,   /* that `insert_many` takes */
    DB_SCHEMA_PAGE = 4096, /* rows that are read at once */
    DB_SCHEMA_DIGEST_SIZE = 65,
};

struct db_schema_column {
    const char *name;
    enum db_kind kind;
};

/* The columns of the primary key come first. Statements name all columns in this order. */
struct db_schema_table {
    const char *name;
    const struct db_schema_column *columns;
    guint columns_n;
    guint key_n;
    const char *first;       /* SELECT in order of the key; value: how many rows at most */
    const char *next;        /* the same after a key; values: the key, how many */
    const char *last;        /* SELECT of the greatest key alone */
    const char *insert;      /* one row */
    const char *insert_many; /* DB_SCHEMA_ROWS rows */
    const char *count;
    const char *erase; /* all rows */
};

/* In an order in which every row's references are there before it. */
extern const struct db_schema_table db_schema_tables[];
extern const guint db_schema_tables_n;

/* A foreign key. */
struct db_schema_reference {
    const char *table;
    const char *column;
    const char *target;  /* table whose id it is */
    const char *orphans; /* SELECT COUNT(*) of the rows whose target is missing */
};

extern const struct db_schema_reference db_schema_references[];
extern const guint db_schema_references_n;

/* A column of the current row as the value to store elsewhere. Text and blobs are borrowed from the
 * row. */
struct db_value db_schema_value(struct db_rows *rows, guint column, enum db_kind kind);

/* Gives a text or blob bytes of its own, which outlive the row. g_free() what it returns. */
gpointer db_schema_keep(struct db_value *value);

/* ---- Reading a whole table ---- */

/* A place in a table, in order of its primary key. No query stays open between pages. */
struct db_schema_reader {
    const struct db_schema_table *table;
    bool begun;                             /* rows up to `key` are behind us */
    struct db_value key[DB_SCHEMA_KEY_MAX]; /* of the last row */
    gpointer key_bytes[DB_SCHEMA_KEY_MAX];  /* what texts and blobs of it point at */
};

void db_schema_reader_init(struct db_schema_reader *reader, const struct db_schema_table *table);
void db_schema_reader_clear(struct db_schema_reader *reader);

/* Puts the reader behind the greatest key that the table has in this database. */
bool db_schema_reader_skip(struct db_schema_reader *reader, struct db_connection *connection,
                           GError **error);

/* The next DB_SCHEMA_PAGE rows or fewer; free with db_rows_free(). */
struct db_rows *db_schema_reader_page(struct db_schema_reader *reader,
                                      struct db_connection *connection, GError **error);

/* Puts the reader behind the current row of a page. */
void db_schema_reader_pass(struct db_schema_reader *reader, struct db_rows *rows);

/*
 * Reads a whole table in order of its key: number of rows and SHA-256 (lower-case hexadecimal) over
 * their canonical encoding, which is the same on every engine. Each value is one byte for its
 * enum db_kind (0 for NULL) followed by: UUID 16 bytes; bool 1 byte; integers, times (µs) and reals
 * (IEEE 754, zero without a sign) 8 bytes, big endian; text and blobs their length in 8 bytes, big
 * endian, and their bytes. Call it in a snapshot. `step` (may be NULL) is called after every page
 * with the number of rows so far; when it returns false the reading ends with
 * BASE_ERROR_UNAVAILABLE.
 */
bool db_schema_digest(struct db_connection *connection, const struct db_schema_table *table,
                      bool (*step)(gint64 rows, gpointer data), gpointer data, gint64 *rows,
                      char digest[static DB_SCHEMA_DIGEST_SIZE], GError **error);

#endif
