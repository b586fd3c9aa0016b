/* Messages made of any texts: headers stay those that were meant, lines stay short; and the URL of
 * a mail server. */
#include "mail/message.h"
#include "mail/smtp.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS_N = 6 };

static void check_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

    for (char **line = lines; *line; line++) {
        g_assert_cmpuint(strlen(*line), <=, 998);
        g_assert_null(strpbrk(*line, "\r\n"));
        g_assert_true(g_str_is_ascii(*line));
    }
}

/* Every line of the head begins with a name of ours or continues one. */
static void check_head(const char *text)
{
    static const char *const NAMES[] = {
        "From:",           "To:",           "Subject:",     "Date:", "Message-ID:",
        "Auto-Submitted:", "MIME-Version:", "Content-Type:"};
    const char *end = strstr(text, "\r\n\r\n");
    g_autofree char *head = g_strndup(text, (gsize)(end - text));
    g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);

    for (char **line = lines; *line; line++) {
        bool known = **line == ' ';
        for (size_t i = 0; i < G_N_ELEMENTS(NAMES); i++)
            known = known || g_str_has_prefix(*line, NAMES[i]);
        g_assert_true(known);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) given = g_strsplit(text, "\x01", TEXTS_N);
    const char *texts[TEXTS_N] = {"", "", "", "", "", ""};
    g_autoptr(GError) error = NULL;

    (void)mail_smtp_url_is_valid(text);
    (void)mail_address_is_valid(text);
    for (size_t i = 0; i < TEXTS_N && given[i]; i++)
        texts[i] = given[i];
    g_autoptr(GBytes) content = g_bytes_new(data, size);
    const struct mail_attachment attachment = {texts[4], "application/pdf", content};
    const struct mail_message message = {
        .from_name = texts[0],
        .from_address = "a@uni.mx",
        .to_name = texts[1],
        .to_address = "b@uni.mx",
        .subject = texts[2],
        .message_id = "one@uni.mx",
        .text = texts[3],
        .html = texts[5],
        .attachments = &attachment,
        .attachments_n = 1,
    };
    g_autoptr(GBytes) made = mail_message_format(&message, &error);
    g_assert_true((made != NULL) == (error == NULL));
    if (!made)
        return 0;
    gsize n;
    const char *bytes = g_bytes_get_data(made, &n);
    g_autofree char *copy = g_strndup(bytes, n);
    g_assert_cmpuint(strlen(copy), ==, n);
    check_lines(copy);
    check_head(copy);
    return 0;
}
