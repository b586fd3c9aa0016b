#include "db/postgresql.h"

#include "base/error.h"

#include <string.h>

#define BUSY "The database is busy. Try again in a moment."
#define GONE "The connection to the database was lost. Try again in a moment."
#define OUTDATED "The tables of the database have just changed. Try again in a moment."
#define WORD_SIZE 5 /* of an SQLSTATE */

enum flag {
    FLAG_RACE = 1,
    FLAG_GONE = 2,
    FLAG_ABORTED = 4,
};

/* SQLSTATEs and beginnings of them (appendix A of PostgreSQL's manual); the first that fits. */
static const struct {
    const char *state;
    enum base_error error;
    unsigned flags;
    const char *message;
} STATES[] = {
    {"40001", BASE_ERROR_UNAVAILABLE, FLAG_RACE, BUSY},
    {"40P01", BASE_ERROR_UNAVAILABLE, FLAG_RACE, BUSY},
    {"40", BASE_ERROR_UNAVAILABLE, 0, BUSY},
    {"55P03", BASE_ERROR_UNAVAILABLE, 0, BUSY},
    {"55P04", BASE_ERROR_UNAVAILABLE, 0, BUSY},
    {"57014", BASE_ERROR_UNAVAILABLE, 0, "The database took too long. Try again in a moment."},
    {"57P", BASE_ERROR_UNAVAILABLE, FLAG_GONE, GONE},
    {"25P03", BASE_ERROR_UNAVAILABLE, FLAG_GONE, GONE},
    {"08", BASE_ERROR_UNAVAILABLE, FLAG_GONE, GONE},
    {"25P02", BASE_ERROR_INTERNAL, FLAG_ABORTED,
     "The transaction went on although a statement of it had failed."},
    {"25006", BASE_ERROR_UNAVAILABLE, 0, "The database cannot be written: it is read-only."},
    {"53100", BASE_ERROR_UNAVAILABLE, 0,
     "The disk of the database server is full: nothing was stored."},
    {"53200", BASE_ERROR_UNAVAILABLE, 0, "There is not enough memory for the database."},
    {"53300", BASE_ERROR_UNAVAILABLE, 0, "The database server has too many connections."},
    {"53", BASE_ERROR_UNAVAILABLE, 0, "The database server is short of resources."},
    {"58", BASE_ERROR_UNAVAILABLE, 0,
     "The disk of the database server cannot be read or written: nothing was stored."},
    {"42501", BASE_ERROR_UNAVAILABLE, 0,
     "The database user lacks the rights that this needs: make it the owner of the database."},
    {"42P01", BASE_ERROR_UNAVAILABLE, 0, "A table of the database is missing."},
    {"XX001", BASE_ERROR_CORRUPT, 0,
     "The database is damaged. Stop the program and restore it from a backup."},
    {"XX002", BASE_ERROR_CORRUPT, 0,
     "An index of the database is damaged: have it rebuilt (REINDEX)."},
    {"54", BASE_ERROR_TOO_LARGE, 0, "A value is too large for the database."},
    {"22", BASE_ERROR_INVALID, 0, "The database refuses a value that breaks its rules."},
    {"26000", BASE_ERROR_UNAVAILABLE, FLAG_GONE, OUTDATED},
};

/* The server says "Key (user_id, occasion)=(…) already exists.", in its own language and with its
 * own quotes, but always with ")=(" between columns and values. */
static char *columns_of(const PGresult *result)
{
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *open = detail ? strchr(detail, '(') : NULL;
    const char *shut = open ? strstr(open, ")=(") : NULL;

    if (!table || !shut) { /* a user who may not read the table is not told */
        const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
        return g_strdup(constraint ? constraint : "unique");
    }
    g_autofree char *list = g_strndup(open + 1, (gsize)(shut - open - 1));
    g_auto(GStrv) names = g_strsplit(list, ", ", -1);
    GString *columns = g_string_new(NULL);
    for (char **name = names; *name; name++)
        g_string_append_printf(columns, "%s%s.%s", name == names ? "" : ", ", table, *name);
    return g_string_free(columns, FALSE);
}

