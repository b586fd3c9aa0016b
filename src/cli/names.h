/* What the command line calls by name: terms, subjects, rooms, courses. Case and accents do not
 * matter. Each gives NULL with BASE_ERROR_NOT_FOUND and a sentence that says the name. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "cli/command.h"
#include "core/catalogue.h"

#include <glib.h>

/* NULL: the term of today. */
struct core_term *cli_term_find(struct cli_session *session, const char *name, GError **error);

/* By name or by code. */
struct core_subject *cli_subject_find(struct cli_session *session, const char *name,
                                      GError **error);
struct core_room *cli_room_find(struct cli_session *session, const char *name, GError **error);

/* Within a term; NULL: the term of today. */
struct core_course *cli_course_find(struct cli_session *session, const char *term, const char *name,
                                    GError **error);

/* The entry of the option that names that term, for GOptionEntry tables. */
/* clang-format off */
#define CLI_TERM_ENTRY(text) \
    {"term", 't', 0, G_OPTION_ARG_STRING, &(text), "The course's term; that of today unless given", \
     "NAME"}
#define CLI_JSON_ENTRY(flag) {"json", 0, 0, G_OPTION_ARG_NONE, &(flag), "Print JSON", NULL}
/* clang-format on */

#endif
