/*
 * A term that never was: fills an institution that has nothing in it with people, courses, sessions
 * and months of marks, so that every page and every report can be seen full.
 *
 * It is told from its beginning: the clock is set to each moment (base_time_pretend) and the use
 * cases run as if it were then. So the register, its history, the audit log and its chain agree
 * with one another, and every rule holds. The same seed, size and moment give the same people and
 * the same marks; ids and the generated password differ.
 *
 * Nobody in it is real, and every address ends in ".example", where no mail ever arrives.
 */
#ifndef SERVICE_DEMO_H
#define SERVICE_DEMO_H

#include "service/service.h"

enum {
    SERVICE_DEMO_STUDENTS = 320,
    SERVICE_DEMO_STUDENTS_MIN = 6,
    SERVICE_DEMO_STUDENTS_MAX = 2000,
    SERVICE_DEMO_WEEKS = 9,
    SERVICE_DEMO_WEEKS_MAX = 30,
    SERVICE_DEMO_PHOTOS_MAX = 8, /* of a person that are looked at */
};

struct service_demo_options {
    guint64 seed;
    int students;         /* SERVICE_DEMO_STUDENTS_MIN … _MAX */
    int weeks;            /* of marks, before this one: 1 … SERVICE_DEMO_WEEKS_MAX */
    base_time now;        /* when it is told; 0: now */
    const char *password; /* of every account; NULL: generated */
    /* Photographs of people, an array of arrays of GBytes; NULL: none. Students are enrolled with
     * them, best those who have five or more. */
    const GPtrArray *photos;
};

struct service_demo_account {
    enum core_role role;
    char *name;
    char *email;
};

struct service_demo_result {
    char *password;                                    /* of every account */
    struct service_demo_account accounts[CORE_ROLE_N]; /* one of each role, to sign in with */
    char *pin;                                         /* of that student, at a kiosk */
    char *kiosk_code; /* pairs a kiosk in the room of the class that is going on; ten minutes */
    gint64 students, teachers, groups, courses, sessions, marks, changes, disputes, enrolled;
};

/*
 * BASE_ERROR_CONFLICT, and nothing is changed, unless the institution is empty: nobody but
 * administrators, no group, term, subject, room or mark. BASE_ERROR_INVALID names what is out of
 * range; BASE_ERROR_UNAVAILABLE for photographs without models. It is many transactions, so when it
 * fails half-way what was done stays. Administrators only.
 */
bool service_demo_fill(struct service *service, const struct service_identity *identity,
                       const struct service_demo_options *options,
                       struct service_demo_result *result, GError **error);
void service_demo_result_clear(struct service_demo_result *result);

#endif
