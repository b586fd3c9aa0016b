/* Messages: what stands in them, that lines are short, and that no text can add a header. */
#include "../unit.h"

#include "mail/http_post.h"
#include "mail/message.h"
#include "mail/smtp.h"

#include <string.h>

static const struct mail_message PLAIN = {
    .from_name = "Uni",
    .from_address = "asistencia@uni.mx",
    .to_name = "Ana",
    .to_address = "ana@uni.mx",
    .subject = "Hello",
    .message_id = "one@uni.mx",
    .date = 1773327483 * BASE_TIME_SECOND,
    .text = "Hello Ana",
};

static char *format(const struct mail_message *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = mail_message_format(message, &error);
    gsize n;

    assert_no_error(error);
    const char *data = g_bytes_get_data(bytes, &n);
    return g_strndup(data, n);
}

static void assert_refused(struct mail_message message)
{
    GError *error = NULL;

    assert_null(mail_message_format(&message, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

static void a_plain_message_is_as_the_standard_has_it(void **state)
{
    g_autofree char *text = format(&PLAIN);

    (void)state;
    assert_string_equal(text, "From: \"Uni\" <asistencia@uni.mx>\r\n"
                              "To: \"Ana\" <ana@uni.mx>\r\n"
                              "Subject: Hello\r\n"
                              "Date: Thu, 12 Mar 2026 14:58:03 +0000\r\n"
                              "Message-ID: <one@uni.mx>\r\n"
                              "Auto-Submitted: auto-generated\r\n"
                              "MIME-Version: 1.0\r\n"
                              "Content-Type: text/plain; charset=utf-8\r\n"
                              "Content-Transfer-Encoding: quoted-printable\r\n"
                              "\r\n"
                              "Hello Ana\r\n");
}

static void lines_are_short_whatever_is_said(void **state)
{
    struct mail_message message = PLAIN;
    g_autofree char *word = g_strnfill(5000, 'x');
    g_autoptr(GString) wide = g_string_new(NULL);
    g_autoptr(GBytes) content = g_bytes_new_static(word, 5000);

    (void)state;
    for (int i = 0; i < 400; i++)
        g_string_append(wide, "ñ𝄞 ");
    const struct mail_attachment attachment = {wide->str, "text/csv; charset=utf-8", content};
    message.subject = wide->str;
    message.to_name = word;
    message.text = word;
    message.html = wide->str;
    message.attachments = &attachment;
    message.attachments_n = 1;
    g_autofree char *text = format(&message);
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    for (char **line = lines; *line; line++) {
        assert_true(strlen(*line) <= 78);
        assert_null(strpbrk(*line, "\r\n"));
        assert_true(g_str_is_ascii(*line));
    }
}

static void no_text_can_add_a_header(void **state)
{
    struct mail_message message = PLAIN;

    (void)state;
    message.subject = "Hello\r\nBcc: all@uni.mx\n\n<script>";
    message.to_name = "Ana\r\nX-Evil: yes";
    message.from_name = "\"Uni\" <x@y.z>\n";
    g_autofree char *text = format(&message);
    assert_null(strstr(text, "\nBcc"));
    assert_null(strstr(text, "\nX-Evil"));
    assert_non_null(strstr(text, "Subject: Hello Bcc: all@uni.mx <script>\r\n"));
    assert_non_null(strstr(text, "From: \"\\\"Uni\\\" <x@y.z>\" <asistencia@uni.mx>\r\n"));
}

static void what_a_header_cannot_carry_is_refused(void **state)
{
    static const char *const ADDRESSES[] = {
        "",           "ana",          "@uni.mx",    "ana@",       "a@b@c",
        "a b@uni.mx", "a@uni.mx\r\n", "<a@uni.mx>", "a,b@uni.mx", "ñ@uni.mx",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ADDRESSES); i++) {
        struct mail_message message = PLAIN;
        message.to_address = ADDRESSES[i];
        assert_refused(message);
        message = PLAIN;
        message.from_address = ADDRESSES[i];
        assert_refused(message);
    }
    struct mail_message message = PLAIN;
    message.message_id = "one>\r\nX: y@uni.mx";
    assert_refused(message);
    message = PLAIN;
    message.unsubscribe_url = "https://uni.mx/>\r\n";
    assert_refused(message);
    message = PLAIN;
    message.text = "\xff";
    assert_refused(message);
}

static void a_file_name_keeps_its_letters(void **state)
{
    struct mail_message message = PLAIN;
    g_autoptr(GBytes) content = g_bytes_new_static("abc", 3);
    const struct mail_attachment attachment = {"Álgebra \"4B\".csv", "text/csv", content};

    (void)state;
    message.attachments = &attachment;
    message.attachments_n = 1;
    g_autofree char *text = format(&message);
    assert_non_null(strstr(text, " filename=\"_lgebra _4B_.csv\";\r\n"
                                 " filename*0*=UTF-8''%C3%81lgebra%20%224B%22.csv\r\n"
                                 "\r\nYWJj\r\n"));
}

static void a_mail_server_is_named_by_a_plain_url(void **state)
{
    (void)state;
    assert_true(mail_smtp_url_is_valid("smtp://mail.uni.mx:587"));
    assert_true(mail_smtp_url_is_valid("smtps://[::1]:465"));
    assert_true(mail_smtp_url_is_valid("smtp://mail.uni.mx/presente.uni.mx"));
    assert_false(mail_smtp_url_is_valid("mail.uni.mx:587"));
    assert_false(mail_smtp_url_is_valid("http://mail.uni.mx"));
    assert_false(mail_smtp_url_is_valid("smtp://me:secret@mail.uni.mx"));
    assert_false(mail_smtp_url_is_valid("smtp://"));
    assert_false(mail_smtp_url_is_valid(""));
}

/* No connection is made: the address is judged first. */
static void private_networks_are_kept_out_of_posts(void **state)
{
    static const char *const URLS[] = {
        "http://127.0.0.1:9/", "http://10.1.2.3/",    "http://[::1]:9/",
        "http://localhost:9/", "http://169.254.1.1/", "http://[::ffff:192.168.0.1]/",
        "http://0.0.0.0:9/",   "http://[fd00::1]/",   "http://[64:ff9b::a00:1]/",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(URLS); i++) {
        const struct mail_http_post post = {
            .url = URLS[i], .body = "{}", .body_n = 2, .allow_plain = true, .seconds = 5};
        struct mail_http_answer answer;
        GError *error = NULL;
        assert_false(mail_http_post(&post, &answer, &error));
        assert_base_error(error, BASE_ERROR_FORBIDDEN);
    }
    const struct mail_http_post plain = {
        .url = "http://127.0.0.1:9/", .body = "", .allow_private = true};
    struct mail_http_answer answer;
    GError *error = NULL;
    assert_false(mail_http_post(&plain, &answer, &error));
    assert_base_error(error, BASE_ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_message_is_as_the_standard_has_it),
        cmocka_unit_test(lines_are_short_whatever_is_said),
        cmocka_unit_test(no_text_can_add_a_header),
        cmocka_unit_test(what_a_header_cannot_carry_is_refused),
        cmocka_unit_test(a_file_name_keeps_its_letters),
        cmocka_unit_test(a_mail_server_is_named_by_a_plain_url),
        cmocka_unit_test(private_networks_are_kept_out_of_posts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
