#include "service/schedule.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"

#include <stdio.h>

struct add_options {
    char *kind, *frequency, *at, *format;
    int weekday;
    gboolean off;
};

static void give(struct service_schedule_input *input, unsigned field, bool given)
{
    if (given)
        input->fields |= field;
}

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct add_options *options = data;
    struct service_schedule_input input = {
        .kind = options->kind,
        .frequency = options->frequency,
        .weekday = options->weekday,
        .at = options->at,
        .format = options->format,
        .active = !options->off,
    };
    char id[BASE_UUID_TEXT_SIZE];
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = cli_user_find(session, words[0], &error);

    if (!user)
        return cli_fail(error);
    input.user_id = user->id;
    give(&input, SERVICE_SCHEDULE_KIND, options->kind);
    give(&input, SERVICE_SCHEDULE_FREQUENCY, options->frequency);
    give(&input, SERVICE_SCHEDULE_WEEKDAY, options->weekday);
    give(&input, SERVICE_SCHEDULE_AT, options->at);
    give(&input, SERVICE_SCHEDULE_FORMAT, options->format);
    give(&input, SERVICE_SCHEDULE_ACTIVE, true);
    g_autoptr(db_report_schedule) schedule =
        service_schedule_create(session->app.service, &session->identity, &input, &error);
    if (!schedule)
        return cli_fail(error);
    printf("%s\n", base_uuid_format(&schedule->id, id));
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_schedule_add(int argc, char **argv)
{
    struct add_options given = {0};
    const GOptionEntry options[] = {
        {"kind", 0, 0, G_OPTION_ARG_STRING, &given.kind, "Of student or teacher", "KIND"},
        {"frequency", 0, 0, G_OPTION_ARG_STRING, &given.frequency,
         "One of daily, weekly, course_end", "WHEN"},
        {"weekday", 0, 0, G_OPTION_ARG_INT, &given.weekday, "1 Monday to 7 Sunday, of a weekly one",
         "DAY"},
        {"at", 0, 0, G_OPTION_ARG_STRING, &given.at, "Time of day, 07:00 unless given", "HH:MM"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &given.format, "One of pdf, xlsx, csv", "FORMAT"},
        {"off", 0, 0, G_OPTION_ARG_NONE, &given.off,
         "None is mailed, not even by the institution's schedule", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL",
        .summary = "Has a report mailed to somebody regularly.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, add, &given);

    g_free(given.kind);
    g_free(given.frequency);
    g_free(given.at);
    g_free(given.format);
    return status;
}

static json_t *schedule_json(const struct db_report_schedule *schedule)
{
    return json_pack("{s:o,s:s,s:s,s:s,s:I,s:I,s:s,s:b}", "id", base_json_uuid(&schedule->id),
                     "user", schedule->user_name, "kind", db_schedule_kind_name(schedule->kind),
                     "frequency", db_schedule_frequency_name(schedule->frequency), "weekday",
                     (json_int_t)schedule->weekday, "at_second", (json_int_t)schedule->at_second,
                     "format", schedule->format, "active", schedule->active);
}

static void print_table(const GPtrArray *schedules)
{
    static const char *const HEAD[] = {"ID", "PERSON", "KIND", "WHEN", "DAY", "AT", "FORMAT", "ON"};
    char id[BASE_UUID_TEXT_SIZE];
    struct cli_table *table = cli_table_create(G_N_ELEMENTS(HEAD));

    for (gsize i = 0; i < G_N_ELEMENTS(HEAD); i++)
        cli_table_add(table, HEAD[i]);
    for (guint i = 0; i < schedules->len; i++) {
        const struct db_report_schedule *schedule = schedules->pdata[i];
        g_autofree char *at = g_strdup_printf("%02d:%02d", (int)(schedule->at_second / 3600),
                                              (int)(schedule->at_second / 60 % 60));
        cli_table_add(table, base_uuid_format(&schedule->id, id));
        cli_table_add(table, schedule->user_name);
        cli_table_add(table, db_schedule_kind_name(schedule->kind));
        cli_table_add(table, db_schedule_frequency_name(schedule->frequency));
        cli_table_add_int(table, schedule->weekday);
        cli_table_add(table, at);
        cli_table_add(table, schedule->format);
        cli_table_add(table, schedule->active ? "yes" : "no");
    }
    cli_table_print(table);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    const gboolean *as_json = data;
    const struct base_uuid everybody = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) schedules = service_schedule_list(session->app.service, &session->identity,
                                                           &everybody, NULL, NULL, &error);

    (void)words;
    if (!schedules)
        return cli_fail(error);
    if (!*as_json) {
        print_table(schedules);
        return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    }
    json_t *items = json_array();
    for (guint i = 0; i < schedules->len; i++)
        json_array_append_new(items, schedule_json(schedules->pdata[i]));
    return cli_print_json(
               json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)schedules->len))
               ? CLI_EXIT_OK
               : CLI_EXIT_UNAVAILABLE;
}

int cli_schedule_list(int argc, char **argv)
{
    gboolean as_json = FALSE;
    const GOptionEntry options[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Lists people's own schedules of reports; \"presente institution show\" has the "
                   "one for everybody else.",
        .options = options,
    };
    return cli_run_session(&syntax, 0, argc, argv, list, &as_json);
}

static int erase(struct cli_session *session, char **words, gpointer data)
{
    struct base_uuid id;
    g_autoptr(GError) error = NULL;

    (void)data;
    if (!base_uuid_parse(words[0], &id))
        return cli_fail_input("%s is not an id as \"presente schedule list\" prints them.",
                              words[0]);
    if (!service_schedule_delete(session->app.service, &session->identity, &id, &error))
        return cli_fail(error);
    printf("%s: deleted.\n", words[0]);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_schedule_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "ID",
        .summary = "Deletes a schedule; the institution's holds again.",
        .words_min = 1,
        .words_max = 1,
    };
    return cli_run_session(&syntax, 0, argc, argv, erase, NULL);
}
