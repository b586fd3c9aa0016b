#include "auth/password.h"
#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/output.h"
#include "service/groups.h"
#include "service/users.h"

#include <stdio.h>
#include <string.h>

/* What can be said about an account on the command line. */
struct account_options {
    char *name, *email, *role, *group, *age, *active, *number, *language;
    gboolean generate_password, password_stdin, as_json;
};

static void account_options_clear(struct account_options *options)
{
    g_free(options->name);
    g_free(options->email);
    g_free(options->role);
    g_free(options->group);
    g_free(options->age);
    g_free(options->active);
    g_free(options->number);
    g_free(options->language);
}

static json_t *user_json(const struct core_user *user)
{
    return json_pack("{s:o,s:s?,s:s?,s:s?,s:s?,s:s?,s:s?,s:b,s:I}", "id", base_json_uuid(&user->id),
                     "name", user->name, "email", user->email, "role", core_role_name(user->role),
                     "group", user->group_name, "student_number", user->student_number, "language",
                     user->language, "active", user->active, "faces", (json_int_t)user->face_count);
}

static bool invalid(GError **error, const char *option, const char *text, const char *expected)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID, "%s is \"%s\", but must be %s.", option,
                text, expected);
    return false;
}

static bool take_age(const char *text, struct service_user_input *input, GError **error)
{
    gint64 age;

    if (!g_ascii_string_to_signed(text, 10, 0, 150, &age, NULL))
        return invalid(error, "--age", text, "a number of years");
    input->age = age;
    input->fields |= SERVICE_USER_AGE;
    return true;
}

static bool take_active(const char *text, struct service_user_input *input, GError **error)
{
    input->active = strcmp(text, "on") == 0;
    if (!input->active && strcmp(text, "off") != 0)
        return invalid(error, "--active", text, "on or off");
    input->fields |= SERVICE_USER_ACTIVE;
    return true;
}

static bool take_group(struct cli_session *session, const char *name,
                       struct service_user_input *input, GError **error)
{
    input->fields |= SERVICE_USER_GROUP;
    if (!*name)
        return true;
    g_autoptr(core_group) group = cli_group_find(session, name, error);
    if (!group)
        return false;
    input->group_id = group->id;
    return true;
}

/* Translates the options into what the service takes; texts stay the options'. */
static bool take_options(struct cli_session *session, const struct account_options *options,
                         struct service_user_input *input, GError **error)
{
    if (options->name) {
        input->name = options->name;
        input->fields |= SERVICE_USER_NAME;
    }
    if (options->email) {
        input->email = options->email;
        input->fields |= SERVICE_USER_EMAIL;
    }
    if (options->role) {
        if (!core_role_from_name(options->role, &input->role))
            return invalid(error, "--role", options->role, "admin, teacher or student");
        input->fields |= SERVICE_USER_ROLE;
    }
    if (options->number) {
        input->student_number = *options->number ? options->number : NULL;
        input->fields |= SERVICE_USER_NUMBER;
    }
    if (options->language) {
        input->language = *options->language ? options->language : NULL;
        input->fields |= SERVICE_USER_LANGUAGE;
    }
    return (!options->age || take_age(options->age, input, error)) &&
           (!options->active || take_active(options->active, input, error)) &&
           (!options->group || take_group(session, options->group, input, error));
}

