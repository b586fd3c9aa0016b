/* Databases as earlier versions of the program left them. */
#ifndef OLDER_H
#define OLDER_H

#include "fixture.h"

enum {
    OLDER_STEP = 2,
    OLDER_PEOPLE = 4, /* a teacher, two students of a group, one who was erased */
    OLDER_MARKS = 3,
    OLDER_ENTRIES = 5, /* of the audit log */
};

/* Brings an empty database to a step, as the program that knew no later one did. */
void older_migrate(struct db *db, gint64 step);

/* Fills one of OLDER_STEP: people, marks (one of them corrected), an enrolment's photo, the picture
 * behind a mark, a teacher of the group, a setting, a token and entries of the log. */
void older_fill(struct db *db);

#endif
