#include "base/csv.h"

#include "base/error.h"

#include <string.h>

enum {
    BUFFER_SIZE = 64 * 1024,
    COLUMNS_MAX = 256,
    FIELD_MAX = 64 * 1024,
    SIZE_MAX_DEFAULT = 64 << 20,
};

/* Where in a field the reader is. */
enum state {
    STATE_START,    /* nothing of the field was read yet */
    STATE_BARE,     /* in a field without quotes */
    STATE_QUOTED,   /* between quotes */
    STATE_QUOTE,    /* after a quote that ends the field, or is the first of two */
    STATE_LINE_END, /* after a CR outside of quotes */
};

struct base_csv {
    struct base_csv_options options;
    base_csv_source source;
    gpointer data;
    const char *bytes; /* of base_csv_create_bytes() */
    gsize bytes_left;

    guint8 buffer[BUFFER_SIZE];
    gsize at, end; /* within the buffer */
    gsize size;    /* read from the source so far */
    bool begun;    /* mark and separator were looked at */
    bool ended;
    bool failed;

    GString *text;   /* the fields of the record, each with its NUL */
    GArray *offsets; /* gsize: where each begins in the text */
    gsize field;     /* where the one that is being read begins */
    gint64 line;     /* being read */
    gint64 record_line;
};

static const char *const encoding_names[BASE_CSV_ENCODING_N] = {
    [BASE_CSV_UTF_8] = "utf-8",
    [BASE_CSV_ISO_8859_1] = "iso-8859-1",
    [BASE_CSV_WINDOWS_1252] = "windows-1252",
};

/* 0x80 to 0x9f of Windows-1252; 0 where it has no character. */
static const guint16 windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

const char *base_csv_encoding_name(enum base_csv_encoding encoding)
{
    return (unsigned)encoding < BASE_CSV_ENCODING_N ? encoding_names[encoding] : NULL;
}

bool base_csv_encoding_from_name(const char *name, enum base_csv_encoding *encoding)
{
    for (unsigned i = 0; name && i < BASE_CSV_ENCODING_N; i++)
        if (g_ascii_strcasecmp(name, encoding_names[i]) == 0) {
            *encoding = (enum base_csv_encoding)i;
            return true;
        }
    return false;
}

static gssize read_bytes(void *buffer, gsize size, gpointer data, GError **error)
{
    struct base_csv *csv = data;
    const gsize n = MIN(size, csv->bytes_left);

    (void)error;
    if (n == 0)
        return 0;
    memcpy(buffer, csv->bytes, n);
    csv->bytes += n;
    csv->bytes_left -= n;
    return (gssize)n;
}

struct base_csv *base_csv_create(base_csv_source source, gpointer data,
                                 const struct base_csv_options *options)
{
    struct base_csv *csv = g_new0(struct base_csv, 1);

    if (options)
        csv->options = *options;
    if (csv->options.columns_max == 0)
        csv->options.columns_max = COLUMNS_MAX;
    if (csv->options.field_max == 0)
        csv->options.field_max = FIELD_MAX;
    if (csv->options.size_max == 0)
        csv->options.size_max = SIZE_MAX_DEFAULT;
    csv->source = source;
    csv->data = data;
    csv->line = 1;
    csv->text = g_string_new(NULL);
    csv->offsets = g_array_new(FALSE, FALSE, sizeof(gsize));
    return csv;
}

struct base_csv *base_csv_create_bytes(const void *bytes, gsize size,
                                       const struct base_csv_options *options)
{
    struct base_csv *csv = base_csv_create(read_bytes, NULL, options);

    csv->data = csv;
    csv->bytes = bytes;
    csv->bytes_left = size;
    return csv;
}

void base_csv_destroy(struct base_csv *csv)
{
    if (!csv)
        return;
    g_string_free(csv->text, TRUE);
    g_array_unref(csv->offsets);
    g_free(csv);
}

static bool csv_fail(struct base_csv *csv, GError **error, enum base_error code,
                     const char *message)
{
    csv->failed = true;
    csv->record_line = csv->line;
    g_set_error_literal(error, BASE_ERROR, (int)code, message);
    return false;
}