static int print_user(const struct core_user *user, const char *what, const char *password,
                      bool as_json)
{
    if (as_json) {
        json_t *json = user_json(user);
        if (password)
            json_object_set_new(json, "password", json_string(password));
        return cli_print_json(json) ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
    }
    printf("%s <%s>, %s%s%s: %s.\n", user->name, user->email ? user->email : "",
           core_role_name(user->role), user->group_name ? " of " : "",
           user->group_name ? user->group_name : "", what);
    if (password)
        printf("Password (shown only now): %s\n", password);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

static int add(struct cli_session *session, const char *email,
               const struct account_options *options)
{
    struct service_user_input input = {
        .fields = SERVICE_USER_EMAIL, .email = email, .role = CORE_ROLE_STUDENT};
    g_autoptr(GError) error = NULL;
    char *password = NULL;

    if (!take_options(session, options, &input, &error))
        return cli_fail(error);
    if (options->generate_password)
        password = auth_password_generate();
    else if (options->password_stdin && !(password = cli_password_read(true, &error)))
        return cli_fail(error);
    if (password) {
        input.password = password;
        input.fields |= SERVICE_USER_PASSWORD;
    }
    struct service_registration made = {0};
    bool added = service_user_create(session->app.service, &session->identity, &input, NULL, 0,
                                     NULL, &made, &error);
    int status = added ? print_user(made.user, "added",
                                    options->generate_password ? password : NULL, options->as_json)
                       : cli_fail(error);
    service_registration_clear(&made);
    cli_password_free(password);
    return status;
}

int cli_user_add(int argc, char **argv)
{
    struct account_options given = {0};
    const GOptionEntry options[] = {
        {"name", 'n', 0, G_OPTION_ARG_STRING, &given.name, "Full name (required)", "NAME"},
        {"role", 'r', 0, G_OPTION_ARG_STRING, &given.role,
         "admin, teacher or student, which is the default", "ROLE"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "The student's group", "NAME"},
        {"age", 0, 0, G_OPTION_ARG_STRING, &given.age, "Age in years", "YEARS"},
        {"number", 0, 0, G_OPTION_ARG_STRING, &given.number, "Student number", "NUMBER"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &given.language, "Language of reports and mails",
         "es|en"},
        {"generate-password", 0, 0, G_OPTION_ARG_NONE, &given.generate_password,
         "Make a password and print it", NULL},
        {"password-stdin", 0, 0, G_OPTION_ARG_NONE, &given.password_stdin,
         "Read the password from standard input", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL",
        .summary = "Makes an account.",
        .notes = "Without a password the person is recognised by face, and cannot sign in until "
                 "one is set.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        goto ended;
    if (!given.name)
        status = cli_fail_usage(argv[0], "--name is missing.");
    else if (given.generate_password && given.password_stdin)
        status = cli_fail_usage(argv[0], "Use one of --generate-password and --password-stdin.");
    else if (cli_session_open(&session, 0, &status)) {
        status = add(&session, words[0], &given);
        cli_session_close(&session);
    }
ended:
    account_options_clear(&given);
    return status;
}

static int set(struct cli_session *session, const char *email,
               const struct account_options *options)
{
    struct service_user_input input = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) before = cli_user_find(session, email, &error);

    if (!before || !take_options(session, options, &input, &error))
        return cli_fail(error);
    g_autoptr(core_user) user =
        service_user_update(session->app.service, &session->identity, &before->id, &input, &error);
    return user ? print_user(user, "changed", NULL, options->as_json) : cli_fail(error);
}

int cli_user_set(int argc, char **argv)
{
    struct account_options given = {0};
    const GOptionEntry options[] = {
        {"name", 'n', 0, G_OPTION_ARG_STRING, &given.name, "Full name", "NAME"},
        {"email", 'e', 0, G_OPTION_ARG_STRING, &given.email, "New e-mail", "EMAIL"},
        {"role", 'r', 0, G_OPTION_ARG_STRING, &given.role, "admin, teacher or student", "ROLE"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "Group; \"\" for none", "NAME"},
        {"age", 0, 0, G_OPTION_ARG_STRING, &given.age, "Age in years", "YEARS"},
        {"number", 0, 0, G_OPTION_ARG_STRING, &given.number, "Student number; \"\" for none",
         "NUMBER"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &given.language,
         "Language of reports and mails; \"\" for the institution's", "es|en"},
        {"active", 0, 0, G_OPTION_ARG_STRING, &given.active,
         "off: can neither sign in nor be recognised", "on|off"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL",
        .summary = "Changes an account.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) && cli_session_open(&session, 0, &status)) {
        status = set(&session, words[0], &given);
        cli_session_close(&session);
    }
    account_options_clear(&given);
    return status;
}

static int list(struct cli_session *session, const struct account_options *given)
{
    struct db_user_filter filter = DB_USER_FILTER_ALL;
    g_autoptr(GError) error = NULL;
    enum core_role role;

    if (given->role && !core_role_from_name(given->role, &role))
        return cli_fail_input("--role is \"%s\", but must be admin, teacher or student.",
                              given->role);
    if (given->role)
        filter.role = (int)role;
    if (given->group) {
        g_autoptr(core_group) group = cli_group_find(session, given->group, &error);
        if (!group)
            return cli_fail(error);
        filter.group_id = group->id;
    }
    filter.search = given->name;
    g_autoptr(GPtrArray) users =
        service_user_list(session->app.service, &session->identity, &filter, NULL, NULL, &error);
    if (!users)
        return cli_fail(error);
    if (given->as_json) {
        json_t *items = json_array();
        for (guint i = 0; i < users->len; i++)
            json_array_append_new(items, user_json(users->pdata[i]));
        return cli_print_json(
                   json_pack("{s:o,s:I}", "items", items, "total", (json_int_t)users->len))
                   ? CLI_EXIT_OK
                   : CLI_EXIT_UNAVAILABLE;
    }
    struct cli_table *table = cli_table_create(7);
    static const char *const HEADS[] = {"NAME",  "E-MAIL", "NUMBER", "ROLE",
                                        "GROUP", "ACTIVE", "FACES"};
    for (size_t i = 0; i < G_N_ELEMENTS(HEADS); i++)
        cli_table_add(table, HEADS[i]);
    for (guint i = 0; i < users->len; i++) {
        const struct core_user *user = users->pdata[i];
        cli_table_add(table, user->name);
        cli_table_add(table, user->email);
        cli_table_add(table, user->student_number);
        cli_table_add(table, core_role_name(user->role));
        cli_table_add(table, user->group_name);
        cli_table_add(table, user->active ? "yes" : "no");
        cli_table_add_int(table, user->face_count);
    }
    cli_table_print(table);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_user_list(int argc, char **argv)
{
    struct account_options given = {0};
    const GOptionEntry options[] = {
        {"role", 'r', 0, G_OPTION_ARG_STRING, &given.role, "Only admin, teacher or student",
         "ROLE"},
        {"group", 'g', 0, G_OPTION_ARG_STRING, &given.group, "Only this group", "NAME"},
        {"search", 's', 0, G_OPTION_ARG_STRING, &given.name,
         "Part of the name, e-mail or student number", "TEXT"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {.summary = "Lists people by name.", .options = options};
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (cli_parse(&syntax, argc, argv, &words, &status) && cli_session_open(&session, 0, &status)) {
        status = list(&session, &given);
        cli_session_close(&session);
    }
    account_options_clear(&given);
    return status;
}

static int set_password(struct cli_session *session, const char *email,
                        const struct account_options *given)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = cli_user_find(session, email, &error);
    char *password = NULL, *generated = NULL;

    if (!user)
        return cli_fail(error);
    if (!given->generate_password && !(password = cli_password_read(given->password_stdin, &error)))
        return cli_fail(error);
    bool stored = service_password_set(session->app.service, &session->identity, &user->id,
                                       password, &generated, &error);
    int status = stored ? print_user(user, "has a new password, and is signed out everywhere",
                                     given->generate_password ? generated : NULL, given->as_json)
                        : cli_fail(error);
    cli_password_free(password);
    cli_password_free(generated);
    return status;
}

int cli_user_passwd(int argc, char **argv)
{
    struct account_options given = {0};
    const GOptionEntry options[] = {
        {"generate-password", 0, 0, G_OPTION_ARG_NONE, &given.generate_password,
         "Make a password and print it", NULL},
        {"password-stdin", 0, 0, G_OPTION_ARG_NONE, &given.password_stdin,
         "Read the password from standard input", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.as_json, "Print JSON", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL",
        .summary = "Sets somebody's password and signs them out everywhere. Without an option it "
                   "is asked for.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status))
        return status;
    if (given.generate_password && given.password_stdin)
        return cli_fail_usage(argv[0], "Use one of --generate-password and --password-stdin.");
    if (!cli_session_open(&session, 0, &status))
        return status;
    status = set_password(&session, words[0], &given);
    cli_session_close(&session);
    return status;
}

static int erase(struct cli_session *session, const char *email, bool sure)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(core_user) user = cli_user_find(session, email, &error);

    if (!user)
        return cli_fail(error);
    g_autofree char *question =
        g_strdup_printf("Erase %s <%s> and their faces for ever?", user->name, user->email);
    if (!sure && !cli_confirm(question))
        return cli_fail_input("Nothing was erased: say yes, or use --yes.");
    if (!service_user_delete(session->app.service, &session->identity, &user->id, &error))
        return cli_fail(error);
    printf("%s was erased.\n", email);
    return cli_print_end() ? CLI_EXIT_OK : CLI_EXIT_UNAVAILABLE;
}

int cli_user_delete(int argc, char **argv)
{
    gboolean sure = FALSE;
    const GOptionEntry options[] = {
        {"yes", 'y', 0, G_OPTION_ARG_NONE, &sure, "Do not ask", NULL},
        {NULL},
    };
    const struct cli_syntax syntax = {
        .words = "EMAIL",
        .summary = "Erases a person: name, e-mail, password and faces. Their marks stay without a "
                   "name.",
        .words_min = 1,
        .words_max = 1,
        .options = options,
    };
    g_auto(GStrv) words = NULL;
    struct cli_session session;
    int status;

    if (!cli_parse(&syntax, argc, argv, &words, &status) || !cli_session_open(&session, 0, &status))
        return status;
    status = erase(&session, words[0], sure);
    cli_session_close(&session);
    return status;
}
