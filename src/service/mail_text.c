#include "service/mail_text.h"

#include "core/policy.h"

#include <stdlib.h>
#include <string.h>

enum { ES, EN, LANGUAGES_N };

static const char *const WORDS[MAIL_TEXT_N][LANGUAGES_N] = {
    [MAIL_TEXT_GREETING] = {"Hola, %s:", "Hello %s,"},
    [MAIL_TEXT_GREETING_NOBODY] = {"Hola:", "Hello,"},
    [MAIL_TEXT_LINK_NOTE] = {"Si el botón no funciona, copia esta dirección en tu navegador:",
                             "If the button does not work, copy this address into your browser:"},
    [MAIL_TEXT_FOOTER] = {"Mensaje automático del registro de asistencia de %s.",
                          "Automatic message of the attendance register of %s."},
    [MAIL_TEXT_UNSUBSCRIBE] = {"No quiero recibir más mensajes como este",
                               "I do not want any more messages like this one"},
    [MAIL_TEXT_PASSWORD_SUBJECT] = {"Nueva contraseña para %s", "A new password for %s"},
    [MAIL_TEXT_PASSWORD_BODY] =
        {"Alguien, quizá tú, pidió una nueva contraseña para tu cuenta.",
         "Somebody, perhaps you, asked for a new password for your account."},
    [MAIL_TEXT_PASSWORD_NOTE] =
        {"El enlace sirve una vez y durante una hora. Si no lo pediste, no hagas nada: tu "
         "contraseña sigue igual.",
         "The link works once, for one hour. If you did not ask for it, do nothing: your password "
         "stays as it is."},
    [MAIL_TEXT_PASSWORD_BUTTON] = {"Elegir una contraseña", "Choose a password"},
    [MAIL_TEXT_INVITATION_SUBJECT] = {"Tu cuenta de asistencia en %s",
                                      "Your attendance account at %s"},
    [MAIL_TEXT_INVITATION_BODY] =
        {"%s te abrió una cuenta en su registro de asistencia. Tu usuario es %s; elige una "
         "contraseña para entrar.",
         "%s opened an account for you in its attendance register. Your user name is %s; choose a "
         "password to sign in."},
    [MAIL_TEXT_INVITATION_NOTE] = {"El enlace sirve una vez y durante siete días.",
                                   "The link works once, for seven days."},
    [MAIL_TEXT_INVITATION_BUTTON] = {"Elegir una contraseña", "Choose a password"},
    [MAIL_TEXT_ABSENCE_SUBJECT] = {"Falta en %s, %s", "Absent from %s, %s"},
    [MAIL_TEXT_ABSENCE_BODY] = {"Quedaste registrado como ausente en %s el %s, de %s a %s.",
                                "You were recorded as absent from %s on %s, from %s to %s."},
    [MAIL_TEXT_ABSENCE_NOTE] =
        {"Si es un error, pide una revisión en Presente o habla con tu profesor.",
         "If this is wrong, dispute it in Presente or speak to your teacher."},
    [MAIL_TEXT_AT_RISK_SUBJECT] = {"Aviso de asistencia en %s, %s", "Attendance warning in %s, %s"},
    [MAIL_TEXT_AT_RISK_BODY] = {"Tu asistencia en %s, al %s, está en riesgo:",
                                "Your attendance in %s, as of %s, is at risk:"},
    [MAIL_TEXT_ARITHMETIC] = {"La cuenta: %s", "The arithmetic: %s"},
    [MAIL_TEXT_DIGEST_SUBJECT] = {"Estudiantes en riesgo en %s, %s", "Students at risk in %s, %s"},
    [MAIL_TEXT_DIGEST_BODY] = {"Estudiantes de %s cuya asistencia, al %s, está en riesgo:",
                               "Students of %s whose attendance, as of %s, is at risk:"},
    [MAIL_TEXT_REPORT_SUBJECT] = {"%s, %s", "%s, %s"},
    [MAIL_TEXT_REPORT_BODY] = {"Adjuntamos el informe «%s».", "The report “%s” is attached."},
    [MAIL_TEXT_REPORT_STANDING] = {"Tu asistencia hasta hoy:", "Your attendance so far:"},
    [MAIL_TEXT_TEST_SUBJECT] = {"Mensaje de prueba de %s", "A test message from %s"},
    [MAIL_TEXT_TEST_BODY] = {"El correo de Presente funciona.", "The mail of Presente works."},
};

static int index_of(const char *language)
{
    return g_strcmp0(language, "es") == 0 ? ES : EN;
}

const char *service_mail_word(enum mail_text text, const char *language)
{
    return WORDS[text][index_of(language)];
}

char *service_mail_words(enum mail_text text, const char *language, const char *const *values)
{
    const char *rest = service_mail_word(text, language);
    GString *out = g_string_new(NULL);

    for (const char *mark = strstr(rest, "%s"); mark; mark = strstr(rest, "%s")) {
        g_string_append_len(out, rest, mark - rest);
        if (*values)
            g_string_append(out, *values++);
        rest = mark + 2;
    }
    g_string_append(out, rest);
    return g_string_free(out, FALSE);
}

