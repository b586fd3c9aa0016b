/* How long things are kept that nobody needs for ever. */
#include "service/retention.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"

#include <stdio.h>

enum { NOT_GIVEN = -1 };

static json_t *periods_json(const struct service_retention *retention)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I}", "mark_picture_days", (json_int_t)retention->mark_picture_days,
        "review_days", (json_int_t)retention->review_days, "audit_months",
        (json_int_t)retention->audit_months, "left_months", (json_int_t)retention->left_months);
}

static json_t *counts_json(const struct service_retention_counts *counts)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "mark_pictures", (json_int_t)counts->mark_pictures,
                     "reviews", (json_int_t)counts->reviews, "audit_entries",
                     (json_int_t)counts->audit_entries, "people", (json_int_t)counts->people);
}

static void add_row(struct cli_table *table, const char *what, gint64 period, const char *unit,
                    gint64 count)
{
    g_autofree char *text = period == 0 ? g_strdup("for ever")
                                        : g_strdup_printf("%" G_GINT64_FORMAT " %s", period, unit);

    cli_table_add(table, what);
    cli_table_add(table, text);
    cli_table_add_int(table, count);
}

static int print(struct service *service, bool as_json)
{
    static const char *const HEADINGS[] = {"WHAT", "KEPT", "PAST IT NOW", NULL};
    struct service_retention retention;
    struct service_retention_counts counts;
    g_autoptr(GError) error = NULL;

    if (!service_retention_read(service, &retention, &error) ||
        !service_retention_plan(service, &counts, &error))
        return cli_fail(error);
    if (as_json)
        return cli_end_json(json_pack("{s:o, s:o}", "periods", periods_json(&retention), "next",
                                      counts_json(&counts)));
    struct cli_table *table = cli_table_headed(HEADINGS);
    add_row(table, "pictures behind marks", retention.mark_picture_days, "days",
            counts.mark_pictures);
    add_row(table, "reviews nobody settled", retention.review_days, "days", counts.reviews);
    add_row(table, "audit log", retention.audit_months, "months", counts.audit_entries);
    add_row(table, "closed accounts", retention.left_months, "months", counts.people);
    cli_table_print(table);
    return cli_end();
}

/* ---- show ---- */

static int show(struct cli_session *session, char **words, gpointer data)
{
    (void)words;
    return print(session->app.service, *(const gboolean *)data);
}

int cli_retention_show(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {CLI_JSON_ENTRY(as_json), {NULL}};
    const struct cli_syntax syntax = {
        .summary = "Prints how long things are kept, and how many are past it.",
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, show, &as_json);
}

/* ---- set ---- */

struct set_options {
    gint64 mark_picture_days, review_days, audit_months, left_months;
    gboolean as_json;
};

static const gint64 *given(const gint64 *value)
{
    return *value == NOT_GIVEN ? NULL : value;
}

static int set(struct cli_session *session, char **words, gpointer data)
{
    const struct set_options *options = data;
    const struct service_retention_input input = {
        .mark_picture_days = given(&options->mark_picture_days),
        .review_days = given(&options->review_days),
        .audit_months = given(&options->audit_months),
        .left_months = given(&options->left_months),
    };
    g_autoptr(GError) error = NULL;

    (void)words;
    return service_retention_change(session->app.service, &session->identity, &input, &error)
               ? print(session->app.service, options->as_json)
               : cli_fail(error);
}

int cli_retention_set(int argc, char **argv)
{
    struct set_options given_options = {NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, FALSE};
    const GOptionEntry options[] = {
        {"mark-pictures", 0, 0, G_OPTION_ARG_INT64, &given_options.mark_picture_days,
         "Of pictures behind marks", "DAYS"},
        {"reviews", 0, 0, G_OPTION_ARG_INT64, &given_options.review_days,
         "Until a review that nobody settles ends", "DAYS"},
        {"audit", 0, 0, G_OPTION_ARG_INT64, &given_options.audit_months,
         "Of entries of the audit log; 0: for ever", "MONTHS"},
        {"left", 0, 0, G_OPTION_ARG_INT64, &given_options.left_months,
         "Until a closed account is erased; 0: never", "MONTHS"},
        CLI_JSON_ENTRY(given_options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Changes how long things are kept; the server applies it once a day.",
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, set, &given_options);
}

/* ---- run ---- */

struct run_options {
    gboolean dry_run, as_json;
};

static int run(struct cli_session *session, char **words, gpointer data)
{
    const struct run_options *options = data;
    struct service_retention_counts counts;
    g_autoptr(GError) error = NULL;

    (void)words;
    if (!(options->dry_run ? service_retention_plan(session->app.service, &counts, &error)
                           : service_retention_run(session->app.service, &counts, &error)))
        return cli_fail(error);
    if (options->as_json)
        return cli_end_json(counts_json(&counts));
    printf("%s: %" G_GINT64_FORMAT " pictures behind marks, %" G_GINT64_FORMAT
           " reviews that nobody settled, %" G_GINT64_FORMAT
           " entries of the audit log, %" G_GINT64_FORMAT " closed accounts.\n",
           options->dry_run ? "Would go" : "Gone", counts.mark_pictures, counts.reviews,
           counts.audit_entries, counts.people);
    return cli_end();
}

int cli_retention_run(int argc, char **argv)
{
    struct run_options given = {0};
    const GOptionEntry options[] = {
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &given.dry_run, "Only say what would go", NULL},
        CLI_JSON_ENTRY(given.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Deletes what is past its period now, as the server does once a day.",
        .options = options,
    };

    return cli_run_session(&syntax, 0, argc, argv, run, &given);
}
