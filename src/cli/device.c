#include "cli/command.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/devices.h"

#include <stdio.h>

struct device_options {
    char *room, *course, *term;
    gboolean as_json;
};

static json_t *time_json(base_time time)
{
    return time ? base_json_time(time) : json_null();
}

static json_t *device_json(const void *entity)
{
    const struct db_device *device = entity;

    return json_pack(
        "{s:o, s:s, s:o, s:o, s:b, s:o, s:o, s:{s:I, s:I, s:I}}", "id", base_json_uuid(&device->id),
        "name", device->name, "room", base_json_text_or_null(device->room_name), "course",
        base_json_text_or_null(device->course_name), "paired", device->paired_at != 0,
        "code_expires_at", time_json(device->code_expires_at), "last_seen_at",
        time_json(device->last_seen_at), "entries", "accepted", (json_int_t)device->accepted,
        "refused", (json_int_t)device->refused, "waiting", (json_int_t)device->waiting);
}

static int print_code(const struct db_device *device, const struct service_device_code *code,
                      bool as_json)
{
    if (as_json) {
        json_t *json = device_json(device);
        json_object_set_new(json, "code", json_string(code->text));
        return cli_end_json(json);
    }
    printf("Kiosk %s: open /kiosk on it within %d minutes and type %s\n", device->name,
           SERVICE_DEVICE_CODE_MINUTES, code->text);
    return cli_end();
}

static int add(struct cli_session *session, char **words, gpointer data)
{
    const struct device_options *options = data;
    struct service_device_input input = {.name = words[0]};
    struct service_device_code code;
    g_autoptr(GError) error = NULL;
    g_autoptr(core_room) room = NULL;
    g_autoptr(core_course) course = NULL;

    if (options->room)
        room = cli_room_find(session, options->room, &error);
    if (!error && options->course)
        course = cli_course_find(session, options->term, options->course, &error);
    if (error)
        return cli_fail(error);
    input.room_id = room ? &room->id : NULL;
    input.course_id = course ? &course->id : NULL;
    g_autoptr(db_device) device =
        service_device_create(session->app.service, &session->identity, &input, &code, &error);
    return device ? print_code(device, &code, options->as_json) : cli_fail(error);
}

int cli_device_add(int argc, char **argv)
{
    struct device_options options = {0};
    const GOptionEntry entries[] = {
        {"room", 'r', 0, G_OPTION_ARG_STRING, &options.room, "Marks in the sessions of this room",
         "NAME"},
        {"course", 'c', 0, G_OPTION_ARG_STRING, &options.course,
         "Marks in the sessions of this course", "NAME"},
        CLI_TERM_ENTRY(options.term),
        CLI_JSON_ENTRY(options.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Adds a kiosk and prints the code to pair it with.",
        .notes = "Without a room and a course it marks whoever has a session now, and everybody "
                 "else for the day.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };
    const int status = cli_run_session(&syntax, 0, argc, argv, add, &options);

    g_free(options.room);
    g_free(options.course);
    g_free(options.term);
    return status;
}

static struct db_device *find(struct cli_session *session, const char *name, GError **error)
{
    GError *problem = NULL;
    struct db_device *device =
        service_device_named(session->app.service, &session->identity, name, &problem);

    if (device)
        return device;
    if (g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_clear_error(&problem);
        problem = g_error_new(BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no kiosk \"%s\".", name);
    }
    g_propagate_error(error, problem);
    return NULL;
}

static int new_code(struct cli_session *session, char **words, gpointer data)
{
    const struct device_options *options = data;
    struct service_device_code code;
    g_autoptr(GError) error = NULL;
    g_autoptr(db_device) before = find(session, words[0], &error);
    g_autoptr(db_device) device =
        before ? service_device_code(session->app.service, &session->identity, &before->id, &code,
                                     &error)
               : NULL;

    return device ? print_code(device, &code, options->as_json) : cli_fail(error);
}

int cli_device_code(int argc, char **argv)
{
    struct device_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Prints another code to pair a kiosk with.",
        .notes = "A screen that is paired stays so until the code is used on another.",
        .words_min = 1,
        .words_max = 1,
        .options = entries,
    };

    return cli_run_session(&syntax, 0, argc, argv, new_code, &options);
}

static int erase(struct cli_session *session, char **words, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(db_device) device = find(session, words[0], &error);

    (void)data;
    if (!device ||
        !service_device_delete(session->app.service, &session->identity, &device->id, &error))
        return cli_fail(error);
    printf("Kiosk %s: deleted.\n", device->name);
    return cli_end();
}

int cli_device_delete(int argc, char **argv)
{
    const struct cli_syntax syntax = {
        .words = "NAME",
        .summary = "Deletes a kiosk, which loses its access at once. The marks made there stay.",
        .words_min = 1,
        .words_max = 1,
    };

    return cli_run_session(&syntax, 0, argc, argv, erase, NULL);
}

static void add_time(struct cli_table *table, base_time time, GTimeZone *zone)
{
    char text[BASE_TIME_TEXT_SIZE];

    if (!time || !zone) {
        cli_table_add(table, time ? "yes" : "never");
        return;
    }
    base_time_format_in(time, zone, text);
    g_autofree char *shown = g_strdup_printf("%.10s %.5s", text, text + 11);
    cli_table_add(table, shown);
}

static int list(struct cli_session *session, char **words, gpointer data)
{
    static const char *const HEADINGS[] = {"NAME",      "MARKS IN",      "PAIRED",  "LAST SEEN",
                                           "HANDED IN", "OF IT REFUSED", "WAITING", NULL};
    const struct device_options *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) devices =
        service_device_list(session->app.service, &session->identity, NULL, NULL, &error);

    (void)words;
    if (!devices)
        return cli_fail(error);
    if (options->as_json)
        return cli_end_items(devices, device_json);
    GTimeZone *zone = service_time_zone(session->app.service, NULL);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < devices->len; i++) {
        const struct db_device *device = devices->pdata[i];
        const char *place = device->room_name ? device->room_name : device->course_name;
        cli_table_add(table, device->name);
        cli_table_add(table, place ? place : "any session");
        add_time(table, device->paired_at, zone);
        add_time(table, device->last_seen_at, zone);
        cli_table_add_int(table, device->accepted + device->refused);
        cli_table_add_int(table, device->refused);
        cli_table_add_int(table, device->waiting);
    }
    cli_table_print(table);
    if (zone)
        g_time_zone_unref(zone);
    return cli_end();
}

int cli_device_list(int argc, char **argv)
{
    struct device_options options = {0};
    const GOptionEntry entries[] = {CLI_JSON_ENTRY(options.as_json), {NULL}};
    const struct cli_syntax syntax = {.summary = "Lists the kiosks by name.", .options = entries};

    return cli_run_session(&syntax, 0, argc, argv, list, &options);
}
