#include "http/multipart.h"

#include <string.h>

#include "base/error.h"

#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */

static bool malformed(GError **error, const char *what)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "the form is malformed: %s", what);
    return false;
}

bool http_slice_equal(struct http_slice slice, const char *text)
{
    size_t size = strlen(text);
    return slice.bytes && slice.size == size && !memcmp(slice.bytes, text, size);
}

char *http_slice_dup(struct http_slice slice)
{
    return slice.bytes ? g_strndup(slice.bytes, slice.size) : NULL;
}

const struct http_part *http_multipart_find(const struct http_multipart *form, const char *name)
{
    for (size_t i = 0; i < form->parts_n; i++)
        if (http_slice_equal(form->parts[i].name, name))
            return &form->parts[i];
    return NULL;
}

static struct http_slice trim(struct http_slice slice)
{
    while (slice.size && (*slice.bytes == ' ' || *slice.bytes == '\t')) {
        slice.bytes++;
        slice.size--;
    }
    while (slice.size &&
           (slice.bytes[slice.size - 1] == ' ' || slice.bytes[slice.size - 1] == '\t'))
        slice.size--;
    return slice;
}

static bool is_word(struct http_slice slice, const char *word)
{
    return slice.size == strlen(word) && !g_ascii_strncasecmp(slice.bytes, word, slice.size);
}

/* Cuts `*rest` at the first `mark`; what stands before it is returned, all of it without one. */
static struct http_slice cut(struct http_slice *rest, char mark)
{
    const char *at = rest->size ? memchr(rest->bytes, mark, rest->size) : NULL;
    struct http_slice head = {rest->bytes, at ? (size_t)(at - rest->bytes) : rest->size};
    size_t used = head.size + (at ? 1 : 0);
    rest->bytes += used;
    rest->size -= used;
    return head;
}

/*
 * Takes the next `name=value` or `name="value"` off `*rest`, which begins after a ';'. Browsers
 * send a quote in a name as %22 and a backslash as it is (HTML standard, multipart/form-data
 * encoding), so a backslash escapes nothing here.
 */
static bool take_parameter(struct http_slice *rest, struct http_slice *name,
                           struct http_slice *value)
{
    *name = trim(cut(rest, '='));
    *rest = trim(*rest);
    if (!name->size || memchr(name->bytes, ';', name->size))
        return false;
    if (!rest->size || *rest->bytes != '"') {
        *value = trim(cut(rest, ';'));
        return value->size && !memchr(value->bytes, '"', value->size);
    }
    rest->bytes++;
    rest->size--;
    const char *quote = memchr(rest->bytes, '"', rest->size);
    if (!quote)
        return false;
    *value = cut(rest, '"');
    return !trim(cut(rest, ';')).size;
}

/* RFC 2046: bcharsnospace, and blanks but not at the end */
static bool boundary_is_valid(struct http_slice boundary)
{
    for (size_t i = 0; i < boundary.size; i++) {
        char c = boundary.bytes[i];
        if (!c || (!g_ascii_isalnum(c) && !strchr("'()+_,-./:=? ", c)))
            return false;
    }
    return boundary.size && boundary.size <= BOUNDARY_MAX &&
           boundary.bytes[boundary.size - 1] != ' ';
}

static bool find_boundary(const char *content_type, struct http_slice *boundary, GError **error)
{
    struct http_slice rest = {content_type, strlen(content_type)};
    *boundary = (struct http_slice){NULL, 0};
    if (!is_word(trim(cut(&rest, ';')), "multipart/form-data"))
        return malformed(error, "its type is not multipart/form-data");
    while ((rest = trim(rest)).size) {
        struct http_slice name;
        struct http_slice value;
        if (!take_parameter(&rest, &name, &value))
            return malformed(error, "a parameter of Content-Type");
        if (!is_word(name, "boundary"))
            continue;
        if (boundary->bytes)
            return malformed(error, "two boundaries");
        *boundary = value;
    }
    if (!boundary->bytes || !boundary_is_valid(*boundary))
        return malformed(error, "its boundary is missing or not allowed");
    return true;
}

static bool is_text(struct http_slice slice)
{
    for (size_t i = 0; i < slice.size; i++)
        if ((unsigned char)slice.bytes[i] < 0x20 || slice.bytes[i] == 0x7f)
            return false;
    return g_utf8_validate(slice.bytes, (gssize)slice.size, NULL);
}

static bool parse_disposition(struct http_slice rest, struct http_part *part, GError **error)
{
    if (!is_word(trim(cut(&rest, ';')), "form-data"))
        return malformed(error, "a part's Content-Disposition is not form-data");
    while ((rest = trim(rest)).size) {
        struct http_slice name;
        struct http_slice value;
        if (!take_parameter(&rest, &name, &value))
            return malformed(error, "a part's Content-Disposition");
        struct http_slice *target = is_word(name, "name")       ? &part->name
                                    : is_word(name, "filename") ? &part->filename
                                                                : NULL;
        if (!target)
            continue;
        if (target->bytes)
            return malformed(error, "a part's Content-Disposition repeats a parameter");
        *target = value;
    }
    if (!part->name.size)
        return malformed(error, "a part has no name");
    if (!is_text(part->name) || (part->filename.bytes && !is_text(part->filename)))
        return malformed(error, "a part's name is not clean UTF-8");
    return true;
}

