#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/names.h"
#include "cli/output.h"
#include "service/demo.h"

#include <stdio.h>

enum { PEOPLE_MAX = 40 }; /* with photographs: each costs a tenth of a second or two */

/* A term is told at this time of a day that is named without one. */
#define TIME_OF_DAY " 10:20"

struct demo_given {
    gint64 seed;
    gint students, weeks;
    char *today, *password, *photos;
    gboolean as_json;
};

/* ---- what is given ---- */

static bool read_moment(struct cli_session *session, const char *text, base_time *moment,
                        GError **error)
{
    if (!text)
        return true;
    GTimeZone *zone = service_time_zone(session->app.service, error);
    if (!zone)
        return false;
    g_autofree char *full =
        core_day_is_valid(text) ? g_strconcat(text, TIME_OF_DAY, NULL) : g_strdup(text);
    const bool ok = cli_time_parse(full, zone, moment, error);
    g_time_zone_unref(zone);
    return ok;
}

static GPtrArray *read_person(const char *folder, gsize size_max, GError **error)
{
    g_autoptr(GPtrArray) paths = cli_pictures_in(folder, false, error);
    g_autoptr(GPtrArray) photos = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    for (guint i = 0; paths && i < MIN(paths->len, SERVICE_DEMO_PHOTOS_MAX); i++) {
        GBytes *photo = cli_file_read(paths->pdata[i], size_max, error);
        if (!photo)
            return NULL;
        g_ptr_array_add(photos, photo);
    }
    return paths ? g_steal_pointer(&photos) : NULL;
}

/* Folders without a picture are nobody. */
static GPtrArray *read_people(struct cli_session *session, const char *folder, GError **error)
{
    const struct face_image_limits limits = app_image_limits(&session->settings);
    const gsize size_max = limits.bytes_max ? limits.bytes_max : 20U << 20;
    g_autoptr(GPtrArray) folders = cli_folders_in(folder, error);
    g_autoptr(GPtrArray) people = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);

    if (!folders)
        return NULL;
    for (guint i = 0; i < folders->len && people->len < PEOPLE_MAX; i++) {
        g_autoptr(GPtrArray) person = read_person(folders->pdata[i], size_max, error);
        if (!person)
            return NULL;
        if (person->len > 0)
            g_ptr_array_add(people, g_steal_pointer(&person));
    }
    if (people->len > 0)
        return g_steal_pointer(&people);
    g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no folder with pictures in %s.",
                folder);
    return NULL;
}

/* ---- what came of it ---- */

static json_t *accounts_json(const struct service_demo_result *result)
{
    json_t *accounts = json_object();

    for (guint i = 0; i < CORE_ROLE_N; i++)
        json_object_set_new(accounts, core_role_name(result->accounts[i].role),
                            json_pack("{s:s, s:s, s:s}", "name", result->accounts[i].name, "email",
                                      result->accounts[i].email, "password", result->password));
    return accounts;
}

static json_t *result_json(const struct service_demo_result *result, double seconds)
{
    return json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f}",
                     "accounts", accounts_json(result), "pin", result->pin, "kiosk_code",
                     result->kiosk_code, "students", (json_int_t)result->students, "teachers",
                     (json_int_t)result->teachers, "groups", (json_int_t)result->groups, "courses",
                     (json_int_t)result->courses, "sessions", (json_int_t)result->sessions, "marks",
                     (json_int_t)result->marks, "corrections", (json_int_t)result->changes,
                     "disputes", (json_int_t)result->disputes, "enrolled",
                     (json_int_t)result->enrolled, "seconds", seconds);
}

static void print_made(const struct service_bootstrap_result *made, bool as_json)
{
    if (made->created)
        fprintf(as_json ? stderr : stdout,
                "First administrator\n  e-mail    %s\n  password  %s\n\n", made->email,
                made->password);
}

