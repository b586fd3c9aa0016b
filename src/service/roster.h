/*
 * Rosters from elsewhere: people, their groups, and the courses they attend or teach, out of one
 * CSV file. Administrators only.
 *
 * A row is a person, or a person in a course (somebody in several courses has several rows). The
 * columns may stand in any order; their names are understood in English and Spanish, whatever case,
 * accents and underscores they have:
 *
 *   name | first_name, last_name, second_last_name     student_number   email   group   role
 *   date_of_birth (2004-07-31, 31/07/2004)   language (es, en)   status (active, inactive)
 *   subject (name or code)   course (NULL: the subject's name)   term   teacher (e-mail)
 *   first_day, last_day (of the enrolment)
 *
 * Columns that are none of these are passed over, in a note. A person is known again by student
 * number, else by e-mail, so importing a file twice changes nothing the second time; an empty cell
 * leaves alone what is stored. A course named in a row with a group is taught to that group;
 * without a group the person is enrolled in that course alone. Nobody gets a password.
 */
#ifndef SERVICE_ROSTER_H
#define SERVICE_ROSTER_H

#include "base/csv.h"
#include "service/import.h"
#include "service/service.h"

struct service_roster_options {
    bool apply;                   /* otherwise a dry run: nothing is stored */
    bool keep_groups;             /* a group that is not there is an error rather than created */
    bool admins;                  /* the file may make administrators */
    bool withdraw_missing;        /* students of the file's groups who are not in it leave */
    const char *email_domain;     /* "uni.edu": who has no e-mail gets NUMBER@uni.edu; NULL */
    const char *group;            /* of rows that name none; NULL: none */
    const char *term;             /* likewise; NULL: the term of today */
    enum core_role role;          /* likewise */
    struct base_csv_options file; /* encoding, separator, limits */
};

/* Students, their groups created, a dry run. */
#define SERVICE_ROSTER_OPTIONS ((struct service_roster_options){.role = CORE_ROLE_STUDENT})

/*
 * Reads the file and stores it in one transaction, or nothing at all. True also when lines were
 * refused: see import->errors. `import` is filled in from service_import_init(). BASE_ERROR_INVALID
 * when the file as a whole cannot be used (its first line names no columns, say) or for an option
 * that makes no sense, naming it.
 */
bool service_roster_import(struct service *service, const struct service_identity *identity,
                           base_csv_source source, gpointer data,
                           const struct service_roster_options *options,
                           struct service_import *import, GError **error);

#endif
