#include "mail/smtp.h"

#include "base/error.h"
#include "mail/curl.h"
#include "mail/message.h"

#include <string.h>

enum { SECONDS_DEFAULT = 60 };

/* A message on its way out, and what the server has said last. */
struct transfer {
    const char *data;
    gsize n;
    gsize sent;
    bool begun; /* the server asked for the message */
    char reply[256];
};

static size_t read_message(char *buffer, size_t size, size_t n, void *data)
{
    struct transfer *transfer = data;
    const gsize part = MIN(size * n, transfer->n - transfer->sent);

    transfer->begun = true;
    memcpy(buffer, transfer->data + transfer->sent, part);
    transfer->sent += part;
    return part;
}

/* The last line by which the server refused something, for the sentence: it often says why. */
static size_t read_reply(char *line, size_t size, size_t n, void *data)
{
    struct transfer *transfer = data;
    const gsize length = MIN(size * n, sizeof transfer->reply - 1);

    if (length == 0 || (*line != '4' && *line != '5'))
        return size * n;
    memcpy(transfer->reply, line, length);
    transfer->reply[length] = '\0';
    for (char *c = transfer->reply; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = ' ';
    g_strstrip(transfer->reply);
    return size * n;
}

static bool is_about_sign_in(long reply)
{
    static const long CODES[] = {454, 530, 534, 535, 538};

    for (gsize i = 0; i < G_N_ELEMENTS(CODES); i++)
        if (CODES[i] == reply)
            return true;
    return false;
}

/* A refusal of the message is told from a server that talks to nobody by what was under way. */
static enum mail_smtp_result classify(CURLcode outcome, long reply, const struct transfer *transfer)
{
    const bool about_message =
        outcome == CURLE_SEND_ERROR || (transfer->begun && outcome == CURLE_WEIRD_SERVER_REPLY);

    if (outcome == CURLE_OK)
        return MAIL_SMTP_ACCEPTED;
    if (is_about_sign_in(reply))
        return MAIL_SMTP_UNREACHABLE;
    if (about_message && reply >= 500 && reply < 600)
        return MAIL_SMTP_PERMANENT;
    if (about_message || transfer->begun)
        return MAIL_SMTP_TEMPORARY;
    switch (outcome) {
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_ABORTED_BY_CALLBACK:
        return MAIL_SMTP_TEMPORARY;
    default:
        return MAIL_SMTP_UNREACHABLE;
    }
}

static void set_options(CURL *handle, const struct mail_smtp *smtp, struct transfer *transfer,
                        struct curl_slist *recipients)
{
    static const long TLS[] = {
        [MAIL_SMTP_TLS_REQUIRED] = CURLUSESSL_ALL,
        [MAIL_SMTP_TLS_OFFERED] = CURLUSESSL_TRY,
        [MAIL_SMTP_TLS_OFF] = CURLUSESSL_NONE,
    };

    curl_easy_setopt(handle, CURLOPT_USE_SSL, TLS[smtp->tls]);
    if (smtp->user && *smtp->user) {
        curl_easy_setopt(handle, CURLOPT_USERNAME, smtp->user);
        curl_easy_setopt(handle, CURLOPT_PASSWORD, smtp->password ? smtp->password : "");
    }
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(handle, CURLOPT_READDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)transfer->n);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, read_reply);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
}

static enum mail_smtp_result perform(CURL *handle, const char *message,
                                     const struct transfer *transfer, GError **error)
{
    long reply = 0;
    const CURLcode outcome = curl_easy_perform(handle);

    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply);
    const enum mail_smtp_result result = classify(outcome, reply, transfer);
    if (result == MAIL_SMTP_ACCEPTED)
        return result;
    const bool said_no = *transfer->reply;
    g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "The mail server %s: %s",
                said_no ? "answered" : "did not take the message",
                said_no    ? transfer->reply
                : *message ? message
                           : curl_easy_strerror(outcome));
    return result;
}

enum mail_smtp_result mail_smtp_send(const struct mail_smtp *smtp, const char *from, const char *to,
                                     GBytes *message, GError **error)
{
    struct transfer transfer = {0};
    struct mail_watch watch = {.stop = smtp->stop, .grace = 3 * G_TIME_SPAN_SECOND};
    char problem[CURL_ERROR_SIZE];

    if (!mail_address_is_valid(from) || !mail_address_is_valid(to)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The address cannot be used in an e-mail.");
        return MAIL_SMTP_PERMANENT;
    }
    transfer.data = g_bytes_get_data(message, &transfer.n);
    CURL *handle =
        mail_curl_create(smtp->url, "smtp,smtps", smtp->ca_file,
                         smtp->seconds ? smtp->seconds : SECONDS_DEFAULT, &watch, problem);
    g_autofree char *sender = g_strconcat("<", from, ">", NULL);
    g_autofree char *recipient = g_strconcat("<", to, ">", NULL);
    struct curl_slist *recipients = curl_slist_append(NULL, recipient);
    enum mail_smtp_result result = MAIL_SMTP_UNREACHABLE;
    if (handle && recipients) {
        curl_easy_setopt(handle, CURLOPT_MAIL_FROM, sender);
        set_options(handle, smtp, &transfer, recipients);
        result = perform(handle, problem, &transfer, error);
    } else {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, "There is no memory.");
    }
    curl_slist_free_all(recipients);
    curl_easy_cleanup(handle);
    return result;
}

bool mail_smtp_url_is_valid(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, NULL);

    return uri &&
           (strcmp(g_uri_get_scheme(uri), "smtp") == 0 ||
            strcmp(g_uri_get_scheme(uri), "smtps") == 0) &&
           g_uri_get_host(uri) && *g_uri_get_host(uri) && !g_uri_get_userinfo(uri) &&
           !g_uri_get_query(uri) && !g_uri_get_fragment(uri);
}