/* ---- Bytes ---- */

/* Appends to the buffer until it is full or the source is at its end. */
static bool fill(struct base_csv *csv, GError **error)
{
    memmove(csv->buffer, csv->buffer + csv->at, csv->end - csv->at);
    csv->end -= csv->at;
    csv->at = 0;
    while (csv->end < BUFFER_SIZE) {
        const gssize n =
            csv->source(csv->buffer + csv->end, BUFFER_SIZE - csv->end, csv->data, error);
        if (n < 0) {
            csv->failed = true;
            return false;
        }
        if (n == 0)
            break;
        csv->end += (gsize)n;
        csv->size += (gsize)n;
        if (csv->size > csv->options.size_max)
            return csv_fail(csv, error, BASE_ERROR_TOO_LARGE, "The file is too large.");
    }
    return true;
}

/* The separator that the first record has most of, outside of quotes. */
static char separator_of(const guint8 *bytes, gsize size)
{
    static const char CANDIDATES[] = {',', ';', '\t'};
    gsize counts[G_N_ELEMENTS(CANDIDATES)] = {0};
    bool quoted = false;
    gsize best = 0;

    for (gsize i = 0; i < size && (quoted || (bytes[i] != '\n' && bytes[i] != '\r')); i++) {
        quoted ^= bytes[i] == '"';
        for (gsize k = 0; !quoted && k < G_N_ELEMENTS(CANDIDATES); k++)
            counts[k] += bytes[i] == (guint8)CANDIDATES[k];
    }
    for (gsize k = 1; k < G_N_ELEMENTS(CANDIDATES); k++)
        if (counts[k] > counts[best])
            best = k;
    return CANDIDATES[best];
}

static bool begin(struct base_csv *csv, GError **error)
{
    static const guint8 MARK[] = {0xEF, 0xBB, 0xBF};

    csv->begun = true;
    if (!fill(csv, error))
        return false;
    const guint8 *start = csv->buffer;
    if (csv->end >= 2 &&
        ((start[0] == 0xFF && start[1] == 0xFE) || (start[0] == 0xFE && start[1] == 0xFF)))
        return csv_fail(csv, error, BASE_ERROR_INVALID,
                        "The file is in UTF-16; save it as \"CSV UTF-8\".");
    if (csv->end >= sizeof MARK && memcmp(start, MARK, sizeof MARK) == 0) {
        csv->at = sizeof MARK;
        csv->options.encoding = BASE_CSV_UTF_8; /* says the mark, whatever was said before */
    }
    if (csv->options.separator == 0)
        csv->options.separator = separator_of(start + csv->at, csv->end - csv->at);
    return true;
}

/* ---- Fields ---- */

static gunichar character_of(enum base_csv_encoding encoding, guint8 byte)
{
    if (encoding == BASE_CSV_WINDOWS_1252 && byte >= 0x80 && byte < 0xA0)
        return windows_1252[byte - 0x80];
    return byte;
}

/* Turns the field that was read from one byte a character into UTF-8. */
static bool field_convert(struct base_csv *csv, GError **error)
{
    g_autofree char *bytes = g_strdup(csv->text->str + csv->field);

    g_string_truncate(csv->text, csv->field);
    for (const char *at = bytes; *at; at++) {
        const gunichar c = character_of(csv->options.encoding, (guint8)*at);
        if (c == 0)
            return csv_fail(csv, error, BASE_ERROR_INVALID,
                            "There is a byte that Windows-1252 does not have.");
        g_string_append_unichar(csv->text, c);
    }
    return true;
}

static bool field_end(struct base_csv *csv, GError **error)
{
    if (csv->offsets->len == csv->options.columns_max)
        return csv_fail(csv, error, BASE_ERROR_TOO_LARGE, "There are too many columns.");
    if (csv->options.encoding != BASE_CSV_UTF_8) {
        if (!field_convert(csv, error))
            return false;
    } else if (!g_utf8_validate(csv->text->str + csv->field, -1, NULL)) {
        return csv_fail(csv, error, BASE_ERROR_INVALID,
                        "The text is not valid UTF-8; save the file as \"CSV UTF-8\", or say "
                        "which encoding it is in.");
    }
    g_array_append_val(csv->offsets, csv->field);
    g_string_append_c(csv->text, '\0');
    csv->field = csv->text->len;
    return true;
}