static int print_result(const struct service_demo_result *result, double seconds, bool as_json)
{
    static const char *const HEADINGS[] = {"ROLE", "E-MAIL", "NAME", NULL};

    if (as_json)
        return cli_end_json(result_json(result, seconds));
    printf("%" G_GINT64_FORMAT " students, %" G_GINT64_FORMAT " teachers, %" G_GINT64_FORMAT
           " groups, %" G_GINT64_FORMAT " courses, %" G_GINT64_FORMAT " sessions, %" G_GINT64_FORMAT
           " marks; %.1f s.\n\n",
           result->students, result->teachers, result->groups, result->courses, result->sessions,
           result->marks, seconds);
    struct cli_table *table = cli_table_headed(HEADINGS);
    for (guint i = 0; i < CORE_ROLE_N; i++) {
        const struct service_demo_account *account = &result->accounts[i];
        cli_table_add(table, core_role_name(account->role));
        cli_table_add(table, account->email);
        cli_table_add(table, account->name);
    }
    cli_table_print(table);
    printf("\nThe password of every account is %s\nThe teacher has a class at this moment. For ten "
           "minutes the code %s pairs a kiosk in its room\n(at /kiosk), where the student's PIN is "
           "%s.\n",
           result->password, result->kiosk_code, result->pin);
    return cli_end();
}

static int fill(struct cli_session *session, char **words, gpointer data)
{
    const struct demo_given *given = data;
    const gint64 start = g_get_monotonic_time();
    struct service_demo_options options = {
        .seed = (guint64)given->seed,
        .students = given->students,
        .weeks = given->weeks,
        .password = given->password,
    };
    struct service_demo_result result;
    g_autoptr(GPtrArray) photos = NULL;
    g_autoptr(GError) error = NULL;

    (void)words;
    /* Whatever comes of the rest: nobody can read this password a second time. */
    print_made(&session->app.bootstrap, given->as_json);
    if (!read_moment(session, given->today, &options.now, &error))
        return cli_fail(error);
    if (given->photos) {
        photos = read_people(session, given->photos, &error);
        if (!photos)
            return cli_fail(error);
        options.photos = photos;
    }
    if (!service_demo_fill(session->app.service, &session->identity, &options, &result, &error))
        return cli_fail(error);
    const double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    const int status = print_result(&result, seconds, given->as_json);
    service_demo_result_clear(&result);
    return status;
}

int cli_demo_data(int argc, char **argv)
{
    struct demo_given given = {
        .seed = 1,
        .students = SERVICE_DEMO_STUDENTS,
        .weeks = SERVICE_DEMO_WEEKS,
    };
    const GOptionEntry options[] = {
        {"students", 0, 0, G_OPTION_ARG_INT, &given.students, "How many (default: 320)", "N"},
        {"weeks", 0, 0, G_OPTION_ARG_INT, &given.weeks,
         "Weeks of marks before this one (default: 9)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &given.seed, "Other people, other marks (default: 1)",
         "N"},
        {"today", 0, 0, G_OPTION_ARG_STRING, &given.today,
         "Tell it as of that day, at 10:20 unless a time follows (default: now)", "DAY[ HH:MM]"},
        {"password", 0, 0, G_OPTION_ARG_STRING, &given.password,
         "Of every account (default: generated)", "PASSWORD"},
        {"photos", 0, 0, G_OPTION_ARG_FILENAME, &given.photos,
         "Enrol students with these photographs, one folder a person", "FOLDER"},
        CLI_JSON_ENTRY(given.as_json),
        {NULL},
    };
    const struct cli_syntax syntax = {
        .summary = "Fills an empty institution with a term of a university that never was: people, "
                   "courses,\nsessions, months of marks and what goes wrong in them.",
        .notes = "It refuses, and changes nothing, where there are people already. Database, key "
                 "and first\nadministrator are made when they are missing. Nobody in it is real; "
                 "the addresses end in\n\".example\", where no mail arrives.",
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) &&
        cli_session_open(&session, APP_PART_CREATE | (given.photos ? APP_PART_FACES : 0),
                         &status)) {
        status = fill(&session, words, &given);
        cli_session_close(&session);
    }
    g_free(given.today);
    g_free(given.password);
    g_free(given.photos);
    return status;
}