static void set_constraint_error(const char *state, const PGresult *result, GError **error)
{
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

    if (strcmp(state, "23505") == 0 || strcmp(state, "23P01") == 0) {
        g_autofree char *columns = columns_of(result);
        db_conflict_set(error, columns);
    } else if (strcmp(state, "23503") == 0 || strcmp(state, "23001") == 0) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT,
                    "Something that this refers to does not exist, or is still in use "
                    "(foreign key).");
    } else {
        g_set_error(error, BASE_ERROR, BASE_ERROR_INVALID,
                    "The database refuses a value that breaks its rules (%s%s%s).",
                    table ? table : "", table && column ? "." : "",
                    column       ? column
                    : constraint ? constraint
                                 : "");
    }
}

/* A statement that was prepared before another program changed the columns it gives; the SQLSTATE
 * (0A000) says no more than that something is not supported. */
static bool is_outdated(const PGresult *result)
{
    return g_strcmp0(PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION),
                     "RevalidateCachedQuery") == 0;
}

struct postgresql_verdict postgresql_error(const PGresult *result, GError **error)
{
    struct postgresql_verdict verdict = {0};
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (!state) { /* libpq itself: the connection is no more */
        g_debug("postgresql: %s", result ? PQresultErrorMessage(result) : "no answer");
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, GONE);
        verdict.gone = true;
        return verdict;
    }
    g_debug("postgresql: %s (%s)", words ? words : "", state);
    if (g_str_has_prefix(state, "23")) {
        set_constraint_error(state, result, error);
        return verdict;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(STATES); i++) {
        if (!g_str_has_prefix(state, STATES[i].state))
            continue;
        verdict.lost_race = STATES[i].flags & FLAG_RACE;
        verdict.gone = STATES[i].flags & FLAG_GONE;
        verdict.aborted = STATES[i].flags & FLAG_ABORTED;
        g_set_error_literal(error, BASE_ERROR, STATES[i].error, STATES[i].message);
        return verdict;
    }
    if (is_outdated(result)) {
        verdict.gone = true;
        g_set_error_literal(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE, OUTDATED);
        return verdict;
    }
    g_set_error(error, BASE_ERROR, BASE_ERROR_INTERNAL, "The database failed: %s (%s).",
                words ? words : "no reason given", state);
    return verdict;
}

/* ---- Connecting ---- */

/* libpq keeps no fields of an error while it connects, only "FATAL:  28P01: password …". */
static bool find_state(const char *words, char state[static WORD_SIZE + 1])
{
    for (const char *at = words; (at = strstr(at, ":  ")); at++) {
        gsize n = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (n == WORD_SIZE && at[3 + n] == ':') {
            memcpy(state, at + 3, WORD_SIZE);
            state[WORD_SIZE] = '\0';
            return true;
        }
    }
    return false;
}

static const struct {
    const char *state;
    const char *message; /* with the name of the database where there is %s */
} REFUSALS[] = {
    {"28P01", "The database server refuses the user name or the password."},
    {"28", "The database server does not admit this user."},
    {"3D000", "The database server has no database of the name \"%s\": create it first, owned by "
              "the user that the URL names."},
    {"42501", "The database user may not connect to the database \"%s\"."},
    {"53300", "The database server has too many connections."},
    {"57P03", "The database server is starting, stopping or recovering."},
};

void postgresql_connect_error(PGconn *handle, const char *database, bool details, GError **error)
{
    const char *words = PQerrorMessage(handle);
    g_autofree char *first = g_strndup(words, strcspn(words, "\n"));
    char state[WORD_SIZE + 1] = "";

    g_debug("postgresql: %s", first);
    if (PQconnectionNeedsPassword(handle)) {
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database server asks for a password and the URL has none.");
        return;
    }
    find_state(words, state);
    for (gsize i = 0; i < G_N_ELEMENTS(REFUSALS); i++) {
        if (!g_str_has_prefix(state, REFUSALS[i].state))
            continue;
        g_auto(GStrv) parts = g_strsplit(REFUSALS[i].message, "%s", 2);
        if (parts[1] && !details) /* strangers need not know its name */
            break;
        int code = strcmp(state, "53300") == 0 ? BASE_ERROR_RATE_LIMITED : BASE_ERROR_UNAVAILABLE;
        g_set_error(error, BASE_ERROR, code, "%s%s%s", parts[0], parts[1] ? database : "",
                    parts[1] ? parts[1] : "");
        return;
    }
    if (details)
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database server cannot be used: %s", *first ? first : "no answer in time");
    else
        g_set_error(error, BASE_ERROR, BASE_ERROR_UNAVAILABLE,
                    "The database server cannot be reached. Try again in a moment.");
}
