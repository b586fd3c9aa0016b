#include "cli/names.h"

#include "base/error.h"
#include "service/courses.h"

/* Puts the name into a NOT_FOUND; other errors are passed on. */
static void name_it(GError *problem, const char *noun, const char *name, GError **error)
{
    if (!g_error_matches(problem, BASE_ERROR, BASE_ERROR_NOT_FOUND)) {
        g_propagate_error(error, problem);
        return;
    }
    g_error_free(problem);
    g_set_error(error, BASE_ERROR, BASE_ERROR_NOT_FOUND, "There is no %s \"%s\".", noun, name);
}

struct core_term *cli_term_find(struct cli_session *session, const char *name, GError **error)
{
    GError *problem = NULL;
    struct core_term *term =
        service_term_named(session->app.service, &session->identity, name, &problem);

    if (problem && name)
        name_it(problem, "term", name, error);
    else if (problem)
        g_propagate_prefixed_error(error, problem, "Please name a term. ");
    return term;
}

struct core_subject *cli_subject_find(struct cli_session *session, const char *name, GError **error)
{
    GError *problem = NULL;
    struct core_subject *subject =
        service_subject_named(session->app.service, &session->identity, name, &problem);

    if (!subject)
        name_it(problem, "subject", name, error);
    return subject;
}

struct core_room *cli_room_find(struct cli_session *session, const char *name, GError **error)
{
    GError *problem = NULL;
    struct core_room *room =
        service_room_named(session->app.service, &session->identity, name, &problem);

    if (!room)
        name_it(problem, "room", name, error);
    return room;
}

struct core_course *cli_course_find(struct cli_session *session, const char *term_name,
                                    const char *name, GError **error)
{
    GError *problem = NULL;
    g_autoptr(core_term) term = cli_term_find(session, term_name, error);

    if (!term)
        return NULL;
    struct core_course *course =
        service_course_named(session->app.service, &session->identity, &term->id, name, &problem);
    if (!course) {
        g_autofree char *noun = g_strdup_printf("course in the term %s called", term->name);
        name_it(problem, noun, name, error);
    }
    return course;
}
