/* Private to this folder: the words of mails in each language, and how a mail is laid out as plain
 * text and as HTML. Pure. */
#ifndef SERVICE_MAIL_TEXT_H
#define SERVICE_MAIL_TEXT_H

#include <glib.h>
#include <stdbool.h>

enum mail_text {
    MAIL_TEXT_GREETING, /* %s: name */
    MAIL_TEXT_GREETING_NOBODY,
    MAIL_TEXT_LINK_NOTE,
    MAIL_TEXT_FOOTER, /* %s: institution */
    MAIL_TEXT_UNSUBSCRIBE,
    MAIL_TEXT_PASSWORD_SUBJECT, /* %s: institution */
    MAIL_TEXT_PASSWORD_BODY,
    MAIL_TEXT_PASSWORD_NOTE,
    MAIL_TEXT_PASSWORD_BUTTON,
    MAIL_TEXT_INVITATION_SUBJECT, /* %s: institution */
    MAIL_TEXT_INVITATION_BODY,    /* %s: institution, %s: e-mail */
    MAIL_TEXT_INVITATION_NOTE,
    MAIL_TEXT_INVITATION_BUTTON,
    MAIL_TEXT_ABSENCE_SUBJECT, /* %s: course, %s: day */
    MAIL_TEXT_ABSENCE_BODY,    /* %s: course, %s: day, %s–%s: hours */
    MAIL_TEXT_ABSENCE_NOTE,
    MAIL_TEXT_AT_RISK_SUBJECT, /* %s: course, %s: day */
    MAIL_TEXT_AT_RISK_BODY,    /* %s: course, %s: day */
    MAIL_TEXT_ARITHMETIC,      /* %s */
    MAIL_TEXT_DIGEST_SUBJECT,  /* %s: course, %s: day */
    MAIL_TEXT_DIGEST_BODY,     /* %s: course, %s: day */
    MAIL_TEXT_REPORT_SUBJECT,  /* %s: title, %s: day */
    MAIL_TEXT_REPORT_BODY,     /* %s: title */
    MAIL_TEXT_REPORT_STANDING,
    MAIL_TEXT_TEST_SUBJECT, /* %s: institution */
    MAIL_TEXT_TEST_BODY,
    MAIL_TEXT_N,
};

/* The text in "es" or, for anything else, "en". Static storage. */
const char *service_mail_word(enum mail_text text, const char *language);

/* The text with its %s replaced in order, an array that ends with NULL; missing ones are empty.
 * g_free() it. */
char *service_mail_words(enum mail_text text, const char *language, const char *const *values);

/* "12 March 2026", "12 de marzo de 2026" of "YYYY-MM-DD"; another text stays as it is. */
char *service_mail_day(const char *day, const char *language);

/* What a mail says, part by part. Texts are UTF-8 without markup. */
struct mail_layout {
    const char *language;
    const char *institution;
    const char *subject;
    const char *greeting;
    const char *const *paragraphs; /* NULL-terminated */
    const char *const *lines;      /* a list under them; NULL or NULL-terminated */
    const char *button;            /* NULL: none */
    const char *link;              /* of the button */
    const char *note;              /* after the button; NULL: none */
    const char *unsubscribe_url;   /* NULL: none */
};

char *service_mail_layout_text(const struct mail_layout *layout);
char *service_mail_layout_html(const struct mail_layout *layout);

#endif
