#include "service/institution.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"

#include <stdio.h>

static char *clock_text(gint32 second)
{
    return g_strdup_printf("%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
}

static void add_row(struct cli_table *table, const char *name, const char *value)
{
    cli_table_add(table, name);
    cli_table_add(table, value ? value : "");
}

static void add_mailing(struct cli_table *table, const char *name,
                        const struct service_mailing *mailing)
{
    g_autofree char *at = clock_text(mailing->at_second);
    g_autofree char *text =
        mailing->frequency == SERVICE_FREQUENCY_OFF
            ? g_strdup("off")
            : g_strdup_printf("%s, weekday %d, at %s, as %s",
                              service_frequency_name(mailing->frequency), mailing->weekday, at,
                              report_format_name(mailing->format));

    add_row(table, name, text);
}

static json_t *mailing_json(const struct service_mailing *mailing)
{
    g_autofree char *at = clock_text(mailing->at_second);

    return json_pack("{s:s, s:i, s:s, s:s}", "frequency",
                     service_frequency_name(mailing->frequency), "weekday", mailing->weekday, "at",
                     at, "format", report_format_name(mailing->format));
}

static json_t *institution_json(const struct service_institution_settings *institution)
{
    g_autofree char *late = clock_text(institution->policy.late_after);
    g_autofree char *absent = clock_text(institution->policy.absent_after);
    g_auto(GStrv) names = service_warning_names(institution->warnings);
    json_t *warnings = json_array();

    for (char **name = names; *name; name++)
        json_array_append_new(warnings, json_string(*name));
    return json_pack(
        "{s:s, s:o, s:o, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b}", "name",
        institution->name, "short_name", base_json_text_or_null(institution->short_name), "accent",
        base_json_text_or_null(institution->accent), "challenge",
        core_rules_challenge_name(institution->challenge), "email_domain",
        base_json_text_or_null(institution->email_domain), "time_zone", institution->time_zone,
        "late_after", late, "absent_after", absent, "language", institution->language, "paper",
        report_paper_name(institution->paper), "mail_sender", institution->mail_sender,
        "student_report", mailing_json(&institution->student_report), "teacher_report",
        mailing_json(&institution->teacher_report), "warnings", warnings, "logo",
        (int)(institution->logo_key != NULL));
}

static int print(const struct service_institution_settings *institution, bool as_json)
{
    if (as_json)
        return cli_end_json(institution_json(institution));
    g_autofree char *late = clock_text(institution->policy.late_after);
    g_autofree char *absent = clock_text(institution->policy.absent_after);
    g_auto(GStrv) names = service_warning_names(institution->warnings);
    g_autofree char *warnings = g_strjoinv(" ", names);
    struct cli_table *table = cli_table_create(2);
    add_row(table, "name", institution->name);
    add_row(table, "short name", institution->short_name ? institution->short_name : "the name");
    add_row(table, "accent", institution->accent ? institution->accent : "the program's own");
    add_row(table, "e-mail domain", institution->email_domain ? institution->email_domain : "any");
    add_row(table, "time zone", institution->time_zone);
    add_row(table, "late after", late);
    add_row(table, "absent after", absent);
    add_row(table, "language", institution->language);
    add_row(table, "paper", report_paper_name(institution->paper));
    add_row(table, "challenge", core_rules_challenge_name(institution->challenge));
    add_row(table, "mail sender", institution->mail_sender);
    add_mailing(table, "student report", &institution->student_report);
    add_mailing(table, "teacher report", &institution->teacher_report);
    add_row(table, "warnings", *warnings ? warnings : "none");
    add_row(table, "logo", institution->logo_key ? "yes" : "no");
    cli_table_print(table);
    return cli_end();
}

/* ---- show ---- */

static int show(struct cli_session *session, char **words, gpointer options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(service_institution_settings) institution =
        service_institution_read(session->app.service, &error);

    (void)words;
    return institution ? print(institution, *(const gboolean *)options) : cli_fail(error);
}

int cli_institution_show(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {CLI_JSON_ENTRY(as_json), {NULL}};
    const struct cli_syntax syntax = {
        .summary = "Prints what is set for the whole institution.",
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, show, &as_json);
}

/* ---- set ---- */

struct set_options {
    struct service_institution_input input;
    char *warnings;
    gint64 weekdays[2];
    int weekday_students, weekday_teachers;
    gboolean as_json;
};

static int set(struct cli_session *session, char **words, gpointer data)
{
    struct set_options *options = data;
    struct service_institution_input *input = &options->input;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) warnings = NULL;

    (void)words;
    options->weekdays[0] = options->weekday_students;
    options->weekdays[1] = options->weekday_teachers;
    if (options->weekday_students)
        input->student_report.weekday = &options->weekdays[0];
    if (options->weekday_teachers)
        input->teacher_report.weekday = &options->weekdays[1];
    if (options->warnings) {
        /* "" and "none" are no warnings at all. */
        const bool none = !*options->warnings || g_strcmp0(options->warnings, "none") == 0;
        warnings = g_strsplit(none ? "" : options->warnings, ",", -1);
        input->warnings = (const char *const *)warnings;
    }
    g_autoptr(service_institution_settings) institution =
        service_institution_change(session->app.service, &session->identity, input, &error);
    return institution ? print(institution, options->as_json) : cli_fail(error);
}

