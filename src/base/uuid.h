/* UUIDs as RFC 9562 defines them; new ones are version 7, so that they sort by time of creation. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BASE_UUID_SIZE 16
#define BASE_UUID_TEXT_SIZE 37 /* 36 characters and the terminating zero */

struct base_uuid {
    uint8_t bytes[BASE_UUID_SIZE]; /* network byte order */
};

/*
 * A new version 7 UUID: 48 bits of milliseconds since the epoch, 12 bits that count up within one
 * millisecond of this process (RFC 9562, 6.2 method 1), 62 random bits from the kernel. Thread-safe
 * and strictly increasing within the process.
 */
void base_uuid_new(struct base_uuid *uuid);

/* Reads the canonical 8-4-4-4-12 form, in either case. False, and `uuid` untouched, for any other
 * text; NULL is no UUID either. */
bool base_uuid_parse(const char *text, struct base_uuid *uuid);

/* Writes the canonical form in lower case, and returns `text` for use in an expression. */
char *base_uuid_format(const struct base_uuid *uuid, char text[static BASE_UUID_TEXT_SIZE]);

bool base_uuid_is_nil(const struct base_uuid *uuid);

/* For GHashTable keys and sorting: byte order. */
guint base_uuid_hash(gconstpointer uuid);
gboolean base_uuid_equal(gconstpointer a, gconstpointer b);
int base_uuid_compare(const struct base_uuid *a, const struct base_uuid *b);

#endif
