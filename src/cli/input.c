#include "cli/input.h"

#include "base/error.h"
#include "base/text.h"
#include "service/groups.h"
#include "service/users.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_BYTES_MAX 1024

bool cli_time_parse(const char *text, GTimeZone *zone, base_time *moment, GError **error)
{
    if (base_time_parse(text, moment))
        return true;
    g_autoptr(GDateTime) local = NULL;
    /* GLib reads ISO 8601 in many shapes; only the ones that the help names are wanted. */
    if (g_regex_match_simple("^\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d(:\\d\\d)?$", text,
                             G_REGEX_DEFAULT, G_REGEX_MATCH_DEFAULT)) {
        g_autofree char *full = g_strconcat(text, strlen(text) == 16 ? ":00" : "", NULL);
        full[10] = 'T';
        local = g_date_time_new_from_iso8601(full, zone);
        g_autofree char *back = local ? g_date_time_format(local, "%Y-%m-%dT%H:%M:%S") : NULL;
        if (back && strcmp(back, full) == 0) {
            *moment = g_date_time_to_unix(local) * BASE_TIME_SECOND;
            return true;
        }
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                "\"%s\" is not a time such as \"2026-03-12 08:55\" or 2026-03-12T08:55:00-06:00.",
                text);
    return false;
}

/* Reads up to a line's end; NULL at the end of the input or when the line is too long. */
static char *read_line(FILE *input)
{
    char line[PASSWORD_BYTES_MAX + 2];
    char *password = NULL;

    if (fgets(line, sizeof line, input)) {
        size_t length = strcspn(line, "\r\n");
        if (line[length] || feof(input)) {
            line[length] = '\0';
            password = g_strdup(line);
        }
    }
    explicit_bzero(line, sizeof line);
    return password;
}

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    interrupted = number;
}

/* Whoever gives up with Ctrl-C must get a terminal back that echoes, so signals wait until it does.
 */
static char *ask_without_echo(const char *question)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction note = {.sa_handler = note_signal}, before[G_N_ELEMENTS(SIGNALS)];
    struct termios shown, hidden;
    char *answer = NULL;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return NULL;
    interrupted = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++)
        sigaction(SIGNALS[i], &note, &before[i]);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hidden.c_lflag |= ECHONL;
    fprintf(stderr, "%s: ", question);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0)
        answer = read_line(stdin);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++)
        sigaction(SIGNALS[i], &before[i], NULL);
    if (interrupted)
        raise(interrupted);
    return answer;
}

char *cli_password_read(bool from_stdin, GError **error)
{
    if (from_stdin) {
        char *password = read_line(stdin);
        if (!password || !*password) {
            g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                                "There is no password on standard input, or it is too long.");
            cli_password_free(g_steal_pointer(&password));
        }
        return password;
    }
    if (!isatty(STDIN_FILENO)) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "There is no terminal to ask for the password on: use "
                            "--password-stdin or --generate-password.");
        return NULL;
    }
    char *password = ask_without_echo("New password");
    char *again = password ? ask_without_echo("Again") : NULL;
    if (!password || !again || strcmp(password, again) != 0) {
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_INVALID,
                            "The two passwords are not the same.");
        cli_password_free(g_steal_pointer(&password));
    }
    cli_password_free(again);
    return password;
}

void cli_password_free(char *password)
{
    if (password)
        explicit_bzero(password, strlen(password));
    g_free(password);
}

bool cli_confirm(const char *question)
{
    char answer[16];

    if (!isatty(STDIN_FILENO))
        return false;
    fprintf(stderr, "%s [y/N] ", question);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    g_strstrip(answer);
    return g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0;
}

struct core_user *cli_user_find(struct cli_session *session, const char *email, GError **error)
{
    const bool is_email = strchr(email, '@') != NULL;
    GError *failure = NULL;
    struct core_user *user =
        is_email
            ? service_user_find_email(session->app.service, &session->identity, email, &failure)
            : service_user_find_number(session->app.service, &session->identity, email, &failure);

    if (!failure)
        return user;
    if (g_error_matches(failure, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "Nobody has the %s %s.",
                    is_email ? "e-mail" : "student number", email);
        g_error_free(failure);
    } else {
        g_propagate_error(error, failure);
    }
    return NULL;
}

struct core_group *cli_group_find(struct cli_session *session, const char *name, GError **error)
{
    g_autofree char *key = base_text_key(name);
    g_autoptr(GPtrArray) groups = service_group_list(session->app.service, &session->identity,
                                                     false, name, NULL, NULL, error);

    if (!groups)
        return NULL;
    for (guint i = 0; i < groups->len; i++) {
        struct core_group *group = groups->pdata[i];
        if (g_strcmp0(group->name_key, key) == 0) {
            struct base_uuid id = group->id;
            return service_group_find(session->app.service, &session->identity, &id, error);
        }
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no group \"%s\".", name);
    return NULL;
}
