#include "mail/message.h"

#include "base/error.h"

#include <string.h>

enum {
    LINE_MAX_CHARS = 76,  /* of an encoded body, RFC 2045 section 6.7 */
    WORD_BYTES = 42,      /* of UTF-8 in one encoded word: 75 characters of it are allowed */
    WORD_FRAME = 12,      /* characters of a word round its text */
    WORD_BYTES_MIN = 9,   /* less is not worth a word of its own */
    FOLD_AT = 76,         /* of a header line */
    PARAMETER_PIECE = 48, /* characters of a file name in one line */
    BASE64_LINE_BYTES = 57,
};

static bool fail(GError **error, const char *what)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s cannot stand in an e-mail.", what);
    return false;
}

bool mail_address_is_valid(const char *address)
{
    const char *at = address ? strchr(address, '@') : NULL;

    if (!at || at == address || !at[1] || strchr(at + 1, '@') || strlen(address) > 254)
        return false;
    for (const char *c = address; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"(),:;<>[]\\", *c))
            return false;
    return true;
}

/* ---- headers ---- */

/* The text without what would end a header line. */
static char *header_text(const char *text)
{
    char *clean = g_strdup(text);

    for (char *c = clean; *c; c++)
        if ((guchar)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return g_strstrip(clean);
}

static bool is_plain(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return strstr(text, "=?") == NULL;
}

/* Where the last line of `out` begins. */
static gsize line_length(const GString *out)
{
    const char *end = g_strrstr_len(out->str, (gssize)out->len, "\r\n");

    return end ? out->len - (gsize)(end + 2 - out->str) : out->len;
}

/* A piece that must not be broken, on a line of its own when it does not fit into this one. */
static void append_piece(GString *out, const char *piece)
{
    const gsize n = strlen(piece);

    if (line_length(out) + 1 + n > FOLD_AT)
        g_string_append(out, "\r\n ");
    else
        g_string_append_c(out, ' ');
    g_string_append_len(out, piece, (gssize)n);
}

/* Bytes of text that an encoded word may hold so that it still fits into this line, or into one of
 * its own. A header that began with a fold would be read with a space in front. */
static gsize word_room(const GString *out)
{
    const gsize taken = line_length(out) + 1 + WORD_FRAME;
    const gsize room = taken < FOLD_AT ? (FOLD_AT - taken) / 4 * 3 : 0;

    return room >= WORD_BYTES_MIN ? MIN(room, WORD_BYTES) : WORD_BYTES;
}

/* Encoded words of RFC 2047, each with whole characters. */
static void append_encoded(GString *out, const char *text)
{
    while (*text) {
        const char *end = text;
        const gsize room = word_room(out);
        while (*end && (gsize)(g_utf8_next_char(end) - text) <= room)
            end = g_utf8_next_char(end);
        g_autofree char *base64 = g_base64_encode((const guchar *)text, (gsize)(end - text));
        g_autofree char *word = g_strconcat("=?UTF-8?B?", base64, "?=", NULL);
        append_piece(out, word);
        text = end;
    }
}

/* Words are folded at spaces; one that is longer than a line may be is encoded, which breaks it. */
static void append_unstructured(GString *out, const char *text)
{
    g_autofree char *clean = header_text(text);
    g_auto(GStrv) words = g_strsplit(clean, " ", -1);
    bool plain = is_plain(clean);

    for (char **word = words; *word; word++)
        plain = plain && strlen(*word) < FOLD_AT;
    if (!plain) {
        append_encoded(out, clean);
        return;
    }
    for (char **word = words; *word; word++)
        if (**word)
            append_piece(out, *word);
}

static void append_address(GString *out, const char *name, const char *address)
{
    g_autofree char *clean = name ? header_text(name) : g_strdup("");
    g_autofree char *bracketed = g_strconcat("<", address, ">", NULL);

    if (*clean && is_plain(clean) && strlen(clean) < FOLD_AT - 4) {
        g_autoptr(GString) quoted = g_string_new("\"");
        for (const char *c = clean; *c; c++) {
            if (*c == '"' || *c == '\\')
                g_string_append_c(quoted, '\\');
            g_string_append_c(quoted, *c);
        }
        g_string_append_c(quoted, '"');
        append_piece(out, quoted->str);
    } else if (*clean) {
        append_encoded(out, clean);
    }
    append_piece(out, bracketed);
}

/* RFC 5322 section 3.3, in UTC. The names are English whatever the locale. */
static void append_date(GString *out, base_time date)
{
    static const char *const DAYS[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(date / BASE_TIME_SECOND);

    if (moment)
        g_string_append_printf(out, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n",
                               DAYS[g_date_time_get_day_of_week(moment) - 1],
                               g_date_time_get_day_of_month(moment),
                               MONTHS[g_date_time_get_month(moment) - 1],
                               g_date_time_get_year(moment), g_date_time_get_hour(moment),
                               g_date_time_get_minute(moment), g_date_time_get_second(moment));
}

static void append_headers(GString *out, const struct mail_message *message)
{
    g_string_append(out, "From:");
    append_address(out, message->from_name, message->from_address);
    g_string_append(out, "\r\nTo:");
    append_address(out, message->to_name, message->to_address);
    g_string_append(out, "\r\nSubject:");
    append_unstructured(out, message->subject);
    g_string_append(out, "\r\n");
    append_date(out, message->date);
    g_string_append_printf(out, "Message-ID: <%s>\r\n", message->message_id);
    /* RFC 3834: no vacation notice is to answer this. */
    g_string_append(out, "Auto-Submitted: auto-generated\r\n");
    if (message->language)
        g_string_append_printf(out, "Content-Language: %s\r\n", message->language);
    if (message->unsubscribe_url)
        g_string_append_printf(out,
                               "List-Unsubscribe:\r\n <%s>\r\n"
                               "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
                               message->unsubscribe_url);
    g_string_append(out, "MIME-Version: 1.0\r\n");
}

/* ---- bodies ---- */

/* How a byte of text is written in quoted-printable; spaces at the end of a line are encoded. */
static void quoted_byte(const char *c, char token[4])
{
    const bool at_end = c[1] == '\0' || c[1] == '\n' || (c[1] == '\r' && c[2] == '\n');

    if ((*c > ' ' && *c <= '~' && *c != '=') || (*c == ' ' && !at_end))
        g_snprintf(token, 4, "%c", *c);
    else
        g_snprintf(token, 4, "=%02X", (guchar)*c);
}

static void append_quoted_printable(GString *out, const char *text)
{
    gsize column = 0;

    for (const char *c = text; *c; c++) {
        char token[4];
        if (*c == '\n' || (*c == '\r' && c[1] == '\n')) {
            c += *c == '\r';
            g_string_append(out, "\r\n");
            column = 0;
            continue;
        }
        quoted_byte(c, token);
        /* A lone dot at the start of a line is the transport's business, but costs nothing here. */
        if (column == 0 && *c == '.')
            g_strlcpy(token, "=2E", sizeof token);
        if (column + strlen(token) >= LINE_MAX_CHARS) {
            g_string_append(out, "=\r\n");
            column = 0;
        }
        g_string_append(out, token);
        column += strlen(token);
    }
    g_string_append(out, "\r\n");
}

static void append_base64(GString *out, GBytes *content)
{
    gsize n;
    const guchar *data = g_bytes_get_data(content, &n);

    for (gsize at = 0; at < n; at += BASE64_LINE_BYTES) {
        g_autofree char *line = g_base64_encode(data + at, MIN(BASE64_LINE_BYTES, n - at));
        g_string_append(out, line);
        g_string_append(out, "\r\n");
    }
}

static void append_text_part(GString *out, const char *subtype, const char *text)
{
    g_string_append_printf(out,
                           "Content-Type: text/%s; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                           subtype);
    append_quoted_printable(out, text);
}

static void append_multipart(GString *out, const char *subtype, const char *boundary)
{
    g_string_append_printf(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n", subtype,
                           boundary);
}

/* The name twice: as ASCII for old readers, and whole by RFC 2231, in pieces that fit a line. */
static void append_file_name(GString *out, const char *file_name)
{
    g_autofree char *clean = header_text(file_name);
    g_autoptr(GString) ascii = g_string_new(NULL);

    for (const char *c = clean; *c && ascii->len < PARAMETER_PIECE; c = g_utf8_next_char(c)) {
        const bool safe = g_ascii_isalnum(*c) || strchr(" .-_()", *c);
        g_string_append_c(ascii, safe ? *c : '_');
    }
    g_string_append_printf(out, ";\r\n filename=\"%s\"", ascii->str);
    if (strcmp(ascii->str, clean) == 0)
        return;
    g_autofree char *escaped = g_uri_escape_string(clean, NULL, FALSE);
    const char *rest = escaped;
    for (int piece = 0; *rest; piece++) {
        gsize n = MIN(strlen(rest), PARAMETER_PIECE);
        /* Never within "%XX". */
        for (gsize back = 1; back <= 2 && rest[n] && back < n; back++)
            if (rest[n - back] == '%') {
                n -= back;
                break;
            }
        g_string_append_printf(out, ";\r\n filename*%d*=%s%.*s", piece, piece ? "" : "UTF-8''",
                               (int)n, rest);
        rest += n;
    }
}

static void append_attachment(GString *out, const struct mail_attachment *attachment)
{
    g_string_append_printf(out,
                           "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n"
                           "Content-Disposition: attachment",
                           attachment->media_type);
    append_file_name(out, attachment->file_name);
    g_string_append(out, "\r\n\r\n");
    append_base64(out, attachment->content);
}

static void append_alternative(GString *out, const struct mail_message *message,
                               const char *boundary)
{
    if (!message->html) {
        append_text_part(out, "plain", message->text);
        return;
    }
    append_multipart(out, "alternative", boundary);
    g_string_append_printf(out, "--%s\r\n", boundary);
    append_text_part(out, "plain", message->text);
    g_string_append_printf(out, "--%s\r\n", boundary);
    append_text_part(out, "html", message->html);
    g_string_append_printf(out, "--%s--\r\n", boundary);
}

/* ---- all of it ---- */

/* Printable ASCII without what would end it; long enough for any address of ours. */
static bool is_token_text(const char *text, const char *forbidden)
{
    if (!text || !*text || strlen(text) > 900)
        return false;
    for (const char *c = text; *c; c++)
        if (*c < ' ' || *c > '~' || strchr(forbidden, *c))
            return false;
    return true;
}

static bool check(const struct mail_message *message, GError **error)
{
    const char *const texts[] = {message->from_name, message->to_name, message->subject,
                                 message->text, message->html};

    if (!mail_address_is_valid(message->from_address))
        return fail(error, "The sender's address");
    if (!mail_address_is_valid(message->to_address))
        return fail(error, "The recipient's address");
    if (!is_token_text(message->message_id, " <>"))
        return fail(error, "The message's id");
    if (message->unsubscribe_url && !is_token_text(message->unsubscribe_url, " <>"))
        return fail(error, "The link to unsubscribe");
    if (message->language && !is_token_text(message->language, " <>:;"))
        return fail(error, "The language");
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (texts[i] && !g_utf8_validate(texts[i], -1, NULL))
            return fail(error, "A text that is not UTF-8");
    for (gsize i = 0; i < message->attachments_n; i++)
        if (!is_token_text(message->attachments[i].media_type, "\"<>") ||
            !g_utf8_validate(message->attachments[i].file_name, -1, NULL))
            return fail(error, "An attachment's name or type");
    return true;
}

GBytes *mail_message_format(const struct mail_message *message, GError **error)
{
    if (!check(message, error))
        return NULL;
    GString *out = g_string_sized_new(4096);
    /* "=_" occurs in neither quoted-printable nor base64, so no content can look like these. */
    g_autofree char *digest =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, message->message_id, -1);
    g_autofree char *mixed = g_strdup_printf("=_mixed_%.32s", digest);
    g_autofree char *alternative = g_strdup_printf("=_alternative_%.32s", digest);

    append_headers(out, message);
    if (message->attachments_n > 0) {
        append_multipart(out, "mixed", mixed);
        g_string_append_printf(out, "--%s\r\n", mixed);
    }
    append_alternative(out, message, alternative);
    for (gsize i = 0; i < message->attachments_n; i++) {
        g_string_append_printf(out, "--%s\r\n", mixed);
        append_attachment(out, &message->attachments[i]);
    }
    if (message->attachments_n > 0)
        g_string_append_printf(out, "--%s--\r\n", mixed);
    return g_string_free_to_bytes(out);
}
