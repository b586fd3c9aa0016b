/* A school for tests of the timetable: a term, two courses, people and a room. */
#ifndef SERVICE_SCHOOL_H
#define SERVICE_SCHOOL_H

#include "fixture.h"

#include "core/timetable.h"
#include "db/query/session.h"
#include "service/timetable.h"

extern const gint32 NINE, TEN, ELEVEN; /* seconds after midnight */

/* A term around today: four weeks behind, eight ahead, both on Mondays. */
struct school {
    struct fixture *fixture;
    gint32 today; /* as a day number */
    char first_day[CORE_DAY_SIZE], last_day[CORE_DAY_SIZE];
    struct base_uuid term, subject, course, other, group, room, teacher, student;
    struct service_identity as_teacher, as_student;
};

/* For names that are to be unique in the database that the tests of a program share. */
extern guint schools_n;

/* An error of this code about this field (NULL: any). Clears it. */
void assert_problem(GError **error, enum base_error code, const char *field);

/* cmocka set-ups and tear-downs: of the database, once, and of a school in it, for each test. */
int school_open(void **state);
int school_close(void **state);

/* Static storage, of the last eight calls. */
char *day_text(gint32 number);
int school_setup(void **state);
int school_teardown(void **state);

/* The student belongs to the group from today on. */
void school_enrol(struct school *school);

/* Slots and sessions, as the administrator; `counts` may be NULL. */
struct base_uuid school_add_slot(struct school *school, const struct base_uuid *course,
                                 gint32 weekday, gint32 start, gint32 end,
                                 struct service_timetable_counts *counts);
void school_change_slot(struct school *school, const struct base_uuid *id,
                        const struct service_slot_input *input,
                        struct service_timetable_counts *counts);
GPtrArray *school_sessions(struct school *school, const struct base_uuid *course);
struct base_uuid school_session_on(struct school *school, const struct base_uuid *course,
                                   gint32 day);

/* A mark, as marking stores it. */
void school_mark(struct school *school, const struct base_uuid *session);
void assert_counts(const struct service_timetable_counts *counts, gint64 inserted, gint64 moved,
                   gint64 deleted, gint64 kept);

#endif