static bool field_add(struct base_csv *csv, guint8 byte, GError **error)
{
    if (byte == 0)
        return csv_fail(csv, error, BASE_ERROR_INVALID, "There is a NUL byte: this is no text.");
    if (csv->text->len - csv->field >= csv->options.field_max)
        return csv_fail(csv, error, BASE_ERROR_TOO_LARGE, "A field is too long.");
    g_string_append_c(csv->text, (char)byte);
    return true;
}

/* One byte of a field; `*done` when it ended the record. */
static bool step(struct base_csv *csv, enum state *state, guint8 byte, bool *done, GError **error)
{
    const bool separates = byte == (guint8)csv->options.separator;

    if (*state == STATE_LINE_END && byte != '\n')
        return csv_fail(csv, error, BASE_ERROR_INVALID, "There is a line end without a line feed.");
    if (*state == STATE_QUOTED) {
        csv->line += byte == '\n';
        if (byte != '"')
            return field_add(csv, byte, error);
        *state = STATE_QUOTE;
        return true;
    }
    if (*state == STATE_QUOTE && byte == '"') {
        *state = STATE_QUOTED;
        return field_add(csv, byte, error);
    }
    if (separates || byte == '\n') {
        *done = byte == '\n';
        *state = STATE_START;
        return field_end(csv, error);
    }
    if (byte == '\r') {
        *state = STATE_LINE_END;
        return true;
    }
    if (*state == STATE_QUOTE)
        return csv_fail(csv, error, BASE_ERROR_INVALID,
                        "After a closing quote there is something else than a separator.");
    if (byte == '"' && *state == STATE_START) {
        *state = STATE_QUOTED;
        return true;
    }
    if (byte == '"')
        return csv_fail(csv, error, BASE_ERROR_INVALID,
                        "There is a quote within a field that is not in quotes.");
    *state = STATE_BARE;
    return field_add(csv, byte, error);
}

/* The file's end, where the last record has no line end. */
static bool finish(struct base_csv *csv, enum state state, GError **error)
{
    csv->ended = true;
    if (state == STATE_QUOTED) {
        csv->line = csv->record_line; /* where somebody will look for the missing quote */
        return csv_fail(csv, error, BASE_ERROR_INVALID, "A quote is never closed.");
    }
    if (state == STATE_LINE_END)
        return csv_fail(csv, error, BASE_ERROR_INVALID, "There is a line end without a line feed.");
    if (state == STATE_START && csv->offsets->len == 0)
        return false;
    return field_end(csv, error);
}

static bool read_record(struct base_csv *csv, GError **error)
{
    enum state state = STATE_START;
    bool done = false;

    g_string_truncate(csv->text, 0);
    g_array_set_size(csv->offsets, 0);
    csv->field = 0;
    csv->record_line = csv->line;
    while (!done) {
        if (csv->at == csv->end && !fill(csv, error))
            return false;
        if (csv->at == csv->end)
            return finish(csv, state, error);
        if (!step(csv, &state, csv->buffer[csv->at++], &done, error))
            return false;
    }
    csv->line++;
    return true;
}

bool base_csv_next(struct base_csv *csv, GError **error)
{
    if (csv->failed || csv->ended || (!csv->begun && !begin(csv, error)))
        return false;
    while (read_record(csv, error))
        if (csv->offsets->len > 1 || *base_csv_field(csv, 0))
            return true;
    return false;
}

guint base_csv_columns(const struct base_csv *csv)
{
    return csv->offsets->len;
}

const char *base_csv_field(const struct base_csv *csv, guint column)
{
    return column < csv->offsets->len ? csv->text->str + g_array_index(csv->offsets, gsize, column)
                                      : NULL;
}

gint64 base_csv_line(const struct base_csv *csv)
{
    return csv->record_line;
}

char base_csv_separator(const struct base_csv *csv)
{
    return csv->options.separator;
}