static bool parse_part_field(struct http_slice line, struct http_part *part, bool *disposed,
                             GError **error)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned char c = (unsigned char)line.bytes[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return malformed(error, "a control character in a part's headers");
    }
    struct http_slice value = line;
    struct http_slice name = cut(&value, ':');
    if (name.size == line.size || !name.size || trim(name).size != name.size)
        return malformed(error, "a part's header");
    value = trim(value);
    if (is_word(name, "Content-Disposition")) {
        if (*disposed)
            return malformed(error, "two Content-Disposition headers in a part");
        *disposed = true;
        return parse_disposition(value, part, error);
    }
    if (is_word(name, "Content-Type")) {
        if (part->type.bytes)
            return malformed(error, "two Content-Type headers in a part");
        part->type = value;
    }
    if (is_word(name, "Content-Transfer-Encoding") && !is_word(value, "binary") &&
        !is_word(value, "8bit") && !is_word(value, "7bit"))
        return malformed(error, "a part has a transfer encoding (RFC 7578 has none)");
    return true;
}

struct reader {
    const char *at;
    const char *end;
    char delimiter[BOUNDARY_MAX + 5]; /* CRLF "--" boundary */
    size_t delimiter_size;
};

/* Headers up to the empty line; `at` is left at the first byte of the content. */
static bool read_part_head(struct reader *reader, struct http_part *part, GError **error)
{
    const char *start = reader->at;
    bool disposed = false;
    for (;;) {
        const char *newline = memmem(reader->at, (size_t)(reader->end - reader->at), "\r\n", 2);
        if ((newline ? newline : reader->end) - start > HTTP_MULTIPART_PART_HEAD_MAX) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE,
                        "the headers of a part of the form are too long");
            return false;
        }
        if (!newline)
            return malformed(error, "it ends in a part's headers");
        struct http_slice line = {reader->at, (size_t)(newline - reader->at)};
        reader->at = newline + 2;
        if (!line.size)
            return disposed ? true : malformed(error, "a part without Content-Disposition");
        if (!parse_part_field(line, part, &disposed, error))
            return false;
    }
}

/* What may follow a boundary: "--" for the last one, blanks, the end of the line. */
static bool read_delimiter_tail(struct reader *reader, bool *last, GError **error)
{
    size_t left = (size_t)(reader->end - reader->at);
    *last = left >= 2 && !memcmp(reader->at, "--", 2);
    if (*last)
        reader->at += 2;
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
        reader->at++;
    left = (size_t)(reader->end - reader->at);
    if (*last && !left)
        return true;
    if (left < 2 || memcmp(reader->at, "\r\n", 2) != 0)
        return malformed(error, "a boundary is followed by something else");
    reader->at += 2;
    return true;
}

/* The first delimiter may stand at the very start, and after a preamble that is ignored. */
static bool find_first_delimiter(struct reader *reader, GError **error)
{
    size_t left = (size_t)(reader->end - reader->at);
    size_t dashes = reader->delimiter_size - 2;
    if (left >= dashes && !memcmp(reader->at, reader->delimiter + 2, dashes)) {
        reader->at += dashes;
        return true;
    }
    const char *found = memmem(reader->at, left, reader->delimiter, reader->delimiter_size);
    if (!found)
        return malformed(error, "its boundary never comes");
    reader->at = found + reader->delimiter_size;
    return true;
}

static bool read_part(struct reader *reader, struct http_part *part, GError **error)
{
    *part = (struct http_part){0};
    if (!read_part_head(reader, part, error))
        return false;
    /* An empty content may end at once: its delimiter's CRLF is then the one of the empty line. */
    const char *from = reader->at - 2;
    const char *found =
        memmem(from, (size_t)(reader->end - from), reader->delimiter, reader->delimiter_size);
    if (!found)
        return malformed(error, "it ends before its closing boundary");
    part->data.bytes = reader->at;
    part->data.size = found < reader->at ? 0 : (size_t)(found - reader->at);
    reader->at = found + reader->delimiter_size;
    return true;
}

bool http_multipart_parse(const char *content_type, const void *body, size_t size, size_t parts_max,
                          struct http_multipart *form, GError **error)
{
    form->parts_n = 0;
    struct http_slice boundary;
    if (!find_boundary(content_type, &boundary, error))
        return false;
    struct reader reader = {.at = body, .end = (const char *)body + size};
    memcpy(reader.delimiter, "\r\n--", 4);
    memcpy(reader.delimiter + 4, boundary.bytes, boundary.size);
    reader.delimiter_size = boundary.size + 4;

    bool last = false;
    if (!find_first_delimiter(&reader, error) || !read_delimiter_tail(&reader, &last, error))
        return false;
    while (!last) {
        if (form->parts_n == MIN(parts_max, HTTP_MULTIPART_PARTS_MAX)) {
            g_set_error(error, BASE_ERROR, BASE_ERROR_TOO_LARGE, "the form has too many parts");
            return false;
        }
        if (!read_part(&reader, &form->parts[form->parts_n++], error) ||
            !read_delimiter_tail(&reader, &last, error))
            return false;
    }
    return true;
}
