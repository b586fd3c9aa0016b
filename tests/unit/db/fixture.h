/* A migrated database of the engine under test, a temporary folder, and people to put into it. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "../unit.h"

#include "core/types.h"
#include "db/db.h"
#include "db/query/attendance.h"
#include "db/query/audit.h"
#include "db/query/group.h"
#include "db/query/institution.h"
#include "db/query/setting.h"
#include "db/query/template.h"
#include "db/query/token.h"
#include "db/query/user.h"

#include <glib.h>

/* 2026-03-12T14:00:00Z */
#define NOON ((base_time)1773324000 * BASE_TIME_SECOND)
#define DAY "2026-03-12"
#define OCCASION "day:2026-03-12"

struct fixture {
    char *folder;
    char *path; /* of the database file, not created by fixture_folder(); NULL on a server */
    char *url;
    struct db *db;
    struct db_connection *connection;
    struct base_uuid institution_id;
};

/* Only the folder and the names; on a server an empty database. */
void fixture_folder(struct fixture *fixture);

/* cmocka set-up and tear-down; *state is the struct fixture *. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_remove(struct fixture *fixture);

/* Closes and opens the database again. NULL options: the defaults. */
void fixture_reopen(struct fixture *fixture, const struct db_options *options);

struct base_uuid fixture_group(struct fixture *fixture, const char *name);
struct base_uuid fixture_user(struct fixture *fixture, const char *name, const char *email,
                              enum core_role role, const struct base_uuid *group_id);
struct base_uuid fixture_template(struct fixture *fixture, const struct base_uuid *user_id);

/* A mark of the day at NOON, ready for db_attendance_mark(); its strings are constants. */
struct core_attendance fixture_mark(const struct base_uuid *user_id,
                                    const struct base_uuid *group_id);

/* Marks and returns the id. */
struct base_uuid fixture_store_mark(struct fixture *fixture, const struct base_uuid *user_id,
                                    const struct base_uuid *group_id, const char *day,
                                    base_time time, enum core_status status);

gint64 fixture_count(struct db_connection *connection, const char *sql);

/* The text for the engine under test. */
#define fixture_sql(...) fixture_sql_pick(&(const struct db_sql){__VA_ARGS__})
const char *fixture_sql_pick(const struct db_sql *sql);

#endif
