/* A service over a migrated database of the engine under test and a fresh key in a temporary
 * folder; people cut out of the sample photographs. */
#ifndef SERVICE_FIXTURE_H
#define SERVICE_FIXTURE_H

#include "../unit.h"

#include "db/query/attendance.h"
#include "db/query/audit.h"
#include "db/query/seal.h"
#include "db/query/template.h"
#include "db/query/user.h"
#include "service/accounts.h"
#include "service/enrol.h"
#include "service/gallery.h"
#include "service/groups.h"
#include "service/marking.h"
#include "service/register.h"
#include "service/service.h"
#include "service/users.h"

#include <glib.h>

#define ADMIN_EMAIL "admin@uni.edu"
#define ADMIN_PASSWORD "lluvia en el tejado"
#define PASSWORD "sol de medianoche"

struct fixture {
    char *folder;
    char *url;
    char *key_path;
    struct db *db;
    struct auth_keyring *keys;
    struct recogniser *recogniser; /* NULL without models */
    struct service *service;
    struct service_identity admin;
};

/* cmocka set-up without and with faces, and tear-down; *state is the struct fixture *. */
int fixture_setup(void **state);
int fixture_setup_faces(void **state);
int fixture_teardown(void **state);

/* Another service on the same database, with a recogniser of its own when there are models.
 * NULL keys: the fixture's. */
struct service *fixture_second(struct fixture *fixture, struct auth_keyring *keys,
                               struct recogniser **recogniser);

/* Skips the test, saying why, when models or photographs are missing. */
bool fixture_has_faces(struct fixture *fixture);

struct base_uuid fixture_group(struct fixture *fixture, const char *name);

/* A person without a password. */
struct base_uuid fixture_user(struct fixture *fixture, const char *name, const char *email,
                              enum core_role role, const struct base_uuid *group_id);

/* What somebody of this role and id would be after signing in, without the cost of it. */
struct service_identity fixture_identity(struct fixture *fixture, const struct base_uuid *id);

/* The person agrees to the text of consent that counts now. */
void fixture_agree(struct fixture *fixture, const struct service_identity *person);

/* Rows that a query counts. */
gint64 fixture_count(struct fixture *fixture, const char *sql);

/* Marks a person by hand as the administrator. */
struct base_uuid fixture_mark(struct fixture *fixture, const struct base_uuid *user_id,
                              const char *day, enum core_status status);

/* ---- people of the sample photographs ---- */

enum { SAMPLE_PEOPLE = 4 };

/* Photo `take` (0 to 3) of person `who`; valid until the program ends. */
struct recognise_picture sample_photo(unsigned who, unsigned take);

/* Takes 0 to 2 of a person. */
void sample_photos(unsigned who, struct recognise_picture photos[3]);

/* Enrols takes 0 to 2 of a sample for a person, as the administrator. */
void fixture_enrol(struct fixture *fixture, const struct base_uuid *user_id, unsigned who);

/* A picture without a face. */
struct recognise_picture sample_wall(void);

#endif