int cli_institution_set(int argc, char **argv)
{
    struct set_options set_options = {0};
    struct service_institution_input *input = &set_options.input;
    const GOptionEntry options[] = {
        {"name", 0, 0, G_OPTION_ARG_STRING, &input->name, "Name", "NAME"},
        {"short-name", 0, 0, G_OPTION_ARG_STRING, &input->short_name,
         "For narrow places of the pages; empty: the name", "NAME"},
        {"accent", 0, 0, G_OPTION_ARG_STRING, &input->accent,
         "Colour of the pages, such as #1f5eff; empty: the program's own", "COLOUR"},
        {"email-domain", 0, 0, G_OPTION_ARG_STRING, &input->email_domain,
         "Whose addresses may register; empty: any", "DOMAIN"},
        {"time-zone", 0, 0, G_OPTION_ARG_STRING, &input->time_zone,
         "Whose clock counts; sessions to come keep their wall-clock time", "ZONE"},
        {"late-after", 0, 0, G_OPTION_ARG_STRING, &input->late_after,
         "Of marks outside any session: later is late", "HH:MM"},
        {"absent-after", 0, 0, G_OPTION_ARG_STRING, &input->absent_after,
         "Of marks outside any session: later is absent", "HH:MM"},
        {"challenge", 0, 0, G_OPTION_ARG_STRING, &input->challenge,
         "Of marks outside any session: when people are asked to move", "doubt|never|always"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &input->language, "Of reports and mails", "es|en"},
        {"paper", 0, 0, G_OPTION_ARG_STRING, &input->paper, "Of PDF reports", "a4|letter"},
        {"mail-sender", 0, 0, G_OPTION_ARG_STRING, &input->mail_sender,
         "Name that mail comes from; empty: the institution's", "NAME"},
        {"student-report", 0, 0, G_OPTION_ARG_STRING, &input->student_report.frequency,
         "How often students are mailed their report", "off|daily|weekly|course_end"},
        {"student-weekday", 0, 0, G_OPTION_ARG_INT, &set_options.weekday_students,
         "Day of the weekly one, 1 is Monday", "N"},
        {"student-at", 0, 0, G_OPTION_ARG_STRING, &input->student_report.at, "At what time",
         "HH:MM"},
        {"student-format", 0, 0, G_OPTION_ARG_STRING, &input->student_report.format,
         "Of the attachment", "pdf|xlsx|csv"},
        {"teacher-report", 0, 0, G_OPTION_ARG_STRING, &input->teacher_report.frequency,
         "How often teachers are mailed theirs", "off|daily|weekly|course_end"},
        {"teacher-weekday", 0, 0, G_OPTION_ARG_INT, &set_options.weekday_teachers,
         "Day of the weekly one", "N"},
        {"teacher-at", 0, 0, G_OPTION_ARG_STRING, &input->teacher_report.at, "At what time",
         "HH:MM"},
        {"teacher-format", 0, 0, G_OPTION_ARG_STRING, &input->teacher_report.format,
         "Of the attachment", "pdf|xlsx|csv"},
        {"warnings", 0, 0, G_OPTION_ARG_STRING, &set_options.warnings,
         "Which are mailed, with commas between; none: no warnings", "absence,consecutive,at_risk"},
        CLI_JSON_ENTRY(set_options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Changes what is set for the whole institution and prints it.",
        .options = options,
    };

    const int status = cli_run_session(&syntax, 0, argc, argv, set, &set_options);

    for (const GOptionEntry *entry = options; entry->long_name; entry++)
        if (entry->arg == G_OPTION_ARG_STRING)
            g_free(*(char **)entry->arg_data);
    return status;
}

/* ---- the logo ---- */

struct logo_options {
    gboolean erase;
    char *output;
};

static int logo(struct cli_session *session, char **words, gpointer data)
{
    const struct logo_options *options = data;
    struct service *service = session->app.service;
    g_autoptr(GError) error = NULL;

    if ((*words != NULL) + options->erase + (options->output != NULL) != 1)
        return cli_fail_usage("presente institution logo",
                              "name a picture, or say --delete or --output FILE.");
    if (options->erase) {
        if (!service_institution_logo_delete(service, &session->identity, &error))
            return cli_fail(error);
        printf("Logo: deleted.\n");
        return cli_end();
    }
    if (options->output) {
        g_autoptr(GBytes) png = service_institution_logo(service, &error);
        if (!png || !cli_file_write(options->output, g_bytes_get_data(png, NULL),
                                    g_bytes_get_size(png), &error))
            return cli_fail(error);
        printf("Logo: written to %s.\n", options->output);
        return cli_end();
    }
    g_autoptr(GBytes) picture =
        cli_file_read(*words, (size_t)session->settings.max_image_bytes, &error);
    if (!picture ||
        !service_institution_logo_set(service, &session->identity, g_bytes_get_data(picture, NULL),
                                      g_bytes_get_size(picture), &error))
        return cli_fail(error);
    printf("Logo: set.\n");
    return cli_end();
}

int cli_institution_logo(int argc, char **argv)
{
    struct logo_options logo_options = {0};
    const GOptionEntry options[] = {
        {"delete", 0, 0, G_OPTION_ARG_NONE, &logo_options.erase, "Have none", NULL},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &logo_options.output,
         "Write the one that is set, as PNG", "FILE"},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "[PICTURE]",
        .summary = "Sets the logo of reports and mails: a PNG, JPEG or WebP picture.",
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, logo, &logo_options);

    g_free(logo_options.output);
    return status;
}