char *service_mail_day(const char *day, const char *language)
{
    static const char *const MONTHS[LANGUAGES_N][12] = {
        {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
         "octubre", "noviembre", "diciembre"},
        {"January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"},
    };

    if (!day || !core_day_is_valid(day))
        return g_strdup(day ? day : "");
    const long number = strtol(day + 8, NULL, 10);
    const long month = strtol(day + 5, NULL, 10);
    const char *name = MONTHS[index_of(language)][month - 1];
    return index_of(language) == ES ? g_strdup_printf("%ld de %s de %.4s", number, name, day)
                                    : g_strdup_printf("%ld %s %.4s", number, name, day);
}

/* ---- plain text ---- */

char *service_mail_layout_text(const struct mail_layout *layout)
{
    const char *const institution[] = {layout->institution, NULL};
    g_autofree char *footer = service_mail_words(MAIL_TEXT_FOOTER, layout->language, institution);
    GString *out = g_string_new(layout->greeting);

    g_string_append(out, "\n\n");
    for (const char *const *paragraph = layout->paragraphs; *paragraph; paragraph++)
        g_string_append_printf(out, "%s\n\n", *paragraph);
    for (const char *const *line = layout->lines; line && *line; line++)
        g_string_append_printf(out, "- %s\n", *line);
    if (layout->lines && *layout->lines)
        g_string_append_c(out, '\n');
    if (layout->button)
        g_string_append_printf(out, "%s:\n%s\n\n", layout->button, layout->link);
    if (layout->note)
        g_string_append_printf(out, "%s\n\n", layout->note);
    g_string_append_printf(out, "-- \n%s\n", footer);
    if (layout->unsubscribe_url)
        g_string_append_printf(out, "%s:\n%s\n",
                               service_mail_word(MAIL_TEXT_UNSUBSCRIBE, layout->language),
                               layout->unsubscribe_url);
    return g_string_free(out, FALSE);
}

/* ---- HTML ---- */

#define FONT "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"

static void append_escaped(GString *out, const char *before, const char *text, const char *after)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    g_string_append(out, before);
    g_string_append(out, escaped);
    g_string_append(out, after);
}

static void append_button(GString *out, const struct mail_layout *layout)
{
    append_escaped(out, "<p style=\"margin:24px 0\"><a href=\"", layout->link,
                   "\" style=\"display:inline-block;padding:12px 20px;border-radius:8px;"
                   "background:#1d4ed8;color:#ffffff;text-decoration:none;font-weight:600\">");
    append_escaped(out, "", layout->button, "</a></p>");
    append_escaped(out, "<p style=\"margin:0 0 16px;font-size:13px;color:#4b5563\">",
                   service_mail_word(MAIL_TEXT_LINK_NOTE, layout->language), "<br>");
    append_escaped(out, "<span style=\"word-break:break-all\">", layout->link, "</span></p>");
}

static void append_footer(GString *out, const struct mail_layout *layout)
{
    const char *const institution[] = {layout->institution, NULL};
    g_autofree char *footer = service_mail_words(MAIL_TEXT_FOOTER, layout->language, institution);

    append_escaped(out,
                   "</td></tr><tr><td style=\"padding:16px 24px;border-top:1px solid #e5e7eb;"
                   "font-size:12px;color:#6b7280\">",
                   footer, "");
    if (layout->unsubscribe_url) {
        append_escaped(out, "<br><a style=\"color:#6b7280\" href=\"", layout->unsubscribe_url,
                       "\">");
        append_escaped(out, "", service_mail_word(MAIL_TEXT_UNSUBSCRIBE, layout->language), "</a>");
    }
    g_string_append(out, "</td></tr></table></td></tr></table></body></html>\n");
}

char *service_mail_layout_html(const struct mail_layout *layout)
{
    GString *out = g_string_new("<!DOCTYPE html>\n");

    g_string_append_printf(out,
                           "<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\""
                           " content=\"width=device-width\">",
                           index_of(layout->language) == ES ? "es" : "en");
    append_escaped(out, "<title>", layout->subject, "</title></head>\n");
    g_string_append(out, "<body style=\"margin:0;background:#f3f4f6;" FONT "color:#111827\">"
                         "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
                         "cellspacing=\"0\"><tr><td align=\"center\" style=\"padding:24px 12px\">"
                         "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
                         "cellspacing=\"0\" style=\"max-width:560px;background:#ffffff;"
                         "border-radius:12px\"><tr><td style=\"padding:20px 24px;"
                         "border-bottom:1px solid #e5e7eb;font-weight:600\">");
    append_escaped(out, "", layout->institution,
                   "</td></tr>\n<tr><td style=\"padding:24px;font-size:16px;line-height:1.5\">");
    append_escaped(out, "<p style=\"margin:0 0 16px\">", layout->greeting, "</p>\n");
    for (const char *const *paragraph = layout->paragraphs; *paragraph; paragraph++)
        append_escaped(out, "<p style=\"margin:0 0 16px\">", *paragraph, "</p>\n");
    if (layout->lines && *layout->lines) {
        g_string_append(out, "<ul style=\"margin:0 0 16px;padding-left:20px\">\n");
        for (const char *const *line = layout->lines; *line; line++)
            append_escaped(out, "<li style=\"margin:0 0 6px\">", *line, "</li>\n");
        g_string_append(out, "</ul>\n");
    }
    if (layout->button)
        append_button(out, layout);
    if (layout->note)
        append_escaped(out, "<p style=\"margin:0;color:#4b5563\">", layout->note, "</p>\n");
    append_footer(out, layout);
    return g_string_free(out, FALSE);
}
