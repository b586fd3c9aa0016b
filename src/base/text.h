/* Text that people type: normalised once, on the way in, so that everything behind compares bytes.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>
#include <stdbool.h>

/*
 * A name as it is stored: valid UTF-8 in NFC, white space trimmed at both ends and folded to single
 * spaces inside, without control characters, 1 to `max` characters. NULL with BASE_ERROR_INVALID,
 * naming `field`, for anything else. Free with g_free.
 */
char *base_text_name(const char *text, const char *field, int max, GError **error);

/*
 * The key by which names are ordered and searched, the same on every database: NFKD, marks removed,
 * case folded ("Núñez" → "nunez"). Letters without a decomposition stay as they are. Free with
 * g_free.
 */
char *base_text_key(const char *name);

/*
 * An e-mail address as it is stored: lower case, trimmed; the ASCII addr-spec of RFC 5321 without
 * quoted strings and address literals, at most 254 characters. NULL with BASE_ERROR_INVALID
 * otherwise. Free with g_free.
 */
char *base_text_email(const char *text, GError **error);

/* True when a normalised address lies in `domain` or, if the domain starts with a dot, anywhere
 * below it. An empty or NULL domain admits every address. */
bool base_text_email_in_domain(const char *email, const char *domain);

/* Where `wanted` stands among n texts, such as the names of an enumeration; -1 where it is none of
 * them or NULL. */
int base_text_index(const char *const *texts, int n, const char *wanted);

/* Edit distance of Levenshtein (1966) in bytes, for "did you mean"; both at most 64 bytes, longer
 * texts give 64. */
int base_text_distance(const char *a, const char *b);

#endif
