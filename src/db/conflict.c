/* Errors over a unique key, which name the columns of the key. */
#include "base/error.h"
#include "db/driver.h"

#include <string.h>

void db_conflict_set(GError **error, const char *columns)
{
    g_set_error(error, BASE_ERROR, BASE_ERROR_CONFLICT, "This exists already (%s).", columns);
}

/* The columns stand between the last parentheses of the message, separated by commas. */
bool db_conflict_is(const GError *error, const char *column)
{
    if (!g_error_matches(error, BASE_ERROR, BASE_ERROR_CONFLICT))
        return false;

    const char *open = strrchr(error->message, '(');
    const char *shut = open ? strchr(open, ')') : NULL;
    if (!shut)
        return false;

    g_autofree char *list = g_strndup(open + 1, (gsize)(shut - open - 1));
    g_auto(GStrv) columns = g_strsplit(list, ", ", -1);
    return g_strv_contains((const char *const *)columns, column);
}
